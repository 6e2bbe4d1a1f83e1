//! What the demo serves, and under which addresses: the reference APIs as sites of the edge.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use portals::learning::{self, Learning};
use portals::privacy::{self, Privacy};
use portals::subsurface::{self, Environment, MAX_BODY_BYTES, Subsurface};

use super::Options;
use crate::edge::{BodyBounds, Context, Headers, Site};
use crate::node::{Node, StartError, System};
use crate::person_tokens::AuthorityTokens;

/// A reference API: its port is this much above the authority's, and clients know it under these names.
pub(super) struct Place {
    pub(super) offset: u16,
    pub(super) hosts: &'static [&'static str],
}

/// The learning API.
pub(super) const LEARNING: Place = Place { offset: 1, hosts: &["dodona.be", "dodona.ugent.be", "localhost"] };
/// The privacy API.
pub(super) const PRIVACY: Place = Place { offset: 2, hosts: &["api.dastra.eu"] };
/// The authority, as clients of the privacy API know it.
pub(super) const ACCOUNT_HOST: &str = "account.dastra.eu";
/// The subsurface portal, production.
pub(super) const SUBSURFACE: Place = Place { offset: 3, hosts: &["www.bronhouderportaal-bro.nl", "bronhouderportaal-bro.nl"] };
/// The subsurface portal, demo environment.
pub(super) const SUBSURFACE_DEMO: Place = Place { offset: 4, hosts: &["demo.bronhouderportaal-bro.nl"] };

/// A document of the largest size, sent at 1 Mbit/s, is there within a quarter of an hour.
const DOCUMENT_SECONDS: u32 = 900;

impl Place {
    /// Its port, where the authority has this one.
    pub(super) fn port(&self, authority: u16) -> Result<u16, StartError> {
        authority.checked_add(self.offset).ok_or_else(|| StartError::Configuration("--port: must be 65531 at most".to_owned()))
    }

    /// Where it is served, for a person to follow.
    pub(super) fn url(&self, options: &Options) -> Result<String, StartError> {
        Ok(format!("http://127.0.0.1:{}", self.port(options.port)?))
    }

    /// Every address under which it is served.
    fn base_urls(&self, options: &Options) -> Result<Vec<String>, StartError> {
        let port = self.port(options.port)?;
        let mut urls = vec![format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")];
        for host in self.hosts {
            // Clients with a hard-wired host are led here, to the plain port too; what they call the port differs.
            urls.push(format!("https://{host}"));
            urls.extend(options.tls.iter().map(|tls| format!("https://{host}:{}", tls.listen.port())));
        }
        Ok(urls)
    }
}

/// The place of a subsurface portal.
pub(super) const fn place(environment: Environment) -> &'static Place {
    match environment {
        Environment::Production => &SUBSURFACE,
        Environment::Demo => &SUBSURFACE_DEMO,
    }
}

/// The learning API as a site.
pub(super) fn learning(node: &Node, system: &System, learning: Arc<Learning>, options: &Options) -> Result<Site, StartError> {
    let dependencies = learning::Dependencies {
        verifier: node.authority.verifier().clone(),
        clock: system.clock.clone(),
        entropy: system.entropy.clone(),
        tokens: AuthorityTokens::new(node.authority.clone()),
        base_urls: LEARNING.base_urls(options)?,
        console: Some(node.config.base_url()),
    };
    Ok(plain(learning.router(dependencies).map_err(|error| StartError::Configuration(error.to_string()))?))
}

/// A subsurface portal as a site. Its documents are longer than other requests.
pub(super) fn subsurface(node: &Node, portal: Arc<Subsurface>, environment: Environment, options: &Options) -> Result<Site, StartError> {
    let base_urls = place(environment).base_urls(options)?;
    let dependencies = subsurface::Dependencies { verifier: node.authority.verifier().clone(), base_urls };
    let site = plain(portal.router(dependencies).map_err(|error| StartError::Configuration(error.to_string()))?);
    Ok(Site { body: Some(BodyBounds { bytes: MAX_BODY_BYTES, seconds: DOCUMENT_SECONDS }), ..site })
}

/// The privacy API as a site.
pub(super) fn privacy(node: &Node, portal: Arc<Privacy>, options: &Options) -> Result<Site, StartError> {
    let dependencies = privacy::Dependencies {
        verifier: node.authority.verifier().clone(),
        base_urls: PRIVACY.base_urls(options)?,
        issuer: Some(node.config.base_url()),
    };
    Ok(plain(portal.router(dependencies).map_err(|error| StartError::Configuration(error.to_string()))?))
}

fn plain(router: axum::Router) -> Site {
    Site { headers: Headers::Plain, ..Site::new(router.layer(axum::middleware::map_request(name_request))) }
}

/// Hands on what the edge knows of a request, in the words that the reference APIs read.
async fn name_request(mut request: Request) -> Request {
    if let Some(context) = request.extensions().get::<Context>().copied() {
        request.extensions_mut().insert(context.request_id);
        request.extensions_mut().insert(ConnectInfo(context.peer));
    }
    request
}
