//! Letters, from what causes them to what arrives.

mod announcements;
mod delegations;
mod endings;
mod mailbox;
mod message;
mod sign_in;
mod smtp;

use std::path::PathBuf;

use testkit::App;

/// A server whose letters go to a folder.
async fn with_mailbox() -> (App, PathBuf) {
    let mut folder = PathBuf::new();
    let app = App::start_with(|config| {
        folder = config.data.with_file_name("mailbox");
        config.mailbox = Some(folder.clone());
        config.public_url = "https://poort.example.org".to_owned();
    });
    let app = app.await;
    (app, folder)
}

/// The messages that have arrived, in no order.
fn arrived(folder: &std::path::Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let messages = files.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    messages.map(|path| std::fs::read_to_string(path).expect("a message")).collect()
}

/// Sends what is due, and takes what has arrived since the last time: each message as text, its transfer encoding undone.
pub(crate) async fn delivered(app: &App, folder: &std::path::Path) -> Vec<String> {
    app.node.send_letters().await;
    let messages = arrived(folder).iter().map(|message| decoded(message)).collect();
    for file in std::fs::read_dir(folder).expect("a folder") {
        std::fs::remove_file(file.expect("a file").path()).expect("removed");
    }
    messages
}

/// Quoted-printable (RFC 2045 section 6.7) and encoded words (RFC 2047 section 4.1) undone, as far as our own messages need it.
fn decoded(message: &str) -> String {
    let (headers, body) = message.split_once("\r\n\r\n").expect("headers");
    let mut lines = headers.replace("?=\r\n =?", "?= =?").replace("\r\n ", " ").replace("?= =?utf-8?b?", "?==?utf-8?b?");
    while let Some((before, rest)) = lines.split_once("=?utf-8?b?").map(|(before, rest)| (before.to_owned(), rest.to_owned())) {
        let (word, after) = rest.split_once("?=").expect("the end of a word");
        let bytes = base64(word);
        lines = before + &String::from_utf8_lossy(&bytes) + after;
    }
    let mut bytes = Vec::new();
    let body = body.replace("=\r\n", "");
    let mut rest = body.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let (decoded, left) = match (byte, hex) {
            (b'=', Some(byte)) => (byte, &after[2..]),
            _ => (*byte, after),
        };
        bytes.push(decoded);
        rest = left;
    }
    format!("{lines}\r\n\r\n{}", String::from_utf8_lossy(&bytes)).replace('\u{2060}', "")
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("Base64")
}
