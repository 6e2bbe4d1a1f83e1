//! A form that comes after its session is over changes nothing, and comes back with what was typed.

use std::time::Duration;

use testkit::{Answer, App, Visitor, hidden};

use super::{PASSWORD, signed_in, with_ann};

const NEW: &str = "/en/profile/tokens/new";
/// What nobody else may see.
const TYPED: [(&str, &str); 3] = [("description", "night <b>export</b>"), ("may", "all"), ("days", "7")];

fn location(answer: &Answer) -> String {
    answer.header("location").expect("a page to go to").to_owned()
}

/// Sends the form of a page after this much time.
async fn late(visitor: &mut Visitor<'_>, (app, path): (&App, &str), wait: Duration, fields: &[(&str, &str)]) -> Answer {
    let page = visitor.get(path).await.expect(200).text;
    let mut all: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for name in ["csrf", "nonce"] {
        all.extend(hidden(&page, name).map(|value| (name.to_owned(), value)));
    }
    app.clock.advance(wait);
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post(path, &all).await.expect(303)
}

/// Signs in on the page that the browser was sent to, and follows it as far as a page.
async fn sign_in_at(visitor: &mut Visitor<'_>, at: &str, email: &str) -> (String, Answer) {
    let mut next = location(&visitor.fill(at, &[("email", email), ("password", PASSWORD)]).await.expect(303));
    for _ in 0..4 {
        let answer = visitor.get(&next).await;
        if answer.status == 200 {
            return (next, answer);
        }
        next = location(&answer.expect(303));
    }
    panic!("it goes round: {next}");
}

#[tokio::test]
async fn a_form_comes_back_as_it_was_typed_when_the_session_was_over() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let before = app.node.authority.verifier().applied();
    let asked = location(&late(&mut ann, (&app, NEW), Duration::from_secs(10 * 3_600), &TYPED).await);
    assert!(asked.starts_with("/sign-in?next=") && !asked.contains("night"), "nothing typed is in an address: {asked}");
    assert_eq!(app.node.authority.verifier().applied(), before, "nothing was changed");
    let page = ann.get(&asked).await.expect(200).text;
    assert!(page.contains("You were signed out, so nothing was saved yet."), "{page}");
    let (next, page) = sign_in_at(&mut ann, &asked, "ann@example.org").await;
    assert!(next.starts_with(NEW) && !next.contains("night"), "{next}");
    assert!(page.text.contains("value=\"night &#60;b&#62;export&#60;/b&#62;\""), "{}", page.text);
    assert!(page.text.contains("Nothing was saved yet, as you had to sign in again. What you typed is still here"), "{}", page.text);
    // As often as the page is opened, for a while; and then it can be sent.
    assert!(ann.get(&next).await.expect(200).text.contains("night"));
    ann.fill(&next, &[("description", "night"), ("may", "all"), ("days", "7")]).await.expect(200);
    app.clock.advance(Duration::from_secs(600));
    assert!(!ann.get(&next).await.expect(200).text.contains("night <"), "no longer");
}

#[tokio::test]
async fn what_was_typed_is_for_nobody_else() {
    let app = App::start().await;
    with_ann(&app).await;
    let organisation = app.organisation("B").await;
    app.person_with_password("bob", &organisation, PASSWORD).await;
    let mut ann = signed_in(&app).await;
    let asked = location(&late(&mut ann, (&app, NEW), Duration::from_secs(10 * 3_600), &TYPED).await);
    // Somebody else in the same browser, and the same person in another one.
    let mut other = Visitor::new(&app);
    let (next, page) = sign_in_at(&mut other, &asked, "ann@example.org").await;
    assert!(!page.text.contains("night") && page.text.contains("Nothing was saved, as you had to sign in again."), "{next} {}", page.text);
    let (_, page) = sign_in_at(&mut ann, &asked, "bob@example.org").await;
    assert!(!page.text.contains("night") && page.text.contains("Nothing was saved, as you had to sign in again."), "{}", page.text);
}

#[tokio::test]
async fn a_form_that_needs_a_fresh_signing_in_comes_back_too() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let asked = location(&late(&mut ann, (&app, NEW), Duration::from_secs(15 * 60), &TYPED).await);
    assert!(asked.starts_with("/en/confirm-identity?return="), "{asked}");
    let asked = location(&ann.get(&asked).await.expect(303));
    let (next, page) = sign_in_at(&mut ann, &asked, "ann@example.org").await;
    assert!(next.starts_with(NEW) && page.text.contains("night"), "{next} {}", page.text);
    assert!(page.text.contains("Nothing was saved yet"), "{}", page.text);
}

#[tokio::test]
async fn passwords_and_forms_from_elsewhere_are_not_kept() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let password = [("password", "a secret that was typed")];
    let path = "/en/profile/sign-in/password";
    let asked = location(&late(&mut ann, (&app, path), Duration::from_secs(10 * 3_600), &password).await);
    assert!(!asked.contains("%26unsaved"), "nothing is kept: {asked}");
    let (next, page) = sign_in_at(&mut ann, &asked, "ann@example.org").await;
    assert!(next == path && !page.text.contains("a secret that"), "{next}");
    // A form whose token is none of the session's, or that another site sends, only leads to its page.
    app.clock.advance(Duration::from_secs(10 * 3_600));
    let planted = [("csrf", "x"), ("description", "planted")];
    assert!(!location(&ann.post(NEW, &planted).await.expect(303)).contains("%26unsaved"));
    ann.headers.push(("sec-fetch-site".to_owned(), "cross-site".to_owned()));
    assert_eq!(location(&ann.post(NEW, &planted).await.expect(303)), "/sign-in?next=%2Fen%2Fprofile%2Ftokens%2Fnew");
}
