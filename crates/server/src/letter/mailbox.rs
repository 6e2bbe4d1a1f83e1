//! A folder that letters go to while one develops: each as a message, and beside it what a page shows of it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use domain::{LetterId, Timestamp};
use serde::{Deserialize, Serialize};

use super::message::Ready;

/// A letter in the mailbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// To which address.
    pub(crate) to: String,
    /// Its subject.
    pub(crate) subject: String,
    /// When it was written.
    pub(crate) written_at: Timestamp,
    /// What it says.
    pub(crate) paragraphs: Vec<String>,
    /// Where its link leads, and what that says.
    pub(crate) link: Option<(String, String)>,
    /// What follows the link.
    pub(crate) after: Vec<String>,
}

/// Writes a letter beside the others: whole, or not at all. The same letter again takes its own place.
pub(super) fn keep(folder: &Path, id: LetterId, ready: &Ready) -> std::io::Result<()> {
    let shown = serde_json::to_vec(&ready.kept).map_err(std::io::Error::other)?;
    write(folder, &format!("{id}.json"), &shown)?;
    write(folder, &format!("{id}.eml"), &ready.message.formatted())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let (path, temporary) = (folder.join(name), folder.join(format!(".{name}.new")));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, &path)
}

/// The newest letters in the mailbox, the newest first: ids are in the order of time. What cannot be read is left out.
pub(crate) fn kept(folder: &Path, limit: usize) -> Vec<Kept> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort_unstable_by(|one, other| other.cmp(one));
    files.iter().take(limit).filter_map(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok()).collect()
}
