//! `/sign-in/second-step`: after the password, or another provider, a person with a second factor is asked for it.

use askama::Template;
use authority::{Begun, FinishSignIn, PasskeyAnswer, Refusal, SecondProof, SecondStep};
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use domain::{InteractionId, Secret};
use http::StatusCode;
use serde::Deserialize;

use super::browser::Browser;
use super::cookie::Cookie;
use super::factor::Text as Factor;
use super::page::{self, Frame, see_other};
use super::sign_in::Aim;
use super::texts::Text;
use super::too_many::too_many;
use super::{Console, failure, passkey};
use crate::edge::{Code, Problem};
use crate::outbound::encoded;

/// Where the page is.
pub(super) const PATH: &str = "/sign-in/second-step";

/// What the address says.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    /// The signing in that waits.
    step: String,
    /// Whether a recovery code is to be typed.
    recovery: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    code: Option<String>,
    recovery: Option<String>,
    passkey: Option<String>,
}

#[derive(Template)]
#[template(path = "console/second_step.html")]
struct View {
    frame: Frame,
    action: String,
    context: Option<String>,
    problem: Option<String>,
    csrf: String,
    step: String,
    has_app: bool,
    has_passkey: bool,
    recovers: bool,
}

/// Sends the browser to the page.
pub(super) fn ask(browser: &Browser, id: InteractionId) -> Response {
    browser.answer(see_other(&format!("{PATH}?step={id}")))
}

pub(super) async fn show(State(console): State<Console>, browser: Browser, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    match waiting(&console, &browser, &asked.step).await {
        Ok((id, step, aim)) => {
            let recovers = asked.recovery.is_some();
            form(&browser, (id, &step, &aim), (StatusCode::OK, None), recovers)
        }
        Err(response) => response,
    }
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
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let (id, step, aim) = match waiting(&console, &browser, &asked.step).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    if let (Some(answer), Some(rp)) = (&fields.passkey, console.relying_party()) {
        let answer = PasskeyAnswer { text: answer, visit: browser.visit(), rp };
        let signed_in = console.authority().sign_in_with_passkey(&browser.context(), answer, (browser.facts(), console.limits())).await;
        return match signed_in {
            Ok(Ok(begun)) => done(&browser, &begun, &aim.next),
            Ok(Err(refusal)) => {
                passkey::refused(&browser, refusal, |status, problem| form(&browser, (id, &step, &aim), (status, Some(problem)), false))
            }
            Err(error) => failure::outage(&browser, &error),
        };
    }
    let recovers = fields.recovery.is_some();
    let proof = match fields.recovery {
        Some(code) => SecondProof::RecoveryCode(Secret::new(code)),
        None => SecondProof::Code(Secret::new(fields.code.unwrap_or_default())),
    };
    let device = browser.device.clone();
    let finish = FinishSignIn { id, visit: browser.visit(), proof, device, browser: browser.facts(), limits: console.limits() };
    match console.authority().finish_sign_in(&browser.context(), finish).await {
        Ok(Ok(begun)) => done(&browser, &begun, &aim.next),
        Ok(Err(refusal)) => refused(&browser, (id, &step, &aim), refusal, recovers),
        Err(error) => failure::outage(&browser, &error),
    }
}

/// Sends whoever has signed in on, with another secret than any that the browser had before.
pub(super) fn done(browser: &Browser, begun: &Begun, next: &str) -> Response {
    let mut response = see_other(next);
    browser.set(&mut response, Cookie::Session, begun.secret.expose());
    browser.set(&mut response, Cookie::Device, begun.device.expose());
    browser.answer(response)
}

/// A signing in that waits, and where it leads.
pub(super) type Waiting = (InteractionId, SecondStep, Aim);

/// What waits under this id in this browser, and where it leads. Where that is over, the person begins anew.
pub(super) async fn waiting(console: &Console, browser: &Browser, id: &str) -> Result<Waiting, Response> {
    let Ok(id) = id.parse::<InteractionId>() else { return Err(over(browser, "")) };
    let found = console.authority().second_step(id, browser.visit(), browser.now).await;
    let Some(step) = found.map_err(|error| failure::outage(browser, &error))? else { return Err(over(browser, "")) };
    let aim = Aim::of_query(console, browser, &step.query).await?;
    Ok((id, step, aim))
}

/// The page that says that it is over, with the way to the beginning.
fn over(browser: &Browser, query: &str) -> Response {
    let mut frame = Frame::new(browser, Text::ErrorTitle.of(browser.language));
    frame.other = None;
    let link = (format!("/sign-in?{query}"), Factor::FromTheBeginning.of(browser.language).to_owned());
    let view = page::Message { frame, story: Factor::Over.of(browser.language), link: Some(link) };
    page::answer(browser, StatusCode::FORBIDDEN, &view, None)
}

fn refused(browser: &Browser, waits: (InteractionId, &SecondStep, &Aim), refusal: Refusal, recovers: bool) -> Response {
    let again = |status, problem: String| form(browser, waits, (status, Some(problem)), recovers);
    match refusal {
        Refusal::NotRight => {
            let text = if recovers { Factor::RecoveryWrong } else { Factor::CodeWrong };
            again(StatusCode::UNPROCESSABLE_ENTITY, text.of(browser.language).to_owned())
        }
        Refusal::Fenced => again(StatusCode::FORBIDDEN, Text::Fenced.of(browser.language).to_owned()),
        Refusal::Over | Refusal::Suspected => over(browser, &waits.1.query),
        Refusal::TooMany(until) => too_many(browser, until, |problem| again(StatusCode::TOO_MANY_REQUESTS, problem)),
    }
}

fn form(
    browser: &Browser,
    (id, step, aim): (InteractionId, &SecondStep, &Aim),
    (status, problem): (StatusCode, Option<String>),
    recovers: bool,
) -> Response {
    let action = format!("{PATH}?{}", encoded(&[("step", &id.to_string())]));
    let mut frame = Frame::new(browser, Factor::StepTitle.of(browser.language));
    let recovery = if recovers { "&recovery=1" } else { "" };
    frame.other = Some(format!("{action}{recovery}&lang={}", frame.other_tag()));
    // Nobody has signed in yet, whoever sat here before.
    frame.account = None;
    let (has_app, has_passkey) = (step.factors.totp.is_some(), !step.factors.passkeys.is_empty());
    let (csrf, step) = (browser.sign_in_token(), id.to_string());
    let view = View { frame, action, context: aim.context(browser), problem, csrf, step, has_app, has_passkey, recovers };
    page::answer(browser, status, &view, aim.leads_to())
}
