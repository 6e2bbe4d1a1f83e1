//! `POST /connect/token`: tokens for what a client has been granted (RFC 6749 section 3.2).

use std::sync::Arc;

use authority::{ACCESS_TOKEN_TYPE, Asking, Caller, CodeRequest, ExchangeRequest, GrantError, NotYet, RefreshRequest, Tokens};
use axum::body::Body;
use axum::response::Response;
use domain::client::GrantType;
use domain::{ClientRefusal, Flow, Secret};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA};

use super::call::Call;
use super::error::{Code, ConnectError, JSON, NO_STORE};
use super::form::Form;
use super::refusal::Whose;
use super::{Authenticated, Connect, authenticate, dpop};

const PATH: &str = "/connect/token";

/// Answers a request for tokens.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let form = Form::read(&call.parts.headers, &call.body)?;
    let grant_type = GrantType::named(form.required("grant_type")?);
    let answered = match authenticate(&connect, &call, &form).await {
        Ok(client) => {
            let whose = Whose::authenticated(&client);
            tokens(&connect, &call, &form, (client, grant_type)).await.map_err(|error| error.by(whose))
        }
        Err(error) => Err(error),
    };
    answered.map_err(|error| error.flow(grant_type.map_or(Flow::Token, Flow::from)))
}

async fn tokens(
    connect: &Connect,
    call: &Call,
    form: &Form<'_>,
    (client, grant_type): (Authenticated, Option<GrantType>),
) -> Result<Response, ConnectError> {
    let grant_type = grant_type.ok_or(Code::UnsupportedGrantType)?;
    let definition = client.client.definition.clone();
    if !definition.may(grant_type) {
        return Err(Code::UnauthorizedClient.into());
    }
    let key_thumbprint = dpop::proven_key(connect, &definition, call, PATH).await?;
    if definition.requires_dpop && key_thumbprint.is_none() {
        return Err(ClientRefusal::ProofNeeded.into());
    }
    let (now, issuer) = (call.edge.now, connect.issuer.as_str());
    let asking = Asking { client: client.client, private_key: client.private_key, key_thumbprint, issuer, now };
    let tokens = match grant_type {
        GrantType::ClientCredentials => connect.authority.client_credentials(&asking, form.get("scope"), &resources(form))?,
        GrantType::AuthorizationCode => {
            let request = CodeRequest {
                code: secret(form, "code")?,
                redirect_uri: form.get("redirect_uri").map(str::to_owned),
                code_verifier: form.get("code_verifier").map(str::to_owned),
                resources: resources(form),
            };
            let context = call.context(Caller::Client { key: asking.client.id });
            connect.authority.redeem_code(&context, &asking, request).await?
        }
        GrantType::RefreshToken => {
            let token = secret(form, "refresh_token")?;
            let request = RefreshRequest { token, scope: form.get("scope").map(str::to_owned), resources: resources(form) };
            let context = call.context(Caller::Client { key: asking.client.id });
            connect.authority.refresh(&context, &asking, request).await?
        }
        GrantType::TokenExchange => connect.authority.exchange_token(&asking, &exchange(form)?)?,
        GrantType::DeviceCode => {
            let context = call.context(Caller::Client { key: asking.client.id });
            let device_code = secret(form, "device_code")?;
            connect.authority.redeem_device_code(&context, &asking, &device_code, &resources(form)).await?
        }
    };
    Ok(respond(&tokens, (grant_type == GrantType::TokenExchange).then_some(ACCESS_TOKEN_TYPE)))
}

/// RFC 8693 section 2.1.
fn exchange(form: &Form<'_>) -> Result<ExchangeRequest, ConnectError> {
    let actor_token = match (form.get("actor_token"), form.get("actor_token_type")) {
        (Some(token), Some(name)) => Some((Secret::new(token.to_owned()), name.to_owned())),
        (None, None) => None,
        _ => return Err(ConnectError::new(Code::InvalidRequest).describe("actor_token and actor_token_type stand together")),
    };
    Ok(ExchangeRequest {
        subject_token: secret(form, "subject_token")?,
        subject_token_type: form.required("subject_token_type")?.to_owned(),
        actor_token,
        requested_token_type: form.get("requested_token_type").map(str::to_owned),
        audiences: form.all("audience").map(str::to_owned).collect(),
        resources: resources(form),
        scope: form.get("scope").map(str::to_owned),
    })
}

fn resources(form: &Form<'_>) -> Vec<String> {
    form.all("resource").map(str::to_owned).collect()
}

fn secret(form: &Form<'_>, name: &'static str) -> Result<Secret<String>, ConnectError> {
    Ok(Secret::new(form.required(name)?.to_owned()))
}

/// RFC 6749 section 5.1, the members in the order in which the privacy platform's own server gives them. None of the values has a
/// character that JSON would escape: credentials, JWTs and the names of scopes.
fn respond(tokens: &Tokens, issued: Option<&str>) -> Response {
    let access = tokens.access_token.expose();
    let mut body = String::with_capacity(access.len() + tokens.scope.len() + 256 + tokens.id_token.as_ref().map_or(0, String::len));
    let mut member = |before: &str, value: &str, after: &str| {
        body.push_str(before);
        body.push_str(value);
        body.push_str(after);
    };
    member("{", "", "");
    if let Some(id_token) = &tokens.id_token {
        member("\"id_token\":\"", id_token, "\",");
    }
    member("\"access_token\":\"", access, "\",");
    if let Some(issued) = issued {
        member("\"issued_token_type\":\"", issued, "\",");
    }
    member("\"expires_in\":", &tokens.expires_in.to_string(), ",");
    member("\"token_type\":\"", if tokens.is_bound { "DPoP" } else { "Bearer" }, "\",");
    if let Some(refresh_token) = &tokens.refresh_token {
        member("\"refresh_token\":\"", refresh_token.expose(), "\",");
    }
    member("\"scope\":\"", &tokens.scope, "\"}");
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.reserve(12);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

impl From<GrantError> for ConnectError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Refused(because) => because.into(),
            GrantError::NotYet(NotYet::Pending) => Code::AuthorizationPending.into(),
            GrantError::NotYet(NotYet::SlowDown) => Code::SlowDown.into(),
            GrantError::Failed(error) => error.into(),
        }
    }
}
