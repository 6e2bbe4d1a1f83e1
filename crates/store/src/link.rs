//! The connections of a PostgreSQL node that are for nothing but the protocol between nodes: one that renews, one that
//! hears the doorbell, a few that acknowledge and ask.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_postgres::{Connect, Pool};
use domain::event::Sequence;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use tokio::task::JoinHandle;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Socket};

use crate::Store;
use crate::database::Borrowed;
use crate::error::StoreError;
use crate::executor::{Control, Executor};
use crate::node::{Tail, read_tail};
use crate::options::Options;
use crate::postgres::{self, Tls};
use crate::writer::Shared;

/// How long a renewal, or one of the other statements here, may take.
pub(crate) const STATEMENT_LIMIT: Duration = Duration::from_secs(2);
/// How many connections acknowledge and ask.
const ASKING: usize = 4;
/// What rings the others' doorbells.
pub(crate) const RING: &str = "NOTIFY poort_journal";
const HEAR: &str = "LISTEN poort_journal";

/// The pools of the protocol.
pub(crate) struct Links {
    /// For what may commit asynchronously: an acknowledgement stays true, and a lapse that is lost is made again.
    pub(crate) nodes: Pool,
    renewals: Pool,
    /// Whether PostgreSQL warned on the connection of renewals.
    warned: Arc<AtomicBool>,
}

impl Links {
    pub(crate) fn new(url: &str, options: &Options) -> Result<Self, StoreError> {
        let warned = Arc::new(AtomicBool::new(false));
        let renewals = postgres::watched_pool(url, options, warned.clone())?;
        Ok(Self { nodes: postgres::pool_with(url, options, ASKING, "-c synchronous_commit=off")?, renewals, warned })
    }

    /// Runs one statement, which is a transaction of its own.
    pub(crate) async fn run<T, F>(&self, mut work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnMut(&'a mut Executor<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send,
    {
        let connection = Borrowed(Some(postgres::connection(&self.nodes).await?));
        let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
        let value = work(&mut Executor::postgres(client, STATEMENT_LIMIT)).await?;
        connection.give_back();
        Ok(value)
    }

    /// Runs the transaction of a renewal. Any error, a time-out or a warning drops the connection.
    pub(crate) async fn renew<F>(&self, shared: &Arc<Shared>, mut work: F) -> Result<Renewal, StoreError>
    where
        F: for<'a> FnMut(&'a mut Executor<'_>) -> BoxFuture<'a, Result<(), StoreError>> + Send,
    {
        let renewing = async {
            let connection = Borrowed(Some(postgres::connection(&self.renewals).await?));
            let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
            let mut executor = Executor::watched(client, STATEMENT_LIMIT, &self.warned);
            executor.control(Control::BeginWrite).await?;
            work(&mut executor).await?;
            executor.commit().await?;
            Ok(Renewal { over: Over::Connection(connection, shared.clone()) })
        };
        let renewed = tokio::time::timeout(STATEMENT_LIMIT, renewing).await;
        renewed.unwrap_or_else(|_| Err(StoreError::unavailable("the database did not renew the lease in time")))
    }
}

/// A renewal that is committed. The journal is read through it, so that it is the same server's, in a later state.
pub struct Renewal {
    over: Over,
}

#[allow(clippy::large_enum_variant, reason = "there is one of it at a time")]
enum Over {
    Embedded(Store),
    Connection(Borrowed, Arc<Shared>),
}

impl Renewal {
    pub(crate) fn embedded(store: Store) -> Self {
        Self { over: Over::Embedded(store) }
    }

    /// The journal after a place, at most `limit` entries, with its head.
    pub async fn journal_after(&mut self, after: Sequence, limit: u32) -> Result<Tail, StoreError> {
        let (connection, shared) = match &self.over {
            Over::Embedded(store) => return store.journal_after(after, limit).await,
            Over::Connection(connection, shared) => (connection, shared),
        };
        let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
        let mut executor = Executor::postgres(client, STATEMENT_LIMIT);
        executor.control(Control::BeginRead).await?;
        let tail = read_tail(&mut executor, shared, after, limit).await?;
        executor.control(Control::Rollback).await?;
        Ok(tail)
    }

    /// Keeps the connection for the next renewal; without this it is dropped.
    pub fn finish(self) {
        if let Over::Connection(connection, _) = self.over {
            connection.give_back();
        }
    }
}

/// Listens on a connection of its own until it breaks.
pub(crate) async fn listen(config: &Config, tls: Tls, ring: &(dyn Fn() + Send + Sync)) -> Result<(), StoreError> {
    let failed = |error: tokio_postgres::Error| postgres::store_error(&error);
    match tls {
        Tls::Off => {
            let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(failed)?;
            attend(client, connection, ring).await
        }
        Tls::On(tls) => {
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            attend(client, connection, ring).await
        }
    }
}

async fn attend<S, T>(client: Client, mut connection: Connection<S, T>, ring: &(dyn Fn() + Send + Sync)) -> Result<(), StoreError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    let mut asking = std::pin::pin!(client.batch_execute(HEAR));
    let mut heard = false;
    loop {
        tokio::select! {
            asked = &mut asking, if !heard => {
                asked.map_err(|error| postgres::store_error(&error))?;
                heard = true;
                // What came before the bell hung.
                ring();
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(_))) => ring(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(postgres::store_error(&error)),
                None => return Ok(()),
            }
        }
    }
}

/// Opens connections and watches them for warnings.
pub(crate) struct Watched<T> {
    pub(crate) tls: T,
    pub(crate) warned: Arc<AtomicBool>,
}

impl<T> Connect for Watched<T>
where
    T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
    T::Stream: Sync + Send,
    T::TlsConnect: Sync + Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        let (tls, config, warned) = (self.tls.clone(), config.clone(), self.warned.clone());
        Box::pin(async move {
            let (client, mut connection) = config.connect(tls).await?;
            let watching = async move {
                while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                    match message {
                        Ok(AsyncMessage::Notice(notice)) if notice.severity() != "NOTICE" && notice.severity() != "INFO" => {
                            warned.store(true, Ordering::SeqCst);
                            tracing::warn!(code = notice.code().code(), "PostgreSQL warned about a commit");
                        }
                        Ok(_) => {}
                        Err(_) => return,
                    }
                }
            };
            #[expect(clippy::disallowed_methods, reason = "the pool ends it with its connection; it logs nothing that could be lost")]
            let task = tokio::spawn(watching);
            Ok((client, task))
        })
    }
}
