//! The eras of the database: each begins where commits may have been lost, so that whoever waits can notice.

use std::time::Duration;

use domain::event::Sequence;
use domain::id::RequestId;

use crate::Store;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::node::LiveNode;
use crate::statement::{era, statements};
use crate::value::params;

statements! {
    SITUATION = concat!("SELECT ", era!(), ", (SELECT value FROM setting WHERE name = 'settled_era'), (SELECT max(lease) FROM node),
        node.id, node.lease_no, node.lease, node.ack
        FROM (SELECT 1 AS one) AS one LEFT JOIN node ON node.live = 1 ORDER BY node.id");
    AT_PLACE = concat!("SELECT ", era!(), ", (SELECT request FROM journal WHERE seq = $1)");
    // Only where it is still the era: of an older one nothing was shown about this one.
    SETTLE = concat!("INSERT INTO setting (name, value) SELECT 'settled_era', $1 WHERE ", era!(), " = $1
        ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    SETTLE_FIRST = concat!("INSERT INTO setting (name, value) SELECT 'settled_era', ", era!(), " WHERE 1 = 1
        ON CONFLICT (name) DO UPDATE SET value = excluded.value");
}

/// For how long one server of the database has been running as the primary without a break: its timeline and its start.
/// Within an era no commit is lost; from one to the next some may be, where replication is not synchronous, where a
/// commit was seen that had not been confirmed, or where a backup was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Era(String);

impl Era {
    /// An era of this name, for tests of whoever uses this.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// What a change has to know of the other nodes, from one state of the database.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The era.
    pub era: Era,
    /// Whether it is known that no lease of an earlier era is out any more.
    pub settled: bool,
    /// The longest lease of any node in the table, live or not.
    pub longest_lease: Duration,
    /// The nodes that changes wait for.
    pub live: Vec<LiveNode>,
}

impl Store {
    /// The nodes that changes wait for, and the era, in a state of the database that is later than the call.
    pub async fn situation(&self) -> Result<Situation, StoreError> {
        match &self.inner.links {
            None => self.read(|reader| Box::pin(situation(&mut reader.executor))).await,
            Some(links) => links.run(|executor| Box::pin(situation(executor))).await,
        }
    }

    /// The era, and in which request the entry at this place of the journal was made, if there is one.
    pub async fn at_place(&self, place: Sequence) -> Result<(Era, Option<RequestId>), StoreError> {
        match &self.inner.links {
            None => self.read(move |reader| Box::pin(at_place(&mut reader.executor, place))).await,
            Some(links) => links.run(move |executor| Box::pin(at_place(executor, place))).await,
        }
    }

    /// Says that no lease of an earlier era is out any more.
    pub async fn settle_era(&self, era: &Era) -> Result<(), StoreError> {
        let Era(era) = era.clone();
        self.on_nodes(move |executor| {
            let era = era.clone();
            Box::pin(async move { executor.execute(&SETTLE, &params![&era]).await.map(drop) })
        })
        .await
    }
}

/// In a database that was empty: no node can have had a lease from it.
pub(crate) async fn settle_first(executor: &mut Executor<'_>) -> Result<(), StoreError> {
    executor.execute(&SETTLE_FIRST, &params![]).await.map(drop)
}

async fn situation(executor: &mut Executor<'_>) -> Result<Situation, StoreError> {
    let mut found = None;
    for mut row in executor.rows(&SITUATION, &params![]).await? {
        let (era, settled): (String, Option<String>) = (row.take()?, row.take()?);
        let longest: Option<i64> = row.take()?;
        let situation = found.get_or_insert_with(|| Situation {
            settled: settled.as_ref() == Some(&era),
            era: Era(era),
            longest_lease: Duration::from_micros(longest.unwrap_or_default().unsigned_abs()),
            live: Vec::new(),
        });
        situation.live.extend(LiveNode::optional(&mut row)?);
    }
    found.ok_or_else(|| StoreError::corrupt("the era"))
}

async fn at_place(executor: &mut Executor<'_>, place: Sequence) -> Result<(Era, Option<RequestId>), StoreError> {
    let row = executor.row(&AT_PLACE, &params![place.0]).await?;
    let mut row = row.ok_or_else(|| StoreError::corrupt("the era"))?;
    Ok((Era(row.take()?), row.take()?))
}
