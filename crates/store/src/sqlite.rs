//! SQLite: connections, and how statements run on one.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use crate::error::{StoreError, conflict};
use crate::statement::{Engine, Statement};
use crate::value::{Param, Row, Value};

/// More than this crate has statements: none is ever prepared twice.
const PREPARED_STATEMENTS: usize = 256;
/// How long to wait for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens the connection that writes. Makes the file if there is none.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| store_error(&error))?;
    prepare(&connection)?;
    // WAL: readers never wait for the writer. FULL: the log is on the disk before a commit returns; NORMAL could
    // lose acknowledged commits at a power cut.
    set(&connection, "journal_mode", "WAL")?;
    set(&connection, "synchronous", "FULL")?;
    set(&connection, "foreign_keys", "ON")?;
    // A checkpoint writes pages at random and waits for the disk twice: every 32 MiB of log, not every 4.
    set(&connection, "wal_autocheckpoint", "8192")?;
    set(&connection, "journal_size_limit", "67108864")?;
    set(&connection, "cache_size", "-32768")?;
    // What a savepoint may have to put back: by default it goes through a temporary file, for every change.
    set(&connection, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Opens a connection that only reads. The file must exist.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    // Not SQLITE_OPEN_READ_ONLY: such a connection cannot recover the log after a crash. The pragma does the rest.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| store_error(&error))?;
    prepare(&connection)?;
    set(&connection, "query_only", "ON")?;
    Ok(connection)
}

/// Opens a connection that reads everything once: through the page cache of the system, without copying.
pub(crate) fn open_scanner(path: &Path) -> Result<Connection, StoreError> {
    let connection = open_reader(path)?;
    set(&connection, "mmap_size", "2147418112")?;
    Ok(connection)
}

/// The value of a pragma, for tests and diagnosis.
pub(crate) fn pragma(connection: &Connection, name: &str) -> Result<String, StoreError> {
    let read = connection.pragma_query_value(None, name, |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Integer(number) => number.to_string(),
            _ => String::new(),
        })
    });
    read.map_err(|error| store_error(&error))
}

pub(crate) fn execute(connection: &Connection, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
    let mut prepared = connection.prepare_cached(statement.for_engine(Engine::Sqlite)).map_err(|error| failed(statement, &error))?;
    let changed = prepared.execute(rusqlite::params_from_iter(params)).map_err(|error| failed(statement, &error))?;
    Ok(changed as u64)
}

pub(crate) fn rows(connection: &Connection, statement: &'static Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    let read = || -> rusqlite::Result<Vec<Row>> {
        let mut prepared = connection.prepare_cached(statement.for_engine(Engine::Sqlite))?;
        let columns = prepared.column_count();
        let mut rows = prepared.query(rusqlite::params_from_iter(params))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| row.get_ref(column).map(value)).collect::<rusqlite::Result<_>>()?;
            found.push(Row::new(statement.name(), values));
        }
        Ok(found)
    };
    read().map_err(|error| failed(statement, &error))
}

/// Calls `take` with each row.
pub(crate) fn each(
    connection: &Connection,
    statement: &'static Statement,
    params: &[Param<'_>],
    mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error| failed(statement, &error);
    let mut prepared = connection.prepare_cached(statement.for_engine(Engine::Sqlite)).map_err(failed)?;
    let mut rows = prepared.query(rusqlite::params_from_iter(params)).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        take(row)?;
    }
    Ok(())
}

/// All values of a row.
pub(crate) fn values(row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..row.as_ref().column_count()).map(|column| row.get_ref(column).map(value)).collect()
}

/// Opens a connection that fills an empty database: references are looked at when it is full.
pub(crate) fn open_filler(path: &Path) -> Result<Connection, StoreError> {
    let connection = open_writer(path)?;
    set(&connection, "foreign_keys", "OFF")?;
    Ok(connection)
}

/// Whether every reference leads to a row.
pub(crate) fn references_hold(connection: &Connection) -> Result<bool, StoreError> {
    let broken = || connection.prepare("PRAGMA foreign_key_check")?.exists([]);
    broken().map(|broken| !broken).map_err(|error| store_error(&error))
}

/// Runs one statement without parameters and rows.
pub(crate) fn control(connection: &Connection, text: &str) -> Result<(), StoreError> {
    let run = || -> rusqlite::Result<()> {
        connection.prepare_cached(text)?.raw_execute()?;
        Ok(())
    };
    run().map_err(|error| store_error(&error))
}

/// What an error means for whoever asked.
pub(crate) fn store_error(error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return StoreError::defect(error.to_string());
    };
    let message = message.as_deref().unwrap_or_default();
    match failure.code {
        // The extended code tells a foreign key (787) from a unique constraint.
        ErrorCode::ConstraintViolation if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
            StoreError::Conflict(conflict::PARENT)
        }
        ErrorCode::ConstraintViolation if is_unique(failure.extended_code) => StoreError::Conflict(conflict::from_columns(message)),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::corrupt(failure.to_string()),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::ReadOnly
        | ErrorCode::PermissionDenied
        | ErrorCode::OutOfMemory
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::NoLargeFileSupport => StoreError::unavailable(format!("SQLite: {failure}")),
        _ => StoreError::defect(format!("SQLite: {message}")),
    }
}

/// Whether a commit that failed with this error may yet be found in the log after a crash.
pub(crate) fn commit_error(error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(_) => StoreError::outcome_unknown(error.cause().to_owned()),
        other => other,
    }
}

fn failed(statement: &'static Statement, error: &rusqlite::Error) -> StoreError {
    let error = store_error(error);
    if let StoreError::Defect(cause) = &error {
        return StoreError::defect(format!("{}: {cause}", statement.name()));
    }
    error
}

fn is_unique(extended: i32) -> bool {
    extended == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE || extended == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| store_error(&error))
}

fn set(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection.pragma_update(None, name, value).map_err(|error| store_error(&error))
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // STRICT tables hold no such thing.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
