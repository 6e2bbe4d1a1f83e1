//! Everybody's own page: details, and hostile text in every field.

use testkit::App;

use super::{signed_in, with_ann};

const HOSTILE: [&str; 4] = ["<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>", "{{7*7}}${7*7}", "'; DROP TABLE person; --"];

#[tokio::test]
async fn details_are_kept_and_the_pages_follow() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let mut ann = signed_in(&app).await;
        let saved = ann.fill("/en/profile", &[("name", "Ann Jansen"), ("language", "nl"), ("theme", "dark")]).await.expect(303);
        assert_eq!(saved.header("location"), Some("/nl/profile"));
        let page = ann.get("/nl/profile").await.expect(200).text;
        assert!(page.contains("Je gegevens zijn opgeslagen.") && page.contains("value=\"Ann Jansen\""), "{page}");
        assert!(page.contains("<html lang=\"nl\" data-theme=\"dark\">"), "{page}");
        assert_eq!(ann.get("/profile").await.expect(302).header("location"), Some("/nl/profile"));
        ann.fill("/nl/profile", &[("name", "Ann Jansen"), ("language", "en"), ("theme", "system")]).await.expect(303);
        assert!(ann.get("/en/profile").await.expect(200).text.contains("<html lang=\"en\">"));
        let page = ann.fill("/en/profile", &[("name", " "), ("language", "en"), ("theme", "dark")]).await.expect(422).text;
        assert!(page.contains("Fill in your name"), "{page}");
        assert!(ann.get("/en/profile").await.text.contains("value=\"Ann Jansen\""));
    }
}

#[tokio::test]
async fn what_people_write_is_shown_as_text() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    for text in HOSTILE {
        ann.fill("/en/profile", &[("name", text), ("language", "en"), ("theme", text)]).await.expect(303);
        let made = ann.fill("/en/profile/tokens/new", &[("description", text), ("may", "all"), ("days", "7")]).await.expect(200).text;
        let refused = ann.fill("/en/profile/tokens/new", &[("description", text), ("may", text), ("days", text)]).await.expect(422).text;
        let pages = [
            made,
            refused,
            ann.get("/en/profile").await.expect(200).text,
            ann.get("/en/profile/tokens").await.expect(200).text,
            ann.get(&format!("/en/profile/tokens/new?{}", testkit::encoded(&[("description", text), ("may", text)])))
                .await
                .expect(200)
                .text,
        ];
        for page in pages {
            assert!(!page.contains("<img") && !page.contains("<script>") && !page.contains("$49"), "{page}");
            assert!(page.contains("alert(1)") || page.contains("7*7") || page.contains("DROP TABLE"), "it is there: {page}");
        }
    }
    // Control characters and those that turn the direction of writing are refused; a long or a strange name is a name.
    for bad in ["a\0b", "a\u{202e}b", "a\nb", &"x".repeat(201)] {
        ann.fill("/en/profile", &[("name", bad)]).await.expect(422);
        ann.fill("/en/profile/tokens/new", &[("description", bad), ("may", "all"), ("days", "7")]).await.expect(422);
    }
    ann.fill("/en/profile/tokens/new", &[("description", "🦀 crab"), ("may", "all"), ("days", "7")]).await.expect(200);
}
