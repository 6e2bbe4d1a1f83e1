//! Import of organisation keys from another system: public id and digest work at once, the private keys are never seen.

use domain::client::Registration;
use domain::event::Sequence;
use domain::organisation_key::PrivateKeyState;
use domain::organisation_token::Username;
use domain::text::Email;
use domain::{CredentialId, Digest, OrganisationId, WorkspaceId};
use futures_util::FutureExt as _;
use store::{Abort, NewOrganisationKey as NewRow, Outcome, StoreError, Tx};

use super::issue::{Owner, insert, made};
use super::request::ClientRequest;
use super::{check_number, check_workspace, has_private_key, settle, valid};
use crate::{Authority, Context, Error, ImportReport, Receipt};

/// One organisation key to import.
#[derive(Debug, Clone)]
pub struct OrganisationKeyRow {
    /// Whose.
    pub organisation: OrganisationId,
    /// The one workspace that it is to see; absent: all of the organisation's.
    pub workspace: Option<WorkspaceId>,
    /// Its public id in the other system.
    pub client_id: Username,
    /// SHA-256 of its private key.
    pub digest: Digest,
    /// Whom to write to about it.
    pub contact: Option<Email>,
    /// Its OAuth side.
    pub client: ClientRequest,
}

impl Authority {
    /// Imports organisation keys. Each row is a change of its own; a refused one leaves the others alone; a repeated one changes
    /// nothing. They work on the APIs that take imported credentials, and as clients.
    pub async fn import_organisation_keys(
        &self,
        context: &Context,
        rows: Vec<OrganisationKeyRow>,
    ) -> Result<(ImportReport, Receipt), Error> {
        let row_context = Context { idempotency: None, ..context.clone() };
        let rows = rows.into_iter().map(|row| self.import_organisation_key(row_context.clone(), row).boxed()).collect();
        self.import_rows(context, rows, "unknown_organisation").await
    }

    async fn import_organisation_key(&self, context: Context, row: OrganisationKeyRow) -> Result<Option<Sequence>, Error> {
        let OrganisationKeyRow { organisation, workspace, client_id, digest, contact, client } = row;
        let requested = client.permissions.clone();
        let mut definition = client.definition()?;
        (definition.client_id, definition.registration) = (client_id.as_str().to_owned(), Registration::Operator);
        valid(&definition)?;
        if !has_private_key(&definition) {
            return Err(Error::invalid("authentication", "an imported key has a private key to authenticate with"));
        }
        let draw = || CredentialId::generate(context.now, &*self.entropy);
        let (id, private_key) = (draw()?, draw()?);
        let by = context.by();
        let committed = self
            .store
            .write(move |tx| {
                let (mut definition, requested, contact, by) = (definition.clone(), requested.clone(), contact.clone(), by.clone());
                Box::pin(async move {
                    tx.organisation(organisation).await?.ok_or(Abort::Refused(Error::NotFound))?;
                    check_workspace(tx, organisation, workspace).await?;
                    settle(tx, &mut definition, requested.as_ref()).await?;
                    if let Some(known) = tx.organisation_key_named(&definition.client_id).await? {
                        return if is_there(tx, known, organisation, &digest).await? {
                            Ok(Outcome::Unchanged(()))
                        } else {
                            let detail = "another key has, or had, this public id";
                            Err(Abort::Refused(Error::Conflict { code: "public_id_taken", detail }))
                        };
                    }
                    check_number(tx, organisation).await?;
                    let key = made(id, definition, Owner { organisation: Some(organisation), workspace, contact }, by.at);
                    let row = NewRow { key: &key, imported: true, registration: None, unused_until: None };
                    let state = PrivateKeyState { id: private_key, digest, not_after: None };
                    let recorded = insert(tx, &by, &row, Some((state, None))).await?;
                    Ok(Outcome::Changed((), recorded))
                })
            })
            .await?;
        Ok(committed.sequence)
    }
}

/// Whether this very key was imported before.
async fn is_there(tx: &mut Tx<'_>, id: CredentialId, organisation: OrganisationId, digest: &Digest) -> Result<bool, StoreError> {
    let Some(key) = tx.organisation_key(id).await? else { return Ok(false) };
    let states = tx.private_key_states(id).await?;
    Ok(key.organisation == Some(organisation) && key.revoked_at.is_none() && states.iter().any(|state| state.digest == *digest))
}
