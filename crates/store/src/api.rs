//! APIs.

use domain::api::ApiDefinition;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

statements! {
    PUT_API = "INSERT INTO api (name, definition, revision) VALUES ($1, $2, 1)
        ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, revision = api.revision + 1 RETURNING revision";
    API = "SELECT definition, revision FROM api WHERE name = $1";
    APIS = "SELECT definition, revision FROM api ORDER BY name";
    REMOVE_API = "DELETE FROM api WHERE name = $1";
}

impl Reader<'_> {
    /// An API's definition and its revision.
    pub async fn api(&mut self, name: &str) -> Result<Option<(ApiDefinition, i64)>, StoreError> {
        self.executor.row(&API, &params![name]).await?.map(api).transpose()
    }

    /// All APIs with their revisions, ordered by name.
    pub async fn apis(&mut self) -> Result<Vec<(ApiDefinition, i64)>, StoreError> {
        self.executor.rows(&APIS, &params![]).await?.into_iter().map(api).collect()
    }
}

impl Tx<'_> {
    /// Writes an API's definition, whether it was there or not; gives its new revision.
    pub async fn put_api(&mut self, definition: &ApiDefinition) -> Result<i64, StoreError> {
        let text = serde_json::to_string(definition).map_err(|error| StoreError::defect(error.to_string()))?;
        let row = self.executor.row(&PUT_API, &params![&definition.name, &text]).await?;
        row.ok_or(StoreError::corrupt("revision of an API"))?.take()
    }

    /// Removes an API; says whether it was there. Ending its credentials is the use case's part.
    pub async fn remove_api(&mut self, name: &str) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REMOVE_API, &params![name]).await? > 0)
    }
}

fn api(mut row: Row) -> Result<(ApiDefinition, i64), StoreError> {
    Ok((row.json()?, row.take()?))
}
