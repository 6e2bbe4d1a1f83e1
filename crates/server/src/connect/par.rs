//! `POST /connect/par`: an authorization request, straight from the client (RFC 9126).

use std::sync::Arc;

use authority::authorize::{ErrorCode, Failed, PUSHED_SECONDS, Parameters};
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use verifier::Client;

use super::authorize::{Effective, read_object};
use super::call::Call;
use super::error::{Code, ConnectError, JSON, NO_STORE};
use super::form::Form;
use super::refusal::Whose;
use super::{Connect, authenticate, dpop};

const PATH: &str = "/connect/par";
/// What authenticates the client, and is not kept.
const AUTHENTICATION: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// Answers a pushed request: judged like one at the authorization endpoint, now.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let form = Form::read(&call.parts.headers, &call.body)?;
    let authenticated = authenticate(&connect, &call, &form).await?;
    let whose = Whose::authenticated(&authenticated);
    push(&connect, &call, &form, &authenticated.client).await.map_err(|error| error.by(whose))
}

async fn push(connect: &Connect, call: &Call, form: &Form<'_>, client: &Client) -> Result<Response, ConnectError> {
    if form.get("request_uri").is_some() {
        // RFC 9126 section 2.1.
        return Err(ConnectError::new(Code::InvalidRequest).describe("request_uri cannot be pushed"));
    }
    let now = call.edge.now;
    let key = dpop::proven_key(connect, &client.definition, call, PATH).await?;
    let pairs = form.iter().filter(|(name, _)| *name != "client_id").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let named = [("client_id".to_owned(), client.definition.client_id.clone())];
    let sent = Parameters::new(named.into_iter().chain(pairs)).ok_or(Code::InvalidRequest)?.without(&AUTHENTICATION);
    if sent.get("request").is_some() && !sent.consists_of(&["client_id", "request"]) {
        // RFC 9126 section 3.
        return Err(ConnectError::new(Code::InvalidRequest).describe("beside a request object there are no other parameters"));
    }
    let (mut parameters, object) = read_object(connect, client, sent, now).await?;
    if let Some(key) = key {
        // RFC 9449 section 10.1.
        let thumbprint = URL_SAFE_NO_PAD.encode(key);
        match parameters.get("dpop_jkt") {
            None => parameters = parameters.with("dpop_jkt", thumbprint),
            Some(named) if named == thumbprint => {}
            Some(_) => return Err(ConnectError::new(Code::InvalidDpopProof).describe("dpop_jkt names another key than the proof")),
        }
    }
    let known = connect.authority.verifier().client(&client.definition.client_id)?;
    Effective::pushed(connect, known, &parameters, now).with_object(object).run().map_err(refused)?;
    let pushed = connect.authority.push_request((client, call.address), &parameters, now).await?;
    let request_uri = pushed.map_err(|until| ConnectError::too_many(until, now))?;
    let body = serde_json::json!({ "request_uri": request_uri, "expires_in": PUSHED_SECONDS }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// The error of the authorization endpoint, told to the client itself (RFC 9126 section 2.3).
fn refused(failed: Failed) -> ConnectError {
    let code = match failed.refused.code {
        ErrorCode::InvalidRequestObject => Code::InvalidRequestObject,
        ErrorCode::InvalidClient => Code::InvalidClient,
        ErrorCode::UnauthorizedClient => Code::UnauthorizedClient,
        ErrorCode::UnsupportedResponseType => Code::UnsupportedResponseType,
        ErrorCode::InvalidScope => Code::InvalidScope,
        ErrorCode::InvalidTarget => Code::InvalidTarget,
        ErrorCode::RequestNotSupported => Code::RequestNotSupported,
        ErrorCode::RegistrationNotSupported => Code::RegistrationNotSupported,
        _ => Code::InvalidRequest,
    };
    ConnectError::new(code).describe(failed.refused.description).because(failed.refusal)
}
