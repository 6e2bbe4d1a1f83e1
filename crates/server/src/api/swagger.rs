//! The page to browse the API: Swagger UI, served from the program itself; nothing comes from elsewhere.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use http::{HeaderName, StatusCode};

/// Scripts and styles from this server only, none inline. `data:` is for the icons within the style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PAGE: &str = "/swagger/index.html";

macro_rules! files {
    ($($path:literal $media_type:literal $file:literal;)*) => {
        const FILES: &[(&str, &str, &[u8])] =
            &[$(($path, $media_type, include_bytes!(concat!("../../assets/swagger/", $file)).as_slice())),*];
    };
}

files! {
    "/swagger/index.html" "text/html; charset=utf-8" "index.html";
    "/swagger/start.js" "text/javascript; charset=utf-8" "start.js";
    "/swagger/swagger-ui-bundle.js" "text/javascript; charset=utf-8" "swagger-ui-bundle.js";
    "/swagger/swagger-ui.css" "text/css; charset=utf-8" "swagger-ui.css";
    "/swagger/favicon-32x32.png" "image/png" "favicon-32x32.png";
    "/swagger/LICENSE" "text/plain; charset=utf-8" "LICENSE";
    "/swagger/NOTICE" "text/plain; charset=utf-8" "NOTICE";
}

/// The page and its files.
pub(super) fn router() -> Router {
    let files = FILES
        .iter()
        .fold(Router::new(), |router, &(path, media_type, bytes)| router.route(path, get(async move || file(path, media_type, bytes))));
    files.route("/swagger", get(to_page)).route("/swagger/", get(to_page))
}

fn file(path: &str, media_type: &'static str, bytes: &'static [u8]) -> Response {
    // The page names its files without a version: a browser asks again after an hour.
    let cache = if path == PAGE { "no-store" } else { "max-age=3600" };
    let headers: [(HeaderName, &str); 3] = [(CONTENT_TYPE, media_type), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, cache)];
    (headers, bytes).into_response()
}

async fn to_page() -> Response {
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, PAGE)]).into_response()
}
