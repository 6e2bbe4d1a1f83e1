//! Who asks for a page: the browser, its language, and the person who is signed in.

use std::net::IpAddr;
use std::sync::Arc;

use authority::{BrowserFacts, Caller, PersonCaller, SignedInPerson};
use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Digest, RequestId, Secret, Timestamp};
use http::header::{ACCEPT_LANGUAGE, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::cookie::Cookie;
use super::{Console, Look, csrf, failure};
use crate::edge::{Context, Scheme, host};
use crate::language::Language;

/// A visit's secret has as many bytes as a session's.
const VISIT_BYTES: usize = 24;
const SECRET_CHARACTERS: usize = 32;
/// The themes to choose from, besides that of the system.
const THEMES: [&str; 2] = ["light", "dark"];

/// A browser that asks for a page. Every answer to it goes through [`Browser::answer`].
#[derive(Clone)]
pub struct Browser {
    /// Who is signed in, if anybody is.
    pub signed_in: Option<SignedInPerson>,
    /// The language of the pages.
    pub language: Language,
    /// The request's name.
    pub request_id: RequestId,
    /// When it came.
    pub now: Timestamp,
    /// From where, as far as that can be known.
    pub address: IpAddr,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    pub(super) secure: bool,
    /// Whether what is typed could be read on the way.
    pub(super) exposed: bool,
    pub(super) cross_site: bool,
    /// The same page in the other language.
    pub(super) other: String,
    /// The path and query of the page.
    pub(super) here: String,
    /// What the page before wanted to say, once.
    pub(super) word: Option<String>,
    word_is_there: bool,
    pub(super) look: Arc<Look>,
    theme: Option<&'static str>,
    pub(super) device: Option<Secret<String>>,
    session_secret: Option<Secret<String>>,
    visit: Secret<String>,
    visit_is_new: bool,
    language_is_new: bool,
}

impl Browser {
    /// What ties things to this browser, whoever is signed in.
    pub fn visit(&self) -> Digest {
        Digest::of(self.visit.expose().as_bytes())
    }

    /// The token for a form of somebody who is signed in; else for a form of this browser.
    pub fn form_token(&self) -> String {
        csrf::token("form", self.session_secret.as_ref().filter(|_| self.signed_in.is_some()).unwrap_or(&self.visit))
    }

    /// The secret of a session that is over, for a form of its own: nobody is signed in, and the form came from our page in it.
    pub(super) fn ended_session(&self, token: &str) -> Option<&Secret<String>> {
        let secret = self.session_secret.as_ref().filter(|_| self.signed_in.is_none() && !self.cross_site)?;
        csrf::same(token, &csrf::token("form", secret)).then_some(secret)
    }

    /// The token for the sign-in form: bound to the browser, as nobody is known yet.
    pub(super) fn sign_in_token(&self) -> String {
        csrf::token("sign in", &self.visit)
    }

    /// The answer to a form that did not come from our own page in this browser: 403, and nothing may have been changed before.
    pub fn refuse_form(&self, token: &str) -> Option<Response> {
        self.refuse(token, &self.form_token())
    }

    pub(super) fn refuse_sign_in(&self, token: &str) -> Option<Response> {
        self.refuse(token, &self.sign_in_token())
    }

    fn refuse(&self, token: &str, expected: &str) -> Option<Response> {
        (self.cross_site || !csrf::same(token, expected)).then(|| failure::outdated(self))
    }

    /// Who asks, as the use cases take it: whoever is signed in, else only somebody at a page of ours, for whom the server acts.
    pub fn context(&self) -> authority::Context {
        let caller = self.signed_in.as_ref().map_or(Caller::System, |person| Caller::Person(PersonCaller::signed_in(person)));
        let address = Some(self.address.to_string());
        authority::Context { caller, address, ..authority::Context::system(self.request_id, self.now) }
    }

    pub(super) fn facts(&self) -> BrowserFacts {
        let present = self.signed_in.as_ref().map(|person| person.session.clone());
        let (mark, language) = (self.device.clone(), Some(self.language.into()));
        BrowserFacts { mark, language, address: Some(self.address), user_agent: self.user_agent.clone(), present }
    }

    /// The address of a page of the console, in the language of this one.
    pub(super) fn to(&self, path: &str) -> String {
        format!("/{}{path}", self.language.tag())
    }

    /// Back to everybody's own page, with another language and theme from now on.
    pub(super) fn settled(&self, language: Language, theme: &str, word: &str) -> Response {
        let mut response = super::see_other(&format!("/{}/profile", language.tag()));
        self.set(&mut response, Cookie::Language, language.tag());
        match THEMES.into_iter().find(|known| *known == theme) {
            Some(theme) => self.set(&mut response, Cookie::Theme, theme),
            None => self.clear(&mut response, Cookie::Theme),
        }
        self.leave_word(&mut response, word);
        self.answer(response)
    }

    /// The theme that was chosen: without one, that of the system.
    pub(super) fn theme(&self) -> Option<&'static str> {
        self.theme
    }

    /// Lets the next page say this, once: in a cookie, with a proof that it is ours and for this session.
    pub(super) fn leave_word(&self, response: &mut Response, word: &str) {
        self.set(response, Cookie::Word, &format!("{}.{}", URL_SAFE_NO_PAD.encode(word), self.proof_of(word)));
    }

    fn read_word(&self, cookie: &str) -> Option<String> {
        let (word, proof) = cookie.split_once('.')?;
        let word = String::from_utf8(URL_SAFE_NO_PAD.decode(word).ok()?).ok()?;
        csrf::same(proof, &self.proof_of(&word)).then_some(word)
    }

    fn proof_of(&self, word: &str) -> String {
        csrf::token(&format!("word {word}"), self.session_secret.as_ref().unwrap_or(&self.visit))
    }

    /// Adds the cookies that the browser does not have yet, and takes away the word that a page has said.
    pub fn answer(&self, mut response: Response) -> Response {
        if self.word_is_there && !response.status().is_redirection() {
            self.clear(&mut response, Cookie::Word);
        }
        if self.visit_is_new {
            self.set(&mut response, Cookie::Visit, self.visit.expose());
        }
        if self.language_is_new {
            self.set(&mut response, Cookie::Language, self.language.tag());
        }
        response
    }

    pub(super) fn set(&self, response: &mut Response, cookie: Cookie, value: &str) {
        if self.exposed {
            return;
        }
        if let Some(header) = cookie.set(value, self.secure) {
            response.headers_mut().append(SET_COOKIE, header);
        }
    }

    pub(super) fn clear(&self, response: &mut Response, cookie: Cookie) {
        if let Some(header) = cookie.clear(self.secure) {
            response.headers_mut().append(SET_COOKIE, header);
        }
    }

    /// What the person wants, where the page's address and the browser do not say otherwise.
    fn prefer(&mut self, uri: &Uri, is_chosen: bool) {
        let Some(settings) = self.signed_in.as_ref().map(|person| person.settings) else { return };
        self.theme = settings.theme.map(domain::person::Theme::name).or(self.theme);
        if let Some(language) = settings.language.map(Language::from).filter(|_| !is_chosen && asked_language(uri).is_none()) {
            self.language = language;
            self.other = other(uri, language.other());
        }
    }

    /// What is known without the database.
    fn read(console: &Console, parts: &Parts, edge: &Context) -> Result<Self, domain::entropy::EntropyUnavailable> {
        let headers = &parts.headers;
        let secure = edge.scheme == Scheme::Https || console.is_https();
        let kept = Cookie::Visit.read(headers, secure).filter(|text| is_secret(text));
        let visit_is_new = kept.is_none();
        let visit = match kept {
            Some(kept) => kept,
            None => {
                let mut bytes = [0; VISIT_BYTES];
                console.authority().entropy().fill(&mut bytes)?;
                URL_SAFE_NO_PAD.encode(bytes)
            }
        };
        let asked = asked_language(&parts.uri);
        let chosen = Cookie::Language.read(headers, secure).as_deref().and_then(Language::of_tag);
        let language = asked.or(chosen).unwrap_or_else(|| accepted_language(headers));
        let address = gateway::caller_address(headers, edge.peer.ip(), console.trusted()).to_canonical();
        Ok(Self {
            signed_in: None,
            language,
            request_id: edge.request_id,
            now: edge.now,
            address,
            user_agent: headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
            secure,
            exposed: !secure && !is_loopback(&host_of(parts)),
            cross_site: csrf::is_cross_site(headers, parts.method == Method::POST),
            other: other(&parts.uri, language.other()),
            here: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            word: None,
            look: console.look().clone(),
            word_is_there: Cookie::Word.read(headers, secure).is_some(),
            theme: Cookie::Theme.read(headers, secure).and_then(|theme| THEMES.into_iter().find(|known| *known == theme)),
            device: Cookie::Device.read(headers, secure).map(Secret::new),
            session_secret: Cookie::Session.read(headers, secure).filter(|text| is_secret(text)).map(Secret::new),
            visit: Secret::new(visit),
            visit_is_new,
            language_is_new: asked.is_some() && asked != chosen,
        })
    }
}

impl<S> FromRequestParts<S> for Browser
where
    Console: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let console = Console::from_ref(state);
        let edge = Context::from_request_parts(parts, state).await.map_err(axum::response::IntoResponse::into_response)?;
        let mut browser = Self::read(&console, parts, &edge).map_err(|error| failure::unreadable(&error.into(), edge.request_id))?;
        if let Some(secret) = browser.session_secret.as_ref().filter(|_| !browser.exposed) {
            let found = console.authority().session(secret, edge.now, console.limits()).await;
            browser.signed_in = found.map_err(|error| failure::outage(&browser, &error))?;
            browser.prefer(&parts.uri, Cookie::Language.read(&parts.headers, browser.secure).is_some());
            browser.word = Cookie::Word.read(&parts.headers, browser.secure).and_then(|word| browser.read_word(&word));
        }
        Ok(browser)
    }
}

/// A text that could be one of our secrets; anything else is not looked up.
fn is_secret(text: &str) -> bool {
    text.len() == SECRET_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The language that the path begins with, or that the query asks for: `lang`, or the first of `ui_locales` that we have (OpenID Connect Core section 3.1.2.1).
fn asked_language(uri: &Uri) -> Option<Language> {
    if let Some((language, _)) = Language::of_path(uri.path()) {
        return Some(language);
    }
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut asked = pairs.filter(|(name, _)| matches!(&*decoded(name), "lang" | "ui_locales"));
    asked.find_map(|(_, value)| decoded(value).split(['+', ' ']).find_map(Language::of_tag))
}

/// The first language of `Accept-Language` that we have, else Dutch; its weights come in their order from every browser.
fn accepted_language(headers: &HeaderMap) -> Language {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').find_map(|part| Language::of_tag(part.trim())).unwrap_or(Language::Nl)
}

/// The same page in the other language: its own address there, or this one with another query.
fn other(uri: &Uri, other: Language) -> String {
    if let Some((_, path)) = Language::of_path(uri.path()) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return format!("/{}{path}{query}", other.tag());
    }
    let pairs = uri.query().unwrap_or_default().split('&');
    let kept: Vec<&str> = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("lang=") && !pair.starts_with("ui_locales=")).collect();
    let separator = if kept.is_empty() { "" } else { "&" };
    format!("{}?{}{separator}lang={}", uri.path(), kept.join("&"), other.tag())
}

fn host_of(parts: &Parts) -> String {
    let mut request = http::Request::new(());
    *request.uri_mut() = parts.uri.clone();
    request.headers_mut().extend(parts.headers.get(http::header::HOST).map(|value| (http::header::HOST, value.clone())));
    host(&request)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
impl Browser {
    /// A browser in which this person has signed in, for trying pages.
    pub(super) fn with(person: SignedInPerson, language: Language) -> Self {
        Self {
            signed_in: Some(person),
            language,
            request_id: RequestId::from_bytes([1; 16]),
            now: Timestamp::from_unix_seconds(1_800_000_000),
            address: IpAddr::from([127, 0, 0, 1]),
            user_agent: None,
            secure: true,
            exposed: false,
            cross_site: false,
            other: "/?lang=nl".to_owned(),
            here: "/".to_owned(),
            word: None,
            word_is_there: false,
            look: Arc::new(Look::plain("Poort")),
            theme: None,
            device: None,
            session_secret: Some(Secret::new("s".repeat(SECRET_CHARACTERS))),
            visit: Secret::new("v".repeat(SECRET_CHARACTERS)),
            visit_is_new: false,
            language_is_new: false,
        }
    }
}
