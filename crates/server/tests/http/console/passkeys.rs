//! Passkeys: made, used alone and as the second step, to prove again who one is, and removed; and every way in which one does not count.

use std::time::Duration;

use serde_json::Value;
use testkit::{Answer, App, Visitor, hidden};

use super::authenticator::Authenticator;
use super::second_factors::{half, set_up};
use super::{PASSWORD, SESSION, signed_in, with_ann};

pub(super) const ORIGIN: &str = "http://localhost:8600";

async fn start() -> App {
    let app = App::start_with(|config| config.public_url = ORIGIN.to_owned()).await;
    with_ann(&app).await;
    app
}

/// What the page's module is told.
pub(super) async fn options(visitor: &mut Visitor<'_>, page: &str, path: &str) -> (String, Value) {
    let shown = visitor.get(page).await.expect(200);
    let csrf = hidden(&shown.text, "csrf").expect("a token");
    let told = visitor.post(path, &[("csrf", &csrf)]).await.expect(200);
    assert_eq!(told.header("cache-control"), Some("no-store"));
    (csrf, told.json())
}

/// Adds a passkey in this browser.
pub(super) async fn add(visitor: &mut Visitor<'_>, device: &mut Authenticator, name: &str) -> Answer {
    let (csrf, options) = options(visitor, "/en/profile/sign-in/passkeys/new", "/en/profile/sign-in/passkeys/options").await;
    let made = device.make(&options);
    visitor.post("/en/profile/sign-in/passkeys/new", &[("csrf", &csrf), ("name", name), ("passkey", &made)]).await
}

/// Signs in with a passkey alone.
pub(super) async fn sign_in(visitor: &mut Visitor<'_>, device: &mut Authenticator, query: &str) -> Answer {
    let (csrf, options) = options(visitor, &format!("/sign-in?{query}"), "/sign-in/passkey/options").await;
    let signed = device.sign(&options);
    visitor.post(&format!("/sign-in/passkey?{query}"), &[("csrf", &csrf), ("passkey", &signed)]).await
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_as_the_second_step() {
    let app = start().await;
    let (mut visitor, mut device) = (signed_in(&app).await, Authenticator::new("one", ORIGIN));
    let (_, told) = options(&mut visitor, "/en/profile/sign-in/passkeys/new", "/en/profile/sign-in/passkeys/options").await;
    assert_eq!((&told["rp"]["id"], &told["user"]["name"]), (&"localhost".into(), &"ann@example.org".into()));
    let selection = &told["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&"required".into(), &"required".into()));
    assert_eq!(told["attestation"], "none");
    let added = add(&mut visitor, &mut device, "Laptop <b>").await.expect(303);
    assert_eq!(added.header("location"), Some("/en/profile/sign-in/recovery-codes"), "there are none yet");
    let block = visitor.get("/en/profile/sign-in").await.expect(200).text;
    assert!(block.contains("Laptop &#60;b&#62;") && block.contains("Never") && block.contains("You have none."), "{block}");
    visitor.fill("/en/profile/sign-in/recovery-codes", &[]).await.expect(200);
    // A second one; the device is told which there are.
    let (_, told) = options(&mut visitor, "/en/profile/sign-in/passkeys/new", "/en/profile/sign-in/passkeys/options").await;
    assert_eq!(told["excludeCredentials"].as_array().map(Vec::len), Some(1));
    let mut phone = Authenticator::new("two", ORIGIN);
    let added = add(&mut visitor, &mut phone, "Phone").await.expect(303);
    assert_eq!(added.header("location"), Some("/en/profile/sign-in"));

    let mut alone = Visitor::new(&app);
    let page = alone.get("/sign-in").await.expect(200).text;
    assert!(page.contains("autocomplete=\"username webauthn\"") && page.contains("data-passkey") && page.contains("data-auto hidden"));
    let done = sign_in(&mut alone, &mut phone, "next=%2Fen%2Fprofile").await.expect(303);
    assert_eq!(done.header("location"), Some("/en/profile"));
    alone.get("/en/profile/sign-in/app").await.expect(200);

    // After the password.
    let mut second = Visitor::new(&app);
    let path = half(&mut second).await;
    let (_, step) = path.split_once('?').expect("a query");
    let (csrf, told) = options(&mut second, &path, &format!("/sign-in/passkey/options?{step}")).await;
    assert_eq!(told["allowCredentials"].as_array().map(Vec::len), Some(2));
    let signed = device.sign(&told);
    let done = second.post(&path, &[("csrf", &csrf), ("passkey", &signed)]).await.expect(303);
    assert_eq!(done.header("location"), Some("/"));
    second.get("/en/profile").await.expect(200);
}

#[tokio::test]
async fn an_answer_counts_once_in_one_browser_for_ten_minutes() {
    let app = start().await;
    let mut device = Authenticator::new("one", ORIGIN);
    add(&mut signed_in(&app).await, &mut device, "Laptop").await.expect(303);
    let mut visitor = Visitor::new(&app);
    let (csrf, told) = options(&mut visitor, "/sign-in", "/sign-in/passkey/options").await;
    let signed = device.sign(&told);
    // Another browser.
    let mut other = Visitor::new(&app);
    let theirs = hidden(&other.get("/sign-in").await.text, "csrf").expect("a token");
    other.post("/sign-in/passkey", &[("csrf", &theirs), ("passkey", &signed)]).await.expect(422);
    visitor.post("/sign-in/passkey", &[("csrf", "x"), ("passkey", &signed)]).await.expect(403);
    visitor.post("/sign-in/passkey", &[("csrf", &csrf), ("passkey", &signed)]).await.expect(303);
    visitor.cookies.remove(SESSION);
    let again = visitor.post("/sign-in/passkey", &[("csrf", &csrf), ("passkey", &signed)]).await.expect(422);
    assert!(again.text.contains("took too long") && !visitor.cookies.contains_key(SESSION));
    // Too late.
    let (csrf, told) = options(&mut visitor, "/sign-in", "/sign-in/passkey/options").await;
    let signed = device.sign(&told);
    app.clock.advance(Duration::from_secs(600));
    visitor.post("/sign-in/passkey", &[("csrf", &csrf), ("passkey", &signed)]).await.expect(422);
    // What was asked for one thing is no answer to another.
    let mut ann = signed_in_again(&app, &mut device).await;
    let (_, making) = options(&mut ann, "/en/profile/sign-in/passkeys/new", "/en/profile/sign-in/passkeys/options").await;
    let crossed = device.sign(&with_rp(&making));
    let csrf = hidden(&ann.get("/sign-in?switch=1").await.text, "csrf").expect("a token");
    ann.post("/sign-in/passkey", &[("csrf", &csrf), ("passkey", &crossed)]).await.expect(422);
    for nonsense in ["", "{}", "null", "[]", "{\"rawId\":\"AA\",\"response\":{}}", &"x".repeat(30_000)] {
        ann.post("/sign-in/passkey", &[("csrf", &csrf), ("passkey", nonsense)]).await.expect(422);
    }
}

/// Options for making a passkey, read as those for using one.
fn with_rp(making: &Value) -> Value {
    serde_json::json!({"challenge": making["challenge"], "rpId": making["rp"]["id"]})
}

async fn signed_in_again<'a>(app: &'a App, device: &mut Authenticator) -> Visitor<'a> {
    let mut visitor = Visitor::new(app);
    sign_in(&mut visitor, device, "next=%2F").await.expect(303);
    visitor
}

#[tokio::test]
async fn a_device_that_lies_signs_nobody_in() {
    let app = start().await;
    let mut device = Authenticator::new("one", ORIGIN);
    add(&mut signed_in(&app).await, &mut device, "Laptop").await.expect(303);
    let lies: [fn(&mut Authenticator); 3] =
        [|device| device.origin = "https://evil.example".to_owned(), |device| device.flags = 0x01, |device| device.credential.push(1)];
    for lie in lies {
        let (flags, origin, credential) = (device.flags, device.origin.clone(), device.credential.clone());
        lie(&mut device);
        let mut visitor = Visitor::new(&app);
        sign_in(&mut visitor, &mut device, "next=%2F").await.expect(422);
        assert!(!visitor.cookies.contains_key(SESSION));
        (device.flags, device.origin, device.credential) = (flags, origin, credential);
    }
    // Another key under the same name.
    let mut thief = Authenticator::new("one", ORIGIN);
    thief.counter = 100;
    sign_in(&mut Visitor::new(&app), &mut thief, "next=%2F").await.expect(422);
    // Somebody else's passkey is no second step of Ann's.
    let organisation = app.organisation("Umbrella").await;
    app.person_with_password("bob", &organisation, PASSWORD).await;
    let (mut bob, mut bobs) = (Visitor::new(&app), Authenticator::new("bob", ORIGIN));
    bob.sign_in("bob@example.org", PASSWORD).await.expect(303);
    add(&mut bob, &mut bobs, "Bob's").await.expect(303);
    let mut visitor = Visitor::new(&app);
    let path = half(&mut visitor).await;
    let (_, step) = path.split_once('?').expect("a query");
    let (csrf, told) = options(&mut visitor, &path, &format!("/sign-in/passkey/options?{step}")).await;
    let signed = bobs.sign(&told);
    visitor.post(&path, &[("csrf", &csrf), ("passkey", &signed)]).await.expect(422);
    assert!(!visitor.cookies.contains_key(SESSION));
    sign_in(&mut Visitor::new(&app), &mut device, "next=%2F").await.expect(303);
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_is_a_copy_perhaps() {
    let app = start().await;
    let mut visitor = signed_in(&app).await;
    let mut device = Authenticator::new("one", ORIGIN);
    add(&mut visitor, &mut device, "Laptop").await.expect(303);
    device.counter = 10;
    sign_in(&mut Visitor::new(&app), &mut device, "next=%2F").await.expect(303);
    device.counter = 5;
    let refused = sign_in(&mut Visitor::new(&app), &mut device, "next=%2F").await.expect(403);
    assert!(refused.text.contains("may have copied"), "{}", refused.text);
    device.counter = 100;
    sign_in(&mut Visitor::new(&app), &mut device, "next=%2F").await.expect(403);
    assert!(visitor.get("/nl/profile/sign-in").await.text.contains("misschien gekopieerd"));
    // One that never counts is not suspected.
    let mut silent = Authenticator::new("two", ORIGIN);
    silent.counter = 0;
    add(&mut visitor, &mut silent, "Silent").await.expect(303);
    for _ in 0..2 {
        sign_in(&mut Visitor::new(&app), &mut silent, "next=%2F").await.expect(303);
    }
}

#[tokio::test]
async fn a_passkey_proves_again_who_one_is_and_is_removed() {
    let app = start().await;
    let mut visitor = signed_in(&app).await;
    let mut device = Authenticator::new("one", ORIGIN);
    add(&mut visitor, &mut device, "Laptop").await.expect(303);
    let block = visitor.get("/en/profile/sign-in").await.text;
    let remove = block.split("href=\"").filter_map(|part| part.split('"').next()).find(|href| href.ends_with("/remove")).expect("a link");
    let remove = remove.to_owned();
    app.clock.advance(Duration::from_secs(16 * 60));
    let asked = visitor.get(&remove).await.expect(303);
    let asked = visitor.get(asked.header("location").expect("a location")).await.expect(303);
    let query = asked.header("location").expect("a location").split_once('?').expect("a query").1.to_owned();
    let done = sign_in(&mut visitor, &mut device, &query).await.expect(303);
    let back = visitor.get(done.header("location").expect("a location")).await.expect(303);
    assert_eq!(back.header("location"), Some(remove.as_str()));
    let question = visitor.get(&remove).await.expect(200).text;
    assert!(question.contains("Laptop") && question.contains("password alone"), "{question}");
    visitor.fill(&remove, &[]).await.expect(303);
    visitor.get(&remove).await.expect(404);
    sign_in(&mut Visitor::new(&app), &mut device, "next=%2F").await.expect(422);
    assert_eq!(Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(303).header("location"), Some("/"));
    // Nobody removes another's.
    let mut other = Authenticator::new("two", ORIGIN);
    add(&mut visitor, &mut other, "Phone").await.expect(303);
    let block = visitor.get("/en/profile/sign-in").await.text;
    let theirs = block.split("href=\"").filter_map(|part| part.split('"').next()).find(|href| href.ends_with("/remove")).expect("a link");
    let organisation = app.organisation("Umbrella").await;
    app.person_with_password("bob", &organisation, PASSWORD).await;
    let mut bob = Visitor::new(&app);
    bob.sign_in("bob@example.org", PASSWORD).await.expect(303);
    bob.get(theirs).await.expect(404);
    let csrf = hidden(&bob.get("/en/profile").await.text, "csrf").expect("a token");
    bob.post(theirs, &[("csrf", &csrf)]).await.expect(404);
    sign_in(&mut Visitor::new(&app), &mut other, "next=%2F").await.expect(303);
}

#[tokio::test]
async fn where_browsers_make_none_there_are_none() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = signed_in(&app).await;
    assert!(!visitor.get("/sign-in?switch=1").await.expect(200).text.contains("data-passkey"));
    visitor.get("/en/profile/sign-in/passkeys/new").await.expect(404);
    let csrf = hidden(&visitor.get("/sign-in?switch=1").await.text, "csrf").expect("a token");
    visitor.post("/sign-in/passkey/options", &[("csrf", &csrf)]).await.expect(404);
    // An app is there all the same.
    set_up(&mut visitor, &app).await;
}

#[tokio::test]
async fn a_passkey_is_renamed_by_its_person_only() {
    let app = start().await;
    let (mut ann, mut device) = (signed_in(&app).await, Authenticator::new("one", ORIGIN));
    add(&mut ann, &mut device, "Laptop").await.expect(303);
    let list = "/en/profile/sign-in";
    let block = ann.get(list).await.expect(200).text;
    let (_, rest) = block.split_once("/en/profile/sign-in/passkeys/").expect("a passkey");
    let path = format!("/en/profile/sign-in/passkeys/{}/name", &rest[..rest.find('/').expect("its id")]);
    assert!(ann.get(&path).await.expect(200).text.contains("value=\"Laptop\""));
    for wrong in ["", " ", &"x".repeat(61)] {
        ann.fill(&path, &[("name", wrong)]).await.expect(422);
    }
    ann.post(&path, &[("csrf", "x"), ("name", "Planted")]).await.expect(403);
    ann.fill(&path, &[("name", "Work \u{202e}<b>")]).await.expect(422);
    ann.fill(&path, &[("name", "Work <b>")]).await.expect(303);
    let block = ann.get(list).await.expect(200).text;
    assert!(block.contains("The passkey is now called Work &#60;b&#62;.") && !block.contains("Laptop"), "{block}");
    // Whoever else has signed in finds none.
    let organisation = app.organisation("B").await;
    app.person_with_password("bob", &organisation, PASSWORD).await;
    let mut bob = Visitor::new(&app);
    bob.sign_in("bob@example.org", PASSWORD).await.expect(303);
    bob.get(&path).await.expect(404);
    let csrf = hidden(&bob.get("/en/profile").await.expect(200).text, "csrf").expect("a token");
    bob.post(&path, &[("csrf", &csrf), ("name", "Mine")]).await.expect(404);
}

#[tokio::test]
async fn whoever_gets_an_account_is_offered_a_passkey_on_the_way() {
    let app = App::start_with(|config| config.public_url = ORIGIN.to_owned()).await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let offer = "/en/profile/sign-in/passkeys/new?next=%2Fprofile%2Ftokens";
    let page = ann.get(offer).await.expect(200).text;
    assert!(page.contains("Your account is ready.") && page.contains("href=\"/en/profile/tokens\">Not now"), "{page}");
    let elsewhere = ann.get("/en/profile/sign-in/passkeys/new?next=https%3A%2F%2Fevil.example").await.expect(200).text;
    assert!(!elsewhere.contains("evil.example\"") || !elsewhere.contains("href=\"https://evil"), "{elsewhere}");
    let (csrf, options) = options(&mut ann, offer, "/en/profile/sign-in/passkeys/options").await;
    let made = Authenticator::new("one", ORIGIN).make(&options);
    let added = ann.post(offer, &[("csrf", &csrf), ("name", "Laptop"), ("passkey", &made)]).await.expect(303);
    let codes = added.header("location").expect("the codes").to_owned();
    assert_eq!(codes, "/en/profile/sign-in/recovery-codes?next=%2Fprofile%2Ftokens");
    assert!(ann.get(&codes).await.expect(200).text.contains("href=\"/en/profile/tokens\">Cancel"));
    let shown = ann.fill(&codes, &[]).await.expect(200).text;
    assert!(shown.contains("href=\"/en/profile/tokens\""), "then to where it leads: {shown}");
}
