//! One request of a page: who asks for it, whether they may, and what came along.

use authority::{Authority, Caller, Context, Error, IdempotencyKey, PersonCaller, SignedInPerson};
use axum::RequestExt as _;
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use domain::organisation::Organisation;
use domain::person::Membership;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};

use super::browser::Browser;
use super::fields::Fields;
use super::form::Form;
use super::page::{self, see_other};
use super::route::{Page, Who};
use super::too_many::too_many;
use super::{Console, failure, operator, organisation, second_factor_policy, step_up, unsaved};
use crate::edge::{self, Code, Problem};
use crate::language::{Language, Words};
use crate::outbound::encoded;

/// What a page's function is given.
pub(crate) struct Visit {
    /// What the pages need.
    pub(crate) console: Console,
    /// The browser.
    pub(crate) browser: Browser,
    /// What stands in the query.
    pub(crate) query: Fields,
    /// What a form sent: it came from our own page in this browser.
    pub(crate) form: Option<Fields>,
    /// In pages of an organisation: which one, and what the person is there.
    pub(crate) place: Option<(Organisation, Membership)>,
    /// Whether it is a page for operators, who may do everything there, and nowhere else.
    is_for_operators: bool,
    /// The path without the language.
    pub(crate) path: String,
    /// Whether the query is what was typed into the page's form before ([`unsaved`]).
    pub(crate) was_typed: bool,
    parameters: Vec<(String, String)>,
}

/// A page, or the page that says why not.
pub(crate) type Answer = Result<Response, Response>;

impl Visit {
    /// Admits a request, or gives the page that says why not: signing in comes first, then the form's origin, then what the person may.
    pub(super) async fn begin(console: &Console, page: &Page, mut request: Request) -> Result<Self, Response> {
        let parameters: Option<RawPathParams> = request.extract_parts().await.ok();
        let parameters = parameters.iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (mut parts, body) = request.into_parts();
        let browser = Browser::from_request_parts(&mut parts, console).await?;
        if browser.exposed {
            return Err(failure::exposed(&browser));
        }
        let path = Language::of_path(parts.uri.path()).map_or(parts.uri.path(), |(_, path)| path).to_owned();
        let is_form = parts.method == Method::POST && page.opens();
        if browser.signed_in.is_none() && !matches!(page.who, Who::Anyone | Who::Mailbox) {
            let form = if is_form && !browser.cross_site { read_form(&parts.headers, body).await.ok() } else { None };
            let next = match form {
                Some(form) => unsaved::of_ended(console, &browser, (&path, &form)).await?,
                None => back(&parts.uri, &parts.method),
            };
            return Err(browser.answer(see_other(&format!("/sign-in?{}", encoded(&[("next", &next)])))));
        }
        match page.who {
            Who::Operator => operator::enter(console, &browser).await?,
            Who::Mailbox => operator::enter_mailbox(console, &browser, &parts.headers).await?,
            Who::Anyone | Who::Person | Who::Member(_) => {}
        }
        let form = if parts.method == Method::POST { Some(read_form(&parts.headers, body).await?) } else { None };
        if let Some(form) = &form
            && let Some(refusal) = browser.refuse_form(form.text("csrf"))
        {
            return Err(refusal);
        }
        let query = Fields::read(parts.uri.query().unwrap_or_default());
        let is_for_operators = page.who == Who::Operator;
        let place = None;
        let mut visit =
            Self { console: console.clone(), browser, query, form, place, is_for_operators, path, was_typed: false, parameters };
        if let Who::Member(rights) = page.who {
            visit.place = Some(organisation::enter(&visit, rights).await?);
        }
        if page.fresh && !step_up::is_fresh(&visit.browser) {
            let next = match &visit.form {
                Some(form) if is_form => unsaved::of_stale(&visit, form).await?,
                _ => back(&parts.uri, &parts.method),
            };
            return Err(step_up::ask(&visit.browser, &next));
        }
        if visit.form.is_none()
            && let Some(typed) = unsaved::typed(&visit, &visit.path).await?
        {
            (visit.query, visit.was_typed) = (typed, true);
        }
        Ok(visit)
    }

    /// The use cases.
    pub(crate) fn authority(&self) -> &Authority {
        self.console.authority()
    }

    /// Who has signed in: on every page but those for anyone.
    pub(crate) fn person(&self) -> &SignedInPerson {
        self.browser.signed_in.as_ref().expect("a page that is for anyone does not ask who has signed in")
    }

    /// The organisation, on its pages.
    pub(crate) fn organisation(&self) -> &Organisation {
        &self.place.as_ref().expect("a page that is not an organisation's does not ask for it").0
    }

    /// The path of a page of the organisation, without the language.
    pub(crate) fn at(&self, page: &str) -> String {
        format!("/o/{}{page}", self.organisation().id)
    }

    /// Who asks, as the use cases take it: in pages of an organisation as its member, in those for operators as one, else about what is
    /// the person's own.
    pub(crate) fn caller(&self) -> Caller {
        if self.is_for_operators {
            let SignedInPerson { person, session, .. } = self.person();
            return Caller::OperatorPerson { id: person.id, session: session.id };
        }
        Caller::Person(match &self.place {
            Some((_, membership)) => PersonCaller::member(self.person(), membership),
            None => PersonCaller::signed_in(self.person()),
        })
    }

    /// In what a use case runs.
    pub(crate) fn context(&self) -> Context {
        Context { caller: self.caller(), ..self.browser.context() }
    }

    /// The same for a form with a number ([`super::form::Form::once`]): sent again, it is refused with [`authority::ALREADY_DONE`].
    pub(crate) fn once(&self) -> Result<Context, Response> {
        let number = self.form.as_ref().map(|form| form.text("nonce")).unwrap_or_default();
        let key = IdempotencyKey::once(number).map_err(|_| failure::outdated(&self.browser))?;
        Ok(Context { idempotency: Some(key), ..self.context() })
    }

    /// A part of the path, such as the id of `{token}`. What cannot be read names nothing: 404.
    pub(crate) fn parameter<T: std::str::FromStr>(&self, name: &str) -> Result<T, Response> {
        let value = self.parameters.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.parse().ok());
        value.ok_or_else(|| failure::not_found(&self.browser))
    }

    /// The page for what a use case refuses: what is not there, and what may not be seen, are one.
    pub(crate) fn refused(&self, error: &Error) -> Response {
        match error {
            Error::NotFound => failure::not_found(&self.browser),
            Error::Forbidden => failure::forbidden(&self.browser, &[]),
            Error::Conflict { code: "second_factor_required", .. } => second_factor_policy::needed(self),
            _ => failure::outage(&self.browser, error),
        }
    }

    /// A text in the language of the page.
    pub(crate) fn say(&self, text: impl Words) -> &'static str {
        text.words(self.browser.language)
    }

    /// A text with its places filled.
    pub(crate) fn fill(&self, text: impl Words, values: &[(&'static str, &str)]) -> String {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        crate::language::fill(self.say(text), &values)
    }

    /// The address of a page, in the language of this one.
    pub(crate) fn to(&self, path: &str) -> String {
        self.browser.to(path)
    }

    /// The page.
    pub(crate) fn page(&self, page: &impl askama::Template) -> Answer {
        Ok(page::answer(&self.browser, StatusCode::OK, page, None))
    }

    /// The page once more, with what is wrong in its form: 422.
    pub(crate) fn again(&self, page: &impl askama::Template) -> Answer {
        Ok(page::answer(&self.browser, StatusCode::UNPROCESSABLE_ENTITY, page, None))
    }

    /// The page once more, with a field that says when there is another try: 429.
    pub(crate) fn too_many<T: askama::Template>(
        &self,
        until: Timestamp,
        (mut form, field): (Form, &'static str),
        page: impl FnOnce(Form) -> T,
    ) -> Answer {
        Ok(too_many(&self.browser, until, |problem| {
            form.refuse(field, problem);
            page::answer(&self.browser, StatusCode::TOO_MANY_REQUESTS, &page(form), None)
        }))
    }

    /// Sends the browser to another page, which says this once.
    pub(crate) fn onward(&self, path: &str, said: Option<&str>) -> Answer {
        let mut response = see_other(&self.to(path));
        if let Some(said) = said {
            self.browser.leave_word(&mut response, said);
        }
        Ok(self.browser.answer(response))
    }
}

/// Where the browser comes back to: a form is opened again, as what it sent is not kept.
fn back(uri: &http::Uri, method: &Method) -> String {
    match uri.query().filter(|_| method == Method::GET) {
        Some(query) => format!("{}?{query}", uri.path()),
        None => uri.path().to_owned(),
    }
}

async fn read_form(headers: &HeaderMap, body: axum::body::Body) -> Result<Fields, Response> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/x-www-form-urlencoded" {
        return Err(Problem::new(Code::UnsupportedMediaType).into_response());
    }
    let bytes = edge::body::read(body).await.map_err(IntoResponse::into_response)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::new(Code::InvalidBody).into_response())?;
    Ok(Fields::read(text))
}
