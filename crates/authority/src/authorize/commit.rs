//! The commit: grant and code in one transaction.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::authorization::{Authorization, CODE_SECONDS};
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::grant::Grant;
use domain::{CredentialId, Digest, Event, FamilyId, GrantId, InteractionId, Kind, MembershipId, PersonId, Secret};
use serde::{Deserialize, Serialize};
use store::{Abort, By, NewAuthorizationCode, Outcome, Recorded, StoreError, Tx};

use crate::change::Work;
use crate::error::Outage;
use crate::second_factor::policy;
use crate::{Authority, Changed, Context, Error, logout_notice, session};

/// For how long the same answer is given to somebody who sends the consent form twice. Shorter than the life of a code, so that
/// the row of a code that was redeemed is there for as long.
const REPEATED_FOR: Duration = Duration::from_secs(30);

/// What a person has consented to, now or before.
#[derive(Clone)]
pub struct Consented {
    /// Who.
    pub person: PersonId,
    /// Through which membership.
    pub membership: MembershipId,
    /// The organisation key of the client.
    pub key: CredentialId,
    /// The names of the scopes.
    pub scopes: Vec<String>,
    /// What is kept with the code.
    pub authorization: Authorization,
    /// The pushed request that this uses up, by its digest.
    pub pushed: Option<Digest>,
    /// The page on which the person consented; nothing where no page was needed.
    pub form: Option<ConsentForm>,
}

/// A form that a person sent, perhaps twice.
#[derive(Debug, Clone, Copy)]
pub struct ConsentForm {
    /// What waited for it.
    pub interaction: InteractionId,
    /// The browser that it waited for.
    pub visit: Digest,
    /// What the code is made from, so that a form that was sent twice gives one code: known only to who has both the browser's
    /// secret and what waits.
    pub seed: Digest,
}

/// How far the transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Committed {
    Issued,
    /// The form, the pushed request or the code was used before.
    Over,
    /// Person, membership or client are not what they were when the page was shown.
    Gone,
}

/// What came of it.
pub enum Authorised {
    /// The client gets this code.
    Code(Secret<String>),
    /// The page, or the pushed request, was used before.
    Over,
    /// The person, the membership or the client does not work any more.
    Gone,
}

impl Authority {
    /// Makes or widens the grant and makes its code. When this returns, the grant is known to every node, or to those that can be
    /// reached within half a second.
    pub async fn authorise(&self, context: &Context, consented: Consented) -> Result<Authorised, Error> {
        let text = match &consented.form {
            Some(form) => self.installation.generate(Kind::AuthorizationCode, &Seeded::new(form.seed))?,
            None => self.installation.generate(Kind::AuthorizationCode, &*self.entropy)?,
        };
        let now = context.now;
        let drawn = Drawn {
            digest: Digest::of(text.expose().as_bytes()),
            grant: GrantId::generate(now, &*self.entropy)?,
            family: FamilyId::generate(now, &*self.entropy)?,
        };
        let request = serde_json::to_string(&consented.authorization)
            .map_err(|_| Error::Unavailable(Outage::Internal("an authorization could not be written")))?;
        let committed = self.change(context, move |tx, by| {
            let (consented, request) = (consented.clone(), request.clone());
            Box::pin(async move { commit(tx, by, consented, (drawn, request)).await })
        });
        let Changed { value, .. } = committed.await?;
        Ok(match value {
            Committed::Issued => Authorised::Code(text),
            Committed::Over => Authorised::Over,
            Committed::Gone => Authorised::Gone,
        })
    }
}

#[derive(Clone, Copy)]
struct Drawn {
    digest: Digest,
    grant: GrantId,
    family: FamilyId,
}

async fn commit(tx: &mut Tx<'_>, by: &By, consented: Consented, (drawn, request): (Drawn, String)) -> Work<Committed> {
    if let Some(ConsentForm { interaction, visit, .. }) = &consented.form
        && !tx.shorten_interaction(*interaction, visit, (by.at, by.at.saturating_add(REPEATED_FOR))).await?
    {
        return Ok(Outcome::Unchanged(Committed::Over));
    }
    match tx.is_code_redeemed(&drawn.digest).await? {
        Some(true) => return Ok(Outcome::Unchanged(Committed::Over)),
        Some(false) => return Ok(Outcome::Unchanged(Committed::Issued)),
        None => {}
    }
    if !works(tx, &consented).await? {
        return Ok(Outcome::Unchanged(Committed::Gone));
    }
    if let Some(pushed) = &consented.pushed
        && !tx.use_pushed_request(pushed, by.at).await?
    {
        return Ok(Outcome::Unchanged(Committed::Over));
    }
    let (grant, recorded) = granted(tx, by, &consented, drawn.grant).await?;
    let code = NewAuthorizationCode {
        digest: drawn.digest,
        grant,
        key: consented.key,
        family: drawn.family,
        request,
        expires_at: by.at.saturating_add(Duration::from_secs(CODE_SECONDS.into())),
    };
    tx.insert_authorization_code(&code).await?;
    logout_notice::remember(tx, &consented.authorization, consented.key).await?;
    // A client that registered itself and was used stays.
    tx.mark_organisation_key_used(consented.key).await?;
    Ok(match recorded {
        Some(recorded) => Outcome::Changed(Committed::Issued, recorded),
        None => Outcome::Kept(Committed::Issued),
    })
}

/// Whether person, membership, client and session are still what the page said.
pub(crate) async fn works(tx: &mut Tx<'_>, consented: &Consented) -> Result<bool, StoreError> {
    let person = tx.person(consented.person).await?;
    let membership = tx.membership(consented.membership).await?;
    let key = tx.organisation_key(consented.key).await?;
    if let Some(membership) = &membership
        && policy::lacks(tx, consented.person, membership.organisation).await?
    {
        return Ok(false);
    }
    Ok(person.is_some_and(|person| person.suspended_at.is_none() && person.erased_at.is_none())
        && membership.as_ref().is_some_and(|membership| membership.person == consented.person)
        && key.is_some_and(|key| key.suspended_at.is_none() && key.revoked_at.is_none())
        && !session::has_ended(tx, &consented.authorization).await?)
}

/// The grant with all these scopes: the one that is there, widened if need be, or a new one.
pub(crate) async fn granted(
    tx: &mut Tx<'_>,
    by: &By,
    consented: &Consented,
    new: GrantId,
) -> Result<(GrantId, Option<Recorded>), Abort<Error>> {
    let Consented { person, membership, key, scopes, .. } = consented.clone();
    let grant = match tx.live_grant(membership, key).await? {
        Some(grant) if scopes.iter().all(|scope| grant.scopes.contains(scope)) => return Ok((grant.id, None)),
        Some(mut grant) => {
            let added: Vec<String> = scopes.into_iter().filter(|scope| !grant.scopes.contains(scope)).collect();
            grant.scopes.extend(added);
            grant.updated_at = by.at;
            tx.update_grant(&grant).await?;
            grant
        }
        None => {
            let organisation = tx.membership(membership).await?.ok_or(Abort::Refused(Error::NotFound))?.organisation;
            let (created_at, updated_at, ended_at) = (by.at, by.at, None);
            let grant = Grant { id: new, person, membership, organisation, key, scopes, created_at, updated_at, ended_at };
            tx.insert_grant(&grant).await?;
            grant
        }
    };
    let recorded = tx.record(by, Event::GrantMade { grant: grant.id, membership, key }).await?;
    Ok((grant.id, Some(recorded)))
}

/// Randomness that is the same for the same seed.
struct Seeded {
    seed: Digest,
    block: AtomicU32,
}

impl Seeded {
    fn new(seed: Digest) -> Self {
        Self { seed, block: AtomicU32::new(0) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for chunk in bytes.chunks_mut(32) {
            let block = self.block.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            let digest = Digest::of(&[b"poort authorization code".as_slice(), self.seed.as_bytes(), &block].concat());
            chunk.copy_from_slice(&digest.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::credential::Installation;

    use super::*;

    #[test]
    fn a_form_sent_twice_gives_one_code() {
        let installation = Installation::new("prt").expect("a prefix");
        let code = |seed: &[u8]| installation.generate(Kind::AuthorizationCode, &Seeded::new(Digest::of(seed))).expect("drawn");
        assert_eq!(code(b"one").expose(), code(b"one").expose());
        assert_ne!(code(b"one").expose(), code(b"two").expose());
    }
}
