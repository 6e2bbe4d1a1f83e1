//! Lines of audit logs in words, for the page, the API and files: one sentence each, in the reader's language.

pub(crate) mod file;
mod texts;

use authority::{AuditActor, AuditLine, AuditName};
use domain::event::{Actor, Event};
use domain::permission::Permissions;
use domain::person::{ROLES, Role, Roles};
use domain::view::ViewedPart;
use domain::{OrganisationId, Timestamp};

use crate::console::moment;
use crate::language::Language;
pub(crate) use texts::{ACTIONS, Text};

/// What was done, in a sentence, with why where somebody said so.
pub(crate) fn sentence(line: &AuditLine, language: Language) -> String {
    let words = Words { line, language };
    let (before, roles) = words.roles();
    let values = [
        ("by", actor(&line.by, language)),
        ("what", words.what()),
        ("other", words.other()),
        ("may", words.may()),
        ("until", words.until()),
        ("count", words.more()),
        ("roles", roles),
        ("before", before),
        ("part", words.part().to_owned()),
    ];
    let told = texts::sentence(&line.action).filled(language, &values);
    match &line.reason {
        Some(reason) => format!("{told} {}", Text::Reason.filled(language, &[("reason", reason.clone())])),
        None => told,
    }
}

/// Who did it, at the beginning of a sentence.
pub(crate) fn actor(by: &AuditActor, language: Language) -> String {
    match by {
        AuditActor::Person(_, Some(name)) | AuditActor::Organisation(Some(name)) => name.clone(),
        AuditActor::Person(_, None) => Text::ByErased.of(language).to_owned(),
        AuditActor::Organisation(None) => Text::ByElsewhere.of(language).to_owned(),
        AuditActor::Operator => Text::ByOperator.of(language).to_owned(),
        AuditActor::Client(Some(name)) => Text::ByClient.filled(language, &[("name", name.clone())]),
        AuditActor::Client(None) => Text::ByUnknownClient.of(language).to_owned(),
        AuditActor::Server => Text::ByServer.of(language).to_owned(),
    }
}

/// By which way it was asked for, as programs read it, and in words.
pub(crate) fn via(line: &AuditLine) -> (&'static str, Text) {
    match line.entry.actor {
        Actor::Person { credential: None, .. } => ("session", Text::ViaPage),
        Actor::Person { credential: Some(_), .. } => ("token", Text::ViaToken),
        Actor::OperatorPerson { .. } => ("operator_page", Text::ViaOperatorPage),
        Actor::Operator { .. } => ("operator_token", Text::ViaOperatorToken),
        Actor::Client { .. } => ("client", Text::ViaClient),
        Actor::System => ("server", Text::ViaServer),
    }
}

/// What stands in the places of a sentence.
struct Words<'l> {
    line: &'l AuditLine,
    language: Language,
}

impl Words<'_> {
    /// The thing that it was done to.
    fn what(&self) -> String {
        let first = store::named(&self.line.entry.event).first().copied();
        let found = self.line.names.iter().find(|name| Some(name.id) == first);
        // Where the thing itself has no name, as a session, whoever it is about has.
        match found.or_else(|| self.line.names.iter().find(|name| matches!(name.kind.as_str(), "person" | "membership"))) {
            Some(name) => self.named(name),
            None => Text::Unnamed.of(self.language).to_owned(),
        }
    }

    fn named(&self, name: &AuditName) -> String {
        let quoted = |text: &str| format!("\u{2018}{text}\u{2019}");
        match (name.kind.as_str(), &name.name, &name.more) {
            ("person" | "membership", None, _) => Text::Erased.of(self.language).to_owned(),
            ("person" | "membership" | "organisation", Some(text), _) => text.clone(),
            ("workspace", Some(text), Some(number)) => format!("{number} {}", quoted(text)),
            ("token" | "operator_token" | "api_credential", Some(text), Some(prefix)) => format!("{} ({prefix}…)", quoted(text)),
            ("key" | "grant", Some(text), Some(public)) => format!("{} ({}…)", quoted(text), beginning(public)),
            ("organisation_token", Some(text), Some(prefix)) => format!("{text} ({prefix}…)"),
            ("organisation_token", Some(text), None) => text.clone(),
            (_, Some(text), Some(more)) => format!("{} ({more})", quoted(text)),
            (_, Some(text), None) => quoted(text),
            (_, None, Some(more)) => more.clone(),
            (_, None, None) => Text::Unnamed.of(self.language).to_owned(),
        }
    }

    fn organisation(&self, id: OrganisationId) -> String {
        let name = self.line.names.iter().find(|name| name.id == *id.as_bytes());
        name.map_or_else(|| Text::Unnamed.of(self.language).to_owned(), |name| self.named(name))
    }

    /// What else it names.
    fn other(&self) -> String {
        match &self.line.entry.event {
            Event::MembershipMoved { organisation, .. } => self.organisation(*organisation),
            Event::UpstreamLinked { provider, .. } | Event::UpstreamUnlinked { provider, .. } => provider.clone(),
            Event::ApiDefined { definition } => definition.name.clone(),
            Event::ApiRemoved { api }
            | Event::ApiCredentialCreated { api, .. }
            | Event::AnnouncementMade { api, .. }
            | Event::AnnouncementWithdrawn { api, .. } => api.clone(),
            Event::InstallationChanged { prefix } => prefix.clone(),
            Event::ServerKeyCreated { key } | Event::ServerKeyActivated { key, .. } | Event::ServerKeyEnded { key, .. } => key.clone(),
            _ => String::new(),
        }
    }

    /// What it may do from then on.
    fn may(&self) -> String {
        match &self.line.entry.event {
            Event::TokenCreated { permissions, .. }
            | Event::TokenChanged { permissions, .. }
            | Event::OrganisationTokenCreated { permissions, .. }
            | Event::DelegationOpened { permissions, .. }
            | Event::DelegationChanged { permissions, .. } => match permissions {
                Permissions::All => Text::MayAll.of(self.language).to_owned(),
                Permissions::Only(names) if names.is_empty() => Text::MayNothing.of(self.language).to_owned(),
                Permissions::Only(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            },
            _ => String::new(),
        }
    }

    /// At what of an organisation somebody looked.
    fn part(&self) -> &'static str {
        let Event::OrganisationViewed { part, .. } = &self.line.entry.event else { return "" };
        match part {
            ViewedPart::Members => Text::PartMembers,
            ViewedPart::Tokens => Text::PartTokens,
            ViewedPart::Keys => Text::PartKeys,
            ViewedPart::Workspaces => Text::PartWorkspaces,
            ViewedPart::Audit => Text::PartAudit,
        }
        .of(self.language)
    }

    /// Until when.
    fn until(&self) -> String {
        let end: Option<Timestamp> = match &self.line.entry.event {
            Event::TokenCreated { secret, .. } | Event::OrganisationTokenCreated { secret, .. } => secret.not_after,
            Event::DelegationOpened { not_after, .. }
            | Event::DelegationChanged { not_after, .. }
            | Event::DelegationConfirmed { not_after, .. } => *not_after,
            Event::DelegationClosingAnnounced { not_after, .. } => Some(*not_after),
            _ => None,
        };
        match end {
            Some(end) => Text::UntilDay.filled(self.language, &[("day", moment::day(end, self.language))]),
            None => Text::NoEnd.of(self.language).to_owned(),
        }
    }

    /// How many others besides the one that is named.
    fn more(&self) -> String {
        let count = match &self.line.entry.event {
            Event::TokensRevoked { tokens, .. } => tokens.len(),
            Event::OrganisationKeysRevoked { keys, .. } => keys.len(),
            Event::DelegationsClosed { delegations } => delegations.len(),
            Event::GrantsEnded { grants } => grants.len(),
            Event::SessionsEnded { sessions, .. } => sessions.len(),
            _ => 0,
        };
        if count > 1 { Text::AndMore.filled(self.language, &[("count", (count - 1).to_string())]) } else { String::new() }
    }

    /// The roles before, and those from then on.
    fn roles(&self) -> (String, String) {
        match &self.line.entry.event {
            Event::MembershipChanged { before, roles, .. } => (self.in_words(*before), self.in_words(*roles)),
            Event::MembershipCreated { roles, .. } | Event::MembershipMoved { roles, .. } | Event::MemberInvited { roles, .. } => {
                (String::new(), self.in_words(*roles))
            }
            _ => (String::new(), String::new()),
        }
    }

    fn in_words(&self, roles: Roles) -> String {
        let word = |role: Role| match role {
            Role::Owner => Text::Owner,
            Role::KeyManager => Text::KeyManager,
            Role::ProjectManager => Text::ProjectManager,
            Role::Member => Text::Member,
            Role::AuditReader => Text::AuditReader,
        };
        let held: Vec<&str> = ROLES.into_iter().filter(|role| roles.has(*role)).map(|role| word(role).of(self.language)).collect();
        if held.is_empty() { Text::NoRoles.of(self.language).to_owned() } else { held.join(", ") }
    }
}

/// As much of a public id as tells keys apart in a sentence; files have all of it.
fn beginning(public: &str) -> String {
    const SHOWN: usize = 13;
    public.chars().take(SHOWN).collect()
}
