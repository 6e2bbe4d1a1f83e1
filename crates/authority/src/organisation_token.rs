//! Organisation tokens: made and shown once, changed, rotated, paused, ended.

use std::time::Duration;

use domain::api::ApiDefinition;
use domain::credential::format::shown_prefix;
use domain::event::{SecretState, UsernameKey};
use domain::organisation_token::{MAX_TOKENS_OF_ORGANISATION, OrganisationToken, Username, bound, username_key};
use domain::permission::Permissions;
use domain::personal_token::MAX_OVERLAP;
use domain::text::{Description, Name};
use domain::{CredentialId, Digest, Event, Kind, OrganisationId, Rotation, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Abort, By, NewOrganisationToken as NewRow, Outcome, Reader, Recorded, StoreError, Tx};
use zeroize::{Zeroize as _, Zeroizing};

use crate::idempotency::Kept;
use crate::organisation::clash;
use crate::personal_token::valid_expiry;
use crate::{Authority, Caller, Changed, Context, Error, Page, Right, TokenUpdate};

/// What is asked for a new organisation token.
#[derive(Debug, Clone)]
pub struct NewOrganisationToken {
    /// The API that it is for.
    pub api: String,
    /// Its username; one is made of the organisation's name where none is given.
    pub username: Option<Username>,
    /// What it is for.
    pub description: Description,
    /// When it is to stop by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// What it may do at most.
    pub permissions: Permissions,
}

/// An organisation token with its code: shown once, in this answer.
#[derive(Clone)]
pub struct IssuedOrganisationToken {
    /// The token as lists show it.
    pub token: OrganisationToken,
    /// Its code.
    pub code: Secret<String>,
}

impl Authority {
    /// Makes a token of an organisation.
    pub async fn create_organisation_token(
        &self,
        context: &Context,
        organisation: OrganisationId,
        new: NewOrganisationToken,
    ) -> Result<Changed<IssuedOrganisationToken>, Error> {
        context.caller.require_management(organisation, Right::OrganisationTokensWrite)?;
        let expires_at = new.expires_at.map(|wished| valid_expiry(wished, context.now)).transpose()?;
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let code = self.installation.generate(Kind::OrganisationToken, &*self.entropy)?;
        self.change(context, move |tx, by| {
            let (new, code) = (new.clone(), code.clone());
            Box::pin(async move {
                let name = tx.organisation(organisation).await?.ok_or(Abort::Refused(Error::NotFound))?.name;
                let api = api_for(tx, &new.api).await?;
                check_permissions(&api, &new.permissions).map_err(Abort::Refused)?;
                let username = match new.username {
                    Some(username) => username,
                    None => free_username(tx, organisation, &name, &new.api).await?,
                };
                let made = made(id, organisation, (new.api, username), new.description, by.at);
                let prefix = Some(shown_prefix(code.expose()).to_owned());
                let token = OrganisationToken { permissions: new.permissions, expires_at, prefix, ..made };
                let recorded = insert(tx, by, &token, Digest::of(code.expose().as_bytes()), false).await?;
                Ok(Outcome::Changed(IssuedOrganisationToken { token, code }, recorded))
            })
        })
        .await
    }

    /// Changes a token's description, expiry or permissions.
    pub async fn update_organisation_token(
        &self,
        context: &Context,
        id: CredentialId,
        update: TokenUpdate,
    ) -> Result<Changed<OrganisationToken>, Error> {
        let expires_at = update.expires_at.map(|wished| wished.map(|at| valid_expiry(at, context.now)).transpose()).transpose()?;
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let (caller, update) = (caller.clone(), update.clone());
            Box::pin(async move {
                let mut token = own_token(tx, id, &caller).await?;
                let revision = token.revision;
                if update.expected_revision.is_some_and(|expected| expected != revision) {
                    return Err(Abort::Refused(Error::Stale));
                }
                if let Some(permissions) = update.permissions {
                    check_permissions(&api_for(tx, &token.api).await?, &permissions).map_err(Abort::Refused)?;
                    token.permissions = permissions;
                }
                token.description = update.description.unwrap_or(token.description);
                token.expires_at = expires_at.unwrap_or(token.expires_at);
                token.revision += 1;
                if !tx.update_organisation_token(&token, revision).await? {
                    return Err(Abort::Refused(Error::Stale));
                }
                let secrets = tx.organisation_token_secrets(id).await?;
                token.old_secret_ends_at = secrets.get(1).and_then(|old| old.not_after);
                let event = Event::TokenChanged { token: id, secrets, permissions: token.permissions.clone() };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(token, recorded))
            })
        })
        .await
    }

    /// Gives a token a new code; username and id stay. The old code works for `overlap` more, then ends by itself; codes of
    /// earlier rotations end at once.
    pub async fn rotate_organisation_token(
        &self,
        context: &Context,
        id: CredentialId,
        overlap: Duration,
    ) -> Result<Changed<IssuedOrganisationToken>, Error> {
        if overlap > MAX_OVERLAP {
            return Err(Error::invalid("overlap_seconds", format!("must be {} at most", MAX_OVERLAP.as_secs())));
        }
        let code = self.installation.generate(Kind::OrganisationToken, &*self.entropy)?;
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let (caller, code) = (caller.clone(), code.clone());
            Box::pin(async move {
                let mut token = own_token(tx, id, &caller).await?;
                if token.suspended_at.is_some() {
                    let detail = "a suspended token is resumed before it is rotated";
                    return Err(Abort::Refused(Error::Conflict { code: "token_suspended", detail }));
                }
                let secrets = tx.organisation_token_secrets(id).await?;
                let digest = bound(&Digest::of(code.expose().as_bytes()), &token.api, token.username.as_str());
                let new = SecretState { digest, not_after: token.expires_at };
                let Some(rotation) = Rotation::of(&secrets, new, by.at, overlap) else { return Err(Abort::Refused(Error::NotFound)) };
                let Rotation { old, new, ended, old_ends_at } = rotation;
                let prefix = shown_prefix(code.expose()).to_owned();
                if !tx.replace_organisation_token_secret(id, &new, &prefix, &old).await.map_err(clash)? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                token.prefix = Some(prefix);
                token.old_secret_ends_at = Some(old_ends_at);
                token.exposed_at = None;
                token.revision += 1;
                let recorded = tx.record(by, Event::TokenRotated { token: id, old, new, ended }).await?;
                Ok(Outcome::Changed(IssuedOrganisationToken { token, code }, recorded))
            })
        })
        .await
    }

    /// Pauses a token, or lets it work again. Asking for what is so already changes nothing.
    pub async fn suspend_organisation_token(
        &self,
        context: &Context,
        id: CredentialId,
        suspend: bool,
    ) -> Result<Changed<OrganisationToken>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let mut token = own_token(tx, id, &caller).await?;
                let suspended_at = suspend.then_some(by.at);
                if !tx.set_organisation_token_suspended(id, suspended_at).await? {
                    return Ok(Outcome::Unchanged(token));
                }
                token.suspended_at = suspended_at;
                token.revision += 1;
                let digests = tx.organisation_token_secrets(id).await?.iter().map(|secret| secret.digest).collect();
                let event = if suspend { Event::TokenSuspended { token: id, digests } } else { Event::TokenResumed { token: id, digests } };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(token, recorded))
            })
        })
        .await
    }

    /// Ends a token.
    pub async fn revoke_organisation_token(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                own_token(tx, id, &caller).await?;
                let digests = tx.organisation_token_secrets(id).await?.iter().map(|secret| secret.digest).collect();
                if !tx.revoke_organisation_token(id, by.at).await? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let recorded = tx.record(by, Event::TokensRevoked { tokens: vec![id], digests }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    /// The live tokens of an organisation, or of all of them for an operator.
    pub async fn organisation_tokens(
        &self,
        caller: &Caller,
        organisation: Option<OrganisationId>,
        page: Page,
    ) -> Result<Vec<OrganisationToken>, Error> {
        let Some(id) = organisation else {
            caller.require_operator()?;
            return Ok(self.store.read(move |reader| Box::pin(async move { reader.organisation_tokens(page, None).await })).await?);
        };
        caller.require_management(id, Right::OrganisationTokensRead)?;
        let found = self.store.read(move |reader| {
            Box::pin(async move { Ok((reader.organisation(id).await?, reader.organisation_tokens(page, Some(id)).await?)) })
        });
        let (organisation, tokens) = found.await?;
        organisation.map(|_| tokens).ok_or(Error::NotFound)
    }

    /// The username that a new token of an organisation gets where it chooses none.
    pub async fn proposed_username(&self, caller: &Caller, organisation: OrganisationId, api: String) -> Result<Username, Error> {
        caller.require_management(organisation, Right::OrganisationTokensWrite)?;
        let found = self.store.read(move |reader| {
            Box::pin(async move {
                match reader.organisation(organisation).await? {
                    Some(found) => free_username(reader, organisation, &found.name, &api).await.map(Some),
                    None => Ok(None),
                }
            })
        });
        found.await?.ok_or(Error::NotFound)
    }

    /// One live token.
    pub async fn organisation_token(&self, caller: &Caller, id: CredentialId) -> Result<OrganisationToken, Error> {
        let token = self.store.read(move |reader| Box::pin(async move { reader.organisation_token(id).await })).await?;
        let token = token.filter(|token| token.revoked_at.is_none()).ok_or(Error::NotFound)?;
        caller.require_management(token.organisation, Right::OrganisationTokensRead)?;
        Ok(token)
    }
}

/// A token as it is when it is made: all permissions, no end, nothing known of its code.
pub(crate) fn made(
    id: CredentialId,
    organisation: OrganisationId,
    (api, username): (String, Username),
    description: Description,
    created_at: Timestamp,
) -> OrganisationToken {
    OrganisationToken {
        id,
        organisation,
        api,
        username,
        description,
        permissions: Permissions::All,
        prefix: None,
        created_at,
        expires_at: None,
        suspended_at: None,
        revoked_at: None,
        old_secret_ends_at: None,
        last_used_at: None,
        last_used_from: None,
        uses: 0,
        exposed_at: None,
        revision: 1,
    }
}

/// Writes a new token and its event; `code` is the digest of its code alone.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    by: &By,
    token: &OrganisationToken,
    code: Digest,
    imported: bool,
) -> Result<Recorded, Abort<Error>> {
    if tx.count_live_organisation_tokens(token.organisation).await? >= MAX_TOKENS_OF_ORGANISATION {
        let detail = "this organisation has 500 tokens: end some first";
        return Err(Abort::Refused(Error::Conflict { code: "too_many_tokens", detail }));
    }
    let digest = bound(&code, &token.api, token.username.as_str());
    tx.insert_organisation_token(&NewRow { token, digest, imported }).await.map_err(clash)?;
    let event = Event::OrganisationTokenCreated {
        token: token.id,
        organisation: token.organisation,
        api: token.api.clone(),
        username_key: UsernameKey::from_bytes(username_key(&token.api, token.username.as_str())),
        secret: SecretState { digest, not_after: token.expires_at },
        permissions: token.permissions.clone(),
        imported,
    };
    Ok(tx.record(by, event).await?)
}

/// The API that a token is to be for: one that takes organisation tokens.
pub(crate) async fn api_for(tx: &mut Tx<'_>, name: &str) -> Result<ApiDefinition, Abort<Error>> {
    match tx.api(name).await? {
        Some((api, _)) if api.credentials.contains(&Kind::OrganisationToken) => Ok(api),
        Some(_) => Err(Abort::Refused(Error::invalid("api", "takes no organisation tokens"))),
        None => Err(Abort::Refused(Error::invalid("api", "there is no such API"))),
    }
}

/// Each permission is one of the API's.
pub(crate) fn check_permissions(api: &ApiDefinition, permissions: &Permissions) -> Result<(), Error> {
    let Permissions::Only(names) = permissions else { return Ok(()) };
    let unknown = names.iter().filter(|name| !api.permissions.iter().any(|known| known.name == **name));
    let problems: Vec<(String, String)> =
        unknown.map(|name| ("permissions".to_owned(), format!("the API has no permission {name}"))).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// The live token, where the caller may change it.
async fn own_token(tx: &mut Tx<'_>, id: CredentialId, caller: &Caller) -> Result<OrganisationToken, Abort<Error>> {
    let token = tx.organisation_token(id).await?.filter(|token| token.revoked_at.is_none()).ok_or(Abort::Refused(Error::NotFound))?;
    caller.require_management(token.organisation, Right::OrganisationTokensWrite).map_err(Abort::Refused)?;
    Ok(token)
}

/// A username that no live token of the API has. Those of the organisation's ended tokens are not proposed again either,
/// where it has chosen none itself.
async fn free_username(reader: &mut Reader<'_>, organisation: OrganisationId, name: &Name, api: &str) -> Result<Username, StoreError> {
    let mut number = reader.count_organisation_tokens_ever(organisation, api).await? + 1;
    loop {
        let username = Username::proposed(name, number);
        if reader.organisation_token_named(api, &username).await?.is_none() {
            return Ok(username);
        }
        number += 1;
    }
}

/// What is sealed of an issued token for a repeated request.
#[derive(Serialize, Deserialize)]
struct KeptToken {
    token: OrganisationToken,
    code: String,
}

impl Kept for IssuedOrganisationToken {
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut kept = KeptToken { token: self.token.clone(), code: self.code.expose().clone() };
        let bytes = serde_json::to_vec(&kept).ok().map(Zeroizing::new);
        kept.code.zeroize();
        bytes
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        let KeptToken { token, code } = serde_json::from_slice(bytes).ok()?;
        Some(Self { token, code: Secret::new(code) })
    }
}
