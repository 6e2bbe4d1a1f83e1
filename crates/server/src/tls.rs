//! TLS as configured: a certificate and its key, followed in their files for as long as the server runs.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::edge::{Certificates, TlsError};
use crate::node::StartError;
use crate::task;

/// Reads the files, which must hold a pair that works, and follows them from then on.
pub(crate) fn open(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, StartError> {
    let unusable = |error: TlsError| StartError::Configuration(format!("TLS: {error}"));
    let certificates = Certificates::open(chain, key).map_err(unusable)?;
    let config = certificates.config().map_err(unusable)?;
    let (look, told) = watch::channel(0);
    task::spawn("certificates", certificates.follow(told));
    task::spawn("hang-up", hear(look));
    Ok(config)
}

/// SIGHUP, by which whoever renews certificates tells servers so.
async fn hear(look: watch::Sender<u64>) {
    let Ok(mut signals) = signal(SignalKind::hangup()) else {
        // The files are looked at all the same.
        tracing::warn!("SIGHUP cannot be heard");
        return look.closed().await;
    };
    while signals.recv().await.is_some() {
        look.send_modify(|times| *times += 1);
    }
}
