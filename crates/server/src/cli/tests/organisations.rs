//! What concerns an organisation's own things: its tokens, username and code together, and its workspaces by their numbers.

use serde_json::json;

use super::fake::{Canned, Fake, Process};

const ID: &str = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";
const CODE: &str = "prtd_M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq11T4V4";

fn issued() -> Canned {
    (201, "", json!({"id": ID, "username": "peilwerk-01", "code": CODE}).to_string())
}

#[test]
fn username_and_code_are_one_line_for_other_programs() {
    let whoami = (200, "", json!({"organisation": ID}).to_string());
    let fake = Fake::new([whoami, issued()]);
    let ended = Process::new(&fake.url).run(&["organisation-token", "create", "field teams", "--api", "subsurface", "--days", "1"]);
    assert_eq!(ended.output, format!("peilwerk-01:{CODE}\n"));
    assert!(ended.code == 0 && !ended.errors.contains(CODE), "{ended:?}");
    let asked = fake.finish();
    assert_eq!(asked[1].line, format!("POST /api/v1/organisations/{ID}/organisation-tokens HTTP/1.1"));
    assert_eq!(asked[1].body, json!({"description": "field teams", "api": "subsurface", "expires_at": "2026-11-22T12:00:00Z"}));
}

#[test]
fn a_file_keeps_both_and_nothing_secret_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    let path = file.display().to_string();
    let fake = Fake::new([issued()]);
    let ended = Process::new(&fake.url).run(&["organisation-token", "rotate", ID, "--overlap", "7d", "--output", &path, "--json"]);
    assert!(ended.code == 0 && !format!("{ended:?}").contains(CODE), "{ended:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), format!("peilwerk-01:{CODE}\n"));
    assert_eq!(fake.finish()[0].body, json!({"overlap_seconds": 604_800}));
}

#[test]
fn an_operator_says_which_organisation() {
    let operator = (200, "", json!({"kind": "operator_token", "organisation": null}).to_string());
    let fake = Fake::new([operator]);
    let ended = Process::new(&fake.url).run(&["workspace", "create", "1255", "Noord"]);
    assert!(ended.code == 2 && ended.errors.contains("--organisation"), "{ended:?}");
}

#[test]
fn a_number_stands_for_a_workspace() {
    let found = (200, "", json!({"items": [{"id": ID, "number": "1255"}], "next_cursor": null}).to_string());
    let fake = Fake::new([found, (200, "", "{}".to_owned()), (200, "", json!({"items": [], "next_cursor": null}).to_string())]);
    assert_eq!(Process::new(&fake.url).run(&["workspace", "close", "1255", "--yes"]).code, 0);
    assert_eq!(Process::new(&fake.url).run(&["workspace", "show", "4040"]).code, 5);
    let asked = fake.finish();
    assert_eq!(asked[0].line, "GET /api/v1/workspaces?number=1255 HTTP/1.1");
    assert_eq!(asked[1].line, format!("POST /api/v1/workspaces/{ID}/closures HTTP/1.1"));
}

#[test]
fn organisation_tokens_are_imported_line_by_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.ndjson");
    let digest = "264c8c381bf16c982a4e59b0dd4c6f7808c51a05f64c35db42cc78a2a72875bb";
    let line = json!({"organisation": ID, "api": "subsurface", "username": "a|b", "description": "field teams", "digest": digest});
    std::fs::write(&file, line.to_string()).expect("a file");
    let path = file.display().to_string();
    let fake = Fake::new([(200, "", json!({"imported": 1, "unchanged": 0, "rejected": []}).to_string())]);
    let ended = Process::new(&fake.url).run(&["organisation-token", "import", &path]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let asked = fake.finish();
    assert_eq!(
        (asked[0].line.as_str(), &asked[0].body["tokens"][0]["username"]),
        ("POST /api/v1/organisation-token-imports HTTP/1.1", &json!("a|b"))
    );
}
