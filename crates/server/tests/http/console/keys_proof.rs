//! How a key's program proves itself, for how long its private key works, and who is written to about it.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{App, Visitor, basic};

use super::keys::{SERVER, browser, ids, shown, with_kim};

/// The public half of a key pair (RFC 7517 appendix A.1), and a member that only the private half has.
const X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
const Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
const D: &str = "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE";
const DAY: u64 = 86_400;

/// The fields of a key, with these instead of the usual ones.
fn with<'f>(other: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let usual = SERVER.into_iter().filter(|(name, _)| !other.iter().any(|(given, _)| given == name));
    usual.chain(other.iter().copied()).collect()
}

async fn keys(app: &App, organisation: &str) -> Vec<Value> {
    let answer = app.operate("GET", &format!("/api/v1/organisations/{organisation}/organisation-keys")).send().await.expect(200).json();
    answer["items"].as_array().expect("a list").clone()
}

async fn token(app: &App, public: &str, private: &str) -> u16 {
    let call = app.call("POST", "/connect/token").header("authorization", &basic(public, private));
    let form = call.header("content-type", "application/x-www-form-urlencoded").bytes(b"grant_type=client_credentials".to_vec());
    form.send().await.status
}

#[tokio::test]
async fn a_program_may_have_a_key_pair_of_its_own() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let new = format!("/en/o/{acme}/keys/new");
    let public = json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "a", "alg": "ES256"});
    let mut private = public.clone();
    private["d"] = D.into();
    let wrong = ["", "{", "[]", "\"a\"", "{}", &private.to_string(), &json!({"keys": []}).to_string()];
    for wrong in wrong {
        let page = kim.fill(&new, &with(&[("proof", "some"), ("jwk", wrong)])).await.expect(422).text;
        assert!(page.contains("This is not a public key that we can use") && page.contains("href=\"#jwk\""), "{wrong}: {page}");
    }
    assert!(keys(&app, &acme).await.is_empty());
    let made = kim.fill(&new, &with(&[("proof", "some"), ("jwk", &public.to_string())])).await.expect(303);
    let page = kim.get(made.header("location").expect("a place")).await.expect(200).text;
    assert!(page.contains("Reports"), "{page}");
    let key = &keys(&app, &acme).await[0];
    assert_eq!((&key["authentication"], &key["private_keys"]), (&json!(["private_key_jwt"]), &json!([])));
    assert_eq!(key["jwks"]["keys"][0]["x"], X);
    // An app without a server has no secret, whatever stands in the field.
    let phone =
        [("name", "Phone"), ("purpose", "public"), ("redirect_uris", "com.example.app:/cb"), ("may", "all"), ("proof", "x"), ("days", "")];
    kim.fill(&new, &with(&phone)).await.expect(303);
}

#[tokio::test]
async fn a_private_key_ends_on_its_last_day_and_its_successor_on_its_own() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let (list, new) = (format!("/en/o/{acme}/keys"), format!("/en/o/{acme}/keys/new"));
    for (days, until) in [("", ""), ("9999", ""), ("later", "2020-01-01"), ("later", "tomorrow")] {
        kim.fill(&new, &with(&[("days", days), ("until", until)])).await.expect(422);
    }
    let (public, first) = shown(&kim.fill(&new, &with(&[("days", "7")])).await.expect(200).text);
    let key = format!("{list}/{}", ids(&kim.get(&list).await.text, &list)[0]);
    let pass = async |days: u64| {
        app.clock.advance(Duration::from_secs(days * DAY));
        browser(&app, "kim").await
    };
    let mut kim = pass(6).await;
    assert_eq!(token(&app, &public, &first).await, 200);
    let (_, second) = shown(&kim.fill(&format!("{key}/rotate"), &[("overlap", "720"), ("days", "7")]).await.expect(200).text);
    pass(2).await;
    assert_eq!((token(&app, &public, &first).await, token(&app, &public, &second).await), (401, 200), "an overlap makes no life longer");
    pass(6).await;
    assert_eq!(token(&app, &public, &second).await, 401);
}

#[tokio::test]
async fn who_is_written_to_about_a_key_can_be_said_and_changed() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let (list, new) = (format!("/en/o/{acme}/keys"), format!("/en/o/{acme}/keys/new"));
    assert!(kim.get(&new).await.text.contains("value=\"kim@example.org\""), "whoever makes it, as is usual");
    for wrong in ["kim", "a@b\r\nBcc: c@d", "<script>@x"] {
        kim.fill(&new, &with(&[("contact", wrong)])).await.expect(422);
    }
    kim.fill(&new, &with(&[("contact", "team@example.org")])).await.expect(200);
    let key = format!("{list}/{}", ids(&kim.get(&list).await.text, &list)[0]);
    assert!(kim.get(&key).await.text.contains("team@example.org"));
    let change = async |kim: &mut Visitor<'_>, contact: &str| {
        let page = kim.get(&format!("{key}/edit")).await.expect(200).text;
        let revision = testkit::hidden(&page, "revision").expect("a revision");
        kim.fill(&format!("{key}/edit"), &[("revision", &revision), ("name", "Reports"), ("contact", contact)]).await.status
    };
    assert_eq!(change(&mut kim, "nobody").await, 422);
    assert_eq!(change(&mut kim, "other@example.org").await, 303);
    assert_eq!(keys(&app, &acme).await[0]["contact"], "other@example.org");
    assert_eq!(change(&mut kim, "").await, 303);
    assert_eq!(keys(&app, &acme).await[0]["contact"], Value::Null);
}
