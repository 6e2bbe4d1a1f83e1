//! `poort demo`: the authority and the learning API with data to try, on one machine, in one process.

mod data;
mod ready;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use portals::learning::{self, Learning};
use tokio::sync::watch;

use crate::config::{Config, Flags, Problem};
use crate::edge::{self, Context, Edge, Headers, Site, Sites};
use crate::node::{Node, StartError, Started, System};
use crate::person_tokens::AuthorityTokens;
use crate::serve::{limits, listen, site};
use crate::stop::{Running, Signals};
use crate::task;

/// The names under which clients know the learning platform; one TLS port serves it under them.
const LEARNING_HOSTS: [&str; 3] = ["dodona.be", "dodona.ugent.be", "localhost"];

/// What the demo is asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it keeps its data.
    pub data: PathBuf,
    /// The authority's port; the learning API's is one more.
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
    let learning_port = options.port.checked_add(1).ok_or_else(|| StartError::Configuration("--port: must be 65534 at most".to_owned()))?;
    let learning_address = SocketAddr::new(config.listen.ip(), learning_port);
    // Taken first: where a port is in use, nothing is made.
    let (authority_listener, learning_listener) = (listen(&config.listen.to_string()).await?, listen(&learning_address.to_string()).await?);
    let tls = match &options.tls {
        Some(tls) => {
            let config = edge::tls(&tls.certificate, &tls.key).map_err(|error| StartError::Configuration(error.to_string()))?;
            Some((listen(&tls.listen.to_string()).await?, config))
        }
        None => None,
    };

    let system = System::of_this_machine();
    let Started { node, .. } = Node::start(config, &system).await?;
    let learning = open_learning(&options).await?;
    let made = data::fill(&node, &system, &learning).await?;

    let signals = Signals::hear();
    let (stop, stopped) = watch::channel(false);
    task::spawn("upkeep", node.clone().upkeep());
    task::spawn("judge", learning.clone().judge());
    let edge = Edge::new(system.clock.clone(), &*system.entropy, limits(&node.config))?;
    let authority_site = site(&node)?;
    let learning_site = learning_site(&node, &system, learning, base_urls(&options, learning_port))?;
    let mut listeners = vec![
        task::spawn("authority", edge.clone().serve(authority_listener, None, Sites::one(authority_site.clone()), stopped.clone())),
        task::spawn("learning", edge.clone().serve(learning_listener, None, Sites::one(learning_site.clone()), stopped.clone())),
    ];
    if let Some((listener, config)) = tls {
        let sites = LEARNING_HOSTS.iter().fold(Sites::one(authority_site), |sites, host| sites.named(host, learning_site.clone()));
        listeners.push(task::spawn("tls", edge.clone().serve(listener, Some(config), sites, stopped)));
    }

    let ready = ready::Ready::new(&node.config.base_url(), &format!("http://{learning_address}"), &made);
    if let Some(file) = &options.ready_file {
        ready.write(file).map_err(StartError::file(file))?;
    }
    words::print(&ready, &options);

    Running { node, edge, stop, listeners }.until_told(signals).await;
    Ok(())
}

fn config(options: &Options) -> Result<Config, StartError> {
    let flags = Flags {
        data: Some(options.data.clone()),
        listen: Some(SocketAddr::from(([127, 0, 0, 1], options.port))),
        trusted_proxies: Some(vec!["127.0.0.1".to_owned(), "::1".to_owned()]),
        ..Flags::default()
    };
    let told = |problems: Vec<Problem>| StartError::Configuration(problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"));
    Config::load(None, &flags).map_err(told)
}

async fn open_learning(options: &Options) -> Result<Arc<Learning>, StartError> {
    let path = options.data.join("learning.db");
    let learning = Learning::open(learning::Options { path }).await;
    Ok(Arc::new(learning.map_err(|error| StartError::Configuration(format!("learning.db: {error}")))?))
}

fn base_urls(options: &Options, learning_port: u16) -> Vec<String> {
    let mut urls = vec![format!("http://127.0.0.1:{learning_port}"), format!("http://localhost:{learning_port}")];
    for host in LEARNING_HOSTS {
        // Clients with a hard-wired host are led here, to the plain port too; what they call the port differs.
        urls.push(format!("https://{host}"));
        urls.extend(options.tls.iter().map(|tls| format!("https://{host}:{}", tls.listen.port())));
    }
    urls
}

fn learning_site(node: &Node, system: &System, learning: Arc<Learning>, base_urls: Vec<String>) -> Result<Site, StartError> {
    let dependencies = learning::Dependencies {
        verifier: node.authority.verifier().clone(),
        clock: system.clock.clone(),
        entropy: system.entropy.clone(),
        tokens: AuthorityTokens::new(node.authority.clone()),
        base_urls,
    };
    let router = learning.router(dependencies).map_err(|error| StartError::Configuration(error.to_string()))?;
    let router = router.layer(axum::middleware::map_request(name_request));
    Ok(Site { headers: Headers::Plain, ..Site::new(router) })
}

/// Hands on what the edge knows of a request, in the words that the reference APIs read.
async fn name_request(mut request: Request) -> Request {
    if let Some(context) = request.extensions().get::<Context>().copied() {
        request.extensions_mut().insert(context.request_id);
        request.extensions_mut().insert(ConnectInfo(context.peer));
    }
    request
}
