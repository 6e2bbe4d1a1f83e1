//! The answer 429 of a page: the page once more, with when there is another try (RFC 6585 section 4).

use axum::response::Response;
use domain::Timestamp;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use super::browser::Browser;
use super::texts::Text;

/// The page that gets these words, with the header that says the same.
pub(super) fn too_many(browser: &Browser, until: Timestamp, page: impl FnOnce(String) -> Response) -> Response {
    let seconds = (until.unix_seconds() - browser.now.unix_seconds() + 1).max(1);
    let mut response = page(match (seconds + 59) / 60 {
        1 => Text::TooManyTriesOne.of(browser.language).to_owned(),
        minutes => Text::TooManyTries.filled(browser.language, &[("minutes", minutes.to_string())]),
    });
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}
