//! Settings of the installation that live with its data.

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    SETTING = "SELECT value FROM setting WHERE name = $1";
    PUT_SETTING = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    KEEP_FIRST = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    REMOVE_SETTING = "DELETE FROM setting WHERE name = $1";
}

/// The fingerprint of the master key that the server keys are sealed under.
pub const MASTER_KEY_FINGERPRINT: &str = "master_key_fingerprint";

impl Reader<'_> {
    /// A setting.
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        read(&mut self.executor, name).await
    }
}

/// A setting, in the transaction that the executor is in.
pub(crate) async fn read(executor: &mut Executor<'_>, name: &str) -> Result<Option<String>, StoreError> {
    executor.row(&SETTING, &params![name]).await?.map(|mut row| row.take()).transpose()
}

impl Tx<'_> {
    /// Writes a setting, whether it was there or not. No secret may be one.
    pub async fn put_setting(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.executor.execute(&PUT_SETTING, &params![name, value]).await.map(drop)
    }

    /// Removes a setting; says whether it was there.
    pub async fn remove_setting(&mut self, name: &str) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REMOVE_SETTING, &params![name]).await? > 0)
    }
}

/// Keeps the fingerprint of the first master key; another one is refused.
pub(crate) async fn keep_first(executor: &mut Executor<'_>, fingerprint: String) -> Result<(), StoreError> {
    if executor.execute(&KEEP_FIRST, &params![MASTER_KEY_FINGERPRINT, &fingerprint]).await? > 0 {
        return Ok(());
    }
    let known = executor.row(&SETTING, &params![MASTER_KEY_FINGERPRINT]).await?.map(|mut row| row.take::<String>()).transpose()?;
    if known.as_deref() == Some(&*fingerprint) { Ok(()) } else { Err(crate::sealing::another()) }
}
