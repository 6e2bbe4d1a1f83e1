//! The API's own documentation: the OpenAPI document of an environment, and a page made of it, without scripts.

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde_json::Value;

use super::Environment;
use crate::html::escape;

/// Nothing is loaded and nothing runs.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page at this path, if it is one that needs no credential.
pub(super) fn find(path: &str, environment: Environment, base: &str) -> Option<Response<Body>> {
    match path {
        // JSON is YAML too; clients of the portal know the second name.
        "/doc/openapi.json" | "/doc/openapi.yaml" => {
            Some(response("application/json; charset=utf-8", openapi(environment, base).to_string()))
        }
        "/" | "/doc" => Some(response("text/html; charset=utf-8", page(&openapi(environment, base)))),
        _ => None,
    }
}

/// The document that describes the API of an environment.
pub(super) fn openapi(environment: Environment, base: &str) -> Value {
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    fill(&mut document, &[("{title}", environment.title()), ("{api}", environment.api()), ("{base}", base)]);
    document
}

fn fill(value: &mut Value, words: &[(&str, &str)]) {
    match value {
        Value::String(text) => {
            for (name, word) in words {
                if text.contains(name) {
                    *text = text.replace(name, word);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, words)),
        Value::Object(members) => members.values_mut().for_each(|value| fill(value, words)),
        _ => {}
    }
}

fn page(document: &Value) -> String {
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let title = text(&document["info"]["title"]);
    let mut body = format!("<h1>{title}: API</h1>{}", paragraphs(&text(&document["info"]["description"])));
    body.push_str("<p>Als OpenAPI: <a href=\"/doc/openapi.json\">openapi.json</a></p>");
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let (method, path) = (escape(&method.to_uppercase()), escape(path));
            body.push_str(&format!("<h2><code>{method} {path}</code></h2><p><b>{}</b></p>", text(&operation["summary"])));
            body.push_str(&paragraphs(&text(&operation["description"])));
            body.push_str("<ul>");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                body.push_str(&format!("<li><code>{}</code>: {}</li>", text(&parameter["name"]), text(&parameter["description"])));
            }
            body.push_str("</ul><p>Antwoorden: ");
            let statuses: Vec<String> =
                operation["responses"].as_object().into_iter().flatten().map(|(status, _)| escape(status)).collect();
            body.push_str(&format!("{}</p>", statuses.join(", ")));
        }
    }
    format!("<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>{body}</body></html>\n")
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n").map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br>"))).collect()
}

fn response(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
