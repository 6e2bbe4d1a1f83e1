//! Passkeys (Web Authentication): the public half of a key pair that a person's own device keeps.

use domain::id::{PasskeyId, PersonId};
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, person, credential, public_key, counter, name, transports, is_synced, created_at, last_used_at, suspected_at FROM passkey "
    };
}

statements! {
    PASSKEY_BY_CREDENTIAL = concat!(columns!(), "WHERE credential = $1");
    PASSKEYS_OF = concat!(columns!(), "WHERE person = $1 ORDER BY id");
    INSERT_PASSKEY = "INSERT INTO passkey (id, person, credential, public_key, counter, name, transports, is_synced, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    // Many never count: then both are 0.
    COUNT_PASSKEY = "UPDATE passkey SET counter = $2, last_used_at = $3
        WHERE id = $1 AND suspected_at IS NULL AND (counter < $2 OR (counter = 0 AND $2 = 0))";
    SUSPECT_PASSKEY = "UPDATE passkey SET suspected_at = $2 WHERE id = $1 AND suspected_at IS NULL";
    RENAME_PASSKEY = "UPDATE passkey SET name = $3 WHERE id = $1 AND person = $2";
    DELETE_PASSKEY = "DELETE FROM passkey WHERE id = $1 AND person = $2";
    DELETE_PASSKEYS = "DELETE FROM passkey WHERE person = $1";
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// Whose.
    pub person: PersonId,
    /// The authenticator's name for it.
    pub credential: Vec<u8>,
    /// Its public half (RFC 9052 section 7).
    pub public_key: Vec<u8>,
    /// What it counted last; 0 where it does not count.
    pub counter: u32,
    /// What its person calls it.
    pub name: String,
    /// How a browser reaches it, as the browser said, with spaces between.
    pub transports: String,
    /// Whether it may be on several devices.
    pub is_synced: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When it counted backwards: it does not count as a proof any more.
    pub suspected_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// The passkey that an authenticator calls so.
    pub async fn passkey_by_credential(&mut self, credential: &Vec<u8>) -> Result<Option<Passkey>, StoreError> {
        self.executor.row(&PASSKEY_BY_CREDENTIAL, &params![credential]).await?.map(passkey).transpose()
    }

    /// A person's passkeys, the oldest first.
    pub async fn passkeys_of(&mut self, person: PersonId) -> Result<Vec<Passkey>, StoreError> {
        self.executor.rows(&PASSKEYS_OF, &params![&person]).await?.into_iter().map(passkey).collect()
    }
}

impl Tx<'_> {
    /// Gives a person a passkey. Conflict: `passkey_credential`.
    pub async fn insert_passkey(&mut self, new: &Passkey) -> Result<(), StoreError> {
        let params = params![
            &new.id,
            &new.person,
            &new.credential,
            &new.public_key,
            i64::from(new.counter),
            new.name.as_str(),
            new.transports.as_str(),
            new.is_synced,
            new.created_at,
        ];
        self.executor.execute(&INSERT_PASSKEY, &params).await.map(drop)
    }

    /// Writes what it counted when it was used; says whether that is more than before, where it counts.
    pub async fn count_passkey(&mut self, id: PasskeyId, counter: u32, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&COUNT_PASSKEY, &params![&id, i64::from(counter), at]).await? > 0)
    }

    /// Marks that it counted backwards; says whether it was not marked before.
    pub async fn suspect_passkey(&mut self, id: PasskeyId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&SUSPECT_PASSKEY, &params![&id, at]).await? > 0)
    }

    /// Gives a person's passkey another name; says whether it is there.
    pub async fn rename_passkey(&mut self, id: PasskeyId, person: PersonId, name: &str) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&RENAME_PASSKEY, &params![&id, &person, name]).await? > 0)
    }

    /// Takes a person's passkey away; says whether it was there.
    pub async fn delete_passkey(&mut self, id: PasskeyId, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&DELETE_PASSKEY, &params![&id, &person]).await? > 0)
    }

    /// Takes all second factors of a person away: app, passkeys and recovery codes; says whether there were any.
    pub async fn delete_second_factors(&mut self, person: PersonId) -> Result<bool, StoreError> {
        let passkeys = self.executor.execute(&DELETE_PASSKEYS, &params![&person]).await? > 0;
        let codes = self.delete_recovery_codes(person).await?;
        Ok(self.delete_totp(person).await? || passkeys || codes)
    }
}

fn passkey(mut row: Row) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: row.take()?,
        person: row.take()?,
        credential: row.take()?,
        public_key: row.take()?,
        counter: u32::try_from(row.take::<i64>()?).map_err(|_| StoreError::corrupt("a counter"))?,
        name: row.take()?,
        transports: row.take()?,
        is_synced: row.take()?,
        created_at: row.take()?,
        last_used_at: row.take()?,
        suspected_at: row.take()?,
    })
}
