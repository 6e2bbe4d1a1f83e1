//! Letters that wait to be sent.

use domain::id::{LetterId, PersonId};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    INSERT_LETTER = "INSERT INTO letter (id, person, sealed, created_at, give_up_at, attempts, next_at) VALUES ($1, $2, $3, $4, $5, 0, $4)";
    DUE_LETTERS = "SELECT id, person, sealed, created_at, give_up_at, attempts FROM letter WHERE next_at <= $1
        ORDER BY next_at, id LIMIT $2";
    // Whoever changes the row is the one that sends.
    CLAIM_LETTER = "UPDATE letter SET attempts = attempts + 1, next_at = $3 WHERE id = $1 AND attempts = $2";
    DROP_LETTER = "DELETE FROM letter WHERE id = $1";
    ERASE_LETTERS = "DELETE FROM letter WHERE person = $1";
    WAITING_LETTERS = "SELECT COUNT(*), MIN(created_at) FROM letter";
}

/// A letter that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    /// Its id.
    pub id: LetterId,
    /// Whom it is for, where that is a person.
    pub person: Option<PersonId>,
    /// The letter, sealed.
    pub sealed: Vec<u8>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is given up.
    pub give_up_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

/// The letters that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingLetters {
    /// How many.
    pub count: u64,
    /// Since when the longest.
    pub since: Option<Timestamp>,
}

impl Reader<'_> {
    /// Letters that are to be sent at this moment, the longest due first; at most `limit`.
    pub async fn due_letters(&mut self, now: Timestamp, limit: u32) -> Result<Vec<LetterRow>, StoreError> {
        let rows = self.executor.rows(&DUE_LETTERS, &params![now, limit]).await?;
        rows.into_iter()
            .map(|mut row| {
                let (id, person, sealed, created_at, give_up_at) = (row.take()?, row.take()?, row.take()?, row.take()?, row.take()?);
                let attempts = u32::try_from(row.take::<i64>()?).unwrap_or(u32::MAX);
                Ok(LetterRow { id, person, sealed, created_at, give_up_at, attempts })
            })
            .collect()
    }

    /// How many letters wait, and since when.
    pub async fn waiting_letters(&mut self) -> Result<WaitingLetters, StoreError> {
        let row = self.executor.row(&WAITING_LETTERS, &params![]).await?;
        let Some(mut row) = row else { return Ok(WaitingLetters { count: 0, since: None }) };
        Ok(WaitingLetters { count: row.take()?, since: row.take()? })
    }
}

impl Tx<'_> {
    /// Lets a letter wait, from the moment on at which it was written.
    pub async fn insert_letter(&mut self, letter: &LetterRow) -> Result<(), StoreError> {
        let LetterRow { id, person, sealed, created_at, give_up_at, .. } = letter;
        self.executor.execute(&INSERT_LETTER, &params![id, person.as_ref(), sealed, *created_at, *give_up_at]).await.map(drop)
    }

    /// Forgets the letters that wait for a person.
    pub(crate) async fn erase_letters(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.executor.execute(&ERASE_LETTERS, &params![&person]).await.map(drop)
    }
}

impl Store {
    /// Claims a letter that was tried so often until another moment, when whoever claimed it counts as gone: of several that try, one
    /// is told that it may send. Not journalled.
    pub async fn claim_letter(&self, id: LetterId, attempts: u32, until: Timestamp) -> Result<bool, StoreError> {
        self.keep_giving(move |executor| {
            Box::pin(async move { Ok(executor.execute(&CLAIM_LETTER, &params![&id, attempts, until]).await? > 0) })
        })
        .await
    }

    /// Forgets a letter: it was sent, or never will be. Not journalled.
    pub async fn drop_letter(&self, id: LetterId) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_LETTER, &params![&id]).await.map(drop) })).await
    }
}
