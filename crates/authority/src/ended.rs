//! Credentials that were ended: for a while those who had them see that they did.

use std::time::Duration;

use domain::{OrganisationId, Timestamp};
use store::EndedRow;

use crate::{Authority, Caller, Error, Right};

/// For how long it is told that something was ended: 13 months. Its row stays, as the journal names it.
pub const ENDED_SHOWN_FOR: Duration = Duration::from_secs(396 * 86_400);
/// As many are listed.
const MOST: u32 = 100;

/// Whose ended credentials, and of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedOf {
    /// One's own personal tokens.
    OwnTokens,
    /// An organisation's tokens.
    Tokens(OrganisationId),
    /// An organisation's keys.
    Keys(OrganisationId),
}

impl Authority {
    /// What was ended in the last 13 months, the last one first.
    pub async fn ended(&self, caller: &Caller, of: EndedOf, now: Timestamp) -> Result<Vec<EndedRow>, Error> {
        let since = now.saturating_sub(ENDED_SHOWN_FOR);
        let person = match (of, caller) {
            (EndedOf::OwnTokens, Caller::Person(person)) => {
                caller.require(Right::TokensRead)?;
                Some(person.id)
            }
            (EndedOf::OwnTokens, _) => return Err(Error::Forbidden),
            (EndedOf::Tokens(id), _) => {
                caller.require_management(id, Right::OrganisationTokensRead)?;
                None
            }
            (EndedOf::Keys(id), _) => {
                caller.require_management(id, Right::OrganisationKeysRead)?;
                None
            }
        };
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                match (of, person) {
                    (EndedOf::Tokens(id), _) => reader.ended_organisation_tokens(id, since, MOST).await,
                    (EndedOf::Keys(id), _) => reader.ended_keys(id, since, MOST).await,
                    (EndedOf::OwnTokens, Some(person)) => reader.ended_personal_tokens(person, since, MOST).await,
                    (EndedOf::OwnTokens, None) => Ok(Vec::new()),
                }
            })
        });
        Ok(read.await?)
    }
}
