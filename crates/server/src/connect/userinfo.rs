//! `/connect/userinfo`: who has signed in, for whoever has an access token with `openid` (OpenID Connect Core section 5.3).

use std::sync::Arc;

use authority::{Caller, UserClaims, signing_algorithm};
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access_token::AccessToken;
use domain::scope::Identity;
use domain::verify::Owner;
use domain::{CredentialId, Refusal};
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use jose::Algorithm;
use jose::dpop::{self, LONGEST_AGE, Rules};
use jose::response::UserinfoClaims;
use serde_json::Value;

use super::Connect;
use super::call::Call;
use super::client_keys::algorithms;
use super::error::{Code, ConnectError, JSON, NO_STORE};
use super::form::{Form, is_form};
use super::refusal::Told;

const PATH: &str = "/connect/userinfo";
const BEARER: &str = "Bearer realm=\"poort\"";
const SIGNED: HeaderValue = HeaderValue::from_static("application/jwt");

/// How a token was presented.
struct Presented {
    token: String,
    is_dpop: bool,
}

/// Answers with the claims that the token's scopes allow.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let presented = match read(&call)? {
        Some(presented) => presented,
        None => {
            let response = challenge(StatusCode::UNAUTHORIZED, &[BEARER.to_owned(), dpop_challenge("")]);
            return Ok(Told::because(Refusal::MissingCredential).beside(response));
        }
    };
    let now = call.edge.now;
    let found = connect.authority.verifier().look_into(&presented.token, now)?;
    let Some(found) = found else { return Ok(refused(Code::InvalidToken, Told::because(Refusal::UnknownCredential))) };
    if let Err(refusal) = found.works {
        return Ok(refused(Code::InvalidToken, Told::access_token(refusal, &found.facts)));
    }
    if !is_proven(&connect, &call, &presented, &found.token).await? {
        // RFC 9449 section 7.1.
        let response = challenge(StatusCode::UNAUTHORIZED, &[dpop_challenge(", error=\"invalid_token\"")]);
        return Ok(Told::access_token(Refusal::ProofMissing, &found.facts).beside(response));
    }
    let told = |refusal: Refusal| Told::access_token(refusal, &found.facts);
    let Owner::Member { person, .. } = found.facts.owner else {
        return Ok(refused(Code::InsufficientScope, told(Refusal::PermissionMissing)));
    };
    if found.token.grant.is_none() || !Identity::Openid.is_in(found.token.identity) {
        return Ok(refused(Code::InsufficientScope, told(Refusal::PermissionMissing)));
    }
    let Some(claims) = connect.authority.user_claims(person, found.token.identity).await? else {
        return Ok(refused(Code::InvalidToken, told(Refusal::OwnerInactive)));
    };
    let (body, content_type) = if wants_signed(&call) {
        (sign(&connect, &call, &found.token.key.id, &claims).await?.into_bytes(), SIGNED)
    } else {
        (serde_json::to_vec(&claims).map_err(|_| Code::Internal)?, JSON)
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// Whether the answer is to be a JWT: whoever asks says so with `Accept`.
fn wants_signed(call: &Call) -> bool {
    let names = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("application/jwt"));
    call.parts.headers.get_all(ACCEPT).iter().any(names)
}

/// OpenID Connect Core section 5.3.2: with the issuer, for the client, by the algorithm of its ID tokens.
async fn sign(connect: &Connect, call: &Call, client: &CredentialId, claims: &UserClaims) -> Result<String, ConnectError> {
    let client = connect.authority.verifier().client_of(client)?.ok_or(Code::InvalidToken)?.client;
    let algorithm = signing_algorithm(client.definition.id_token_algorithm);
    connect.authority.ensure_signing_key(&call.context(Caller::System), algorithm).await?;
    let Ok(Value::Object(person)) = serde_json::to_value(claims) else { return Err(Code::Internal.into()) };
    let claims = UserinfoClaims { iss: connect.issuer.clone(), aud: client.definition.client_id.clone(), person };
    Ok(connect.authority.sign(algorithm, &claims)?)
}

/// RFC 6750 section 2: in the header, or in the form of a `POST`; never in both, never in the URL.
fn read(call: &Call) -> Result<Option<Presented>, ConnectError> {
    let headers = &call.parts.headers;
    let in_header = match headers.get(AUTHORIZATION).map(HeaderValue::to_str) {
        None => None,
        Some(Err(_)) => return Err(Code::InvalidRequest.into()),
        Some(Ok(value)) => match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some((token.trim(), false)),
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("dpop") => Some((token.trim(), true)),
            _ => None,
        },
    };
    let in_body = if call.parts.method == Method::POST && is_form(headers) {
        Form::read(headers, &call.body)?.get("access_token").map(str::to_owned)
    } else {
        None
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => {
            Err(ConnectError::new(Code::InvalidRequest).describe("the token stands in the header or in the body, not in both"))
        }
        (Some((token, is_dpop)), None) => Ok(Some(Presented { token: token.to_owned(), is_dpop })),
        (None, Some(token)) => Ok(Some(Presented { token, is_dpop: false })),
        (None, None) => Ok(None),
    }
}

/// Whether the request proves the key that the token is bound to, if it is (RFC 9449 section 7).
async fn is_proven(connect: &Connect, call: &Call, presented: &Presented, token: &AccessToken) -> Result<bool, ConnectError> {
    let Some(bound) = token.key_thumbprint else { return Ok(!presented.is_dpop) };
    let mut proofs = call.parts.headers.get_all("dpop").iter();
    let (Some(Ok(proof)), None, true) = (proofs.next().map(HeaderValue::to_str), proofs.next(), presented.is_dpop) else {
        return Ok(false);
    };
    let key = URL_SAFE_NO_PAD.encode(bound);
    let Some(client) = connect.authority.verifier().client_of(&token.key.id)? else { return Ok(false) };
    let rules = Rules {
        method: call.parts.method.as_str(),
        url: &connect.url(PATH),
        algorithms: algorithms(&client.client.definition),
        access_token: Some(&presented.token),
        key: Some(&key),
        nonces: &[],
        longest_age: LONGEST_AGE,
        now: call.edge.now,
    };
    match dpop::verify(proof, &rules) {
        Ok(proof) => Ok(connect.authority.use_once("dpop", &format!("{} {}", proof.key, proof.jti), proof.expires_at).await?),
        Err(_) => Ok(false),
    }
}

/// RFC 6750 section 3.1.
fn refused(code: Code, told: Told) -> Response {
    let header = format!("{BEARER}, error=\"{}\", error_description=\"{}\"", code.as_str(), code.words());
    let answer = Some((code.as_str(), code.words().into()));
    Told { answer, ..told }.beside(challenge(code.status(), &[header]))
}

/// With which algorithms a proof may be made (RFC 9449 section 7.1).
fn dpop_challenge(error: &str) -> String {
    let names = Algorithm::ALL.map(Algorithm::name).join(" ");
    format!("DPoP realm=\"poort\"{error}, algs=\"{names}\"")
}

fn challenge(status: StatusCode, headers: &[String]) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    for header in headers {
        let value = HeaderValue::from_str(header).unwrap_or(HeaderValue::from_static("Bearer"));
        response.headers_mut().append(WWW_AUTHENTICATE, value);
    }
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}
