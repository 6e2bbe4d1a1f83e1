//! What an event is called in an audit log: the thing, a dot, and what was done to it.

use super::Event;

impl Event {
    /// Its action, such as `token.created`. A token of an organisation has those of `supplier_token` instead
    /// ([`of_organisation_token`]); the event alone does not always tell which it was.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::OrganisationCreated { .. } => "organisation.created",
            Self::OrganisationRenamed { .. } => "organisation.renamed",
            Self::OrganisationSuspended { .. } => "organisation.suspended",
            Self::OrganisationResumed { .. } => "organisation.resumed",
            Self::OrganisationChanged { .. } => "organisation.changed",
            Self::SecondFactorPolicyChanged { required: true, .. } => "organisation.second_factor_required",
            Self::SecondFactorPolicyChanged { required: false, .. } => "organisation.second_factor_optional",
            Self::OrganisationViewed { .. } => "operator.acted",
            Self::PersonCreated { .. } => "user.created",
            Self::PersonChanged { .. } => "user.changed",
            Self::PersonSuspended { .. } => "user.suspended",
            Self::PersonResumed { .. } => "user.resumed",
            Self::PersonErased { .. } => "user.erased",
            Self::EmailVerified { .. } => "user.email_verified",
            Self::SessionStarted { .. } => "user.signed_in",
            Self::SessionsEnded { .. } => "user.signed_out",
            Self::PasswordChanged { .. } => "password.changed",
            Self::UpstreamLinked { .. } => "upstream.linked",
            Self::UpstreamUnlinked { .. } => "upstream.unlinked",
            Self::SecondFactorChanged { change, .. } => change.action(),
            Self::MemberInvited { .. } => "member.invited",
            Self::InvitationWithdrawn { .. } => "member.invitation_withdrawn",
            Self::MembershipCreated { .. } => "member.joined",
            Self::MembershipChanged { .. } => "member.role_changed",
            Self::MembershipMoved { .. } => "member.moved",
            Self::MembershipEnded { .. } => "member.removed",
            Self::TokenCreated { .. } => "token.created",
            Self::TokenChanged { .. } => "token.changed",
            Self::TokenRotated { .. } => "token.renewed",
            Self::TokenSuspended { .. } => "token.paused",
            Self::TokenResumed { .. } => "token.resumed",
            Self::TokensRevoked { .. } => "token.deleted",
            Self::OrganisationTokenCreated { .. } => "supplier_token.created",
            Self::WorkspaceCreated { .. } => "project.created",
            Self::WorkspaceRenamed { .. } => "project.renamed",
            Self::WorkspaceClosed { .. } => "project.closed",
            Self::DelegationOpened { parent: Some(_), .. } => "delegation.passed_on",
            Self::DelegationOpened { .. } => "delegation.granted",
            Self::DelegationAccepted { .. } => "delegation.accepted",
            Self::DelegationPaused { .. } => "delegation.paused",
            Self::DelegationResumed { .. } => "delegation.resumed",
            Self::DelegationChanged { .. } => "delegation.changed",
            Self::DelegationConfirmed { .. } => "delegation.confirmed",
            Self::DelegationClosingAnnounced { .. } => "delegation.close_scheduled",
            Self::DelegationsClosed { .. } => "delegation.closed",
            Self::ApiDefined { .. } => "api.defined",
            Self::ApiRemoved { .. } => "api.removed",
            Self::AnnouncementMade { .. } => "announcement.made",
            Self::AnnouncementWithdrawn { .. } => "announcement.withdrawn",
            Self::ApiCredentialCreated { .. } => "api_credential.created",
            Self::ApiCredentialRevoked { .. } => "api_credential.revoked",
            _ => self.action_of_keys(),
        }
    }

    const fn action_of_keys(&self) -> &'static str {
        match self {
            Self::OrganisationKeyCreated { .. } => "key.created",
            Self::OrganisationKeyChanged { .. } => "key.updated",
            Self::OrganisationKeyRotated { .. } => "key.rotated",
            Self::PrivateKeyRevoked { .. } => "key.private_key_ended",
            Self::OrganisationKeySuspended { .. } => "key.paused",
            Self::OrganisationKeyResumed { .. } => "key.resumed",
            Self::OrganisationKeysRevoked { .. } => "key.revoked",
            Self::AccessTokensOfKeyEnded { .. } => "key.access_ended",
            Self::GrantMade { .. } => "consent.given",
            Self::GrantsEnded { .. } => "consent.withdrawn",
            Self::FamiliesEnded { .. } => "consent.access_ended",
            Self::AccessTokenRevoked { .. } => "access_token.ended",
            Self::OperatorTokenCreated { .. } => "operator_token.created",
            Self::OperatorTokenRevoked { .. } => "operator_token.revoked",
            Self::OperatorAppointed { .. } => "operator.appointed",
            Self::OperatorDismissed { .. } => "operator.dismissed",
            Self::AuditExported { .. } => "audit.exported",
            Self::InstallationChanged { .. } => "installation.changed",
            Self::ServerKeyCreated { .. } => "server_key.created",
            Self::ServerKeyActivated { .. } => "server_key.activated",
            Self::ServerKeyEnded { .. } => "server_key.ended",
            Self::MasterKeyRotated { .. } => "master_key.rotated",
            Self::Restored { .. } => "restore.done",
            Self::RestoreConfirmed { .. } => "restore.confirmed",
            _ => "other",
        }
    }
}

/// The action where the token is one of an organisation.
pub fn of_organisation_token(action: &'static str) -> &'static str {
    match action {
        "token.created" => "supplier_token.created",
        "token.changed" => "supplier_token.changed",
        "token.renewed" => "supplier_token.renewed",
        "token.paused" => "supplier_token.paused",
        "token.resumed" => "supplier_token.resumed",
        "token.deleted" => "supplier_token.deleted",
        other => other,
    }
}
