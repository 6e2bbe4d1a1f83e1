//! What commands print: tables, tab-separated lines, JSON, and secrets.

use serde_json::{Value, json};

use super::fake::{Canned, Fake, Process};

const ID: &str = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";
const SECRET: &str = "prtp_M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq11T4V4";

fn page(names: &[&str], next: Value) -> Canned {
    let items: Vec<Value> =
        names.iter().map(|name| json!({"id": ID, "name": name, "created_at": "2026-11-20T12:00:00Z", "suspended_at": null})).collect();
    (200, "content-type: application/json\r\n", json!({"items": items, "next_cursor": next}).to_string())
}

#[test]
fn people_get_a_table() {
    let fake = Fake::new([page(&["Zoë", "evil\u{1b}]0;x\u{7}\n"], Value::Null)]);
    let ended = Process::new(&fake.url).at_terminal().run(&["organisation", "list", "--lang", "nl"]);
    let lines: Vec<&str> = ended.output.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ended.output);
    assert!(lines[0].starts_with("ID ") && lines[0].contains("NAAM"), "{}", lines[0]);
    assert!(lines[1].starts_with(ID) && lines[1].contains("Zoë") && lines[1].ends_with("1 d geleden"), "{}", lines[1]);
    assert!(lines[2].contains("evil\\u{1b}]0;x\\u{7}\\u{a}"), "{}", lines[2]);
}

#[test]
fn programs_get_tabs_page_by_page() {
    let fake = Fake::new([page(&["a\tb"], "c1".into()), page(&["c"], Value::Null)]);
    let ended = Process::new(&fake.url).run(&["organisation", "list", "--all"]);
    assert_eq!(ended.output, format!("{ID}\ta\\u{{9}}b\tactive\t2026-11-20T12:00:00Z\n{ID}\tc\tactive\t2026-11-20T12:00:00Z\n"));
    let asked = fake.finish();
    assert_eq!(asked[0].line, "GET /api/v1/organisations?limit=200 HTTP/1.1");
    assert_eq!(asked[1].line, "GET /api/v1/organisations?limit=200&cursor=c1 HTTP/1.1");
}

#[test]
fn json_is_the_apis() {
    let fake = Fake::new([page(&["a\u{9b}"], "c1".into())]);
    let ended = Process::new(&fake.url).run(&["organisation", "list", "--limit", "1", "--json"]);
    assert!(!ended.output.contains('\u{9b}'));
    let said: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!((&said["items"][0]["name"], &said["next_cursor"]), (&json!("a\u{9b}"), &json!("c1")));
}

#[test]
fn there_is_more_is_said_aside() {
    let fake = Fake::new([page(&["a"], "c1".into())]);
    let ended = Process::new(&fake.url).run(&["organisation", "list", "--limit", "1"]);
    assert_eq!(ended.output.lines().count(), 1);
    assert!(ended.errors.contains("--cursor c1"), "{}", ended.errors);
}

fn issued() -> Canned {
    (201, "", json!({"id": ID, "description": "laptop", "secret": SECRET, "receipt": {"sequence": 3, "nodes": 1, "confirmed": 1, "milliseconds": 1}}).to_string())
}

#[test]
fn a_secret_stands_alone_on_standard_output() {
    let fake = Fake::new([issued()]);
    let ended = Process::new(&fake.url).run(&["token", "create", "laptop", "--person", ID, "--days", "2", "--permission", "a:b:c"]);
    assert_eq!(ended.output, format!("{SECRET}\n"));
    assert!(ended.code == 0 && !ended.errors.contains(SECRET), "{}", ended.errors);
    let asked = fake.finish();
    assert_eq!(asked[0].line, format!("POST /api/v1/people/{ID}/tokens HTTP/1.1"));
    assert_eq!(asked[0].body, json!({"description": "laptop", "permissions": ["a:b:c"], "expires_at": "2026-11-23T12:00:00Z"}));
}

#[test]
fn a_reader_that_went_away_matters_for_a_secret_only() {
    let fake = Fake::new([page(&["a"], Value::Null), issued(), issued()]);
    let ended = Process::new(&fake.url).unread().run(&["organisation", "list"]);
    assert_eq!((ended.code, ended.errors.as_str()), (0, ""));
    for arguments in [&["token", "rotate", ID][..], &["token", "rotate", ID, "--json"]] {
        let ended = Process::new(&fake.url).unread().run(arguments);
        assert!(ended.code == 1 && ended.errors.contains(&format!("revoke {ID}")) && !ended.errors.contains(SECRET), "{ended:?}");
    }
}

#[test]
fn a_file_keeps_a_secret_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    let path = file.display().to_string();
    let fake = Fake::new([issued(), issued()]);
    let ended = Process::new(&fake.url).run(&["token", "create", "laptop", "--person", ID, "--output", &path, "--json"]);
    assert!(ended.code == 0 && !format!("{ended:?}").contains(SECRET), "{ended:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), format!("{SECRET}\n"));
    assert_eq!(file.metadata().expect("the file").permissions().mode() & 0o777, 0o600);
    // Refused before anything is made.
    assert_eq!(Process::new(&fake.url).run(&["token", "rotate", ID, "--output", &path]).code, 2);
    assert_eq!(Process::new(&fake.url).run(&["token", "rotate", ID, "--output", &path, "--overwrite"]).code, 0);
    assert_eq!(fake.finish().len(), 2);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn nothing_is_made_where_it_cannot_be_kept() {
    let ended = Process::new("http://127.0.0.1:9").run(&["operator", "create", "ops", "--output", "/nowhere/at/all"]);
    assert!(ended.code == 1 && ended.errors.contains("/nowhere/at/all"), "{ended:?}");
}

#[test]
fn a_definition_is_made_or_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("api.json");
    let path = file.display().to_string();
    std::fs::write(&file, json!({"name": "learning", "title": "L", "revision": 4}).to_string()).expect("a file");
    let known = || (200, "etag: \"5\"\r\n", json!({"name": "learning"}).to_string());
    let fake = Fake::new([known(), known()]);
    assert_eq!(Process::new(&fake.url).run(&["api", "apply", &path]).code, 0);
    let asked = fake.finish();
    assert_eq!((asked[1].line.as_str(), asked[1].header("if-match")), ("PUT /api/v1/apis/learning HTTP/1.1", Some("\"4\"")));
    assert_eq!(asked[1].body, json!({"name": "learning", "title": "L"}));

    std::fs::write(&file, json!({"name": "learning", "title": "L"}).to_string()).expect("a file");
    let fake = Fake::new([(404, "", String::new()), (201, "", json!({"name": "learning"}).to_string())]);
    assert_eq!(Process::new(&fake.url).run(&["api", "apply", &path]).code, 0);
    assert_eq!(fake.finish()[1].line, "POST /api/v1/apis HTTP/1.1");
}

#[test]
fn names_stand_for_ids() {
    let found = (200, "", json!({"items": [{"id": ID, "email": "a+b@c.nl"}], "next_cursor": null}).to_string());
    let fake = Fake::new([found, page(&["Zoë"], Value::Null), (201, "", "{}".to_owned())]);
    let ended = Process::new(&fake.url).run(&["membership", "add", "a+b@c.nl", "zoë", "--role", "key_manager"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let asked = fake.finish();
    assert_eq!(asked[0].line, "GET /api/v1/people?email=a%2Bb%40c.nl HTTP/1.1");
    assert_eq!(asked[2].body, json!({"organisation": ID, "roles": ["key_manager"]}));
}
