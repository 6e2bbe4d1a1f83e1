//! What is under way in a portal.

use std::future::Future;
use std::pin::Pin;

use rusqlite::{Transaction, params};

use super::Subsurface;
use super::answer::Failure;
use crate::work::{Unavailable, UnderWay, WorkOf, WorkUnderWay};

impl WorkUnderWay for Subsurface {
    fn api(&self) -> &str {
        self.environment().api()
    }

    fn under_way(&self, of: WorkOf) -> Pin<Box<dyn Future<Output = Result<UnderWay, Unavailable>> + Send + '_>> {
        Box::pin(async move { self.database().read(move |tx| count(tx, &of)).await.map_err(|_| Unavailable) })
    }
}

fn count(tx: &Transaction<'_>, of: &WorkOf) -> Result<UnderWay, Failure> {
    let (column, values) = match of {
        WorkOf::Delegations(ids) => ("delegation", ids.iter().map(ToString::to_string).collect()),
        WorkOf::Organisation(id) => ("organisation", vec![id.to_string()]),
        WorkOf::Workspace(number) => ("project", vec![number.clone()]),
    };
    let values = serde_json::Value::from(values).to_string();
    let sql = format!(
        "SELECT count(*), coalesce(sum((SELECT count(*) FROM documents o WHERE o.upload_id = d.upload_id)), 0) FROM deliveries d
         WHERE next_step IS NOT NULL AND {column} IN (SELECT value FROM json_each(?1))"
    );
    let (deliveries, documents) = tx.query_row(&sql, params![values], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = format!(
        "SELECT count(*) FROM uploads u WHERE {column} IN (SELECT value FROM json_each(?1))
         AND EXISTS (SELECT 1 FROM documents o WHERE o.upload_id = u.id) AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.upload_id = u.id)"
    );
    let uploads = tx.query_row(&sql, params![values], |row| row.get(0))?;
    Ok(UnderWay { deliveries, documents, uploads })
}
