//! What ID tokens say of how somebody signed in (`acr`, `amr`), and what a client may ask for (OpenID Connect Core section 3.1.2.1).

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, Visitor};

use super::world::*;
use crate::console::second_factors::{code, set_up};

fn claims_of(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("claims")
}

async fn claims(world: &World, sent: &Sent) -> Value {
    let fields = [("grant_type", "authorization_code"), ("code", sent.get("code")), ("redirect_uri", REDIRECT)];
    claims_of(&world.post_as(&world.client, "/connect/token", &fields).await.expect(200).member("/id_token"))
}

/// Past the sign-in page, with both steps.
async fn both_steps(visitor: &mut Visitor<'_>, asked: &Answer, code: &str) -> Answer {
    let sign_in = asked.header("location").expect("a location").to_owned();
    assert!(sign_in.starts_with("/sign-in?"), "{sign_in}");
    let second = visitor.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let path = second.header("location").expect("a location").to_owned();
    let page = visitor.get(&path).await.expect(200);
    assert!(page.text.contains("Veldboek"), "{}", page.text);
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.ends_with("form-action 'self' https:")));
    let done = visitor.fill(&path, &[("code", code)]).await.expect(303);
    visitor.get(done.header("location").expect("a location")).await
}

#[tokio::test]
async fn two_means_are_told_and_can_be_asked_for() {
    let world = World::start().await;
    let app = &world.app;
    let request = Request::of(&world.client).with("scope", "openid");
    let mut ann = world.ann().await;
    let one = claims(&world, &allow(&mut ann, &request).await).await;
    assert_eq!((&one["acr"], &one["amr"]), (&json!("1"), &json!(["pwd"])));
    // Who has no second means is not asked in vain: it is a wish.
    let wished = request.clone().with("acr_values", "2");
    let none = claims(&world, &allow(&mut ann, &wished).await).await;
    assert_eq!(none["acr"], "1");

    let (secret, _) = set_up(&mut ann, app).await;
    app.clock.advance(Duration::from_secs(60));
    // The session began with one. Without asking it goes on, and says so.
    let silent = allow(&mut ann, &wished.clone().with("prompt", "none")).await;
    assert_eq!(claims(&world, &silent).await["acr"], "1");
    let asked = ann.get(&wished.path()).await.expect(303);
    let back = both_steps(&mut ann, &asked, &code(app, &secret, 0)).await;
    let two = claims(&world, &Sent::of(&back)).await;
    assert_eq!((&two["acr"], &two["amr"]), (&json!("2"), &json!(["pwd", "otp", "mfa"])));
    assert_eq!(two["auth_time"], domain::time::Clock::now(&*app.clock).unix_seconds());
    // It holds the lower level, too.
    let lower = claims(&world, &allow(&mut ann, &request.clone().with("acr_values", "1")).await).await;
    assert_eq!(lower["acr"], "2");

    // Asked to sign in again, both steps are to be made.
    for (name, value) in [("prompt", "login"), ("max_age", "60")] {
        app.clock.advance(Duration::from_secs(90));
        let asked = ann.get(&request.clone().with(name, value).path()).await.expect(303);
        let back = both_steps(&mut ann, &asked, &code(app, &secret, 0)).await;
        let again = claims(&world, &Sent::of(&back)).await;
        assert_eq!((&again["acr"], &again["auth_time"]), (&json!("2"), &json!(domain::time::Clock::now(&*app.clock).unix_seconds())));
    }
    // In front of the consent of another client, too, in a browser in which nobody has signed in.
    let mut fresh = Visitor::new(app);
    app.clock.advance(Duration::from_secs(60));
    let asked = fresh.get(&request.clone().with("prompt", "consent").path()).await.expect(303);
    let consent = both_steps(&mut fresh, &asked, &code(app, &secret, 0)).await;
    let sent = Sent::of(&decide(&mut fresh, &consent, "allow").await);
    assert_eq!(claims(&world, &sent).await["amr"], json!(["pwd", "otp", "mfa"]));
}
