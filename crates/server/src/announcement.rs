//! Telling people of announcements: at once on the node that made one, and every hour of whoever began to use an API since.

use std::time::Duration;

use authority::Authority;

/// How often each node looks.
const LOOK: Duration = Duration::from_secs(3_600);

/// Goes on for as long as the node runs. By itself: ten thousand letters take a while to write, and counted uses wait for nobody.
pub(crate) async fn run(authority: &Authority) {
    loop {
        tell(authority).await;
        let _ = tokio::time::timeout(LOOK, authority.announced()).await;
    }
}

/// Tells those who were not told. What cannot be written now is written at the next look.
pub(crate) async fn tell(authority: &Authority) {
    if let Err(error) = authority.tell_of_announcements(authority.clock().now()).await {
        tracing::warn!(%error, "not everybody was told of what was announced; those are told later");
    }
}
