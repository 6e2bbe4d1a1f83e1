//! Grants: listed, and ended with everything that hangs from them.

use domain::grant::Grant;
use domain::{CredentialId, Event, GrantId, PersonId};
use store::{Abort, By, Outcome, Recorded, StoreError, Tx};

use crate::{Authority, Caller, Changed, Context, Error, Page, Right};

impl Authority {
    /// What a person has authorised clients to do.
    pub async fn grants_of(&self, caller: &Caller, person: PersonId, page: Page) -> Result<Vec<Grant>, Error> {
        require_itself(caller, person, Right::TokensRead)?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.grants_of(person, page).await })).await?)
    }

    /// How many people have given a key access that still lasts.
    pub async fn connections_of_key(&self, caller: &Caller, key: CredentialId) -> Result<usize, Error> {
        self.organisation_key(caller, key).await?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.live_grants_of_key(key).await })).await?.len())
    }

    /// Ends a grant: the client's codes, refresh tokens and access tokens for this person.
    pub async fn end_grant(&self, context: &Context, id: GrantId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let grant = tx.grant(id).await?.filter(|grant| grant.ended_at.is_none()).ok_or(Abort::Refused(Error::NotFound))?;
                require_itself(&caller, grant.person, Right::TokensWrite).map_err(Abort::Refused)?;
                let recorded = end(tx, by, &[id]).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }
}

fn require_itself(caller: &Caller, person: PersonId, right: Right) -> Result<(), Error> {
    match caller {
        Caller::Person(asking) if asking.id == person => caller.require(right),
        _ if caller.is_operator() => Ok(()),
        _ => Err(Error::NotFound),
    }
}

/// Ends those of the grants that are not ended, with one event.
pub(crate) async fn end(tx: &mut Tx<'_>, by: &By, grants: &[GrantId]) -> Result<Option<Recorded>, StoreError> {
    let mut ended = Vec::new();
    for grant in grants {
        if tx.end_grant(*grant, by.at).await? {
            ended.push(*grant);
        }
    }
    if ended.is_empty() {
        return Ok(None);
    }
    tx.record(by, Event::GrantsEnded { grants: ended }).await.map(Some)
}
