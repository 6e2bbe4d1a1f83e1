//! Changes that were made after a backup, made again in what was restored from it, as far as they end something.
//!
//! What the backup does not have was made after it, and is gone. Nothing here lets anything work that the backup does
//! not let work, except where it was ended and let work again after the backup.

mod organisation_key;
mod token;

use domain::person::Roles;
use domain::{Event, MembershipId, OrganisationId, PersonId};
use store::{Abort, By, StoreError, Tx};

use crate::{Error, delegation, membership, second_factor};

/// Makes a change again and records it.
pub(crate) async fn apply(tx: &mut Tx<'_>, by: &By, event: &Event) -> Result<(), StoreError> {
    let changed = match event {
        Event::OrganisationSuspended { organisation } => tx.set_organisation_suspended(*organisation, Some(by.at)).await?,
        Event::OrganisationResumed { organisation } => tx.set_organisation_suspended(*organisation, None).await?,
        Event::PersonSuspended { person } | Event::PersonResumed { person } => suspend(tx, by, *person, event).await?,
        Event::PersonErased { person } => erase(tx, by, *person).await?,
        Event::MembershipChanged { membership, roles, .. } => tx.set_roles(*membership, *roles).await?,
        Event::MembershipMoved { membership, organisation, roles, .. } => move_on(tx, by, *membership, *organisation, *roles).await?,
        Event::MembershipEnded { membership, .. } => return end_membership(tx, by, *membership).await,
        Event::TokenChanged { token, secrets, permissions } => token::change(tx, by, *token, secrets, permissions).await?,
        Event::TokenRotated { token, old, new, .. } => token::rotate(tx, by, *token, old, new).await?,
        Event::TokenSuspended { token, .. } => token::suspend(tx, *token, Some(by.at)).await?,
        Event::TokenResumed { token, .. } => token::suspend(tx, *token, None).await?,
        Event::TokensRevoked { tokens, .. } => return token::revoke(tx, by, tokens).await,
        Event::ApiDefined { definition } => tx.put_api(definition).await.map(|_| true)?,
        Event::ApiRemoved { api } => remove_api(tx, by, api).await?,
        Event::ApiCredentialRevoked { credential, .. } => tx.revoke_api_credential(*credential, by.at).await?.is_some(),
        Event::OperatorTokenRevoked { credential, .. } => tx.revoke_operator_token(*credential, by.at).await?.is_some(),
        Event::RestoreConfirmed { scope } => tx.fence().await?.is_some() && tx.confirm(scope).await?,
        Event::SecondFactorChanged { person, change } => second_factor::again::apply(tx, by, *person, *change).await?,
        Event::UpstreamUnlinked { person, provider } => tx.unlink_account(*person, provider, by.at).await?,
        // Nobody knows the new one any more, and the one before was given up: they choose another by mail.
        Event::PasswordChanged { person } => tx.set_password_hash(*person, None).await?,
        // It keeps people out, or lets them in again who work there.
        Event::SecondFactorPolicyChanged { organisation, required } => tx.require_second_factor(*organisation, *required).await?,
        Event::ServerKeyEnded { key, .. } => tx.end_server_key(key, by.at).await?,
        Event::OperatorDismissed { person } => tx.dismiss_operator(*person).await?,
        Event::AnnouncementWithdrawn { announcement, .. } => tx.withdraw_announcement(*announcement, by.at).await?,
        Event::WorkspaceClosed { workspace } => tx.close_workspace(*workspace, by.at).await?,
        Event::OrganisationKeyChanged { .. }
        | Event::OrganisationKeyRotated { .. }
        | Event::PrivateKeyRevoked { .. }
        | Event::OrganisationKeySuspended { .. }
        | Event::OrganisationKeyResumed { .. }
        | Event::OrganisationKeysRevoked { .. }
        | Event::AccessTokensOfKeyEnded { .. }
        | Event::GrantsEnded { .. }
        | Event::FamiliesEnded { .. }
        | Event::AccessTokenRevoked { .. }
        | Event::SessionsEnded { .. } => return organisation_key::apply(tx, by, event).await,
        Event::DelegationPaused { .. }
        | Event::DelegationResumed { .. }
        | Event::DelegationChanged { .. }
        | Event::DelegationConfirmed { .. }
        | Event::DelegationClosingAnnounced { .. }
        | Event::DelegationsClosed { .. } => delegation::again::apply(tx, by, event).await?,
        _ => {
            debug_assert!(ends_nothing(event), "it must be said what this ends: {event:?}");
            false
        }
    };
    if changed {
        tx.record(by, event.clone()).await?;
    }
    Ok(())
}

/// What was made after the backup is gone. Names and keys that were changed are as they were.
fn ends_nothing(event: &Event) -> bool {
    matches!(
        event,
        Event::OrganisationCreated { .. }
            | Event::OrganisationRenamed { .. }
            | Event::PersonCreated { .. }
            | Event::PersonChanged { .. }
            | Event::MembershipCreated { .. }
            | Event::TokenCreated { .. }
            | Event::OrganisationTokenCreated { .. }
            | Event::WorkspaceCreated { .. }
            | Event::WorkspaceRenamed { .. }
            | Event::DelegationOpened { .. }
            | Event::DelegationAccepted { .. }
            | Event::ApiCredentialCreated { .. }
            | Event::OperatorTokenCreated { .. }
            | Event::OrganisationKeyCreated { .. }
            | Event::GrantMade { .. }
            | Event::SessionStarted { .. }
            | Event::UpstreamLinked { .. }
            | Event::EmailVerified { .. }
            | Event::MemberInvited { .. }
            | Event::InvitationWithdrawn { .. }
            | Event::AnnouncementMade { .. }
            | Event::InstallationChanged { .. }
            | Event::ServerKeyCreated { .. }
            | Event::ServerKeyActivated { .. }
            | Event::MasterKeyRotated { .. }
            | Event::AuditExported { .. }
            | Event::OrganisationChanged { .. }
            | Event::OrganisationViewed { .. }
            | Event::OperatorAppointed { .. }
            | Event::Restored { .. }
    )
}

async fn suspend(tx: &mut Tx<'_>, by: &By, person: PersonId, event: &Event) -> Result<bool, StoreError> {
    tx.set_person_suspended(person, matches!(event, Event::PersonSuspended { .. }).then_some(by.at)).await
}

async fn erase(tx: &mut Tx<'_>, by: &By, person: PersonId) -> Result<bool, StoreError> {
    for membership in tx.memberships_of(person).await? {
        end_membership(tx, by, membership.id).await?;
    }
    tx.erase_person(person, by.at).await
}

/// Where the other organisation is gone with what was made after the backup, the membership ends.
async fn move_on(tx: &mut Tx<'_>, by: &By, id: MembershipId, to: OrganisationId, roles: Roles) -> Result<bool, StoreError> {
    let Some(membership) = tx.membership(id).await? else { return Ok(false) };
    if tx.organisation(to).await?.is_some() && tx.membership_of(membership.person, to).await?.is_none() {
        return tx.move_membership(id, to, roles).await;
    }
    end_membership(tx, by, id).await?;
    Ok(false)
}

async fn end_membership(tx: &mut Tx<'_>, by: &By, id: MembershipId) -> Result<(), StoreError> {
    match tx.membership(id).await? {
        Some(found) => membership::end(tx, by, &found).await.map(drop).map_err(stop),
        None => Ok(()),
    }
}

async fn remove_api(tx: &mut Tx<'_>, by: &By, api: &str) -> Result<bool, StoreError> {
    for credential in tx.api_credentials(api).await? {
        tx.revoke_api_credential(credential.id, by.at).await?;
    }
    tx.withdraw_announcements_of(api, by.at).await?;
    tx.remove_api(api).await
}

/// A refusal stops the restore: nothing of it is kept.
pub(crate) fn stop(abort: Abort<Error>) -> StoreError {
    match abort {
        Abort::Store(error) => error,
        Abort::Refused(error) => StoreError::Defect(format!("an ending was refused: {error}").into()),
    }
}
