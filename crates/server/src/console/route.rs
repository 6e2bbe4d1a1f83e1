//! Every page of the console: its path, who may open it, and the functions that answer it.
//!
//! A page is at `/nl{path}` and `/en{path}`; without a language the browser is sent to its own. What stands in no row is 404.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use authority::Right;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};

use super::browser::Browser;
use super::visit::{Answer, Visit};
use super::{
    Console, accessibility, account, activity, audit, delegation, factor, failure, invitation, key, member, operator, organisation,
    organisation_token, profile, second_factor_policy, settings, step_up, token, unsaved, why, workspace,
};
use crate::edge::{Code, Problem};
use crate::language::Language;

/// Every page. A row is all that a page needs to be reached, and to stand in the navigation and among the tabs.
static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    vec![
        page("/accessibility", Who::Anyone).get(accessibility::show),
        page("/set-up/{code}", Who::Anyone).get(account::set_up::show).post(account::set_up::make),
        page("/sign-up", Who::Anyone).get(account::sign_up::show).post(account::sign_up::ask),
        page("/sign-up/sent", Who::Anyone).get(account::sent),
        page("/verify/{link}", Who::Anyone).get(account::verify::show).post(account::verify::confirm),
        page("/forgotten-password", Who::Anyone).get(account::forgotten_password::show).post(account::forgotten_password::ask),
        page("/forgotten-password/sent", Who::Anyone).get(account::sent),
        page("/new-password/{link}", Who::Anyone).get(account::new_password::show).post(account::new_password::choose),
        page("/password-changed", Who::Anyone).get(account::new_password::done),
        page("/invitation/{link}", Who::Anyone).get(account::join::show).post(account::join::join),
        page("/unsaved", Who::Person).get(unsaved::show),
        page("/profile/email", Who::Person).get(account::address::show).post(account::address::ask).fresh(),
        page("/profile/sign-in/password", Who::Person).get(account::password::show).post(account::password::change).fresh(),
        page("/profile/sign-in/accounts/{account}", Who::Person).get(account::linked::show).post(account::linked::change).fresh(),
        page("/profile", Who::Person).get(profile::details::show).post(profile::details::save),
        page("/profile/sign-in", Who::Person).get(profile::sessions::show).post(profile::sessions::end),
        page("/profile/sign-in/app", Who::Person).get(factor::app::show).post(factor::app::add).fresh(),
        page("/profile/sign-in/app/remove", Who::Person).get(factor::app::ask).post(factor::app::remove).fresh(),
        page("/profile/sign-in/passkeys/new", Who::Person).get(factor::passkeys::show).post(factor::passkeys::add).fresh(),
        page("/profile/sign-in/passkeys/options", Who::Person).post(factor::passkeys::options).fresh(),
        page("/profile/sign-in/passkeys/{passkey}/name", Who::Person).get(factor::passkey_name::show).post(factor::passkey_name::rename),
        page("/profile/sign-in/passkeys/{passkey}/remove", Who::Person).get(factor::passkeys::ask).post(factor::passkeys::remove).fresh(),
        page("/profile/sign-in/recovery-codes", Who::Person).get(factor::recovery_codes::show).post(factor::recovery_codes::make).fresh(),
        page("/profile/apps", Who::Person).get(profile::apps::list),
        page("/profile/apps/{grant}/stop", Who::Person).get(profile::apps::ask).post(profile::apps::stop),
        page("/profile/tokens", Who::Person).get(token::list),
        page("/profile/tokens/new", Who::Person).get(token::new::show).post(token::new::create).fresh(),
        page("/profile/tokens/{token}/renew", Who::Person).get(token::renew::show).post(token::renew::renew).fresh(),
        page("/profile/tokens/{token}/delete", Who::Person).get(token::delete::show).post(token::delete::delete),
        page("/profile/tokens/{token}/first-use", Who::Person).get(token::first_use),
        page("/profile/audit", Who::Person).get(audit::own),
        page("/profile/audit/file", Who::Person).get(audit::own_file),
        page("/profile/tokens/{token}/narrow", Who::Person).get(activity::narrow::show).post(activity::narrow::narrow).fresh(),
        page("/activity", Who::Person).get(activity::show),
        page("/activity/download", Who::Person).get(activity::download),
        page("/activity/why", Who::Person).get(why::show),
        page("/o/{org}/activity", Who::Member(activity::READ)).get(activity::show),
        page("/o/{org}/activity/download", Who::Member(activity::READ)).get(activity::download),
        page("/o/{org}/options/tokens/{token}/narrow", Who::Member(&[Right::OrganisationTokensWrite]))
            .get(activity::narrow::show)
            .post(activity::narrow::narrow)
            .fresh(),
        page("/o/{org}/keys/{key}/narrow", Who::Member(key::WRITE)).get(activity::narrow::show).post(activity::narrow::narrow).fresh(),
        page("/o/{org}/options", Who::Member(&[Right::OrganisationTokensRead])).get(organisation_token::list),
        page("/o/{org}/options/tokens/new", Who::Member(&[Right::OrganisationTokensWrite]))
            .get(organisation_token::new::show)
            .post(organisation_token::new::create)
            .fresh(),
        page("/o/{org}/options/tokens/{token}/delete", Who::Member(&[Right::OrganisationTokensWrite]))
            .get(organisation_token::delete::show)
            .post(organisation_token::delete::delete)
            .fresh(),
        page("/o/{org}/options/tokens/{token}/first-use", Who::Member(&[Right::OrganisationTokensRead])).get(organisation_token::first_use),
        page("/o/{org}/projects", Who::Member(&[Right::WorkspacesRead])).get(workspace::list),
        page("/o/{org}/projects/{workspace}/delegations", Who::Member(&[Right::WorkspacesRead])).get(delegation::list),
        page("/o/{org}/projects/{workspace}/delegations/new", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::open::show)
            .post(delegation::open::open),
        page("/o/{org}/delegations/{delegation}", Who::Member(&[Right::DelegationsRead])).get(delegation::show),
        page("/o/{org}/delegations/{delegation}/close", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::close::show)
            .post(delegation::close::close)
            .fresh(),
        page("/o/{org}/delegations/{delegation}/accept", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::decide::show)
            .post(delegation::decide::decide),
        page("/o/{org}/delegations/{delegation}/decline", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::decide::show)
            .post(delegation::decide::decide),
        page("/o/{org}/delegations/{delegation}/pause", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::decide::show)
            .post(delegation::decide::decide),
        page("/o/{org}/delegations/{delegation}/resume", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::decide::show)
            .post(delegation::decide::decide),
        page("/o/{org}/delegations/{delegation}/keep", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::decide::show)
            .post(delegation::decide::decide),
        page("/o/{org}/delegations/{delegation}/edit", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::edit::show)
            .post(delegation::edit::change),
        page("/o/{org}/delegations/{delegation}/pass-on", Who::Member(&[Right::DelegationsWrite]))
            .get(delegation::pass_on::show)
            .post(delegation::pass_on::open),
        page("/o/{org}/settings", Who::Member(settings::WRITE)).get(settings::show).post(settings::change),
        page("/o/{org}/settings/second-factor/require", Who::Member(second_factor_policy::WRITE))
            .get(second_factor_policy::show)
            .post(second_factor_policy::change)
            .fresh(),
        page("/o/{org}/settings/second-factor/release", Who::Member(second_factor_policy::WRITE))
            .get(second_factor_policy::show)
            .post(second_factor_policy::change)
            .fresh(),
        page("/projects", Who::Person).get(workspace::all),
        page("/o/{org}/received", Who::Member(&[Right::DelegationsRead])).get(delegation::received),
        page("/o", Who::Person).get(organisation::choose),
        page("/o/{org}", Who::Member(&[])).get(member::overview::show),
        page("/o/{org}/members", Who::Member(member::READ)).get(member::list),
        page("/o/{org}/members/invite", Who::Member(member::WRITE)).get(invitation::new::show).post(invitation::new::invite).fresh(),
        page("/o/{org}/invitations/{invitation}", Who::Member(member::WRITE))
            .get(invitation::show::show)
            .post(invitation::show::change)
            .fresh(),
        page("/o/{org}/members/{member}/roles", Who::Member(member::WRITE)).get(member::roles::show).post(member::roles::change).fresh(),
        page("/o/{org}/members/{member}/end", Who::Member(member::WRITE)).get(member::end::show).post(member::end::end),
        page("/o/{org}/audit", Who::Member(audit::READ)).get(audit::of_organisation),
        page("/o/{org}/audit/file", Who::Member(audit::READ)).get(audit::file_of_organisation),
        page("/o/{org}/keys", Who::Member(key::READ)).get(key::list),
        page("/o/{org}/keys/new", Who::Member(key::WRITE)).get(key::new::show).post(key::new::create).fresh(),
        page("/o/{org}/keys/{key}", Who::Member(key::READ)).get(key::detail::show).post(key::detail::pause),
        page("/o/{org}/keys/{key}/rotate", Who::Member(key::WRITE)).get(key::rotate::show).post(key::rotate::rotate).fresh(),
        page("/o/{org}/keys/{key}/edit", Who::Member(key::WRITE)).get(key::edit::show).post(key::edit::change).fresh(),
        page("/o/{org}/keys/{key}/revoke", Who::Member(key::WRITE)).get(key::revoke::show).post(key::revoke::revoke),
        page("/o/{org}/keys/{key}/private-keys/{private}/end", Who::Member(key::WRITE))
            .get(key::revoke::show_private)
            .post(key::revoke::end_private),
        page("/general-settings/api", Who::Person).get(key::documented),
        page("/operator", Who::Operator).get(operator::overview::show),
        page("/operator/organisations", Who::Operator).get(operator::organisations::list),
        page("/operator/organisations/{org}", Who::Operator).get(operator::organisation::show).post(operator::view::begin),
        page("/operator/organisations/{org}/suspend", Who::Operator)
            .get(operator::suspension::show)
            .post(operator::suspension::change)
            .fresh(),
        page("/operator/organisations/{org}/resume", Who::Operator)
            .get(operator::suspension::show)
            .post(operator::suspension::change)
            .fresh(),
        page("/operator/organisations/{org}/views/{view}", Who::Operator).get(operator::view::show),
        page("/operator/keys", Who::Operator).get(operator::keys::list),
        page("/operator/keys/{purpose}/rotate", Who::Operator).get(operator::keys::ask).post(operator::keys::rotate).fresh(),
        page("/operator/apis", Who::Operator).get(operator::apis::list),
        page("/operator/apis/{api}", Who::Operator).get(operator::apis::show),
        page("/operator/apis/{api}/credentials/{credential}/end", Who::Operator).get(operator::apis::ask).post(operator::apis::end).fresh(),
        page("/operator/policies", Who::Operator).get(operator::policies::show),
        page("/operator/people", Who::Operator).get(operator::people::list),
        page("/operator/people/{person}", Who::Operator).get(operator::person::show),
        page("/operator/people/{person}/{deed}", Who::Operator).get(operator::person::ask).post(operator::person::act).fresh(),
        page("/operator/audit", Who::Operator).get(audit::of_installation),
        page("/operator/audit/file", Who::Operator).get(audit::file_of_installation),
        page("/operator/health", Who::Operator).get(operator::health::show),
        page("/operator/mailbox", Who::Mailbox).get(operator::mailbox),
        page("/confirm-identity", Who::Person).get(step_up::show),
        page("/confirm-identity/{interaction}", Who::Person).get(step_up::done),
    ]
});

/// Who may open a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anyone.
    Anyone,
    /// Whoever has signed in.
    Person,
    /// A member of the organisation that the path names as `{org}`, whose roles may hold one of these rights; every member where
    /// there are none. Others are told that there is no such page; members, who can help.
    Member(&'static [Right]),
    /// A person who was appointed to run the installation. Others are told that there is no such page.
    Operator,
    /// The same, and whoever shows an operator token.
    Mailbox,
}

type Handler = Arc<dyn Fn(Visit) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// A page.
pub(crate) struct Page {
    /// Its path, without the language.
    pub(crate) path: &'static str,
    /// Who may open it.
    pub(crate) who: Who,
    /// Whether the person must have proved a short while ago who they are ([`step_up`]).
    pub(super) fresh: bool,
    get: Option<Handler>,
    post: Option<Handler>,
}

fn page(path: &'static str, who: Who) -> Page {
    Page { path, who, fresh: false, get: None, post: None }
}

impl Page {
    fn get<F: Future<Output = Answer> + Send + 'static>(mut self, function: impl Fn(Visit) -> F + Send + Sync + 'static) -> Self {
        self.get = Some(Arc::new(move |visit| Box::pin(function(visit))));
        self
    }

    /// What its form is sent to. It came from our own page in this browser.
    fn post<F: Future<Output = Answer> + Send + 'static>(mut self, function: impl Fn(Visit) -> F + Send + Sync + 'static) -> Self {
        self.post = Some(Arc::new(move |visit| Box::pin(function(visit))));
        self
    }

    /// Whether it is a page, and not only what others send forms to.
    pub(super) fn opens(&self) -> bool {
        self.get.is_some()
    }

    fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }
}

/// The page with this path as the table has it, if there is one.
pub(crate) fn find(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.path == path)
}

/// All pages.
pub(super) fn router() -> axum::Router<Console> {
    let mut router = axum::Router::new();
    for page in PAGES.iter() {
        for language in [Language::En, Language::Nl] {
            router = router.route(&format!("/{}{}", language.tag(), page.path), methods(page));
        }
        router = router.route(page.path, any(to_language));
    }
    for language in ["en", "nl"] {
        router = router.route(&format!("/{language}/{{*rest}}"), any(elsewhere)).route(&format!("/{language}"), any(home));
    }
    router.route("/sessions", any(moved)).route("/", any(home))
}

fn methods(page: &'static Page) -> MethodRouter<Console> {
    let mut methods = MethodRouter::new();
    if let Some(get) = &page.get {
        methods = methods.get(async move |State(console), request| answer(&console, page, get, request).await);
    }
    if let Some(post) = &page.post {
        methods = methods.post(async move |State(console), request| answer(&console, page, post, request).await);
    }
    methods
}

async fn answer(console: &Console, page: &Page, function: &Handler, request: Request) -> Response {
    match Visit::begin(console, page, request).await {
        Ok(visit) => function(visit).await.unwrap_or_else(|refusal| refusal),
        Err(refusal) => refusal,
    }
}

/// To the same page in the browser's language.
async fn to_language(browser: Browser, uri: http::Uri) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    redirect(&browser, StatusCode::FOUND, &format!("{}{query}", browser.to(uri.path())))
}

/// To the first page of whoever has signed in.
async fn home(browser: Browser) -> Response {
    redirect(&browser, StatusCode::FOUND, &if browser.signed_in.is_some() { browser.to(HOME) } else { "/sign-in".to_owned() })
}

/// The sessions have been at an address of their own.
async fn moved(browser: Browser) -> Response {
    redirect(&browser, StatusCode::FOUND, &browser.to("/profile/sign-in"))
}

/// Where people begin.
const HOME: &str = "/profile";

/// What no page has: a slash too many is taken away, everything else is not there.
async fn elsewhere(browser: Browser, uri: http::Uri) -> Response {
    match uri.path().strip_suffix('/') {
        Some(path) if !path.ends_with('/') => {
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            redirect(&browser, StatusCode::PERMANENT_REDIRECT, &format!("{path}{query}"))
        }
        _ => failure::not_found(&browser),
    }
}

fn redirect(browser: &Browser, status: StatusCode, location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => {
            browser.answer((status, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response())
        }
        Err(_) => Problem::new(Code::Internal).into_response(),
    }
}
