//! The lock of an embedded database: one process at a time, for as long as it lives. On PostgreSQL any number of nodes
//! share the database (see `node`).

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::error::StoreError;
use crate::options::{DatabaseUrl, Options};

/// An exclusive lock on the file `NAME.lock` beside an embedded database; nothing for PostgreSQL and for maintenance.
pub(crate) struct Lock(Mutex<Option<File>>);

impl Lock {
    /// Takes the lock, or says clearly that another process has it.
    pub(crate) fn take(options: &Options) -> Result<Self, StoreError> {
        let file = match &options.url {
            DatabaseUrl::Sqlite(path) if options.exclusive => Some(lock_file(path)?),
            _ => None,
        };
        Ok(Self(Mutex::new(file)))
    }

    /// Lets the lock go.
    pub(crate) fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

fn lock_file(database: &Path) -> Result<File, StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = file.map_err(|error| StoreError::unavailable(format!("the lock file cannot be opened: {error}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Refused("another server is running on this database file".into())),
        Err(TryLockError::Error(error)) => Err(StoreError::unavailable(format!("the lock file cannot be locked: {error}"))),
    }
}
