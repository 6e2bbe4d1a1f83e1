//! Organisation keys: made and shown once, changed, rotated, paused, ended.

mod import;
mod issue;
mod jwks;
mod request;

use std::time::Duration;

use domain::client::{ClientAuthentication, ClientDefinition, Registration};
use domain::organisation_key::{MAX_KEYS_OF_ORGANISATION, MAX_LIVE_PRIVATE_KEYS, MAX_OVERLAP, OrganisationKey, PrivateKeyState};
use domain::text::Email;
use domain::{CredentialId, Event, OrganisationId, Timestamp, WorkspaceId};
use store::{Abort, By, Outcome, Recorded, Tx};

use crate::organisation::clash;
use crate::{Authority, Caller, Changed, Context, Error, Page, Right, grant, id_token};

pub use import::OrganisationKeyRow;
use issue::DrawnPrivateKey;
pub use issue::IssuedOrganisationKey;
pub(crate) use issue::Owner;
pub use request::{ClientRequest, RequestedPermissions, plain_client};

/// What is asked for a new organisation key.
#[derive(Debug, Clone)]
pub struct NewOrganisationKey {
    /// The one workspace that it is to see; absent: all of the organisation's.
    pub workspace: Option<WorkspaceId>,
    /// Whom to write to about it.
    pub contact: Option<Email>,
    /// When its private key ends by itself; absent: never.
    pub private_key_ends_at: Option<Timestamp>,
    /// Its OAuth side; the public id is drawn.
    pub client: ClientRequest,
}

/// What is to be different about an organisation key; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct OrganisationKeyUpdate {
    /// The revision that the caller has seen.
    pub expected_revision: Option<i64>,
    /// Another workspace, or all of the organisation's.
    pub workspace: Option<Option<WorkspaceId>>,
    /// Another contact, or none.
    pub contact: Option<Option<Email>>,
    /// Another OAuth side; its public id stays.
    pub client: ClientRequest,
}

/// How a key gets a new private key.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateKeyRotation {
    /// For how long the old one still works.
    pub overlap: Duration,
    /// When the new one ends by itself; absent: never.
    pub ends_at: Option<Timestamp>,
}

/// Which keys are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrganisationKeyFilter {
    /// Those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Those that see this workspace only.
    pub workspace: Option<WorkspaceId>,
}

impl Authority {
    /// Makes a key of an organisation.
    pub async fn create_organisation_key(
        &self,
        context: &Context,
        organisation: OrganisationId,
        new: NewOrganisationKey,
    ) -> Result<Changed<IssuedOrganisationKey>, Error> {
        context.caller.require_management(organisation, Right::OrganisationKeysWrite)?;
        let registration = if context.caller.is_operator() { Registration::Operator } else { Registration::Organisation };
        let NewOrganisationKey { workspace, contact, private_key_ends_at, client } = new;
        let requested = client.permissions.clone();
        let mut drawn = self.draw_client(context, registration, client.definition()?)?;
        if let Some(wished) = private_key_ends_at {
            drawn.private_key_ends_at(wished)?;
        }
        self.ensure_signing_key(context, id_token::signing_algorithm(drawn.definition.id_token_algorithm)).await?;
        self.change(context, move |tx, by| {
            let (mut drawn, contact, requested) = (drawn.clone(), contact.clone(), requested.clone());
            Box::pin(async move {
                tx.organisation(organisation).await?.ok_or(Abort::Refused(Error::NotFound))?;
                check_workspace(tx, organisation, workspace).await?;
                settle(tx, &mut drawn.definition, requested.as_ref()).await?;
                check_number(tx, organisation).await?;
                let issued = drawn.insert(tx, by, Owner { organisation: Some(organisation), workspace, contact }, None).await?;
                let recorded = tx.recorded().ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed(issued, recorded))
            })
        })
        .await
    }

    /// Changes what a key may do, its OAuth side, workspace or contact.
    pub async fn update_organisation_key(
        &self,
        context: &Context,
        id: CredentialId,
        update: OrganisationKeyUpdate,
    ) -> Result<Changed<OrganisationKey>, Error> {
        let caller = context.caller.clone();
        if let Some(Some(algorithm)) = update.client.id_token_algorithm {
            self.ensure_signing_key(context, id_token::signing_algorithm(Some(algorithm))).await?;
        }
        self.change(context, move |tx, by| {
            let (caller, update) = (caller.clone(), update.clone());
            Box::pin(async move {
                let mut key = own_key(tx, id, &caller).await?;
                let revision = key.revision;
                if update.expected_revision.is_some_and(|expected| expected != revision) {
                    return Err(Abort::Refused(Error::Stale));
                }
                let requested = update.client.permissions.clone();
                let had_private_key = has_private_key(&key.definition);
                update.client.apply(&mut key.definition);
                settle(tx, &mut key.definition, requested.as_ref()).await?;
                if let (Some(workspace), Some(organisation)) = (update.workspace, key.organisation) {
                    check_workspace(tx, organisation, workspace).await?;
                    key.workspace = workspace;
                }
                key.contact = update.contact.unwrap_or(key.contact);
                if !tx.update_organisation_key(&key, revision).await? {
                    return Err(Abort::Refused(Error::Stale));
                }
                if had_private_key && !has_private_key(&key.definition) {
                    end_private_keys(tx, by, id).await?;
                    key.private_keys.clear();
                }
                key.revision += 1;
                let (workspace, definition) = (key.workspace, key.definition.clone());
                let recorded = tx.record(by, Event::OrganisationKeyChanged { key: id, workspace, definition }).await?;
                Ok(Outcome::Changed(key, recorded))
            })
        })
        .await
    }

    /// Gives a key a new private key; the public id stays. The old one works for `overlap` more, then ends by itself; those of earlier
    /// rotations end at once, and the access tokens that came with them.
    pub async fn rotate_organisation_key(
        &self,
        context: &Context,
        id: CredentialId,
        rotation: PrivateKeyRotation,
    ) -> Result<Changed<IssuedOrganisationKey>, Error> {
        let PrivateKeyRotation { overlap, ends_at } = rotation;
        if overlap > MAX_OVERLAP {
            return Err(Error::invalid("overlap_seconds", format!("must be {} at most", MAX_OVERLAP.as_secs())));
        }
        let mut drawn = self.draw_private_key(context)?;
        drawn.ends_at = ends_at.map(|wished| issue::end_of_private_key(wished, context.now)).transpose()?;
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let (caller, drawn) = (caller.clone(), drawn.clone());
            Box::pin(async move {
                let key = own_key(tx, id, &caller).await?;
                if key.suspended_at.is_some() {
                    let detail = "a suspended key is resumed before it is rotated";
                    return Err(Abort::Refused(Error::Conflict { code: "key_suspended", detail }));
                }
                if !has_private_key(&key.definition) {
                    let detail = "this key has no private key here: its client authenticates otherwise";
                    return Err(Abort::Refused(Error::Conflict { code: "no_private_key", detail }));
                }
                let recorded = rotate(tx, by, id, &drawn, overlap).await?;
                let key = tx.organisation_key(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed(IssuedOrganisationKey { key, private_key: Some(drawn.text) }, recorded))
            })
        })
        .await
    }

    /// Ends one of a key's private keys at once, and the access tokens that came with it.
    pub async fn revoke_private_key(
        &self,
        context: &Context,
        id: CredentialId,
        private_key: CredentialId,
    ) -> Result<Changed<OrganisationKey>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                own_key(tx, id, &caller).await?;
                let states = tx.private_key_states(id).await?;
                let state = states.into_iter().find(|state| state.id == private_key).ok_or(Abort::Refused(Error::NotFound))?;
                tx.end_private_key(private_key, by.at).await?;
                tx.touch_organisation_key(id).await?;
                let recorded = tx.record(by, Event::PrivateKeyRevoked { key: id, private_key: state }).await?;
                let key = tx.organisation_key(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed(key, recorded))
            })
        })
        .await
    }

    /// Pauses a key, or lets it work again. Asking for what is so already changes nothing.
    pub async fn suspend_organisation_key(
        &self,
        context: &Context,
        id: CredentialId,
        suspend: bool,
    ) -> Result<Changed<OrganisationKey>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let mut key = own_key(tx, id, &caller).await?;
                let suspended_at = suspend.then_some(by.at);
                if !tx.set_organisation_key_suspended(id, suspended_at).await? {
                    return Ok(Outcome::Unchanged(key));
                }
                (key.suspended_at, key.revision) = (suspended_at, key.revision + 1);
                let event = if suspend { Event::OrganisationKeySuspended { key: id } } else { Event::OrganisationKeyResumed { key: id } };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(key, recorded))
            })
        })
        .await
    }

    /// Ends a key with its private keys, grants and tokens.
    pub async fn revoke_organisation_key(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                own_key(tx, id, &caller).await?;
                let recorded = revoke(tx, by, &[id]).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    /// Ends all access tokens that a key has got so far; the key works on.
    pub async fn end_access_tokens_of_key(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                own_key(tx, id, &caller).await?;
                let recorded = end_access_tokens(tx, by, id).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    /// The live keys of an organisation, or of all of them for an operator; of one workspace, where the filter names one.
    pub async fn organisation_keys(
        &self,
        caller: &Caller,
        filter: OrganisationKeyFilter,
        page: Page,
    ) -> Result<Vec<OrganisationKey>, Error> {
        let OrganisationKeyFilter { organisation, workspace } = filter;
        match organisation {
            Some(id) => caller.require_management(id, Right::OrganisationKeysRead)?,
            None => caller.require_operator()?,
        }
        let found = self.store.read(move |reader| {
            Box::pin(async move {
                let known = match organisation {
                    Some(id) => reader.organisation(id).await?.is_some(),
                    None => true,
                };
                Ok(if known { Some(reader.organisation_keys(page, organisation, workspace).await?) } else { None })
            })
        });
        found.await?.ok_or(Error::NotFound)
    }

    /// One live key.
    pub async fn organisation_key(&self, caller: &Caller, id: CredentialId) -> Result<OrganisationKey, Error> {
        let key = self.store.read(move |reader| Box::pin(async move { reader.organisation_key(id).await })).await?;
        let key = key.filter(|key| key.revoked_at.is_none()).ok_or(Error::NotFound)?;
        require(caller, &key, Right::OrganisationKeysRead)?;
        Ok(key)
    }
}

/// Whether a client has a private key that Poort draws.
fn has_private_key(definition: &ClientDefinition) -> bool {
    definition.is_confidential() && !definition.authenticates_by(ClientAuthentication::PrivateKeyJwt)
}

pub(crate) fn valid(definition: &ClientDefinition) -> Result<(), Error> {
    let mut problems = definition.problems();
    if !problems.iter().any(|(field, _)| field == "jwks") {
        problems.extend(jwks::problem(definition));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

async fn check_workspace(tx: &mut Tx<'_>, organisation: OrganisationId, workspace: Option<WorkspaceId>) -> Result<(), Abort<Error>> {
    let Some(workspace) = workspace else { return Ok(()) };
    let found = tx.workspace(workspace).await?.filter(|found| found.organisation == organisation && found.closed_at.is_none());
    found.map(drop).ok_or_else(|| Abort::Refused(Error::invalid("workspace", "there is no such workspace of this organisation")))
}

/// The definition as it is to be written: with the permissions that were asked for, all of it valid.
async fn settle(tx: &mut Tx<'_>, definition: &mut ClientDefinition, requested: Option<&RequestedPermissions>) -> Result<(), Abort<Error>> {
    valid(definition).map_err(Abort::Refused)?;
    if let Some(requested) = requested {
        definition.permissions = request::permissions(tx, requested).await?;
    }
    request::check_default_scopes(tx, definition).await
}

async fn check_number(tx: &mut Tx<'_>, organisation: OrganisationId) -> Result<(), Abort<Error>> {
    if tx.count_live_organisation_keys(organisation).await? < MAX_KEYS_OF_ORGANISATION {
        return Ok(());
    }
    let detail = "this organisation has 200 keys: end some first";
    Err(Abort::Refused(Error::Conflict { code: "too_many_keys", detail }))
}

/// A client that authenticates otherwise from now on has none any more, wherever they would be presented.
async fn end_private_keys(tx: &mut Tx<'_>, by: &By, key: CredentialId) -> Result<(), Abort<Error>> {
    for state in tx.private_key_states(key).await? {
        tx.end_private_key(state.id, by.at).await?;
        tx.record(by, Event::PrivateKeyRevoked { key, private_key: state }).await?;
    }
    Ok(())
}

async fn rotate(tx: &mut Tx<'_>, by: &By, id: CredentialId, drawn: &DrawnPrivateKey, overlap: Duration) -> Result<Recorded, Abort<Error>> {
    let states = tx.private_key_states(id).await?;
    let (mut live, over): (Vec<_>, Vec<_>) = states.into_iter().partition(|state| state.not_after.is_none_or(|end| end > by.at));
    for state in over {
        // It stopped by itself: no event, the index knows.
        tx.end_private_key(state.id, by.at).await?;
    }
    let ended = live.split_off(live.len().min(MAX_LIVE_PRIVATE_KEYS - 1));
    let end = Timestamp::from_unix_seconds(by.at.saturating_add(overlap).unix_seconds());
    let old = live.pop().map(|state| PrivateKeyState { not_after: Some(state.not_after.map_or(end, |own| own.min(end))), ..state });
    for state in &ended {
        tx.end_private_key(state.id, by.at).await?;
    }
    if let Some(PrivateKeyState { id, not_after: Some(end), .. }) = &old {
        tx.supersede_private_key(*id, *end).await?;
    }
    let new = drawn.state();
    tx.insert_private_key(id, &new, Some(drawn.prefix()), by.at).await.map_err(clash)?;
    tx.touch_organisation_key(id).await?;
    Ok(tx.record(by, Event::OrganisationKeyRotated { key: id, old, new, ended }).await?)
}

/// Ends those of the keys that are not ended, with their private keys and grants.
pub(crate) async fn revoke(tx: &mut Tx<'_>, by: &By, keys: &[CredentialId]) -> Result<Option<Recorded>, Abort<Error>> {
    let (mut ended, mut digests, mut grants) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        let states = tx.private_key_states(*key).await?;
        if tx.revoke_organisation_key(*key, by.at).await? {
            ended.push(*key);
            digests.extend(states.iter().map(|state| state.digest));
            grants.extend(tx.live_grants_of_key(*key).await?);
        }
    }
    if ended.is_empty() {
        return Ok(None);
    }
    grant::end(tx, by, &grants).await?;
    Ok(Some(tx.record(by, Event::OrganisationKeysRevoked { keys: ended, digests }).await?))
}

/// Ends all access tokens that a key has got so far.
pub(crate) async fn end_access_tokens(tx: &mut Tx<'_>, by: &By, key: CredentialId) -> Result<Option<Recorded>, Abort<Error>> {
    let Some(generation) = tx.raise_generation(key).await? else { return Ok(None) };
    Ok(Some(tx.record(by, Event::AccessTokensOfKeyEnded { key, generation }).await?))
}

fn require(caller: &Caller, key: &OrganisationKey, right: Right) -> Result<(), Error> {
    match (caller, key.organisation) {
        (Caller::Client { key: own }, _) if *own == key.id => Ok(()),
        (_, Some(organisation)) => caller.require_management(organisation, right),
        (_, None) if caller.is_operator() => Ok(()),
        (_, None) => Err(Error::NotFound),
    }
}

/// The live key, where the caller may change it.
pub(crate) async fn own_key(tx: &mut Tx<'_>, id: CredentialId, caller: &Caller) -> Result<OrganisationKey, Abort<Error>> {
    let key = tx.organisation_key(id).await?.filter(|key| key.revoked_at.is_none()).ok_or(Abort::Refused(Error::NotFound))?;
    require(caller, &key, Right::OrganisationKeysWrite).map_err(Abort::Refused)?;
    Ok(key)
}
