//! The file of a backup: frames with a checksum over all of them and a seal under the master key.
//!
//! ```text
//! "poortbak"                                  8 bytes
//! frames: kind (1 byte), length (4 bytes, big-endian), content
//!   1 header   JSON, see [`Header`]
//!   2 table    JSON {"name": "person", "columns": ["id", …]}; the rows that follow are of it
//!   3 rows     one after the other; a value is 0 (null), 1 and 8 bytes big-endian, 2 (text) or 3 (bytes) and 4 bytes length
//!   4 end      JSON {"rows": 1234}
//!   5 seal     SHA-256 of every byte before this frame, then HMAC-SHA-256 of it under a key derived from the master key
//! ```
//! Anybody can see with the checksum whether a file is whole; the seal says that it was made by who holds the master key.

use std::io::{Read, Write};

use aws_lc_rs::digest;
use domain::event::{Entry, Sequence};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::sealing::MasterKey;
use crate::value::Value;

const MAGIC: &[u8; 8] = b"poortbak";
/// The version of the format that this program writes, and the only one it reads.
pub(super) const FORMAT: u32 = 1;
/// Frames of rows are about this long, in bytes.
const FRAME: usize = 256 * 1024;
/// The longest frame that is read. One row is never longer than a request.
const LONGEST: usize = 64 * 1024 * 1024;
const SEAL: usize = 64;

const HEADER: u8 = 1;
const TABLE: u8 = 2;
const ROWS: u8 = 3;
const END: u8 = 4;
const SEALED: u8 = 5;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Everything.
    Backup,
    /// The journal since a backup: what was ended since.
    Ended,
}

/// The first frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub format: u32,
    /// What the file holds.
    pub kind: Kind,
    /// When it was begun, on the clock of the machine that made it.
    pub made_at: Timestamp,
    /// The version of the program that made it.
    pub program: String,
    /// The fingerprint of the master key that the server keys in it are sealed under.
    pub master_key: String,
    /// The migrations that its tables have: name and SHA-256.
    pub migrations: Vec<(String, domain::Digest)>,
    /// Of which life of the database: another one after each restore.
    pub incarnation: i64,
    /// The last change that is in it.
    pub sequence: Sequence,
    /// That change itself. For [`Kind::Ended`]: the change after which it begins, the last one of the backup.
    pub entry: Option<Entry>,
    /// For [`Kind::Ended`]: whether no server could change the database any more.
    pub is_final: bool,
}

/// A table in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableFrame {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct End {
    rows: u64,
}

/// Writes a file.
pub(super) struct Writer<W> {
    out: W,
    hash: digest::Context,
    rows: u64,
    part: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(super) fn begin(out: W, header: &Header) -> Result<Self, BackupError> {
        let mut writer = Self { out, hash: digest::Context::new(&digest::SHA256), rows: 0, part: Vec::with_capacity(FRAME + 4_096) };
        writer.put(MAGIC)?;
        writer.json(HEADER, header)?;
        Ok(writer)
    }

    pub(super) fn table(&mut self, table: &TableFrame) -> Result<(), BackupError> {
        self.flush()?;
        self.json(TABLE, table)
    }

    pub(super) fn row(&mut self, values: &[Value]) -> Result<(), BackupError> {
        for value in values {
            put_value(&mut self.part, value)?;
        }
        self.rows += 1;
        if self.part.len() >= FRAME { self.flush() } else { Ok(()) }
    }

    /// Writes the end and the seal; gives how many rows there are.
    pub(super) fn finish(mut self, master: &MasterKey) -> Result<u64, BackupError> {
        self.flush()?;
        let rows = self.rows;
        self.json(END, &End { rows })?;
        let checksum = self.hash.clone().finish();
        let mut seal = checksum.as_ref().to_vec();
        seal.extend(master.sign_backup(checksum.as_ref()));
        self.frame(SEALED, &seal)?;
        self.out.flush()?;
        Ok(rows)
    }

    fn flush(&mut self) -> Result<(), BackupError> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(FRAME + 4_096));
        self.frame(ROWS, &part)
    }

    fn json<T: Serialize>(&mut self, kind: u8, value: &T) -> Result<(), BackupError> {
        let text = serde_json::to_vec(value).map_err(|_| BackupError::Damaged("a header cannot be written"))?;
        self.frame(kind, &text)
    }

    fn frame(&mut self, kind: u8, content: &[u8]) -> Result<(), BackupError> {
        let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= LONGEST);
        let length = length.ok_or(BackupError::Damaged("a row is too long"))?;
        self.put(&[kind])?;
        self.put(&length.to_be_bytes())?;
        self.put(content)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.hash.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}

/// What comes after the header.
pub(super) enum Part {
    Table(TableFrame),
    Rows(Vec<Vec<Value>>),
}

/// Reads a file. Nothing of it counts before [`Reader::next`] has given `None`.
pub(super) struct Reader<R> {
    input: R,
    hash: digest::Context,
    pub(super) header: Header,
    columns: usize,
    rows: u64,
}

impl<R: Read> Reader<R> {
    pub(super) fn begin(mut input: R) -> Result<Self, BackupError> {
        let mut magic = [0; 8];
        input.read_exact(&mut magic).map_err(cut_off)?;
        if magic != *MAGIC {
            return Err(BackupError::Damaged("it is not a backup"));
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&magic);
        let (kind, content) = read_frame(&mut input, &mut hash)?;
        let version = serde_json::from_slice::<Version>(&content).map_err(|_| BackupError::Damaged("its header cannot be read"))?;
        if kind != HEADER || version.format != FORMAT {
            return Err(BackupError::Newer);
        }
        let header = serde_json::from_slice(&content).map_err(|_| BackupError::Damaged("its header cannot be read"))?;
        Ok(Self { input, hash, header, columns: 0, rows: 0 })
    }

    /// The next part. At the end, checks the checksum, and the seal where there is a key.
    pub(super) fn next(&mut self, master: Option<&MasterKey>) -> Result<Option<Part>, BackupError> {
        let (kind, content) = read_frame(&mut self.input, &mut self.hash)?;
        match kind {
            TABLE => {
                let table: TableFrame = serde_json::from_slice(&content).map_err(|_| BackupError::Damaged("a table cannot be read"))?;
                if !table.columns.iter().chain([&table.name]).all(|name| is_name(name)) {
                    return Err(BackupError::Damaged("a table has a name that no table has"));
                }
                self.columns = table.columns.len();
                Ok(Some(Part::Table(table)))
            }
            ROWS => {
                let rows = read_rows(&content, self.columns)?;
                self.rows += rows.len() as u64;
                Ok(Some(Part::Rows(rows)))
            }
            END => {
                let end: End = serde_json::from_slice(&content).map_err(|_| BackupError::Damaged("its end cannot be read"))?;
                if end.rows != self.rows {
                    return Err(BackupError::Damaged("rows are missing"));
                }
                self.check_seal(master)?;
                Ok(None)
            }
            _ => Err(BackupError::Damaged("it holds something unknown")),
        }
    }

    /// How many rows were read.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    fn check_seal(&mut self, master: Option<&MasterKey>) -> Result<(), BackupError> {
        let checksum = self.hash.clone().finish();
        let (kind, seal) = read_frame(&mut self.input, &mut self.hash)?;
        let rest = self.input.read(&mut [0])?;
        if kind != SEALED || seal.len() != SEAL || rest != 0 || seal[..32] != *checksum.as_ref() {
            return Err(BackupError::Damaged("its checksum is wrong"));
        }
        if master.is_some_and(|master| !master.signed_backup(checksum.as_ref(), &seal[32..])) {
            return Err(BackupError::Damaged("its seal is wrong: it was changed by somebody without the master key"));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

fn read_frame(input: &mut impl Read, hash: &mut digest::Context) -> Result<(u8, Vec<u8>), BackupError> {
    let mut start = [0; 5];
    input.read_exact(&mut start).map_err(cut_off)?;
    let length = u32::from_be_bytes([start[1], start[2], start[3], start[4]]) as usize;
    if length > LONGEST {
        return Err(BackupError::Damaged("a part of it is too long"));
    }
    // Not made as long as is said before that much has come.
    let mut content = Vec::with_capacity(length.min(FRAME * 2));
    input.take(length as u64).read_to_end(&mut content)?;
    if content.len() != length {
        return Err(BackupError::Damaged("it is cut off"));
    }
    hash.update(&start);
    hash.update(&content);
    Ok((start[0], content))
}

fn read_rows(mut content: &[u8], columns: usize) -> Result<Vec<Vec<Value>>, BackupError> {
    if columns == 0 {
        return Err(BackupError::Damaged("rows without a table"));
    }
    let mut rows = Vec::new();
    while !content.is_empty() {
        rows.push((0..columns).map(|_| take_value(&mut content)).collect::<Result<_, _>>()?);
    }
    Ok(rows)
}

fn put_value(out: &mut Vec<u8>, value: &Value) -> Result<(), BackupError> {
    let mut long = |kind: u8, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).map_err(|_| BackupError::Damaged("a value is too long"))?;
        out.push(kind);
        out.extend(length.to_be_bytes());
        out.extend(bytes);
        Ok(())
    };
    match value {
        Value::Text(text) => long(2, text.as_bytes()),
        Value::Bytes(bytes) => long(3, bytes),
        Value::Null => {
            out.push(0);
            Ok(())
        }
        Value::Int(number) => {
            out.push(1);
            out.extend(number.to_be_bytes());
            Ok(())
        }
    }
}

fn take_value(content: &mut &[u8]) -> Result<Value, BackupError> {
    const CUT: BackupError = BackupError::Damaged("a row cannot be read");
    let mut take = |length: usize| {
        let (taken, rest) = content.split_at_checked(length).ok_or(CUT)?;
        *content = rest;
        Ok::<_, BackupError>(taken)
    };
    let kind = take(1)?[0];
    match kind {
        0 => Ok(Value::Null),
        1 => Ok(Value::Int(i64::from_be_bytes(take(8)?.try_into().map_err(|_| CUT)?))),
        2 | 3 => {
            let length = u32::from_be_bytes(take(4)?.try_into().map_err(|_| CUT)?) as usize;
            let bytes = take(length)?.to_vec();
            if kind == 3 { Ok(Value::Bytes(bytes)) } else { String::from_utf8(bytes).map(Value::Text).map_err(|_| CUT) }
        }
        _ => Err(CUT),
    }
}

/// Names of tables and columns go into statements.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn cut_off(error: std::io::Error) -> BackupError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof { BackupError::Damaged("it is cut off") } else { BackupError::File(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let header = Header {
            format: FORMAT,
            kind: Kind::Backup,
            made_at: Timestamp::from_unix_seconds(1),
            program: "0".to_owned(),
            master_key: "f".to_owned(),
            migrations: vec![],
            incarnation: 7,
            sequence: Sequence(3),
            entry: None,
            is_final: false,
        };
        let mut file = Vec::new();
        let mut writer = Writer::begin(&mut file, &header).expect("begun");
        writer.table(&TableFrame { name: "a".to_owned(), columns: vec!["x".to_owned(), "y".to_owned()] }).expect("a table");
        writer.row(&[Value::Null, Value::Int(-5)]).expect("a row");
        writer.row(&[Value::Text("zoë".to_owned()), Value::Bytes(vec![0, 255])]).expect("a row");
        assert_eq!(writer.finish(&master()).expect("finished"), 2);
        file
    }

    fn master() -> MasterKey {
        MasterKey::from_bytes([7; 32])
    }

    fn read(file: &[u8], master: Option<&MasterKey>) -> Result<Vec<Vec<Value>>, BackupError> {
        let mut reader = Reader::begin(file)?;
        let mut all = Vec::new();
        while let Some(part) = reader.next(master)? {
            if let Part::Rows(rows) = part {
                all.extend(rows);
            }
        }
        Ok(all)
    }

    #[test]
    fn what_is_written_is_read() {
        let rows = read(&file(), Some(&master())).expect("whole");
        assert_eq!(rows[0], [Value::Null, Value::Int(-5)]);
        assert_eq!(rows[1], [Value::Text("zoë".to_owned()), Value::Bytes(vec![0, 255])]);
        assert!(read(&file(), None).is_ok(), "anybody can see that it is whole");
        assert!(read(&file(), Some(&MasterKey::from_bytes([8; 32]))).is_err(), "not sealed by this key");
    }

    #[test]
    fn every_changed_and_every_missing_byte_is_found() {
        let file = file();
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(read(&changed, Some(&master())).is_err(), "byte {place}");
            assert!(read(&file[..place], Some(&master())).is_err(), "{place} bytes");
        }
        assert!(read(&[file.as_slice(), b"x"].concat(), Some(&master())).is_err(), "more behind its end");
    }
}
