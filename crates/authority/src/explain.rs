//! Why a request was refused, told by its id to those who may know, and to nobody else.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::delegation::Delegation;
use domain::event::{Actor, Class, Event};
use domain::refused_request::RefusedRequest;
use domain::{Cause, ClientRefusal, Kind, OrganisationId, PersonId, Refusal, RequestId, Sequence, Timestamp};
use store::{DelegationFilter, Page, REFUSED_KEPT, Reader, StoreError};
use verifier::network;

use crate::{Authority, Caller, Error, Right};

/// How long refused requests are kept; fewer, if they are more than the store keeps.
pub const REFUSALS_KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);
/// How many refused requests one write takes.
const BATCH: usize = 1_000;
/// How far back a change is looked for that explains a refusal.
const CHANGES: u32 = 100;

/// Why a request was refused, as the caller may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The request. What the caller may not see is not in it.
    pub refused: RefusedRequest,
    /// As what the caller is told.
    pub reader: Reading,
    /// What the owner calls the credential; for the owner's side and operators.
    pub credential_label: Option<String>,
    /// The credential's organisation.
    pub organisation_name: Option<String>,
    /// What the receiver was told about the delegation that does not count.
    pub delegation: Option<String>,
    /// What was changed, so that the request was refused.
    pub decision: Option<Decision>,
}

/// As what somebody is told why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It is their credential, or their organisation's.
    Owner,
    /// It was about a workspace of their organisation.
    Target,
    /// They run the installation.
    Operator,
    /// The credential is nobody's, and they ask from where the request came.
    Sender,
}

/// A change that explains a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The name of the event, or `delegation_closed`, `delegation_paused` or `delegation_ended`.
    pub what: String,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<DecidedBy>,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// Who made it: people are named inside their own organisation only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedBy {
    /// A person, by name.
    Person(String),
    /// Somebody of an organisation, by its name.
    Organisation(String),
    /// Whoever runs the installation.
    Operator,
    /// The program that had the credential.
    Client,
    /// The server itself.
    Server,
}

/// Whose the credential and the workspace of a refused request are.
struct Sides {
    person: Option<PersonId>,
    organisation: Option<OrganisationId>,
    target: Option<(OrganisationId, domain::WorkspaceId)>,
    label: Option<String>,
}

/// Who asks, and from which network.
struct Asker {
    caller: Caller,
    from: Option<IpAddr>,
}

impl Asker {
    /// The organisation inside of which people are named; none for who may know all of them.
    fn organisation(&self) -> Option<OrganisationId> {
        match &self.caller {
            Caller::Person(person) => Some(person.organisation),
            _ => None,
        }
    }
}

impl Authority {
    /// Writes the refused requests that were noted on this node. What cannot be written waits for the next time, as far as there is room.
    pub async fn keep_refusals(&self) -> Result<(), Error> {
        loop {
            let batch = self.verifier.take_refusals(BATCH);
            let was_full = batch.len() == BATCH;
            if !batch.is_empty() {
                let batch: Arc<[RefusedRequest]> = batch.into();
                if let Err(error) = self.store.keep_refused_requests(batch.clone()).await {
                    self.verifier.refusals_unwritten(&batch);
                    return Err(error.into());
                }
            }
            if !was_full {
                return Ok(());
            }
        }
    }

    /// Forgets refused requests that were kept for [`REFUSALS_KEPT_FOR`], and the oldest of too many.
    pub async fn forget_old_refusals(&self, now: Timestamp) -> Result<(), Error> {
        Ok(self.store.drop_old_refused_requests(now.saturating_sub(REFUSALS_KEPT_FOR), REFUSED_KEPT).await?)
    }

    /// How many requests of an organisation's credentials were refused since a moment, as far as they were written, for its members;
    /// more than `most` are not counted.
    pub async fn refusals_since(&self, caller: &Caller, organisation: OrganisationId, since: Timestamp, most: u32) -> Result<u64, Error> {
        let is_member = matches!(caller, Caller::Person(person) if person.organisation == organisation && !person.roles.is_empty());
        if !is_member && !caller.is_operator() {
            return Err(Error::NotFound);
        }
        Ok(self.store.read(move |reader| Box::pin(async move { reader.count_refused(organisation, since, most).await })).await?)
    }

    /// Why this request was refused, told to the first of these callers that may know. What is not known, not kept any more or
    /// nobody's of them to know is one and the same: [`Error::NotFound`]. A refusal on another node can be explained a few seconds later.
    pub async fn explain(&self, request: RequestId, callers: Vec<Caller>, address: Option<&str>) -> Result<Explanation, Error> {
        self.keep_refusals().await?;
        let from = address.and_then(|address| address.parse().ok()).map(network);
        let askers: Arc<[Asker]> = callers.into_iter().map(|caller| Asker { caller, from }).collect();
        let told = self.store.read(move |reader| {
            let askers = askers.clone();
            Box::pin(async move { explain(reader, request, &askers).await })
        });
        told.await?.ok_or(Error::NotFound)
    }
}

async fn explain(reader: &mut Reader<'_>, request: RequestId, askers: &[Asker]) -> Result<Option<Explanation>, StoreError> {
    let Some(refused) = reader.refused_request(request).await? else { return Ok(None) };
    let sides = sides(reader, &refused).await?;
    match askers.iter().find_map(|asker| Some((reading(asker, &refused, &sides)?, asker))) {
        Some(told_to) => tell(reader, refused, &sides, told_to).await.map(Some),
        None => Ok(None),
    }
}

/// Whose they are, looked up: an ended credential has no owner in the index any more.
async fn sides(reader: &mut Reader<'_>, refused: &RefusedRequest) -> Result<Sides, StoreError> {
    let mut sides = Sides { person: refused.person, organisation: refused.organisation, target: None, label: None };
    match refused.credential.zip(refused.kind) {
        Some((id, Kind::PersonalToken)) => {
            if let Some(token) = reader.token(id).await? {
                sides.person = Some(token.person);
                sides.organisation = Some(token.organisation);
                sides.label = Some(token.description.to_string());
            }
        }
        Some((id, Kind::OrganisationToken)) => {
            if let Some(token) = reader.organisation_token(id).await? {
                sides.organisation = Some(token.organisation);
                sides.label = Some(token.username.to_string());
            }
        }
        Some((id, Kind::OrganisationKey)) => {
            if let Some(key) = reader.organisation_key(id).await? {
                sides.organisation = key.organisation;
                sides.label = Some(key.definition.name.to_string());
            }
        }
        _ => {}
    }
    if let Some(number) = refused.workspace.as_deref().and_then(|text| domain::workspace::WorkspaceNumber::new(text).ok()) {
        sides.target = reader.workspace_numbered(&number).await?.map(|workspace| (workspace.organisation, workspace.id));
    }
    Ok(sides)
}

/// As what the caller may know, if at all.
fn reading(asker: &Asker, refused: &RefusedRequest, sides: &Sides) -> Option<Reading> {
    let person = match &asker.caller {
        Caller::Operator { .. } | Caller::OperatorPerson { .. } | Caller::System => return Some(Reading::Operator),
        Caller::Person(person) => person,
        Caller::Client { .. } => return None,
    };
    let manages = |organisation: Option<OrganisationId>, rights: &[Right]| {
        organisation.is_some_and(|organisation| rights.iter().any(|right| asker.caller.manages(organisation, *right)))
    };
    let of_owner: &[Right] = match refused.kind {
        Some(Kind::OrganisationToken) => &[Right::OrganisationTokensRead, Right::PeopleRead],
        Some(Kind::OrganisationKey) => &[Right::OrganisationKeysRead, Right::PeopleRead],
        _ => &[Right::PeopleRead],
    };
    if sides.person == Some(person.id) && person.rights.contains(&Right::TokensRead) || manages(sides.organisation, of_owner) {
        return Some(Reading::Owner);
    }
    if sides.organisation.is_some() && manages(sides.target.map(|(owner, _)| owner), &[Right::WorkspacesRead]) {
        return Some(Reading::Target);
    }
    let is_nobodys = refused.credential.is_none() || is_own_master(refused, sides);
    (is_nobodys && asker.from.is_some() && asker.from == refused.address).then_some(Reading::Sender)
}

/// Whether the credential is that of a client that registered itself: nobody signs in for it.
fn is_own_master(refused: &RefusedRequest, sides: &Sides) -> bool {
    refused.kind == Some(Kind::OrganisationKey) && sides.organisation.is_none() && sides.person.is_none()
}

async fn tell(
    reader: &mut Reader<'_>,
    mut refused: RefusedRequest,
    sides: &Sides,
    (reading, asker): (Reading, &Asker),
) -> Result<Explanation, StoreError> {
    let organisation_name = match sides.organisation {
        Some(id) => reader.organisation(id).await?.map(|organisation| organisation.name.to_string()),
        None => None,
    };
    let viewers = asker.organisation();
    let (decision, delegation) = match refused.cause {
        Cause::Check(Refusal::DelegationClosed | Refusal::DelegationPaused) => {
            let delegation = delegation_of(reader, &refused, sides).await?;
            let decision = match &delegation {
                Some(delegation) => decided(reader, delegation, viewers).await?,
                None => None,
            };
            (decision, delegation.map(|delegation| delegation.description.to_string()))
        }
        cause => (changed(reader, subject(cause, &refused, sides), &refused, viewers).await?, None),
    };
    let credential_label = sides.label.clone().filter(|_| reading != Reading::Target);
    if reading == Reading::Target {
        // Whose machine it was, and who had it, is the other organisation's.
        (refused.address, refused.person, refused.credential) = (None, None, None);
    }
    if refused.flow.is_some() && !matches!(&asker.caller, Caller::Person(person) if Some(person.id) == refused.person) && !runs(asker) {
        // Who had consented is between that person and the program.
        refused.person = None;
    }
    Ok(Explanation { refused, reader: reading, credential_label, organisation_name, delegation, decision })
}

fn runs(asker: &Asker) -> bool {
    asker.caller.is_operator()
}

/// What a change is looked for that explains this.
fn subject(cause: Cause, refused: &RefusedRequest, sides: &Sides) -> Option<[u8; 16]> {
    match cause {
        Cause::Check(Refusal::Revoked | Refusal::Suspended)
        | Cause::Client(
            ClientRefusal::ClientRevoked
            | ClientRefusal::ClientSuspended
            | ClientRefusal::PrivateKeyEnded
            | ClientRefusal::PrivateKeyExpired
            | ClientRefusal::GrantTypeNotAllowed
            | ClientRefusal::RedirectUnknown,
        ) => refused.about.or(refused.credential.map(|id| *id.as_bytes())),
        Cause::Check(Refusal::OwnerInactive) | Cause::Client(ClientRefusal::PersonInactive | ClientRefusal::PersonGone) => {
            sides.person.map(|id| *id.as_bytes())
        }
        Cause::Check(Refusal::OrganisationSuspended) | Cause::Client(ClientRefusal::ClientOrganisation) => {
            sides.organisation.map(|id| *id.as_bytes())
        }
        Cause::Check(_) => None,
        Cause::Client(_) => refused.about,
    }
}

/// Whether such a change can be why. What ends is enough for most; of a key only what has to do with it.
fn explains(cause: Cause, event: &Event) -> bool {
    match cause {
        Cause::Client(ClientRefusal::PrivateKeyEnded | ClientRefusal::PrivateKeyExpired) => {
            matches!(event, Event::PrivateKeyRevoked { .. } | Event::OrganisationKeyRotated { .. })
        }
        Cause::Client(ClientRefusal::GrantTypeNotAllowed | ClientRefusal::RedirectUnknown) => {
            matches!(event, Event::OrganisationKeyChanged { .. })
        }
        _ => event.class() == Class::Ending,
    }
}

/// The delegation by which the credential's organisation worked in the workspace, the one that ended last.
async fn delegation_of(reader: &mut Reader<'_>, refused: &RefusedRequest, sides: &Sides) -> Result<Option<Delegation>, StoreError> {
    let (Some((_, workspace)), Some(to)) = (sides.target, sides.organisation) else { return Ok(None) };
    let filter = DelegationFilter { workspace: Some(workspace), to: Some(to), ..DelegationFilter::default() };
    let all = reader.delegations(filter, Page { after: None, limit: CHANGES }).await?;
    let moment = |delegation: &Delegation| delegation.over_at.or(delegation.paused_at);
    let ended = all.into_iter().filter(|delegation| Some(&delegation.api) == refused.api.as_ref() && moment(delegation).is_some());
    Ok(ended.max_by_key(moment))
}

/// What was decided about a delegation, by whom and why.
async fn decided(
    reader: &mut Reader<'_>,
    delegation: &Delegation,
    viewers: Option<OrganisationId>,
) -> Result<Option<Decision>, StoreError> {
    let (what, at) = match (delegation.closed_at, delegation.over_at, delegation.paused_at) {
        (Some(at), ..) => ("delegation_closed", at),
        (None, Some(at), _) => ("delegation_ended", at),
        (None, None, Some(at)) => ("delegation_paused", at),
        (None, None, None) => return Ok(None),
    };
    let by = match delegation.decided_by {
        Some(person) => named(reader, person, viewers, Some(delegation.from)).await?,
        None => reader.organisation(delegation.from).await?.map(|giver| DecidedBy::Organisation(giver.name.to_string())),
    };
    let reason = delegation.reason.as_ref().map(ToString::to_string);
    Ok(Some(Decision { what: what.to_owned(), at, by, reason }))
}

/// The last change about this before the request that explains it.
async fn changed(
    reader: &mut Reader<'_>,
    about: Option<[u8; 16]>,
    refused: &RefusedRequest,
    viewers: Option<OrganisationId>,
) -> Result<Option<Decision>, StoreError> {
    let Some(about) = about else { return Ok(None) };
    let entries = reader.entries_before(Sequence(i64::MAX), Some(about), CHANGES).await?;
    let entry = entries.into_iter().find(|entry| entry.at <= refused.at && explains(refused.cause, &entry.event));
    let Some(entry) = entry else { return Ok(None) };
    let by = match entry.actor {
        Actor::Operator { .. } | Actor::OperatorPerson { .. } => Some(DecidedBy::Operator),
        Actor::Client { .. } => Some(DecidedBy::Client),
        Actor::System => Some(DecidedBy::Server),
        Actor::Person { id, .. } => named(reader, id, viewers, None).await?,
    };
    let event = serde_json::to_value(&entry.event).unwrap_or_default();
    let what = event.get("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    Ok(Some(Decision { what, at: entry.at, by, reason: None }))
}

/// A person by name for who belongs to the same organisation or runs the installation (`viewers` is none); otherwise the
/// organisation for which it was done, or one that the person belongs to.
async fn named(
    reader: &mut Reader<'_>,
    person: PersonId,
    viewers: Option<OrganisationId>,
    acting_for: Option<OrganisationId>,
) -> Result<Option<DecidedBy>, StoreError> {
    let memberships = reader.memberships_of(person).await?;
    let is_colleague = viewers.is_none_or(|viewers| memberships.iter().any(|membership| membership.organisation == viewers));
    if is_colleague && let Some(name) = reader.person(person).await?.and_then(|person| person.name) {
        return Ok(Some(DecidedBy::Person(name.to_string())));
    }
    let organisation = acting_for.or_else(|| memberships.first().map(|membership| membership.organisation));
    let Some(organisation) = organisation else { return Ok(None) };
    Ok(reader.organisation(organisation).await?.map(|organisation| DecidedBy::Organisation(organisation.name.to_string())))
}
