//! Roles in words, and choosing them.

use domain::person::{ROLES, Role, Roles};

use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::visit::Visit;

/// A role with its value in the form, what it is called, and what it lets one do.
const WORDS: [(Role, &str, Text, Text); 5] = [
    (Role::Owner, "owner", Text::Owner, Text::OwnerHelp),
    (Role::KeyManager, "key_manager", Text::KeyManager, Text::KeyManagerHelp),
    (Role::ProjectManager, "project_manager", Text::ProjectManager, Text::ProjectManagerHelp),
    (Role::Member, "member", Text::Member, Text::MemberHelp),
    (Role::AuditReader, "audit_reader", Text::AuditReader, Text::AuditReaderHelp),
];

/// What somebody is, in words.
pub(in crate::console) fn in_words(visit: &Visit, roles: Roles) -> String {
    let held: Vec<&str> = WORDS.iter().filter(|(role, ..)| roles.has(*role)).map(|(_, _, name, _)| visit.say(*name)).collect();
    if held.is_empty() { visit.say(Text::NoRole).to_owned() } else { held.join(", ") }
}

/// The values of the boxes that are ticked to begin with.
pub(super) fn ticked(roles: Roles) -> Vec<(&'static str, &'static str)> {
    WORDS.iter().filter(|(role, ..)| roles.has(*role)).map(|(_, value, ..)| ("roles", *value)).collect()
}

/// The choices.
pub(in crate::console) fn choices(visit: &Visit) -> Vec<Choice> {
    WORDS.iter().map(|(_, value, name, help)| Choice::new(*value, visit.say(*name)).help(visit.say(*help))).collect()
}

/// What was chosen: one at least.
pub(in crate::console) fn read(visit: &Visit, form: &mut Form) -> Option<Roles> {
    let chosen = |role: &Role| WORDS.iter().any(|(known, value, ..)| known == role && form.ticked("roles").any(|sent| sent == *value));
    let roles: Roles = ROLES.into_iter().filter(chosen).collect();
    form.take("roles", if roles.is_empty() { Err(()) } else { Ok(roles) }, visit.say(Text::RolesMissing))
}
