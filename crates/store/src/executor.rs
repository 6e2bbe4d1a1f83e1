//! The one place that knows that there are two databases: runs a statement, gives its rows, maps its errors.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::ClientWrapper;

use crate::error::StoreError;
use crate::statement::{Engine, Statement};
use crate::value::{Param, Row, Value};
use crate::{journal, postgres, sqlite};

static TABLES_OF_SQLITE: Statement = Statement::new(
    "executor::TABLES_OF_SQLITE",
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
);
static TABLES_OF_POSTGRES: Statement = Statement::new(
    "executor::TABLES_OF_POSTGRES",
    "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
);

/// A connection inside a transaction.
pub(crate) enum Executor<'c> {
    /// Exclusive, because a SQLite connection may be used by one thread at a time.
    Sqlite(&'c mut rusqlite::Connection),
    Postgres(Postgres<'c>),
}

/// A PostgreSQL connection and how long one statement may take.
pub(crate) struct Postgres<'c> {
    client: &'c ClientWrapper,
    limit: Duration,
    /// A statement ran into the limit: what the connection is doing is not known any more.
    timed_out: bool,
    /// How many statements ran that write, or failed: after a failed one the transaction takes no other.
    written: u64,
    /// Set when PostgreSQL warns on this connection, where somebody watches it.
    warned: Option<&'c AtomicBool>,
}

/// A row where it lies, for readings of many rows: nothing is copied that is not asked for.
pub(crate) enum RawRow<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl RawRow<'_> {
    pub(crate) fn bytes<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        let bytes = match self {
            Self::Sqlite(row) => row.get_ref(column).ok().and_then(|value| value.as_blob().ok()),
            Self::Postgres(row) => row.try_get::<_, &[u8]>(column).ok(),
        };
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(unreadable)
    }

    pub(crate) fn optional_bytes<const N: usize>(&self, column: usize) -> Result<Option<[u8; N]>, StoreError> {
        let bytes = match self {
            Self::Sqlite(row) => row.get_ref(column).ok().and_then(|value| value.as_blob_or_null().ok()).ok_or_else(unreadable)?,
            Self::Postgres(row) => row.try_get::<_, Option<&[u8]>>(column).map_err(|_| unreadable())?,
        };
        bytes.map(|bytes| bytes.try_into().map_err(|_| unreadable())).transpose()
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, StoreError> {
        let text = match self {
            Self::Sqlite(row) => row.get_ref(column).ok().and_then(|value| value.as_str().ok()),
            Self::Postgres(row) => row.try_get::<_, &str>(column).ok(),
        };
        text.ok_or_else(unreadable)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.optional_int(column)?.ok_or_else(unreadable)
    }

    pub(crate) fn optional_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(row) => row.get_ref(column).ok().and_then(|value| value.as_i64_or_null().ok()).ok_or_else(unreadable),
            Self::Postgres(row) => row.try_get(column).map_err(|_| unreadable()),
        }
    }
}

impl RawRow<'_> {
    /// All its values.
    pub(crate) fn values(&self) -> Result<Vec<Value>, StoreError> {
        match self {
            Self::Sqlite(row) => sqlite::values(row).map_err(|error| sqlite::store_error(&error)),
            Self::Postgres(row) => postgres::values(row).map_err(|error| postgres::store_error(&error)),
        }
    }

    /// The names of its columns.
    pub(crate) fn columns(&self) -> Vec<String> {
        match self {
            Self::Sqlite(row) => row.as_ref().column_names().map(str::to_owned).collect(),
            Self::Postgres(row) => row.columns().iter().map(|column| column.name().to_owned()).collect(),
        }
    }
}

fn unreadable() -> StoreError {
    StoreError::corrupt("a row of a snapshot")
}

/// How a transaction begins, ends and marks places. Not registered: no row is read or changed by it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Control {
    BeginRead,
    BeginWrite,
    Savepoint,
    Release,
    RollbackToSavepoint,
    Commit,
    Rollback,
}

impl Control {
    const fn text(self, engine: Engine) -> &'static str {
        match (self, engine) {
            (Self::BeginRead, Engine::Sqlite) => "BEGIN",
            (Self::BeginRead, Engine::Postgres) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // A deferred transaction that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT.
            (Self::BeginWrite, Engine::Sqlite) => "BEGIN IMMEDIATE",
            (Self::BeginWrite, Engine::Postgres) => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            (Self::Savepoint, _) => "SAVEPOINT change",
            (Self::Release, _) => "RELEASE SAVEPOINT change",
            // Both keep the savepoint after going back to it, so it must be released too.
            (Self::RollbackToSavepoint, Engine::Sqlite) => "ROLLBACK TO SAVEPOINT change",
            (Self::RollbackToSavepoint, Engine::Postgres) => "ROLLBACK TO SAVEPOINT change; RELEASE SAVEPOINT change",
            (Self::Commit, _) => "COMMIT",
            (Self::Rollback, _) => "ROLLBACK",
        }
    }
}

impl<'c> Executor<'c> {
    pub(crate) fn sqlite(connection: &'c mut rusqlite::Connection) -> Self {
        Self::Sqlite(connection)
    }

    pub(crate) fn postgres(client: &'c ClientWrapper, limit: Duration) -> Self {
        Self::Postgres(Postgres { client, limit, timed_out: false, written: 0, warned: None })
    }

    /// On a connection of [`postgres::watched_pool`]: a commit that PostgreSQL warns about is not certain.
    pub(crate) fn watched(client: &'c ClientWrapper, limit: Duration, warned: &'c AtomicBool) -> Self {
        Self::Postgres(Postgres { client, limit, timed_out: false, written: 0, warned: Some(warned) })
    }

    /// Runs a statement; gives how many rows it changed.
    pub(crate) async fn execute(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, statement, params),
            Self::Postgres(postgres) => {
                postgres.written += 1;
                let work = postgres::execute(postgres.client, statement, params);
                let done = tokio::time::timeout(postgres.limit, work).await;
                done.unwrap_or_else(|_| Err(postgres.too_slow()))
            }
        }
    }

    /// Runs several statements, in this order; on PostgreSQL without waiting for one before the next is sent.
    pub(crate) async fn execute_all(&mut self, work: &[(&'static Statement, &[Param<'_>])]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                for (statement, params) in work {
                    sqlite::execute(connection, statement, params)?;
                }
                Ok(())
            }
            Self::Postgres(postgres) => {
                postgres.written += 1;
                let done = tokio::time::timeout(postgres.limit, postgres::execute_all(postgres.client, work)).await;
                done.unwrap_or_else(|_| Err(postgres.too_slow()))
            }
        }
    }

    /// Runs a statement; gives all its rows.
    pub(crate) async fn rows(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(connection) => sqlite::rows(connection, statement, params),
            Self::Postgres(postgres) => {
                let work = postgres::rows(postgres.client, statement, params);
                let done = tokio::time::timeout(postgres.limit, work).await;
                let done = done.unwrap_or_else(|_| Err(postgres.too_slow()));
                postgres.written += u64::from(done.is_err() || !statement.only_reads());
                done
            }
        }
    }

    /// Runs a statement and calls `take` with each of its rows.
    pub(crate) async fn each<F>(&mut self, statement: &'static Statement, params: &[Param<'_>], take: &mut F) -> Result<(), StoreError>
    where
        F: FnMut(&RawRow<'_>) -> Result<(), StoreError> + Send,
    {
        match self {
            Self::Sqlite(connection) => sqlite::each(connection, statement, params, |row| take(&RawRow::Sqlite(row))),
            Self::Postgres(postgres) => postgres::each(postgres.client, statement, params, |row| take(&RawRow::Postgres(row))).await,
        }
    }

    /// Lets the statements of this transaction take as long as they need.
    pub(crate) async fn lift_limit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => {
                control_postgres(postgres, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0").await
            }
        }
    }

    /// Runs a statement that gives one row or none.
    pub(crate) async fn row(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(statement, params).await?.into_iter().next())
    }

    /// Whether a statement that gives rows gives at least one.
    pub(crate) async fn exists(&mut self, statement: &'static Statement, params: &[Param<'_>]) -> Result<bool, StoreError> {
        Ok(!self.rows(statement, params).await?.is_empty())
    }

    /// Begins, ends or marks a place in a transaction.
    pub(crate) async fn control(&mut self, control: Control) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                sqlite::control(connection, control.text(Engine::Sqlite))?;
                if matches!(control, Control::RollbackToSavepoint) {
                    sqlite::control(connection, Control::Release.text(Engine::Sqlite))?;
                }
                Ok(())
            }
            Self::Postgres(postgres) => control_postgres(postgres, control.text(Engine::Postgres)).await,
        }
    }

    /// Commits. An outage here leaves it unknown whether the change was kept, unless the database itself said no.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => sqlite::control(connection, Control::Commit.text(Engine::Sqlite)).map_err(sqlite::commit_error),
            Self::Postgres(postgres) => postgres.commit().await,
        }
    }

    /// Runs the statements of a migration, with this database's words for types and tables.
    pub(crate) async fn script(&mut self, text: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let text = text.replace("BYTEA", "BLOB").replace("BIGINT", "INTEGER");
                let text = text.replace("{ROWS}", "STRICT").replace("{KEYED}", "STRICT, WITHOUT ROWID");
                connection.execute_batch(&text).map_err(|error| sqlite::store_error(&error))
            }
            Self::Postgres(postgres) => {
                let text = text.replace("{ROWS}", "").replace("{KEYED}", "");
                postgres.client.batch_execute(&text).await.map_err(|error| postgres::store_error(&error))
            }
        }
    }

    /// The names of all tables.
    pub(crate) async fn tables(&mut self) -> Result<Vec<String>, StoreError> {
        let statement = if self.is_immediate() { &TABLES_OF_SQLITE } else { &TABLES_OF_POSTGRES };
        self.rows(statement, &[]).await?.into_iter().map(|mut row| row.take()).collect()
    }

    /// Removes tables that refer to no others than these.
    pub(crate) async fn drop_tables(&mut self, names: &[String]) -> Result<(), StoreError> {
        match self {
            _ if names.is_empty() => Ok(()),
            // Without the checks of references, which such a connection does at the end.
            Self::Sqlite(connection) => names.iter().try_for_each(|name| sqlite::control(connection, &format!("DROP TABLE {name}"))),
            Self::Postgres(postgres) => control_postgres(postgres, &format!("DROP TABLE {}", names.join(", "))).await,
        }
    }

    /// Whether every reference leads somewhere; PostgreSQL has seen to it all along.
    pub(crate) async fn references_hold(&mut self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(connection) => sqlite::references_hold(connection),
            Self::Postgres(_) => Ok(true),
        }
    }

    /// Lets no other process migrate until the end of the transaction. SQLite has one writer anyway.
    pub(crate) async fn exclude_migrations(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => control_postgres(postgres, "SELECT pg_advisory_xact_lock(7021902, 1)").await,
        }
    }

    /// Makes sure that everything this process has seen of the database stays. After a crash PostgreSQL shows what it had
    /// written itself, also where its replica never got it; a commit is answered when the replica has all that came before.
    pub(crate) async fn confirm(&mut self) -> Result<(), StoreError> {
        if let Self::Sqlite(_) = self {
            return Ok(());
        }
        self.control(Control::BeginWrite).await?;
        journal::lock_head(self).await?;
        self.commit().await
    }

    /// Tells the other nodes, once the transaction is committed, that there is something to read.
    pub(crate) async fn ring(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => control_postgres(postgres, crate::link::RING).await,
        }
    }

    /// A number that is another one once anything was written, or cannot go on without undoing what was.
    pub(crate) fn written(&self) -> u64 {
        match self {
            // A statement of SQLite that fails leaves nothing behind.
            Self::Sqlite(connection) => connection.total_changes(),
            Self::Postgres(postgres) => postgres.written,
        }
    }

    /// Whether every verb is done when it returns, so that waiting inside a transaction is a mistake.
    pub(crate) fn is_immediate(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Whether the transaction is gone: the connection broke, or the database rolled everything back by itself.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            // SQLite rolls the whole transaction back after some faults of the disk.
            Self::Sqlite(connection) => connection.is_autocommit(),
            Self::Postgres(postgres) => postgres.timed_out || postgres.client.is_closed(),
        }
    }
}

async fn control_postgres(postgres: &mut Postgres<'_>, text: &str) -> Result<(), StoreError> {
    let work = postgres.client.batch_execute(text);
    match tokio::time::timeout(postgres.limit, work).await {
        Ok(done) => done.map_err(|error| postgres::store_error(&error)),
        Err(_) => Err(postgres.too_slow()),
    }
}

impl Postgres<'_> {
    async fn commit(&mut self) -> Result<(), StoreError> {
        if let Some(warned) = self.warned {
            warned.store(false, Ordering::SeqCst);
        }
        let work = self.client.batch_execute(Control::Commit.text(Engine::Postgres));
        let Ok(done) = tokio::time::timeout(self.limit, work).await else {
            self.timed_out = true;
            return Err(StoreError::outcome_unknown("the database did not answer a commit in time"));
        };
        done.map_err(|error| postgres::commit_error(&error))?;
        // PostgreSQL warns where it gave up waiting for its replica: a failover can take back what it has committed.
        if self.warned.is_some_and(|warned| warned.load(Ordering::SeqCst)) {
            self.timed_out = true;
            return Err(StoreError::outcome_unknown("PostgreSQL warned about a commit"));
        }
        Ok(())
    }

    fn too_slow(&mut self) -> StoreError {
        self.timed_out = true;
        StoreError::unavailable("the database did not answer in time")
    }
}
