//! Personal tokens: made and shown once, changed, rotated, paused, ended.

use std::time::Duration;

use domain::event::SecretState;
use domain::letter::{Letter, Recipient};
use domain::permission::Permissions;
use domain::person::{Membership, Roles};
use domain::personal_token::{self, MAX_OVERLAP, MAX_TOKENS_OF_PERSON, PersonalToken};
use domain::text::Description;
use domain::{CredentialId, Digest, Event, Kind, OrganisationId, PersonId, Rotation, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Abort, By, Outcome, Recorded, Tx};
use verifier::Verifier;
use zeroize::{Zeroize as _, Zeroizing};

use crate::idempotency::Kept;
use crate::organisation::clash;
use crate::second_factor::policy;
use crate::{Authority, Caller, Changed, Context, Error, Right};

/// What is asked for a new token.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub description: Description,
    /// When it is to stop by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// What it may do at most.
    pub permissions: Permissions,
    /// In which organisation it acts; needed where the person is a member of several.
    pub organisation: Option<OrganisationId>,
}

/// What is to be different about a token.
#[derive(Debug, Clone, Default)]
pub struct TokenUpdate {
    /// Another description.
    pub description: Option<Description>,
    /// Another expiry; `Some(None)` takes it away.
    pub expires_at: Option<Option<Timestamp>>,
    /// Other permissions.
    pub permissions: Option<Permissions>,
    /// The revision that the caller has read; a later one there refuses the change.
    pub expected_revision: Option<i64>,
}

/// A token with its text: shown once, in this answer.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token as lists show it.
    pub token: PersonalToken,
    /// Its text.
    pub secret: Secret<String>,
}

impl Authority {
    /// Makes a token for a person.
    pub async fn create_token(&self, context: &Context, person: PersonId, new: NewToken) -> Result<Changed<IssuedToken>, Error> {
        let expires_at = new.expires_at.map(|wished| valid_expiry(wished, context.now)).transpose()?;
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let secret = self.installation.generate(Kind::PersonalToken, &*self.entropy)?;
        let digest = Digest::of(secret.expose().as_bytes());
        let (caller, verifier, letters) = (context.caller.clone(), self.verifier.clone(), self.letters());
        let made = self.change(context, move |tx, by| {
            let (caller, new, secret, verifier) = (caller.clone(), new.clone(), secret.clone(), verifier.clone());
            let letters = letters.clone();
            Box::pin(async move {
                let membership = membership_for(tx, person, new.organisation, &caller).await?;
                require_second_factor(tx, &membership, &caller).await?;
                let reach = Reach { permissions: &new.permissions, expires_at };
                require_reach(tx, &verifier, &caller, membership.roles, &reach).await?;
                let prefix = domain::credential::format::shown_prefix(secret.expose()).to_owned();
                let made = PersonalToken::made(id, &membership, new.description, Some(prefix), by.at);
                let token = PersonalToken { expires_at, permissions: new.permissions, ..made };
                let recorded = insert(tx, by, &token, digest, false).await?;
                let letter = Letter::TokenMade { description: token.description.to_string(), at: by.at, ends_at: expires_at };
                letters.write(tx, by.at, Recipient::Person(person), &letter).await?;
                Ok(Outcome::Changed(IssuedToken { token, secret }, recorded))
            })
        });
        let made = made.await?;
        self.letters_written();
        Ok(made)
    }

    /// Changes a token's description, expiry or permissions.
    pub async fn update_token(&self, context: &Context, id: CredentialId, update: TokenUpdate) -> Result<Changed<PersonalToken>, Error> {
        let expires_at = update.expires_at.map(|wished| wished.map(|at| valid_expiry(at, context.now)).transpose()).transpose()?;
        let (caller, verifier) = (context.caller.clone(), self.verifier.clone());
        self.change(context, move |tx, by| {
            let (caller, update, verifier) = (caller.clone(), update.clone(), verifier.clone());
            Box::pin(async move {
                let mut token = own_token(tx, id, &caller).await?;
                let revision = token.revision;
                if update.expected_revision.is_some_and(|expected| expected != revision) {
                    return Err(Abort::Refused(Error::Stale));
                }
                token.description = update.description.unwrap_or(token.description);
                token.expires_at = expires_at.unwrap_or(token.expires_at);
                token.permissions = update.permissions.unwrap_or(token.permissions);
                let membership = tx.membership(token.membership).await?.ok_or(Abort::Refused(Error::NotFound))?;
                require_second_factor(tx, &membership, &caller).await?;
                let reach = Reach { permissions: &token.permissions, expires_at: token.expires_at };
                require_reach(tx, &verifier, &caller, membership.roles, &reach).await?;
                token.revision += 1;
                if !tx.update_token(&token, revision).await.map_err(clash)? {
                    return Err(Abort::Refused(Error::Stale));
                }
                let secrets = tx.token_secrets(id).await?;
                let event = Event::TokenChanged { token: id, secrets, permissions: token.permissions.clone() };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(token, recorded))
            })
        })
        .await
    }

    /// Gives a token a new secret. The old one works for `overlap` more, then ends by itself; secrets of earlier rotations end at once.
    pub async fn rotate_token(&self, context: &Context, id: CredentialId, overlap: Duration) -> Result<Changed<IssuedToken>, Error> {
        if overlap > MAX_OVERLAP {
            return Err(Error::invalid("overlap_seconds", format!("must be {} at most", MAX_OVERLAP.as_secs())));
        }
        let secret = self.installation.generate(Kind::PersonalToken, &*self.entropy)?;
        let digest = Digest::of(secret.expose().as_bytes());
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let (caller, secret) = (caller.clone(), secret.clone());
            Box::pin(async move {
                let mut token = own_token(tx, id, &caller).await?;
                let membership = tx.membership(token.membership).await?.ok_or(Abort::Refused(Error::NotFound))?;
                require_second_factor(tx, &membership, &caller).await?;
                if token.suspended_at.is_some() {
                    return Err(Abort::Refused(Error::Conflict {
                        code: "token_suspended",
                        detail: "a suspended token is resumed before it is rotated",
                    }));
                }
                let new = SecretState { digest, not_after: token.expires_at };
                let secrets = tx.token_secrets(id).await?;
                let Some(rotation) = Rotation::of(&secrets, new, by.at, overlap) else { return Err(Abort::Refused(Error::NotFound)) };
                let Rotation { old, new, ended, old_ends_at } = rotation;
                let prefix = domain::credential::format::shown_prefix(secret.expose()).to_owned();
                if !tx.replace_secret(id, &new, &prefix, &old).await.map_err(clash)? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                token.prefix = Some(prefix);
                token.old_secret_ends_at = Some(old_ends_at);
                token.exposed_at = None;
                token.revision += 1;
                let recorded = tx.record(by, Event::TokenRotated { token: id, old, new, ended }).await?;
                Ok(Outcome::Changed(IssuedToken { token, secret }, recorded))
            })
        })
        .await
    }

    /// Pauses a token, or lets it work again.
    pub async fn suspend_token(&self, context: &Context, id: CredentialId, suspend: bool) -> Result<Changed<PersonalToken>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let mut token = own_token(tx, id, &caller).await?;
                let suspended_at = suspend.then_some(by.at);
                if !tx.set_token_suspended(id, suspended_at).await? {
                    return Ok(Outcome::Unchanged(token));
                }
                token.suspended_at = suspended_at;
                token.revision += 1;
                let digests = tx.token_secrets(id).await?.iter().map(|secret| secret.digest).collect();
                let event = if suspend { Event::TokenSuspended { token: id, digests } } else { Event::TokenResumed { token: id, digests } };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(token, recorded))
            })
        })
        .await
    }

    /// Ends a token.
    pub async fn revoke_token(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                own_token(tx, id, &caller).await?;
                let secrets = tx.token_secrets(id).await?.iter().map(|secret| (id, secret.digest)).collect();
                match revoke(tx, by, secrets).await? {
                    Some(recorded) => Ok(Outcome::Changed((), recorded)),
                    None => Err(Abort::Refused(Error::NotFound)),
                }
            })
        })
        .await
    }

    /// Ends all tokens of a person that the caller may end; gives how many.
    pub async fn revoke_tokens_of(&self, context: &Context, person: PersonId) -> Result<Changed<u64>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let itself = matches!(&caller, Caller::Person(caller) if caller.id == person);
                let mut secrets = Vec::new();
                let mut visible = caller.is_operator() && tx.person(person).await?.is_some();
                for membership in tx.memberships_of(person).await? {
                    if itself {
                        caller.require(Right::TokensWrite).map_err(Abort::Refused)?;
                    } else if !caller.manages(membership.organisation, Right::PeopleWrite) {
                        continue;
                    }
                    visible = true;
                    secrets.extend(tx.live_token_secrets_of_membership(membership.id).await?);
                }
                if !visible {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let mut tokens: Vec<CredentialId> = secrets.iter().map(|(id, _)| *id).collect();
                tokens.dedup();
                match revoke(tx, by, secrets).await? {
                    Some(recorded) => Ok(Outcome::Changed(tokens.len() as u64, recorded)),
                    None => Ok(Outcome::Unchanged(0)),
                }
            })
        })
        .await
    }
}

/// Writes a new token and its event.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    by: &By,
    token: &PersonalToken,
    digest: Digest,
    imported: bool,
) -> Result<Recorded, Abort<Error>> {
    if tx.count_live_tokens(token.person).await? >= MAX_TOKENS_OF_PERSON {
        return Err(Abort::Refused(Error::Conflict { code: "too_many_tokens", detail: "this person has 500 tokens: end some first" }));
    }
    tx.insert_token(&store::NewToken { token, digest, imported }).await.map_err(clash)?;
    let secret = SecretState { digest, not_after: token.expires_at };
    let (membership, permissions) = (token.membership, token.permissions.clone());
    Ok(tx.record(by, Event::TokenCreated { token: token.id, membership, secret, permissions, imported }).await?)
}

/// Ends tokens inside a change, all at once; nothing where there is none.
pub(crate) async fn revoke(tx: &mut Tx<'_>, by: &By, secrets: Vec<(CredentialId, Digest)>) -> Result<Option<Recorded>, Abort<Error>> {
    let (mut tokens, digests): (Vec<CredentialId>, Vec<Digest>) = secrets.into_iter().unzip();
    tokens.sort_unstable();
    tokens.dedup();
    if tokens.is_empty() || tx.revoke_tokens(&tokens, by.at).await? == 0 {
        return Ok(None);
    }
    Ok(Some(tx.record(by, Event::TokensRevoked { tokens, digests }).await?))
}

/// The live token, where the caller may change it.
async fn own_token(tx: &mut Tx<'_>, id: CredentialId, caller: &Caller) -> Result<PersonalToken, Abort<Error>> {
    let token = tx.token(id).await?.filter(|token| token.revoked_at.is_none()).ok_or(Abort::Refused(Error::NotFound))?;
    caller.require_token(&token, true).map_err(Abort::Refused)?;
    Ok(token)
}

/// The membership that a new token is to hang from.
async fn membership_for(
    tx: &mut Tx<'_>,
    person: PersonId,
    organisation: Option<OrganisationId>,
    caller: &Caller,
) -> Result<Membership, Abort<Error>> {
    let refuse = |error| Err(Abort::Refused(error));
    let mut memberships = tx.memberships_of(person).await?;
    if let Caller::Person(caller) = caller {
        if caller.id == person {
            caller_right(caller)?;
        } else {
            memberships.retain(|membership| Caller::Person(caller.clone()).manages(membership.organisation, Right::PeopleWrite));
            if memberships.is_empty() {
                return refuse(Error::NotFound);
            }
        }
    } else if memberships.is_empty() && tx.person(person).await?.is_none() {
        return refuse(Error::NotFound);
    }
    if let Some(organisation) = organisation {
        memberships.retain(|membership| membership.organisation == organisation);
    }
    match memberships.len() {
        1 => Ok(memberships.remove(0)),
        0 => refuse(Error::invalid("organisation", "the person is not a member of such an organisation")),
        _ => refuse(Error::invalid("organisation", "the person is a member of several: say which one")),
    }
}

/// People make no token in an organisation that asks for a second factor which its holder does not have.
async fn require_second_factor(tx: &mut Tx<'_>, membership: &Membership, caller: &Caller) -> Result<(), Abort<Error>> {
    if matches!(caller, Caller::Person(_)) && policy::lacks(tx, membership.person, membership.organisation).await? {
        return Err(Abort::Refused(policy::SECOND_FACTOR_REQUIRED));
    }
    Ok(())
}

fn caller_right(caller: &crate::access::PersonCaller) -> Result<(), Abort<Error>> {
    if caller.rights.contains(&Right::TokensWrite) { Ok(()) } else { Err(Abort::Refused(Error::Forbidden)) }
}

/// How far a token is to reach.
struct Reach<'t> {
    permissions: &'t Permissions,
    expires_at: Option<Timestamp>,
}

/// A token reaches no further than its owner, nor than the token with which it is made, if it is made with one.
async fn require_reach(tx: &mut Tx<'_>, verifier: &Verifier, caller: &Caller, roles: Roles, reach: &Reach<'_>) -> Result<(), Abort<Error>> {
    check_permissions(verifier, reach.permissions, roles).map_err(Abort::Refused)?;
    let Caller::Person(caller) = caller else { return Ok(()) };
    let Some(with) = caller.with.credential() else { return Ok(()) };
    let Some(with) = tx.token(with).await? else { return Err(Abort::Refused(Error::Forbidden)) };
    let wider = match (&with.permissions, reach.permissions) {
        (Permissions::All, _) => false,
        (Permissions::Only(_), Permissions::All) => true,
        (Permissions::Only(held), Permissions::Only(wished)) => !wished.is_subset(held),
    };
    if wider {
        return Err(Abort::Refused(Error::invalid("permissions", "must be among those of the token with which it is made")));
    }
    let longer = with.expires_at.is_some_and(|end| reach.expires_at.is_none_or(|wished| wished > end));
    if longer {
        return Err(Abort::Refused(Error::invalid("expires_at", "must not be later than that of the token with which it is made")));
    }
    Ok(())
}

/// Each permission exists, and the owner's roles may hold it.
pub(crate) fn check_permissions(verifier: &Verifier, permissions: &Permissions, roles: Roles) -> Result<(), Error> {
    let Permissions::Only(names) = permissions else { return Ok(()) };
    let problem = |name: &domain::permission::Permission| {
        let held = verifier.api(name.api()).and_then(|api| {
            let bit = api.permission_bit(name.as_str())?;
            Some(api.allowed_by_roles(roles) >> bit & 1 == 1)
        });
        match held {
            Some(true) => None,
            Some(false) => Some(format!("{name} is beyond what the person may do")),
            None => Some(format!("there is no permission {name}")),
        }
    };
    let problems: Vec<(String, String)> = names.iter().filter_map(problem).map(|problem| ("permissions".to_owned(), problem)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

pub(crate) fn valid_expiry(wished: Timestamp, now: Timestamp) -> Result<Timestamp, Error> {
    personal_token::expiry(wished, now).map_err(|problem| Error::invalid("expires_at", problem))
}

/// What is sealed of an issued token for a repeated request.
#[derive(Serialize, Deserialize)]
struct KeptToken {
    token: PersonalToken,
    secret: String,
}

impl Kept for IssuedToken {
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut kept = KeptToken { token: self.token.clone(), secret: self.secret.expose().clone() };
        let bytes = serde_json::to_vec(&kept).ok().map(Zeroizing::new);
        kept.secret.zeroize();
        bytes
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        let KeptToken { token, secret } = serde_json::from_slice(bytes).ok()?;
        Some(Self { token, secret: Secret::new(secret) })
    }
}
