//! Organisation keys, grants, and what was ended of what hangs from them: what an access token is looked up in.
//!
//! An access token is no entry. What it hangs from is here: its key and its grant, which must be there, and sets of single
//! tokens, families and sessions that were ended, in which it must not be. All writing is done inside a window of the
//! epoch, so that a check never sees half of an event.

use std::sync::Arc;

use domain::access_token::{AccessToken, Parent};
use domain::client::ClientDefinition;
use domain::organisation_key::PrivateKeyState;
use domain::verify::{Facts, Owner, State};
use domain::{CredentialId, GrantId, Kind, OrganisationId, Refusal, WorkspaceId};
use papaya::HashMap;

use crate::arena::Arena;
use crate::catalogue::Known;
use crate::credential::{Record, join, words};
use crate::index::{Found, Index, Snapshot, party};
use crate::seconds;

/// How many organisation keys there can be.
const MAX_CLIENTS: usize = 1 << 22;

/// An organisation key and its OAuth side, as the index knows it. A change makes a new one.
#[derive(Debug, Clone)]
pub struct Client {
    /// The key's id.
    pub id: CredentialId,
    /// Whose; nobody's for a client that registered itself.
    pub organisation: Option<OrganisationId>,
    /// The one workspace that it sees, if it sees one only.
    pub workspace: Option<WorkspaceId>,
    /// Its public id and OAuth side.
    pub definition: Arc<ClientDefinition>,
    /// Its private keys that were not ended; some may be over by themselves.
    pub private_keys: Vec<PrivateKeyState>,
    /// The generation of its access tokens.
    pub generation: u32,
    /// Its own state.
    pub state: State,
    /// Whether it came from another system.
    pub imported: bool,
    pub(crate) organisation_slot: u32,
    pub(crate) workspace_slot: u32,
    pub(crate) set: u32,
    pub(crate) slot: u32,
    /// The slot of an entry that nobody can find: what is done with the key by others than its private keys is counted there.
    pub(crate) counted: u32,
}

/// A grant that has not ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Granting {
    pub(crate) membership: u32,
    pub(crate) key: CredentialId,
}

/// What access tokens are looked up in.
pub(crate) struct Clients {
    pub(crate) by_id: HashMap<CredentialId, Arc<Client>>,
    pub(crate) by_client_id: HashMap<Box<str>, CredentialId>,
    /// The origins that clients have registered, and how many that are not revoked have each.
    pub(crate) origins: HashMap<Box<str>, u32>,
    pub(crate) grants: HashMap<GrantId, Granting>,
    /// Single tokens, families and sessions that were ended, and until when that must be known, in packed seconds.
    pub(crate) ended: HashMap<[u8; 16], u32>,
    /// The ids of keys by slot: the parents of their entries.
    pub(crate) rows: Arena<2>,
}

impl Clients {
    pub(crate) fn new() -> Self {
        Self {
            by_id: HashMap::new(),
            by_client_id: HashMap::new(),
            origins: HashMap::new(),
            grants: HashMap::new(),
            ended: HashMap::new(),
            rows: Arena::new(MAX_CLIENTS),
        }
    }

    pub(crate) fn clear(&self) {
        self.by_id.pin().clear();
        self.by_client_id.pin().clear();
        self.origins.pin().clear();
        self.grants.pin().clear();
        self.ended.pin().clear();
    }

    pub(crate) fn get(&self, id: &CredentialId) -> Option<Arc<Client>> {
        self.by_id.pin().get(id).cloned()
    }

    /// The client of an entry.
    pub(crate) fn of_slot(&self, slot: u32) -> Option<Arc<Client>> {
        let row = self.rows.get(slot)?;
        self.get(&CredentialId::from_bytes(join(row.get(0), row.get(1))))
    }

    /// One client more, or one less, has registered each of these origins.
    pub(crate) fn count_origins(&self, origins: &[String], more: bool) {
        let counts = self.origins.pin();
        for origin in origins {
            let count = counts.get(origin.as_str()).copied().unwrap_or(0);
            match (more, count) {
                (true, _) => drop(counts.insert(origin.as_str().into(), count.saturating_add(1))),
                (false, 0 | 1) => drop(counts.remove(origin.as_str())),
                (false, _) => drop(counts.insert(origin.as_str().into(), count - 1)),
            }
        }
    }

    fn was_ended(&self, id: &[u8; 16]) -> bool {
        self.ended.pin().contains_key(id)
    }

    /// Whether the token itself, or what it came with, was ended.
    fn is_over(&self, token: &AccessToken) -> bool {
        self.was_ended(token.serial.as_bytes())
            || token.exchanged.iter().any(|id| self.was_ended(id.as_bytes()))
            || token.family.is_some_and(|id| self.was_ended(id.as_bytes()))
            || token.session.is_some_and(|id| self.was_ended(id.as_bytes()))
    }
}

impl Client {
    /// The one workspace of this organisation that it sees, by its slot; 0: all of them.
    fn limit_in(&self, organisation: u32) -> u32 {
        if self.organisation_slot == organisation { self.workspace_slot } else { 0 }
    }

    /// The origins whose pages may read answers, for as long as it is not revoked.
    pub(crate) fn origins(&self) -> &[String] {
        if self.state == State::Revoked { &[] } else { &self.definition.cors_origins }
    }

    /// Whether a token of this generation and private key came from it as it is now.
    fn has_issued(&self, parent: &Parent<CredentialId>, secret: Option<CredentialId>) -> bool {
        self.generation == parent.generation && secret.is_none_or(|secret| self.has_secret(secret))
    }

    /// Whether this is one of its private keys that were not ended.
    fn has_secret(&self, secret: CredentialId) -> bool {
        self.private_keys.iter().any(|key| key.id == secret)
    }
}

/// Who acts, whose workspace is seen, with what state, when an access token is presented.
struct Standing {
    /// The slot of the private key that it came with; where it came with none, that in which the key itself is counted.
    slot: u32,
    owner: Owner,
    organisation: u32,
    limit: u32,
    state: State,
    mask: u64,
}

impl Index {
    /// What was found under the digest of a private key.
    #[cold]
    pub(crate) fn gather_key(&self, snapshot: &Snapshot, slot: u32, record: &Record, api: Option<&Known>) -> Found {
        let client = self.clients.of_slot(record.parent);
        let client = client.as_deref();
        let facts = Facts {
            id: client.map_or(CredentialId::from_bytes(record.id), |client| client.id),
            kind: record.kind,
            state: worse(record.state, client.map_or(State::Revoked, |client| fenced(snapshot, client))),
            not_after: seconds::unpack(record.until),
            imported: record.imported,
            permissions: api.map_or(0, |api| api.masks.get(record.set)),
            meant: true,
            owner: client.map_or_else(nobody, |client| self.organisation_of(client)),
        };
        let (organisation, limit) = client.map_or((0, 0), |client| (client.organisation_slot, client.workspace_slot));
        Found { slot, facts, organisation, limit, workspace: 0 }
    }

    fn organisation_of(&self, client: &Client) -> Owner {
        let (organisation, _) = party(&self.organisations, client.organisation_slot);
        Owner::Organisation { organisation: OrganisationId::from_bytes(organisation), organisation_active: self.organisation_works(client) }
    }

    /// Whether a client's organisation is not suspended. Nobody can suspend that of a client that has none.
    fn organisation_works(&self, client: &Client) -> bool {
        party(&self.organisations, client.organisation_slot).1 || client.organisation.is_none()
    }

    /// What is to be decided about an access token that could be opened.
    pub(crate) fn gather_access(&self, snapshot: &Snapshot, token: &AccessToken, api: Option<&Known>) -> Found {
        let standing = self.standing(snapshot, token, api).filter(|_| !self.clients.is_over(token));
        let counted = || self.clients.get(&token.key.id).map_or(0, |client| client.counted);
        let Standing { slot, owner, organisation, limit, state, mask } = standing.unwrap_or_else(|| Standing {
            slot: counted(),
            owner: nobody(),
            organisation: 0,
            limit: 0,
            state: State::Revoked,
            mask: 0,
        });
        let granted = api.and_then(|api| Some((api, token.granted(api.api.tag())?)));
        let facts = Facts {
            id: token.serial,
            kind: Kind::AccessToken,
            state,
            not_after: Some(token.expires_at),
            imported: false,
            permissions: granted.map_or(0, |(api, granted)| api.api.granted_mask(&granted)) & mask,
            meant: granted.is_some(),
            owner,
        };
        Found { slot, facts, organisation, limit, workspace: 0 }
    }

    /// `None`: something that the token hangs from is gone.
    fn standing(&self, snapshot: &Snapshot, token: &AccessToken, api: Option<&Known>) -> Option<Standing> {
        let client = self.clients.get(&token.key.id)?;
        if !client.has_issued(&token.key, token.secret) {
            return None;
        }
        let mask_of = |client: &Client| api.map_or(0, |api| api.masks.get(client.set));
        let private_key = token.secret.and_then(|secret| client.private_keys.iter().find(|key| key.id == secret));
        let mut standing = Standing {
            slot: private_key.and_then(|key| self.slot(&words(&key.digest))).unwrap_or(client.counted),
            owner: self.organisation_of(&client),
            organisation: client.organisation_slot,
            limit: client.workspace_slot,
            state: fenced(snapshot, &client),
            mask: mask_of(&client),
        };
        // After an exchange the one who acts is not the one for whom: both must be there.
        let subject = match (&token.grant, &token.subject) {
            (Some(grant), _) => {
                let granting = self.clients.grants.pin().get(&grant.id).copied()?;
                let (owner, organisation) = self.member_owner(granting.membership);
                (standing.owner, standing.organisation) = (owner, organisation);
                if behind_fence(snapshot, grant.id, &owner) {
                    standing.state = worse(standing.state, State::Suspended);
                }
                if granting.key == client.id { None } else { Some(self.clients.get(&granting.key)?) }
            }
            (None, Some(subject)) => {
                let other = self.clients.get(&subject.id).filter(|other| other.has_issued(subject, None))?;
                (standing.owner, standing.organisation) = (self.organisation_of(&other), other.organisation_slot);
                Some(other)
            }
            (None, None) => None,
        };
        // A person of another organisation: the client's own workspace says nothing there.
        standing.limit = client.limit_in(standing.organisation);
        if let Some(other) = &subject {
            standing.state = worse(standing.state, fenced(snapshot, other));
            standing.mask &= mask_of(other);
            let limit = other.limit_in(standing.organisation);
            if limit != 0 && standing.limit != 0 && limit != standing.limit {
                return None;
            }
            standing.limit = standing.limit.max(limit);
        }
        // Those between them handed it on, all in one organisation; and a private key of any of them ends what came with it.
        let actors = token.actors.iter().map(|actor| self.clients.get(&actor)).collect::<Option<Vec<_>>>()?;
        standing.state = actors.iter().fold(standing.state, |state, actor| worse(state, fenced(snapshot, actor)));
        let has = |secret| std::iter::once(&client).chain(&subject).chain(&actors).any(|holder| holder.has_secret(secret));
        if !token.exchanged_secrets.iter().all(has) {
            return None;
        }
        // Whoever acts is stopped with its own organisation, too, not only with the one for which it acts.
        if !std::iter::once(&client).chain(&subject).all(|client| self.organisation_works(client)) {
            standing.owner = stopped(standing.owner);
        }
        Some(standing)
    }

    /// Whether a client works at this moment, its organisation included.
    pub(crate) fn client_works(&self, snapshot: &Snapshot, client: &Client) -> Result<(), Refusal> {
        match (fenced(snapshot, client), self.organisation_of(client)) {
            (State::Revoked, _) => Err(Refusal::Revoked),
            (State::Suspended, _) => Err(Refusal::Suspended),
            (_, Owner::Organisation { organisation_active: false, .. }) => Err(Refusal::OrganisationSuspended),
            _ => Ok(()),
        }
    }
}

/// The owner of what hangs from nothing that is known.
fn nobody() -> Owner {
    Owner::Organisation { organisation: OrganisationId::from_bytes([0; 16]), organisation_active: false }
}

/// The same owner, in an organisation that is suspended.
fn stopped(owner: Owner) -> Owner {
    match owner {
        Owner::Member { person, active, organisation, roles, .. } => {
            Owner::Member { person, active, organisation, organisation_active: false, roles }
        }
        Owner::Organisation { organisation, .. } => Owner::Organisation { organisation, organisation_active: false },
        other => other,
    }
}

/// Whether a grant waits behind a fence for its person's organisation to be confirmed.
fn behind_fence(snapshot: &Snapshot, grant: GrantId, owner: &Owner) -> bool {
    match (owner, &snapshot.fence) {
        (Owner::Member { organisation, .. }, Some(fence)) => fence.holds_grant(grant, *organisation),
        _ => false,
    }
}

/// A client's state; behind a fence it is paused.
fn fenced(snapshot: &Snapshot, client: &Client) -> State {
    let held = snapshot.fence.as_ref().is_some_and(|fence| fence.holds_key(client.id, client.organisation));
    if held { worse(client.state, State::Suspended) } else { client.state }
}

fn worse(one: State, other: State) -> State {
    match (one, other) {
        (State::Revoked, _) | (_, State::Revoked) => State::Revoked,
        (State::Suspended, _) | (_, State::Suspended) => State::Suspended,
        _ => State::Live,
    }
}
