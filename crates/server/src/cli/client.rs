//! The client of the management API: addresses, credentials, repeats, pages, and what its errors mean here.

use std::time::Duration;

use domain::Secret;
use domain::entropy::Entropy;
use http::{HeaderMap, Method, StatusCode, header};
use reqwest::Url;
use serde_json::Value;

use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::texts::{Language, Text};

/// How often a call that may be repeated is tried.
const TRIES: u32 = 3;
/// The longest that the server's `Retry-After` is followed before giving up instead.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 20;
/// The most items that the API gives in one page.
const PAGE: usize = 200;

/// Where the server is and how it is spoken to.
pub(crate) struct Target {
    /// Its address.
    pub(crate) url: Url,
    /// The caller's credential.
    pub(crate) token: Option<Secret<String>>,
    /// How long one call may take.
    pub(crate) timeout: Duration,
    /// In which language it is asked to explain.
    pub(crate) language: Language,
}

/// Speaks with the management API of one server.
pub(crate) struct Client {
    target: Target,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

/// A call before it is sent.
pub(crate) struct Call<'c> {
    method: Method,
    path: &'c [&'c str],
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    if_match: Option<String>,
    idempotency_key: Option<String>,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its JSON; `null` where it has none.
    pub(crate) body: Value,
    /// The version that it is of.
    pub(crate) etag: Option<String>,
}

/// A wished stretch of a list.
#[derive(Debug, Clone, clap::Args)]
pub struct Stretch {
    /// Show this many at most
    #[arg(long, default_value_t = 500, value_name = "COUNT")]
    pub limit: usize,
    /// Show everything
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// Begin where an earlier list stopped
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
}

impl<'c> Call<'c> {
    /// A call of a path below `/api/v1/`, given as its segments.
    pub(crate) fn new(method: Method, path: &'c [&'c str]) -> Self {
        Self { method, path, query: Vec::new(), body: None, if_match: None, idempotency_key: None }
    }

    /// Adds a query parameter where there is a value.
    pub(crate) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// With this JSON.
    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Only where the thing is still of this version.
    pub(crate) fn if_match(mut self, etag: Option<String>) -> Self {
        self.if_match = etag;
        self
    }

    /// Under a key that makes a repeat of a `POST` harmless.
    pub(crate) fn idempotency_key(mut self, key: String) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// Whether sending it twice does the same as sending it once, and is answered the same.
    fn may_repeat(&self) -> bool {
        match self.method {
            Method::GET | Method::PUT => self.if_match.is_none(),
            Method::POST => self.idempotency_key.is_some(),
            // The second answer would be "not found" or "changed meanwhile", though it was done.
            _ => false,
        }
    }
}

/// A fresh key for one `POST`: 128 random bits.
pub(crate) fn fresh_key(entropy: &dyn Entropy) -> Attempt<String> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes).map_err(|_| Failure::new(Exit::Failed, Text::NoRandomness))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Client {
    /// Makes it ready; nothing is sent yet.
    pub(crate) fn new(target: Target) -> Attempt<Self> {
        let broken = |error: &dyn std::error::Error| Failure::with(Exit::Failed, Text::WriteFailed, "cause", chain(error));
        let mut http = reqwest::Client::builder()
            .timeout(target.timeout)
            // A redirect would carry the credential to wherever it points.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("poort/", env!("CARGO_PKG_VERSION")));
        if target.url.scheme() == "http" {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| broken(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| broken(&error))?;
        Ok(Self { target, http, runtime })
    }

    /// Sends a call, again where that is harmless and may help.
    pub(crate) fn send(&self, call: &Call<'_>) -> Attempt<Answer> {
        let mut tries = 1;
        loop {
            let failed = match self.runtime.block_on(self.once(call)) {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let wait = failed.retry_after.unwrap_or(Duration::from_millis(200 * u64::from(tries)));
            let again = failed.failure.exit == Exit::Later && !failed.timed_out && (call.may_repeat() || failed.unsent);
            if !again || tries == TRIES || wait > MAX_WAIT {
                return Err(failed.failure);
            }
            tries += 1;
            self.pause(wait);
        }
    }

    /// Reads something.
    pub(crate) fn get(&self, path: &[&str]) -> Attempt<Answer> {
        self.send(&Call::new(Method::GET, path))
    }

    /// Replaces or makes something.
    pub(crate) fn put(&self, path: &[&str]) -> Attempt<Answer> {
        self.send(&Call::new(Method::PUT, path))
    }

    /// Ends something.
    pub(crate) fn delete(&self, path: &[&str]) -> Attempt<Answer> {
        self.send(&Call::new(Method::DELETE, path))
    }

    /// Reads a stretch of a list, page by page; gives the cursor of what follows.
    pub(crate) fn pages(
        &self,
        path: &[&str],
        filters: &[(&'static str, Option<String>)],
        stretch: &Stretch,
        mut each: impl FnMut(Vec<Value>) -> Attempt<()>,
    ) -> Attempt<Option<String>> {
        let mut cursor = stretch.cursor.clone();
        let mut wanted = if stretch.all { usize::MAX } else { stretch.limit };
        loop {
            let mut call = Call::new(Method::GET, path).query("limit", Some(wanted.min(PAGE))).query("cursor", cursor.as_ref());
            for (name, value) in filters {
                call = call.query(name, value.as_ref());
            }
            let mut page = self.send(&call)?.body;
            let items = page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            wanted = wanted.saturating_sub(items.len());
            let next = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            let stuck = items.is_empty() || next == cursor;
            each(items)?;
            if wanted == 0 || next.is_none() || stuck {
                return Ok(next);
            }
            cursor = next;
        }
    }

    /// Waits.
    pub(crate) fn pause(&self, time: Duration) {
        // Made inside the runtime: a timer needs its clock.
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    /// Looks whether a signal has come, without waiting for one.
    pub(crate) fn poll_now<F: Future + Unpin>(&self, future: &mut F) -> bool {
        let mut turns = 0;
        self.runtime.block_on(std::future::poll_fn(|context| {
            use std::task::Poll;
            turns += 1;
            match std::pin::Pin::new(&mut *future).poll(context) {
                Poll::Ready(_) => Poll::Ready(true),
                Poll::Pending if turns > 1 => Poll::Ready(false),
                // One turn of the runtime in between, so that it sees what has come.
                Poll::Pending => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        }))
    }

    async fn once(&self, call: &Call<'_>) -> Result<Answer, Failed> {
        let request = self.request(call);
        let mut response = request.send().await.map_err(|error| self.unreachable(call, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(call, &error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(self.broken("it is larger than 64 MiB", &headers).into());
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(refusal(status, &headers, &body, self.target.language));
        }
        let body = match body.as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body).map_err(|error| self.broken(&error.to_string(), &headers))?,
        };
        Ok(Answer { body, etag: text_header(&headers, header::ETAG.as_str()) })
    }

    fn request(&self, call: &Call<'_>) -> reqwest::RequestBuilder {
        let mut request = self.http.request(call.method.clone(), self.address(call));
        request = request.header(header::ACCEPT, "application/json, application/problem+json");
        request = request.header(header::ACCEPT_LANGUAGE, self.target.language.tag());
        if let Some(token) = &self.target.token {
            request = request.bearer_auth(token.expose());
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(etag) = &call.if_match {
            request = request.header(header::IF_MATCH, etag);
        }
        match &call.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    fn address(&self, call: &Call<'_>) -> Url {
        let mut url = self.target.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        url
    }

    fn unreachable(&self, call: &Call<'_>, error: &reqwest::Error) -> Failed {
        let url = ("url", self.target.url.to_string());
        let (unsent, timed_out) = (error.is_connect(), error.is_timeout());
        let failure = if timed_out && !unsent {
            let todo = if call.method == Method::GET { Text::TodoTimedOutReading } else { Text::TodoTimedOut };
            let values = vec![url, ("seconds", self.target.timeout.as_secs().to_string())];
            Failure::new(Exit::Later, Message::Ours(Text::TimedOut, values)).and(todo)
        } else {
            let values = vec![url, ("cause", chain(error))];
            Failure::new(Exit::Later, Message::Ours(Text::Unreachable, values)).and(Text::TodoUnreachable)
        };
        Failed { failure, retry_after: None, unsent, timed_out }
    }

    fn broken(&self, cause: &str, headers: &HeaderMap) -> Failure {
        let values = vec![("url", self.target.url.to_string()), ("cause", cause.to_owned())];
        let failure = Failure::new(Exit::Failed, Message::Ours(Text::BrokenAnswer, values)).and(Text::TodoBrokenAnswer);
        failure.of_request(text_header(headers, "request-id"))
    }
}

/// A try that failed, with what decides whether another one is made.
struct Failed {
    failure: Failure,
    retry_after: Option<Duration>,
    /// Whether the server has certainly not seen it.
    unsent: bool,
    /// Whether the time that it may take is over.
    timed_out: bool,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None, unsent: false, timed_out: false }
    }
}

/// What an answer that is no success means: RFC 9457 where the server gives it, the status alone where not.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], language: Language) -> Failed {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    let exit = Exit::of_status(status);
    // The server's title says no more than its status, nor does a detail of the same words; only its own language has them.
    let detail = member("detail").filter(|words| member("title").as_ref() != Some(words));
    let title = member("title").filter(|_| language == Language::En || exit == Exit::Failed);
    let what = match detail.or(title) {
        Some(words) => Message::Verbatim(words),
        None if exit == Exit::Failed || problem.is_null() => Message::Ours(Text::Status, vec![("status", status.to_string())]),
        None => exit.meaning().into(),
    };
    let failure = Failure::new(exit, what)
        .details(field_errors(&problem))
        .of_request(member("request_id").or_else(|| text_header(headers, "request-id")));
    let retry_after = text_header(headers, header::RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    Failed { failure, retry_after, unsent: false, timed_out: false }
}

/// The fields that a problem names, `field: what is wrong with it`.
fn field_errors(problem: &Value) -> Vec<String> {
    let errors = problem.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let line = |error: &Value| {
        let text = |names: &[&str]| names.iter().find_map(|name| error.get(name)?.as_str());
        match (text(&["field", "pointer"]), text(&["detail", "problem", "message"])) {
            (Some(field), Some(detail)) => format!("{field}: {detail}"),
            (_, Some(detail)) => detail.to_owned(),
            _ => error.to_string(),
        }
    };
    errors.iter().map(line).collect()
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// An error with its causes; without the address, which the sentence around it names.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = Vec::new();
    let mut cause = error.source().or(Some(error));
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    words.dedup();
    words.join(": ")
}
