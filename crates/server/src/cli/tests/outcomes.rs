//! How commands end: exit codes, errors, repeats, questions, and where a token may go.

use serde_json::json;

use super::fake::{Canned, Fake, Process};

const ID: &str = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";

fn problem(status: u16, detail: &str) -> Canned {
    let body = json!({"type": "/problems/x", "title": "X", "status": status, "detail": detail, "request_id": "r-1"});
    (status, "content-type: application/problem+json\r\n", body.to_string())
}

#[test]
fn statuses_end_with_their_codes() {
    for (status, code) in [(400, 6), (401, 4), (403, 6), (404, 5), (409, 7), (412, 7), (422, 6), (500, 1)] {
        let fake = Fake::new([problem(status, "something is so")]);
        let ended = Process::new(&fake.url).run(&["token", "show", ID]);
        assert_eq!((ended.code, ended.output.as_str()), (code, ""), "{status}");
        let lines: Vec<&str> = ended.errors.lines().collect();
        assert_eq!((lines[0], lines[lines.len() - 1]), ("Error: something is so", "Request: r-1"));
        fake.finish();
    }
}

#[test]
fn a_problem_without_details_is_told_in_the_readers_language() {
    let bodies = [json!({"title": "There is none.", "status": 404}), json!({"title": "There is none.", "detail": "There is none."})];
    for (language, first) in [("en", "Error: There is none."), ("nl", "Fout: niet gevonden")] {
        for body in &bodies {
            let fake = Fake::new([(404, "", body.to_string())]);
            let ended = Process::new(&fake.url).run(&["token", "show", ID, "--lang", language]);
            assert_eq!((ended.code, ended.errors.lines().next()), (5, Some(first)), "{body}");
        }
    }
}

#[test]
fn every_problem_of_a_field_is_told_and_cannot_steer_the_terminal() {
    let body = json!({"status": 422, "title": "T", "errors": [{"field": "name", "problem": "is \u{1b}[2J bad"}, {"field": "email", "problem": "is none"}]});
    let fake = Fake::new([(422, "request-id: r-2\r\n", body.to_string())]);
    let ended = Process::new(&fake.url).at_terminal().with("NO_COLOR", "1").run(&["organisation", "create", "x"]);
    assert!(
        ended.errors.contains("  name: is \\u{1b}[2J bad\n  email: is none\n") && ended.errors.ends_with("Request: r-2\n"),
        "{}",
        ended.errors
    );
    assert!(!ended.errors.contains('\u{1b}'));
}

#[test]
fn a_post_is_repeated_under_one_key_and_a_delete_is_not() {
    let later = || (503, "retry-after: 0\r\n", String::new());
    let made = json!({"id": ID, "name": "x", "created_at": "2026-11-21T12:00:00Z", "receipt": {"sequence": 7, "nodes": 1, "confirmed": 1, "waited_out": 0, "milliseconds": 2}});
    let fake = Fake::new([later(), later(), (201, "", made.to_string())]);
    let ended = Process::new(&fake.url).run(&["organisation", "create", "x"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.errors.contains("Change 7: known to 1 of 1 nodes after 2 ms."), "{}", ended.errors);
    let asked = fake.finish();
    let keys: Vec<_> = asked.iter().map(|asked| asked.header("idempotency-key").expect("a key").to_owned()).collect();
    assert!(keys[0].len() >= 32 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(asked[0].header("authorization"), Some("Bearer prto_secret"));

    let fake = Fake::new([later()]);
    assert_eq!(Process::new(&fake.url).run(&["token", "revoke", ID, "--yes"]).code, 75);
    assert_eq!(fake.finish().len(), 1);
}

#[test]
fn a_server_that_cannot_be_reached_is_for_later() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let ended = Process::new(&url).run(&["whoami"]);
    assert_eq!(ended.code, 75);
    assert!(ended.errors.contains("cannot be reached") && !ended.errors.contains("prto_secret"), "{}", ended.errors);
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Fake::new([]);
    let fake = Fake::new([(302, "location: http://127.0.0.1:9/\r\n", String::new())]);
    assert_eq!(Process::new(&fake.url).run(&["whoami"]).code, 1);
    assert_eq!(fake.finish().len(), 1);
    assert!(other.finish().is_empty());
}

#[test]
fn questions_need_an_answer() {
    let nobody = "http://127.0.0.1:9";
    for arguments in [
        &["token", "revoke", ID][..],
        &["person", "erase", ID],
        &["membership", "remove", ID],
        &["organisation", "suspend", ID],
        &["token", "revoke-all", ID],
        &["api", "remove", "x"],
    ] {
        let ended = Process::new(nobody).run(arguments);
        assert!(ended.code == 2 && ended.errors.contains("--yes"), "{arguments:?}: {ended:?}");
    }
    let shown = || (200, "", json!({"id": ID, "description": "laptop"}).to_string());
    let fake = Fake::new([shown()]);
    let ended = Process::new(&fake.url).at_terminal().input("n\n").run(&["token", "revoke", ID]);
    assert!(ended.code == 2 && ended.errors.contains("\"laptop\""), "{ended:?}");
    assert_eq!(fake.finish().len(), 1);
    let fake = Fake::new([shown(), (200, "", json!({"receipt": {"sequence": 1}}).to_string())]);
    assert_eq!(Process::new(&fake.url).at_terminal().input("ja\n").run(&["token", "revoke", ID]).code, 0);
    assert_eq!(fake.finish()[1].line, format!("DELETE /api/v1/tokens/{ID} HTTP/1.1"));
}

#[test]
fn a_token_does_not_go_out_in_the_clear() {
    let ended = Process::new("http://poort.example").run(&["whoami"]);
    assert!(ended.code == 2 && ended.errors.contains("--insecure"), "{ended:?}");
    let ended = Process::new("http://127.0.0.1:9").with("POORT_TOKEN", "").run(&["whoami"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    let ended = Process::new("http://127.0.0.1:9").with("POORT_TOKEN", "two words").run(&["whoami"]);
    assert!(ended.code == 4 && !ended.errors.contains("two words"), "{ended:?}");
}

#[test]
fn a_token_file_goes_before_the_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "prto_file\n").expect("a file");
    let fake = Fake::new([(200, "", "{}".to_owned())]);
    let ended = Process::new(&fake.url).with("POORT_TOKEN_FILE", &file.display().to_string()).run(&["whoami"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(fake.finish()[0].header("authorization"), Some("Bearer prto_file"));
}
