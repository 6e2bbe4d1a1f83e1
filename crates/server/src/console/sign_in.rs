//! `/sign-in`: mail address and password, one answer for all that is not right.

use askama::Template;
use authority::{Interaction, Refusal, SignIn, SignInAim, SignedIn};
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use domain::{Secret, Timestamp};
use http::StatusCode;
use serde::Deserialize;

use super::browser::Browser;
use super::factor::Text as Factor;
use super::page::{self, Frame, local_path, see_other};
use super::texts::Text;
use super::too_many::too_many;
use super::{Console, failure, interaction, passkey, provider, second_step, unsaved};
use crate::edge::{Code, Problem};
use crate::outbound::encoded;

/// What the link here asks.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    /// What waits for the signing in.
    interaction: Option<String>,
    /// The page of ours to go to afterwards, where nothing waits.
    next: String,
    /// Whether somebody else is to sign in.
    switch: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    email: String,
    password: String,
    csrf: String,
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct View {
    frame: Frame,
    action: String,
    context: Option<String>,
    problem: Option<String>,
    email: String,
    csrf: String,
    /// Where a passkey signs in, where browsers make them here.
    passkey: Option<String>,
    providers: Vec<Button>,
    /// Whether a forgotten password can be chosen anew, and an account be made.
    forgotten: bool,
    sign_up: bool,
}

/// Another way to sign in.
struct Button {
    action: String,
    label: String,
}

/// Where a signing in leads.
pub(super) struct Aim {
    waiting: Option<Interaction>,
    /// The path to go to afterwards.
    pub(super) next: String,
    /// The sign-in page's query, for the other ways to sign in.
    query: String,
}

impl Aim {
    /// As the sign-in page's query says it.
    pub(super) async fn of_query(console: &Console, browser: &Browser, query: &str) -> Result<Self, Response> {
        let uri = format!("/?{query}").parse().unwrap_or_default();
        let asked = Query::try_from_uri(&uri).map(|Query(asked)| asked).unwrap_or_default();
        Self::read(console, browser, &asked).await
    }

    /// Since when the person must have proved who they are, if they must do so again.
    pub(super) fn fresh_since(&self) -> Option<Timestamp> {
        self.waiting.as_ref().filter(|waiting| waiting.sign_in_again).map(|waiting| waiting.created_at)
    }

    /// Who is expected.
    pub(super) fn login_hint(&self) -> Option<&str> {
        self.waiting.as_ref()?.login_hint.as_deref()
    }

    /// What the page says about what waits.
    pub(super) fn context(&self, browser: &Browser) -> Option<String> {
        let Some(waiting) = &self.waiting else {
            return unsaved::is_next(&self.next).then(|| unsaved::Text::SignIn.of(browser.language).to_owned());
        };
        match &waiting.client {
            Some(client) => Some(Text::SignInFor.filled(browser.language, &[("client", client.clone())])),
            None => waiting.sign_in_again.then(|| Text::SignInAgain.of(browser.language).to_owned()),
        }
    }

    /// Where the browser is sent in the end, for forms.
    pub(super) fn leads_to(&self) -> Option<&str> {
        self.waiting.as_ref()?.leads_to.as_deref()
    }

    /// As it is kept while a second step waits.
    pub(super) fn kept(&self, browser: &Browser) -> SignInAim {
        SignInAim { visit: browser.visit(), query: self.query.clone() }
    }

    async fn read(console: &Console, browser: &Browser, asked: &Asked) -> Result<Self, Response> {
        let waiting = match &asked.interaction {
            Some(id) => Some(interaction::find(console, browser, id).await?),
            None => None,
        };
        let next = waiting.as_ref().map_or_else(|| local_path(&asked.next).unwrap_or("/").to_owned(), interaction::resume);
        let query = match &waiting {
            Some(waiting) => format!("interaction={}", waiting.id),
            None => encoded(&[("next", &next)]),
        };
        Ok(Self { waiting, next, query })
    }

    /// Whether whoever is signed in may go on without signing in.
    fn is_reached(&self, browser: &Browser) -> bool {
        let since = self.fresh_since();
        browser.signed_in.as_ref().is_some_and(|person| since.is_none_or(|since| person.session.auth_time >= since))
    }
}

pub(super) async fn show(State(console): State<Console>, browser: Browser, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    if browser.exposed {
        return failure::exposed(&browser);
    }
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let aim = match Aim::read(&console, &browser, &asked).await {
        Ok(aim) => aim,
        Err(response) => return response,
    };
    if asked.switch.is_none() && aim.is_reached(&browser) {
        return browser.answer(see_other(&aim.next));
    }
    let email = aim.waiting.as_ref().and_then(|waiting| waiting.login_hint.clone()).unwrap_or_default();
    form((&console, &browser), &aim, StatusCode::OK, (None, email))
}

pub(super) async fn submit(
    State(console): State<Console>,
    browser: Browser,
    asked: Result<Query<Asked>, QueryRejection>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    if browser.exposed {
        return failure::exposed(&browser);
    }
    let Ok(Form(fields)) = fields else { return Problem::new(Code::InvalidBody).into_response() };
    if let Some(response) = browser.refuse_sign_in(&fields.csrf) {
        return response;
    }
    let aim = match Aim::read(&console, &browser, &asked.map(|Query(asked)| asked).unwrap_or_default()).await {
        Ok(aim) => aim,
        Err(response) => return response,
    };
    let sign_in = SignIn {
        email: fields.email.clone(),
        password: Secret::new(fields.password),
        device: browser.device.clone(),
        browser: browser.facts(),
        limits: console.limits(),
        aim: aim.kept(&browser),
    };
    match console.authority().sign_in(&browser.context(), sign_in).await {
        Ok(Ok(SignedIn::Begun(begun))) => second_step::done(&browser, &begun, &aim.next),
        Ok(Ok(SignedIn::SecondStep(id))) => second_step::ask(&browser, id),
        Ok(Err(refusal)) => refused(&console, &browser, &aim, (refusal, fields.email)),
        Err(error) => failure::outage(&browser, &error),
    }
}

/// The page once more, with why nobody was signed in.
pub(super) fn refused(console: &Console, browser: &Browser, aim: &Aim, (refusal, email): (Refusal, String)) -> Response {
    let form = |status, said| form((console, browser), aim, status, said);
    let say = |text: Text| Some(text.of(browser.language).to_owned());
    match refusal {
        Refusal::NotRight | Refusal::Over | Refusal::Suspected => form(StatusCode::UNPROCESSABLE_ENTITY, (say(Text::SignInFailed), email)),
        Refusal::Fenced => form(StatusCode::FORBIDDEN, (say(Text::Fenced), email)),
        Refusal::TooMany(until) => too_many(browser, until, |problem| form(StatusCode::TOO_MANY_REQUESTS, (Some(problem), email))),
    }
}

/// The page once more, with what went wrong elsewhere.
pub(super) fn again(console: &Console, browser: &Browser, aim: &Aim, (status, problem): (StatusCode, String)) -> Response {
    form((console, browser), aim, status, (Some(problem), String::new()))
}

fn form((console, browser): (&Console, &Browser), aim: &Aim, status: StatusCode, (problem, email): (Option<String>, String)) -> Response {
    let context = aim.context(browser);
    let action = format!("/sign-in?{}", aim.query);
    let mut frame = Frame::new(browser, Text::SignIn.of(browser.language));
    // The page may be the answer to another address than its own.
    frame.other = Some(format!("{action}&lang={}", frame.other_tag()));
    let button = |provider: &provider::Provider| Button {
        action: format!("{}?{}", provider.path(), aim.query),
        label: Text::SignInWith.filled(browser.language, &[("provider", provider.configured.label.clone())]),
    };
    let providers = console.providers().iter().map(button).collect();
    let passkey = console.relying_party().map(|_| format!("{}?{}", passkey::PATH, aim.query));
    let forgotten = console.authority().sends_letters();
    let (sign_up, csrf) = (forgotten && console.sign_up_is_open(), browser.sign_in_token());
    let view = View { frame, action, context, problem, email, csrf, passkey, providers, forgotten, sign_up };
    page::answer(browser, status, &view, aim.leads_to())
}
