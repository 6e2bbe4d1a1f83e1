//! `/sign-in/providers/{name}` and its callback: there with what ties the answer to this browser, back with whoever it is.

use askama::Template;
use authority::{SignedIn, UpstreamIdentity, Waiting};
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::text::Email;
use http::StatusCode;
use serde::Deserialize;

use super::exchange::{Begun, Exchange};
use super::{Failed, Provider};
use crate::console::browser::Browser;
use crate::console::page::{self, Frame};
use crate::console::sign_in::{self, Aim};
use crate::console::texts::Text;
use crate::console::{Console, failure, interaction, second_step};
use crate::edge::{Code, Problem};

/// A verifier of 43 characters (RFC 7636 section 4.1), and a nonce as long.
const RANDOM_BYTES: usize = 32;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::console) struct Fields {
    csrf: String,
}

/// The provider's answer (RFC 6749 section 4.1.2).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::console) struct Answer {
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

#[derive(Template)]
#[template(path = "console/onward.html")]
struct Onward {
    frame: Frame,
    story: String,
    url: String,
}

/// Sends the browser to the provider. Not by a redirect: a form of ours may lead to our own pages only.
pub(in crate::console) async fn start(
    State(console): State<Console>,
    browser: Browser,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Some(provider) = console.provider(&name) else { return Problem::new(Code::NotFound).into_response() };
    let Ok(Form(fields)) = fields else { return Problem::new(Code::InvalidBody).into_response() };
    if browser.exposed {
        return failure::exposed(&browser);
    }
    if let Some(response) = browser.refuse_sign_in(&fields.csrf) {
        return response;
    }
    let query = query.unwrap_or_default();
    let aim = match Aim::of_query(&console, &browser, &query).await {
        Ok(aim) => aim,
        Err(response) => return response,
    };
    let (verifier, nonce) = match (random(&console), random(&console)) {
        (Ok(verifier), Ok(nonce)) => (verifier, nonce),
        (Err(error), _) | (_, Err(error)) => return failure::outage(&browser, &error),
    };
    let begun = Begun { verifier, nonce, query, fresh_since: aim.fresh_since() };
    let Ok(request) = serde_json::to_string(&begun) else { return Problem::new(Code::Internal).into_response() };
    let waiting = Waiting { resume: provider.path(), request, ..Waiting::default() };
    let state = match interaction::begin(&console, &browser, waiting).await {
        Ok(id) => id.to_string(),
        Err(response) => return response,
    };
    let redirect_uri = console.callback(provider);
    let exchange = Exchange { provider, outbound: console.outbound(), redirect_uri: &redirect_uri, now: browser.now };
    match exchange.request(&begun, &state, browser.language.tag(), aim.login_hint()).await {
        Ok(url) => onward(&browser, provider, url),
        Err(failed) => did_not_work(&console, &browser, (provider, &aim), &failed),
    }
}

/// Takes the provider's answer, once, in the browser that began.
pub(in crate::console) async fn callback(
    State(console): State<Console>,
    browser: Browser,
    Path(name): Path<String>,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Response {
    let Some(provider) = console.provider(&name) else { return Problem::new(Code::NotFound).into_response() };
    let Ok(Query(answer)) = answer else { return failure::interaction_over(&browser) };
    let begun = match taken(&console, &browser, provider, &answer.state).await {
        Ok(begun) => begun,
        Err(response) => return response,
    };
    let aim = match Aim::of_query(&console, &browser, &begun.query).await {
        Ok(aim) => aim,
        Err(response) => return response,
    };
    let redirect_uri = console.callback(provider);
    let exchange = Exchange { provider, outbound: console.outbound(), redirect_uri: &redirect_uri, now: browser.now };
    let token = match checked(&exchange, &begun, &answer).await {
        Ok(token) => token,
        Err(failed) => return did_not_work(&console, &browser, (provider, &aim), &failed),
    };
    let verified_email = token.email.filter(|_| token.email_verified).and_then(|email| Email::new(&email).ok());
    let auth_time = token.auth_time.filter(|_| begun.fresh_since.is_none()).unwrap_or(browser.now);
    let identity = UpstreamIdentity { issuer: provider.configured.issuer.clone(), subject: token.subject, verified_email, auth_time };
    let signed_in =
        console.authority().sign_in_upstream(&browser.context(), identity, browser.facts(), (console.limits(), aim.kept(&browser))).await;
    match signed_in {
        Ok(Ok(SignedIn::SecondStep(id))) => second_step::ask(&browser, id),
        Ok(Ok(SignedIn::Begun(begun))) => second_step::done(&browser, &begun, &aim.next),
        Ok(Err(authority::Refusal::NotRight)) => {
            sign_in::again(&console, &browser, &aim, (StatusCode::FORBIDDEN, told(Text::ProviderUnknown, &browser, provider)))
        }
        Ok(Err(refusal)) => sign_in::refused(&console, &browser, &aim, (refusal, String::new())),
        Err(error) => failure::outage(&browser, &error),
    }
}

/// What waits under this state for this provider, in this browser; nobody else gets it afterwards.
async fn taken(console: &Console, browser: &Browser, provider: &Provider, state: &str) -> Result<Begun, Response> {
    let found = interaction::find(console, browser, state).await?;
    if found.resume != provider.path() {
        // Another provider's answer (RFC 9700 section 4.4).
        return Err(failure::interaction_over(browser));
    }
    interaction::finish(console, browser, found.id).await?;
    serde_json::from_str(&found.request).map_err(|_| failure::interaction_over(browser))
}

async fn checked(exchange: &Exchange<'_>, begun: &Begun, answer: &Answer) -> Result<jose::upstream_id_token::UpstreamIdToken, Failed> {
    exchange.check_issuer(answer.iss.as_deref()).await?;
    match &answer.code {
        Some(code) => exchange.redeem(begun, code).await,
        None => Err(Failed::Refused("the provider gave no code".to_owned())),
    }
}

fn did_not_work(console: &Console, browser: &Browser, (provider, aim): (&Provider, &Aim), failed: &Failed) -> Response {
    let name = &provider.configured.name;
    tracing::warn!(provider = name, cause = %failed, request = %browser.request_id, "signing in at another provider did not work");
    let (status, text) = match failed {
        Failed::Away(_) => (StatusCode::BAD_GATEWAY, Text::ProviderAway),
        Failed::Refused(_) => (StatusCode::FORBIDDEN, Text::ProviderRefused),
    };
    sign_in::again(console, browser, aim, (status, told(text, browser, provider)))
}

fn told(text: Text, browser: &Browser, provider: &Provider) -> String {
    text.filled(browser.language, &[("provider", provider.configured.label.clone())])
}

fn onward(browser: &Browser, provider: &Provider, url: String) -> Response {
    let mut frame = Frame::new(browser, Text::SignIn.of(browser.language));
    frame.other = None;
    let view = Onward { frame, story: told(Text::ProviderNext, browser, provider), url };
    page::answer(browser, StatusCode::OK, &view, None)
}

fn random(console: &Console) -> Result<String, authority::Error> {
    let mut bytes = [0; RANDOM_BYTES];
    console.authority().entropy().fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
