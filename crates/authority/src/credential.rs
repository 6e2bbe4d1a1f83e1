//! The credentials of APIs and of whoever runs the installation.

use domain::credential::format::shown_prefix;
use domain::text::Description;
use domain::{CredentialId, Digest, Event, Kind, Secret};
use serde::{Deserialize, Serialize};
use store::{Abort, ApiCredential, OperatorToken, Outcome};
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

/// A credential with its text: shown once, in this answer.
#[derive(Clone)]
pub struct Issued<T> {
    /// The credential as lists show it.
    pub credential: T,
    /// Its text.
    pub secret: Secret<String>,
}

impl Authority {
    /// Gives an API a credential to ask about others' credentials with.
    pub async fn create_api_credential(&self, context: &Context, api: String, new: NewCredential) -> Result<Changed<Issued<ApiCredential>>, Error> {
        context.caller.require_operator()?;
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let secret = self.installation.generate(Kind::ApiCredential, &*self.entropy)?;
        let digest = Digest::of(secret.expose().as_bytes());
        let prefix = shown_prefix(secret.expose()).to_owned();
        let credential =
            ApiCredential { id, api: api.clone(), description: new.description, prefix, created_at: context.now, last_used_at: None, revoked_at: None };
        self.change(context, move |tx, by| {
            let (credential, secret, api) = (credential.clone(), secret.clone(), api.clone());
            Box::pin(async move {
                if tx.api(&api).await?.is_none() {
                    return Err(Abort::Refused(Error::NotFound));
                }
                tx.insert_api_credential(&credential, &digest).await.map_err(clash)?;
                let recorded = tx.record(by, Event::ApiCredentialCreated { credential: id, api, digest }).await?;
                Ok(Outcome::Changed(Issued { credential, secret }, recorded))
            })
        })
        .await
    }

    /// Ends an API's credential.
    pub async fn revoke_api_credential(&self, context: &Context, id: CredentialId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            Box::pin(async move {
                match tx.revoke_api_credential(id, by.at).await? {
                    Some(digest) => Ok(Outcome::Changed((), tx.record(by, Event::ApiCredentialRevoked { credential: id, digest }).await?)),
                    None => Err(Abort::Refused(Error::NotFound)),
                }
            })
        })
        .await
    }

    /// Makes an operator token.
    pub async fn create_operator_token(&self, context: &Context, new: NewCredential) -> Result<Changed<Issued<OperatorToken>>, Error> {
        context.caller.require_operator()?;
        let issued = self.draw_operator_token(context, new)?;
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
                let live = tx.operator_tokens().await?.iter().filter(|token| token.revoked_at.is_none()).count();
                let Some(digest) = tx.revoke_operator_token(id, by.at).await? else {
                    return Err(Abort::Refused(Error::NotFound));
                };
                if live <= 1 {
                    let detail = "this is the last operator token: make another one first";
                    return Err(Abort::Refused(Error::Conflict { code: "last_operator_token", detail }));
                }
                Ok(Outcome::Changed((), tx.record(by, Event::OperatorTokenRevoked { credential: id, digest }).await?))
            })
        })
        .await
    }

    /// Draws an operator token; it counts once it is inserted.
    pub(crate) fn draw_operator_token(&self, context: &Context, new: NewCredential) -> Result<Issued<OperatorToken>, Error> {
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let secret = self.installation.generate(Kind::OperatorToken, &*self.entropy)?;
        let prefix = shown_prefix(secret.expose()).to_owned();
        let credential = OperatorToken { id, description: new.description, prefix, created_at: context.now, last_used_at: None, revoked_at: None };
        Ok(Issued { credential, secret })
    }
}

/// Writes an operator token and its event.
pub(crate) async fn insert_operator_token(
    tx: &mut store::Tx<'_>,
    by: &store::By,
    issued: &Issued<OperatorToken>,
) -> Result<store::Recorded, Abort<Error>> {
    let digest = Digest::of(issued.secret.expose().as_bytes());
    tx.insert_operator_token(&issued.credential, &digest).await.map_err(clash)?;
    Ok(tx.record(by, Event::OperatorTokenCreated { credential: issued.credential.id, digest }).await?)
}

#[derive(Serialize, Deserialize)]
struct KeptCredential<T> {
    credential: T,
    secret: String,
}

impl<T: Serialize + for<'de> Deserialize<'de> + Clone> Kept for Issued<T> {
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
