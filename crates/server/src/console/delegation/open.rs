//! `/o/{org}/projects/{workspace}/delegations/new`: the form for a new delegation.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use authority::{Error, Named, NewDelegation, OWN_API, Page, Wanted};
use axum::response::Response;
use domain::api::Api;
use domain::delegation::DelegationKind;
use domain::permission::Permissions;
use domain::workspace::Workspace;
use domain::{Timestamp, WorkspaceId};

use super::texts::Text;
use super::{fields, kind};
use crate::console::form::{Choice, Form};
use crate::console::moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};
use crate::outbound::encoded;

/// What is usual.
const USUAL: [(&str, &str); 3] = [("kind", "delivering"), ("pass_on", "no"), ("accept", "no")];
/// So many delegations are looked through for names to propose.
const LOOKED_AT: Page = Page { after: None, limit: 200 };

/// The form.
#[derive(Template)]
#[template(path = "console/delegation/new.html")]
pub(super) struct View {
    pub(super) frame: Frame,
    pub(super) form: Form,
    pub(super) known: BTreeSet<String>,
    pub(super) apis: Vec<Link>,
    pub(super) api: Option<String>,
    pub(super) kinds: Vec<Choice>,
    pub(super) permissions: Vec<Choice>,
    pub(super) pass_on: Vec<Choice>,
    pub(super) days: String,
    pub(super) back: String,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let workspace = workspace(&visit).await?;
    let (apis, named) = (apis(&visit), visit.query.text("api").to_owned());
    // Where there are several, people choose: nothing is made for another API than the one that was meant.
    let chosen = apis.iter().find(|api| api.name() == named).or(apis.first().filter(|_| apis.len() == 1)).cloned();
    let view = view(&visit, Form::new(&visit, &USUAL), chosen, &workspace).await?;
    visit.page(&view)
}

pub(in crate::console) async fn open(visit: Visit) -> Answer {
    let workspace = workspace(&visit).await?;
    let mut form = Form::new(&visit, &[]);
    let named = form.value("api").to_owned();
    let api = apis(&visit).into_iter().find(|api| api.name() == named);
    if api.is_none() {
        form.refuse("api", visit.say(Text::ApiMissing));
    }
    let Some(new) = read(&visit, &mut form, api.as_ref(), workspace.id) else {
        return visit.again(&view(&visit, form, api, &workspace).await?);
    };
    match visit.authority().open_delegation(&visit.context(), new).await {
        Ok(made) => visit.onward(&path(&visit, &workspace), Some(&sentence(&visit, &made.value, &workspace))),
        Err(error) => {
            refused(&visit, &mut form, error)?;
            visit.again(&view(&visit, form, api, &workspace).await?)
        }
    }
}

fn refused(visit: &Visit, form: &mut Form, error: Error) -> Result<(), Response> {
    let known = [
        ("to", "to", Text::ToUnknown),
        ("delegation_exists", "to", Text::ToHasOne),
        ("workspace_closed", "to", Text::ProjectClosed),
        ("permissions", "permission", Text::MayMissing),
        ("ends_at", "until", Text::UntilWrong),
    ];
    form.refused(visit, error, &known)
}

/// What the form asks for; nothing where something is wrong with it.
fn read(visit: &Visit, form: &mut Form, api: Option<&Arc<Api>>, workspace: WorkspaceId) -> Option<NewDelegation> {
    let to = fields::to(visit, form);
    let kind = DelegationKind::named(form.value("kind")).ok_or(());
    let kind = form.take("kind", kind, visit.say(Text::KindMissing));
    let permissions = fields::permissions(visit, form);
    let may_pass_on = fields::pass_on(visit, form);
    let (description, note) = (fields::description(visit, form), fields::note(visit, form));
    let opens_at = from(visit, form);
    let ends_at = fields::until(visit, form, opens_at);
    if !form.is_good() {
        return None;
    }
    Some(NewDelegation {
        api: Some(api?.name().to_owned()),
        workspace: Some(Named::Id(workspace)),
        parent: None,
        to: Named::Name(to?),
        kind,
        permissions: Some(Permissions::Only(permissions)),
        may_pass_on,
        description: description?,
        note,
        opens_at,
        ends_at,
        review_at: None,
        invitation: form.value("accept") == "yes",
    })
}

/// The beginning of the first day; today, or no day, is at once.
fn from(visit: &Visit, form: &mut Form) -> Option<Timestamp> {
    let day = form.value("from").trim().to_owned();
    if day.is_empty() || day == moment::written(visit.browser.now, 0) {
        return None;
    }
    let start = moment::start_of_written(&day).filter(|start| *start > visit.browser.now);
    form.take("from", start.ok_or(()), visit.say(Text::FromWrong))
}

/// What was agreed, in a sentence.
fn sentence(visit: &Visit, made: &authority::DelegationView, workspace: &Workspace) -> String {
    let delegation = &made.delegation;
    if delegation.accepted_at.is_none() {
        return visit.fill(Text::OfferedNow, &[("supplier", made.to_name.as_str())]);
    }
    let day = |at| moment::day(at, visit.browser.language);
    let from = if delegation.opens_at > visit.browser.now { day(delegation.opens_at) } else { visit.say(Text::Now).to_owned() };
    let until = match delegation.ends_at {
        Some(end) => visit.fill(Text::UntilDay, &[("day", &day(end))]),
        None => visit.say(Text::UntilClosed).to_owned(),
    };
    let what = visit.say(match delegation.kind {
        DelegationKind::Delivering => Text::Deliver,
        DelegationKind::Checking => Text::Check,
    });
    let values =
        [("supplier", made.to_name.as_str()), ("from", &from), ("what", what), ("project", workspace.name.as_str()), ("until", &until)];
    visit.fill(Text::Agreed, &values)
}

async fn workspace(visit: &Visit) -> Result<Workspace, Response> {
    let id: WorkspaceId = visit.parameter("workspace")?;
    visit.authority().workspace(&visit.caller(), id).await.map_err(|error| visit.refused(&error))
}

/// The APIs whose requests can name a workspace.
fn apis(visit: &Visit) -> Vec<Arc<Api>> {
    let mut apis = visit.authority().verifier().apis();
    apis.retain(|api| api.name() != OWN_API && api.definition().routes.iter().any(|route| route.workspace.is_some()));
    apis
}

fn path(visit: &Visit, workspace: &Workspace) -> String {
    visit.at(&format!("/projects/{}/delegations", workspace.id))
}

async fn view(visit: &Visit, form: Form, api: Option<Arc<Api>>, workspace: &Workspace) -> Result<View, Response> {
    let path = path(visit, workspace);
    let name = format!("{} · {}", workspace.number, workspace.name);
    let trail = [
        ("/o", visit.say(crate::console::Text::MyOrganisation)),
        (&visit.at("/projects"), visit.say(crate::console::Text::Projects)),
        (&path, &name),
    ];
    let link = |other: &Arc<Api>| Link {
        is_here: api.as_ref().is_some_and(|api| api.name() == other.name()),
        ..Link::new(format!("{}/new?{}", visit.to(&path), encoded(&[("api", other.name())])), other.definition().title.as_str())
    };
    let kinds = [DelegationKind::Delivering, DelegationKind::Checking];
    Ok(View {
        frame: Frame::below(visit, visit.say(Text::New), &trail),
        form,
        known: known(visit).await?,
        apis: apis(visit).iter().map(link).collect(),
        api: api.as_ref().map(|api| api.name().to_owned()),
        kinds: kinds.map(|one| Choice::new(one.name(), kind(visit, one))).to_vec(),
        permissions: api.iter().flat_map(|api| &api.definition().permissions).map(Choice::permission).collect(),
        pass_on: fields::yes_or_no(visit),
        days: format!("type=\"date\" min=\"{}\"", moment::written(visit.browser.now, 0)),
        back: visit.to(&path),
    })
}

/// The organisations that got a delegation of this one before.
pub(super) async fn known(visit: &Visit) -> Result<BTreeSet<String>, Response> {
    let wanted = Wanted { from: Some(visit.organisation().id), ..Wanted::default() };
    let found = visit.authority().delegations(&visit.caller(), wanted, LOOKED_AT, visit.browser.now).await;
    Ok(found.map_err(|error| visit.refused(&error))?.into_iter().map(|view| view.to_name.into()).collect())
}
