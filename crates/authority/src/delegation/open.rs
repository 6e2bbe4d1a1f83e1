//! Opening a delegation: of an own workspace, or by passing on one that was given.

use domain::chain::Chain;
use domain::delegation::{Delegation, DelegationKind, DelegationState, MAX_CHAIN};
use domain::letter::Turn;
use domain::permission::Permissions;
use domain::text::{Description, Name, Note};
use domain::workspace::WorkspaceNumber;
use domain::{DelegationId, Event, OrganisationId, Timestamp, WorkspaceId};
use store::{Abort, Outcome, Tx};
use verifier::Verifier;

use super::tell::tell;
use super::{DelegationView, Found, Side, conflict, invalid, leads_of, view, whole};
use crate::organisation::clash;
use crate::{Authority, Caller, Changed, Context, Error};

/// A thing by its id, or by what people and paths call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<I, N> {
    /// By its id.
    Id(I),
    /// By its name or number.
    Name(N),
}

/// What is asked for a new delegation.
#[derive(Debug, Clone)]
pub struct NewDelegation {
    /// The API that it is for; that of the parent where it passes one on.
    pub api: Option<String>,
    /// Where; the parent's workspace where it passes one on.
    pub workspace: Option<Named<WorkspaceId, WorkspaceNumber>>,
    /// The delegation that it passes on.
    pub parent: Option<DelegationId>,
    /// Who gets it.
    pub to: Named<OrganisationId, Name>,
    /// What it is for; as the parent where it passes one on.
    pub kind: Option<DelegationKind>,
    /// What it allows at most; all that the parent does where it passes one on and says nothing.
    pub permissions: Option<Permissions>,
    /// Whether who gets it may pass it on.
    pub may_pass_on: bool,
    /// What who gets it is told about it.
    pub description: Description,
    /// What who gives it wants to remember.
    pub note: Option<Note>,
    /// From when on it counts; from now on where nothing is said.
    pub opens_at: Option<Timestamp>,
    /// Until when, if until ever; the parent's end where it passes one on and says nothing.
    pub ends_at: Option<Timestamp>,
    /// When it lapses unless it is confirmed.
    pub review_at: Option<Timestamp>,
    /// Whether who gets it must accept it first.
    pub invitation: bool,
}

impl Authority {
    /// Opens a delegation, or offers one.
    pub async fn open_delegation(&self, context: &Context, new: NewDelegation) -> Result<Changed<DelegationView>, Error> {
        let id = DelegationId::generate(context.now, &*self.entropy)?;
        let (caller, verifier, letters) = (context.caller.clone(), self.verifier.clone(), self.letters());
        let opened = self.change(context, move |tx, by| {
            let (caller, new, verifier, letters) = (caller.clone(), new.clone(), verifier.clone(), letters.clone());
            Box::pin(async move {
                let (mut chain, delegation) = make(tx, &caller, (id, new), by.at).await?;
                let problems = problems(&verifier, &chain, &delegation, by.at);
                if !problems.is_empty() {
                    return Err(Abort::Refused(Error::Invalid(problems)));
                }
                free_place(tx, &delegation, by.at).await?;
                tx.insert_delegation(&delegation).await.map_err(clash)?;
                let recorded = tx.record(by, opened(&delegation)).await?;
                let turn = if delegation.accepted_at.is_some() { Turn::Opened } else { Turn::Offered };
                tell(tx, by.at, &letters, (&delegation, turn)).await?;
                chain.push(delegation);
                let side = if caller.is_operator() { Side::Operator } else { Side::Giver };
                let view = view::of(tx, Found { chain, side }, by.at).await?;
                Ok(Outcome::Changed(view, recorded))
            })
        });
        let opened = opened.await?;
        self.letters_written();
        Ok(opened)
    }
}

/// The delegation that is asked for, with those above it.
async fn make(
    tx: &mut Tx<'_>,
    caller: &Caller,
    (id, new): (DelegationId, NewDelegation),
    now: Timestamp,
) -> Result<(Vec<Delegation>, Delegation), Abort<Error>> {
    let to = match &new.to {
        Named::Id(id) => tx.organisation(*id).await?,
        Named::Name(name) => tx.organisation_named(name).await?,
    };
    let to = to.ok_or_else(|| invalid("to", "there is no such organisation"))?.id;
    let chain = match new.parent {
        Some(parent) => parents(tx, caller, parent, now).await?,
        None => Vec::new(),
    };
    let missing = |field| move || invalid(field, "is missing");
    let (api, workspace, owner, from) = match chain.last() {
        Some(parent) => (parent.api.clone(), parent.workspace, parent.owner, parent.to),
        None => {
            let workspace = own_workspace(tx, caller, new.workspace.ok_or_else(missing("workspace"))?).await?;
            (new.api.clone().ok_or_else(missing("api"))?, workspace.0, workspace.1, workspace.1)
        }
    };
    let kind = new.kind.or(chain.last().map(|parent| parent.kind)).ok_or_else(missing("kind"))?;
    let permissions = new.permissions.or(chain.last().map(|parent| parent.permissions.clone())).ok_or_else(missing("permissions"))?;
    let delegation = Delegation {
        id,
        api,
        workspace,
        owner,
        from,
        to,
        parent: new.parent,
        depth: chain.last().map_or(1, |parent| parent.depth + 1),
        kind,
        permissions,
        may_pass_on: new.may_pass_on,
        description: new.description,
        note: new.note,
        created_at: now,
        opens_at: whole(new.opens_at.unwrap_or(now).max(now)),
        ends_at: new.ends_at.map(whole).or(Chain::new(&chain).and_then(|chain| chain.ends_at())),
        closing_announced: false,
        review_at: new.review_at.map(whole),
        accepted_at: (!new.invitation).then_some(now),
        paused_at: None,
        closed_at: None,
        over_at: None,
        decided_by: None,
        reason: None,
        revision: 1,
    };
    Ok((chain, delegation))
}

/// The workspace and whose it is; one of somebody else cannot be told from one that is not there.
async fn own_workspace(
    tx: &mut Tx<'_>,
    caller: &Caller,
    named: Named<WorkspaceId, WorkspaceNumber>,
) -> Result<(WorkspaceId, OrganisationId), Abort<Error>> {
    let found = match named {
        Named::Id(id) => tx.workspace(id).await?,
        Named::Name(number) => tx.workspace_numbered(&number).await?,
    };
    let own = |organisation| !matches!(caller, Caller::Person(person) if person.organisation != organisation);
    let workspace =
        found.filter(|workspace| own(workspace.organisation)).ok_or_else(|| invalid("workspace", "there is no such workspace"))?;
    if !leads_of(caller, workspace.organisation) {
        return Err(Abort::Refused(Error::Forbidden));
    }
    if workspace.closed_at.is_some() {
        return Err(conflict("workspace_closed", "the workspace is closed"));
    }
    Ok((workspace.id, workspace.organisation))
}

/// The chain that is passed on.
async fn parents(tx: &mut Tx<'_>, caller: &Caller, id: DelegationId, now: Timestamp) -> Result<Vec<Delegation>, Abort<Error>> {
    let found = Found::read(tx, caller, id).await.map_err(|abort| match abort {
        Abort::Refused(_) => invalid("parent", "there is no such delegation"),
        Abort::Store(error) => Abort::Store(error),
    })?;
    let parent = found.delegation()?;
    if !leads_of(caller, parent.to) {
        return Err(Abort::Refused(Error::Forbidden));
    }
    if !matches!(found.state(now), Some(DelegationState::Open | DelegationState::Closing)) {
        return Err(conflict("delegation_not_open", "only an open delegation can be passed on"));
    }
    if !parent.may_pass_on {
        return Err(conflict("not_to_be_passed_on", "the delegation may not be passed on"));
    }
    if usize::from(parent.depth) >= MAX_CHAIN {
        return Err(conflict("chain_too_long", "the delegation was passed on as often as is possible"));
    }
    Ok(found.chain)
}

/// What is wrong with a delegation below these, whether it is new or changed: each field with its problem.
pub(super) fn problems(verifier: &Verifier, above: &[Delegation], wanted: &Delegation, now: Timestamp) -> Vec<(String, String)> {
    let mut problems: Vec<(String, String)> = permission_problems(verifier, wanted);
    let mut wrong = |field: &str, problem: String| problems.push((field.to_owned(), problem));
    if wanted.to == wanted.owner || above.iter().chain([wanted]).any(|delegation| delegation.from == wanted.to) {
        wrong("to", "must be another organisation than those that gave it".to_owned());
    }
    if let Some(end) = wanted.ends_at.filter(|end| *end <= wanted.opens_at.max(now)) {
        wrong("ends_at", format!("must be later than {}, not {end}", wanted.opens_at.max(now)));
    }
    if wanted.review_at.is_some_and(|at| at <= now) {
        wrong("review_at", "must be in the future".to_owned());
    }
    if let Some(chain) = Chain::new(above) {
        if !wanted.permissions.is_within(&chain.permissions()) {
            wrong("permissions", "must be among those of the delegation that it passes on".to_owned());
        }
        if wanted.kind != chain.last().kind {
            wrong("kind", "must be that of the delegation that it passes on".to_owned());
        }
        if let Some(end) = chain.ends_at().filter(|end| wanted.ends_at.is_none_or(|wished| wished > *end)) {
            wrong("ends_at", format!("must not be later than {end}, the end of what it passes on"));
        }
    }
    problems
}

/// Each permission is one of the API's, and there is one at least.
fn permission_problems(verifier: &Verifier, wanted: &Delegation) -> Vec<(String, String)> {
    let Some(api) = verifier.api(&wanted.api).filter(|_| wanted.api != crate::OWN_API) else {
        return vec![("api".to_owned(), "there is no such API".to_owned())];
    };
    let Permissions::Only(names) = &wanted.permissions else { return Vec::new() };
    if names.is_empty() {
        return vec![("permissions".to_owned(), "must name at least one".to_owned())];
    }
    let unknown = names.iter().filter(|name| api.permission_bit(name.as_str()).is_none());
    unknown.map(|name| ("permissions".to_owned(), format!("{} has no permission {name}", wanted.api))).collect()
}

/// One delegation for the same at a time. What is over by its time without being marked makes place.
async fn free_place(tx: &mut Tx<'_>, wanted: &Delegation, now: Timestamp) -> Result<(), Abort<Error>> {
    let Some(there) = tx.live_delegation(wanted).await? else { return Ok(()) };
    let chain = tx.delegation_chain(there.id).await?;
    let over = Chain::new(&chain).is_some_and(|chain| matches!(chain.state(now), DelegationState::Closed | DelegationState::Ended));
    if !over {
        return Err(conflict("delegation_exists", "there is such a delegation already: change that one, or close it first"));
    }
    tx.end_delegation(there.id, now).await?;
    Ok(())
}

fn opened(delegation: &Delegation) -> Event {
    Event::DelegationOpened {
        delegation: delegation.id,
        api: delegation.api.clone(),
        workspace: delegation.workspace,
        from: delegation.from,
        to: delegation.to,
        parent: delegation.parent,
        permissions: delegation.permissions.clone(),
        standing: delegation.standing(),
        opens_at: delegation.opens_at,
        not_after: delegation.not_after(),
    }
}
