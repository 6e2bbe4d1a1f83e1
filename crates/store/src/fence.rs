//! The fence after a restore: up to which id things are refused, and what is confirmed already.

use domain::event::Sequence;
use domain::fence::{Fence, Scope};

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    FENCE = "SELECT newest, backup_at, backup_seq, raised_at FROM fence WHERE id = 1";
    CONFIRMED = "SELECT scope FROM fence_confirmed ORDER BY scope";
    RAISE_FENCE = "INSERT INTO fence (id, newest, backup_at, backup_seq, raised_at) VALUES (1, $1, $2, $3, $4)";
    CONFIRM = "INSERT INTO fence_confirmed (scope) VALUES ($1) ON CONFLICT (scope) DO NOTHING";
    DROP_FENCE = "DELETE FROM fence";
    DROP_CONFIRMED = "DELETE FROM fence_confirmed";
}

impl Reader<'_> {
    /// The fence, where one stands.
    pub async fn fence(&mut self) -> Result<Option<Fence>, StoreError> {
        read(&mut self.executor).await
    }
}

impl Tx<'_> {
    /// Raises a fence in the place of the one that stands, if any.
    pub async fn raise_fence(&mut self, fence: &Fence) -> Result<(), StoreError> {
        self.drop_fence().await?;
        let Fence { newest, backup_at, backup, raised_at, confirmed } = fence;
        self.executor.execute(&RAISE_FENCE, &params![newest, *backup_at, backup.0, *raised_at]).await?;
        for scope in confirmed {
            self.confirm(scope).await?;
        }
        Ok(())
    }

    /// Lets a part work again; everything takes the fence away. Says whether that changed anything.
    pub async fn confirm(&mut self, scope: &Scope) -> Result<bool, StoreError> {
        match text(scope) {
            Some(text) => Ok(self.executor.execute(&CONFIRM, &params![&text]).await? > 0),
            None => self.drop_fence().await,
        }
    }

    async fn drop_fence(&mut self) -> Result<bool, StoreError> {
        self.executor.execute(&DROP_CONFIRMED, &params![]).await?;
        Ok(self.executor.execute(&DROP_FENCE, &params![]).await? > 0)
    }
}

/// The fence, in the transaction that the executor is in.
pub(crate) async fn read(executor: &mut Executor<'_>) -> Result<Option<Fence>, StoreError> {
    let Some(mut row) = executor.row(&FENCE, &params![]).await? else { return Ok(None) };
    let (newest, backup_at) = (row.take()?, row.take()?);
    let (backup, raised_at) = (Sequence(row.take()?), row.take()?);
    let rows = executor.rows(&CONFIRMED, &params![]).await?;
    let confirmed = rows.into_iter().map(|mut row| row.parse(|text| scope(text).ok_or(()))).collect::<Result<_, _>>()?;
    Ok(Some(Fence { newest, backup_at, backup, raised_at, confirmed }))
}

fn text(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Everything => None,
        Scope::Organisation { organisation } => Some(format!("organisation:{organisation}")),
        Scope::Api { api } => Some(format!("api:{api}")),
    }
}

fn scope(text: &str) -> Option<Scope> {
    match text.split_once(':')? {
        ("organisation", id) => Some(Scope::Organisation { organisation: id.parse().ok()? }),
        ("api", name) => Some(Scope::Api { api: name.to_owned() }),
        _ => None,
    }
}
