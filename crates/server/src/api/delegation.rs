//! Delegations: workspace W of organisation A lets organisation B do P, from opening until closing.

use authority::{DelegationView, Named, Side, Wanted};
use domain::delegation::{DelegationKind, DelegationState};
use domain::text::{Description, Name, Note, Reason};
use domain::workspace::WorkspaceNumber;
use domain::{DelegationId, OrganisationId, PersonId, Timestamp, WorkspaceId};
use portals::work::WorkOf;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Shown};
use super::call::Call;
use super::impact::Impact;
use super::json::given;
use super::json::{Body, NoBody};
use super::permission::PermissionSet;
use super::query::Parameter;
use crate::edge::Problem;

/// An organisation, by id and name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Party {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub(super) id: OrganisationId,
    /// Its name.
    #[schema(value_type = String)]
    pub(super) name: Name,
}

/// A workspace, as far as a side of a delegation sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Place {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: WorkspaceId,
    /// What the paths of APIs call it.
    #[schema(value_type = String)]
    number: WorkspaceNumber,
    /// Its name; left out for who gets the delegation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    name: Option<Name>,
}

/// A delegation, as the caller's side sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delegation {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: DelegationId,
    /// The API that it is for.
    api: String,
    /// Where.
    workspace: Place,
    /// Who gives it.
    from: Party,
    /// Who gets it.
    to: Party,
    /// The delegation that it passes on; null where it passes none on, and for who gets it.
    #[schema(value_type = Option<String>, format = Uuid)]
    parent: Option<DelegationId>,
    /// On which side of it the caller stands: `operator`, `giver`, `above` (gave what it passes on) or `receiver`.
    #[schema(value_type = String)]
    side: Side,
    /// To deliver (`delivering`) or to check what others deliver (`checking`).
    #[schema(value_type = String)]
    kind: DelegationKind,
    /// `invited`, `open`, `paused`, `closing`, `ended` or `closed`, through what it passes on.
    #[schema(value_type = String)]
    state: DelegationState,
    /// What it allows by itself.
    permissions: PermissionSet,
    /// What it allows through what it passes on: never more than that.
    allows: PermissionSet,
    /// Whether who gets it may pass it on.
    may_pass_on: bool,
    /// What who gets it is told about it.
    #[schema(value_type = String)]
    description: Description,
    /// What who gives it wants to remember; left out for everybody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    note: Option<Note>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on it counts.
    #[schema(value_type = String, format = DateTime)]
    opens_at: Timestamp,
    /// Until when it was given, or when its announced closing is; null without an end.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// When it lapses unless it is confirmed; null without a review.
    #[schema(value_type = Option<String>, format = DateTime)]
    review_at: Option<Timestamp>,
    /// Whether that is within 30 days.
    review_due: bool,
    /// From when on it does not count, if ever: the first of its end, its review, and those of what it passes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    not_after: Option<Timestamp>,
    /// Since when it is accepted; null while it is only offered.
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
    /// Since when it is paused; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_at: Option<Timestamp>,
    /// Since when it is closed; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Why it was paused, is to close or was closed.
    #[schema(value_type = Option<String>)]
    reason: Option<Reason>,
    /// Who decided that; left out for everybody but who gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    decided_by: Option<PersonId>,
    /// Raised by every change; the value of the `ETag`.
    revision: i64,
}

/// A new delegation: of a workspace, or passing on one that was given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDelegation {
    /// The API that it is for. Not with `parent`.
    #[serde(default)]
    api: Option<String>,
    /// Where: the workspace's id or number. Not with `parent`.
    #[serde(default)]
    workspace: Option<String>,
    /// The delegation that it passes on.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    parent: Option<DelegationId>,
    /// Who gets it: an organisation's id or name.
    to: String,
    /// `delivering` or `checking`; with `parent` as that one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    kind: Option<DelegationKind>,
    /// What it allows at most; with `parent` all that that one does, if left out.
    #[serde(default)]
    permissions: Option<PermissionSet>,
    /// Whether who gets it may pass it on, no wider and no longer.
    #[serde(default)]
    may_pass_on: bool,
    /// What who gets it is told about it: 3 to 255 characters. It does not see the workspace's name.
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    description: Description,
    /// What who gives it wants to remember: 1 to 500 characters, for nobody else.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Note>,
    /// From when on it counts: a whole second. Left out: from now on.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    /// Until when: a whole second. Left out: until it is closed, with `parent` until that one's end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// When it lapses unless it is confirmed: a whole second. Left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    review_at: Option<Timestamp>,
    /// Whether who gets it must accept it first.
    #[serde(default)]
    invitation: bool,
}

/// What is to be different about a delegation; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DelegationUpdate {
    /// Another description: 3 to 255 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 255)]
    description: Option<Description>,
    /// Another note: 1 to 500 characters; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Option<Note>>,
    /// Other permissions. What passes it on is narrowed with it, at once.
    #[serde(default)]
    permissions: Option<PermissionSet>,
    /// Whether it may be passed on from now on. What was passed on before stays.
    #[serde(default)]
    may_pass_on: Option<bool>,
    /// Another moment from which it counts: a whole second.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
    /// Another end: a whole second; null takes it away. Takes an announced closing back.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Option<Timestamp>>,
    /// Another review: a whole second; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    review_at: Option<Option<Timestamp>>,
}

/// Why, for both sides to read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Explained {
    /// 1 to 500 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    reason: Option<Reason>,
}

/// That it is still wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DelegationConfirmation {
    /// The next review: a whole second, later than the one that is due. Left out: no other review.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    review_at: Option<Timestamp>,
}

/// How a delegation is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Closing {
    /// When: a whole second, to announce it. Left out, or past: now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Why, for both sides to read: 1 to 500 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    reason: Option<Reason>,
    /// The `impact_version` that was seen: where the impact is another by now, nothing is closed (409 `impact_changed`).
    #[serde(default)]
    if_impact: Option<String>,
}

/// What a closing did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Closed {
    #[serde(flatten)]
    delegation: Delegation,
    /// How many delegations were closed with it, itself among them; 0 where the closing was announced.
    closed: u64,
}

impl Body for NewDelegation {}
impl Body for DelegationUpdate {}
impl Body for Explained {}
impl Body for DelegationConfirmation {}
impl Body for Closing {}

impl From<DelegationView> for Delegation {
    fn from(view: DelegationView) -> Self {
        let DelegationView { delegation: d, side, state, number, workspace_name, from_name, to_name, not_after, allows, review_due } = view;
        Self {
            id: d.id,
            api: d.api,
            workspace: Place { id: d.workspace, number, name: workspace_name },
            from: Party { id: d.from, name: from_name },
            to: Party { id: d.to, name: to_name },
            parent: d.parent,
            side,
            kind: d.kind,
            state,
            permissions: PermissionSet(d.permissions),
            allows: PermissionSet(allows),
            may_pass_on: d.may_pass_on,
            description: d.description,
            note: d.note,
            created_at: d.created_at,
            opens_at: d.opens_at,
            ends_at: d.ends_at,
            review_at: d.review_at,
            review_due,
            not_after,
            accepted_at: d.accepted_at,
            paused_at: d.paused_at,
            closed_at: d.closed_at,
            reason: d.reason,
            decided_by: d.decided_by,
            revision: d.revision,
        }
    }
}

impl NewDelegation {
    fn read(self) -> Result<authority::NewDelegation, Problem> {
        let problem = |field: &str, problem: String| super::json::tell(&[(field.to_owned(), problem)]);
        if self.parent.is_some() && (self.api.is_some() || self.workspace.is_some()) {
            return Err(problem("parent", "says which API and workspace it is: name only this, or only those".to_owned()));
        }
        let named = |text: &str| match text.parse() {
            Ok(id) => Ok(Named::Id(id)),
            Err(_) => WorkspaceNumber::new(text).map(Named::Name).map_err(|wrong| problem("workspace", wrong.to_string())),
        };
        let to = match self.to.parse() {
            Ok(id) => Named::Id(id),
            Err(_) => Named::Name(Name::new(&self.to).map_err(|wrong| problem("to", wrong.to_string()))?),
        };
        Ok(authority::NewDelegation {
            api: self.api,
            workspace: self.workspace.as_deref().map(named).transpose()?,
            parent: self.parent,
            to,
            kind: self.kind,
            permissions: self.permissions.map(|set| set.0),
            may_pass_on: self.may_pass_on,
            description: self.description,
            note: self.note,
            opens_at: self.opens_at,
            ends_at: self.ends_at,
            review_at: self.review_at,
            invitation: self.invitation,
        })
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Delegation>, Problem> {
    let wanted = Wanted {
        workspace: call.query.id(Parameter::Workspace)?,
        from: call.query.id(Parameter::From)?,
        to: call.query.id(Parameter::To)?,
        state: call.query.state()?,
    };
    let window = call.page()?;
    let found = call.authority().delegations(call.caller(), wanted, window.beyond()?, call.context.now).await?;
    Ok(window.page(found, |view| *view.delegation.id.as_bytes()).map(Delegation::from))
}

pub(super) async fn open(call: Call, body: NewDelegation) -> Result<Created<Delegation>, Problem> {
    let changed = call.authority().open_delegation(&call.context, body.read()?).await?;
    Ok(done(changed).at(|made| format!("/api/v1/delegations/{}", made.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Delegation>, Problem> {
    let view = call.authority().delegation(call.caller(), call.id()?, call.context.now).await?;
    Ok(Shown { revision: Some(view.delegation.revision), value: view.into() })
}

pub(super) async fn update(call: Call, body: DelegationUpdate) -> Result<Done<Delegation>, Problem> {
    let update = authority::DelegationUpdate {
        description: body.description,
        note: body.note,
        permissions: body.permissions.map(|set| set.0),
        may_pass_on: body.may_pass_on,
        opens_at: body.opens_at,
        ends_at: body.ends_at,
        review_at: body.review_at,
        expected_revision: call.expected_revision(),
    };
    Ok(done(call.authority().update_delegation(&call.context, call.id()?, update).await?))
}

pub(super) async fn impact(call: Call, _: NoBody) -> Result<Shown<Impact>, Problem> {
    let (id, now) = (call.id()?, call.context.now);
    let impact = call.authority().delegation_impact(call.caller(), id, now).await?;
    let under_way = match call.work(&impact.api) {
        Some(work) => work.under_way(WorkOf::Delegations(impact.delegations.iter().map(|ended| ended.id).collect())).await.ok(),
        None => None,
    };
    Ok(Shown { value: Impact::from(impact).with(under_way), revision: None })
}

pub(super) async fn close(call: Call, body: Closing) -> Result<Done<Closed>, Problem> {
    let closing = authority::Closing { at: body.at, reason: body.reason, if_impact: body.if_impact };
    let changed = call.authority().close_delegation(&call.context, call.id()?, closing).await?;
    let form = |closed: authority::Closed| Closed { delegation: closed.delegation.into(), closed: closed.closed };
    Ok(Done::of(changed, form).revision(|closed| Some(closed.delegation.revision)))
}

pub(super) async fn accept(call: Call, _: NoBody) -> Result<Done<Delegation>, Problem> {
    Ok(done(call.authority().accept_delegation(&call.context, call.id()?).await?))
}

pub(super) async fn decline(call: Call, body: Explained) -> Result<Done<Delegation>, Problem> {
    Ok(done(call.authority().decline_delegation(&call.context, call.id()?, body.reason).await?))
}

pub(super) async fn pause(call: Call, body: Explained) -> Result<Done<Delegation>, Problem> {
    Ok(done(call.authority().pause_delegation(&call.context, call.id()?, Some(body.reason)).await?))
}

pub(super) async fn resume(call: Call, _: NoBody) -> Result<Done<Delegation>, Problem> {
    Ok(done(call.authority().pause_delegation(&call.context, call.id()?, None).await?))
}

pub(super) async fn confirm(call: Call, body: DelegationConfirmation) -> Result<Done<Delegation>, Problem> {
    Ok(done(call.authority().confirm_delegation(&call.context, call.id()?, body.review_at).await?))
}

fn done(changed: authority::Changed<DelegationView>) -> Done<Delegation> {
    Done::of(changed, Delegation::from).revision(|delegation| Some(delegation.revision))
}
