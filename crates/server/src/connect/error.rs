//! What goes wrong at the OAuth endpoints: one table from each error to its status, code and words (RFC 6749 section 5.2).

use std::borrow::Cow;

use authority::Error;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::{Because, Cause, ClientRefusal, Flow, Timestamp};
use http::StatusCode;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Map, Value};

use super::cors::NotForPages;
use super::refusal::{self, Told, Whose};
use crate::codes::codes;
use crate::edge;

/// As the clients of the privacy platform know it, and what RFC 6749 section 5.1 asks for.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, no-cache, max-age=0");
/// The type of every answer in JSON.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"poort\", charset=\"UTF-8\"");

codes! {
    /// What went wrong: `error` in the answer.
    words: "`error_description`, unless there are words for the occasion.";
    InvalidRequest          400 "invalid_request"          "the request is not valid"
    InvalidClient           401 "invalid_client"           "the client is unknown, or its authentication is not right"
    InvalidGrant            400 "invalid_grant"            "the grant is not valid, is over, or was used before"
    UnauthorizedClient      400 "unauthorized_client"      "this client may not do this"
    UnsupportedGrantType    400 "unsupported_grant_type"   "there is no such grant type here"
    UnsupportedResponseType 400 "unsupported_response_type" "there is no such response type here"
    UnsupportedTokenType    400 "unsupported_token_type"   "tokens of this kind are not ended here"
    InvalidScope            400 "invalid_scope"            "the scope is unknown, malformed, or more than was granted"
    InvalidTarget           400 "invalid_target"           "the resource is unknown, malformed, or was not granted"
    InvalidRequestObject    400 "invalid_request_object"   "the request object is not right"
    RequestNotSupported     400 "request_not_supported"    "this client has no keys for request objects"
    RegistrationNotSupported 400 "registration_not_supported" "registration is not taken here"
    InvalidDpopProof        400 "invalid_dpop_proof"       "the DPoP proof is not right"
    UseDpopNonce            400 "use_dpop_nonce"           "the DPoP proof needs the nonce of this answer"
    AccessDenied            400 "access_denied"            "the person said no"
    AuthorizationPending    400 "authorization_pending"    "the person has not answered yet"
    SlowDown                400 "slow_down"                "ask less often"
    ExpiredToken            400 "expired_token"            "it is too late: begin anew"
    InvalidToken            401 "invalid_token"            "the access token does not count"
    InsufficientScope       403 "insufficient_scope"       "the access token does not allow this"
    InvalidRedirectUri      400 "invalid_redirect_uri"     "a redirect URI cannot be registered"
    InvalidClientMetadata   400 "invalid_client_metadata"  "the registration is not valid"
    InvalidSoftwareStatement 400 "invalid_software_statement" "the software statement is no signed JWT"
    UnapprovedSoftwareStatement 400 "unapproved_software_statement" "no issuer of software statements is trusted here"
    MethodNotAllowed        405 "invalid_request"          "this method is not taken here"
    TooLarge                413 "invalid_request"          "the request is too long"
    TooManyRequests         429 "temporarily_unavailable"  "this was asked or tried too often: try later"
    Internal                500 "server_error"             "something is wrong with this server"
    Unavailable             503 "temporarily_unavailable"  "this cannot be answered now: try later"
}

/// An error on its way out. Its words never hold what a caller sent, a secret, or a cause inside the server.
#[derive(Debug)]
pub struct ConnectError {
    code: Code,
    words: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether no page in a browser may read it.
    mark: Option<NotForPages>,
    /// Why, for the explanation: as much as the endpoint says beyond the code.
    told: Option<Box<Told>>,
}

impl ConnectError {
    /// An error in the words of the table.
    pub fn new(code: Code) -> Self {
        Self { code, words: Cow::Borrowed(code.words()), headers: Vec::new(), mark: None, told: None }
    }

    /// In other words, of the characters that RFC 6749 section 5.2 has.
    #[must_use]
    pub fn describe(mut self, words: &'static str) -> Self {
        self.words = Cow::Borrowed(words);
        self
    }

    /// In other words that are made for the occasion; characters that may not be in them become `'`.
    #[must_use]
    pub fn describe_owned(mut self, words: String) -> Self {
        self.words = Cow::Owned(words.chars().map(|character| if is_allowed(character) { character } else { '\'' }).collect());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Too many, until this moment.
    pub fn too_many(until: Timestamp, now: Timestamp) -> Self {
        let seconds = until.unix_seconds().saturating_sub(now.unix_seconds()).max(1);
        Self::new(Code::TooManyRequests).header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// No page in a browser may read it.
    #[must_use]
    pub(super) fn mark(mut self, mark: NotForPages) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Why, for the explanation. The answer is the same.
    #[must_use]
    pub(super) fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.told_mut().cause = Some(cause.into());
        self
    }

    /// Whose client it is.
    #[must_use]
    pub(super) fn by(mut self, whose: Whose) -> Self {
        self.told_mut().whose = whose;
        self
    }

    /// What was asked.
    #[must_use]
    pub(super) fn flow(mut self, flow: Flow) -> Self {
        self.told_mut().flow = Some(flow);
        self
    }

    fn told_mut(&mut self) -> &mut Told {
        self.told.get_or_insert_default()
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Its words.
    pub fn words(&self) -> &str {
        &self.words
    }
}

impl From<Code> for ConnectError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<Because> for ConnectError {
    /// Of many refusals one error, in the same words.
    fn from(because: Because) -> Self {
        let error = Self { told: Some(Box::new(Told::of(because))), ..Self::new(refusal::code(because.refusal)) };
        match because.refusal {
            ClientRefusal::NotExchangeable => error.describe("what was presented does not count for this"),
            ClientRefusal::ProofNeeded => error.describe("this client's tokens are bound to a key: prove it"),
            _ => error,
        }
    }
}

impl From<ClientRefusal> for ConnectError {
    fn from(refusal: ClientRefusal) -> Self {
        refusal.because().into()
    }
}

impl From<Error> for ConnectError {
    /// An outage never becomes a denial. What a use case refuses in the words of the management API is a request that is not valid.
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(cause) | Error::OutcomeUnknown(cause) => {
                tracing::warn!(%cause, "a request could not be answered");
                Self::new(Code::Unavailable)
            }
            Error::Invalid(_) | Error::NotFound | Error::Forbidden | Error::Conflict { .. } | Error::Stale | Error::KeyReused => {
                Self::new(Code::InvalidRequest)
            }
        }
    }
}

impl From<verifier::Unavailable> for ConnectError {
    fn from(error: verifier::Unavailable) -> Self {
        Error::from(error).into()
    }
}

impl From<domain::entropy::EntropyUnavailable> for ConnectError {
    fn from(error: domain::entropy::EntropyUnavailable) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for ConnectError {
    fn into_response(self) -> Response {
        self.respond(&Map::new())
    }
}

impl ConnectError {
    /// The answer to a request, by whose id it can be explained: at `error_uri` (RFC 6749 section 5.2), unless it is no refusal.
    pub(super) fn answer(self, issuer: &str, edge: &edge::Context) -> Response {
        let mut more = Map::new();
        if refusal::cause(self.code).is_some() {
            more.insert("error_uri".to_owned(), refusal::page(issuer, &edge.request_id).into());
        }
        more.insert("request_id".to_owned(), edge.request_id.to_string().into());
        self.respond(&more)
    }

    fn respond(mut self, more: &Map<String, Value>) -> Response {
        let mut body = serde_json::json!({ "error": self.code.as_str(), "error_description": &*self.words });
        if let Some(members) = body.as_object_mut() {
            members.extend(more.clone());
        }
        let mut response = Response::new(Body::from(body.to_string()));
        if let Some(cause) = refusal::cause(self.code) {
            let mut told = self.told.take().map(|told| *told).unwrap_or_default();
            told.cause.get_or_insert(cause);
            told.answer = Some((self.code.as_str(), self.words));
            response.extensions_mut().insert(told);
        }
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        if self.code == Code::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from(crate::edge::problem::RETRY_AFTER_SECONDS));
        }
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        if let Some(mark) = self.mark {
            response.extensions_mut().insert(mark);
        }
        if self.code == Code::InvalidClient {
            // However it tried: RFC 6749 section 5.2 leaves 401 to the server where it was not `Basic`, and no 401 is without a challenge
            // (RFC 9110 section 15.5.2).
            response.headers_mut().insert(WWW_AUTHENTICATE, BASIC);
        }
        response
    }
}

/// The answer to a method that is not in the table (RFC 9110 section 15.5.6).
pub(super) fn method_not_allowed(allowed: &str) -> ConnectError {
    let allowed = HeaderValue::from_str(allowed).unwrap_or_else(|_| HeaderValue::from_static("POST"));
    ConnectError::new(Code::MethodNotAllowed).header(ALLOW, allowed)
}

/// RFC 6749 section 5.2: `%x20-21 / %x23-5B / %x5D-7E`.
fn is_allowed(character: char) -> bool {
    matches!(character, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_are_of_the_allowed_characters() {
        for code in Code::ALL {
            assert!(code.words().chars().all(is_allowed) && code.as_str().chars().all(is_allowed), "{code:?}");
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
        }
        let error = ConnectError::new(Code::InvalidRequest).describe_owned("a \"b\" \\ \u{e9}".to_owned());
        assert_eq!(error.words(), "a 'b' ' '");
    }

    #[test]
    fn a_client_that_is_not_known_is_challenged() {
        let response = ConnectError::new(Code::InvalidClient).into_response();
        assert_eq!((response.status(), &response.headers()[WWW_AUTHENTICATE]), (StatusCode::UNAUTHORIZED, &BASIC));
        let other = ConnectError::new(Code::InvalidGrant).into_response();
        assert_eq!((other.status(), other.headers().contains_key(WWW_AUTHENTICATE)), (StatusCode::BAD_REQUEST, false));
    }

    #[test]
    fn an_outage_is_no_denial() {
        let error: ConnectError = verifier::Unavailable.into();
        let response = error.into_response();
        assert_eq!((response.status(), &response.headers()[RETRY_AFTER]), (StatusCode::SERVICE_UNAVAILABLE, &HeaderValue::from(1)));
    }
}
