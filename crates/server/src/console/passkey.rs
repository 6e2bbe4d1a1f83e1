//! Passkeys as browsers speak of them: what a device is asked (Web Authentication Level 3, sections 5.4 and 5.5), and `/sign-in/passkey`.

use authority::{PasskeyAnswer, PasskeyChallenge, Refusal};
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::text::{Email, Name};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jose::passkey::{ALGORITHMS, RelyingParty};
use serde::Deserialize;
use serde_json::{Value, json};

use super::browser::Browser;
use super::factor::Text as Factor;
use super::sign_in::{self, Aim};
use super::texts::Text;
use super::too_many::too_many;
use super::{Console, failure, second_step};
use crate::edge::{Code, Problem};

/// Where whoever has a passkey signs in with it.
pub(super) const PATH: &str = "/sign-in/passkey";
/// Where a page asks what the device is to answer.
pub(super) const OPTIONS: &str = "/sign-in/passkey/options";
/// For how long a person may look for the device, in milliseconds: half of what the challenge lasts.
const TIMEOUT: u32 = 300_000;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    passkey: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    /// The signing in that waits for its second step, if one does.
    step: Option<String>,
}

/// What the device is to answer: in JSON, for the page's module.
pub(super) async fn options(
    State(console): State<Console>,
    browser: Browser,
    asked: Result<Query<Asked>, QueryRejection>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let (rp, _) = match allowed(&console, &browser, fields) {
        Ok(allowed) => allowed,
        Err(response) => return response,
    };
    let step = asked.ok().and_then(|Query(asked)| asked.step);
    let (authority, context, visit) = (console.authority(), browser.context(), browser.visit());
    let begun = match step {
        None => authority.begin_passkey_sign_in(&context, &browser.facts(), visit).await,
        Some(step) => match second_step::waiting(&console, &browser, &step).await {
            Ok((id, step, _)) => authority.begin_passkey_step(&context, (id, visit), &step).await.map(Ok),
            Err(response) => return response,
        },
    };
    match begun {
        Ok(Ok(challenge)) => json_answer(&browser, &asking(&rp, &challenge)),
        Ok(Err(_)) => Problem::new(Code::TooManyRequests).into_response(),
        Err(error) => failure::outage(&browser, &error),
    }
}

/// Signs in whoever holds the passkey that answered.
pub(super) async fn submit(
    State(console): State<Console>,
    browser: Browser,
    RawQuery(query): RawQuery,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let (rp, fields) = match allowed(&console, &browser, fields) {
        Ok(allowed) => allowed,
        Err(response) => return response,
    };
    let aim = match Aim::of_query(&console, &browser, &query.unwrap_or_default()).await {
        Ok(aim) => aim,
        Err(response) => return response,
    };
    let answer = PasskeyAnswer { text: &fields.passkey, visit: browser.visit(), rp: &rp };
    let signed_in = console.authority().sign_in_with_passkey(&browser.context(), answer, (browser.facts(), console.limits())).await;
    match signed_in {
        Ok(Ok(begun)) => second_step::done(&browser, &begun, &aim.next),
        Ok(Err(refusal)) => refused(&browser, refusal, |status, problem| sign_in::again(&console, &browser, &aim, (status, problem))),
        Err(error) => failure::outage(&browser, &error),
    }
}

/// The page that gets the status and the words, where a passkey signed nobody in.
pub(super) fn refused(browser: &Browser, refusal: Refusal, page: impl FnOnce(StatusCode, String) -> Response) -> Response {
    let say = |text: Factor| text.of(browser.language).to_owned();
    match refusal {
        Refusal::NotRight => page(StatusCode::UNPROCESSABLE_ENTITY, say(Factor::PasskeyUnknown)),
        Refusal::Over => page(StatusCode::UNPROCESSABLE_ENTITY, say(Factor::PasskeyOver)),
        Refusal::Suspected => page(StatusCode::FORBIDDEN, say(Factor::PasskeySuspected)),
        Refusal::Fenced => page(StatusCode::FORBIDDEN, Text::Fenced.of(browser.language).to_owned()),
        Refusal::TooMany(until) => too_many(browser, until, |problem| page(StatusCode::TOO_MANY_REQUESTS, problem)),
    }
}

/// The form, where there are passkeys here and it is our own.
fn allowed(console: &Console, browser: &Browser, fields: Result<Form<Fields>, FormRejection>) -> Result<(RelyingParty, Fields), Response> {
    let Some(rp) = console.relying_party() else { return Err(Problem::new(Code::NotFound).into_response()) };
    let Ok(Form(fields)) = fields else { return Err(Problem::new(Code::InvalidBody).into_response()) };
    if browser.exposed {
        return Err(failure::exposed(browser));
    }
    match browser.refuse_sign_in(&fields.csrf) {
        Some(refusal) => Err(refusal),
        None => Ok((rp.clone(), fields)),
    }
}

/// `PublicKeyCredentialRequestOptionsJSON`.
fn asking(rp: &RelyingParty, asked: &PasskeyChallenge) -> Value {
    json!({
        "challenge": URL_SAFE_NO_PAD.encode(&asked.challenge),
        "rpId": rp.id(),
        "allowCredentials": known(asked),
        "userVerification": "required",
        "timeout": TIMEOUT,
    })
}

/// `PublicKeyCredentialCreationOptionsJSON`: a passkey that the device finds by itself, and uses only for who proves who they are to it.
pub(super) fn making(console: &Console, rp: &RelyingParty, asked: &PasskeyChallenge) -> Value {
    let person = asked.person.as_ref();
    let email = person.and_then(|person| person.email.as_ref()).map_or("", Email::as_str);
    let name = person.and_then(|person| person.name.as_ref()).map_or(email, Name::as_str);
    let parameters: Vec<Value> = ALGORITHMS.iter().map(|algorithm| json!({"type": "public-key", "alg": algorithm})).collect();
    json!({
        "challenge": URL_SAFE_NO_PAD.encode(&asked.challenge),
        "rp": {"id": rp.id(), "name": console.look().name},
        // The id says nothing about the person (section 14.6.1).
        "user": {"id": person.map_or(String::new(), |person| URL_SAFE_NO_PAD.encode(person.id.as_bytes())), "name": email, "displayName": name},
        "pubKeyCredParams": parameters,
        "excludeCredentials": known(asked),
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
        "attestation": "none",
        "timeout": TIMEOUT,
    })
}

fn known(asked: &PasskeyChallenge) -> Vec<Value> {
    let known = asked.known.iter().map(|passkey| {
        let transports: Vec<&str> = passkey.transports.split(' ').filter(|name| !name.is_empty()).collect();
        json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(&passkey.credential), "transports": transports})
    });
    known.collect()
}

/// An answer for the page's module.
pub(super) fn json_answer(browser: &Browser, value: &Value) -> Response {
    browser.answer(([(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response())
}
