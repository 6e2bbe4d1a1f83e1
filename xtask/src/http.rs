//! A client of HTTP/1.1 that keeps its connection: as little as the tools need, so that the load costs little.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any honest answer takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// One connection; requests go over it one after the other.
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    address: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its headers in order of their names, which are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The values of a header.
    pub(crate) fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The names of all headers, in order.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl Connection {
    /// Connects to `127.0.0.1:PORT`.
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self { reader: BufReader::new(stream), address: address.to_owned() })
    }

    /// Sends a request and waits for its answer. `headers` are whole lines that end in CR LF.
    pub(crate) fn exchange(&mut self, method: &str, path: &str, headers: &str, body: &str) -> io::Result<Answer> {
        let length = body.len();
        let content = if body.is_empty() && method != "POST" {
            String::new()
        } else if headers.contains("Content-Type:") {
            format!("Content-Length: {length}\r\n")
        } else {
            format!("Content-Type: application/json\r\nContent-Length: {length}\r\n")
        };
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}{content}\r\n{body}", self.address);
        self.reader.get_mut().write_all(request.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| broken("no status line"))?;
        let (mut length, mut chunked, mut headers) = (0, false, Vec::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            if name == "content-length" {
                length = value.parse().map_err(|_| broken("content-length"))?;
            }
            chunked |= name == "transfer-encoding" && value.contains("chunked");
            headers.push((name, value));
        }
        let body = if chunked { self.chunks()? } else { self.bytes(length)? };
        headers.sort();
        Ok(Answer { status, headers, body })
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(self.line()?.trim(), 16).map_err(|_| broken("a chunk's size"))?;
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer's {what} cannot be read"))
}
