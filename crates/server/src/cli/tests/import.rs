//! Imports: rejects, stops, going on.

use serde_json::{Value, json};

use super::fake::{Canned, Fake, Process};

fn line(number: u32) -> String {
    json!({"email": "student@example.org", "description": format!("laptop {number}"), "digest": format!("{number:064x}")}).to_string()
}

fn answered(imported: u64, rejected: Value) -> Canned {
    (200, "", json!({"imported": imported, "rejected": rejected}).to_string())
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(lines: &[String]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(folder.path(""), lines.join("\n")).expect("a file");
        folder
    }

    fn path(&self, suffix: &str) -> String {
        self.0.path().join(format!("tokens.ndjson{suffix}")).display().to_string()
    }

    fn rejects(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(".rejects.ndjson")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

#[test]
fn rejects_are_told_by_their_line() {
    let folder = Folder::new(&[line(1), "not JSON".to_owned(), String::new(), line(2), line(3)]);
    let fake = Fake::new([answered(2, json!([{"index": 1, "code": "digest_known", "detail": "this digest is known already"}]))]);
    let ended = Process::new(&fake.url).run(&["token", "import", &folder.path("")]);
    assert_eq!(ended.code, 8, "{ended:?}");
    assert!(
        ended.errors.contains("2 imported, 0 there already, 2 rejected") && ended.errors.contains(".rejects.ndjson"),
        "{}",
        ended.errors
    );
    let told: Vec<_> = folder.rejects().iter().map(|reject| (reject["line"].clone(), reject["code"].clone())).collect();
    assert_eq!(told, [(json!(2), json!("not_json")), (json!(4), json!("digest_known"))]);
    assert_eq!(fake.finish()[0].body["tokens"].as_array().map(Vec::len), Some(3));
    assert!(!std::path::Path::new(&folder.path(".resume.json")).exists());
}

#[test]
fn a_stopped_import_goes_on_with_the_same_key() {
    let lines: Vec<String> = (1..=2_001).map(line).collect();
    let folder = Folder::new(&lines);
    let path = folder.path("");
    // The second batch finds the server busy, more often than it is tried.
    let busy = || (503, "retry-after: 0\r\n", String::new());
    let first = answered(999, json!([{"index": 0, "code": "x", "detail": "y"}]));
    let fake = Fake::new([first, busy(), busy(), busy()]);
    let ended = Process::new(&fake.url).run(&["token", "import", &path]);
    assert!(ended.code == 8 && ended.errors.contains("--resume") && ended.errors.contains("after line 1000: 999 imported"), "{ended:?}");
    let before = fake.finish();

    assert_eq!(Process::new("http://127.0.0.1:9").run(&["token", "import", &path]).code, 2);
    let fake = Fake::new([answered(1_000, json!([])), answered(1, json!([]))]);
    let ended = Process::new(&fake.url).run(&["token", "import", &path, "--resume"]);
    assert!(ended.code == 8 && ended.errors.contains("2000 imported, 0 there already, 1 rejected"), "{ended:?}");
    let after = fake.finish();
    assert_eq!(after[0].header("idempotency-key"), before[1].header("idempotency-key"));
    assert_ne!(after[1].header("idempotency-key"), after[0].header("idempotency-key"));
    assert_eq!((after[0].body.clone(), after[1].body["tokens"].as_array().map(Vec::len)), (before[1].body.clone(), Some(1)));
    assert_eq!(folder.rejects().len(), 1);
    assert_eq!(Process::new("http://127.0.0.1:9").run(&["token", "import", &path, "--resume"]).code, 2);
}

#[test]
fn another_file_is_not_gone_on_with() {
    let lines: Vec<String> = (1..=1_001).map(line).collect();
    let folder = Folder::new(&lines);
    let path = folder.path("");
    let fake = Fake::new([answered(1_000, json!([])), (403, "", String::new())]);
    assert_eq!(Process::new(&fake.url).run(&["token", "import", &path]).code, 8);
    fake.finish();
    std::fs::write(&path, lines[1..].join("\n")).expect("a file");
    let ended = Process::new("http://127.0.0.1:9").run(&["token", "import", &path, "--resume"]);
    assert!(ended.code == 2 && ended.errors.contains("is not the file"), "{ended:?}");
}

#[test]
fn a_first_refusal_leaves_nothing_behind() {
    let folder = Folder::new(&[line(1)]);
    let fake = Fake::new([(403, "", String::new())]);
    assert_eq!(Process::new(&fake.url).run(&["token", "import", &folder.path("")]).code, 6);
    fake.finish();
    assert_eq!(std::fs::read_dir(folder.0.path()).expect("the folder").count(), 1);
}

#[test]
fn progress_is_told_by_tenths() {
    let lines: Vec<String> = (1..=2_000).map(line).collect();
    let folder = Folder::new(&lines);
    let fake = Fake::new([answered(1_000, json!([])), answered(1_000, json!([]))]);
    let ended = Process::new(&fake.url).run(&["token", "import", &folder.path("")]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.errors.contains("Importing 50 % (1000/2000)\n") && ended.errors.contains("Importing 100 % (2000/2000)\n"),
        "{}",
        ended.errors
    );
    assert_eq!(fake.finish().len(), 2);
}

#[test]
fn a_dry_run_asks_nobody() {
    let lines = [line(1), line(1), "x".to_owned()].join("\n");
    let ended = Process::new("http://127.0.0.1:9").input(&lines).run(&["token", "import", "-", "--dry-run"]);
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(
        ended.errors.contains("1 lines are fit to import, 2 are not") && ended.errors.contains("2: the digest stands twice"),
        "{}",
        ended.errors
    );
}
