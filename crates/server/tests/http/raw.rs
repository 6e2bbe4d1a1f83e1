//! A client that sends bytes as they are given: no library puts them right.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Far longer than anything here takes; what hangs fails instead of hanging the run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, if it is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = header_values(&self.head, name);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} stands twice in {}", self.head);
        value
    }

    /// The code of the problem in the body.
    pub(crate) fn problem(&self) -> String {
        let json: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no problem: {self:?}"));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(json["status"], self.status);
        json["type"].as_str().and_then(|text| text.strip_prefix("/problems/")).expect("a type").to_owned()
    }
}

/// The values of a header in the text of a head.
pub(crate) fn header_values<'h>(head: &'h str, name: &str) -> impl Iterator<Item = &'h str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.filter(move |(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Sends bytes and reads all answers until the other side closes.
pub(crate) async fn send(address: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.expect("a listener");
        // The other side may close before all is sent: that is an answer too.
        let _ = stream.write_all(bytes).await;
        let mut received = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) => break,
                Ok(count) => received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
        }
        received
    };
    let received = tokio::time::timeout(PATIENCE, exchange).await;
    let received = received.unwrap_or_else(|_| panic!("no end in time of {:.200}", String::from_utf8_lossy(bytes)));
    parse(&String::from_utf8_lossy(&received))
}

/// Sends one request that closes the connection, and gives its one answer.
pub(crate) async fn request(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
        text.push_str("Connection: close\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut answers = send(address, text.as_bytes()).await;
    assert_eq!(answers.len(), 1, "{method} {target}: {answers:?}");
    answers.remove(0)
}

fn parse(mut text: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some((head, rest)) = text.split_once("\r\n\r\n") {
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {head}"));
        let length = header_values(head, "content-length").next().and_then(|length| length.parse::<usize>().ok());
        let is_chunked = header_values(head, "transfer-encoding").any(|coding| coding.eq_ignore_ascii_case("chunked"));
        let (body, next) = match length {
            _ if is_chunked => unchunk(rest),
            Some(length) => (rest.get(..length).unwrap_or(rest).to_owned(), rest.get(length..).unwrap_or_default()),
            None => (rest.to_owned(), ""),
        };
        answers.push(Answer { status, head: head.to_owned(), body });
        text = next;
    }
    answers
}

fn unchunk(mut text: &str) -> (String, &str) {
    let mut body = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        body.push_str(rest.get(..size).unwrap_or(rest));
        text = rest.get(size + 2..).unwrap_or_default();
        if size == 0 {
            break;
        }
    }
    (body, text)
}
