//! Changes of tokens, made again: of personal tokens and of organisation tokens, which share their events.

use domain::event::{Event, SecretState};
use domain::permission::Permissions;
use domain::{CredentialId, Digest, Timestamp};
use store::{By, StoreError, Tx};

use super::stop;
use crate::personal_token;

/// Ends those that live.
pub(super) async fn revoke(tx: &mut Tx<'_>, by: &By, tokens: &[CredentialId]) -> Result<(), StoreError> {
    let mut secrets: Vec<(CredentialId, Digest)> = Vec::new();
    for id in tokens {
        if tx.organisation_token(*id).await?.is_some() {
            let digests = tx.organisation_token_secrets(*id).await?.into_iter().map(|secret| secret.digest).collect();
            if tx.revoke_organisation_token(*id, by.at).await? {
                tx.record(by, Event::TokensRevoked { tokens: vec![*id], digests }).await?;
            }
        } else {
            secrets.extend(tx.token_secrets(*id).await?.into_iter().map(|secret| (*id, secret.digest)));
        }
    }
    personal_token::revoke(tx, by, secrets).await.map(drop).map_err(stop)
}

/// Pauses one, or lets it work again.
pub(super) async fn suspend(tx: &mut Tx<'_>, id: CredentialId, at: Option<Timestamp>) -> Result<bool, StoreError> {
    Ok(tx.set_token_suspended(id, at).await? || tx.set_organisation_token_suspended(id, at).await?)
}

/// Permissions and expiry as they are from then on. A token is ended whose secret is not the one that the change speaks of.
pub(super) async fn change(
    tx: &mut Tx<'_>,
    by: &By,
    id: CredentialId,
    secrets: &[SecretState],
    permissions: &Permissions,
) -> Result<bool, StoreError> {
    let current = current(tx, id).await?;
    let now = secrets.iter().find(|secret| current.is_some_and(|current| current.digest == secret.digest));
    let Some(now) = now else {
        revoke(tx, by, &[id]).await?;
        return Ok(false);
    };
    if let Some(mut token) = tx.token(id).await?.filter(|token| token.revoked_at.is_none()) {
        let before = token.revision;
        (token.permissions, token.expires_at, token.revision) = (permissions.clone(), now.not_after, before + 1);
        return tx.update_token(&token, before).await;
    }
    if let Some(mut token) = tx.organisation_token(id).await?.filter(|token| token.revoked_at.is_none()) {
        let before = token.revision;
        (token.permissions, token.expires_at, token.revision) = (permissions.clone(), now.not_after, before + 1);
        return tx.update_organisation_token(&token, before).await;
    }
    Ok(false)
}

/// Another secret, of which only the digest is known: its first characters are not in the journal.
pub(super) async fn rotate(tx: &mut Tx<'_>, by: &By, id: CredentialId, old: &SecretState, new: &SecretState) -> Result<bool, StoreError> {
    let continues = current(tx, id).await?.is_some_and(|current| current.digest == old.digest);
    if !continues || tx.digest_known(&new.digest).await? {
        revoke(tx, by, &[id]).await?;
        return Ok(false);
    }
    Ok(tx.replace_secret(id, new, "", old).await? || tx.replace_organisation_token_secret(id, new, "", old).await?)
}

/// Its present secret.
async fn current(tx: &mut Tx<'_>, id: CredentialId) -> Result<Option<SecretState>, StoreError> {
    let mut secrets = tx.token_secrets(id).await?;
    if secrets.is_empty() {
        secrets = tx.organisation_token_secrets(id).await?;
    }
    Ok(secrets.into_iter().next())
}
