//! After a restore: what was ended since the backup is ended again, where that is known; what is not known is fenced until
//! an operator confirms it.

use domain::event::Entry;
use domain::fence::Scope;
use domain::{Event, Fence, OrganisationId};
use store::backup::{Past, Since};
use store::{Abort, By, Outcome, StoreError, Tx};

use crate::install::{SET_UP_DIGEST, USED};
use crate::{Authority, Caller, Changed, Context, Error, again};

impl Authority {
    /// The fence, where one stands; for operators.
    pub async fn fence(&self, caller: &Caller) -> Result<Option<Fence>, Error> {
        caller.require_operator()?;
        Ok(self.store.read(|reader| Box::pin(async move { reader.fence().await })).await?)
    }

    /// Lets a part of what was restored work again. Without a fence there is nothing to do.
    pub async fn confirm_restore(&self, context: &Context, scope: Scope) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            let scope = scope.clone();
            Box::pin(async move {
                let known = match &scope {
                    Scope::Everything => true,
                    Scope::Organisation { organisation } => tx.organisation(*organisation).await?.is_some(),
                    Scope::Api { api } => tx.api(api).await?.is_some(),
                };
                if !known {
                    return Err(Abort::Refused(Error::NotFound));
                }
                if tx.fence().await?.is_none() || !tx.confirm(&scope).await? {
                    return Ok(Outcome::Unchanged(()));
                }
                Ok(Outcome::Changed((), tx.record(by, Event::RestoreConfirmed { scope }).await?))
            })
        })
        .await
    }
}

/// What belongs to a restore, in its transaction.
pub async fn after_restore(tx: &mut Tx<'_>, past: &Past, by: &By) -> Result<(), StoreError> {
    let Past { header, newest, since } = past;
    if by.at.unix_milliseconds() <= milliseconds_of(newest.as_bytes()) {
        let what =
            "the clock of this machine stands before the newest thing in the backup: what is made from now on could not be told apart";
        return Err(StoreError::Refused(what.into()));
    }
    // Whether the set-up link was used since is not known, and whoever has it may have kept it.
    if tx.setting(SET_UP_DIGEST).await?.is_some() {
        tx.put_setting(SET_UP_DIGEST, USED).await?;
    }
    let (entries, fenced): (&[Entry], bool) = match since {
        Since::Unknown => (&[], true),
        Since::Partly(entries) => (entries, true),
        Since::All(entries) => (entries, false),
    };
    if fenced {
        let fence = Fence { newest: *newest, backup_at: header.made_at, backup: header.sequence, raised_at: by.at, confirmed: Vec::new() };
        tx.raise_fence(&fence).await?;
    }
    tx.record(by, Event::Restored { backup: header.sequence, newest: *newest, fenced }).await?;
    for entry in entries {
        again::apply(tx, by, &entry.event).await?;
    }
    Ok(())
}

/// Whether something of this organisation, or of none, stands behind a fence.
pub(crate) fn holds(fence: Option<&Fence>, id: &[u8; 16], organisation: Option<OrganisationId>) -> bool {
    fence.is_some_and(|fence| {
        let confirmed = |organisation| fence.confirmed.contains(&Scope::Organisation { organisation });
        id <= fence.newest.as_bytes() && !organisation.is_some_and(confirmed)
    })
}

/// The time that an id was made at, in milliseconds since 1970 (RFC 9562 section 5.7).
fn milliseconds_of(id: &[u8; 16]) -> u64 {
    id[..6].iter().fold(0, |time, byte| time << 8 | u64::from(*byte))
}
