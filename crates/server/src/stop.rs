//! How a server ends: it says that it is not ready, finishes what runs and leaves the other nodes, all within bounds.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::edge::Edge;
use crate::node::Node;

/// SIGTERM and Ctrl-C, heard from when this was made.
pub(crate) struct Signals {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl Signals {
    pub(crate) fn hear() -> Self {
        Self { terminate: signal(SignalKind::terminate()).ok(), interrupt: signal(SignalKind::interrupt()).ok() }
    }

    /// The next of either.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            () = received(&mut self.terminate) => {}
            () = received(&mut self.interrupt) => {}
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        // A signal that cannot be heard does what it does to any process.
        None => std::future::pending().await,
    }
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) node: Node,
    pub(crate) edge: Arc<Edge>,
    /// Tells the listeners to end.
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) listeners: Vec<JoinHandle<()>>,
}

impl Running {
    /// Goes on until a signal comes, then ends in order; at a second signal at once.
    pub(crate) async fn until_told(self, mut signals: Signals) {
        signals.next().await;
        tokio::select! {
            () = self.end() => tracing::info!("stopped"),
            () = signals.next() => tracing::warn!("told twice: ended at once; the next change of other nodes waits for this one's lease"),
        }
    }

    /// Takes at most `drain_milliseconds`, `stop_milliseconds` and what [`Node::stop`] takes.
    async fn end(self) {
        let Self { node, edge, stop, listeners } = self;
        // Not ready first: whoever sends requests here notices before anything is refused. Meanwhile everything is answered,
        // and every answer asks for the next request on another connection, which then goes elsewhere.
        node.drain();
        edge.drain();
        let drain = Duration::from_millis(node.config.drain_milliseconds);
        tracing::info!(milliseconds = node.config.drain_milliseconds, "told to stop: not ready any more, still answering");
        tokio::time::sleep(drain).await;
        let _ = stop.send(true);
        for listener in listeners {
            let _ = listener.await;
        }
        // Nothing is answered from here on, so that nobody need wait for this node.
        node.stop().await;
    }
}
