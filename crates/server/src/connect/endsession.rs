//! `/connect/endsession`: a program asks to sign a person out (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::extract::FromRequestParts as _;
use axum::response::Response;
use http::Method;
use jose::id_token_hint::{self, IdTokenHint};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use verifier::Client;

use super::call::Call;
use super::error::ConnectError;
use super::form::Form;
use super::{Connect, authorize};
use crate::console::{Browser, failure, see_other, sign_out};

const PATH: &str = "/connect/endsession";
/// What may be asked along (section 2).
const PARAMETERS: [&str; 6] = ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// What is asked, as far as it is proven.
struct Asked {
    client: Option<Arc<Client>>,
    hint: Option<IdTokenHint>,
    /// Where the browser goes afterwards: registered, with the state.
    back: Option<String>,
    /// What was sent, for the form.
    sent: Vec<(String, String)>,
}

/// `GET`, and `POST`: the person's answer, or the same question once more.
pub(super) async fn answer(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let read = if call.parts.method == Method::POST {
        Form::read(&call.parts.headers, &call.body)
    } else {
        Form::of_query(call.parts.uri.query())
    };
    let Ok(form) = read else { return Ok(failure::app_mistake(&browser, "invalid_request: the parameters cannot be read")) };
    let decision = form.get("decision").filter(|_| call.parts.method == Method::POST);
    if decision.is_none() && call.parts.method == Method::POST {
        // A browser leaves its session's cookie out of a form from elsewhere: as a link it has it.
        return Ok(browser.answer(see_other(&again(&form))));
    }
    let asked = match Asked::read(&connect, &form, &browser) {
        Ok(asked) => asked,
        Err(page) => return Ok(*page),
    };
    match decision {
        Some(decision) => {
            if let Some(page) = browser.refuse_form(form.get("csrf").unwrap_or_default()) {
                return Ok(page);
            }
            if decision == "deny" {
                return Ok(browser.answer(see_other("/")));
            }
            Ok(asked.end(&connect, &browser).await)
        }
        None if browser.signed_in.is_none() || asked.is_meant(&browser) => Ok(asked.end(&connect, &browser).await),
        None => {
            let client = asked.client.as_ref().map(|client| client.definition.name.as_str());
            let leads_to = asked.back.as_deref().map(authorize::sources);
            Ok(sign_out::question(&browser, PATH, client, &asked.sent, leads_to.as_deref()))
        }
    }
}

/// The same request as a link.
fn again(form: &Form<'_>) -> String {
    let sent = sent(form);
    let pairs: Vec<String> = sent.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    format!("{PATH}?{}", pairs.join("&"))
}

fn sent(form: &Form<'_>) -> Vec<(String, String)> {
    PARAMETERS.iter().filter_map(|name| Some(((*name).to_owned(), form.get(name)?.to_owned()))).collect()
}

impl Asked {
    /// What is not right is told on a page; nobody is sent anywhere for it (section 4).
    fn read(connect: &Connect, form: &Form<'_>, browser: &Browser) -> Result<Self, Box<Response>> {
        let wrong = |detail: &str| Err(Box::new(failure::app_mistake(browser, detail)));
        let verify = |hint: &str| id_token_hint::verify(hint, &connect.authority.jwks(browser.now), &connect.issuer, browser.now);
        let hint = match form.get("id_token_hint").map(verify) {
            Some(Err(_)) => return wrong("invalid_request: id_token_hint is no ID token of this server"),
            hint => hint.and_then(Result::ok),
        };
        let named = form.get("client_id").or_else(|| hint.as_ref().and_then(|hint| hint.azp.as_deref()));
        if let (Some(hint), Some(named)) = (&hint, named)
            && !hint.is_for(named)
        {
            return wrong("invalid_request: id_token_hint was issued to another client than client_id");
        }
        let known = match named.map(|named| connect.authority.verifier().client(named)).transpose() {
            Ok(known) => known.flatten(),
            Err(error) => return Err(Box::new(failure::outage(browser, &error.into()))),
        };
        let client = known.filter(|known| known.works.is_ok()).map(|known| known.client);
        let back = match (form.get("post_logout_redirect_uri"), &client) {
            (None, _) => None,
            (Some(uri), Some(client)) if client.definition.post_logout_redirect_uris.iter().any(|known| known == uri) => {
                Some(with_state(uri, form.get("state")))
            }
            (Some(_), _) => return wrong("invalid_request: post_logout_redirect_uri is not registered for this client"),
        };
        Ok(Self { client, hint, back, sent: sent(form) })
    }

    /// Whether the hint names the very session of this browser: then nobody needs to be asked.
    fn is_meant(&self, browser: &Browser) -> bool {
        let (Some(hint), Some(signed_in)) = (&self.hint, &browser.signed_in) else { return false };
        hint.sub == signed_in.person.id.to_string() && hint.sid.as_deref() == Some(signed_in.session.id.to_string().as_str())
    }

    async fn end(&self, connect: &Connect, browser: &Browser) -> Response {
        let onward = match &self.back {
            Some(back) => see_other(back),
            None => see_other("/signed-out"),
        };
        sign_out::end_session(&connect.console, browser, onward).await
    }
}

/// RP-Initiated Logout section 3.
fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else { return uri.to_owned() };
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}state={}", utf8_percent_encode(state, NON_ALPHANUMERIC))
}
