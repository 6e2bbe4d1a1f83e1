//! Restores a backup: all of it in one transaction, or nothing.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use domain::event::{Entry, Sequence};
use domain::id::CredentialId;
use futures_util::future::BoxFuture;

use super::container::{Header, Kind, Part, Reader, TableFrame};
use super::table::{LEFT_OUT, TABLES};
use super::{BackupError, Use, apart, verify};
use crate::executor::{Control, Executor};
use crate::sealing::MasterKey;
use crate::statement::Statement;
use crate::transaction::Tx;
use crate::value::{Param, Row, Value};
use crate::{Store, StoreError, journal, migration, node};

/// How many rows are sent at once.
const BATCH: usize = 500;
/// How many entries of the journal are read at once.
const PART: u32 = 1_000;

/// What is restored, and into what.
pub struct Restoring {
    /// The backup.
    pub file: PathBuf,
    /// The master key that it needs.
    pub master: MasterKey,
    /// The file of what was ended since, if there is one.
    pub ended: Option<PathBuf>,
    /// Whether what is in the database may go.
    pub replace: bool,
    /// The number of the new life of the database: random, never 0.
    pub incarnation: i64,
}

/// What is known of the time after the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Unknown,
    /// These changes, and perhaps others after them.
    Partly(Vec<Entry>),
    /// These changes and no others: the journal was read when no server could add to it.
    All(Vec<Entry>),
}

/// What a backup does not know of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The backup.
    pub header: Header,
    /// The newest id in it, of a thing of any kind.
    pub newest: CredentialId,
    /// What happened after it.
    pub since: Since,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// From what.
    pub past: Past,
    /// How many rows.
    pub rows: u64,
}

impl Store {
    /// Restores a backup. The file is read twice: once to see that it is good, before anything is changed. `after` makes
    /// the changes that belong to it, in the same transaction; it may see to what was ended since, and must record
    /// [`domain::Event::Restored`].
    pub async fn restore<F>(&self, restoring: Restoring, after: F) -> Result<Restored, BackupError>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>, &'a Past) -> BoxFuture<'a, Result<(), StoreError>> + Send + 'static,
    {
        let options = self.inner.options.clone();
        apart(options, Use::Fill, |executor| {
            Box::pin(async move {
                let header = good(&restoring.file, &restoring.master, Kind::Backup)?;
                let ended = restoring.ended.as_deref().map(|file| endings(file, &restoring.master, &header)).transpose()?;
                let mut filling = Filling { executor, rows: 0, newest: [0; 16] };
                filling.executor.control(Control::BeginWrite).await?;
                filling.run(&restoring, header, ended, after).await
            })
        })
        .await
    }

    /// Whether nobody has changed anything in the database yet. A database without tables is empty.
    pub async fn is_empty(&self) -> Result<bool, BackupError> {
        apart(self.inner.options.clone(), Use::Fill, |mut executor| {
            Box::pin(async move {
                let there = executor.tables().await?;
                Ok(!there.iter().any(|name| name == "journal") || journal::last(&mut executor).await? == Sequence(0))
            })
        })
        .await
    }
}

/// A database on its way to be another.
struct Filling<'c> {
    executor: Executor<'c>,
    rows: u64,
    newest: [u8; 16],
}

impl Filling<'_> {
    async fn run<F>(mut self, restoring: &Restoring, header: Header, ended: Option<Since>, after: F) -> Result<Restored, BackupError>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>, &'a Past) -> BoxFuture<'a, Result<(), StoreError>>,
    {
        self.executor.lift_limit().await?;
        // Nobody starts before this is over.
        self.executor.exclude_migrations().await?;
        let found = self.make_room(restoring.replace, &header).await?;
        migration::make_as_of(&mut self.executor, header.migrations.len()).await?;
        self.fill(restoring, &header).await?;
        migration::go_on_from(&mut self.executor, header.migrations.len()).await?;
        let whole = journal::last(&mut self.executor).await? == header.sequence && self.executor.references_hold().await?;
        if !whole {
            return Err(BackupError::Damaged("its journal and its tables do not agree"));
        }
        journal::begin_life(&mut self.executor, restoring.incarnation).await?;
        let past = Past { newest: CredentialId::from_bytes(self.newest), since: ended.unwrap_or(found), header };
        let rows = self.rows;
        let mut tx = Tx::new(self.executor, past.header.sequence);
        after(&mut tx, &past).await?;
        let last = tx.last_place().await?.sequence;
        journal::set_head(&mut tx.executor, last).await?;
        tx.executor.ring().await?;
        tx.executor.commit().await?;
        Ok(Restored { past, rows })
    }

    /// Removes what is there, if it may go. Where it is what the backup was made of, what happened since is known.
    async fn make_room(&mut self, replace: bool, header: &Header) -> Result<Since, BackupError> {
        let executor = &mut self.executor;
        let mut there = executor.tables().await?;
        let has = |name: &str| there.iter().any(|table| table == name);
        let mut since = Since::Unknown;
        if has("journal_head") && journal::last(executor).await? > Sequence(0) {
            if !replace {
                return Err(BackupError::NotEmpty);
            }
            // Of an embedded database we have the lock: whatever its table says of others is over.
            if !executor.is_immediate() && has("node") && !node::live(executor).await?.is_empty() {
                return Err(BackupError::InUse);
            }
            let migrations = migration::applied(executor).await?;
            if !migration::knows(&migrations) {
                return Err(BackupError::Newer);
            }
            if migrations.len() >= header.migrations.len() && has("fence") {
                since = continued(executor, header).await?;
            }
        }
        // Whatever else is in the database belongs to somebody else.
        there.retain(|name| TABLES.iter().any(|table| table.name == name) || LEFT_OUT.contains(&name.as_str()));
        executor.drop_tables(&there).await?;
        Ok(since)
    }

    async fn fill(&mut self, restoring: &Restoring, header: &Header) -> Result<(), BackupError> {
        let mut reader = Reader::begin(BufReader::with_capacity(1 << 16, File::open(&restoring.file)?))?;
        if reader.header != *header {
            return Err(BackupError::Damaged("it was changed while it was read"));
        }
        let mut table: Option<(&'static Statement, Option<usize>)> = None;
        while let Some(part) = reader.next(Some(&restoring.master))? {
            match part {
                Part::Table(frame) => {
                    // A migration may have put something there.
                    self.executor.execute(kept_for_good(&frame.name, format!("DELETE FROM {}", frame.name)), &[]).await?;
                    table = Some((insert(&frame), frame.columns.iter().position(|column| column == "id")));
                }
                Part::Rows(rows) => {
                    let (statement, id) = table.ok_or(BackupError::Damaged("rows without a table"))?;
                    self.insert(statement, id, &rows).await?;
                }
            }
        }
        self.rows = reader.rows();
        Ok(())
    }

    async fn insert(&mut self, statement: &'static Statement, id: Option<usize>, rows: &[Vec<Value>]) -> Result<(), BackupError> {
        for row in rows {
            if let Some(Value::Bytes(id)) = id.and_then(|id| row.get(id))
                && let Ok(id) = <[u8; 16]>::try_from(id.as_slice())
            {
                self.newest = self.newest.max(id);
            }
        }
        for rows in rows.chunks(BATCH) {
            let rows: Vec<Vec<Param<'_>>> = rows.iter().map(|row| row.iter().map(Param::from).collect()).collect();
            let work: Vec<(&'static Statement, &[Param<'_>])> = rows.iter().map(|row| (statement, row.as_slice())).collect();
            self.executor.execute_all(&work).await?;
        }
        Ok(())
    }
}

/// Reads all of a file, and that it may be used with this master key.
fn good(path: &Path, master: &MasterKey, wanted: Kind) -> Result<Header, BackupError> {
    let header = verify(path, Some(master))?.header;
    if header.master_key != master.fingerprint() {
        return Err(BackupError::OtherMasterKey { wanted: header.master_key, given: master.fingerprint() });
    }
    if header.kind != wanted {
        return Err(BackupError::OtherKind(header.kind));
    }
    Ok(header)
}

/// What a file of endings says about the time after a backup.
fn endings(path: &Path, master: &MasterKey, backup: &Header) -> Result<Since, BackupError> {
    let header = good(path, master, Kind::Ended)?;
    let mut reader = Reader::begin(BufReader::new(File::open(path)?))?;
    let mut entries = Vec::new();
    while let Some(part) = reader.next(Some(master))? {
        if let Part::Rows(rows) = part {
            for row in rows {
                entries.push(journal::entry(Row::new("backup::endings", row))?);
            }
        }
    }
    let follows = header.incarnation == backup.incarnation && header.entry == backup.entry && entries.first() == backup.entry.as_ref();
    if !follows || !(backup.sequence.0..).zip(&entries).all(|(place, entry)| entry.sequence.0 == place) {
        return Err(BackupError::OtherEndings);
    }
    let entries = entries.split_off(1);
    Ok(if header.is_final { Since::All(entries) } else { Since::Partly(entries) })
}

/// What the database that is replaced knows of the time after the backup, if it is the one that the backup is of.
async fn continued(executor: &mut Executor<'_>, header: &Header) -> Result<Since, BackupError> {
    let head = journal::read_head(executor).await?;
    let last = journal::tail(executor, Sequence(header.sequence.0 - 1), 1).await?;
    if head.incarnation != header.incarnation || last.first() != header.entry.as_ref() {
        return Ok(Since::Unknown);
    }
    let (mut entries, mut after) = (Vec::new(), header.sequence);
    while after < head.sequence {
        let part = journal::tail(executor, after, PART).await?;
        after = part.last().ok_or_else(|| StoreError::corrupt("a gap in the journal"))?.sequence;
        entries.extend(part);
    }
    Ok(Since::All(entries))
}

/// The columns are those of the file: its tables may be of an earlier version. Their names were checked.
fn insert(table: &TableFrame) -> &'static Statement {
    let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("${place}")).collect();
    kept_for_good(&table.name, format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.columns.join(", "), places.join(", ")))
}

/// A statement lives as long as the program. A restore makes two for each table.
fn kept_for_good(table: &str, text: String) -> &'static Statement {
    Box::leak(Box::new(Statement::new(format!("restore::{table}").leak(), text.leak())))
}
