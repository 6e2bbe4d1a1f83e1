//! Announcements on the command line.

use serde_json::json;

use super::fake::{Fake, Process};

const ID: &str = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";

#[test]
fn texts_are_given_or_read_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bericht.txt");
    std::fs::write(&file, "Gebruik versie 2.\n\nHet staat in de gids.\n").expect("a file");
    let made = json!({"id": ID, "api": "shop", "title": {"nl": "Versie 1 stopt", "en": "Version 1 stops"}, "routes": []});
    let fake = Fake::new([(201, "", made.to_string())]);
    let text = format!("@{}", file.display());
    let arguments = [
        "announcement",
        "create",
        "shop",
        "--title-nl",
        "Versie 1 stopt",
        "--title-en",
        "Version 1 stops",
        "--text-nl",
        &text,
        "--text-en",
        "Use version 2.",
        "--route",
        "get /things/{id}",
        "--route",
        "PUT /things/{id}",
        "--sunset-at",
        "2028-01-01T00:00:00Z",
        "--link",
        "https://docs.example/v2",
    ];
    let ended = Process::new(&fake.url).run(&arguments);
    assert!(ended.code == 0 && ended.output.contains("Version 1 stops"), "{ended:?}");
    let asked = fake.finish();
    assert_eq!(asked[0].line, "POST /api/v1/announcements HTTP/1.1");
    let expected = json!({
        "api": "shop",
        "title": {"nl": "Versie 1 stopt", "en": "Version 1 stops"},
        "text": {"nl": "Gebruik versie 2.\n\nHet staat in de gids.\n", "en": "Use version 2."},
        "routes": [{"method": "GET", "path": "/things/{id}"}, {"method": "PUT", "path": "/things/{id}"}],
        "deprecated_at": null, "sunset_at": "2028-01-01T00:00:00Z", "link": "https://docs.example/v2",
    });
    assert_eq!(asked[0].body, expected);
}

#[test]
fn what_cannot_be_read_is_told_before_anything_is_asked() {
    let given = |text: &'static str, route: &'static str| {
        ["announcement", "create", "shop", "--title-nl", "a", "--title-en", "a", "--text-en", "a", "--text-nl", text, "--route", route]
    };
    let nobody = "http://127.0.0.1:1";
    let missing = Process::new(nobody).run(&given("@/nowhere/at/all", "GET /"));
    assert!(missing.code == 1 && missing.errors.contains("/nowhere/at/all"), "{missing:?}");
    let route = Process::new(nobody).run(&given("a", "/things"));
    assert!(route.code == 2 && route.errors.contains("expected a method and a path"), "{route:?}");
}

#[test]
fn they_are_listed_in_the_readers_language_and_withdrawn() {
    let items = json!({"items": [{"id": ID, "api": "shop", "title": {"nl": "Versie 1 stopt", "en": "Version 1 stops"},
        "routes": [{"method": "GET", "path": "/"}], "sunset_at": "2028-01-01T00:00:00Z"}], "next_cursor": null});
    let fake = Fake::new([(200, "", items.to_string()), (200, "", "{}".to_owned())]);
    let listed = Process::new(&fake.url).run(&["announcement", "list", "--api", "shop", "--lang", "nl"]);
    assert!(listed.code == 0 && listed.output.contains("Versie 1 stopt"), "{listed:?}");
    let withdrawn = Process::new(&fake.url).run(&["announcement", "withdraw", ID, "--yes"]);
    assert_eq!(withdrawn.code, 0, "{withdrawn:?}");
    let lines: Vec<String> = fake.finish().into_iter().map(|asked| asked.line).collect();
    assert!(lines[0].starts_with("GET /api/v1/announcements?") && lines[0].contains("api=shop"), "{lines:?}");
    assert_eq!(lines[1], format!("DELETE /api/v1/announcements/{ID} HTTP/1.1"));
}
