//! Accounts of other providers, unlinked by their person.

use authority::{Context, SessionLimits, UpstreamIdentity};
use domain::text::Email;
use domain::time::Clock as _;
use domain::{RequestId, Timestamp};
use testkit::App;

use crate::console::{PASSWORD, signed_in, with_ann};

const ISSUER: &str = "https://id.example";

/// Signs in at the provider; says whether that leads to anybody here.
async fn at_provider(app: &App) -> bool {
    let context = Context::system(RequestId::from_bytes([1; 16]), app.clock.now());
    let hour = std::time::Duration::from_secs(3_600);
    let limits = SessionLimits { idle: hour, absolute: hour };
    let identity = UpstreamIdentity {
        issuer: ISSUER.to_owned(),
        subject: "248289761001".to_owned(),
        verified_email: Some(Email::new("ann@example.org").expect("an address")),
        auth_time: Timestamp::from_unix_seconds(0),
    };
    let aim = authority::SignInAim { visit: domain::Digest::of(b"visit"), query: String::new() };
    let facts = authority::BrowserFacts::default();
    app.node.authority.sign_in_upstream(&context, identity, facts, (limits, aim)).await.expect("asked").is_ok()
}

fn link(page: &str) -> String {
    let (_, rest) = page.split_once("href=\"/en/profile/sign-in/accounts/").expect("an account");
    format!("/en/profile/sign-in/accounts/{}", rest.split('"').next().expect("its mark"))
}

#[tokio::test]
async fn what_is_unlinked_is_not_linked_again_by_its_address() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    assert!(at_provider(&app).await);
    let person = app.operate("GET", &format!("/api/v1/people/{ann}")).send().await.expect(200).json();
    assert_eq!(person["email_verified"], true, "the provider has proven it");
    let mut visitor = signed_in(&app).await;
    let page = visitor.get("/en/profile/sign-in").await.expect(200).text;
    let path = link(&page);
    assert!(visitor.get(&path).await.expect(200).text.contains("Unlink your account at"));
    visitor.fill(&path, &[]).await.expect(303);
    assert!(!at_provider(&app).await);
    let page = visitor.get("/en/profile/sign-in").await.expect(200).text;
    assert!(page.contains("unlinked"), "{page}");
    visitor.fill(&path, &[]).await.expect(303);
    assert!(at_provider(&app).await, "it may be linked again");
    visitor.get("/en/profile/sign-in/accounts/0123456789abcdef").await.expect(404);
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    assert!(at_provider(&app).await);
    let mut visitor = signed_in(&app).await;
    let path = link(&visitor.get("/en/profile/sign-in").await.expect(200).text);
    // Without a password the account is the only one.
    let file = rusqlite::Connection::open(app.data().join("data/poort.db")).expect("the database");
    file.execute("UPDATE person SET password_hash = NULL", []).expect("written");
    assert!(visitor.fill(&path, &[]).await.expect(409).text.contains("Set a password first."));
    assert!(at_provider(&app).await, "{ann}");
    assert!(visitor.get("/en/profile/sign-in/password").await.expect(200).text.contains("Set a password"));
    visitor.fill("/en/profile/sign-in/password", &[("password", &format!("{PASSWORD}!"))]).await.expect(303);
    visitor.fill(&path, &[]).await.expect(303);
    assert!(!at_provider(&app).await);
}
