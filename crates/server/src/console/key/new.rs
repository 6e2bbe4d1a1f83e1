//! `/o/{org}/keys/new`: the form for a new key, and the key, whose private part is shown once.

use askama::Template;
use authority::{ClientRequest, Error, NewOrganisationKey};
use axum::response::Response;
use domain::workspace::Workspace;

use super::purpose::{self, Purpose};
use super::texts::Text;
use super::{USUAL_DAYS, address, below, contact, name, proof, reach, ready, show_again};
use crate::console::form::{Choice, Form};
use crate::console::page::Frame;
use crate::console::token::life;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/key/new.html")]
struct View {
    frame: Frame,
    form: Form,
    list: String,
    reaches: Vec<Choice>,
    workspaces: Vec<Choice>,
    purposes: Vec<Choice>,
    offline: Vec<Choice>,
    proofs: Vec<Choice>,
    may: Vec<Choice>,
    permissions: Vec<Choice>,
    lives: Vec<Choice>,
    days: String,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let workspaces = reach::workspaces(&visit).await?;
    let usual = if reach::grantable(&visit).is_empty() { "all" } else { "some" };
    let contact = visit.person().person.email.as_ref().map_or("", |email| email.as_str());
    let usual = [("may", usual), ("proof", proof::USUAL), ("days", USUAL_DAYS), ("contact", contact)];
    let form = Form::new(&visit, &usual).once(&visit)?;
    visit.page(&view(&visit, form, &workspaces))
}

pub(in crate::console) async fn create(visit: Visit) -> Answer {
    let workspaces = reach::workspaces(&visit).await?;
    let mut form = Form::new(&visit, &[]);
    let Some(new) = read(&visit, &mut form, &workspaces).await? else { return again(&visit, form, &workspaces) };
    let context = visit.once()?;
    match visit.authority().create_organisation_key(&context, visit.organisation().id, new).await {
        Ok(made) => ready(&visit, &made.value),
        Err(error) => match show_again(&visit, error) {
            Ok(page) => Ok(page),
            Err(error) => refused(&visit, form, error, &workspaces),
        },
    }
}

/// What became different between the check of the form and the making.
fn refused(visit: &Visit, mut form: Form, error: Error, workspaces: &[Workspace]) -> Answer {
    let of_permission = matches!(&error, Error::Invalid(problems) if problems.iter().any(|(field, _)| field.starts_with("permissions")));
    if of_permission {
        form.refuse("permission", visit.say(Text::MayMissing));
    } else {
        let known = [
            ("too_many_keys", "name", Text::TooMany),
            ("workspace", "workspace", Text::WorkspaceMissing),
            ("jwks", "jwk", Text::JwkWrong),
            ("private_key_ends_at", "until", Text::UntilWrong),
        ];
        form.refused(visit, error, &known)?;
    }
    again(visit, form, workspaces)
}

fn again(visit: &Visit, form: Form, workspaces: &[Workspace]) -> Answer {
    let form = form.once(visit)?;
    visit.again(&view(visit, form, workspaces))
}

/// What the form asks for; nothing where something is wrong with it. What does not belong to the purpose is not looked at.
async fn read(visit: &Visit, form: &mut Form, workspaces: &[Workspace]) -> Result<Option<NewOrganisationKey>, Response> {
    let name = name(visit, form, None).await?;
    let workspace = reach::read(visit, form, workspaces);
    let purpose = purpose::read(visit, form);
    let people = purpose.filter(|purpose| *purpose != Purpose::Server);
    let (mut redirect_uris, mut cors_origins) = (Some(Vec::new()), Some(Vec::new()));
    if let Some(purpose) = people {
        redirect_uris = address::redirect_uris(visit, form, purpose.application());
        cors_origins = address::origins(visit, form);
    }
    let jwks = purpose.filter(|purpose| *purpose != Purpose::Public).and_then(|_| proof::read(visit, form));
    let permissions = reach::permissions(visit, form, people.is_some());
    let has_private_key = purpose != Some(Purpose::Public) && jwks.is_none();
    let private_key_ends_at = if has_private_key { life::read(visit, form) } else { None };
    let contact = contact(visit, form);
    if !form.is_good() {
        return Ok(None);
    }
    let (Some(workspace), Some(purpose), Some(uris)) = (workspace, purpose, redirect_uris) else { return Ok(None) };
    let client = ClientRequest {
        name,
        application_type: Some(purpose.runs(&uris)),
        redirect_uris: Some(uris),
        cors_origins,
        grant_types: Some(purpose.grants(form.has("offline", "yes"))),
        permissions,
        authentication: (purpose == Purpose::Public).then(Vec::new),
        jwks: jwks.map(Some),
        ..ClientRequest::default()
    };
    Ok(Some(NewOrganisationKey { workspace, contact, private_key_ends_at, client }))
}

fn view(visit: &Visit, form: Form, workspaces: &[Workspace]) -> View {
    let permissions = reach::grantable(visit);
    let mut may = vec![Choice::new("all", visit.say(Text::Everything)).help(visit.say(Text::EverythingHelp))];
    if !permissions.is_empty() {
        may.insert(0, Choice::new("some", visit.say(Text::Chosen)));
    }
    may.push(Choice::new("none", visit.say(Text::OnlyIdentity)));
    View {
        frame: below(visit, visit.say(Text::New), None),
        form,
        list: visit.to(&super::path(visit, "")),
        reaches: reach::choices(visit, workspaces),
        workspaces: if workspaces.is_empty() { Vec::new() } else { reach::listed(workspaces) },
        purposes: purpose::choices(visit),
        proofs: proof::choices(visit),
        lives: life::choices(visit),
        days: life::bounds(visit),
        offline: vec![Choice::new("yes", visit.say(Text::OfflineYes)).code("offline_access")],
        may,
        permissions,
    }
}
