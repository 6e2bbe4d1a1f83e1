//! Makes a backup, or the file of what was ended since one: one consistent reading beside whatever goes on.

use std::io::Write;

use domain::event::Sequence;
use domain::time::Timestamp;

use super::container::{FORMAT, Header, Kind, TableFrame, Writer};
use super::table::TABLES;
use super::{BackupError, Summary, Use, apart};
use crate::executor::{Control, Executor, RawRow};
use crate::sealing::MasterKey;
use crate::setting::{self, MASTER_KEY_FINGERPRINT};
use crate::statement::{Statement, statements};
use crate::value::{Param, params};
use crate::{Store, StoreError, journal, migration};

statements! {
    JOURNAL_SINCE = "SELECT * FROM journal WHERE seq >= $1 ORDER BY seq";
}

/// How a file is made.
pub struct Making {
    /// The master key that the server keys are sealed under.
    pub master: MasterKey,
    /// When, for people.
    pub made_at: Timestamp,
    /// Only what was ended since this backup.
    pub since: Option<Header>,
    /// Whether no server can change the database any more; only asked for what was ended since a backup.
    pub is_final: bool,
}

impl Store {
    /// Writes a backup while everything goes on: it holds one moment, between two changes.
    pub async fn back_up<W: Write + Send + 'static>(&self, out: W, making: Making) -> Result<Summary, BackupError> {
        apart(self.inner.options.clone(), Use::Read, |executor| Box::pin(write(executor, out, making))).await
    }
}

async fn write<W: Write + Send>(mut executor: Executor<'_>, out: W, making: Making) -> Result<Summary, BackupError> {
    executor.control(Control::BeginRead).await?;
    executor.lift_limit().await?;
    let header = header(&mut executor, &making).await?;
    let mut writer = Writer::begin(out, &header)?;
    let mut tables = Vec::new();
    match &making.since {
        None => {
            for table in &TABLES {
                let rows = rows(&mut executor, &mut writer, table.name, (&table.read, &[])).await?;
                tables.push((table.name.to_owned(), rows));
            }
        }
        Some(backup) => {
            // With the last entry of the backup itself, so that it can be seen that nothing is missing between the two.
            let since = params![backup.sequence.0];
            let rows = rows(&mut executor, &mut writer, "journal", (&JOURNAL_SINCE, &since)).await?;
            tables.push(("journal".to_owned(), rows));
        }
    }
    executor.control(Control::Rollback).await?;
    tables.retain(|(_, rows)| *rows > 0);
    writer.finish(&making.master)?;
    Ok(Summary { header, tables, sealed_by_us: true })
}

async fn header(executor: &mut Executor<'_>, making: &Making) -> Result<Header, BackupError> {
    let known = setting::read(executor, MASTER_KEY_FINGERPRINT).await?.ok_or(BackupError::Empty)?;
    let given = making.master.fingerprint();
    if known != given {
        return Err(BackupError::OtherMasterKey { wanted: known, given });
    }
    let head = journal::read_head(executor).await?;
    if journal::last(executor).await? != head.sequence {
        return Err(StoreError::corrupt("the journal's head").into());
    }
    let last = match &making.since {
        None => head.sequence,
        Some(backup) if backup.kind == Kind::Backup => backup.sequence,
        Some(backup) => return Err(BackupError::OtherKind(backup.kind)),
    };
    let entry = journal::tail(executor, Sequence(last.0 - 1), 1).await?.into_iter().next();
    if making.since.as_ref().is_some_and(|backup| backup.incarnation != head.incarnation || backup.entry != entry) {
        return Err(BackupError::OtherEndings);
    }
    Ok(Header {
        format: FORMAT,
        kind: if making.since.is_some() { Kind::Ended } else { Kind::Backup },
        made_at: making.made_at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        master_key: given,
        migrations: migration::applied(executor).await?,
        incarnation: head.incarnation,
        sequence: head.sequence,
        entry,
        is_final: making.since.is_some() && making.is_final,
    })
}

/// Writes all rows that a statement gives; says how many.
async fn rows<W: Write + Send>(
    executor: &mut Executor<'_>,
    writer: &mut Writer<W>,
    name: &str,
    (statement, params): (&'static Statement, &[Param<'_>]),
) -> Result<u64, BackupError> {
    let (mut count, mut failed) = (0, None);
    let mut one = |row: &RawRow<'_>| -> Result<(), BackupError> {
        if count == 0 {
            writer.table(&TableFrame { name: name.to_owned(), columns: row.columns() })?;
        }
        count += 1;
        writer.row(&row.values()?)
    };
    let mut take = |row: &RawRow<'_>| {
        one(row).map_err(|error| {
            failed = Some(error);
            StoreError::defect("a row was not written")
        })
    };
    let done = executor.each(statement, params, &mut take).await;
    match failed {
        Some(error) => Err(error),
        None => done.map(|()| count).map_err(Into::into),
    }
}
