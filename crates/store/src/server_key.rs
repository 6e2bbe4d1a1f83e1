//! Keys of the server, as rows: sealed under the master key (see [`crate::sealing`]).

use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, purpose, algorithm, sealed, master_key_id, created_at, activated_at, retired_at FROM server_key "
    };
}

statements! {
    INSERT_SERVER_KEY = "INSERT INTO server_key (id, purpose, algorithm, sealed, master_key_id, created_at, activated_at, retired_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    SERVER_KEYS = concat!(columns!(), "WHERE purpose = $1 ORDER BY created_at, id");
    ALL_SERVER_KEYS = concat!(columns!(), "ORDER BY id");
    REPLACE_SEALED = "UPDATE server_key SET sealed = $2, master_key_id = $3 WHERE id = $1";
    ACTIVATE_SERVER_KEY = "UPDATE server_key SET activated_at = $2 WHERE id = $1 AND activated_at IS NULL AND retired_at IS NULL";
    END_SERVER_KEY = "UPDATE server_key SET sealed = $3, retired_at = COALESCE(retired_at, $2) WHERE id = $1 AND sealed <> $3";
    RETIRE_SERVER_KEY = "UPDATE server_key SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
}

/// A key of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKeyRow {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub purpose: String,
    /// Its algorithm.
    pub algorithm: String,
    /// The key, sealed; nothing once it was ended.
    pub sealed: Vec<u8>,
    /// The id of the master key that it is sealed under.
    pub master_key_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it makes new things, if so.
    pub activated_at: Option<Timestamp>,
    /// Since when it makes nothing new, if so.
    pub retired_at: Option<Timestamp>,
}

/// What a server key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Nodes learn to read with it; nothing is made with it before all of them have.
    Published,
    /// New things are made with it.
    Active,
    /// What was made with it is still read.
    Retired,
    /// It is gone: nothing can be made or read with it.
    Ended,
}

impl ServerKeyRow {
    /// Its state.
    pub fn state(&self) -> KeyState {
        match (self.activated_at, self.retired_at) {
            _ if self.sealed.is_empty() => KeyState::Ended,
            (_, Some(_)) => KeyState::Retired,
            (Some(_), None) => KeyState::Active,
            (None, None) => KeyState::Published,
        }
    }
}

impl Reader<'_> {
    /// The keys for a purpose, retired ones among them, oldest first.
    pub async fn server_keys(&mut self, purpose: &str) -> Result<Vec<ServerKeyRow>, StoreError> {
        self.executor.rows(&SERVER_KEYS, &params![purpose]).await?.into_iter().map(server_key).collect()
    }

    /// All keys, ordered by id.
    pub async fn all_server_keys(&mut self) -> Result<Vec<ServerKeyRow>, StoreError> {
        self.executor.rows(&ALL_SERVER_KEYS, &params![]).await?.into_iter().map(server_key).collect()
    }
}

impl Tx<'_> {
    /// Keeps a key. Conflict: `id`.
    pub async fn insert_server_key(&mut self, key: &ServerKeyRow) -> Result<(), StoreError> {
        let ServerKeyRow { id, purpose, algorithm, sealed, master_key_id, created_at, activated_at, retired_at } = key;
        let params = params![id, purpose, algorithm, sealed, master_key_id, *created_at, *activated_at, *retired_at];
        self.executor.execute(&INSERT_SERVER_KEY, &params).await.map(drop)
    }

    /// Puts the key, sealed under another master key, in the place of the old sealing; says whether it was there.
    pub async fn replace_sealed(&mut self, id: &str, sealed: &[u8], master_key_id: &str) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REPLACE_SEALED, &params![id, sealed, master_key_id]).await? > 0)
    }

    /// Lets a published key make new things from this moment on; says whether anything changed.
    pub async fn activate_server_key(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&ACTIVATE_SERVER_KEY, &params![id, at]).await? > 0)
    }

    /// Destroys a key; its row stays. Says whether anything changed.
    pub async fn end_server_key(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let nothing: &[u8] = &[];
        Ok(self.executor.execute(&END_SERVER_KEY, &params![id, at, nothing]).await? > 0)
    }

    /// Lets a key make nothing new from this moment on; says whether anything changed.
    pub async fn retire_server_key(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&RETIRE_SERVER_KEY, &params![id, at]).await? > 0)
    }
}

fn server_key(mut row: Row) -> Result<ServerKeyRow, StoreError> {
    Ok(ServerKeyRow {
        id: row.take()?,
        purpose: row.take()?,
        algorithm: row.take()?,
        sealed: row.take()?,
        master_key_id: row.take()?,
        created_at: row.take()?,
        activated_at: row.take()?,
        retired_at: row.take()?,
    })
}
