//! Which tables a backup holds, parents before what refers to them. A test compares the list with the schema.

use crate::statement::Statement;

/// A table of a backup.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) read: Statement,
}

macro_rules! tables {
    ($($name:literal,)*) => {
        /// What a backup holds.
        pub(crate) static TABLES: [Table; [$($name),*].len()] = [$(Table {
            name: $name,
            read: Statement::new(concat!("backup::", $name), concat!("SELECT * FROM ", $name)),
        },)*];
    };
}

tables! {
    "journal_head",
    "journal",
    "journal_origin",
    "journal_subject",
    "audit_line",
    "audit_head",
    "setting",
    "server_key",
    "organisation",
    "person",
    "operator",
    "change_reason",
    "upstream_account",
    "totp",
    "recovery_code",
    "passkey",
    "membership",
    "workspace",
    "api",
    "api_credential",
    "announcement",
    "announcement_reader",
    "operator_token",
    "personal_token",
    "organisation_token",
    "overlap_secret",
    "organisation_key",
    "private_key",
    "client_grant",
    "ended_access",
    "authorization_code",
    "device_code",
    "refresh_family",
    "refresh_token",
    "pushed_request",
    "used_once",
    "logout_notice",
    "notice",
    "delegation",
    "credential_usage",
    "usage_day",
    "check_day",
    "permission_use",
    "uncounted_day",
    "counted_since",
    "credential_exposure",
    "fence",
    "fence_confirmed",
}

/// What a backup leaves out, and why: `migration` is in its header, `node` is about processes that run,
/// `idempotent_answer`, `interaction` and `allowance` are of the last minutes, `refused_request` explains what is over, and after a
/// restore people sign in anew (`session`, `session_client`): which sessions had ended by then would not be known. What waits in
/// `letter` has been sent since, most likely: nobody is told twice. Which links had been used or withdrawn (`mail_link`) would not be
/// known: whoever was invited is invited once more. An operator's look at an organisation (`organisation_view`) is over in an hour.
pub(crate) const LEFT_OUT: [&str; 11] = [
    "migration",
    "node",
    "idempotent_answer",
    "interaction",
    "allowance",
    "session",
    "session_client",
    "refused_request",
    "letter",
    "mail_link",
    "organisation_view",
];

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static Statement> {
    TABLES.iter().map(|table| &table.read)
}
