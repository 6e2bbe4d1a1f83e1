//! What a token may do, in the words of its owner.

use domain::permission::{Permission, Permissions};

use super::texts::Text;
use crate::console::visit::Visit;

/// Whether a permission lets one look only, by its name.
pub(super) fn is_reading(permission: &Permission) -> bool {
    permission.as_str().ends_with(":read")
}

/// What the permissions let a program do, in a few words.
pub(super) fn in_words(visit: &Visit, permissions: &Permissions) -> String {
    match permissions {
        Permissions::All => visit.say(Text::Everything).to_owned(),
        Permissions::Only(names) if !names.is_empty() && names.iter().all(is_reading) => visit.say(Text::Reading).to_owned(),
        Permissions::Only(names) if names.len() == 1 => visit.say(Text::OnePermission).to_owned(),
        Permissions::Only(names) => visit.fill(Text::Permissions, &[("count", &names.len().to_string())]),
    }
}
