//! The program `poort` itself against a server.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use testkit::App;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What a run of the program gave.
#[derive(Debug)]
struct Ended {
    code: i32,
    output: String,
    errors: String,
}

/// Runs `poort` with this token and nothing else in its environment.
async fn poort(app: &App, token: &str, input: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poort"));
    command.args(arguments).env_clear().env("POORT_URL", &app.url).env("POORT_TOKEN", token);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input.as_bytes()).await.expect("to write");
    drop(stdin);
    let ended = child.wait_with_output().await.expect("its end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ended { code: ended.status.code().expect("a code"), output: text(ended.stdout), errors: text(ended.stderr) }
}

impl Ended {
    fn went_well(&self) {
        assert_eq!(self.code, 0, "{self:?}");
    }

    /// The JSON on standard output of a run that went well.
    fn json(&self) -> Value {
        self.went_well();
        serde_json::from_str(&self.output).expect("JSON")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_and_dies_by_command() {
    let app = App::start().await;
    let operator = app.operator.clone();
    let run = async |arguments: &[&str]| poort(&app, &operator, "", arguments).await;
    run(&["organisation", "create", "Acme"]).await.went_well();
    let person = run(&["person", "create", "Ann", "ann@example.org", "--organisation", "acme", "--role", "member", "--json"]).await.json();
    let person = person["id"].as_str().expect("an id").to_owned();

    let made = run(&["token", "create", "laptop", "--person", "ann@example.org"]).await;
    assert_eq!(made.code, 0, "{made:?}");
    let secret = made.output.trim_end();
    assert!(made.output == format!("{secret}\n") && !made.errors.contains(secret), "{made:?}");
    assert_eq!(poort(&app, "", secret, &["verify", "-"]).await.code, 0);
    assert_eq!(poort(&app, secret, "", &["whoami", "--json"]).await.json()["person"], json!(person));

    let listed = run(&["token", "list", "--person", &person, "--json"]).await.json();
    let id = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    assert!(listed.to_string().contains("laptop") && !listed.to_string().contains(secret));
    let taken = run(&["token", "create", "Laptop", "--person", &person]).await;
    assert!(taken.code == 7 && taken.errors.contains("Request: "), "{taken:?}");

    let rotated = run(&["token", "rotate", &id]).await;
    assert_eq!((rotated.code, poort(&app, secret, "", &["whoami"]).await.code), (0, 4));
    let secret = rotated.output.trim_end();
    assert_eq!(poort(&app, secret, "", &["organisation", "list"]).await.code, 6);
    assert_eq!(run(&["token", "revoke", &id]).await.code, 2);
    assert_eq!(poort(&app, secret, "", &["whoami"]).await.code, 0);
    assert_eq!(run(&["token", "revoke", &id, "--yes"]).await.code, 0);
    assert_eq!(poort(&app, secret, "", &["whoami"]).await.code, 4);
    assert_eq!(run(&["token", "show", &id]).await.code, 5);

    let events = run(&["audit", "list", "--about", &id]).await.output;
    let names: Vec<&str> = events.lines().filter_map(|line| line.split('\t').nth(3)).collect();
    assert_eq!(names, ["token_created", "token_rotated", "tokens_revoked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_applied_only_to_the_revision_that_was_seen() {
    let app = App::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.json").display().to_string();
    let definition = json!({"name": "shop", "title": "Shop", "presentations": ["bare"], "permissions": [{"name": "shop:things:read", "title": "See things"}]});
    std::fs::write(&file, definition.to_string()).expect("a file");
    let run = async |arguments: &[&str]| poort(&app, &app.operator, "", arguments).await;
    run(&["api", "apply", &file]).await.went_well();
    let shown = run(&["api", "show", "shop"]).await;
    std::fs::write(&file, &shown.output).expect("a file");
    run(&["api", "apply", &file]).await.went_well();
    assert_eq!(run(&["api", "apply", &file]).await.code, 7);

    let credential = folder.path().join("credential").display().to_string();
    run(&["api", "credential", "create", "shop", "the shop itself", "--output", &credential]).await.went_well();
    let secret = std::fs::read_to_string(&credential).expect("the file");
    let asked = app.call("POST", "/api/v1/verify").token(secret.trim());
    let answer = asked.json(&json!({"authorization": "nothing", "permission": "shop:things:read"})).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    run(&["api", "remove", "shop", "--yes"]).await.went_well();
    assert_eq!(run(&["api", "show", "shop"]).await.code, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_tells_what_it_did_not_take() {
    let app = App::start().await;
    let organisation = app.organisation("Acme").await;
    app.person("ann", &organisation, &["member"]).await;
    let digest = |number: u32| format!("{number:064x}");
    let lines = [
        json!({"email": "ann@example.org", "description": "first one", "digest": digest(1)}).to_string(),
        json!({"email": "nobody@example.org", "description": "second one", "digest": digest(2)}).to_string(),
        "nonsense".to_owned(),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.ndjson").display().to_string();
    std::fs::write(&file, lines.join("\n")).expect("a file");
    for counts in ["1 imported, 0 there already, 2 rejected", "0 imported, 1 there already, 2 rejected"] {
        let ended = poort(&app, &app.operator, "", &["token", "import", &file]).await;
        assert!(ended.code == 8 && ended.errors.contains(counts), "{ended:?}");
        let rejects = std::fs::read_to_string(format!("{file}.rejects.ndjson")).expect("the rejects");
        let lines: Vec<Value> = rejects.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["line"].clone()).collect();
        assert_eq!(lines, [json!(3), json!(2)]);
    }
    assert!(!Path::new(&format!("{file}.resume.json")).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exposed_token_is_shown_as_such() {
    let app = App::start().await;
    let organisation = app.organisation("Acme").await;
    let person = app.person("ann", &organisation, &["member"]).await;
    let (id, secret) = app.token(&person, None).await;
    let plain = app.call("GET", "/api/v1/whoami").token(&secret).header("x-forwarded-proto", "http");
    plain.header("x-forwarded-for", "203.0.113.5").send().await.expect(403);
    app.node.authority.flush_usage(usize::MAX).await.expect("written");
    let shown = poort(&app, &secret, "", &["token", "show", &id, "--json"]).await.json();
    let at = shown["exposed_at"].as_str().expect("a time");
    let listed = poort(&app, &secret, "", &["token", "list"]).await;
    assert!(listed.code == 0 && listed.output.trim_end().ends_with(at), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_did_is_told_by_day() {
    let app = App::start().await;
    let organisation = app.organisation("Acme").await;
    let person = app.person("ann", &organisation, &["owner"]).await;
    let (_, secret) = app.token(&person, None).await;
    app.call("GET", "/api/v1/whoami").token(&secret).send().await.expect(200);
    app.node.authority.flush_usage(usize::MAX).await.expect("written");
    for arguments in [&["usage"][..], &["usage", "--organisation", "Acme"], &["usage", "--person", &person]] {
        let told = poort(&app, &secret, "", arguments).await;
        let cells: Vec<&str> = told.output.lines().flat_map(|line| line.split('\t')).collect();
        assert!(told.code == 0 && cells.contains(&"accepted"), "{arguments:?}: {told:?}");
    }
    let told = poort(&app, &secret, "", &["usage", "--json"]).await.json();
    assert_eq!(told["credentials"][0]["kind"], "personal_token");
    assert_eq!(poort(&app, &secret, "", &["usage", "--from", "yesterday"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_program_got_no_tokens_is_told_in_words() {
    let app = App::start().await;
    let acme = app.organisation("Acme").await;
    let key = app.organisation_key(&acme, json!({"grant_types": ["client_credentials"]})).await;
    let call = app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded");
    let call = call.header("authorization", &testkit::basic(&key.member("/client_id"), "wrong"));
    let refused = call.bytes(b"grant_type=client_credentials".to_vec()).send().await.expect(401);
    let id = refused.member("/request_id");
    let told = poort(&app, &app.operator, "", &["why", &id, "--json"]).await.json();
    assert_eq!((&told["reason"], &told["flow"]), (&json!("private_key_wrong"), &json!("client_credentials")), "{told}");
    assert!(told["story"].is_string() && told["answer"].as_str().is_some_and(|answer| answer.starts_with("invalid_client")), "{told}");
}
