//! An organisation in the console: what there is of everything, who belongs to it, other roles, and leaving; with forms alone.

use std::time::Duration;

use serde_json::json;
use testkit::{App, hidden};

use super::keys::{browser, person};

/// The addresses of what can be done with the members, in the order of the list.
fn links(html: &str, list: &str, what: &str) -> Vec<String> {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with(list) && link.ends_with(what)).map(str::to_owned).collect()
}

/// Acme with Olga, who owns it, and Mo, who is a member: its id.
async fn acme(app: &App) -> String {
    let acme = app.organisation("Acme").await;
    person(app, "olga", &acme, "owner").await;
    person(app, "mo", &acme, "member").await;
    acme
}

#[tokio::test]
async fn roles_are_changed_and_the_last_owner_stays_one() {
    let app = App::start().await;
    let acme = acme(&app).await;
    let mut olga = browser(&app, "olga").await;
    let list = format!("/nl/o/{acme}/members");
    let page = olga.get(&list).await.expect(200).text;
    assert!(page.contains("olga@example.org") && page.contains("Beheerder") && page.contains("mo@example.org"), "{page}");
    let roles = links(&page, &list, "/roles");
    let (own, mos) = (&roles[0], &roles[1]);
    let page = olga.get(mos).await.expect(200).text;
    assert!(page.contains("value=\"member\" id=\"roles-4\" checked") && !page.contains("value=\"owner\" id=\"roles-1\" checked"), "{page}");

    let page = olga.fill(own, &[("roles", "member")]).await.expect(422).text;
    assert!(page.contains("Maak eerst iemand anders beheerder."), "{page}");
    let page = olga.fill(mos, &[]).await.expect(422).text;
    assert!(page.contains("Kies minstens één rol."), "{page}");
    olga.fill(mos, &[("roles", "unheard-of")]).await.expect(422);
    let mut mo = browser(&app, "mo").await;
    mo.get(&format!("/nl/o/{acme}/keys")).await.expect(403);
    olga.fill(mos, &[("roles", "owner"), ("roles", "key_manager")]).await.expect(303);
    let page = olga.get(&list).await.expect(200).text;
    assert!(page.contains("mo heeft nu deze rollen: Beheerder, Sleutelbeheerder."), "{page}");
    mo.get(&format!("/nl/o/{acme}/keys")).await.expect(200);
    // Now that there is another one.
    let gone = olga.fill(own, &[("roles", "member")]).await.expect(303);
    assert_eq!(gone.header("location"), Some("/nl/o"));
    olga.get(&list).await.expect(403);
}

#[tokio::test]
async fn who_leaves_is_shown_with_what_stops_and_it_stops() {
    let app = App::start().await;
    let acme = acme(&app).await;
    let mut olga = browser(&app, "olga").await;
    let list = format!("/en/o/{acme}/members");
    let page = olga.get(&list).await.expect(200).text;
    let ends = links(&page, &list, "/end");
    let people = app.operate("GET", "/api/v1/people").send().await.expect(200).json();
    let mo = people["items"].as_array().expect("people").iter().find(|person| person["name"] == "mo").expect("mo").clone();
    let (_, secret) = app.token(mo["id"].as_str().expect("an id"), None).await;
    app.token(mo["id"].as_str().expect("an id"), None).await;
    let works = async |secret: &str| app.call("GET", "/api/v1/whoami").token(secret).send().await.status;

    let question = olga.get(&ends[1]).await.expect(200).text;
    assert!(question.contains("Remove mo from Acme?") && question.contains("<dt>Personal tokens that stop</dt><dd>2</dd>"), "{question}");
    assert_eq!(works(&secret).await, 200, "looking changes nothing");
    olga.post(&ends[1], &[]).await.expect(403);
    assert_eq!(works(&secret).await, 200);
    let page = olga.fill(&ends[0], &[]).await.expect(409).text;
    assert!(page.contains("Make somebody else administrator first."), "{page}");
    olga.fill(&ends[1], &[]).await.expect(303);
    let page = olga.get(&list).await.expect(200).text;
    assert!(
        page.contains("mo is no longer a member.") && !page.contains("mo@example.org") && page.contains("You are still alone here."),
        "{page}"
    );
    assert_eq!(works(&secret).await, 401);
    olga.get(&ends[1]).await.expect(404);
}

#[tokio::test]
async fn strangers_find_no_members_and_members_may_not_change_them() {
    let app = App::start().await;
    let acme = acme(&app).await;
    let other = app.organisation("Umbrella").await;
    person(&app, "eve", &other, "owner").await;
    let (mut olga, mut mo, mut eve) = (browser(&app, "olga").await, browser(&app, "mo").await, browser(&app, "eve").await);
    let list = format!("/en/o/{acme}/members");
    let page = olga.get(&list).await.expect(200).text;
    let pages = [list.clone(), links(&page, &list, "/roles")[1].clone(), links(&page, &list, "/end")[1].clone()];
    let token = |page: &str| hidden(page, "csrf").expect("a token");
    let evil = token(&eve.get(&format!("/en/o/{other}/keys/new")).await.expect(200).text);
    for path in &pages {
        assert!(mo.get(path).await.expect(403).text.contains("Administrators: olga."));
        eve.get(path).await.expect(404);
        // By way of the own organisation it is not there either.
        let own = path.replace(&acme, &other);
        if path != &list {
            eve.get(&own).await.expect(404);
            eve.post(&own, &[("csrf", &evil), ("roles", "owner")]).await.expect(404);
            eve.post(path, &[("csrf", &evil), ("roles", "owner")]).await.expect(404);
            olga.post(path, &[("roles", "owner")]).await.expect(403);
        }
    }
    app.clock.advance(Duration::from_secs(16 * 60));
    olga.get(&pages[1]).await.expect(303);
    assert_eq!(olga.get(&list).await.expect(200).text.matches("/end\"").count(), 2);
}

#[tokio::test]
async fn everybody_sees_of_the_organisation_what_they_may() {
    let app = App::start().await;
    let acme = acme(&app).await;
    app.survey("survey").await;
    app.organisation_token(&acme, "survey", "veld").await;
    app.organisation_key(&acme, json!({"name": "<b>Reports</b>"})).await;
    let list = app.operate("GET", &format!("/api/v1/organisations/{acme}/organisation-keys")).send().await.expect(200);
    let id = list.member("/items/0/id");
    let rotate = app.operate("POST", &format!("/api/v1/organisation-keys/{id}/rotations"));
    rotate.json(&json!({"overlap_seconds": 86_400 * 7})).send().await.expect(200);
    let (mut olga, mut mo) = (browser(&app, "olga").await, browser(&app, "mo").await);
    let path = format!("/en/o/{acme}");
    let page = olga.get(&path).await.expect(200).text;
    for text in ["API keys", "Tokens of the organisation", "Delegations given", "Delegations received", "old private key", "7 days left"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains(&format!("href=\"{path}/keys\"")) && !page.contains("<b>Reports"), "{page}");
    let page = mo.get(&path).await.expect(200).text;
    assert!(!page.contains("API keys") && !page.contains("Tokens of the organisation") && !page.contains("Reports"), "{page}");
    assert!(page.contains("Your own tokens here") && page.contains("Nothing ends within 30 days."), "{page}");
    assert_eq!(mo.get("/en/o").await.expect(303).header("location"), Some(path.as_str()));
}
