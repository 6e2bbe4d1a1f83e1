//! Letters by SMTP, to a mail server that the test itself runs: it answers, refuses, hangs, and is not there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use testkit::App;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How the server behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mood {
    /// It takes everything.
    Taking,
    /// It answers the recipient with this line.
    Answering(&'static str),
    /// It says nothing at all.
    Silent,
}

/// A small mail server on this machine.
#[derive(Clone)]
struct MailServer {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
    /// One permit for each connection that came.
    connections: Arc<Semaphore>,
}

impl MailServer {
    async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (mood, taken) = (Arc::new(Mutex::new(mood)), Arc::default());
        let server = Self { port, mood, taken, connections: Arc::new(Semaphore::new(0)) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.add_permits(1);
                let talking = serving.clone();
                tokio::spawn(async move {
                    let _ = talking.talk(stream).await;
                });
            }
        });
        server
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().expect("not poisoned") = mood;
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().expect("not poisoned").clone()
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mood = *self.mood.lock().expect("not poisoned");
        let mut stream = BufReader::new(stream);
        if mood == Mood::Silent {
            std::future::pending::<()>().await;
        }
        stream.write_all(b"220 test\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let answer = match (line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str(), mood) {
                ("EHLO", _) => "250 test",
                ("RCPT", Mood::Answering(answer)) => answer,
                ("DATA", _) => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut message = String::new();
                    while !message.ends_with("\r\n.\r\n") {
                        if stream.read_line(&mut message).await? == 0 {
                            return Ok(());
                        }
                    }
                    self.taken.lock().expect("not poisoned").push(message);
                    "250 taken"
                }
                ("QUIT", _) => "221 bye",
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}

/// A server that sends through this port, with a letter that waits.
async fn with_letter(port: u16) -> App {
    let app = App::start_with(|config| {
        config.smtp_server = format!("127.0.0.1:{port}");
        config.smtp_security = server::letter::SmtpSecurity::None;
        config.smtp_timeout_seconds = 1;
        config.mail_from = "poort@example.org".to_owned();
    });
    let app = app.await;
    let organisation = app.organisation("Acme").await;
    let ann = app.person("ann", &organisation, &["member"]).await;
    app.token(&ann, None).await;
    app
}

async fn waiting(app: &App) -> u64 {
    app.node.authority.waiting_letters().await.expect("asked").count
}

#[tokio::test]
async fn a_letter_is_handed_over_once_even_if_two_nodes_look() {
    let mail = MailServer::start(Mood::Taking).await;
    let app = with_letter(mail.port).await;
    tokio::join!(app.node.send_letters(), app.node.send_letters());
    app.node.send_letters().await;
    let taken = mail.taken();
    assert_eq!((taken.len(), waiting(&app).await), (1, 0), "{taken:?}");
    assert!(taken[0].contains("From: Poort <poort@example.org>\r\n") && taken[0].contains("To: ann@example.org\r\n"), "{taken:?}");
}

#[tokio::test]
async fn what_was_refused_for_now_is_tried_again_later() {
    let mail = MailServer::start(Mood::Answering("451 4.7.1 greylisted, come back")).await;
    let app = with_letter(mail.port).await;
    app.node.send_letters().await;
    assert_eq!((mail.taken().len(), waiting(&app).await), (0, 1));
    mail.is(Mood::Taking);
    app.clock.advance(Duration::from_secs(59));
    app.node.send_letters().await;
    assert_eq!((mail.taken().len(), waiting(&app).await), (0, 1), "not yet");
    app.clock.advance(Duration::from_secs(1));
    app.node.send_letters().await;
    assert_eq!((mail.taken().len(), waiting(&app).await), (1, 0));
}

#[tokio::test]
async fn what_was_refused_for_good_is_given_up_and_a_lost_server_is_not() {
    let mail = MailServer::start(Mood::Answering("550 5.1.1 no such user")).await;
    let app = with_letter(mail.port).await;
    app.node.send_letters().await;
    assert_eq!((mail.taken().len(), waiting(&app).await), (0, 0), "there is nobody of that name");

    // That the server does not know us, an operator can mend.
    mail.is(Mood::Answering("530 5.7.0 authenticate first"));
    let app = with_letter(mail.port).await;
    app.node.send_letters().await;
    assert_eq!(waiting(&app).await, 1);
    // Two days of an operator who does not look: then it is old news.
    for _ in 0..12 {
        app.clock.advance(Duration::from_secs(6 * 3_600));
        app.node.send_letters().await;
    }
    assert_eq!((mail.taken().len(), waiting(&app).await), (0, 0));
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there_keeps_nobody() {
    let mail = MailServer::start(Mood::Silent).await;
    let app = with_letter(mail.port).await;
    app.node.send_letters().await;
    assert_eq!(waiting(&app).await, 1);
    let nowhere = with_letter(testkit::free_port()).await;
    nowhere.node.send_letters().await;
    assert_eq!(waiting(&nowhere).await, 1);
}

/// `poort serve` on this folder, sending through this port.
fn program(folder: &std::path::Path, listen: u16, mail: u16) -> tokio::process::Child {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_poort"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{listen}"), "--data"]).arg(folder.join("data")).env_clear().kill_on_drop(true);
    command.env("POORT_SMTP_SERVER", format!("127.0.0.1:{mail}")).env("POORT_SMTP_SECURITY", "none");
    command.env("POORT_MAIL_FROM", "poort@example.org").stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command.spawn().expect("started")
}

#[tokio::test]
async fn a_process_that_is_killed_between_writing_and_sending_loses_no_letter() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mail, listen) = (MailServer::start(Mood::Silent).await, testkit::free_port());
    let mut process = program(folder.path(), listen, mail.port);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://127.0.0.1:{listen}");
    while client.get(format!("{url}/readyz")).send().await.map_or(true, |answer| !answer.status().is_success()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let operator = std::fs::read_to_string(folder.path().join("data/operator-token")).expect("the operator token");
    let make = async |path: &str, body: serde_json::Value| {
        let answer = client.post(format!("{url}/api/v1{path}")).bearer_auth(operator.trim()).json(&body).send().await.expect("an answer");
        answer.json::<serde_json::Value>().await.expect("JSON")["id"].as_str().expect("an id").to_owned()
    };
    let organisation = make("/organisations", json!({"name": "Acme"})).await;
    let body = json!({"name": "Ann", "email": "ann@example.org", "organisation": organisation, "roles": ["member"]});
    let ann = make("/people", body).await;
    make(&format!("/people/{ann}/tokens"), json!({"description": "pycharm", "permissions": "all"})).await;
    // It is being sent, to a server that says nothing.
    mail.connections.acquire().await.expect("open").forget();
    process.start_kill().expect("killed");
    process.wait().await.expect("its end");

    // Nobody waits a minute here.
    let database = rusqlite::Connection::open(folder.path().join("data/poort.db")).expect("the database");
    let (due, sealed): (i64, Vec<u8>) =
        database.query_row("SELECT attempts, sealed FROM letter", [], |row| Ok((row.get(0)?, row.get(1)?))).expect("one letter");
    assert_eq!(due, 1);
    for plain in ["pycharm", "ann@example.org"] {
        assert!(!sealed.windows(plain.len()).any(|part| part == plain.as_bytes()), "it waits sealed");
    }
    database.execute("UPDATE letter SET next_at = 0", []).expect("written");
    drop(database);
    mail.is(Mood::Taking);
    let _process = program(folder.path(), listen, mail.port);
    while mail.taken().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(mail.taken()[0].contains("pycharm"), "{:?}", mail.taken());
}
