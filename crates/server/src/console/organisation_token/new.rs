//! `/o/{org}/options/tokens/new`: the form for a new token, then its username and its code, shown once.

use std::sync::Arc;

use askama::Template;
use authority::{Error, NewOrganisationToken};
use axum::response::Response;
use domain::api::Api;
use domain::organisation_token::Username;
use domain::permission::Permissions;
use domain::text::Description;

use super::texts::Text;
use super::{OPTIONS, apis, reach, ready};
use crate::console::form::{Choice, Form};
use crate::console::page::{Frame, Link};
use crate::console::ticket::shown_before;
use crate::console::token::life;
use crate::console::visit::{Answer, Visit};
use crate::outbound::encoded;

const MAX_DESCRIPTION: usize = 80;
/// How many days are usual.
const USUAL_DAYS: &str = "365";

#[derive(Template)]
#[template(path = "console/organisation_token/new.html")]
struct View {
    frame: Frame,
    form: Form,
    apis: Vec<Link>,
    api: Option<String>,
    permissions: Vec<Choice>,
    lives: Vec<Choice>,
    days: String,
    reach: String,
    options: String,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let named = visit.query.text("api").to_owned();
    let apis = apis(&visit);
    // Where there are several, people choose: nothing is made for another API than the one that was meant.
    let chosen = apis.iter().find(|api| api.name() == named).or(apis.first().filter(|_| apis.len() == 1)).cloned();
    let proposed = match &chosen {
        Some(api) => {
            let read = visit.authority().proposed_username(&visit.caller(), visit.organisation().id, api.name().to_owned()).await;
            read.map_err(|error| visit.refused(&error))?.to_string()
        }
        None => String::new(),
    };
    let form = Form::new(&visit, &[("username", &proposed), ("days", USUAL_DAYS)]).once(&visit)?;
    visit.page(&view(&visit, form, chosen).await?)
}

pub(in crate::console) async fn create(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let named = form.value("api").to_owned();
    let Some(api) = apis(&visit).into_iter().find(|api| api.name() == named) else {
        form.refuse("api", visit.say(Text::ApiMissing));
        return again(&visit, form, None).await;
    };
    let Some(new) = read(&visit, &mut form, &api) else { return again(&visit, form, Some(api)).await };
    let context = visit.once()?;
    let error = match visit.authority().create_organisation_token(&context, visit.organisation().id, new).await {
        Ok(made) => return ready(&visit, &made.value, api.definition()),
        Err(error) => error,
    };
    let list = Link::new(visit.to(&visit.at(OPTIONS)), visit.say(crate::console::Text::Options));
    match shown_before(&visit, error, (visit.say(Text::ShownTitle), visit.say(Text::ShownBefore)), list) {
        Ok(page) => Ok(page),
        Err(error) => refused(&visit, form, error, api).await,
    }
}

async fn refused(visit: &Visit, mut form: Form, error: Error, api: Arc<Api>) -> Answer {
    let known = [
        ("username_taken", "username", Text::UsernameTaken),
        ("permissions", "permission", Text::MayMissing),
        ("api", "api", Text::ApiMissing),
        ("too_many_tokens", "description", Text::TooMany),
    ];
    form.refused(visit, error, &known)?;
    again(visit, form, Some(api)).await
}

async fn again(visit: &Visit, form: Form, api: Option<Arc<Api>>) -> Answer {
    let form = form.once(visit)?;
    visit.again(&view(visit, form, api).await?)
}

/// What the form asks for; nothing where something is wrong with it.
fn read(visit: &Visit, form: &mut Form, api: &Api) -> Option<NewOrganisationToken> {
    let text = form.value("description").trim().to_owned();
    let fits = if text.chars().count() <= MAX_DESCRIPTION { Description::new(&text).ok() } else { None };
    let description = form.take("description", fits.ok_or(()), visit.say(Text::DescriptionWrong));
    let username = Username::new(form.value("username").trim());
    let username = form.take("username", username, visit.say(Text::UsernameWrong));
    let permissions = form.permissions();
    if permissions.is_empty() {
        form.refuse("permission", visit.say(Text::MayMissing));
    }
    let expires_at = life::read(visit, form);
    if !form.is_good() {
        return None;
    }
    Some(NewOrganisationToken {
        api: api.name().to_owned(),
        username,
        description: description?,
        expires_at,
        permissions: Permissions::Only(permissions),
    })
}

async fn view(visit: &Visit, form: Form, api: Option<Arc<Api>>) -> Result<View, Response> {
    let options = visit.at(OPTIONS);
    let trail = [("/o", visit.say(crate::console::Text::MyOrganisation)), (&options, visit.say(crate::console::Text::Options))];
    let here = visit.to(&visit.at(&format!("{OPTIONS}/tokens/new")));
    let link = |other: &Arc<Api>| Link {
        is_here: api.as_ref().is_some_and(|api| api.name() == other.name()),
        ..Link::new(format!("{here}?{}", encoded(&[("api", other.name())])), other.definition().title.as_str())
    };
    Ok(View {
        frame: Frame::below(visit, visit.say(Text::New), &trail),
        form,
        apis: apis(visit).iter().map(link).collect(),
        api: api.as_ref().map(|api| api.name().to_owned()),
        permissions: api.iter().flat_map(|api| &api.definition().permissions).map(Choice::permission).collect(),
        lives: life::choices(visit),
        days: life::bounds(visit),
        reach: reach(visit).await?,
        options: visit.to(&options),
    })
}
