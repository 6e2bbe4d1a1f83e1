//! Changes of organisation keys, grants and what hangs from them, made again.

use domain::Event;
use domain::organisation_key::PrivateKeyState;
use store::{By, StoreError, Tx};

use super::stop;
use crate::{grant, logout_notice, organisation_key};

/// Makes a change again and records it, as far as it ends something.
pub(super) async fn apply(tx: &mut Tx<'_>, by: &By, event: &Event) -> Result<(), StoreError> {
    let changed = match event {
        Event::OrganisationKeyChanged { key, workspace, definition } => match tx.organisation_key(*key).await? {
            Some(mut found) if found.revoked_at.is_none() => {
                (found.workspace, found.definition) = (*workspace, definition.clone());
                let revision = found.revision;
                tx.update_organisation_key(&found, revision).await?
            }
            _ => false,
        },
        Event::OrganisationKeyRotated { key, old, new, ended } => {
            for state in ended {
                tx.end_private_key(state.id, by.at).await?;
            }
            if let Some(PrivateKeyState { id, not_after: Some(end), .. }) = old {
                tx.supersede_private_key(*id, *end).await?;
            }
            let wanted = tx.organisation_key(*key).await?.is_some_and(|found| found.revoked_at.is_none());
            if wanted && !tx.digest_known(&new.digest).await? {
                // Its first characters are not in the journal.
                tx.insert_private_key(*key, new, None, by.at).await?;
            }
            wanted
        }
        Event::PrivateKeyRevoked { private_key, .. } => tx.end_private_key(private_key.id, by.at).await?,
        Event::OrganisationKeySuspended { key } => tx.set_organisation_key_suspended(*key, Some(by.at)).await?,
        Event::OrganisationKeyResumed { key } => tx.set_organisation_key_suspended(*key, None).await?,
        Event::OrganisationKeysRevoked { keys, .. } => {
            return organisation_key::revoke(tx, by, keys).await.map(drop).map_err(stop);
        }
        Event::AccessTokensOfKeyEnded { key, .. } => {
            return organisation_key::end_access_tokens(tx, by, *key).await.map(drop).map_err(stop);
        }
        Event::GrantsEnded { grants } => return grant::end(tx, by, grants).await.map(drop),
        Event::FamiliesEnded { families, until } => {
            let mut changed = false;
            for family in families {
                changed |= tx.end_refresh_family(*family, by.at).await?;
                changed |= tx.keep_ended(family.as_bytes(), *until).await?;
            }
            changed
        }
        Event::SessionsEnded { sessions, until } => {
            let mut changed = false;
            for session in sessions {
                changed |= tx.keep_ended(session.as_bytes(), *until).await?;
                if let Some(person) = tx.person_of_session(*session).await?
                    && tx.end_session(*session, person, by.at).await?
                {
                    tx.end_refresh_families_of_session(*session, by.at).await?;
                    logout_notice::keep(tx, by, person, *session).await?;
                }
            }
            changed
        }
        Event::AccessTokenRevoked { serial, until } => tx.keep_ended(serial.as_bytes(), *until).await?,
        _ => false,
    };
    if changed {
        tx.record(by, event.clone()).await?;
    }
    Ok(())
}
