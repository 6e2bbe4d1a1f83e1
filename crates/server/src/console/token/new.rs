//! `/profile/tokens/new`: the form for a new token, and the token, shown once.

use std::collections::BTreeSet;

use askama::Template;
use authority::{Error, NewToken};
use axum::response::Response;
use domain::permission::{Permission, Permissions};
use domain::text::Description;
use domain::{Kind, OrganisationId};

use super::life;
use super::reach;
use super::texts::Text;
use super::{ready, show_again};
use crate::console::form::{Choice, Form};
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};
use crate::outbound::encoded;

#[derive(Template)]
#[template(path = "console/token/new.html")]
struct View {
    frame: Frame,
    form: Form,
    templates: Vec<Link>,
    organisations: Vec<Choice>,
    may: Vec<Choice>,
    permissions: Vec<Choice>,
    lives: Vec<Choice>,
    days: String,
}

/// What is usual: a link such as `?description=pycharm&may=all&days=365` fills in something else.
const USUAL: [(&str, &str); 2] = [("may", "read"), ("days", life::USUAL)];

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let form = Form::new(&visit, &USUAL).once(&visit)?;
    visit.page(&view(&visit, form).await?)
}

pub(in crate::console) async fn create(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let Some(new) = read(&visit, &mut form) else { return again(&visit, form).await };
    let context = visit.once()?;
    match visit.authority().create_token(&context, visit.person().person.id, new).await {
        Ok(made) => ready(&visit, &made.value),
        Err(error) => match show_again(&visit, error) {
            Ok(page) => Ok(page),
            Err(error) => refused(&visit, form, error).await,
        },
    }
}

async fn refused(visit: &Visit, mut form: Form, error: Error) -> Answer {
    if let Error::Conflict { code: "description_taken", .. } = &error {
        let problem = visit.fill(Text::DescriptionTaken, &[("description", form.value("description").trim())]);
        form.refuse("description", problem);
    } else {
        let known = [
            ("permissions", "may", Text::MayMissing),
            ("organisation", "organisation", Text::OrganisationMissing),
            ("expires_at", "until", Text::UntilWrong),
            ("too_many_tokens", "description", Text::TooMany),
        ];
        form.refused(visit, error, &known)?;
    }
    again(visit, form).await
}

async fn again(visit: &Visit, form: Form) -> Answer {
    let form = form.once(visit)?;
    visit.again(&view(visit, form).await?)
}

/// What the form asks for; nothing where something is wrong with it.
fn read(visit: &Visit, form: &mut Form) -> Option<NewToken> {
    let text = form.value("description").trim().to_owned();
    let fits = if text.chars().count() <= MAX_DESCRIPTION { Description::new(&text).ok() } else { None };
    let description = form.take("description", fits.ok_or(()), visit.say(Text::DescriptionWrong));
    let organisation = match visit.person().memberships.as_slice() {
        [_, _, ..] => {
            let chosen: Result<OrganisationId, _> = form.value("organisation").parse();
            form.take("organisation", chosen, visit.say(Text::OrganisationMissing))
        }
        [only] => Some(only.organisation),
        [] => None,
    };
    let permissions = permissions(visit, form, organisation);
    let expires_at = life::read(visit, form);
    if !form.is_good() {
        return None;
    }
    Some(NewToken { description: description?, expires_at, permissions: permissions?, organisation })
}

const MAX_DESCRIPTION: usize = 80;

fn permissions(visit: &Visit, form: &mut Form, organisation: Option<OrganisationId>) -> Option<Permissions> {
    let may = form.value("may").to_owned();
    let names: BTreeSet<Permission> = match may.as_str() {
        "all" => return Some(Permissions::All),
        "read" => grantable(visit, organisation).into_iter().map(|(name, _)| name).filter(reach::is_reading).collect(),
        "some" => form.permissions(),
        _ => BTreeSet::new(),
    };
    if names.is_empty() {
        form.refuse(if may == "some" { "permission" } else { "may" }, visit.say(Text::MayMissing));
        return None;
    }
    Some(Permissions::Only(names))
}

/// The permissions that the person may give a token, in one organisation or in any of theirs, with what each lets one do.
fn grantable(visit: &Visit, organisation: Option<OrganisationId>) -> Vec<(Permission, String)> {
    let members = visit.person().memberships.iter();
    let roles: Vec<_> =
        members.filter(|member| organisation.is_none_or(|one| one == member.organisation)).map(|member| member.roles).collect();
    let mut found = Vec::new();
    for api in visit.authority().verifier().apis().iter().filter(|api| api.takes_kind(Kind::PersonalToken)) {
        let mask = roles.iter().fold(0, |mask, roles| mask | api.allowed_by_roles(*roles));
        let allowed = api
            .definition()
            .permissions
            .iter()
            .filter(|permission| api.permission_bit(permission.name.as_str()).is_some_and(|bit| mask >> bit & 1 == 1));
        found.extend(allowed.map(|permission| (permission.name.clone(), permission.title.to_string())));
    }
    found
}

async fn view(visit: &Visit, form: Form) -> Result<View, Response> {
    let permissions = grantable(visit, None);
    let mut may = Vec::new();
    if permissions.iter().any(|(name, _)| reach::is_reading(name)) {
        may.push(Choice::new("read", visit.say(Text::Reading)).help(visit.say(Text::ReadingHelp)));
    }
    may.push(Choice::new("all", visit.say(Text::Everything)).help(visit.say(Text::EverythingHelp)));
    if !permissions.is_empty() {
        may.push(Choice::new("some", visit.say(Text::Chosen)));
    }
    let chosen = permissions.into_iter().map(|(name, title)| Choice::new(name.as_str(), title).code(name.as_str()));
    let trail = [("/profile", visit.say(crate::console::Text::MyProfile)), ("/profile/tokens", visit.say(crate::console::Text::ApiTokens))];
    Ok(View {
        frame: Frame::below(visit, visit.say(Text::New), &trail),
        form,
        templates: templates(visit),
        organisations: organisations(visit).await?,
        may,
        permissions: chosen.collect(),
        lives: life::choices(visit),
        days: life::bounds(visit),
    })
}

/// The organisations to choose one of, where there are several.
async fn organisations(visit: &Visit) -> Result<Vec<Choice>, Response> {
    let memberships = &visit.person().memberships;
    let mut choices = Vec::new();
    if memberships.len() > 1 {
        for membership in memberships {
            let read = visit.authority().organisation(&authority::Caller::System, membership.organisation).await;
            let organisation = read.map_err(|error| visit.refused(&error))?;
            choices.push(Choice::new(organisation.id.to_string(), organisation.name.as_str()));
        }
    }
    Ok(choices)
}

fn templates(visit: &Visit) -> Vec<Link> {
    let link = |label: Text, may: &str, days: &str| {
        let query = encoded(&[("description", visit.say(label)), ("may", may), ("days", days)]);
        Link::new(format!("{}?{query}", visit.to("/profile/tokens/new")), visit.say(label))
    };
    vec![link(Text::TemplateIde, "all", "365"), link(Text::TemplateReport, "read", "90"), link(Text::TemplateTry, "read", "7")]
}
