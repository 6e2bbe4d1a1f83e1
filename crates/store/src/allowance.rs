//! How often something may be tried: an allowance that is spent and comes back with time, the same on every node.
//!
//! One number for each allowance, the moment at which all of it is there again (the generic cell rate algorithm). What is not
//! spent takes no room.

use std::sync::Arc;
use std::time::Duration;

use domain::credential::Digest;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::value::params;

statements! {
    // Whether it is allowed is decided by the row's own lock: of two at once one comes first.
    SPEND = "INSERT INTO allowance (name, spent_until) VALUES ($1, $3)
        ON CONFLICT (name) DO UPDATE SET
        spent_until = CASE WHEN allowance.spent_until > $2 THEN allowance.spent_until + $4 ELSE $3 END
        WHERE allowance.spent_until <= $5";
    SPENT_UNTIL = "SELECT spent_until FROM allowance WHERE name = $1";
    GIVE_BACK = "UPDATE allowance SET spent_until = spent_until - $2 WHERE name = $1";
    DROP_UNSPENT = "DELETE FROM allowance WHERE spent_until <= $1";
}

/// One unit of an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Whose allowance, for what.
    pub name: Digest,
    /// How many may be spent at once; at least 1.
    pub burst: u32,
    /// After how long one of them is there again.
    pub interval: Duration,
}

impl Store {
    /// Spends one of each allowance, in their order, up to the first that is used up: then says when there is one again. Not
    /// journalled.
    pub async fn spend(&self, charges: Vec<Charge>, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let charges: Arc<[Charge]> = charges.into();
        self.keep_giving(move |executor| {
            let charges = charges.clone();
            Box::pin(async move { spend(executor, &charges, now).await })
        })
        .await
    }

    /// Gives back one of each allowance. Not journalled.
    pub async fn give_back(&self, charges: Vec<Charge>) -> Result<(), StoreError> {
        let charges: Arc<[Charge]> = charges.into();
        self.keep(move |executor| {
            let charges = charges.clone();
            Box::pin(async move {
                for charge in &*charges {
                    executor.execute(&GIVE_BACK, &params![&charge.name, microseconds(charge.interval)]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Forgets the allowances that are there in full. Not journalled.
    pub async fn drop_unspent_allowances(&self, now: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_UNSPENT, &params![now]).await.map(drop) })).await
    }
}

async fn spend(executor: &mut Executor<'_>, charges: &[Charge], now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    for Charge { name, burst, interval } in charges {
        let tolerated = interval.saturating_mul(burst.saturating_sub(1));
        let params = params![name, now, now.saturating_add(*interval), microseconds(*interval), now.saturating_add(tolerated)];
        if executor.execute(&SPEND, &params).await? == 0 {
            let spent_until = match executor.row(&SPENT_UNTIL, &params![name]).await? {
                Some(mut row) => row.take()?,
                None => now,
            };
            return Ok(Some(Timestamp::saturating_sub(spent_until, tolerated)));
        }
    }
    Ok(None)
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
