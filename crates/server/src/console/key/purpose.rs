//! What a key is for: one way to ask tokens in the form; those that a key has, in words.

use domain::client::{ApplicationType, ClientDefinition, GrantType};

use super::address;
use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::visit::Visit;

/// What a new key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A program that acts for itself.
    Server,
    /// An app in which people sign in, and that can keep a secret.
    SignIn,
    /// An app in which people sign in, and that cannot.
    Public,
}

const ALL: [(Purpose, &str, Text, Text, GrantType); 3] = [
    (Purpose::Server, "server", Text::Server, Text::ServerHelp, GrantType::ClientCredentials),
    (Purpose::SignIn, "sign-in", Text::SignIn, Text::SignInHelp, GrantType::AuthorizationCode),
    (Purpose::Public, "public", Text::Public, Text::PublicHelp, GrantType::AuthorizationCode),
];

/// The choices.
pub(super) fn choices(visit: &Visit) -> Vec<Choice> {
    let choice = |(_, value, label, help, grant): &(_, &str, Text, Text, GrantType)| {
        Choice::new(*value, visit.say(*label)).help(visit.say(*help)).code(grant.name())
    };
    ALL.iter().map(choice).collect()
}

/// What was chosen.
pub(super) fn read(visit: &Visit, form: &mut Form) -> Option<Purpose> {
    let chosen = ALL.iter().find(|(_, value, ..)| *value == form.value("purpose")).map(|(purpose, ..)| *purpose);
    form.take("purpose", chosen.ok_or(()), visit.say(Text::PurposeMissing))
}

impl Purpose {
    /// What such a key asks tokens with.
    pub(super) fn grants(self, offline: bool) -> Vec<GrantType> {
        match self {
            Self::Server => vec![GrantType::ClientCredentials],
            _ if offline => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            _ => vec![GrantType::AuthorizationCode],
        }
    }

    /// Where its redirect URIs may lead.
    pub(super) fn application(self) -> ApplicationType {
        if self == Self::Public { ApplicationType::Native } else { ApplicationType::Web }
    }

    /// Where it runs, by its redirect URIs.
    pub(super) fn runs(self, redirect_uris: &[String]) -> ApplicationType {
        if self == Self::Public && address::is_native(redirect_uris) { ApplicationType::Native } else { ApplicationType::Web }
    }
}

/// What a key is for, in words and as it is on the wire; refreshing tokens is part of what gets them.
pub(super) fn in_words(visit: &Visit, client: &ClientDefinition) -> Vec<(&'static str, &'static str)> {
    let word = |grant: &GrantType| {
        let text = match grant {
            GrantType::AuthorizationCode if client.is_confidential() => Text::SignIn,
            GrantType::AuthorizationCode => Text::Public,
            GrantType::ClientCredentials => Text::Server,
            GrantType::DeviceCode => Text::Device,
            GrantType::TokenExchange => Text::Exchange,
            GrantType::RefreshToken => return None,
        };
        Some((visit.say(text), grant.name()))
    };
    client.grant_types.iter().filter_map(word).collect()
}
