//! The yardstick of the measurements: a bare axum server that answers the same headers and a request id, and checks nothing.
//!
//! Same allocator, same runtime, same HTTP library as the real server. Arguments: the address to listen on.
#![allow(clippy::disallowed_methods, reason = "a yardstick, no part of the product")]

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{HeaderMap, header};
use axum::routing::{any, post};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static NEXT: AtomicU64 = AtomicU64::new(0x1234_5678_9abc);

const ID: &str = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";
/// What the real server's answer carries besides its length, its type and the time.
const HEADERS: [(&str, &str); 13] = [
    ("poort-subject", ID),
    ("poort-subject-type", "person"),
    ("poort-organisation", ID),
    ("poort-workspace", ""),
    ("poort-permissions", "learning:submissions:read"),
    ("poort-credential", ID),
    ("poort-delegation", ""),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("api-version", "1.0.0"),
];

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8499".to_owned());
    let routes = Router::new()
        .route("/readyz", any(async || "ready"))
        .route("/forward-auth/{api}", any(async || headers(HEADERS.len() - 1)))
        .route("/api/v1/verify", post(verify));
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, routes).await
}

/// Takes the body and answers JSON of the real answer's size.
async fn verify(body: Bytes) -> (HeaderMap, String) {
    let mut headers = headers(0);
    headers.extend(HEADERS[7..].iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let text = format!(
        r#"{{"allowed":{},"request_id":"{ID}","credential":{{"id":"{ID}","kind":"personal_token"}},"subject":{{"type":"person","id":"{ID}"}},"organisation":"{ID}","permissions":["learning:submissions:read"]}}"#,
        !body.is_empty()
    );
    (headers, text)
}

fn headers(fixed: usize) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(fixed + 4);
    for (name, value) in &HEADERS[..fixed] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let id =
        format!("{:08x}-{:04x}-7{:03x}-9{:03x}-{:012x}", number >> 32, number & 0xffff, number >> 52, number >> 20 & 0xfff, number >> 16);
    if let Ok(id) = HeaderValue::from_maybe_shared(Bytes::from(id)) {
        headers.insert(HeaderName::from_static("request-id"), id.clone());
        if fixed > 0 {
            headers.insert(HeaderName::from_static("poort-request-id"), id);
        }
    }
    headers
}
