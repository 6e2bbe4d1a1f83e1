//! The tab Options: an organisation's tokens, made with username and code, shown once, ended.

use std::time::Duration;

use testkit::hidden;

use super::{CREATE, Field, fill, send, shown};

#[tokio::test]
async fn a_token_is_made_with_username_and_code_shown_once_and_ended() {
    let field = Field::new().await;
    let mut kees = field.visitor("kees").await;
    let list = field.options();
    let empty = kees.get(&list).await.expect(200).text;
    assert!(empty.contains("+Nieuw token aanmaken") && empty.contains("Er zijn nog geen tokens"), "{empty}");

    let new = format!("{list}/tokens/new");
    let form = kees.get(&new).await.expect(200).text;
    assert!(form.contains("value=\"peilwerk-01\"") && form.contains("Create deliveries"), "{form}");
    assert!(form.contains("Je organisatie heeft nog geen machtiging. Het token werkt pas als een projectbeheerder die geeft."), "{form}");
    assert!(form.contains("value=\"365\" id=\"days-4\" checked") && !form.contains("id=\"permission-1\" checked"), "{form}");
    let fields = [("description", "veldploegen"), ("username", "veld-01"), ("permission", CREATE), ("days", "365")];
    let made = send(&mut kees, &new, &form, &fields).await.expect(200);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert!(made.text.contains("Je token ‘veld-01’ is klaar") && made.text.contains("curl -K -"), "{}", made.text);
    let (username, code) = (shown(&made.text, 1), shown(&made.text, 2));
    assert_eq!((username.as_str(), made.text.matches(&code).count()), ("veld-01", 1), "the code stands where it is copied only");
    let basic = testkit::basic(&username, &code);
    assert_eq!(field.says(&basic).await, "no_delegation");

    let again = send(&mut kees, &new, &form, &[("description", "another"), fields[1], fields[2], fields[3]]).await.expect(409);
    assert!(again.text.contains("al gemaakt en getoond") && !again.text.contains(&code), "{}", again.text);
    let page = kees.get(&list).await.expect(200).text;
    assert!(page.contains("<code>veld-01</code>") && page.contains("veldploegen") && page.contains("nog 365 dagen"), "{page}");
    assert!(!page.contains(&code) && page.matches("/delete\"").count() == 1, "{page}");

    let (_, rest) = page.split_once(&format!("{list}/tokens/")).and_then(|(_, rest)| rest.split_once("/tokens/")).expect("two links");
    let delete = format!("{list}/tokens/{}/delete", &rest[..36]);
    let question = kees.get(&delete).await.expect(200).text;
    assert!(question.contains("Token ‘veld-01’ verwijderen?") && question.contains("nooit gebruikt"), "{question}");
    assert_eq!(field.says(&basic).await, "no_delegation", "looking changes nothing");
    assert_eq!(fill(&mut kees, &delete, &[]).await.expect(303).header("location"), Some(list.as_str()));
    assert_eq!(field.says(&basic).await, "revoked");
    assert!(kees.get(&list).await.text.contains("Token ‘veld-01’ werkt niet meer."));
    kees.get(&delete).await.expect(404);
}

#[tokio::test]
async fn what_is_wrong_is_told_beside_the_field() {
    let field = Field::new().await;
    let mut kees = field.visitor("kees").await;
    let new = format!("{}/tokens/new", field.options());
    let wrong = [("description", "ab"), ("username", "Veld 01"), ("days", "later"), ("until", "2020-01-01")];
    let page = fill(&mut kees, &new, &wrong).await.expect(422).text;
    for part in ["href=\"#description\"", "href=\"#username\"", "href=\"#permission\"", "href=\"#until\"", "value=\"Veld 01\""] {
        assert!(page.contains(part), "{part} in {page}");
    }
    field.token(&mut kees, "veld-01").await;
    let taken = [("description", "another"), ("username", "veld-01"), ("permission", CREATE), ("days", "7")];
    let page = fill(&mut kees, &new, &taken).await.expect(422).text;
    assert!(page.contains("Deze gebruikersnaam is al in gebruik"), "{page}");
    let other = [taken[0], ("username", "veld-02"), ("permission", "poort:people:write"), taken[3]];
    assert!(fill(&mut kees, &new, &other).await.expect(422).text.contains("href=\"#permission\""), "another API's permission");
    // A form of an API that is gone must not become one of another.
    let (csrf, nonce) = {
        let page = kees.get(&new).await.text;
        (hidden(&page, "csrf").expect("a token"), hidden(&page, "nonce").expect("a number"))
    };
    let fields = [("csrf", csrf.as_str()), ("nonce", &nonce), ("api", "gone"), taken[0], ("username", "veld-03"), taken[2], taken[3]];
    assert!(kees.post(&new, &fields).await.expect(422).text.contains("Deze API is er niet meer"));
}

#[tokio::test]
async fn making_ending_and_closing_ask_for_a_fresh_signing_in() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let delegation = field.give(&mut sanne, "Peilwerk").await;
    let close = format!("{}/close", field.page_of(&delegation));
    let seen = sanne.get(&close).await.expect(200).text;
    field.app.clock.advance(Duration::from_secs(16 * 60));
    let list = field.options();
    let page = kees.get(&list).await.expect(200).text;
    let (_, rest) = page.split_once(&format!("{list}/tokens/")).and_then(|(_, rest)| rest.split_once("/tokens/")).expect("two links");
    for path in [format!("{list}/tokens/new"), format!("{list}/tokens/{}/delete", &rest[..36])] {
        let asked = kees.get(&path).await.expect(303);
        assert!(asked.header("location").is_some_and(|to| to.starts_with("/nl/confirm-identity?return=")), "{path}");
    }
    send(&mut sanne, &close, &seen, &[("when", "now")]).await.expect(303);
    assert_eq!(field.says(&basic).await, "allowed", "nothing was closed");
}
