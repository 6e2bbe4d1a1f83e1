//! The processes that share the database: their leases, what their indexes hold, and the way into and out of the table.

use std::time::Duration;

use domain::event::{Entry, Sequence};
use domain::id::NodeId;
use domain::time::Timestamp;
use futures_util::future::BoxFuture;

use crate::Store;
use crate::database::read_postgres;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::link::Renewal;
use crate::statement::statements;
use crate::transaction::{Page, Reader};
use crate::value::{Row, params};
use crate::writer::Shared;
use crate::{journal, link, postgres};

statements! {
    REGISTER = "INSERT INTO node (id, name, lease, lease_no, live, ack, started_at) VALUES ($1, $2, $3, 0, 0, 0, $4)";
    RENEW = "UPDATE node SET lease_no = lease_no + 1, live = 1, ack = CASE WHEN ack < $2 THEN $2 ELSE ack END, renewed_at = $3
        WHERE id = $1";
    ACKNOWLEDGE = "UPDATE node SET ack = $2 WHERE id = $1 AND ack < $2";
    LIVE = "SELECT id, lease_no, lease, ack FROM node WHERE live = 1 ORDER BY id";
    // A node that renewed meanwhile has another number: it is alive, and must go on being waited for.
    LAPSE = "UPDATE node SET live = 0 WHERE id = $1 AND lease_no = $2";
    LEAVE = "UPDATE node SET live = 0 WHERE id = $1";
    FORGET = "DELETE FROM node WHERE live = 0 AND started_at < $1 AND (renewed_at IS NULL OR renewed_at < $1)";
    NODES = "SELECT id, name, lease_no, lease, live, ack, started_at, renewed_at FROM node WHERE id > $1 ORDER BY id LIMIT $2";
}

/// A process that shares the database, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id: another one at each start.
    pub id: NodeId,
    /// Where it runs, for people.
    pub name: String,
    /// How often it has renewed its lease.
    pub lease_number: i64,
    /// For how long it may answer after a renewal, on its own clock.
    pub lease: Duration,
    /// Whether changes wait for it.
    pub live: bool,
    /// The last change that its index is known to hold.
    pub acknowledged: Sequence,
    /// When it started, on its own wall clock.
    pub started_at: Timestamp,
    /// When it renewed its lease last, on its own wall clock.
    pub renewed_at: Option<Timestamp>,
}

/// A node that changes wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveNode {
    /// Which.
    pub id: NodeId,
    /// The number of its lease: a node that renewed since has another one.
    pub lease_number: i64,
    /// For how long it may answer after a renewal, on its own clock.
    pub lease: Duration,
    /// The last change that its index holds.
    pub acknowledged: Sequence,
}

impl LiveNode {
    /// From the next four columns; all of them are null where there is none.
    pub(crate) fn optional(row: &mut Row) -> Result<Option<Self>, StoreError> {
        let Some(id) = row.take()? else { return Ok(None) };
        let lease_number = row.take()?;
        Ok(Some(Self { id, lease_number, lease: Duration::from_micros(row.take()?), acknowledged: Sequence(row.take()?) }))
    }
}

/// The journal's head and the entries after a place, from one state of the database.
#[derive(Debug, Clone)]
pub struct Tail {
    /// The last change that there was.
    pub head: Sequence,
    /// The entries after the asked place, oldest first; perhaps not all of them.
    pub entries: Vec<Entry>,
}

impl Store {
    /// Makes this process known under a fresh id. Nobody waits for it before its first renewal.
    pub async fn register_node(&self, id: NodeId, name: &str, started_at: Timestamp) -> Result<(), StoreError> {
        let (name, lease) = (name.to_owned(), i64::try_from(self.inner.options.lease.as_micros()).unwrap_or(i64::MAX));
        self.on_nodes(move |executor| {
            let name = name.clone();
            Box::pin(async move { executor.execute(&REGISTER, &params![&id, &name, lease, started_at]).await.map(drop) })
        })
        .await?;
        self.inner.shared.set_node(id);
        Ok(())
    }

    /// Under which id this process is known, if it is.
    pub fn own_node(&self) -> Option<NodeId> {
        self.inner.shared.node()
    }

    /// Renews the lease of this process: one transaction of its own on a connection of its own, committed
    /// synchronously. After `Ok` the journal is to be read to its head through the [`Renewal`], then the lease counts from
    /// before this was called. After an error nothing may be installed; the connection is gone. `Refused`: this process
    /// is not known any more and has to register anew.
    pub async fn renew_node(&self, applied: Sequence, at: Timestamp) -> Result<Renewal, StoreError> {
        let id = self.own_node().ok_or_else(|| StoreError::defect("a renewal before the registration"))?;
        let Some(links) = &self.inner.links else {
            self.keep(move |executor| Box::pin(renew(executor, id, applied, at))).await?;
            return Ok(Renewal::embedded(self.clone()));
        };
        links.renew(&self.inner.shared, move |executor| Box::pin(renew(executor, id, applied, at))).await
    }

    /// Says that this process's index holds everything up to here. Stays true, so it need not reach the disk.
    pub async fn acknowledge(&self, applied: Sequence) -> Result<(), StoreError> {
        let Some(id) = self.own_node() else { return Ok(()) };
        self.on_nodes(move |executor| Box::pin(async move { executor.execute(&ACKNOWLEDGE, &params![&id, applied.0]).await.map(drop) }))
            .await
    }

    /// The nodes that changes wait for, in a state of the database that is later than the call.
    pub async fn live_nodes(&self) -> Result<Vec<LiveNode>, StoreError> {
        let Some(links) = &self.inner.links else {
            return self.read(|reader| Box::pin(live(&mut reader.executor))).await;
        };
        links.run(|executor| Box::pin(live(executor))).await
    }

    /// Counts a node as gone whose lease has certainly ended, unless it has renewed it since.
    pub async fn lapse_node(&self, node: &LiveNode) -> Result<(), StoreError> {
        let LiveNode { id, lease_number, .. } = *node;
        self.on_nodes(move |executor| Box::pin(async move { executor.execute(&LAPSE, &params![&id, lease_number]).await.map(drop) })).await
    }

    /// Says that this process answers nothing any more, so that nobody waits for it.
    pub async fn leave_node(&self) -> Result<(), StoreError> {
        let Some(id) = self.own_node() else { return Ok(()) };
        self.on_nodes(move |executor| Box::pin(async move { executor.execute(&LEAVE, &params![&id]).await.map(drop) })).await
    }

    /// Forgets nodes that are gone and were last seen before this moment.
    pub async fn forget_nodes(&self, before: Timestamp) -> Result<(), StoreError> {
        self.on_nodes(move |executor| Box::pin(async move { executor.execute(&FORGET, &params![before]).await.map(drop) })).await
    }

    /// The journal after a place, at most `limit` entries, with its head. `Refused` where the database was restored since
    /// the snapshot was loaded.
    pub async fn journal_after(&self, after: Sequence, limit: u32) -> Result<Tail, StoreError> {
        let shared = self.inner.shared.clone();
        let Some(links) = &self.inner.links else {
            return self.read(move |reader| Box::pin(async move { read_tail(&mut reader.executor, &shared, after, limit).await })).await;
        };
        // Not through the readers, which may all be busy with long lists.
        let read = read_postgres(&links.nodes, &self.inner.options, move |reader| {
            Box::pin(async move { read_tail(&mut reader.executor, &shared, after, limit).await })
        });
        read.await
    }

    /// Says that the index holds everything up to here by other ways than the feed, so that the feed need not give it.
    pub fn note_applied(&self, sequence: Sequence) {
        self.inner.shared.set_fed(sequence);
    }

    /// Calls `ring` whenever another process has changed something, until the connection breaks. With an embedded
    /// database it never does either. A bell may be missed: it says only that looking is worth it.
    pub async fn listen(&self, ring: &(dyn Fn() + Send + Sync)) -> Result<(), StoreError> {
        match &self.inner.options.url {
            crate::DatabaseUrl::Sqlite(_) => std::future::pending().await,
            crate::DatabaseUrl::Postgres(url) => {
                let (config, tls) = postgres::config(url, &self.inner.options, "")?;
                link::listen(&config, tls, ring).await
            }
        }
    }

    pub(crate) async fn on_nodes<F>(&self, work: F) -> Result<(), StoreError>
    where
        F: for<'a> FnMut(&'a mut Executor<'_>) -> BoxFuture<'a, Result<(), StoreError>> + Send + 'static,
    {
        match &self.inner.links {
            None => self.keep(work).await,
            Some(links) => links.run(work).await,
        }
    }
}

impl Reader<'_> {
    /// The nodes that are known, ordered by id.
    pub async fn nodes(&mut self, page: Page) -> Result<Vec<Node>, StoreError> {
        let rows = self.executor.rows(&NODES, &params![&page.after.unwrap_or_default(), page.limit]).await?;
        rows.into_iter().map(node).collect()
    }
}

/// The journal's head and what is after a place, in the transaction that the executor is in.
pub(crate) async fn read_tail(executor: &mut Executor<'_>, shared: &Shared, after: Sequence, limit: u32) -> Result<Tail, StoreError> {
    let head = shared.check_life(journal::read_head(executor).await?)?;
    let entries = if head > after { journal::tail(executor, after, limit).await? } else { Vec::new() };
    Ok(Tail { head, entries })
}

async fn renew(executor: &mut Executor<'_>, id: NodeId, applied: Sequence, at: Timestamp) -> Result<(), StoreError> {
    match executor.execute(&RENEW, &params![&id, applied.0, at]).await? {
        0 => Err(StoreError::Refused("this node is not known any more".into())),
        _ => Ok(()),
    }
}

pub(crate) async fn live(executor: &mut Executor<'_>) -> Result<Vec<LiveNode>, StoreError> {
    executor.rows(&LIVE, &params![]).await?.into_iter().map(live_node).collect()
}

fn live_node(mut row: Row) -> Result<LiveNode, StoreError> {
    LiveNode::optional(&mut row)?.ok_or_else(|| StoreError::corrupt("a node"))
}

fn node(mut row: Row) -> Result<Node, StoreError> {
    Ok(Node {
        id: row.take()?,
        name: row.take()?,
        lease_number: row.take()?,
        lease: Duration::from_micros(row.take()?),
        live: row.take()?,
        acknowledged: Sequence(row.take()?),
        started_at: row.take()?,
        renewed_at: row.take()?,
    })
}
