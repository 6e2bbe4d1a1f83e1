//! Import of organisation tokens from another system: username and digest work at once, the codes are never seen.

use domain::event::Sequence;
use domain::organisation_token::{OrganisationToken, Username, bound};
use domain::permission::Permissions;
use domain::text::Description;
use domain::{CredentialId, Digest, OrganisationId, Timestamp};
use futures_util::FutureExt as _;
use store::{Abort, Outcome, StoreError, Tx};

use crate::organisation_token::{api_for, check_permissions, insert, made};
use crate::personal_token::valid_expiry;
use crate::{Authority, Context, Error, ImportReport, Receipt};

/// One organisation token to import.
#[derive(Debug, Clone)]
pub struct OrganisationTokenRow {
    /// Whose.
    pub organisation: OrganisationId,
    /// The API that it is for; it must take imported credentials.
    pub api: String,
    /// Its username.
    pub username: Username,
    /// What it is for.
    pub description: Description,
    /// SHA-256 of its code.
    pub digest: Digest,
    /// When it stops by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// What it may do at most.
    pub permissions: Permissions,
}

impl Authority {
    /// Imports organisation tokens. Each row is a change of its own; a refused one leaves the others alone; a repeated one
    /// changes nothing.
    pub async fn import_organisation_tokens(
        &self,
        context: &Context,
        rows: Vec<OrganisationTokenRow>,
    ) -> Result<(ImportReport, Receipt), Error> {
        let row_context = Context { idempotency: None, ..context.clone() };
        let rows = rows.into_iter().map(|row| self.import_organisation_token(row_context.clone(), row).boxed()).collect();
        self.import_rows(context, rows, "unknown_organisation").await
    }

    async fn import_organisation_token(&self, context: Context, row: OrganisationTokenRow) -> Result<Option<Sequence>, Error> {
        let expires_at = row.expires_at.map(|wished| valid_expiry(wished, context.now)).transpose()?;
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let by = context.by();
        let committed = self
            .store
            .write(move |tx| {
                let (row, by) = (row.clone(), by.clone());
                Box::pin(async move {
                    tx.organisation(row.organisation).await?.ok_or(Abort::Refused(Error::NotFound))?;
                    let api = api_for(tx, &row.api).await?;
                    if !api.accepts_imported {
                        return Err(Abort::Refused(Error::invalid("api", "takes no imported credentials")));
                    }
                    check_permissions(&api, &row.permissions).map_err(Abort::Refused)?;
                    if tx.digest_known(&bound(&row.digest, &row.api, row.username.as_str())).await? {
                        return if is_there(tx, &row).await? {
                            Ok(Outcome::Unchanged(()))
                        } else {
                            Err(Abort::Refused(Error::Conflict { code: "digest_known", detail: "this digest is known already" }))
                        };
                    }
                    let made = made(id, row.organisation, (row.api, row.username), row.description, by.at);
                    let token = OrganisationToken { expires_at, permissions: row.permissions, ..made };
                    let recorded = insert(tx, &by, &token, row.digest, true).await?;
                    Ok(Outcome::Changed((), recorded))
                })
            })
            .await?;
        Ok(committed.sequence)
    }
}

/// Whether the very token was imported before.
async fn is_there(tx: &mut Tx<'_>, row: &OrganisationTokenRow) -> Result<bool, StoreError> {
    let Some(id) = tx.organisation_token_named(&row.api, &row.username).await? else { return Ok(false) };
    let Some(token) = tx.organisation_token(id).await? else { return Ok(false) };
    let digest = bound(&row.digest, &row.api, row.username.as_str());
    let secrets = tx.organisation_token_secrets(id).await?;
    Ok(token.organisation == row.organisation && secrets.iter().any(|secret| secret.digest == digest))
}
