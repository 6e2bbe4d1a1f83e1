//! What every page has: its address in two languages, its headers, its weight.

use testkit::{App, Visitor};

use super::{signed_in, with_ann};

const PAGES: [&str; 6] = ["/profile", "/profile/sign-in", "/profile/tokens", "/profile/tokens/new", "/profile/apps", "/accessibility"];
/// Of bytes, of each page.
const MAX_HTML: usize = 15_000;

#[tokio::test]
async fn pages_have_an_address_in_each_language() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let mut stranger = Visitor::new(&app);
    for page in PAGES {
        for (language, other) in [("en", "nl"), ("nl", "en")] {
            let path = format!("/{language}{page}");
            let answer = ann.get(&path).await.expect(200);
            assert!(answer.text.contains(&format!("<html lang=\"{language}\">")), "{}", answer.text);
            assert!(answer.text.contains(&format!("href=\"/{other}{page}\" hreflang=\"{other}\"")), "{}", answer.text);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            let policy = answer.header("content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert!(answer.text.len() <= MAX_HTML, "{path} has {} bytes", answer.text.len());
            assert!(!answer.text.contains(" style=") && !answer.text.contains("<style") && !answer.text.contains(" onclick"));
            // The choice is kept: without a language, the last one.
            assert_eq!(ann.get(&format!("{page}?a=1")).await.expect(302).header("location"), Some(format!("{path}?a=1").as_str()));
            assert_eq!(ann.get(&format!("{path}/")).await.expect(308).header("location"), Some(path.as_str()));
        }
        let asked = stranger.get(&format!("/nl{page}?x=1")).await;
        if page != "/accessibility" {
            let next = format!("/nl{page}?x=1").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
            assert_eq!(asked.expect(303).header("location"), Some(format!("/sign-in?next={next}").as_str()));
        }
    }
}

#[tokio::test]
async fn the_language_is_that_of_the_browser_and_dutch_otherwise() {
    let app = App::start().await;
    for (accepted, expected) in [("en-GB,nl;q=0.5", "/en/profile"), ("nl-BE", "/nl/profile"), ("de,fr", "/nl/profile"), ("", "/nl/profile")]
    {
        let mut visitor = Visitor::new(&app);
        visitor.headers = vec![("accept-language".to_owned(), accepted.to_owned())];
        assert_eq!(visitor.get("/profile").await.expect(302).header("location"), Some(expected), "{accepted}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_page_and_leads_nowhere() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    for path in ["/en/x", "/nl/profile/x", "/en/profile/tokens/x/y", "/en//evil.example/", "/en/%2F%2Fevil.example/"] {
        let answer = ann.get(path).await;
        assert!(matches!(answer.status, 308 | 400 | 404), "{path}: {}", answer.status);
        assert!(answer.header("location").is_none_or(|to| to.starts_with("/en/")), "a redirect stays below the language");
    }
    assert!(ann.get("/nl/x").await.expect(404).text.contains("Deze pagina bestaat niet"));
    let organisation = app.organisation("Umbrella").await;
    ann.get(&format!("/en/o/{organisation}")).await.expect(404);
}

#[tokio::test]
async fn what_was_said_cannot_be_put_into_a_page_by_others() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    for word in ["", "eA", "eA.x", "PGI-aGFsbG88L2I-.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        ann.cookies.insert("poort-word".to_owned(), word.to_owned());
        let page = ann.get("/en/profile").await.expect(200).text;
        assert!(page.contains("<div role=\"status\" class=\"vh\"></div>"), "{page}");
        assert!(!ann.cookies.contains_key("poort-word"), "it is taken away");
    }
}
