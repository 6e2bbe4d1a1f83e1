//! Listens: takes connections in, until it is told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::Receiver;
use tokio_rustls::TlsAcceptor;

use super::connection::Connection;
use super::watch::{Admitted, Watch, Watched, WatchedStream};
use super::{Edge, Scheme, Sites};

const TICK: Duration = Duration::from_secs(1);
/// How long nothing is accepted when the process is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often a stopping server looks whether the last request is done.
const STOP_LOOK: Duration = Duration::from_millis(5);

impl Edge {
    /// Serves the sites on a listener until `stop` turns true or its sender is gone: then nothing new is accepted,
    /// running requests have [`super::Limits::stop_milliseconds`] to finish, and what is left is dropped.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, tls: Option<Arc<ServerConfig>>, sites: Sites, mut stop: Receiver<bool>) {
        let watch = Arc::new(Watch::new(self.limits.clone(), self.connections.clone()));
        let (sites, tls) = (Arc::new(sites), tls.map(TlsAcceptor::from));
        let mut ticks = tokio::time::interval(TICK);
        let mut stopped = pin!(async move {
            let _ = stop.wait_for(|stopped| *stopped).await;
        });
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = ticks.tick() => {
                    watch.tick();
                    continue;
                }
                () = &mut stopped => break,
            };
            match accepted {
                Ok(accepted) => self.take_in(&watch, accepted, tls.clone(), sites.clone()),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        self.stop(&watch).await;
    }

    fn take_in(self: &Arc<Self>, watch: &Arc<Watch>, (stream, peer): (TcpStream, SocketAddr), tls: Option<TlsAcceptor>, sites: Arc<Sites>) {
        let Some(admitted) = watch.admit() else {
            tracing::warn!(connections = watch.count(), "too many connections; a new one is refused");
            return;
        };
        // Answers are written whole: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let watched = admitted.watched.clone();
        let (edge, of_connection) = (self.clone(), watched.clone());
        let future = async move {
            let secured = tls.is_some();
            let protected = secured && is_tls(&stream).await;
            let scheme = if protected { Scheme::Https } else { Scheme::Http };
            let arrival = edge.guard.arrival(peer.ip(), protected, secured && !protected);
            let (ids, header_bytes) = (edge.ids.connection(), edge.limits.header_bytes);
            let connection = Connection { edge, sites, ids, peer, scheme, arrival, watched: of_connection };
            match tls.filter(|_| protected) {
                None => converse(stream, connection, header_bytes).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, connection, header_bytes).await;
                    }
                }
            }
        };
        crate::task::spawn("connection", Cuttable { future: Box::pin(future), watched, _admitted: admitted });
    }

    async fn stop(&self, watch: &Watch) {
        watch.stop();
        let finished = async {
            while watch.count() > 0 {
                tokio::time::sleep(STOP_LOOK).await;
            }
        };
        let time = Duration::from_millis(self.limits.stop_milliseconds.into());
        if tokio::time::timeout(time, finished).await.is_err() {
            tracing::warn!(connections = watch.count(), "connections were cut at the stop");
            watch.cut();
        }
    }
}

/// Whether what comes is not plain HTTP: that begins with the letter of a method, a handshake with 22 (RFC 8446 section 5.1).
/// Who confuses the two is told so, instead of being cut off.
async fn is_tls(stream: &TcpStream) -> bool {
    let mut first = [0];
    !matches!(stream.peek(&mut first).await, Ok(1..) if first[0].is_ascii_alphabetic())
}

/// Whether accepting failed for the one connection only, which its caller already gave up.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S, connection: Connection, header_bytes: usize) {
    let watched = connection.watched.clone();
    let stream = TokioIo::new(WatchedStream::new(stream, watched.clone()));
    // No timer: the watch takes the time. At most 100 headers is what the parser does of its own (431). The buffer is
    // larger than the headers may be: when it is full before they are too large, hyper waits instead of answering.
    let mut conversation =
        pin!(http1::Builder::new().max_header_size(header_bytes).max_buf_size(2 * header_bytes).serve_connection(stream, connection));
    let mut told = false;
    std::future::poll_fn(|context| {
        if !told && watched.is_stopping() {
            told = true;
            conversation.as_mut().graceful_shutdown();
        }
        // How it ended is the caller's business: broken connections and malformed requests are daily bread.
        conversation.as_mut().poll(context).map(drop)
    })
    .await;
}

/// A connection's task, which ends as soon as the watch cuts it.
struct Cuttable<F> {
    future: Pin<Box<F>>,
    watched: Arc<Watched>,
    _admitted: Admitted,
}

impl<F: Future<Output = ()>> Future for Cuttable<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<()> {
        self.watched.listen(context);
        if self.watched.is_cut() { Poll::Ready(()) } else { self.future.as_mut().poll(context) }
    }
}
