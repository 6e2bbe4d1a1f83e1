//! `/sessions`: where a person is signed in, and ending that.

use askama::Template;
use authority::Which;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse as _, Response};
use domain::SessionId;
use domain::session::Session;
use http::StatusCode;
use serde::Deserialize;

use super::browser::Browser;
use super::page::{self, Frame, see_other};
use super::texts::Text;
use super::{Console, failure, moment, sign_out};
use crate::edge::{Code, Problem};
use crate::language::Language;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    end: String,
}

#[derive(Template)]
#[template(path = "console/sessions.html")]
struct View {
    frame: Frame,
    account: String,
    csrf: String,
    done: bool,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    own: bool,
    browser: String,
    end_label: String,
    address: String,
    last_used: (String, String),
    since: (String, String),
    ends: (String, String),
}

impl Row {
    fn new(session: &Session, own: SessionId, language: Language) -> Self {
        let unknown = || Text::UnknownBrowser.of(language).to_owned();
        let browser = session.user_agent.as_deref().and_then(named).unwrap_or_else(unknown);
        Self {
            id: session.id.to_string(),
            own: session.id == own,
            end_label: Text::EndNamed.filled(language, &[("browser", browser.clone())]),
            browser,
            address: session.address.clone().unwrap_or_else(unknown),
            last_used: moment::shown(session.last_seen_at, language),
            since: moment::shown(session.auth_time, language),
            ends: moment::shown(session.expires_at, language),
        }
    }
}

pub(super) async fn show(State(console): State<Console>, browser: Browser, uri: http::Uri) -> Response {
    let Some(person) = &browser.signed_in else { return browser.answer(see_other("/sign-in?next=/sessions")) };
    let sessions = match console.authority().sessions_of(person.person.id, browser.now, console.limits()).await {
        Ok(sessions) => sessions,
        Err(error) => return failure::outage(&browser, &error),
    };
    let frame = Frame::new(&browser, Text::SessionsTitle.of(browser.language));
    let view = View {
        account: frame.account.clone().unwrap_or_default(),
        frame,
        csrf: browser.form_token(),
        done: uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "done=1")),
        rows: sessions.iter().map(|session| Row::new(session, person.session.id, browser.language)).collect(),
    };
    page::answer(&browser, StatusCode::OK, &view, None)
}

pub(super) async fn submit(State(console): State<Console>, browser: Browser, fields: Result<Form<Fields>, FormRejection>) -> Response {
    let Ok(Form(fields)) = fields else { return Problem::new(Code::InvalidBody).into_response() };
    if let Some(response) = browser.refuse_form(&fields.csrf) {
        return response;
    }
    let Some(person) = &browser.signed_in else { return browser.answer(see_other("/sign-in?next=/sessions")) };
    let own = person.session.id;
    let which = match (fields.end.as_str(), fields.end.parse()) {
        ("others", _) => Which::Others(own),
        (_, Ok(id)) if id == own => return sign_out::end_session(&console, &browser, see_other("/signed-out")).await,
        (_, Ok(id)) => Which::One(id),
        (_, Err(_)) => return failure::outdated(&browser),
    };
    match console.authority().end_sessions(&browser.context(), person.person.id, which).await {
        Ok(_) => browser.answer(see_other("/sessions?done=1")),
        Err(error) => failure::outage(&browser, &error),
    }
}

/// What a browser calls itself, and what people call it; the first that fits, as each claims to be those before it, too.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// The browser and its system, such as `Firefox, Windows`; its own words where it is none that is known.
pub(super) fn named(user_agent: &str) -> Option<String> {
    let find = |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        _ => Some(user_agent.to_owned()).filter(|text| !text.trim().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_the_names_that_people_use() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        for (user_agent, expected) in [
            (chrome.to_owned(), "Chrome, Windows"),
            (format!("{chrome} Edg/140.0.0.0"), "Edge, Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox, Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Mobile Safari/604".to_owned(),
                "Safari, iPhone",
            ),
            ("curl/8.1".to_owned(), "curl/8.1"),
        ] {
            assert_eq!(named(&user_agent).as_deref(), Some(expected));
        }
        assert_eq!(named(" "), None);
    }
}
