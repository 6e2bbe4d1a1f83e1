//! What waits until a person has signed in or answered: kept for a while, for the browser in which it began.

use std::net::IpAddr;
use std::time::Duration;

use domain::{Digest, InteractionId, PersonId, Secret, Timestamp};

use crate::{Authority, Error};

pub use store::Interaction;

/// For how long something waits.
pub const WAITS_FOR: Duration = Duration::from_secs(600);

/// What is to wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The path of the endpoint that goes on with it, to which `/` and the id are added.
    pub resume: String,
    /// What waits, in the words of that endpoint.
    pub request: String,
    /// The name of the program that waits, for the sign-in page.
    pub client: Option<String>,
    /// The origin, or the scheme and `:`, to which the browser is sent in the end: forms may lead there (CSP `form-action`).
    pub leads_to: Option<String>,
    /// Who is expected to sign in: fills the field.
    pub login_hint: Option<String>,
    /// Whether whoever is signed in must sign in again. The session's `auth_time` is then later than `created_at` of what waits.
    pub sign_in_again: bool,
}

impl Authority {
    /// Lets a request wait for the browser with this visit, for [`WAITS_FOR`]. Nothing where too many came from this address.
    pub async fn wait_for_person(
        &self,
        waiting: Waiting,
        visit: Digest,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<InteractionId>, Error> {
        if self.count_waiting(address, now).await?.is_some() {
            return Ok(None);
        }
        let id = InteractionId::generate(now, &*self.entropy)?;
        self.keep_waiting(id, waiting, visit, now).await?;
        Ok(Some(id))
    }

    /// Lets it wait under this id, however much waits already: for what was counted before.
    pub(crate) async fn keep_waiting(&self, id: InteractionId, waiting: Waiting, visit: Digest, now: Timestamp) -> Result<(), Error> {
        let Waiting { resume, request, client, leads_to, login_hint, sign_in_again } = waiting;
        let expires_at = now.saturating_add(WAITS_FOR);
        let row = Interaction { id, visit, resume, request, client, leads_to, login_hint, sign_in_again, created_at: now, expires_at };
        Ok(self.store.insert_interaction(row).await?)
    }

    /// What waits under this id for the browser with this visit: nothing for another browser, or where it is over.
    pub async fn interaction(&self, id: InteractionId, visit: Digest, now: Timestamp) -> Result<Option<Interaction>, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.interaction(id, &visit, now).await })).await?)
    }

    /// Whose session it was that had this secret, over or not, as long as it is known.
    pub async fn person_of_session(&self, secret: &Secret<String>) -> Result<Option<PersonId>, Error> {
        let digest = Digest::of(secret.expose().as_bytes());
        Ok(self.store.read(move |reader| Box::pin(async move { reader.person_of_secret(&digest).await })).await?)
    }

    /// Takes what waits, once: of several who try, one is told that it was there.
    pub async fn take_interaction(&self, id: InteractionId, visit: Digest, now: Timestamp) -> Result<bool, Error> {
        Ok(self.store.take_interaction(id, visit, now).await?)
    }
}
