//! `poort serve`: a node and its listener, until it is told to stop.

use std::sync::Arc;

use authority::{Installed, NewCredential};
use domain::text::Description;
use portals::work::WorkUnderWay;
use store::StoreError;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{Config, PlainHttp};
use crate::connect::{self, Connect};
use crate::console::{self, Console};
use crate::edge::{Edge, Guard, Limits, Site, Sites};
use crate::local::say;
use crate::node::{Node, StartError, Started, System, operator_token_file, write_private};
use crate::stop::{Running, Signals};
use crate::{api, edge, metrics, task, tls};

/// Runs a server until SIGTERM or Ctrl-C; see `stop` for how it ends.
pub async fn serve(config: Config) -> Result<(), StartError> {
    let system = System::of_this_machine();
    let listener = listen(&config.listen.to_string()).await?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(listen(&address.to_string()).await?),
        None => None,
    };
    let tls = config.tls().map(|(chain, key)| tls::open(chain, key)).transpose()?;
    let Started { node, installed } = Node::start(config, &system).await?;
    warn_of_plain_http(&node.config);
    if let Some(installed) = &installed {
        announce(&node.config, installed);
    }
    let (stop, stopped) = watch::channel(false);
    task::spawn("upkeep", node.clone().upkeep());
    let signals = Signals::hear();
    let edge = Edge::new(system.clock.clone(), &*system.entropy, limits(&node.config), guard(&node)?)?;
    tracing::info!(address = %node.config.listen, tls = tls.is_some(), "serving");
    let sites = Sites::one(site(&node)?);
    let mut listeners = vec![task::spawn("server", edge.clone().serve(listener, tls, sites, stopped.clone()))];
    if let Some(listener) = metrics_listener {
        let sites = Sites::one(Site::new(metrics::router(&node, &edge)));
        listeners.push(task::spawn("metrics", edge.clone().serve(listener, None, sites, stopped)));
    }
    let ended = node.clone();
    tokio::select! {
        () = Running { node, edge, stop, listeners }.until_told(signals) => Ok(()),
        () = ended.ended() => {
            ended.stop().await;
            Err(StoreError::Refused("it has lost changes; what they had ended is ended again, and this server is to be started anew".into()).into())
        }
    }
}

/// `poort recover-operator`: makes a new operator token and writes it to the file of the first one.
pub async fn recover_operator(config: Config) -> Result<(), StartError> {
    make_operator_token(&config, &System::of_this_machine()).await?;
    let file = operator_token_file(&config);
    say(&format!("A new operator token is in {}. Earlier ones still work: see `poort operator list`.", file.display()));
    Ok(())
}

/// Makes a new operator token, in the place of the one in its file.
pub(crate) async fn make_operator_token(config: &Config, system: &System) -> Result<(), StartError> {
    let Started { node, .. } = Node::start(config.clone(), system).await?;
    let context = system.context()?;
    let description =
        Description::new(&format!("recovered at {}", context.now)).map_err(|problem| StartError::Configuration(problem.to_string()))?;
    let made = node.authority.create_operator_token(&context, NewCredential { description }).await?;
    let file = operator_token_file(config);
    write_private(&file, &made.value.secret).map_err(StartError::file(&file))?;
    node.stop().await;
    Ok(())
}

/// Takes an address into use.
pub async fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address: address.to_owned(), cause })
}

/// Everything that a node serves.
pub fn site(node: &Node) -> Result<Site, StartError> {
    site_beside(node, Vec::new())
}

/// The same, beside APIs that tell what is under way at them.
pub(crate) fn site_beside(node: &Node, work: Vec<Arc<dyn WorkUnderWay>>) -> Result<Site, StartError> {
    let trust = trust(&node.config)?;
    let forward_auth = edge::forward_auth::ForwardAuth::new(node.authority.verifier().clone(), trust.clone());
    let console = Console::new(node.authority.clone(), trust.proxies.clone(), &node.config, work.clone())?;
    let registration = connect::RegistrationRules::of(&node.config)?;
    let connect = Connect::new(node.authority.clone(), console.clone(), trust.clone(), node.config.base_url(), registration);
    let router = api::router(Arc::new(api::ApiState::new(node.authority.clone(), trust, work)))
        .merge(connect::router(Arc::new(connect)))
        .merge(console::router(console))
        .merge(crate::health::router(node.clone()));
    Ok(Site { direct: Some(Arc::new(forward_auth)), stamp: Some(api::version_stamp()), ..Site::new(router) })
}

/// What refuses credentials that come over plain HTTP, for a node's edge.
pub fn guard(node: &Node) -> Result<Guard, StartError> {
    Ok(Guard::new(node.authority.verifier().clone(), trust(&node.config)?))
}

fn trust(config: &Config) -> Result<gateway::Trust, StartError> {
    let proxies = gateway::TrustedPeers::parse(&config.trusted_proxies).map_err(|error| StartError::Configuration(error.to_string()))?;
    Ok(gateway::Trust { plain_http_anywhere: config.plain_http == PlainHttp::Anywhere, ..gateway::Trust::new(proxies) })
}

/// The bounds of a listener, as configured.
pub(crate) fn limits(config: &Config) -> Limits {
    Limits { stop_milliseconds: config.stop_milliseconds, ..Limits::default() }
}

/// Nobody should learn from an intruder that credentials travel in the clear.
fn warn_of_plain_http(config: &Config) {
    if config.plain_http == PlainHttp::Anywhere {
        tracing::warn!("plain_http = anywhere: credentials are taken over plain HTTP from everywhere; whoever is on the way can read them");
    } else if config.tls().is_none() && !config.listen.ip().to_canonical().is_loopback() && config.trusted_proxies.is_empty() {
        tracing::warn!(
            address = %config.listen,
            "no TLS and no trusted proxies: every credential from another machine is refused; see docs/https.md"
        );
    }
}

/// Says once what the first start made. The operator token itself is in its file only.
fn announce(config: &Config, installed: &Installed) {
    say(&format!("First start. The operator token is in {}", operator_token_file(config).display()));
    say(&format!("Set up the first organisation, once, at {}/set-up/{}", config.base_url(), installed.set_up_code.expose()));
}
