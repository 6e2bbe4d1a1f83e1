//! Credentials that end by themselves before long, and whether that was told.

use std::time::Duration;

use domain::client::ClientDefinition;
use domain::id::{CredentialId, DelegationId, OrganisationId, PersonId};
use domain::letter::Ending;
use domain::text::Email;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

/// Not told yet; $4 are the days.
macro_rules! untold {
    ($id:literal, $ends_at:literal) => {
        concat!(
            " AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.credential = ",
            $id,
            " AND n.ends_at = ",
            $ends_at,
            " AND n.days = $4) ORDER BY ",
            $ends_at,
            ", ",
            $id,
            " LIMIT $5"
        )
    };
}

statements! {
    ENDING_PERSONAL_TOKENS = concat!("SELECT t.id, t.person, t.description, t.expires_at FROM personal_token t
        JOIN membership m ON m.id = t.membership
        WHERE t.expires_at > $1 AND t.expires_at <= $2 AND t.created_at <= t.expires_at - $3 AND t.revoked_at IS NULL AND m.ended = 0",
        untold!("t.id", "t.expires_at"));
    ENDING_ORGANISATION_TOKENS = concat!("SELECT t.id, t.organisation, t.username, t.expires_at FROM organisation_token t
        WHERE t.expires_at > $1 AND t.expires_at <= $2 AND t.created_at <= t.expires_at - $3 AND t.revoked_at IS NULL",
        untold!("t.id", "t.expires_at"));
    ENDING_PRIVATE_KEYS = concat!("SELECT p.id, k.organisation, k.definition, k.contact, p.ends_at, k.id, p.created_at FROM private_key p
        JOIN organisation_key k ON k.id = p.organisation_key
        WHERE p.ends_at > $1 AND p.ends_at <= $2 AND p.created_at <= p.ends_at - $3 AND p.ended_at IS NULL AND p.superseded = 0
        AND k.revoked_at IS NULL AND k.organisation IS NOT NULL", untold!("p.id", "p.ends_at"));
    // Used since a newer one is there, and not long ago.
    OLD_KEYS_STILL_USED = concat!("SELECT p.id, k.organisation, k.definition, k.contact, p.ends_at, k.id, u.last_used_at FROM private_key p
        JOIN organisation_key k ON k.id = p.organisation_key
        JOIN credential_usage u ON u.credential = p.id
        WHERE p.ends_at > $1 AND p.ends_at <= $2 AND u.last_used_at > $3 AND p.ended_at IS NULL AND p.superseded = 1
        AND k.revoked_at IS NULL AND k.organisation IS NOT NULL
        AND u.last_used_at > (SELECT MAX(newer.created_at) FROM private_key newer
            WHERE newer.organisation_key = p.organisation_key AND newer.superseded = 0)", untold!("p.id", "p.ends_at"));
    ENDING_DELEGATIONS = concat!("SELECT d.id, d.ends_at FROM delegation d
        WHERE d.ends_at > $1 AND d.ends_at <= $2 AND d.created_at <= d.ends_at - $3 AND d.over_at IS NULL AND d.accepted_at IS NOT NULL
        AND d.closing_announced = 0", untold!("d.id", "d.ends_at"));
    LAPSING_DELEGATIONS = concat!("SELECT d.id, d.review_at FROM delegation d
        WHERE d.review_at > $1 AND d.review_at <= $2 AND d.created_at <= d.review_at - $3 AND d.over_at IS NULL
        AND d.accepted_at IS NOT NULL AND (d.ends_at IS NULL OR d.ends_at > d.review_at)", untold!("d.id", "d.review_at"));
    // By their time, or by that of one that they pass on: whoever closes one tells so.
    DELEGATIONS_OVER = concat!("SELECT d.id, d.over_at FROM delegation d
        WHERE d.over_at > $1 AND d.over_at <= $2 AND d.created_at <= d.over_at - $3 AND d.closed_at IS NULL AND d.accepted_at IS NOT NULL",
        untold!("d.id", "d.over_at"));
    NOTE_TOLD = "INSERT INTO notice (credential, ends_at, days) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    DROP_OLD_NOTICES = "DELETE FROM notice WHERE ends_at <= $1";
}

/// A credential that ends before long, which nobody was told for so many days before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingCredential {
    /// Which kind.
    pub kind: Ending,
    /// Which one.
    pub id: CredentialId,
    /// What it is called.
    pub name: String,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Whose it is, where it is a person's.
    pub person: Option<PersonId>,
    /// Whose it is, where it is an organisation's.
    pub organisation: Option<OrganisationId>,
}

/// A private key that ends before long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingPrivateKey {
    /// Which one.
    pub id: CredentialId,
    /// Its organisation key.
    pub key: CredentialId,
    /// What that is called.
    pub name: String,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Whom to write to about it, besides.
    pub contact: Option<Email>,
    /// When the private key ends.
    pub ends_at: Timestamp,
    /// When it was made; of a replaced one, when it was last used.
    pub at: Timestamp,
}

/// How a delegation ends by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelegationEnding {
    /// At the end that it was given.
    Ends,
    /// At its review, unless somebody confirms it.
    Lapses,
    /// It has ended.
    Over,
}

/// Which credentials, or delegations, are looked for.
#[derive(Debug, Clone, Copy)]
pub struct EndingWithin {
    /// They end after this moment,
    pub after: Timestamp,
    /// and not after this one.
    pub until: Timestamp,
    /// They were made at least so long before they end.
    pub span: Duration,
    /// How many days before it the notice counts for.
    pub days: u32,
}

impl Reader<'_> {
    /// Credentials of a kind that end within a time, of which that was not told; the first to end first, at most `limit`.
    pub async fn ending_credentials(
        &mut self,
        kind: Ending,
        within: EndingWithin,
        limit: u32,
    ) -> Result<Vec<EndingCredential>, StoreError> {
        let EndingWithin { after, until, span, days } = within;
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let params = params![after, until, span, days, limit];
        let statement = match kind {
            Ending::PersonalToken => &ENDING_PERSONAL_TOKENS,
            Ending::OrganisationToken => &ENDING_ORGANISATION_TOKENS,
        };
        let rows = self.executor.rows(statement, &params).await?;
        let read = |mut row: crate::value::Row| {
            let id: CredentialId = row.take()?;
            let (person, organisation) = match kind {
                Ending::PersonalToken => (Some(row.take()?), None),
                Ending::OrganisationToken => (None, Some(row.take()?)),
            };
            let (name, ends_at) = (row.take()?, row.take()?);
            Ok(EndingCredential { kind, id, name, ends_at, person, organisation })
        };
        rows.into_iter().map(read).collect()
    }

    /// Delegations that end so within a time, of which that was not told, with the moment; the first to end first, at most `limit`.
    pub async fn ending_delegations(
        &mut self,
        how: DelegationEnding,
        within: EndingWithin,
        limit: u32,
    ) -> Result<Vec<(DelegationId, Timestamp)>, StoreError> {
        let EndingWithin { after, until, span, days } = within;
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let statement = match how {
            DelegationEnding::Ends => &ENDING_DELEGATIONS,
            DelegationEnding::Lapses => &LAPSING_DELEGATIONS,
            DelegationEnding::Over => &DELEGATIONS_OVER,
        };
        let rows = self.executor.rows(statement, &params![after, until, span, days, limit]).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// Private keys of organisation keys that end within a time, of which that was not told; the first to end first, at most `limit`.
    pub async fn ending_private_keys(&mut self, within: EndingWithin, limit: u32) -> Result<Vec<EndingPrivateKey>, StoreError> {
        let EndingWithin { after, until, span, days } = within;
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let rows = self.executor.rows(&ENDING_PRIVATE_KEYS, &params![after, until, span, days, limit]).await?;
        rows.into_iter().map(private_key).collect()
    }

    /// Replaced private keys that end within a time and were used after `used_after`, of which that was not told; at most `limit`.
    pub async fn old_keys_still_used(
        &mut self,
        (after, until): (Timestamp, Timestamp),
        used_after: Timestamp,
        limit: u32,
    ) -> Result<Vec<EndingPrivateKey>, StoreError> {
        let rows = self.executor.rows(&OLD_KEYS_STILL_USED, &params![after, until, used_after, 0_u32, limit]).await?;
        rows.into_iter().map(private_key).collect()
    }
}

fn private_key(mut row: crate::value::Row) -> Result<EndingPrivateKey, StoreError> {
    let (id, organisation) = (row.take()?, row.take()?);
    let name = row.json::<ClientDefinition>()?.name.to_string();
    let contact = row.parse_optional(Email::new)?;
    let (ends_at, key, at) = (row.take()?, row.take()?, row.take()?);
    Ok(EndingPrivateKey { id, key, name, organisation, contact, ends_at, at })
}

impl Tx<'_> {
    /// Notes that it is told how many days before its end; says whether it was not told before.
    pub async fn note_told(&mut self, credential: CredentialId, ends_at: Timestamp, days: u32) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&NOTE_TOLD, &params![&credential, ends_at, days]).await? > 0)
    }
}

impl Store {
    /// Forgets what was told of what has ended by then. Not journalled.
    pub async fn drop_old_notices(&self, then: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_OLD_NOTICES, &params![then]).await.map(drop) })).await
    }
}
