//! Answers of the authorization endpoint on their way to the client, through the browser.

use authority::authorize::{ErrorCode, Reply, ResponseMode};
use axum::response::Response;
use domain::ClientRefusal;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use verifier::Client;

use super::AtBrowser;
use crate::connect::refusal;
use crate::console::{forwarding, see_other};

/// What stays as it is in a query: the unreserved characters (RFC 3986 section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A field of an answer.
pub(super) type Field = (&'static str, String);

/// Why a client gets no code.
#[derive(Clone, Copy)]
pub(super) struct Error {
    pub(super) code: ErrorCode,
    pub(super) description: &'static str,
    /// The same, for the explanation.
    pub(super) refusal: ClientRefusal,
}

/// With the page that explains it (RFC 6749 section 4.1.2.1).
pub(super) fn error_fields(at: AtBrowser<'_>, error: Error) -> [Field; 3] {
    let page = refusal::page(&at.connect.issuer, &at.browser.request_id);
    [("error", error.code.name().to_owned()), ("error_description", error.description.to_owned()), ("error_uri", page)]
}

/// Sends the browser to the client, with these fields, the client's state as it was, and the issuer (RFC 9207).
pub(super) fn send(at: AtBrowser<'_>, reply: &Reply, fields: &[Field]) -> Response {
    let fields = all(at, reply, fields);
    match reply.mode {
        ResponseMode::Query => at.browser.answer(see_other(&location(reply, &fields))),
        ResponseMode::FormPost => forwarding::form_post(at.browser, &reply.redirect_uri, &fields, &sources(&reply.redirect_uri)),
    }
}

/// A page with the address instead.
pub(super) fn unvouched(at: AtBrowser<'_>, client: &Client, reply: &Reply, fields: &[Field]) -> Response {
    let onward = location(reply, &all(at, reply, fields));
    forwarding::unvouched(at.browser, client.definition.name.as_str(), &host(&reply.redirect_uri), &onward)
}

fn all(at: AtBrowser<'_>, reply: &Reply, fields: &[Field]) -> Vec<Field> {
    let state = reply.state.clone().map(|state| ("state", state));
    fields.iter().cloned().chain(state).chain([("iss", at.connect.issuer.clone())]).collect()
}

/// The redirect URI with these fields in its query, what it had there staying (RFC 6749 section 3.1.2). The `#` at the end keeps
/// browsers from carrying a fragment over from the request (RFC 9700 section 4.1.3).
fn location(reply: &Reply, fields: &[Field]) -> String {
    let mut location = reply.redirect_uri.clone();
    for (name, value) in fields {
        location.push(if location.contains('?') { '&' } else { '?' });
        location.push_str(name);
        location.push('=');
        location.extend(utf8_percent_encode(value, QUERY));
    }
    location.push('#');
    location
}

/// Where forms of the pages before may lead (CSP `form-action`): browsers ask this of every hop, and a client may send people on to
/// another host of its own. So it is the scheme, and a loopback address by itself.
pub(crate) fn sources(redirect_uri: &str) -> String {
    match redirect_uri.split_once("://") {
        Some(("http", rest)) => format!("http://{} https:", rest.split(['/', '?']).next().unwrap_or_default()),
        _ => format!("{}:", redirect_uri.split(':').next().unwrap_or_default()),
    }
}

/// What people can judge of a redirect URI: its host, or its scheme.
pub(super) fn host(redirect_uri: &str) -> String {
    match redirect_uri.split_once("://") {
        Some((_, rest)) => rest.split(['/', '?']).next().unwrap_or_default().to_owned(),
        None => redirect_uri.split(':').next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_redirect_uri_stays_and_values_are_escaped() {
        let reply = |uri: &str| Reply { redirect_uri: uri.to_owned(), mode: ResponseMode::Query, state: None };
        let fields = [("code", "c".to_owned()), ("state", "+ %é\"<&\r\n=#".to_owned())];
        let expected = "code=c&state=%2B%20%25%C3%A9%22%3C%26%0D%0A%3D%23#";
        assert_eq!(location(&reply("https://app.example/cb"), &fields), format!("https://app.example/cb?{expected}"));
        assert_eq!(location(&reply("https://app.example/cb?x=1"), &fields), format!("https://app.example/cb?x=1&{expected}"));
        assert_eq!(location(&reply("com.example.app:/cb"), &fields), format!("com.example.app:/cb?{expected}"));
    }

    #[test]
    fn people_see_the_host() {
        for (uri, shown, source) in [
            ("https://app.example:8443/cb?x=1", "app.example:8443", "https:"),
            ("http://127.0.0.1:51004/cb", "127.0.0.1:51004", "http://127.0.0.1:51004 https:"),
            ("com.example.app:/cb", "com.example.app", "com.example.app:"),
        ] {
            assert_eq!((host(uri).as_str(), sources(uri).as_str()), (shown, source));
        }
    }
}
