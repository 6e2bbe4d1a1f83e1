//! Who may do what through Poort's own management.

use domain::person::{Membership, Role, Roles};
use domain::personal_token::PersonalToken;
use domain::{CredentialId, OrganisationId, PersonId, SessionId};

use crate::{Error, SignedInPerson};

/// The name of the built-in API: Poort's own management, as far as people's tokens reach.
pub const OWN_API: &str = "poort";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Whoever runs the installation: may do everything.
    Operator {
        /// With this token.
        credential: CredentialId,
    },
    /// A person who was appointed to run the installation, on a page for that: may do everything. Their tokens may not, and neither may
    /// they on other pages. Each change looks once more whether they still are ([`crate::Authority::change`]).
    OperatorPerson {
        /// Who.
        id: PersonId,
        /// In which session.
        session: SessionId,
    },
    /// A person.
    Person(PersonCaller),
    /// A client, for itself: it manages its registration, or ends a token of its own.
    Client {
        /// Its organisation key.
        key: CredentialId,
    },
    /// The server itself.
    System,
}

/// A person who asks, as the check of their token or of their session gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCaller {
    /// Who.
    pub id: PersonId,
    /// With what.
    pub with: With,
    /// In which organisation.
    pub organisation: OrganisationId,
    /// As what.
    pub roles: Roles,
    /// The rights that it holds.
    pub rights: Vec<Right>,
}

/// With what a person asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// A personal token of theirs: what is made with it reaches no further than it does.
    Token(CredentialId),
    /// A session in a browser, in which a person may do all that their roles let them.
    Session(SessionId),
}

/// A permission of the built-in API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See one's own tokens.
    TokensRead,
    /// Make, change and end one's own tokens.
    TokensWrite,
    /// See the organisation's people and their tokens.
    PeopleRead,
    /// Change the organisation's people and their tokens.
    PeopleWrite,
    /// See the organisation's own tokens.
    OrganisationTokensRead,
    /// Make, change and end the organisation's own tokens.
    OrganisationTokensWrite,
    /// See the organisation's workspaces.
    WorkspacesRead,
    /// Make, rename and close the organisation's workspaces.
    WorkspacesWrite,
    /// See the delegations that the organisation gives and gets.
    DelegationsRead,
    /// Open, pass on, accept, change and close delegations.
    DelegationsWrite,
    /// See the organisation's keys.
    OrganisationKeysRead,
    /// Make, change, rotate and end the organisation's keys.
    OrganisationKeysWrite,
    /// See the organisation's audit log.
    AuditRead,
}

/// Every right, with the name of its permission. Their order is that of the permissions' bits: new ones come last.
pub const RIGHTS: [(Right, &str); 13] = [
    (Right::TokensRead, "poort:tokens:read"),
    (Right::TokensWrite, "poort:tokens:write"),
    (Right::PeopleRead, "poort:people:read"),
    (Right::PeopleWrite, "poort:people:write"),
    (Right::OrganisationTokensRead, "poort:organisation-tokens:read"),
    (Right::OrganisationTokensWrite, "poort:organisation-tokens:write"),
    (Right::WorkspacesRead, "poort:workspaces:read"),
    (Right::WorkspacesWrite, "poort:workspaces:write"),
    (Right::DelegationsRead, "poort:delegations:read"),
    (Right::DelegationsWrite, "poort:delegations:write"),
    (Right::OrganisationKeysRead, "poort:organisation-keys:read"),
    (Right::OrganisationKeysWrite, "poort:organisation-keys:write"),
    (Right::AuditRead, "poort:audit:read"),
];

impl Right {
    /// What it lets one do, in plain words.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::TokensRead => "See your tokens",
            Self::TokensWrite => "Make, change and end your tokens",
            Self::PeopleRead => "See your organisation's people",
            Self::PeopleWrite => "Change your organisation's people",
            Self::OrganisationTokensRead => "See your organisation's own tokens",
            Self::OrganisationTokensWrite => "Make, change and end your organisation's own tokens",
            Self::WorkspacesRead => "See your organisation's workspaces",
            Self::WorkspacesWrite => "Make, rename and close your organisation's workspaces",
            Self::DelegationsRead => "See the delegations that your organisation gives and gets",
            Self::DelegationsWrite => "Open, pass on, accept, change and close delegations of your organisation",
            Self::OrganisationKeysRead => "See your organisation's keys",
            Self::OrganisationKeysWrite => "Make, change, rotate and end your organisation's keys",
            Self::AuditRead => "See your organisation's audit log",
        }
    }

    /// Whether members with these roles may hold it.
    pub fn is_for(self, roles: Roles) -> bool {
        self.roles().is_empty() || self.roles().iter().any(|role| roles.has(*role))
    }

    /// Who may hold it: members with one of these roles; empty: every member.
    pub(crate) const fn roles(self) -> &'static [Role] {
        match self {
            Self::TokensRead | Self::TokensWrite | Self::DelegationsRead => &[],
            Self::PeopleRead | Self::PeopleWrite => &[Role::Owner],
            Self::OrganisationTokensRead | Self::OrganisationTokensWrite | Self::OrganisationKeysRead | Self::OrganisationKeysWrite => {
                &[Role::Owner, Role::KeyManager]
            }
            Self::WorkspacesRead | Self::WorkspacesWrite | Self::DelegationsWrite => &[Role::Owner, Role::ProjectManager],
            Self::AuditRead => &[Role::Owner, Role::AuditReader],
        }
    }
}

impl With {
    /// The credential, where it is one.
    pub const fn credential(self) -> Option<CredentialId> {
        match self {
            Self::Token(credential) => Some(credential),
            Self::Session(_) => None,
        }
    }
}

impl PersonCaller {
    /// Whoever has signed in, about what is their own.
    pub fn signed_in(person: &SignedInPerson) -> Self {
        let rights = vec![Right::TokensRead, Right::TokensWrite];
        // Without roles it counts in no organisation, whichever is named here.
        let organisation = person.memberships.first().map_or(OrganisationId::from_bytes([0; 16]), |membership| membership.organisation);
        Self { id: person.person.id, with: With::Session(person.session.id), organisation, roles: Roles::NONE, rights }
    }

    /// Whoever has signed in, as this member.
    pub fn member(person: &SignedInPerson, membership: &Membership) -> Self {
        let rights = RIGHTS.iter().map(|(right, _)| *right).filter(|right| right.is_for(membership.roles)).collect();
        Self { organisation: membership.organisation, roles: membership.roles, rights, ..Self::signed_in(person) }
    }
}

impl Caller {
    /// Bytes that name the caller, for binding what is kept for it.
    pub(crate) fn name(&self) -> [u8; 17] {
        let (kind, id) = match self {
            Self::Operator { credential } => (b'o', *credential.as_bytes()),
            Self::OperatorPerson { id, .. } => (b'r', *id.as_bytes()),
            Self::Person(person) => (b'p', *person.id.as_bytes()),
            Self::Client { key } => (b'c', *key.as_bytes()),
            Self::System => (b's', [0; 16]),
        };
        let mut name = [kind; 17];
        name[1..].copy_from_slice(&id);
        name
    }

    /// Whether the caller runs the installation.
    pub fn is_operator(&self) -> bool {
        matches!(self, Self::Operator { .. } | Self::OperatorPerson { .. } | Self::System)
    }

    /// Refuses everybody but operators.
    pub fn require_operator(&self) -> Result<(), Error> {
        if self.is_operator() { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Refuses a caller without this right; operators have all.
    pub fn require(&self, right: Right) -> Result<(), Error> {
        match self {
            Self::Person(person) if !person.rights.contains(&right) => Err(Error::Forbidden),
            Self::Client { .. } => Err(Error::Forbidden),
            _ => Ok(()),
        }
    }

    /// Whether the caller manages what this right is about in this organisation.
    pub fn manages(&self, organisation: OrganisationId, right: Right) -> bool {
        match self {
            Self::Operator { .. } | Self::OperatorPerson { .. } | Self::System => true,
            Self::Person(person) => {
                let entitled = right.roles().iter().any(|role| person.roles.has(*role));
                person.organisation == organisation && entitled && person.rights.contains(&right)
            }
            Self::Client { .. } => false,
        }
    }

    /// Lets the caller at what this right is about in this organisation, or says that there is no such thing: what is somebody else's
    /// cannot be told from what is not there.
    pub fn require_management(&self, organisation: OrganisationId, right: Right) -> Result<(), Error> {
        if self.manages(organisation, right) { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Lets the caller at a person who is a member of these organisations: to see, one of them is enough; to change, the
    /// caller must manage them all.
    pub fn require_person(&self, person: PersonId, member_of: &[OrganisationId], right: Right) -> Result<(), Error> {
        let itself = matches!(self, Self::Person(caller) if caller.id == person) && right != Right::PeopleWrite;
        // To change a person who is a member elsewhere too would reach into another organisation.
        let mut managed = member_of.iter().map(|organisation| self.manages(*organisation, right));
        let managed = if right == Right::PeopleWrite {
            !member_of.is_empty() && managed.all(|managed| managed)
        } else {
            managed.any(|managed| managed)
        };
        if itself || managed || self.is_operator() { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Lets the caller at a token: its own, one of a member of an organisation that it manages, any for an operator.
    pub fn require_token(&self, token: &PersonalToken, write: bool) -> Result<(), Error> {
        let (own, managed) = if write { (Right::TokensWrite, Right::PeopleWrite) } else { (Right::TokensRead, Right::PeopleRead) };
        match self {
            Self::Person(caller) if caller.id == token.person => self.require(own),
            _ => self.require_management(token.organisation, managed),
        }
    }
}
