//! Secrets that came over plain HTTP. Not journalled, as uses are not: nothing that a check answers changes by it.

use domain::credential::Digest;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::value::params;

statements! {
    FLUSH_EXPOSURE = "INSERT INTO credential_exposure (digest, exposed_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    EXPOSED_AT = "SELECT exposed_at FROM credential_exposure WHERE digest = $1";
}

/// Marks secrets as exposed; the first time stays.
pub(crate) async fn flush(executor: &mut Executor<'_>, batch: &[(Digest, Timestamp)]) -> Result<(), StoreError> {
    for (digest, at) in batch {
        executor.execute(&FLUSH_EXPOSURE, &params![digest, *at]).await?;
    }
    Ok(())
}

/// When it was first noted under this digest, if it was.
pub(crate) async fn exposed_at(executor: &mut Executor<'_>, digest: &Digest) -> Result<Option<Timestamp>, StoreError> {
    executor.row(&EXPOSED_AT, &params![digest]).await?.map(|mut row| row.take()).transpose()
}
