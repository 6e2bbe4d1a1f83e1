//! Answers: what a route gives, as JSON and as the document describes it.

use authority::{Changed, Receipt};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LOCATION};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::openapi::Schemas;
use crate::edge::{Code, Problem};

/// Says what a change has reached.
pub(super) const RECEIPT: HeaderName = HeaderName::from_static("poort-receipt");
/// Says that an answer is that of an earlier request with the same `Idempotency-Key`.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a route gives.
pub(super) trait Answer {
    /// The status of success.
    const STATUS: StatusCode;
    /// Whether it is the answer to a change.
    const CHANGES: bool;
    /// The schema of its body.
    fn schema(schemas: &mut Schemas) -> Value;
    /// The answer.
    fn into_response(self) -> Result<Response, Problem>;
}

/// One thing.
#[derive(Debug)]
pub(super) struct Shown<T> {
    pub(super) value: T,
    /// The value of its `ETag`, where it has one.
    pub(super) revision: Option<i64>,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(super) struct Listed<T> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub(super) next_cursor: Option<String>,
}

/// A new thing.
pub(super) struct Created<T> {
    /// The change and the thing.
    pub(super) change: Done<T>,
    /// The thing's path.
    pub(super) location: String,
}

/// A change.
pub(super) struct Done<T> {
    /// What it gave.
    pub(super) value: T,
    /// What it reached.
    pub(super) receipt: Receipt,
    /// Whether it is the answer of an earlier request.
    pub(super) replayed: bool,
    /// The value of the thing's `ETag`, where it has one.
    pub(super) revision: Option<i64>,
}

/// What a change gives that has nothing to show.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct Nothing {}

impl<T> Listed<T> {
    /// The same page in another form.
    pub(super) fn map<U>(self, form: impl Fn(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(form).collect(), next_cursor: self.next_cursor }
    }
}

impl<T> Done<T> {
    /// The answer to a use case's change, in the form that it has on the wire.
    pub(super) fn of<V>(changed: Changed<V>, form: impl FnOnce(V) -> T) -> Self {
        Self { value: form(changed.value), receipt: changed.receipt, replayed: changed.replayed, revision: None }
    }

    /// With this `ETag`.
    pub(super) fn revision(mut self, revision: impl FnOnce(&T) -> Option<i64>) -> Self {
        self.revision = revision(&self.value);
        self
    }

    /// As the answer to a creation.
    pub(super) fn at(self, location: impl FnOnce(&T) -> String) -> Created<T> {
        Created { location: location(&self.value), change: self }
    }
}

impl Done<Nothing> {
    /// The answer to a change that gives nothing.
    pub(super) fn nothing(changed: Changed<()>) -> Self {
        Self::of(changed, |()| Nothing {})
    }
}

/// A receipt on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(super) struct ReceiptBody {
    /// The change's place in the journal; null where nothing had to be changed.
    sequence: Option<i64>,
    /// How many nodes were live.
    nodes: u32,
    /// How many of them have applied the change.
    confirmed: u32,
    /// How many were waited out until their lease had certainly ended.
    waited_out: u32,
    /// How long the change took, in milliseconds.
    milliseconds: u64,
}

impl From<&Receipt> for ReceiptBody {
    fn from(receipt: &Receipt) -> Self {
        let Receipt { sequence, nodes, confirmed, waited_out, milliseconds } = *receipt;
        Self { sequence, nodes, confirmed, waited_out, milliseconds }
    }
}

#[derive(Serialize)]
struct WithReceipt<'a, T> {
    #[serde(flatten)]
    value: &'a T,
    receipt: ReceiptBody,
}

impl<T: Serialize + ToSchema> Answer for Shown<T> {
    const STATUS: StatusCode = StatusCode::OK;
    const CHANGES: bool = false;

    fn schema(schemas: &mut Schemas) -> Value {
        schemas.reference::<T>()
    }

    fn into_response(self) -> Result<Response, Problem> {
        let mut response = json_response(Self::STATUS, &self.value)?;
        set_etag(response.headers_mut(), self.revision);
        Ok(response)
    }
}

impl<T: Serialize + ToSchema> Answer for Listed<T> {
    const STATUS: StatusCode = StatusCode::OK;
    const CHANGES: bool = false;

    fn schema(schemas: &mut Schemas) -> Value {
        let items = schemas.reference::<T>();
        json!({
            "type": "object",
            "required": ["items", "next_cursor"],
            "properties": {
                "items": {"type": "array", "items": items, "maxItems": 200},
                "next_cursor": {"type": ["string", "null"], "description": "Where the next page begins; null on the last one."}
            }
        })
    }

    fn into_response(self) -> Result<Response, Problem> {
        json_response(Self::STATUS, &self)
    }
}

impl<T: Serialize + ToSchema> Answer for Done<T> {
    const STATUS: StatusCode = StatusCode::OK;
    const CHANGES: bool = true;

    fn schema(schemas: &mut Schemas) -> Value {
        let (value, receipt) = (schemas.reference::<T>(), schemas.reference::<ReceiptBody>());
        let receipt = json!({"type": "object", "required": ["receipt"], "properties": {"receipt": receipt}});
        // What gives nothing is the receipt alone.
        if T::name() == Nothing::name() { receipt } else { json!({"allOf": [value, receipt]}) }
    }

    fn into_response(self) -> Result<Response, Problem> {
        let mut response = json_response(Self::STATUS, &WithReceipt { value: &self.value, receipt: (&self.receipt).into() })?;
        let headers = response.headers_mut();
        set_etag(headers, self.revision);
        set(headers, RECEIPT, &receipt_text(&self.receipt));
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        Ok(response)
    }
}

impl<T: Serialize + ToSchema> Answer for Created<T> {
    const STATUS: StatusCode = StatusCode::CREATED;
    const CHANGES: bool = true;

    fn schema(schemas: &mut Schemas) -> Value {
        Done::<T>::schema(schemas)
    }

    fn into_response(self) -> Result<Response, Problem> {
        let mut response = self.change.into_response()?;
        *response.status_mut() = Self::STATUS;
        set(response.headers_mut(), LOCATION, &self.location);
        Ok(response)
    }
}

fn json_response<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(value).map_err(|_| Problem::new(Code::Internal))?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn set_etag(headers: &mut HeaderMap, revision: Option<i64>) {
    if let Some(revision) = revision {
        set(headers, ETAG, &format!("\"{revision}\""));
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn receipt_text(receipt: &Receipt) -> String {
    let Receipt { sequence, nodes, confirmed, waited_out, milliseconds } = receipt;
    let rest = format!("nodes={nodes}; confirmed={confirmed}; waited_out={waited_out}; ms={milliseconds}");
    sequence.map_or(rest.clone(), |sequence| format!("seq={sequence}; {rest}"))
}
