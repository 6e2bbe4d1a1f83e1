//! What every page has: its frame, its headers, its language.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};

use super::announcement::Told;
use super::asset::{ICON, Look, SCRIPT};
use super::browser::Browser;
use super::menu;
use super::visit::Visit;
use crate::edge::{Code, Problem};
use crate::language::{Language, Words};

const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The frame of a page.
pub(crate) struct Frame {
    /// Its language.
    pub(crate) language: Language,
    /// What the browser's tab says, and the heading.
    pub(crate) title: String,
    /// The module that makes some things easier.
    pub(crate) script: &'static str,
    /// The icon.
    pub(crate) icon: &'static str,
    /// What the installation is called, its style sheet and its logo.
    pub(crate) look: Arc<Look>,
    /// The theme that was chosen.
    pub(crate) theme: Option<&'static str>,
    /// The same page in the other language, where it can be shown again.
    pub(crate) other: Option<String>,
    /// The mail address of whoever is signed in.
    pub(crate) account: Option<String>,
    /// The main menu.
    pub(crate) menu: Vec<Link>,
    /// What the page stands under.
    pub(crate) trail: Vec<Link>,
    /// The heading that several pages share, and the pages.
    pub(crate) tabs: Option<(String, Vec<Link>)>,
    /// What the page before wanted to say.
    pub(crate) word: Option<String>,
    /// What was announced of APIs that the reader's credentials use.
    pub(crate) told: Vec<Told>,
}

/// A link in the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where to.
    pub(crate) href: String,
    /// Its text.
    pub(crate) label: String,
    /// Whether the page is there, or below.
    pub(crate) is_here: bool,
}

impl Link {
    /// A link to another page.
    pub(crate) fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { href: href.into(), label: label.into(), is_here: false }
    }
}

/// A page that tells something, with a link to where one goes on.
#[derive(Template)]
#[template(path = "console/message.html")]
pub(crate) struct Message<'v> {
    pub(crate) frame: Frame,
    pub(crate) story: &'v str,
    pub(crate) link: Option<(String, String)>,
}

impl Frame {
    /// The frame of a page of its own, with this title.
    pub(crate) fn new(browser: &Browser, title: impl Into<String>) -> Self {
        let email = browser.signed_in.as_ref().and_then(|signed_in| signed_in.person.email.clone());
        Self {
            language: browser.language,
            title: title.into(),
            script: &SCRIPT.path,
            icon: &ICON.path,
            look: browser.look.clone(),
            theme: browser.theme(),
            other: Some(browser.other.clone()),
            account: email.map(String::from),
            menu: Vec::new(),
            trail: Vec::new(),
            tabs: None,
            word: browser.word.clone(),
            told: Vec::new(),
        }
    }

    /// The frame of a page of the console.
    pub(crate) fn of(visit: &Visit, title: impl Into<String>) -> Self {
        Self { menu: menu::main(visit), tabs: menu::tabs(visit), ..Self::new(&visit.browser, title) }
    }

    /// The same for a page below others, which it names instead of the tabs.
    pub(crate) fn below(visit: &Visit, title: impl Into<String>, trail: &[(&str, &str)]) -> Self {
        let trail = trail.iter().map(|(path, label)| Link::new(visit.to(path), *label)).collect();
        Self { menu: menu::main(visit), trail, ..Self::new(&visit.browser, title) }
    }

    /// The same with what was announced.
    pub(crate) fn telling(self, told: Vec<Told>) -> Self {
        Self { told, ..self }
    }

    /// A text in the page's language.
    pub(crate) fn say(&self, text: impl Words) -> &'static str {
        text.words(self.language)
    }

    /// A text about a number.
    pub(crate) fn count(&self, text: impl Words, count: usize) -> String {
        crate::language::fill(text.words(self.language), &[("count", count.to_string())])
    }

    /// The address of a page, in this language.
    pub(crate) fn to(&self, path: &str) -> String {
        format!("/{}{path}", self.language.tag())
    }

    /// The tag of the other language.
    pub(crate) fn other_tag(&self) -> &'static str {
        self.language.other().tag()
    }
}

/// The answer with a page. `leads_to` is where a form of it may lead in the end, besides our own pages: one or more sources.
pub(crate) fn answer(browser: &Browser, status: StatusCode, page: &impl Template, leads_to: Option<&str>) -> Response {
    browser.answer(plain(status, page, leads_to))
}

/// The same without cookies.
pub(super) fn plain(status: StatusCode, page: &impl Template, leads_to: Option<&str>) -> Response {
    let Ok(html) = page.render() else { return Problem::new(Code::Internal).into_response() };
    html_answer(status, html, &policy(leads_to))
}

/// The answer with a page that leads elsewhere and has one line of script, of this hash.
pub(super) fn scripted(page: &impl Template, leads_to: &str, hash: &str) -> Response {
    let Ok(html) = page.render() else { return Problem::new(Code::Internal).into_response() };
    html_answer(StatusCode::OK, html, &policy(Some(leads_to)).replace("script-src 'self'", &format!("script-src 'self' {hash}")))
}

fn policy(leads_to: Option<&str>) -> String {
    match leads_to.filter(|sources| sources.split(' ').all(is_source)) {
        Some(sources) => format!("{CSP} {sources}"),
        None => CSP.to_owned(),
    }
}

fn html_answer(status: StatusCode, html: String, policy: &str) -> Response {
    let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static(CSP));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, html).into_response()
}

/// Sends the browser on; after a form, what was typed is not sent along (RFC 9110 section 15.4.4, RFC 9700 section 4.12).
pub fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else { return Problem::new(Code::Internal).into_response() };
    (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}

/// An origin, or a scheme and `:`: nothing that could begin another directive.
fn is_source(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.:/[]".contains(&byte);
    text.contains(':') && text.len() <= 300 && text.bytes().all(allowed)
}

/// The path of a page of ours that was asked for as the next one: everything else leads elsewhere.
pub(crate) fn local_path(next: &str) -> Option<&str> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(path).collect();
    let ours = decoded.starts_with(b"/") && !decoded.starts_with(b"//");
    // A browser takes `\` for `/`, and drops line breaks and tabs (URL Standard, basic URL parser).
    let harmless = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_graphic() && !b"\\<>\"^`{|}".contains(byte));
    (ours && harmless(&decoded) && harmless(next.as_bytes())).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RDU-19.
    #[test]
    fn the_next_page_is_one_of_ours() {
        for good in ["/", "/sessions", "/connect/authorize?client_id=a&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "//evil",
            "/\\evil",
            "https:evil",
            "https://evil",
            "/%09/evil",
            "/%5cevil",
            "/%2fevil",
            "%2f%2fevil",
            "javascript:alert(1)",
            "/\t/evil",
            "/a\r\nSet-Cookie: x",
            "evil",
            "\\\\evil",
            "/\\/evil",
            " /a",
            "/%2F/evil",
            "///evil",
            "/a\0",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn forms_lead_to_one_source_at_most() {
        for good in ["https://app.example", "http://127.0.0.1:8080", "http://[::1]:1", "com.example.app:"] {
            assert!(is_source(good), "{good}");
        }
        for bad in ["", "*", "https://a; script-src *", "https://a 'unsafe-inline'", "'self'", "https://a,b"] {
            assert!(!is_source(bad), "{bad}");
        }
    }
}
