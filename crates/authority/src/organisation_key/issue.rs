//! Organisation keys as they are made: drawn before the transaction, written in it, shown once.

use domain::client::{ClientDefinition, Registration};
use domain::credential::format::shown_prefix;
use domain::organisation_key::{OrganisationKey, PrivateKeyState};
use domain::personal_token;
use domain::text::Email;
use domain::{CredentialId, Digest, Event, Kind, OrganisationId, Secret, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Abort, By, NewOrganisationKey as NewRow, Recorded, Tx};
use zeroize::{Zeroize as _, Zeroizing};

use super::{has_private_key, valid};
use crate::idempotency::Kept;
use crate::organisation::clash;
use crate::{Authority, Context, Error};

/// An organisation key with its private key: shown once, in this answer.
#[derive(Clone)]
pub struct IssuedOrganisationKey {
    /// The key as lists show it.
    pub key: OrganisationKey,
    /// Its private key; none for a client that authenticates otherwise, or not at all.
    pub private_key: Option<Secret<String>>,
}

impl Authority {
    /// Draws a client with its public id, which the definition gets, and, if it is to have one, its private key.
    pub(crate) fn draw_client(
        &self,
        context: &Context,
        registration: Registration,
        definition: ClientDefinition,
    ) -> Result<DrawnKey, Error> {
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let client_id = self.installation.generate(Kind::ClientId, &*self.entropy)?.expose().clone();
        let definition = ClientDefinition { client_id, registration, ..definition };
        valid(&definition)?;
        let private_key = if has_private_key(&definition) { Some(self.draw_private_key(context)?) } else { None };
        Ok(DrawnKey { id, definition, private_key, created_at: context.now })
    }

    pub(crate) fn draw_private_key(&self, context: &Context) -> Result<DrawnPrivateKey, Error> {
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        Ok(DrawnPrivateKey { id, text: self.installation.generate(Kind::OrganisationKey, &*self.entropy)?, ends_at: None })
    }
}

/// A key that was drawn and is not written yet.
#[derive(Clone)]
pub(crate) struct DrawnKey {
    pub(crate) id: CredentialId,
    pub(crate) definition: ClientDefinition,
    pub(crate) private_key: Option<DrawnPrivateKey>,
    pub(crate) created_at: Timestamp,
}

/// A private key that was drawn and is not written yet.
#[derive(Clone)]
pub(crate) struct DrawnPrivateKey {
    pub(crate) id: CredentialId,
    pub(crate) text: Secret<String>,
    /// When it ends by itself.
    pub(crate) ends_at: Option<Timestamp>,
}

/// Whose a new key is.
pub(crate) struct Owner {
    pub(crate) organisation: Option<OrganisationId>,
    pub(crate) workspace: Option<WorkspaceId>,
    pub(crate) contact: Option<Email>,
}

impl DrawnPrivateKey {
    pub(super) fn state(&self) -> PrivateKeyState {
        PrivateKeyState { id: self.id, digest: Digest::of(self.text.expose().as_bytes()), not_after: self.ends_at }
    }

    pub(super) fn prefix(&self) -> &str {
        shown_prefix(self.text.expose())
    }
}

impl DrawnKey {
    /// Lets its private key end by itself.
    pub(super) fn private_key_ends_at(&mut self, wished: Timestamp) -> Result<(), Error> {
        let none = || Error::invalid("private_key_ends_at", "is for a key that has a private key here");
        self.private_key.as_mut().ok_or_else(none)?.ends_at = Some(end_of_private_key(wished, self.created_at)?);
        Ok(())
    }

    /// Writes the key and its event; `registration` is the digest of the token that a client manages itself with, and until when it is
    /// to be used.
    pub(crate) async fn insert(
        self,
        tx: &mut Tx<'_>,
        by: &By,
        owner: Owner,
        registration: Option<(Digest, Option<Timestamp>)>,
    ) -> Result<IssuedOrganisationKey, Abort<Error>> {
        let (digest, unused_until) = registration.map_or((None, None), |(digest, until)| (Some(digest), until));
        let private_key = self.private_key.as_ref().map(|drawn| (drawn.state(), Some(drawn.prefix())));
        let key = made(self.id, self.definition, owner, self.created_at);
        let row = NewRow { key: &key, imported: false, registration: digest, unused_until };
        insert(tx, by, &row, private_key).await?;
        let key = tx.organisation_key(key.id).await?.ok_or(Abort::Refused(Error::NotFound))?;
        Ok(IssuedOrganisationKey { key, private_key: self.private_key.map(|drawn| drawn.text) })
    }
}

/// When a new private key ends, where that is a moment at which it can.
pub(super) fn end_of_private_key(wished: Timestamp, now: Timestamp) -> Result<Timestamp, Error> {
    personal_token::expiry(wished, now).map_err(|problem| Error::invalid("private_key_ends_at", problem))
}

/// A key as it is when it is made, without private keys.
pub(super) fn made(id: CredentialId, definition: ClientDefinition, owner: Owner, created_at: Timestamp) -> OrganisationKey {
    let Owner { organisation, workspace, contact } = owner;
    OrganisationKey {
        id,
        organisation,
        workspace,
        definition,
        contact,
        private_keys: Vec::new(),
        access_token_exposed_at: None,
        created_at,
        suspended_at: None,
        revoked_at: None,
        revision: 1,
    }
}

/// Writes a new key with its private key, of which the first characters may be known, and their event.
pub(super) async fn insert(
    tx: &mut Tx<'_>,
    by: &By,
    row: &NewRow<'_>,
    private_key: Option<(PrivateKeyState, Option<&str>)>,
) -> Result<Recorded, Abort<Error>> {
    tx.insert_organisation_key(row).await.map_err(clash)?;
    let NewRow { key, imported, .. } = *row;
    if let Some((state, prefix)) = &private_key {
        tx.insert_private_key(key.id, state, *prefix, key.created_at).await.map_err(clash)?;
    }
    let event = Event::OrganisationKeyCreated {
        key: key.id,
        organisation: key.organisation,
        workspace: key.workspace,
        definition: key.definition.clone(),
        private_key: private_key.map(|(state, _)| state),
        imported,
    };
    Ok(tx.record(by, event).await?)
}

/// What is sealed of an issued key for a repeated request.
#[derive(Serialize, Deserialize)]
struct KeptKey {
    key: OrganisationKey,
    private_key: Option<String>,
}

impl Kept for IssuedOrganisationKey {
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut kept = KeptKey { key: self.key.clone(), private_key: self.private_key.as_ref().map(|text| text.expose().clone()) };
        let bytes = serde_json::to_vec(&kept).ok().map(Zeroizing::new);
        kept.private_key.zeroize();
        bytes
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        let KeptKey { key, private_key } = serde_json::from_slice(bytes).ok()?;
        Some(Self { key, private_key: private_key.map(Secret::new) })
    }
}
