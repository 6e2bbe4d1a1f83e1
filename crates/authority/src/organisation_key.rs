//! Organisation keys: made and shown once, changed, rotated, paused, ended.

use std::time::Duration;

use domain::client::{ApplicationType, ClientAuthentication, ClientDefinition, GrantType, Profile, Registration};
use domain::credential::format::shown_prefix;
use domain::organisation_key::{MAX_KEYS_OF_ORGANISATION, MAX_LIVE_PRIVATE_KEYS, MAX_OVERLAP, OrganisationKey, PrivateKeyState};
use domain::permission::Permissions;
use domain::text::{Email, Name};
use domain::{CredentialId, Digest, Event, Kind, OrganisationId, Secret, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Abort, By, NewOrganisationKey as NewRow, Outcome, Recorded, Tx};
use zeroize::{Zeroize as _, Zeroizing};

use crate::idempotency::Kept;
use crate::organisation::clash;
use crate::{Authority, Caller, Changed, Context, Error, Page, Right, grant};

/// What is asked for a new organisation key.
#[derive(Debug, Clone)]
pub struct NewOrganisationKey {
    /// The one workspace that it is to see; absent: all of the organisation's.
    pub workspace: Option<WorkspaceId>,
    /// Its OAuth side; the public id is drawn.
    pub client: NewClient,
    /// Whom to write to about it.
    pub contact: Option<Email>,
}

/// The OAuth side of a new organisation key.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Its name for people.
    pub name: Name,
    /// Everything else, with a public id that is replaced.
    pub definition: ClientDefinition,
}

/// What is to be different about an organisation key; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct OrganisationKeyUpdate {
    /// The revision that the caller has seen.
    pub expected_revision: Option<i64>,
    /// Another workspace, or all of the organisation's.
    pub workspace: Option<Option<WorkspaceId>>,
    /// Another OAuth side; its public id stays.
    pub definition: Option<ClientDefinition>,
    /// Another contact, or none.
    pub contact: Option<Option<Email>>,
}

/// An organisation key with its private key: shown once, in this answer.
#[derive(Clone)]
pub struct IssuedOrganisationKey {
    /// The key as lists show it.
    pub key: OrganisationKey,
    /// Its private key; none for a client that authenticates otherwise, or not at all.
    pub private_key: Option<Secret<String>>,
}

/// A client that may do nothing yet: what a new one is unless it says otherwise.
pub fn plain_client(name: Name) -> ClientDefinition {
    ClientDefinition {
        client_id: String::new(),
        name,
        registration: Registration::Organisation,
        application_type: ApplicationType::Web,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        cors_origins: Vec::new(),
        grant_types: vec![GrantType::ClientCredentials],
        permissions: Permissions::Only(Default::default()),
        default_scopes: Vec::new(),
        authentication: vec![ClientAuthentication::ClientSecretBasic, ClientAuthentication::ClientSecretPost],
        profile: Profile::Default,
        jwks: None,
        jwks_uri: None,
        id_token_algorithm: None,
        requires_pushed_requests: false,
        requires_dpop: false,
        rotates_refresh_tokens: None,
        backchannel_logout_uri: None,
        client_uri: None,
    }
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
        let drawn = self.draw_client(context, registration, new.client)?;
        self.change(context, move |tx, by| {
            let (drawn, contact, workspace) = (drawn.clone(), new.contact.clone(), new.workspace);
            Box::pin(async move {
                tx.organisation(organisation).await?.ok_or(Abort::Refused(Error::NotFound))?;
                check_workspace(tx, organisation, workspace).await?;
                check_permissions(tx, &drawn.definition.permissions).await?;
                if tx.count_live_organisation_keys(organisation).await? >= MAX_KEYS_OF_ORGANISATION {
                    let detail = "this organisation has 200 keys: end some first";
                    return Err(Abort::Refused(Error::Conflict { code: "too_many_keys", detail }));
                }
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
        self.change(context, move |tx, by| {
            let (caller, update) = (caller.clone(), update.clone());
            Box::pin(async move {
                let mut key = own_key(tx, id, &caller).await?;
                let revision = key.revision;
                if update.expected_revision.is_some_and(|expected| expected != revision) {
                    return Err(Abort::Refused(Error::Stale));
                }
                if let Some(definition) = update.definition {
                    let (client_id, registration) = (key.definition.client_id, key.definition.registration);
                    key.definition = ClientDefinition { client_id, registration, ..definition };
                    check_permissions(tx, &key.definition.permissions).await?;
                }
                if let (Some(workspace), Some(organisation)) = (update.workspace, key.organisation) {
                    check_workspace(tx, organisation, workspace).await?;
                    key.workspace = workspace;
                }
                key.contact = update.contact.unwrap_or(key.contact);
                valid(&key.definition).map_err(Abort::Refused)?;
                if !tx.update_organisation_key(&key, revision).await? {
                    return Err(Abort::Refused(Error::Stale));
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
        overlap: Duration,
    ) -> Result<Changed<IssuedOrganisationKey>, Error> {
        if overlap > MAX_OVERLAP {
            return Err(Error::invalid("overlap_seconds", format!("must be {} at most", MAX_OVERLAP.as_secs())));
        }
        let drawn = self.draw_private_key(context)?;
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

    /// The live keys of an organisation, or of all of them for an operator.
    pub async fn organisation_keys(
        &self,
        caller: &Caller,
        organisation: Option<OrganisationId>,
        page: Page,
    ) -> Result<Vec<OrganisationKey>, Error> {
        let Some(id) = organisation else {
            caller.require_operator()?;
            return Ok(self.store.read(move |reader| Box::pin(async move { reader.organisation_keys(page, None).await })).await?);
        };
        caller.require_management(id, Right::OrganisationKeysRead)?;
        let found = self.store.read(move |reader| {
            Box::pin(async move { Ok((reader.organisation(id).await?, reader.organisation_keys(page, Some(id)).await?)) })
        });
        let (organisation, keys) = found.await?;
        organisation.map(|_| keys).ok_or(Error::NotFound)
    }

    /// One live key.
    pub async fn organisation_key(&self, caller: &Caller, id: CredentialId) -> Result<OrganisationKey, Error> {
        let key = self.store.read(move |reader| Box::pin(async move { reader.organisation_key(id).await })).await?;
        let key = key.filter(|key| key.revoked_at.is_none()).ok_or(Error::NotFound)?;
        require(caller, &key, Right::OrganisationKeysRead)?;
        Ok(key)
    }

    /// Draws a client with its public id and, if it is to have one, its private key.
    pub(crate) fn draw_client(&self, context: &Context, registration: Registration, new: NewClient) -> Result<DrawnKey, Error> {
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let client_id = self.installation.generate(Kind::ClientId, &*self.entropy)?.expose().clone();
        let definition = ClientDefinition { client_id, name: new.name, registration, ..new.definition };
        valid(&definition)?;
        let private_key = if has_private_key(&definition) { Some(self.draw_private_key(context)?) } else { None };
        Ok(DrawnKey { id, definition, private_key, created_at: context.now })
    }

    pub(crate) fn draw_private_key(&self, context: &Context) -> Result<DrawnPrivateKey, Error> {
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        Ok(DrawnPrivateKey { id, text: self.installation.generate(Kind::OrganisationKey, &*self.entropy)? })
    }
}

/// A key that was drawn and is not written yet.
#[derive(Clone)]
pub(crate) struct DrawnKey {
    pub(crate) id: CredentialId,
    pub(crate) definition: ClientDefinition,
    pub(crate) private_key: Option<DrawnPrivateKey>,
    pub(crate) created_at: Timestamp,
}

/// A private key that was drawn and is not written yet.
#[derive(Clone)]
pub(crate) struct DrawnPrivateKey {
    pub(crate) id: CredentialId,
    pub(crate) text: Secret<String>,
}

/// Whose a new key is.
pub(crate) struct Owner {
    pub(crate) organisation: Option<OrganisationId>,
    pub(crate) workspace: Option<WorkspaceId>,
    pub(crate) contact: Option<Email>,
}

impl DrawnPrivateKey {
    fn state(&self) -> PrivateKeyState {
        PrivateKeyState { id: self.id, digest: Digest::of(self.text.expose().as_bytes()), not_after: None }
    }

    fn prefix(&self) -> &str {
        shown_prefix(self.text.expose())
    }
}

impl DrawnKey {
    /// Writes the key and its event; `registration` is the digest of the token that a client manages itself with, and until when it is
    /// to be used.
    pub(crate) async fn insert(
        self,
        tx: &mut Tx<'_>,
        by: &By,
        owner: Owner,
        registration: Option<(Digest, Option<Timestamp>)>,
    ) -> Result<IssuedOrganisationKey, Abort<Error>> {
        let Owner { organisation, workspace, contact } = owner;
        let key = OrganisationKey {
            id: self.id,
            organisation,
            workspace,
            definition: self.definition,
            contact,
            private_keys: Vec::new(),
            created_at: self.created_at,
            suspended_at: None,
            revoked_at: None,
            revision: 1,
        };
        let (digest, unused_until) = registration.map_or((None, None), |(digest, until)| (Some(digest), until));
        tx.insert_organisation_key(&NewRow { key: &key, imported: false, registration: digest, unused_until }).await.map_err(clash)?;
        let state = self.private_key.as_ref().map(DrawnPrivateKey::state);
        if let (Some(drawn), Some(state)) = (&self.private_key, &state) {
            tx.insert_private_key(key.id, state, Some(drawn.prefix()), self.created_at).await.map_err(clash)?;
        }
        let definition = key.definition.clone();
        let event = Event::OrganisationKeyCreated { key: key.id, organisation, workspace, definition, private_key: state, imported: false };
        tx.record(by, event).await?;
        let key = tx.organisation_key(key.id).await?.ok_or(Abort::Refused(Error::NotFound))?;
        Ok(IssuedOrganisationKey { key, private_key: self.private_key.map(|drawn| drawn.text) })
    }
}

/// Whether a client has a private key that Poort draws.
fn has_private_key(definition: &ClientDefinition) -> bool {
    definition.is_confidential() && !definition.authenticates_by(ClientAuthentication::PrivateKeyJwt)
}

pub(crate) fn valid(definition: &ClientDefinition) -> Result<(), Error> {
    let problems = definition.problems();
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

async fn check_workspace(tx: &mut Tx<'_>, organisation: OrganisationId, workspace: Option<WorkspaceId>) -> Result<(), Abort<Error>> {
    let Some(workspace) = workspace else { return Ok(()) };
    let found = tx.workspace(workspace).await?.filter(|found| found.organisation == organisation && found.closed_at.is_none());
    found.map(drop).ok_or_else(|| Abort::Refused(Error::invalid("workspace", "there is no such workspace of this organisation")))
}

/// Each permission is one of an API that there is.
pub(crate) async fn check_permissions(tx: &mut Tx<'_>, permissions: &Permissions) -> Result<(), Abort<Error>> {
    let Permissions::Only(names) = permissions else { return Ok(()) };
    let mut problems = Vec::new();
    for name in names {
        let known = tx.api(name.api()).await?.is_some_and(|(api, _)| api.permissions.iter().any(|known| known.name == *name));
        if !known {
            problems.push(("permissions".to_owned(), format!("no API has the permission {name}")));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Abort::Refused(Error::Invalid(problems))) }
}

async fn rotate(tx: &mut Tx<'_>, by: &By, id: CredentialId, drawn: &DrawnPrivateKey, overlap: Duration) -> Result<Recorded, Abort<Error>> {
    let states = tx.private_key_states(id).await?;
    let live = states.into_iter().filter(|state| state.not_after.is_none_or(|end| end > by.at));
    let mut live: Vec<PrivateKeyState> = live.collect();
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

/// What is sealed of an issued key for a repeated request.
#[derive(Serialize, Deserialize)]
struct KeptKey {
    key: OrganisationKey,
    private_key: Option<String>,
}

impl Kept for IssuedOrganisationKey {
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut kept = KeptKey { key: self.key.clone(), private_key: self.private_key.as_ref().map(|text| text.expose().clone()) };
        let bytes = serde_json::to_vec(&kept).ok().map(Zeroizing::new);
        kept.private_key.zeroize();
        bytes
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        let KeptKey { key, private_key } = serde_json::from_slice(bytes).ok()?;
        Some(Self { key, private_key: private_key.map(Secret::new) })
    }
}
