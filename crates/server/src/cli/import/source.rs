//! What an import reads: a file, or standard input; line by line, each bounded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek as _, SeekFrom};

use domain::Digest;

use super::{Attempt, Exit, Failure, Message, Text};
use crate::cli::screen::Screen;

/// The longest line, in bytes.
const MAX_LINE: u64 = 64 << 10;

/// What is read, and how far.
pub(super) struct Source {
    reader: Box<dyn BufRead>,
    name: String,
    lines: Option<u64>,
    /// The number of the last line that was read; the first is 1.
    pub(super) line: u64,
    /// The digest of the last line that was read.
    pub(super) last: Digest,
}

impl Source {
    /// Opens a file, or takes standard input for `-`.
    pub(super) fn open(name: &str, screen: &mut Screen) -> Attempt<Self> {
        let (reader, lines): (Box<dyn BufRead>, _) = if name == "-" {
            let input = std::mem::replace(&mut screen.streams.input, Box::new(std::io::empty()));
            (Box::new(BufReader::new(input)), None)
        } else {
            let mut file = File::open(name).map_err(|error| unreadable(name, &error))?;
            let lines = count_lines(&mut file).map_err(|error| unreadable(name, &error))?;
            (Box::new(BufReader::new(file)), Some(lines))
        };
        Ok(Self { reader, name: name.to_owned(), lines, line: 0, last: Digest::of(b"") })
    }

    /// How many lines there are, where that is known.
    pub(super) fn lines(&self) -> Option<u64> {
        self.lines
    }

    /// The next line without its end.
    pub(super) fn next(&mut self) -> Attempt<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.reader).take(MAX_LINE);
        let length = bounded.read_until(b'\n', &mut line).map_err(|error| unreadable(&self.name, &error))?;
        if length == 0 {
            return Ok(None);
        }
        if length as u64 == MAX_LINE && line.last() != Some(&b'\n') {
            self.skip_rest()?;
        }
        self.line += 1;
        self.last = Digest::of(&line);
        Ok(Some(line))
    }

    /// Leaves out the rest of a line that is too long; its beginning is no JSON and will be rejected.
    fn skip_rest(&mut self) -> Attempt<()> {
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| unreadable(&self.name, &error))?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (length, ended) = (end.map_or(buffer.len(), |place| place + 1), end.is_some() || buffer.is_empty());
            self.reader.consume(length);
            if ended {
                return Ok(());
            }
        }
    }
}

/// A file that cannot be read.
pub(super) fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    let values = vec![("file", name.to_owned()), ("cause", error.to_string())];
    Failure::new(Exit::Failed, Message::Ours(Text::FileUnreadable, values))
}

fn count_lines(file: &mut File) -> std::io::Result<u64> {
    let mut buffer = [0; 64 << 10];
    let (mut lines, mut last) = (0, b'\n');
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        lines += buffer[..length].iter().filter(|byte| **byte == b'\n').count() as u64;
        last = buffer[length - 1];
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(lines + u64::from(last != b'\n'))
}
