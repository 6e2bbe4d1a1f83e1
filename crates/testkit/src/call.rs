//! Calls of a server under test, and their answers.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// A call before it is sent.
pub struct Call(RequestBuilder);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The bytes of the body, as they came.
    pub size: usize,
}

impl Call {
    pub(crate) fn new(client: &reqwest::Client, method: &str, url: &str) -> Self {
        Self(client.request(Method::from_bytes(method.as_bytes()).expect("a method"), url))
    }

    /// With this credential as `Bearer`.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With this header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        Self(self.0.header(name, HeaderValue::from_str(value).expect("a header's value")))
    }

    /// With this body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string().into_bytes())
    }

    /// With this body, of whatever type the headers say.
    #[must_use]
    pub fn bytes(self, body: Vec<u8>) -> Self {
        Self(self.0.body(body))
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        Answer::of(self.0.send().await.expect("an answer")).await
    }
}

/// The value of an `Authorization` header with username and code (RFC 7617).
pub fn basic(username: &str, code: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{code}")))
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn of(answer: reqwest::Response) -> Self {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.expect("a body");
        Self { status, headers, text: String::from_utf8_lossy(&body).into_owned(), size: body.len() }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {:?}", self.text))
    }

    /// The answer if it has this status; the test ends otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A member of the body that is text.
    #[track_caller]
    pub fn member(&self, pointer: &str) -> String {
        let json = self.json();
        let member = json.pointer(pointer).and_then(Value::as_str);
        member.unwrap_or_else(|| panic!("no text at {pointer} in {json}")).to_owned()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The error of an OAuth endpoint without what is of this request only.
    pub fn refusal(&self) -> Value {
        let mut json = self.json();
        let members = json.as_object_mut().expect("an error");
        let id = members.remove("request_id").expect("its request");
        assert_eq!(id.as_str(), self.header("request-id"));
        let page = members.remove("error_uri").expect("where it is explained");
        assert!(page.as_str().zip(id.as_str()).is_some_and(|(page, id)| page.ends_with(&format!("/activity/why?id={id}"))), "{page}");
        json
    }

    /// The problem's code and body without what is of this request only.
    pub fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let mut json = self.json();
        let members = json.as_object_mut().expect("a problem");
        assert_eq!(members.remove("request_id").as_ref().and_then(Value::as_str), self.header("request-id"));
        json
    }
}
