//! The OpenAPI 3.1 document, made of the table of routes and the types that they take and give.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::answer::Answer;
use super::caller::{Who, names};
use super::json::NoBody;
use super::routes::{ROUTES, Route};
use super::{ApiState, VERSION};
use crate::edge::Problem;

/// Where all paths begin.
const BASE: &str = "/api/v1";
const DESCRIPTION: &str = include_str!("openapi.md");

/// The document itself, as a schema: any object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = Object)]
pub(super) struct Document(Value);

/// The schemas that were referred to so far.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

/// What a route takes and gives.
pub(super) struct Described {
    /// The body it takes, and whether it must be there.
    body: Option<(Value, bool)>,
    status: StatusCode,
    changes: bool,
    answer: Value,
}

impl Schemas {
    /// A reference to the schema of a type.
    pub(super) fn reference<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        if !self.0.contains_key(&name) {
            self.0.insert(name.clone(), serde_json::to_value(T::schema()).unwrap_or_default());
            let mut inner = Vec::new();
            T::schemas(&mut inner);
            for (name, schema) in inner {
                self.0.entry(name).or_insert_with(|| serde_json::to_value(schema).unwrap_or_default());
            }
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// Describes a route that takes `B` and gives `A`.
    pub(super) fn describe<B: ToSchema, A: Answer>(&mut self) -> Described {
        let body = (B::name() != NoBody::name()).then(|| {
            let reference = self.reference::<B>();
            let required = self.0.get(B::name().as_ref()).and_then(|schema| schema.get("required")).is_some();
            (reference, required)
        });
        Described { body, status: A::STATUS, changes: A::CHANGES, answer: A::schema(self) }
    }
}

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::default();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in ROUTES {
        let described = (route.describe)(&mut schemas);
        let path = route.path.strip_prefix(BASE).unwrap_or(route.path);
        paths.entry(path).or_default().insert(route.method.as_str().to_ascii_lowercase(), operation(route, &described));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Poort",
            "version": VERSION,
            "description": DESCRIPTION,
            "contact": {"name": "Whoever runs this installation", "email": "operator@poort.example", "url": "https://poort.example/contact"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "servers": [{"url": BASE}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": with_problem(schemas.0),
            "responses": ANSWERS.iter().map(|(status, words)| (format!("Problem{status}"), problem(*status, words))).collect::<Map<_, _>>(),
            "headers": headers(),
            "securitySchemes": {
                "operatorToken": bearer("The token of whoever runs the installation."),
                "personalToken": bearer("A person's own token; the names are the permissions of which it needs one."),
                "apiCredential": bearer("What an API shows to ask about others' credentials.")
            }
        }
    })
}

/// Answers the document: for everybody, from every origin.
pub(super) async fn answer(_: Arc<ApiState>, request: Request) -> Result<Response, Problem> {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    super::query::Query::read(request.uri(), super::query::NONE)?;
    let text = TEXT.get_or_init(|| document().to_string().into()).clone();
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}

fn operation(route: &Route, described: &Described) -> Value {
    let mut operation = json!({
        "operationId": route.name.replace("::", "_").replace(' ', ""),
        "summary": route.summary,
        "description": format!("{}.\n\nFor: {}.", route.summary, who(route.who)),
        "tags": [tag(route)],
        "parameters": parameters(route),
        "responses": responses(route, described),
        "security": security(route.who),
    });
    if let Some((schema, required)) = &described.body {
        operation["requestBody"] = json!({"required": required, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let mut all = Vec::new();
    if route.path.contains("{id}") {
        all.push(json!({"name": "id", "in": "path", "required": true, "description": "Its id: 36 characters in lower case.", "schema": {"type": "string", "format": "uuid"}}));
    }
    if route.path.contains("{name}") {
        all.push(json!({"name": "name", "in": "path", "required": true, "description": "The API's name.", "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"}}));
    }
    all.extend(route.query.iter().map(|parameter| parameter.document()));
    if route.method == Method::POST && !matches!(route.who, Who::Api) {
        let description = "A key of 22 to 255 visible characters, at least 128 bits of them random. The same request with the same key is answered the same for 10 minutes, secrets included, and done once; another request with it is refused with 409.";
        all.push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "description": description, "schema": {"type": "string", "minLength": 22, "maxLength": 255, "pattern": "^[!-~]*$"}}));
    }
    if route.takes_if_match() {
        all.push(json!({"name": "If-Match", "in": "header", "required": false, "description": "The `ETag` that was read: a later state is not overwritten, 412.", "schema": {"type": "string", "pattern": "^(\\*|\"[0-9]+\")$"}}));
    }
    all
}

fn responses(route: &Route, described: &Described) -> Value {
    let mut headers = json!({"API-Version": header("API-Version"), "Request-Id": header("Request-Id")});
    if described.changes {
        headers["Poort-Receipt"] = header("Poort-Receipt");
    }
    if described.changes && route.method == Method::POST {
        headers["Idempotent-Replayed"] = header("Idempotent-Replayed");
    }
    if described.status == StatusCode::CREATED {
        headers["Location"] = header("Location");
    }
    let mut all = Map::new();
    let words = if described.status == StatusCode::CREATED { "It was made." } else { "It was done." };
    let success = json!({"description": words, "headers": headers, "content": {"application/json": {"schema": described.answer}}});
    all.insert(described.status.as_str().to_owned(), success);
    let anyone = matches!(route.who, Who::Anyone);
    let named = !anyone && !matches!(route.who, Who::Api | Who::Known);
    let told = [
        (400, true),
        (401, !anyone),
        (403, !anyone),
        (404, named),
        (409, described.changes),
        (412, route.takes_if_match()),
        // Also where a body is not needed: one that is sent all the same must be one that could be read.
        (413, route.method != Method::GET),
        (415, route.method != Method::GET),
        (500, true),
        (503, !anyone),
        (504, described.changes),
    ];
    for (status, _) in told.into_iter().filter(|(_, applies)| *applies) {
        all.insert(status.to_string(), json!({"$ref": format!("#/components/responses/Problem{status}")}));
    }
    Value::Object(all)
}

const ANSWERS: [(u16, &str); 11] = [
    (400, "The request cannot be read, or some of it is not valid; `errors` names the fields."),
    (401, "No credential, or one that does not count. One and the same answer for unknown, expired, revoked and suspended ones."),
    (403, "A good credential, but not for this."),
    (404, "There is no such thing, or it is not the caller's to see."),
    (409, "It clashes with what is there; `code` says how. Also an `Idempotency-Key` that was used for another request."),
    (412, "It was changed since it was read."),
    (413, "The body is larger than 1 MiB."),
    (415, "The body is not `application/json`, or it is compressed."),
    (500, "Something went wrong in the server; `request_id` finds it in the log."),
    (503, "Nobody can tell now: try again after `Retry-After` seconds. Never an allow, never a denial."),
    (
        504,
        "Whether the change was made, or has reached every node, is not known. Asking again with the same `Idempotency-Key` is safe, and tells.",
    ),
];

fn problem(status: u16, words: &str) -> Value {
    let mut headers = json!({"API-Version": header("API-Version"), "Request-Id": header("Request-Id")});
    if status == 401 {
        headers["WWW-Authenticate"] = header("WWW-Authenticate");
    }
    if status == 503 {
        headers["Retry-After"] = header("Retry-After");
    }
    let content = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    json!({"description": words, "headers": headers, "content": content})
}

fn header(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn headers() -> Value {
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    json!({
        "API-Version": text("The version of this contract, by semantic versioning."),
        "Request-Id": text("Names this request in the journal and in the log."),
        "Poort-Receipt": text("What the change has reached: `seq=17; nodes=1; confirmed=1; waited_out=0; ms=2`."),
        "Idempotent-Replayed": text("`true` where this is the answer of an earlier request with the same `Idempotency-Key`."),
        "Location": text("The path of what was made."),
        "WWW-Authenticate": text("`Bearer`, with `error=\"invalid_token\"` where a credential was presented (RFC 6750)."),
        "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
    })
}

fn with_problem(mut schemas: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let error = json!({
        "type": "object",
        "required": ["field", "problem"],
        "properties": {"field": {"type": "string"}, "problem": {"type": "string"}}
    });
    let problem = json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "Ends with a stable code."},
            "title": {"type": "string", "description": "The same words on every occasion."},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong this time; the title once more where there is nothing to add."},
            "request_id": {"type": "string", "format": "uuid"},
            "code": {"type": "string", "description": "With 409: how it clashes."},
            "errors": {"type": "array", "description": "With 400: every field that is wrong.", "items": error}
        }
    });
    schemas.insert("Problem".to_owned(), problem);
    schemas
}

fn bearer(description: &str) -> Value {
    json!({"type": "http", "scheme": "bearer", "description": description})
}

fn security(who: Who) -> Value {
    match who {
        Who::Anyone => json!([]),
        Who::Api => json!([{"apiCredential": []}]),
        Who::Operator => json!([{"operatorToken": []}]),
        Who::Holder(rights) => json!([{"operatorToken": []}, {"personalToken": names(rights)}]),
        Who::Known => json!([{"operatorToken": []}, {"personalToken": []}]),
    }
}

fn who(who: Who) -> String {
    match who {
        Who::Anyone => "anybody, without a credential".to_owned(),
        Who::Api => "an API, with its API credential".to_owned(),
        Who::Operator => "operators".to_owned(),
        Who::Holder(rights) => format!("operators, and people whose token has one of `{}`", names(rights).join("`, `")),
        Who::Known => "operators and people".to_owned(),
    }
}

fn tag(route: &Route) -> &'static str {
    route.path.strip_prefix(BASE).and_then(|path| path.split('/').nth(1)).unwrap_or_default()
}

fn tags() -> Vec<Value> {
    let names: std::collections::BTreeSet<&str> = ROUTES.iter().map(tag).collect();
    names.into_iter().map(|name| json!({"name": name})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_in_the_repository_is_fresh() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let fresh = serde_json::to_string_pretty(&document()).expect("JSON") + "\n";
        assert!(written == fresh, "docs/openapi.json is stale: run `cargo xtask docs`");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for rest in text.split("\"$ref\":\"#").skip(1) {
            let pointer = rest.split('"').next().unwrap_or_default();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let mut names: Vec<&str> = ROUTES.iter().map(|route| route.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROUTES.len());
    }
}
