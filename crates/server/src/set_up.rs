//! The set-up page: a one-time link, printed at the first start, that makes the first organisation and its owner.

use askama::Template;
use authority::{Authority, Error, SetUp};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use domain::Secret;
use domain::text::{Email, Name};
use http::header::{ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::console::{ICON, STYLE};
use crate::edge::{Code, Context, Problem};

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page.
pub(crate) fn router(authority: Authority) -> axum::Router {
    axum::Router::new().route("/set-up/{code}", get(show).post(submit)).with_state(authority)
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    organisation: String,
    name: String,
    email: String,
    password: String,
    lang: String,
}

/// What the link to the other language asks.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    lang: String,
}

enum Page {
    Closed,
    Form { form: Fields, problems: Vec<(String, String)> },
    Done { secret: String },
}

impl Page {
    /// Whether it can be shown in the other language without losing anything: a secret is shown once.
    fn is_form(&self) -> bool {
        matches!(self, Self::Form { .. })
    }
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct View {
    words: &'static Words,
    style: &'static str,
    icon: &'static str,
    page: Page,
}

struct Words {
    lang: &'static str,
    /// The other language: its code and its own name.
    other: (&'static str, &'static str),
    title: &'static str,
    skip: &'static str,
    closed: &'static str,
    intro: &'static str,
    problems: &'static str,
    organisation: &'static str,
    name: &'static str,
    email: &'static str,
    password: &'static str,
    password_help: &'static str,
    submit: &'static str,
    made: &'static str,
    once: &'static str,
    next: &'static str,
    /// What each field's refusal is, by field.
    refusals: [(&'static str, &'static str); 5],
}

static DUTCH: Words = Words {
    lang: "nl",
    other: ("en", "English"),
    title: "Poort in gebruik nemen",
    skip: "Naar de inhoud",
    closed: "Deze link werkt niet (meer). Een link om Poort in gebruik te nemen werkt één keer.",
    intro: "Maak de eerste organisatie en het account van de eigenaar. Vul alle velden in. Deze link werkt één keer.",
    problems: "Er gaat nog iets mis",
    organisation: "Naam van de organisatie",
    name: "Je naam",
    email: "Je e-mailadres",
    password: "Wachtwoord",
    password_help: "Minstens 10 tekens.",
    submit: "In gebruik nemen",
    made: "Klaar. Dit is je eerste token",
    once: "Kopieer het token nu. Je ziet het maar één keer: wij bewaren het niet.",
    next: "Zet het token in een bestand en wijs het aan met POORT_TOKEN_FILE. Dan werkt de opdracht: poort whoami.",
    refusals: [
        ("organisation", "Vul een naam voor de organisatie in van 1 tot 200 tekens, die nog niet bestaat."),
        ("name", "Vul je naam in: 1 tot 200 tekens."),
        ("email", "Vul één e-mailadres in, zoals naam@voorbeeld.nl."),
        ("password", "Kies een wachtwoord van minstens 10 tekens."),
        ("", "Dit is niet gelukt. Kijk de velden na."),
    ],
};

static ENGLISH: Words = Words {
    lang: "en",
    other: ("nl", "Nederlands"),
    title: "Set up Poort",
    skip: "Skip to content",
    closed: "This link does not work (any more). A set-up link works once.",
    intro: "Make the first organisation and its owner's account. Fill in all fields. This link works once.",
    problems: "Something is not right yet",
    organisation: "Name of the organisation",
    name: "Your name",
    email: "Your e-mail address",
    password: "Password",
    password_help: "At least 10 characters.",
    submit: "Set up",
    made: "Done. This is your first token",
    once: "Copy the token now. You see it only once: we do not keep it.",
    next: "Put the token in a file and name it with POORT_TOKEN_FILE. Then this works: poort whoami.",
    refusals: [
        ("organisation", "Give the organisation a name of 1 to 200 characters that does not exist yet."),
        ("name", "Give your name: 1 to 200 characters."),
        ("email", "Give one e-mail address, such as name@example.org."),
        ("password", "Choose a password of at least 10 characters."),
        ("", "This did not work. Look at the fields again."),
    ],
};

async fn show(
    State(authority): State<Authority>,
    Path(code): Path<String>,
    query: Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let words = words(&headers, &query.lang);
    match authority.set_up_open(&code).await {
        Ok(true) => Ok(render(StatusCode::OK, words, Page::Form { form: Fields::default(), problems: Vec::new() })),
        Ok(false) => Ok(render(StatusCode::NOT_FOUND, words, Page::Closed)),
        Err(error) => Err(outage(&error)),
    }
}

async fn submit(
    State(authority): State<Authority>,
    Path(code): Path<String>,
    context: Context,
    headers: HeaderMap,
    form: Result<Form<Fields>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Problem> {
    let Ok(Form(form)) = form else { return Err(Problem::new(Code::InvalidBody)) };
    if is_cross_site(&headers) {
        return Err(Problem::new(Code::Forbidden).detail("the form must be sent from its own page"));
    }
    let words = words(&headers, &form.lang);
    let set_up = match read(&form) {
        Ok(set_up) => set_up,
        Err(fields) => return Ok(again(words, form, &fields)),
    };
    let by =
        authority::Context { address: Some(context.peer.ip().to_string()), ..authority::Context::system(context.request_id, context.now) };
    match authority.set_up(&by, &code, set_up).await {
        // Shown in the answer to the POST and kept nowhere: a reload cannot show it again.
        Ok(done) => Ok(render(StatusCode::OK, words, Page::Done { secret: done.value.secret.expose().clone() })),
        Err(Error::NotFound) => Ok(render(StatusCode::NOT_FOUND, words, Page::Closed)),
        Err(Error::Invalid(problems)) => {
            let fields: Vec<&str> = problems.iter().map(|(field, _)| field.as_str()).collect();
            Ok(again(words, form, &fields))
        }
        Err(Error::Conflict { code, .. }) => Ok(again(words, form, &[if code == "email_taken" { "email" } else { "organisation" }])),
        Err(error) => Err(outage(&error)),
    }
}

fn read(form: &Fields) -> Result<SetUp, Vec<&'static str>> {
    let (organisation, name, email) = (Name::new(&form.organisation), Name::new(&form.name), Email::new(&form.email));
    let wrong = [
        ("organisation", organisation.is_err()),
        ("name", name.is_err()),
        ("email", email.is_err()),
        ("password", form.password.chars().count() < 10),
    ];
    let wrong: Vec<&'static str> = wrong.into_iter().filter(|(_, wrong)| *wrong).map(|(field, _)| field).collect();
    match (organisation, name, email) {
        (Ok(organisation), Ok(name), Ok(email)) if wrong.is_empty() => {
            Ok(SetUp { organisation, name, email, password: Secret::new(form.password.clone()) })
        }
        _ => Err(wrong),
    }
}

fn again(words: &'static Words, form: Fields, fields: &[&str]) -> Response {
    let told = |field: &str| words.refusals.iter().find(|(known, _)| *known == field).unwrap_or(&words.refusals[4]).1.to_owned();
    let problems = fields.iter().map(|field| ((*field).to_owned(), told(field))).collect();
    let form = Fields { password: String::new(), ..form };
    render(StatusCode::BAD_REQUEST, words, Page::Form { form, problems })
}

fn render(status: StatusCode, words: &'static Words, page: Page) -> Response {
    let Ok(html) = (View { words, style: &STYLE.path, icon: &ICON.path, page }).render() else {
        return Problem::new(Code::Internal).into_response();
    };
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")), (CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP))];
    (status, headers, html).into_response()
}

fn outage(error: &Error) -> Problem {
    tracing::error!(%error, cause = std::error::Error::source(error).map(ToString::to_string), "the set-up page cannot be answered");
    Problem::new(Code::Unavailable)
}

/// The language asked for in the form, else the first of `Accept-Language` that we have.
fn words(headers: &HeaderMap, asked: &str) -> &'static Words {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut languages = [asked].into_iter().chain(accepted.split(',')).map(|language| language.trim().get(..2).unwrap_or_default());
    match languages.find(|language| matches!(*language, "nl" | "en")) {
        Some("nl") => &DUTCH,
        _ => &ENGLISH,
    }
}

/// A browser says where a form comes from (Fetch Metadata; RFC 6454 section 7). The secret code in the URL is what
/// keeps others out; this is the second lock.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let origin = text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    site || origin.is_some_and(|origin| text("host").is_some_and(|host| host != origin))
}
