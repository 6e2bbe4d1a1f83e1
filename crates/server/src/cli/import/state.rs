//! How far an import has come, and which lines were rejected: two files beside the one that is imported.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use domain::Digest;
use serde::{Deserialize, Serialize};

use super::line::Reject;
use super::source::{Source, unreadable};
use super::{Attempt, Exit, Failure, ImportArgs, Message, Text};

/// How far an import has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// What the idempotency keys of its batches begin with.
    pub(super) key: String,
    /// The last line that is dealt with.
    pub(super) line: u64,
    /// The digest of that line, to know the file again.
    pub(super) last: Digest,
    /// How many were imported.
    pub(super) imported: u64,
    /// How many were there already, the same.
    pub(super) unchanged: u64,
    /// How many were rejected.
    pub(super) rejected: u64,
    /// How long the file of rejects is, in bytes.
    rejects_length: u64,
    /// Where this is kept; nowhere when standard input is imported.
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl State {
    /// Begins, or goes on where an earlier import stopped, with `source` read up to there.
    pub(super) fn open(arguments: &ImportArgs, source: &mut Source, key: impl FnOnce() -> Attempt<String>) -> Attempt<Self> {
        let file = &arguments.file;
        if file == "-" {
            return if arguments.resume { Err(Failure::new(Exit::Usage, Text::ResumeInput)) } else { Self::begin(None, key) };
        }
        let path = PathBuf::from(format!("{file}.resume.json"));
        match (arguments.resume, path.exists()) {
            (false, false) => Self::begin(Some(path), key),
            (false, true) => {
                let state = Message::Ours(Text::TodoUnfinished, vec![("state", path.display().to_string())]);
                Err(Failure::with(Exit::Usage, Text::ImportUnfinished, "file", file).and(state))
            }
            (true, false) => Err(Failure::with(Exit::Usage, Text::ResumeNothing, "file", file)),
            (true, true) => Self::read(path, file)?.skip(source, file),
        }
    }

    /// Notes that everything up to here is dealt with.
    pub(super) fn reach(&mut self, source: &Source, rejects: &mut Rejects) -> Attempt<()> {
        (self.line, self.last) = (source.line, source.last);
        self.rejects_length = rejects.flush()?;
        self.write()
    }

    /// Nothing is left to resume.
    pub(super) fn remove(&self) -> Attempt<()> {
        match &self.path {
            Some(path) => std::fs::remove_file(path).or_else(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(unwritable(path, &error)),
            }),
            None => Ok(()),
        }
    }

    /// Forgets an import of which the server certainly took nothing: its first call was refused.
    pub(super) fn discard_if_untouched(&self, cause: &Failure) {
        let unknown = matches!(cause.exit, Exit::Later | Exit::Failed);
        if self.line == 0 && !unknown {
            // What stays behind is asked about at the next import of the file.
            let _ = self.remove();
        }
    }

    fn begin(path: Option<PathBuf>, key: impl FnOnce() -> Attempt<String>) -> Attempt<Self> {
        let state = Self { key: key()?, line: 0, last: Digest::of(b""), imported: 0, unchanged: 0, rejected: 0, rejects_length: 0, path };
        // Before the first batch is sent, so that its key is known even after a crash.
        state.write()?;
        Ok(state)
    }

    fn read(path: PathBuf, file: &str) -> Attempt<Self> {
        let text = std::fs::read(&path).map_err(|error| unreadable(&path.display().to_string(), &error))?;
        let state: Self = serde_json::from_slice(&text).map_err(|_| Failure::with(Exit::Failed, Text::ResumeChanged, "file", file))?;
        Ok(Self { path: Some(path), ..state })
    }

    fn skip(self, source: &mut Source, file: &str) -> Attempt<Self> {
        while source.line < self.line && source.next()?.is_some() {}
        if source.line == self.line && source.last == self.last {
            Ok(self)
        } else {
            Err(Failure::with(Exit::Usage, Text::ResumeChanged, "file", file))
        }
    }

    /// Writes it beside and renames, so that a crash leaves the old or the new one.
    fn write(&self) -> Attempt<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let temporary = path.with_extension("json.new");
        let text = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
        written.map_err(|error| unwritable(path, &error))
    }
}

/// The file of rejected lines; made at the first one.
pub(super) struct Rejects {
    path: PathBuf,
    file: Option<File>,
    length: u64,
}

impl Rejects {
    /// Goes on where the state says that it was; an earlier import's file is replaced.
    pub(super) fn open(arguments: &ImportArgs, state: &State) -> Attempt<Self> {
        let base = if arguments.file == "-" { "import" } else { &arguments.file };
        let path = arguments.rejects.clone().unwrap_or_else(|| PathBuf::from(format!("{base}.rejects.ndjson")));
        let mut rejects = Self { path, file: None, length: 0 };
        if state.rejects_length > 0 {
            rejects.begin(state.rejects_length)?;
        }
        Ok(rejects)
    }

    /// Tells of a line.
    pub(super) fn add(&mut self, line: u64, reject: &Reject) -> Attempt<()> {
        if self.file.is_none() {
            self.begin(0)?;
        }
        let told = serde_json::json!({ "line": line, "code": reject.code, "detail": reject.detail }).to_string() + "\n";
        self.length += told.len() as u64;
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(told.as_bytes()).map_err(|error| unwritable(&self.path, &error))
    }

    /// Makes sure of what was told; gives how long the file is.
    pub(super) fn flush(&mut self) -> Attempt<u64> {
        if let Some(file) = &mut self.file {
            file.sync_data().map_err(|error| unwritable(&self.path, &error))?;
        }
        Ok(self.length)
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn begin(&mut self, length: u64) -> Attempt<()> {
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path).and_then(|mut file| {
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length))?;
            Ok(file)
        });
        self.file = Some(opened.map_err(|error| unwritable(&self.path, &error))?);
        self.length = length;
        Ok(())
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let values = vec![("file", path.display().to_string()), ("cause", error.to_string())];
    Failure::new(Exit::Failed, Message::Ours(Text::FileUnwritable, values))
}
