//! Clients that register themselves (RFC 7591), and manage their registration with a token of their own (RFC 7592).
//!
//! Nobody vouches for such a client. It belongs to no organisation and does nothing for itself; what it may do for a person is what
//! the operator lets all of them have, at most, and what that person consents to. One that nobody has authorised in time is
//! ended.

use std::net::IpAddr;
use std::time::Duration;

use domain::client::{ClientAuthentication, ClientDefinition, GrantType, Registration};
use domain::organisation_key::OrganisationKey;
use domain::permission::Permissions;
use domain::text::Email;
use domain::{CredentialId, Digest, Event, Kind, RequestId, Secret, Timestamp};
use store::{Abort, Outcome, Reader};

use crate::organisation_key::{Owner, revoke, valid};
use crate::{Authority, Caller, Context, Error};

/// What clients may be asked tokens with that register themselves: never for themselves (RFC 6749 section 4.4), never by exchange.
pub const GRANT_TYPES: [GrantType; 3] = [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::DeviceCode];
/// How many unused clients one sweep looks at.
const SWEPT: u32 = 100;

/// What a client gets when it has registered. Both secrets are shown once, in this answer.
pub struct Registered {
    /// The client.
    pub key: OrganisationKey,
    /// Its secret, unless it authenticates otherwise or not at all.
    pub secret: Option<Secret<String>>,
    /// What it manages its registration with.
    pub registration_token: Secret<String>,
}

impl Authority {
    /// Counts one registration from this address; says when there is another one, where there is none now.
    pub async fn count_registration(&self, address: IpAddr, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        Ok(self.store.spend(vec![crate::allowance::registration(address)], now).await?)
    }

    /// Registers a client with what all that register themselves may have. It is ended after `unused_for` unless a person has
    /// authorised it by then.
    pub async fn register_client(
        &self,
        context: &Context,
        definition: ClientDefinition,
        contact: Option<Email>,
        unused_for: Duration,
    ) -> Result<Registered, Error> {
        let drawn = self.draw_client(context, Registration::Dynamic, definition)?;
        check_dynamic(&drawn.definition)?;
        let registration_token = self.installation.generate(Kind::RegistrationToken, &*self.entropy)?;
        let digest = Digest::of(registration_token.expose().as_bytes());
        let unused_until = context.now.saturating_add(unused_for);
        let itself = Context { caller: Caller::Client { key: drawn.id }, idempotency: None, ..context.clone() };
        let changed = self.change(&itself, move |tx, by| {
            let (drawn, contact) = (drawn.clone(), contact.clone());
            Box::pin(async move {
                let owner = Owner { organisation: None, workspace: None, contact };
                let issued = drawn.insert(tx, by, owner, Some((digest, Some(unused_until)))).await?;
                let recorded = tx.recorded().ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed(issued, recorded))
            })
        });
        let issued = changed.await?.value;
        Ok(Registered { key: issued.key, secret: issued.private_key, registration_token })
    }

    /// The client with this public id, where this is the token that it manages its registration with. `None`: there is no such client,
    /// it is paused or ended, or the token is not its own: nobody is told which.
    pub async fn registration(&self, client_id: &str, token: &Secret<String>) -> Result<Option<OrganisationKey>, Error> {
        let Some(id) = self.registered_id(client_id)? else { return Ok(None) };
        let digest = Digest::of(token.expose().as_bytes());
        Ok(self.store.read(move |reader| Box::pin(async move { own(reader, id, &digest).await })).await?)
    }

    /// Puts another registration in the place of a client's, see [`Self::registration`]. What it may do stays, and how it authenticates.
    pub async fn replace_registration(
        &self,
        context: &Context,
        (client_id, token): (&str, &Secret<String>),
        definition: ClientDefinition,
        contact: Option<Email>,
    ) -> Result<Option<OrganisationKey>, Error> {
        let Some(id) = self.registered_id(client_id)? else { return Ok(None) };
        let digest = Digest::of(token.expose().as_bytes());
        let itself = Context { caller: Caller::Client { key: id }, idempotency: None, ..context.clone() };
        let changed = self.change(&itself, move |tx, by| {
            let (definition, contact) = (definition.clone(), contact.clone());
            Box::pin(async move {
                let mut key = own(tx, id, &digest).await?.ok_or(Abort::Refused(Error::NotFound))?;
                let before = key.definition;
                let (client_id, permissions) = (before.client_id, before.permissions);
                key.definition = ClientDefinition { client_id, permissions, registration: before.registration, ..definition };
                if has_private_key(&before.authentication) != has_private_key(&key.definition.authentication)
                    || before.authentication.is_empty() != key.definition.authentication.is_empty()
                {
                    let problem = "how a client authenticates stays: register another one";
                    return Err(Abort::Refused(Error::invalid("token_endpoint_auth_method", problem)));
                }
                key.contact = contact;
                check_dynamic(&key.definition).map_err(Abort::Refused)?;
                if !tx.update_organisation_key(&key, key.revision).await? {
                    return Err(Abort::Refused(Error::Stale));
                }
                key.revision += 1;
                let event = Event::OrganisationKeyChanged { key: id, workspace: None, definition: key.definition.clone() };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(key, recorded))
            })
        });
        found(changed.await.map(|changed| changed.value))
    }

    /// Ends a client with everything that came of it, see [`Self::registration`]. `None`: nothing was ended.
    pub async fn unregister(&self, context: &Context, client_id: &str, token: &Secret<String>) -> Result<Option<()>, Error> {
        let Some(id) = self.registered_id(client_id)? else { return Ok(None) };
        let digest = Digest::of(token.expose().as_bytes());
        let itself = Context { caller: Caller::Client { key: id }, idempotency: None, ..context.clone() };
        let changed = self.change(&itself, move |tx, by| {
            Box::pin(async move {
                own(tx, id, &digest).await?.ok_or(Abort::Refused(Error::NotFound))?;
                let recorded = revoke(tx, by, &[id]).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed((), recorded))
            })
        });
        found(changed.await.map(|changed| changed.value))
    }

    /// Ends clients that registered themselves and that no person has authorised in time. One that somebody has authorised stays.
    /// Gives how many were ended.
    pub async fn end_unused_clients(&self, now: Timestamp) -> Result<usize, Error> {
        let due = self.store.read(move |reader| Box::pin(async move { reader.unused_organisation_keys(now, SWEPT).await })).await?;
        let mut ended = 0;
        for id in due {
            let context = Context::system(RequestId::generate(now, &*self.entropy)?, now);
            let changed = self.change(&context, move |tx, by| {
                Box::pin(async move {
                    if !tx.live_grants_of_key(id).await?.is_empty() {
                        tx.mark_organisation_key_used(id).await?;
                        return Ok(Outcome::Kept(false));
                    }
                    Ok(match revoke(tx, by, &[id]).await? {
                        Some(recorded) => Outcome::Changed(true, recorded),
                        None => Outcome::Unchanged(false),
                    })
                })
            });
            ended += usize::from(changed.await?.value);
        }
        Ok(ended)
    }

    fn registered_id(&self, client_id: &str) -> Result<Option<CredentialId>, Error> {
        let known = self.verifier.client(client_id)?;
        Ok(known.filter(|known| known.client.definition.registration == Registration::Dynamic).map(|known| known.client.id))
    }
}

/// The live client that manages itself with the token of this digest. Digests are compared: how long that takes says nothing
/// about a token.
async fn own(reader: &mut Reader<'_>, id: CredentialId, digest: &Digest) -> Result<Option<OrganisationKey>, store::StoreError> {
    if reader.registration_digest(id).await?.as_ref() != Some(digest) {
        return Ok(None);
    }
    Ok(reader.organisation_key(id).await?.filter(|key| key.suspended_at.is_none() && key.revoked_at.is_none()))
}

fn has_private_key(methods: &[ClientAuthentication]) -> bool {
    methods.iter().any(|method| *method != ClientAuthentication::PrivateKeyJwt)
}

fn found<T>(changed: Result<T, Error>) -> Result<Option<T>, Error> {
    match changed {
        Ok(value) => Ok(Some(value)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What holds for every client beside what holds for those that register themselves.
fn check_dynamic(definition: &ClientDefinition) -> Result<(), Error> {
    if let Some(other) = definition.grant_types.iter().find(|grant| !GRANT_TYPES.contains(grant)) {
        return Err(Error::invalid("grant_types", format!("{} is not for clients that register themselves", other.name())));
    }
    if definition.permissions == Permissions::All {
        return Err(Error::invalid("scope", "a client that registers itself cannot have everything"));
    }
    valid(definition)
}
