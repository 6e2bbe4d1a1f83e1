//! Sends clients the logout tokens that are due (OpenID Connect Back-Channel Logout section 2.5), beside the requests.

use std::time::Duration;

use authority::{Authority, LogoutUndone};
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::config::Config;
use crate::node::StartError;
use crate::outbound::Outbound;

/// How many notices are looked at in one go.
const PART: u32 = 100;
/// How many are sent at once: one client that does not answer keeps no other waiting.
const AT_ONCE: usize = 16;
/// How often to look for what other nodes have left, and for what is to be tried again.
const LOOK: Duration = Duration::from_secs(10);

/// Sends the notices of a node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LogoutSender {
    authority: Authority,
    outbound: Outbound,
    issuer: String,
}

impl LogoutSender {
    pub(crate) fn new(authority: Authority, config: &Config) -> Result<Self, StartError> {
        let outbound = Outbound::new(&config.outbound_networks).map_err(|error| StartError::Configuration(error.to_string()))?;
        Ok(Self { authority, outbound, issuer: config.base_url() })
    }

    /// Goes on for as long as the node runs.
    pub(crate) async fn run(&self) {
        loop {
            // At once where a session has ended here; else after a while.
            let _ = tokio::time::timeout(LOOK, self.authority.logout_notices_wait()).await;
            self.send_due().await;
        }
    }

    /// Sends what is due at this moment.
    pub(crate) async fn send_due(&self) {
        let due = match self.authority.due_logout_notices(self.authority.clock().now(), PART).await {
            Ok(due) => due,
            Err(error) => return tracing::debug!(%error, "the clients that are to be told of ended sessions were not read"),
        };
        stream::iter(due).for_each_concurrent(AT_ONCE, |notice| self.send(notice)).await;
    }

    async fn send(&self, notice: store::LogoutNotice) {
        let due = match self.authority.claim_logout_notice(notice, &self.issuer, self.authority.clock().now()).await {
            Ok(Some(due)) => due,
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, "a client could not be told that a session has ended; it is tried again"),
        };
        let settled = match self.outbound.tell(&due.uri, &[("logout_token", due.token.expose())]).await {
            Ok(()) => self.authority.logout_told(&due).await,
            Err(cause) => {
                let failed = self.authority.logout_failed(&due).await;
                let is_over = matches!(failed, Ok(LogoutUndone::GivenUp));
                tracing::warn!(client = due.client_id, %cause, is_over, "a client was not told that a session has ended");
                failed.map(drop)
            }
        };
        if let Err(error) = settled {
            tracing::debug!(%error, "what became of telling a client was not written: it is told once more");
        }
    }
}
