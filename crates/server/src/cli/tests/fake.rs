//! A server that gives canned answers and keeps what it was asked; a process around one command line.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Cursor, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use domain::Timestamp;
use domain::entropy::{Entropy, EntropyUnavailable};
use serde_json::Value;

use crate::cli::{Environment, Streams, World, run};

/// A request as the fake server saw it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Gives its answers in turn, one connection each, then no more.
pub(super) struct Fake {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: JoinHandle<()>,
}

/// A canned answer: status, further header lines, body.
pub(super) type Canned = (u16, &'static str, String);

impl Fake {
    pub(super) fn new(answers: impl IntoIterator<Item = Canned>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut answers: VecDeque<Canned> = answers.into_iter().collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        let thread = std::thread::Builder::new().name("fake server".to_owned());
        let thread = thread.spawn(move || {
            while let Some(answer) = answers.pop_front() {
                let (stream, _) = listener.accept().expect("a connection");
                kept.lock().expect("no panic").push(exchange(stream, &answer));
            }
        });
        Self { url, asked, thread: thread.expect("a thread") }
    }

    /// What it was asked, when it has given all its answers.
    pub(super) fn finish(self) -> Vec<Asked> {
        self.thread.join().expect("a fake server without a problem");
        self.asked.lock().expect("no panic").clone()
    }
}

fn exchange(stream: TcpStream, (status, headers, body): &Canned) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a request");
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let split = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let mut asked = Asked { line: lines[0].clone(), headers: lines[1..].iter().filter_map(split).collect(), body: Value::Null };
    if let Some(length) = asked.header("content-length").and_then(|length| length.parse().ok()) {
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).expect("a body");
        asked.body = serde_json::from_slice(&bytes).expect("JSON");
    }
    let answer = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len());
    reader.get_mut().write_all(answer.as_bytes()).expect("to answer");
    asked
}

/// What a command line did.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: u8,
    pub(super) output: String,
    pub(super) errors: String,
}

/// A command line and the world around it.
pub(super) struct Process {
    environment: BTreeMap<String, String>,
    input: Vec<u8>,
    terminal: bool,
    /// Whether nobody reads standard output.
    unread: bool,
}

impl Process {
    /// With a token for this server, no terminal, English.
    pub(super) fn new(url: &str) -> Self {
        let environment = [("POORT_URL", url), ("POORT_TOKEN", "prto_secret"), ("LANG", "C")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { environment, input: Vec::new(), terminal: false, unread: false }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn input(mut self, input: &str) -> Self {
        self.input = input.as_bytes().to_vec();
        self
    }

    pub(super) fn at_terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    pub(super) fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    pub(super) fn run(self, arguments: &[&str]) -> Ended {
        let (output, errors) = (Shared::default(), Shared::default());
        let streams = Streams {
            input: Box::new(Cursor::new(self.input)),
            output: if self.unread { Box::new(Closed) } else { Box::new(output.clone()) },
            errors: Box::new(errors.clone()),
            input_is_terminal: self.terminal,
            output_is_terminal: self.terminal,
            errors_are_terminal: self.terminal,
        };
        let now = Timestamp::parse("2026-11-21T12:00:00Z").expect("a time");
        let environment: Environment = self.environment.into_iter().collect();
        let world = World { environment: &environment, entropy: &Counting, now, streams };
        let arguments = std::iter::once("poort").chain(arguments.iter().copied()).map(OsString::from);
        let code = run(arguments, world, |_, _| 99);
        Ended { code, output: output.text(), errors: errors.text() }
    }
}

struct Counting;

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        buffer.iter_mut().zip(1..).for_each(|(byte, value)| *byte = value);
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A pipe whose reader went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
