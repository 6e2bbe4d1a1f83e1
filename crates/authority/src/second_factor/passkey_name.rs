//! What a person calls a passkey: changed whenever they like. No index holds it, so it is no event.

use domain::PasskeyId;
use domain::text::Name;
use store::{Abort, Outcome};

use crate::{Authority, Context, Error};

impl Authority {
    /// Gives one of the caller's own passkeys another name.
    pub async fn rename_passkey(&self, context: &Context, id: PasskeyId, name: Name) -> Result<(), Error> {
        let person = super::oneself(context)?;
        let renamed = self.commit(context, move |tx, _| {
            let name = name.clone();
            Box::pin(async move {
                match tx.rename_passkey(id, person, name.as_str()).await? {
                    true => Ok(Outcome::Kept(())),
                    false => Err(Abort::Refused(Error::NotFound)),
                }
            })
        });
        renamed.await.map(drop)
    }
}
