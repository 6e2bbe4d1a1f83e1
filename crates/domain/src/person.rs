//! People and their memberships.

use serde::{Deserialize, Serialize};

use crate::id::{MembershipId, OrganisationId, PersonId};
use crate::text::{Email, Name};
use crate::time::Timestamp;

/// Somebody a credential acts for. The only place where a name or a mail address stands, so that erasing it
/// leaves the journal whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Name; absent once erased.
    pub name: Option<Name>,
    /// Mail address, unique without regard to case; absent once erased.
    pub email: Option<Email>,
    /// Whether it was proven that the address is the person's: by a link, by another provider, or by who runs the installation.
    #[serde(default)]
    pub email_verified: bool,
    /// When the person was made known.
    pub created_at: Timestamp,
    /// Since when none of the person's credentials work, if so.
    pub suspended_at: Option<Timestamp>,
    /// Since when the person is erased, if so.
    pub erased_at: Option<Timestamp>,
}

/// A language that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Dutch: what is written where nothing is known of the reader.
    #[default]
    Nl,
    /// English.
    En,
}

impl Language {
    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }

    /// The language with this tag.
    pub fn tagged(tag: &str) -> Option<Self> {
        [Self::Nl, Self::En].into_iter().find(|language| language.tag() == tag)
    }
}

/// How a person wants pages and letters to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The language that they read, where that is known.
    pub language: Option<Language>,
    /// The theme of pages; as their system has it, without one.
    pub theme: Option<Theme>,
}

/// A theme of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Dark letters.
    Light,
    /// Light letters.
    Dark,
}

impl Theme {
    /// Its name in rows, cookies and pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name)
    }
}

/// One person in one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// Who.
    pub person: PersonId,
    /// Where.
    pub organisation: OrganisationId,
    /// As what.
    pub roles: Roles,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a member is in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Manages the organisation and its members.
    Owner,
    /// Manages its keys and tokens.
    KeyManager,
    /// Manages its projects and delegations.
    ProjectManager,
    /// Belongs to it.
    Member,
    /// Reads its audit log.
    AuditReader,
}

/// Every role.
pub const ROLES: [Role; 5] = [Role::Owner, Role::KeyManager, Role::ProjectManager, Role::Member, Role::AuditReader];

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Role>", into = "Vec<Role>")]
pub struct Roles(u8);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);

    /// This set and one role more.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role as u8)
    }

    /// Whether the role is among them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    /// As bits, for the index and the store.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The bits that stand for roles.
    pub const MASK: u8 = 0x1f;

    /// From bits; unknown ones are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::MASK)
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Vec<Role>> for Roles {
    fn from(roles: Vec<Role>) -> Self {
        roles.into_iter().collect()
    }
}

impl From<Roles> for Vec<Role> {
    fn from(roles: Roles) -> Self {
        ROLES.into_iter().filter(|role| roles.has(*role)).collect()
    }
}
