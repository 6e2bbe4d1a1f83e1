//! The credentials of APIs and of whoever runs the installation.

use domain::credential::format::shown_prefix;
use domain::text::Description;
use domain::{CredentialId, Digest, Event, Kind, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Abort, ApiCredential, By, OperatorToken, Outcome, Recorded, Tx};
use zeroize::{Zeroize as _, Zeroizing};

use crate::idempotency::Kept;
use crate::organisation::clash;
use crate::{Authority, Changed, Context, Error};

/// What is asked for a new API credential or operator token.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// What it is for.
    pub description: Description,
}

/// An API credential or an operator token as lists show it: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCredential {
    /// Its id.
    pub id: CredentialId,
    /// The API's name; absent for an operator token.
    pub api: Option<String>,
    /// What it is for.
    pub description: Description,
    /// The first characters of its text.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, give or take the flush interval.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is known to have come over plain HTTP, where anybody could read it.
    pub exposed_at: Option<Timestamp>,
}

/// A credential with its text: shown once, in this answer.
#[derive(Clone)]
pub struct Issued {
    /// The credential as lists show it.
    pub credential: ServiceCredential,
    /// Its text.
    pub secret: Secret<String>,
}

impl Authority {
    /// Gives an API a credential to ask about others' credentials with.
    pub async fn create_api_credential(&self, context: &Context, api: String, new: NewCredential) -> Result<Changed<Issued>, Error> {
        context.caller.require_operator()?;
        let issued = self.draw(context, Kind::ApiCredential, Some(api), new)?;
        self.change(context, move |tx, by| {
            let issued = issued.clone();
            Box::pin(async move {
                let (row, digest) = (api_credential(&issued), issued.digest());
                if tx.api(&row.api).await?.is_none() {
                    return Err(Abort::Refused(Error::NotFound));
                }
                tx.insert_api_credential(&row, &digest).await.map_err(clash)?;
                let recorded = tx.record(by, Event::ApiCredentialCreated { credential: row.id, api: row.api, digest }).await?;
                Ok(Outcome::Changed(issued, recorded))
            })
        })
        .await
    }

    /// Ends an API's credential.
    pub async fn revoke_api_credential(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            Box::pin(async move {
                let digest = tx.revoke_api_credential(id, by.at).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(Outcome::Changed((), tx.record(by, Event::ApiCredentialRevoked { credential: id, digest }).await?))
            })
        })
        .await
    }

    /// Makes an operator token.
    pub async fn create_operator_token(&self, context: &Context, new: NewCredential) -> Result<Changed<Issued>, Error> {
        context.caller.require_operator()?;
        let issued = self.draw(context, Kind::OperatorToken, None, new)?;
        self.change(context, move |tx, by| {
            let issued = issued.clone();
            Box::pin(async move {
                let recorded = insert_operator_token(tx, by, &issued).await?;
                Ok(Outcome::Changed(issued, recorded))
            })
        })
        .await
    }

    /// Ends an operator token. The last one stays: without it nobody could manage the installation.
    pub async fn revoke_operator_token(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            Box::pin(async move {
                let digest = tx.revoke_operator_token(id, by.at).await?.ok_or(Abort::Refused(Error::NotFound))?;
                // The refusal undoes it.
                if tx.operator_tokens().await?.is_empty() {
                    let detail = "this is the last operator token: make another one first";
                    return Err(Abort::Refused(Error::Conflict { code: "last_operator_token", detail }));
                }
                Ok(Outcome::Changed((), tx.record(by, Event::OperatorTokenRevoked { credential: id, digest }).await?))
            })
        })
        .await
    }

    /// Draws a credential; it counts once it is inserted.
    pub(crate) fn draw(&self, context: &Context, kind: Kind, api: Option<String>, new: NewCredential) -> Result<Issued, Error> {
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let secret = self.installation.generate(kind, &*self.entropy)?;
        let prefix = shown_prefix(secret.expose()).to_owned();
        let credential = ServiceCredential {
            id,
            api,
            description: new.description,
            prefix,
            created_at: context.now,
            last_used_at: None,
            exposed_at: None,
        };
        Ok(Issued { credential, secret })
    }
}

impl Issued {
    fn digest(&self) -> Digest {
        Digest::of(self.secret.expose().as_bytes())
    }
}

/// Writes an operator token and its event.
pub(crate) async fn insert_operator_token(tx: &mut Tx<'_>, by: &By, issued: &Issued) -> Result<Recorded, Abort<Error>> {
    let ServiceCredential { id, description, prefix, created_at, .. } = issued.credential.clone();
    let digest = issued.digest();
    let row = OperatorToken { id, description, prefix, created_at, last_used_at: None, exposed_at: None, revoked_at: None };
    tx.insert_operator_token(&row, &digest).await.map_err(clash)?;
    Ok(tx.record(by, Event::OperatorTokenCreated { credential: id, digest }).await?)
}

fn api_credential(issued: &Issued) -> ApiCredential {
    let ServiceCredential { id, api, description, prefix, created_at, .. } = issued.credential.clone();
    let api = api.unwrap_or_default();
    ApiCredential { id, api, description, prefix, created_at, last_used_at: None, exposed_at: None, revoked_at: None }
}

impl From<ApiCredential> for ServiceCredential {
    fn from(row: ApiCredential) -> Self {
        let ApiCredential { id, api, description, prefix, created_at, last_used_at, exposed_at, .. } = row;
        Self { id, api: Some(api), description, prefix, created_at, last_used_at, exposed_at }
    }
}

impl From<OperatorToken> for ServiceCredential {
    fn from(row: OperatorToken) -> Self {
        let OperatorToken { id, description, prefix, created_at, last_used_at, exposed_at, .. } = row;
        Self { id, api: None, description, prefix, created_at, last_used_at, exposed_at }
    }
}

#[derive(Serialize, Deserialize)]
struct KeptCredential {
    credential: ServiceCredential,
    secret: String,
}

impl Kept for Issued {
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut kept = KeptCredential { credential: self.credential.clone(), secret: self.secret.expose().clone() };
        let bytes = serde_json::to_vec(&kept).ok().map(Zeroizing::new);
        kept.secret.zeroize();
        bytes
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        let KeptCredential { credential, secret } = serde_json::from_slice(bytes).ok()?;
        Some(Self { credential, secret: Secret::new(secret) })
    }
}
