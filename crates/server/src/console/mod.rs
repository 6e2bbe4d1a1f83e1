//! The pages for people in browsers: signing in, sessions, and what a program asks a person for.
//!
//! They need no script. Every form carries a token of its browser and is refused without; every answer goes through
//! [`Browser::answer`]. The endpoints of OAuth show [`consent`], [`device`] and [`sign_out`] pages, and let a request
//! wait for a person with [`interaction`].

mod accessibility;
mod account;
mod activity;
pub(crate) mod announcement;
mod asset;
mod audit;
mod browser;
mod chart;
mod confirm;
pub mod consent;
mod cookie;
mod csrf;
mod delegation;
pub mod device;
mod ended;
mod factor;
pub mod failure;
mod fields;
mod form;
pub mod forwarding;
pub mod interaction;
mod invitation;
mod key;
mod member;
mod menu;
pub(crate) mod moment;
mod operator;
mod organisation;
mod organisation_token;
mod page;
mod passkey;
mod profile;
pub(crate) mod provider;
mod route;
mod second_factor_policy;
mod second_step;
mod settings;
mod sign_in;
pub mod sign_out;
mod step_up;
mod texts;
mod ticket;
mod token;
mod too_many;
mod unsaved;
mod user_agent;
mod visit;
mod why;
mod workspace;

use std::sync::Arc;
use std::time::Duration;

use authority::{Authority, SessionLimits};
use axum::routing::{get, post};
use gateway::TrustedPeers;
use jose::passkey::RelyingParty;
use portals::work::WorkUnderWay;

pub(crate) use asset::Look;
pub use browser::Browser;
pub use page::see_other;
pub use provider::SignInProvider;
pub(crate) use texts::Text;
#[cfg(test)]
pub(crate) use texts::check as check_texts;
pub(crate) use user_agent::named as browser_named;

use crate::config::Config;
use crate::node::StartError;
use crate::outbound::Outbound;
use provider::Provider;

/// What the pages need. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    inner: Arc<Inner>,
}

struct Inner {
    authority: Authority,
    trusted: TrustedPeers,
    limits: SessionLimits,
    base_url: String,
    relying_party: Option<RelyingParty>,
    outbound: Outbound,
    providers: Vec<Provider>,
    look: Arc<Look>,
    sign_up_open: bool,
    operators_need_second_factor: bool,
    policies: operator::Policies,
    work: Vec<Arc<dyn WorkUnderWay>>,
    mailbox: Option<std::path::PathBuf>,
}

impl Console {
    /// `trusted` are the proxies whose word about a caller's address is taken; `work` tells what is under way at APIs.
    pub fn new(authority: Authority, trusted: TrustedPeers, config: &Config, work: Vec<Arc<dyn WorkUnderWay>>) -> Result<Self, StartError> {
        let limits = SessionLimits {
            idle: Duration::from_secs(config.session_idle_minutes * 60),
            absolute: Duration::from_secs(config.session_hours * 3_600),
        };
        let open =
            |configured: &SignInProvider| Provider::open(configured.clone()).map_err(|(path, cause)| StartError::File { path, cause });
        let providers = config.sign_in_providers.iter().map(open).collect::<Result<_, _>>()?;
        let outbound = Outbound::new(&config.outbound_networks).map_err(|error| StartError::Configuration(error.to_string()))?;
        let base_url = config.base_url();
        let (look, relying_party) = (Arc::new(Look::open(&config.name, &config.theme)?), RelyingParty::at(&base_url));
        let inner = Inner {
            authority,
            trusted,
            limits,
            base_url,
            relying_party,
            outbound,
            providers,
            look,
            sign_up_open: config.sign_up_open,
            operators_need_second_factor: config.operators_need_second_factor,
            policies: operator::Policies::of(config),
            work,
            mailbox: config.mailbox.clone(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The use cases.
    pub fn authority(&self) -> &Authority {
        &self.inner.authority
    }

    /// How long sessions last.
    pub fn limits(&self) -> SessionLimits {
        self.inner.limits
    }

    /// The address under which people reach the server.
    fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// Who we are towards devices with passkeys, where browsers make them.
    fn relying_party(&self) -> Option<&RelyingParty> {
        self.inner.relying_party.as_ref()
    }

    /// What the pages look like.
    fn look(&self) -> &Arc<Look> {
        &self.inner.look
    }

    /// What the installation is called.
    fn installation(&self) -> &str {
        &self.inner.look.name
    }

    /// Whether people may make an account for themselves.
    fn sign_up_is_open(&self) -> bool {
        self.inner.sign_up_open
    }

    /// Whether operators must have a second factor.
    fn operators_need_second_factor(&self) -> bool {
        self.inner.operators_need_second_factor
    }

    /// What is decided for the whole installation.
    fn policies(&self) -> &operator::Policies {
        &self.inner.policies
    }

    /// What a provider is called that people sign in with.
    fn label_of(&self, issuer: &str) -> Option<&str> {
        let provider = self.inner.providers.iter().find(|provider| provider.configured.issuer == issuer)?;
        Some(&provider.configured.label)
    }

    /// The folder that letters are written to, where they are.
    fn mailbox(&self) -> Option<&std::path::Path> {
        self.inner.mailbox.as_deref()
    }

    /// Tells what is under way at this API, if anything does.
    fn work(&self, api: &str) -> Option<&dyn WorkUnderWay> {
        self.inner.work.iter().find(|work| work.api() == api).map(AsRef::as_ref)
    }

    fn trusted(&self) -> &TrustedPeers {
        &self.inner.trusted
    }

    /// Whether people reach the server over HTTPS, whoever ends it.
    fn is_https(&self) -> bool {
        self.inner.base_url.starts_with("https://")
    }

    pub(crate) fn outbound(&self) -> &Outbound {
        &self.inner.outbound
    }

    fn providers(&self) -> &[Provider] {
        &self.inner.providers
    }

    fn provider(&self, name: &str) -> Option<&Provider> {
        self.inner.providers.iter().find(|provider| provider.configured.name == name)
    }

    /// Where a provider sends the browser back to.
    fn callback(&self, provider: &Provider) -> String {
        format!("{}{}/callback", self.inner.base_url, provider.path())
    }
}

/// The pages and what they look like.
pub fn router(console: Console) -> axum::Router {
    let assets = asset::router(console.look());
    axum::Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route(passkey::PATH, post(passkey::submit))
        .route(passkey::OPTIONS, post(passkey::options))
        .route(second_step::PATH, get(second_step::show).post(second_step::submit))
        .route("/sign-in/providers/{name}", post(provider::start))
        .route("/sign-in/providers/{name}/callback", get(provider::callback))
        .route("/sign-out", get(sign_out::show).post(sign_out::submit))
        .route("/signed-out", get(sign_out::done))
        .merge(route::router())
        .with_state(console)
        .merge(assets)
}
