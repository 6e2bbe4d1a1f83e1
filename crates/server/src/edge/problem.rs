//! What goes wrong on our wire, as RFC 9457 problem details; one table of codes.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::RequestId;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value};

use crate::codes::codes;

/// Seconds after which a caller may try again what could not be done now.
pub const RETRY_AFTER_SECONDS: u32 = 1;

codes! {
    /// What went wrong: the last part of the problem's `type`, `/problems/{code}`.
    title: "Its words for people, the same on every occasion.";
    BadRequest            400 "bad_request"            "The request cannot be read."
    InvalidHost           400 "invalid_host"           "The request must name one host."
    DuplicateHeader       400 "duplicate_header"       "A header stands twice that may stand once."
    AmbiguousPath         400 "ambiguous_path"         "The path can be read in more than one way."
    AmbiguousRequest      400 "ambiguous_request"      "The proxy's headers name no single original request."
    InvalidBody           400 "invalid_body"           "The body is not what this request takes."
    InvalidParameter      400 "invalid_parameter"      "A parameter is not valid."
    Unauthenticated       401 "unauthenticated"        "A credential is needed."
    InvalidToken          401 "invalid_token"          "The credential does not count."
    InsufficientScope     403 "insufficient_scope"     "The credential does not allow this."
    InsecureTransport     403 "insecure_transport"     "Credentials are not taken over plain HTTP."
    WrongApi              403 "wrong_api"              "No such API."
    UntrustedProxy        403 "untrusted_proxy"        "This address may not ask for decisions."
    Forbidden             403 "forbidden"              "This is not allowed."
    NotFound              404 "not_found"              "There is no such thing."
    MethodNotAllowed      405 "method_not_allowed"     "This method is not taken here."
    NotAcceptable         406 "not_acceptable"         "None of the accepted media types can be given."
    RequestTimeout        408 "request_timeout"        "The request took too long to arrive."
    Conflict              409 "conflict"               "This conflicts with what is there."
    PreconditionFailed    412 "precondition_failed"    "It was changed in the meantime."
    BodyTooLarge          413 "body_too_large"         "The body is too large."
    UnsupportedMediaType  415 "unsupported_media_type" "The body's media type is not taken."
    UnsupportedEncoding   415 "unsupported_encoding"   "Encoded bodies are not taken."
    NotValid              422 "not_valid"              "Some of the fields are not valid."
    PreconditionRequired  428 "precondition_required"  "Say with If-Match which revision is to be changed."
    TooManyRequests       429 "too_many_requests"      "Too many requests; try later."
    Internal              500 "internal"               "Something went wrong here."
    NotImplemented        501 "not_implemented"        "This is not there yet."
    Unavailable           503 "unavailable"            "This cannot be answered now; try again."
    OutcomeUnknown        504 "outcome_unknown"        "Whether this was done is not known."
}

/// One problem, ready to be answered.
///
/// The edge adds `request_id` to it on the way out.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem without further words.
    pub fn new(code: Code) -> Self {
        Self { code, detail: Cow::Borrowed(""), members: Map::new(), headers: Vec::new() }
    }

    /// Says what is wrong this time. Never a secret, a cause inside the server or text that a caller sent.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds one to the member `errors`: which field, and what is wrong with it.
    #[must_use]
    pub fn error(self, field: &str, problem: &str) -> Self {
        let error = serde_json::json!({ "field": field, "problem": problem });
        let mut errors = match self.members.get("errors") {
            Some(Value::Array(errors)) => errors.clone(),
            _ => Vec::new(),
        };
        errors.push(error);
        self.member("errors", Value::Array(errors))
    }

    /// Adds a member of its own (RFC 9457 section 3.2).
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What went wrong.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The problem that says no more than this status does.
    pub fn of_status(status: StatusCode) -> Self {
        let known = Code::ALL.iter().find(|code| code.status() == status && !matches!(code, Code::InvalidHost));
        let fallback = if status.is_server_error() { Code::Internal } else { Code::BadRequest };
        Self::new(known.copied().unwrap_or(fallback))
    }

    /// The JSON text of it.
    pub fn body(&self, request_id: Option<&RequestId>) -> Bytes {
        let mut members = self.members.clone();
        members.insert("type".to_owned(), format!("/problems/{}", self.code.as_str()).into());
        members.insert("title".to_owned(), self.code.title().into());
        members.insert("status".to_owned(), self.status().as_u16().into());
        // Always there, as the Dutch API Design Rules want it.
        let detail = if self.detail.is_empty() { self.code.title() } else { self.detail.as_ref() };
        members.insert("detail".to_owned(), detail.into());
        if let Some(id) = request_id {
            members.insert("request_id".to_owned(), id.to_string().into());
        }
        Value::Object(members).to_string().into()
    }

    /// Status and headers of the answer, around a body.
    pub(super) fn response<B>(&self, body: B) -> http::Response<B> {
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(self.code, Code::Unavailable | Code::TooManyRequests) {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        response
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Problem {
    /// The answer without the request's id; the problem itself goes along, so that the edge can add the id.
    fn into_response(self) -> Response {
        let mut response = self.response(axum::body::Body::from(self.body(None)));
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_their_statuses_are_errors() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(code == &Code::Internal || code.status() != 500, "{code:?}: the table holds a status that is none");
        }
    }

    #[test]
    fn a_problem_is_json_with_all_members() {
        let problem = Problem::new(Code::NotValid).detail("two fields").error("name", "is too long").error("email", "is none");
        let json: Value = serde_json::from_slice(&problem.body(Some(&RequestId::from_bytes([1; 16])))).expect("JSON");
        assert_eq!(json["type"], "/problems/not_valid");
        assert_eq!(json["status"], 422);
        assert_eq!(json["errors"][1]["field"], "email");
        assert_eq!(json["request_id"], "01010101-0101-0101-0101-010101010101");
        assert_eq!(json["detail"], "two fields");
    }

    #[test]
    fn what_may_be_tried_again_says_when() {
        assert_eq!(Problem::new(Code::Unavailable).response(()).headers()[RETRY_AFTER], "1");
        assert!(!Problem::new(Code::Internal).response(()).headers().contains_key(RETRY_AFTER));
        assert_eq!(Problem::of_status(StatusCode::NOT_FOUND).code(), Code::NotFound);
        assert_eq!(Problem::of_status(StatusCode::IM_A_TEAPOT).code(), Code::BadRequest);
    }
}
