//! Issued secrets are nowhere but in the answers that make them: not in logs, files, journal, lists or errors.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::World;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> Vec<u8> {
        self.0.lock().expect("a log").clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// The forms in which a secret could stand somewhere: its random part, half of it, Base64 of it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let random = &secret[secret.len() - 36..];
    let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret);
    vec![random.into(), random[..18].into(), random[18..].into(), encoded[..24].into()]
}

pub(crate) fn assert_absent(place: &str, bytes: &[u8], secrets: &[String]) {
    for form in secrets.iter().flat_map(|secret| forms(secret)) {
        let found = bytes.windows(form.len()).any(|window| window == form);
        assert!(!found, "{place} holds {}", String::from_utf8_lossy(&form));
    }
}

pub(crate) fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// LEAK-01.
#[tokio::test]
async fn secrets_are_nowhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    let app = &world.app;
    let rotated = app.operate("POST", &format!("/api/v1/tokens/{}/rotations", world.acme.token)).header("idempotency-key", &app.key());
    let rotated = rotated.json(&json!({"overlap_seconds": 60})).send().await.expect(200).member("/secret");
    let operator = app.make("/api/v1/operator-tokens", json!({"description": "another one"})).await.member("/secret");
    let password = "a very secret password".to_owned();
    let person = json!({"name": "p", "email": "p@example.org", "organisation": world.acme.organisation, "password": password});
    app.make("/api/v1/people", person).await;
    let secrets = [&world.acme.secret, &rotated, &operator, &world.shop, &world.umbrella.owner_token, &app.operator].map(String::clone);

    // Presented rightly and wrongly, in every place where a text can stand.
    let mut told = Vec::new();
    for secret in &secrets {
        let question = json!({"authorization": format!("Bearer {secret}"), "api_key": secret});
        told.push(app.call("POST", "/api/v1/verify").token(&world.shop).json(&question).send().await);
        told.push(app.call("GET", "/api/v1/people").token(secret).header("x-api-key", secret).send().await);
        told.push(app.call("GET", "/api/v1/people").header("authorization", secret).send().await);
        told.push(app.operate("GET", &format!("/api/v1/people/{secret}")).send().await);
        told.push(app.operate("GET", &format!("/api/v1/people?{secret}={secret}")).send().await);
        told.push(app.operate("GET", &format!("/api/v1/people?cursor={secret}")).send().await);
        told.push(app.operate("POST", "/api/v1/organisations").header("idempotency-key", &secret[..20]).json(&json!({})).send().await);
        let mut odd = json!({"description": [secret], "permissions": [secret], "expires_at": secret, "organisation": secret});
        odd[secret.as_str()] = json!(1);
        told.push(app.operate("POST", &format!("/api/v1/people/{}/tokens", world.acme.member)).json(&odd).send().await);
        told.push(app.operate("POST", "/api/v1/token-imports").json(&json!({"tokens": [odd, secret]})).send().await);
        let broken = format!("{{\"description\": \"{secret}").into_bytes();
        told.push(app.operate("POST", "/api/v1/operator-tokens").header("content-type", "application/json").bytes(broken).send().await);
    }
    for path in [
        "/api/v1/audit?limit=200",
        "/api/v1/tokens",
        "/api/v1/operator-tokens",
        "/api/v1/apis/shop/credentials",
        "/api/v1/people",
        "/api/v1/whoami",
    ] {
        told.push(app.operate("GET", path).send().await.expect(200));
    }
    for answer in &told {
        assert_absent("an answer", answer.text.as_bytes(), &secrets);
        assert_absent("a header", format!("{:?}", answer.headers).as_bytes(), &secrets);
        assert!(!answer.text.contains(&password));
    }
    app.node.authority.flush_usage(usize::MAX).await.expect("written");
    let mut searched = 0;
    for path in files(app.data()).into_iter().filter(|path| !path.ends_with("operator-token")) {
        let bytes = std::fs::read(&path).expect("a file");
        searched += bytes.len();
        assert_absent(&path.display().to_string(), &bytes, &secrets);
        assert!(!bytes.windows(password.len()).any(|window| window == password.as_bytes()), "{}", path.display());
    }
    assert!(searched > 10_000, "the database was searched");
    tracing::info!("the log is captured");
    let log = log.text();
    assert!(String::from_utf8_lossy(&log).contains("the log is captured"));
    assert_absent("the log", &log, &secrets);
}

#[test]
fn a_secret_that_is_there_is_found() {
    let secret = "prtp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned();
    let text = format!("somewhere {} in a text", &secret[..25]);
    assert!(std::panic::catch_unwind(|| assert_absent("here", text.as_bytes(), &[secret])).is_err());
}
