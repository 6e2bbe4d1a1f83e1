//! The table of events: what each waits for, and what it says.

use serde::{Deserialize, Serialize};

use super::{Class, SecretState, Sequence, UsernameKey};
use crate::announcement::Signal;
use crate::api::ApiDefinition;
use crate::client::ClientDefinition;
use crate::credential::Digest;
use crate::delegation::Standing;
use crate::fence::Scope;
use crate::id::{
    AnnouncementId, CredentialId, DelegationId, FamilyId, GrantId, MailLinkId, MembershipId, OrganisationId, PersonId, SessionId,
    WorkspaceId,
};
use crate::organisation_key::PrivateKeyState;
use crate::permission::Permissions;
use crate::person::Roles;
use crate::second_factor::FactorChange;
use crate::time::Timestamp;
use crate::view::ViewedPart;
use crate::workspace::WorkspaceNumber;

macro_rules! events {
    ($($(#[$doc:meta])* $class:ident $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        /// A change. Holds no names, addresses or other personal data, and no secret.
        #[allow(missing_docs, reason = "a field that its type says all about has no words")]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Event {
            $($(#[$doc])* $name { $($(#[$field_doc])* $field: $type,)* },)*
        }

        impl Event {
            /// What the change waits for.
            pub const fn class(&self) -> Class {
                match self { $(Self::$name { .. } => Class::$class,)* }
            }
        }
    };
}

events! {
    /// An organisation was made.
    Creation OrganisationCreated { organisation: OrganisationId, }
    /// An organisation's name was changed.
    Unindexed OrganisationRenamed { organisation: OrganisationId, }
    /// Nothing of an organisation works any more.
    Ending OrganisationSuspended { organisation: OrganisationId, }
    /// A suspended organisation works again.
    Creation OrganisationResumed { organisation: OrganisationId, }
    /// A person was made known.
    Creation PersonCreated { person: PersonId, }
    /// A person's name or mail address was changed.
    Unindexed PersonChanged { person: PersonId, }
    /// None of a person's credentials work any more.
    Ending PersonSuspended { person: PersonId, }
    /// A suspended person's credentials work again.
    Creation PersonResumed { person: PersonId, }
    /// A person's data was erased and everything of theirs ended.
    Ending PersonErased { person: PersonId, }
    /// A person became a member of an organisation.
    Creation MembershipCreated {
        membership: MembershipId,
        person: PersonId,
        organisation: OrganisationId,
        /// As what.
        roles: Roles,
    }
    /// A member's roles were changed.
    Ending MembershipChanged {
        membership: MembershipId,
        /// The roles before.
        before: Roles,
        /// The roles from now on.
        roles: Roles,
    }
    /// A member went to another organisation, tokens and all.
    Ending MembershipMoved {
        membership: MembershipId,
        /// From here.
        from: OrganisationId,
        /// To here.
        organisation: OrganisationId,
        /// As what from now on.
        roles: Roles,
    }
    /// A person is no longer a member; the tokens that hang from the membership are ended.
    Ending MembershipEnded {
        membership: MembershipId,
        person: PersonId,
        /// Of which organisation.
        organisation: OrganisationId,
    }
    /// A personal token was made, or imported.
    Creation TokenCreated {
        token: CredentialId,
        /// The membership it hangs from.
        membership: MembershipId,
        secret: SecretState,
        /// What it may do at most.
        permissions: Permissions,
        /// Whether it came from another system.
        imported: bool,
    }
    /// A personal or organisation token's description, permissions or expiry was changed.
    Ending TokenChanged {
        token: CredentialId,
        /// Its secrets as they are from now on.
        secrets: Vec<SecretState>,
        /// What it may do at most from now on.
        permissions: Permissions,
    }
    /// A personal or organisation token got a new secret; the old one works until the end of the overlap.
    Ending TokenRotated {
        token: CredentialId,
        /// The secret before, and its end.
        old: SecretState,
        /// The secret from now on.
        new: SecretState,
        /// Secrets of earlier rotations, ended at once.
        ended: Vec<Digest>,
    }
    /// A personal or organisation token is paused.
    Ending TokenSuspended {
        token: CredentialId,
        /// Its secrets.
        digests: Vec<Digest>,
    }
    /// A paused personal or organisation token works again.
    Creation TokenResumed {
        token: CredentialId,
        /// Its secrets.
        digests: Vec<Digest>,
    }
    /// Personal or organisation tokens were ended: one, or all of a person.
    Ending TokensRevoked {
        tokens: Vec<CredentialId>,
        /// All their secrets.
        digests: Vec<Digest>,
    }
    /// A workspace was made.
    Creation WorkspaceCreated {
        workspace: WorkspaceId,
        organisation: OrganisationId,
        /// What paths call it.
        number: WorkspaceNumber,
    }
    /// A workspace's name was changed.
    Unindexed WorkspaceRenamed { workspace: WorkspaceId, }
    /// A workspace was closed for good: nothing works in it any more.
    Ending WorkspaceClosed { workspace: WorkspaceId, }
    /// An organisation token was made, or imported.
    Creation OrganisationTokenCreated {
        token: CredentialId,
        organisation: OrganisationId,
        /// The API that it is for.
        api: String,
        /// The name of its username in the index.
        username_key: UsernameKey,
        secret: SecretState,
        /// What it may do at most.
        permissions: Permissions,
        /// Whether it came from another system.
        imported: bool,
    }
    /// A delegation was opened, or offered.
    Creation DelegationOpened {
        delegation: DelegationId,
        /// The API that it is for.
        api: String,
        workspace: WorkspaceId,
        /// Who gives it.
        from: OrganisationId,
        /// Who gets it.
        to: OrganisationId,
        /// The delegation that it passes on, if it does.
        parent: Option<DelegationId>,
        /// What it allows at most.
        permissions: Permissions,
        /// Whether it is offered or open.
        standing: Standing,
        /// From this moment on it counts.
        opens_at: Timestamp,
        /// From this moment on it does not count, if ever.
        not_after: Option<Timestamp>,
    }
    /// An offered delegation was accepted.
    Creation DelegationAccepted { delegation: DelegationId, }
    /// A delegation does not count for now.
    Ending DelegationPaused { delegation: DelegationId, }
    /// A paused delegation counts again.
    Creation DelegationResumed { delegation: DelegationId, }
    /// What a delegation allows, or its time, was changed.
    Ending DelegationChanged {
        delegation: DelegationId,
        /// What it allows at most from now on.
        permissions: Permissions,
        /// When it begins to count, from now on.
        opens_at: Timestamp,
        /// When it ceases to count, from now on.
        not_after: Option<Timestamp>,
    }
    /// A delegation was confirmed at its review.
    Creation DelegationConfirmed {
        delegation: DelegationId,
        /// When it ceases to count, from now on.
        not_after: Option<Timestamp>,
    }
    /// The closing of a delegation was announced.
    Ending DelegationClosingAnnounced {
        delegation: DelegationId,
        /// When it ceases to count, from now on.
        not_after: Timestamp,
    }
    /// Delegations were closed for good: one, and those that passed it on, each after the one that it passes on.
    Ending DelegationsClosed {
        /// Which; the first is the one that was asked for.
        delegations: Vec<DelegationId>,
    }
    /// An API was made known, or its definition was changed.
    Ending ApiDefined {
        /// Its definition from now on.
        definition: ApiDefinition,
    }
    /// An API was removed; its credentials are ended.
    Ending ApiRemoved { api: String, }
    /// An API got a credential to ask with.
    Creation ApiCredentialCreated {
        credential: CredentialId,
        /// The API's name.
        api: String,
        digest: Digest,
    }
    /// An API's credential was ended.
    Ending ApiCredentialRevoked { credential: CredentialId, digest: Digest, }
    /// An operator token was made.
    Creation OperatorTokenCreated { credential: CredentialId, digest: Digest, }
    /// An operator token was ended.
    Ending OperatorTokenRevoked { credential: CredentialId, digest: Digest, }
    /// An organisation key was made, imported, or registered by a client itself.
    Creation OrganisationKeyCreated {
        key: CredentialId,
        /// Whose; nobody's for a client that registered itself.
        organisation: Option<OrganisationId>,
        /// The one workspace that it sees, if it sees one only.
        workspace: Option<WorkspaceId>,
        /// Its public id and OAuth side.
        definition: ClientDefinition,
        /// Its private key; a client without one authenticates otherwise, or not at all.
        private_key: Option<PrivateKeyState>,
        /// Whether it came from another system.
        imported: bool,
    }
    /// What an organisation key may do, or its OAuth side, was changed.
    Ending OrganisationKeyChanged {
        key: CredentialId,
        /// The one workspace that it sees from now on, if it sees one only.
        workspace: Option<WorkspaceId>,
        /// Its OAuth side from now on.
        definition: ClientDefinition,
    }
    /// An organisation key got a new private key; the old one works until the end of the overlap.
    Ending OrganisationKeyRotated {
        key: CredentialId,
        /// The private key before, and its end; none if there was none that worked.
        old: Option<PrivateKeyState>,
        /// The private key from now on.
        new: PrivateKeyState,
        /// Private keys of earlier rotations, ended at once.
        ended: Vec<PrivateKeyState>,
    }
    /// One of an organisation key's private keys was ended, and the access tokens that came with it.
    Ending PrivateKeyRevoked { key: CredentialId, private_key: PrivateKeyState, }
    /// An organisation key is paused.
    Ending OrganisationKeySuspended { key: CredentialId, }
    /// A paused organisation key works again.
    Creation OrganisationKeyResumed { key: CredentialId, }
    /// Organisation keys were ended, with everything that came from them.
    Ending OrganisationKeysRevoked {
        keys: Vec<CredentialId>,
        /// All their private keys.
        digests: Vec<Digest>,
    }
    /// All access tokens that an organisation key has got so far were ended; the key works on.
    Ending AccessTokensOfKeyEnded {
        key: CredentialId,
        /// The generation of its access tokens from now on.
        generation: u32,
    }
    /// A person authorised a client.
    Creation GrantMade {
        grant: GrantId,
        /// Through which membership.
        membership: MembershipId,
        /// The client's organisation key.
        key: CredentialId,
    }
    /// Grants were ended, with everything that hangs from them.
    Ending GrantsEnded { grants: Vec<GrantId>, }
    /// Families of refresh tokens were ended, with the access tokens that came with them.
    Ending FamiliesEnded {
        families: Vec<FamilyId>,
        /// When the last access token of them is over by itself.
        until: Timestamp,
    }
    /// One access token was ended.
    Ending AccessTokenRevoked {
        serial: CredentialId,
        /// When it is over by itself.
        until: Timestamp,
    }
    /// A person signed in.
    Unindexed SessionStarted { session: SessionId, person: PersonId, }
    /// Sessions were ended, with the access tokens that were consented to in them.
    Ending SessionsEnded {
        sessions: Vec<SessionId>,
        /// When the last access token of them is over by itself.
        until: Timestamp,
    }
    /// A person's password was set or changed.
    Unindexed PasswordChanged { person: PersonId, }
    /// A person can sign in through another provider (OpenID Connect).
    Unindexed UpstreamLinked { person: PersonId, provider: String, }
    /// A person cannot sign in through that provider any more.
    Unindexed UpstreamUnlinked { person: PersonId, provider: String, }
    /// New credentials begin with another prefix from now on.
    Unindexed InstallationChanged {
        /// The prefix.
        prefix: String,
    }
    /// A server key was made, for sealing or for signing: every node learns to read with it before it makes anything.
    Ending ServerKeyCreated { key: String, }
    /// A server key makes new things from now on, in the place of others for the same purpose, which only read.
    Ending ServerKeyActivated {
        key: String,
        purpose: String,
        /// The ids of those that it replaces.
        retired: Vec<String>,
    }
    /// A key for signing is ended: no node signs with it any more, shows it or takes what it has signed.
    Ending ServerKeyEnded {
        key: String,
        /// What it was for.
        purpose: String,
    }
    /// The server keys were encrypted anew under another master key.
    Unindexed MasterKeyRotated {
        /// How many.
        keys: u32,
    }
    /// The database was restored from a backup. What was ended since is either ended again, by the changes that follow, or
    /// everything in the backup is fenced.
    Ending Restored {
        /// The last change that is in the backup.
        backup: Sequence,
        /// The newest id in the backup.
        newest: CredentialId,
        /// Whether everything up to that id is refused until it is confirmed.
        fenced: bool,
    }
    /// An operator has seen that a part of what was restored is right.
    Creation RestoreConfirmed {
        /// What works again.
        scope: Scope,
    }
    /// Somebody took a part of an audit log along as a file: an organisation's, a person's own, or the whole one.
    Unindexed AuditExported {
        organisation: Option<OrganisationId>,
        /// Whose own doings, where they were a person's.
        person: Option<PersonId>,
    }
    /// How an organisation can be reached, or what it decides for itself, was changed.
    Unindexed OrganisationChanged { organisation: OrganisationId, }
    /// An operator looked at a part of what is an organisation's.
    Unindexed OrganisationViewed { organisation: OrganisationId, part: ViewedPart, }
    /// A person runs the installation from now on.
    Unindexed OperatorAppointed { person: PersonId, }
    /// A person does not run the installation any more.
    Ending OperatorDismissed { person: PersonId, }
    /// What a person proves who they are with besides a password was changed, or a part of it used up.
    Unindexed SecondFactorChanged { person: PersonId, change: FactorChange, }
    /// It was proven that a person's mail address is theirs.
    Unindexed EmailVerified { person: PersonId, }
    /// Somebody was invited to an organisation, or once more.
    Unindexed MemberInvited {
        invitation: MailLinkId,
        organisation: OrganisationId,
        /// As what.
        roles: Roles,
    }
    /// An invitation was withdrawn.
    Unindexed InvitationWithdrawn { invitation: MailLinkId, organisation: OrganisationId, }
    /// An organisation lets only members with a second factor in (`required`), or everybody again.
    Unindexed SecondFactorPolicyChanged { organisation: OrganisationId, required: bool, }
    /// A change of an API was announced: what programs are told. The words for people are in its row.
    Creation AnnouncementMade { announcement: AnnouncementId, api: String, signal: Signal, }
    /// An announcement was withdrawn.
    Creation AnnouncementWithdrawn { announcement: AnnouncementId, api: String, }
}
