//! `poort demo`: the authority, the learning API, the privacy API and both subsurface portals with data to try, on one
//! machine, in one process.

mod data;
mod privacy;
mod ready;
mod sites;
mod words;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use portals::learning::{self, Learning};
use portals::privacy::Privacy;
use portals::subsurface::{self, Environment, Subsurface};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::data::Portals;
use self::ready::{Ready, Urls};
use self::sites::{ACCOUNT_HOST, LEARNING, PRIVACY, SUBSURFACE, SUBSURFACE_DEMO};
use crate::config::{Config, Flags, Problem};
use crate::edge::{Edge, Sites};
use crate::node::{Node, StartError, Started, System};
use crate::serve::{guard, limits, listen, site_beside};
use crate::stop::{Running, Signals};
use crate::task;

/// How long each step of a delivery waits: short, and long enough to be seen.
const STEP_DELAY: Duration = Duration::from_millis(300);

/// What the demo is asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it keeps its data.
    pub data: PathBuf,
    /// The authority's port; those of the reference APIs are a little above it.
    pub port: u16,
    /// Where it writes what a program needs to begin, once all is ready.
    pub ready_file: Option<PathBuf>,
    /// Where it serves the same over TLS by host name.
    pub tls: Option<Tls>,
}

/// A TLS listener.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Its address.
    pub listen: SocketAddr,
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// Runs the demo until SIGTERM or Ctrl-C; started again on the same data it continues.
pub async fn run(options: Options) -> Result<(), StartError> {
    let config = config(&options)?;
    // Taken first: where a port is in use, nothing is made.
    let listeners = Listeners::take(&options, &config).await?;
    let system = System::of_this_machine();
    let Started { node, .. } = Node::start(config, &system).await?;
    let learning = open_learning(&options).await?;
    let [production, demo] =
        [open_subsurface(&options, &system, Environment::Production).await?, open_subsurface(&options, &system, Environment::Demo).await?];
    let privacy = open_privacy(&options, &system).await?;
    let privacy_url = PRIVACY.url(&options)?;
    let portals = Portals { learning: &learning, privacy: &privacy, privacy_url: &privacy_url };
    let made = data::fill(&node, &system, portals).await?;

    let signals = Signals::hear();
    let (stop, stopped) = watch::channel(false);
    task::spawn("upkeep", node.clone().upkeep());
    task::spawn("judge", learning.clone().judge());
    task::spawn("deliver", production.clone().deliver());
    task::spawn("deliver-demo", demo.clone().deliver());
    let edge = Edge::new(system.clock.clone(), &*system.entropy, limits(&node.config), guard(&node)?)?;
    let authority_site = site_beside(&node, vec![production.clone(), demo.clone()])?;
    let sites = [
        ("learning", &LEARNING, sites::learning(&node, &system, learning, &options)?),
        ("privacy", &PRIVACY, sites::privacy(&node, privacy, &options)?),
        ("subsurface", &SUBSURFACE, sites::subsurface(&node, production, Environment::Production, &options)?),
        ("subsurface-demo", &SUBSURFACE_DEMO, sites::subsurface(&node, demo, Environment::Demo, &options)?),
    ];
    let serve = |name, listener, tls, sites| task::spawn(name, edge.clone().serve(listener, tls, sites, stopped.clone()));
    let mut serving = vec![serve("authority", listeners.authority, None, Sites::one(authority_site.clone()))];
    for ((name, _, site), listener) in sites.iter().zip(listeners.portals) {
        serving.push(serve(name, listener, None, Sites::one(site.clone())));
    }
    if let Some((listener, config)) = listeners.tls {
        let named = sites.iter().flat_map(|(_, place, site)| place.hosts.iter().map(move |host| (host, site)));
        let all = Sites::one(authority_site.clone()).named(ACCOUNT_HOST, authority_site);
        let all = named.fold(all, |all, (host, site)| all.named(host, site.clone()));
        serving.push(serve("tls", listener, Some(config), all));
    }

    let urls = Urls {
        authority: node.config.base_url(),
        learning: LEARNING.url(&options)?,
        subsurface: SUBSURFACE.url(&options)?,
        subsurface_demo: SUBSURFACE_DEMO.url(&options)?,
        privacy: privacy_url,
        mailbox: node.config.mailbox.clone(),
    };
    let ready = Ready::new(urls, &made, data::operator()?);
    if let Some(file) = &options.ready_file {
        ready.write(file).map_err(StartError::file(file))?;
    }
    words::print(&ready, &options);

    Running { node, edge, stop, listeners: serving }.until_told(signals).await;
    Ok(())
}

/// The ports, before anything is made.
struct Listeners {
    authority: TcpListener,
    /// In the order of the sites.
    portals: Vec<TcpListener>,
    tls: Option<(TcpListener, Arc<ServerConfig>)>,
}

impl Listeners {
    async fn take(options: &Options, config: &Config) -> Result<Self, StartError> {
        let authority = listen(&config.listen.to_string()).await?;
        let mut portals = Vec::new();
        for place in [LEARNING, PRIVACY, SUBSURFACE, SUBSURFACE_DEMO] {
            portals.push(listen(&SocketAddr::new(config.listen.ip(), place.port(options.port)?).to_string()).await?);
        }
        let tls = match &options.tls {
            Some(tls) => {
                let config = crate::tls::open(&tls.certificate, &tls.key)?;
                Some((listen(&tls.listen.to_string()).await?, config))
            }
            None => None,
        };
        Ok(Self { authority, portals, tls })
    }
}

fn config(options: &Options) -> Result<Config, StartError> {
    let flags = Flags {
        data: Some(options.data.clone()),
        listen: Some(SocketAddr::from(([127, 0, 0, 1], options.port))),
        trusted_proxies: Some(vec!["127.0.0.1".to_owned(), "::1".to_owned()]),
        ..Flags::default()
    };
    let told = |problems: Vec<Problem>| StartError::Configuration(problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"));
    let mut config = Config::load(None, &flags).map_err(told)?;
    // Whoever tries it may sign up, and finds the letters beside the data.
    config.sign_up_open = true;
    // Nor need they have an app with codes at hand to see what operators see.
    config.operators_need_second_factor = false;
    if config.smtp_server.is_empty() {
        config.mailbox.get_or_insert_with(|| options.data.join("mailbox"));
    }
    Ok(config)
}

async fn open_learning(options: &Options) -> Result<Arc<Learning>, StartError> {
    let path = options.data.join("learning.db");
    let learning = Learning::open(learning::Options { path }).await;
    Ok(Arc::new(learning.map_err(|error| StartError::Configuration(format!("learning.db: {error}")))?))
}

async fn open_privacy(options: &Options, system: &System) -> Result<Arc<Privacy>, StartError> {
    let opened = portals::privacy::Options { path: options.data.join("privacy.db") };
    let portal = Privacy::open(opened, system.clock.clone(), system.entropy.clone()).await;
    Ok(Arc::new(portal.map_err(|error| StartError::Configuration(format!("privacy.db: {error}")))?))
}

async fn open_subsurface(options: &Options, system: &System, environment: Environment) -> Result<Arc<Subsurface>, StartError> {
    let opened = subsurface::Options { folder: options.data.join(environment.api()), environment, step_delay: STEP_DELAY };
    let portal = Subsurface::open(opened, system.clock.clone(), system.entropy.clone()).await;
    Ok(Arc::new(portal.map_err(|error| StartError::Configuration(format!("{}: {error}", environment.api())))?))
}
