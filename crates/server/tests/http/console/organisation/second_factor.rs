//! An organisation that asks its members for a second factor: who has none is led to it, and makes nothing there until then.

use testkit::{Visitor, hidden};

use super::{Field, fill};
use crate::console::second_factors::set_up;

impl Field {
    fn policy(&self, deed: &str) -> String {
        format!("/nl/o/{}/settings/second-factor/{deed}", self.holder)
    }
}

#[tokio::test]
async fn members_without_a_second_factor_are_led_to_one() {
    let field = Field::new().await;
    let (mut olga, mut sanne) = (field.visitor("olga").await, field.visitor("sanne").await);
    let settings = format!("/nl/o/{}/settings", field.holder);
    let page = olga.get(&settings).await.expect(200).text;
    assert!(
        page.contains("Leden kiezen zelf") && page.contains("3 leden hebben er geen.") && page.contains(&field.policy("require")),
        "{page}"
    );
    // Who would keep themselves out sets one up first.
    assert!(olga.get(&field.policy("require")).await.expect(409).text.contains("Je hebt zelf nog geen tweede stap."));
    let csrf = hidden(&page, "csrf").expect("a token");
    olga.post(&field.policy("require"), &[("csrf", &csrf)]).await.expect(409);
    sanne.get(&format!("/nl/o/{}/projects", field.holder)).await.expect(200);
    // Others may not, and others still do not see it.
    sanne.get(&field.policy("require")).await.expect(403);
    sanne.fill("/nl/profile", &[("name", "Sanne")]).await;
    let csrf = hidden(&sanne.get("/nl/profile").await.text, "csrf").expect("a token");
    sanne.post(&field.policy("require"), &[("csrf", &csrf)]).await.expect(403);
    field.visitor("kees").await.get(&field.policy("require")).await.expect(404);

    set_up(&mut olga, &field.app).await;
    let page = olga.get(&field.policy("require")).await.expect(200).text;
    assert!(page.contains("<dt>Leden zonder tweede stap</dt><dd>2</dd>"), "{page}");
    olga.post(&field.policy("require"), &[("csrf", "x")]).await.expect(403);
    fill(&mut olga, &field.policy("require"), &[]).await.expect(303);
    let page = olga.get(&settings).await.expect(200).text;
    assert!(page.contains("Een tweede stap is vanaf nu verplicht.") && page.contains("Elk lid moet een tweede stap hebben."), "{page}");
    let log = olga.get(&format!("/nl/o/{}/audit", field.holder)).await.expect(200).text;
    assert!(log.contains("liet Waterschap een tweede stap van de leden vragen."), "{log}");

    // Sanne, who is signed in, is led to it on every page of the organisation, and on none of her own.
    for path in ["", "/projects", "/members", "/received"] {
        let page = sanne.get(&format!("/nl/o/{}{path}", field.holder)).await.expect(403).text;
        assert!(
            page.contains("Waterschap vraagt alle leden om een tweede stap") && page.contains("href=\"/nl/profile/sign-in\""),
            "{page}"
        );
    }
    let led = sanne.get("/nl/o").await.expect(303);
    assert_eq!(led.header("location"), Some(format!("/nl/o/{}", field.holder).as_str()));
    assert!(!sanne.get("/nl/projects").await.expect(200).text.contains("1255"));
    sanne.get("/nl/profile/tokens").await.expect(200);
    field.visitor("kees").await.get(&format!("/nl/o/{}", field.holder)).await.expect(404);
    // With one she is back at once.
    set_up(&mut sanne, &field.app).await;
    sanne.get(&format!("/nl/o/{}/projects", field.holder)).await.expect(200);
    fill(&mut olga, &field.policy("release"), &[]).await.expect(303);
    field.visitor("bo").await.get(&format!("/nl/o/{}", field.holder)).await.expect(200);
}

#[tokio::test]
async fn whoever_has_none_makes_no_credential_there_and_manages_nothing() {
    let field = Field::new().await;
    let id = |name: &str| {
        let email = format!("{name}@example.org");
        let all = field.app.operate("GET", "/api/v1/people");
        async move {
            let all = all.send().await.expect(200).json();
            let found = all["items"].as_array().expect("people").iter().find(|person| person["email"] == email.as_str()).cloned();
            found.expect("the person")["id"].as_str().expect("an id").to_owned()
        }
    };
    let (_, secret) = field.app.token(&id("olga").await, None).await;
    let (kept, renewed) = field.app.token(&id("bo").await, None).await;
    let mut bo = field.visitor("bo").await;
    let mut olga = field.visitor("olga").await;
    set_up(&mut olga, &field.app).await;
    fill(&mut olga, &field.policy("require"), &[]).await.expect(303);
    let asks =
        async |token: &str| field.app.call("GET", &format!("/api/v1/people?organisation={}", field.holder)).token(token).send().await;
    asks(&secret).await.expect(200);
    // A token of somebody without one manages nothing, and says why; it still tells whose it is.
    let refused = field.app.call("GET", "/api/v1/tokens").token(&renewed).send().await.expect(403);
    assert_eq!(refused.json()["code"], "second_factor_required", "{}", refused.text);
    field.app.call("GET", "/api/v1/whoami").token(&renewed).send().await.expect(200);
    // On the pages, no token is made or renewed; what is there is ended as ever.
    let new = [("description", "pycharm"), ("may", "all"), ("days", "7")];
    let page = fill(&mut bo, "/nl/profile/tokens/new", &new).await.expect(403).text;
    assert!(page.contains("Stel eerst een tweede stap in"), "{page}");
    fill(&mut bo, &format!("/nl/profile/tokens/{kept}/renew"), &[("days", "7"), ("overlap", "0")]).await.expect(403);
    fill(&mut bo, &format!("/nl/profile/tokens/{kept}/delete"), &[]).await.expect(303);
    set_up(&mut bo, &field.app).await;
    fill(&mut bo, "/nl/profile/tokens/new", &new).await.expect(200);
    // Whoever lost it all is kept out until there is another one.
    let path = format!("/api/v1/people/{}/second-factors", id("olga").await);
    assert!(field.app.operate("DELETE", &path).send().await.status < 300);
    asks(&secret).await.expect(403);
    let mut again = Visitor::new(&field.app);
    again.sign_in("olga@example.org", super::PASSWORD).await.expect(303);
    again.get(&format!("/nl/o/{}/settings", field.holder)).await.expect(403);
}
