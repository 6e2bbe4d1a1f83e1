//! The files that hold documents, byte for byte as they came, each under the digest of its bytes.
//!
//! A document is written piece by piece under another name, brought to the disk and only then renamed: a name that is
//! a digest always has all of its bytes, whatever ends the process.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::answer::Failure;
use super::validation::MAX_DOCUMENT_BYTES;

/// What the name of a file begins with while it is written.
const INCOMING: &str = "incoming-";
/// The longest document that stays in memory while it is looked at.
const SHORT_BYTES: usize = 256 * 1024;
/// How much of a document is read at a time to be sent.
const PIECE_BYTES: usize = 64 * 1024;

/// A folder of documents.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    folder: PathBuf,
}

/// A document that is in the folder but not yet kept: dropped without that, it goes.
pub(super) struct Incoming {
    path: PathBuf,
    folder: PathBuf,
    kept: bool,
    /// The name under which it is kept.
    pub(super) digest: String,
    /// Its length.
    pub(super) bytes: u64,
}

/// A document that is only looked at.
pub(super) enum Borrowed {
    /// In memory.
    Short(Vec<u8>),
    /// In a file that goes with this.
    Long(Incoming),
}

impl Archive {
    /// Opens the folder, made where it is missing.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Takes out what is not in this set: what was being received when the process ended, or came to belong to nothing.
    pub(super) fn sweep(&self, kept: &HashSet<String>) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_str().is_none_or(|name| !kept.contains(name)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Where the document with this digest is.
    pub(super) fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(digest)
    }

    /// Writes a body to the folder. `name` is one that no other has at this time.
    pub(super) async fn receive(&self, name: &str, body: Body) -> Result<Incoming, Failure> {
        self.write(name, Vec::new(), body.into_data_stream()).await
    }

    /// Takes a body that is only looked at: a short one stays in memory.
    pub(super) async fn borrow(&self, name: &str, body: Body) -> Result<Borrowed, Failure> {
        let mut pieces = body.into_data_stream();
        let mut begun = Vec::new();
        while let Some(piece) = pieces.next().await {
            begun.extend_from_slice(&piece.map_err(|error| broken_off(&error))?);
            if begun.len() > SHORT_BYTES {
                return self.write(name, begun, pieces).await.map(Borrowed::Long);
            }
        }
        Ok(Borrowed::Short(begun))
    }

    async fn write(&self, name: &str, begun: Vec<u8>, pieces: BodyDataStream) -> Result<Incoming, Failure> {
        let path = self.folder.join(format!("{INCOMING}{name}"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path).await?;
        let mut incoming = Incoming { path, folder: self.folder.clone(), kept: false, digest: String::new(), bytes: 0 };
        incoming.write(file, begun, pieces).await?;
        Ok(incoming)
    }

    /// A document as the body of an answer, piece by piece.
    pub(super) async fn send(&self, digest: &str) -> io::Result<Body> {
        let file = File::open(self.path(digest)).await?;
        let pieces = futures_util::stream::try_unfold(file, async |mut file| {
            let mut piece = vec![0; PIECE_BYTES];
            let length = file.read(&mut piece).await?;
            piece.truncate(length);
            Ok::<_, io::Error>((length > 0).then_some((piece, file)))
        });
        Ok(Body::from_stream(pieces))
    }
}

impl Incoming {
    async fn write(&mut self, mut file: File, begun: Vec<u8>, pieces: BodyDataStream) -> Result<(), Failure> {
        let mut hash = Sha256::new();
        let mut pieces = futures_util::stream::iter([Ok(begun.into())]).chain(pieces);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| broken_off(&error))?;
            self.bytes += piece.len() as u64;
            if self.bytes > MAX_DOCUMENT_BYTES {
                return Err(Failure::TooLarge);
            }
            hash.update(&piece);
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        self.digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(())
    }

    /// Where it is for now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Brings it to the disk under its digest. Whoever has the same document already loses nothing.
    pub(super) async fn keep(mut self) -> io::Result<()> {
        File::open(&self.path).await?.sync_all().await?;
        fs::rename(&self.path, self.folder.join(&self.digest)).await?;
        self.kept = true;
        // The name is on the disk when the folder is.
        File::open(&self.folder).await?.sync_all().await
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept && std::fs::remove_file(&self.path).is_err() {
            tracing::warn!("a document that was not kept could not be removed; the next start does so");
        }
    }
}

/// What it means that a body did not come to its end.
fn broken_off(error: &axum::Error) -> Failure {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if text.contains("too large") || text.contains("length limit") {
            return Failure::TooLarge;
        }
        cause = error.source();
    }
    Failure::BadRequest("De inhoud van dit verzoek is niet helemaal aangekomen.".to_owned())
}
