//! Named statements: one SQL text for both databases, all of them in one list.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which database; only the executor and what opens connections ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// The era of a PostgreSQL server: its timeline, which a promotion or a restored backup raises, and the moment of its
/// start, which tells a disk that was put back. Any role may ask. `pg_control_checkpoint()` would not do: for some time after
/// a promotion it gives the timeline before.
macro_rules! era {
    () => {
        "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || \
         to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', '.YYYYMMDDHH24MISSUS')"
    };
}
pub(crate) use era;

/// A file belongs to one process, and has no replica that could take over.
const EMBEDDED_ERA: &str = "'embedded'";

/// A statement of this crate. Parameters are written `$1`, `$2` …
#[derive(Debug)]
pub struct Statement {
    name: &'static str,
    text: &'static str,
    sqlite: OnceLock<String>,
    ran: [AtomicBool; 2],
}

impl Statement {
    pub(crate) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, sqlite: OnceLock::new(), ran: [AtomicBool::new(false), AtomicBool::new(false)] }
    }

    /// Its name, unique in this crate.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it has run on this database in this process.
    pub fn has_run_on(&self, engine: Engine) -> bool {
        self.ran[engine as usize].load(Ordering::Relaxed)
    }

    /// Whether it only reads.
    pub(crate) fn only_reads(&self) -> bool {
        self.text.starts_with("SELECT")
    }

    /// The text for a database.
    pub(crate) fn for_engine(&'static self, engine: Engine) -> &'static str {
        let ran = &self.ran[engine as usize];
        if !ran.load(Ordering::Relaxed) {
            ran.store(true, Ordering::Relaxed);
        }
        match engine {
            Engine::Postgres => self.text,
            // SQLite would read `$1` as a name and number the names in the order in which they come.
            Engine::Sqlite => self.sqlite.get_or_init(|| self.text.replace(era!(), EMBEDDED_ERA).replace('$', "?")),
        }
    }
}

/// Declares the statements of a module and lists them for the registry.
macro_rules! statements {
    ($($name:ident = $text:expr;)*) => {
        $(static $name: $crate::statement::Statement = $crate::statement::Statement::new(
            concat!(module_path!(), "::", stringify!($name)), $text
        );)*
        /// The statements of this module.
        pub(crate) static STATEMENTS: &[&$crate::statement::Statement] = &[$(&$name),*];
    };
}
pub(crate) use statements;

/// Every statement of this crate.
pub fn all() -> impl Iterator<Item = &'static Statement> {
    let modules = [
        crate::allowance::STATEMENTS,
        crate::announcement::STATEMENTS,
        crate::api::STATEMENTS,
        crate::api_credential::STATEMENTS,
        crate::audit_line::STATEMENTS,
        crate::authorization_code::STATEMENTS,
        crate::delegation::STATEMENTS,
        crate::ended::STATEMENTS,
        crate::era::STATEMENTS,
        crate::exposure::STATEMENTS,
        crate::fence::STATEMENTS,
        crate::idempotency::STATEMENTS,
        crate::interaction::STATEMENTS,
        crate::journal::STATEMENTS,
        crate::letter::STATEMENTS,
        crate::label::STATEMENTS,
        crate::logout_notice::STATEMENTS,
        crate::mail_link::STATEMENTS,
        crate::membership::STATEMENTS,
        crate::grant::STATEMENTS,
        crate::migration::STATEMENTS,
        crate::node::STATEMENTS,
        crate::operator::STATEMENTS,
        crate::notice::STATEMENTS,
        crate::operator_token::STATEMENTS,
        crate::organisation::STATEMENTS,
        crate::organisation_key::STATEMENTS,
        crate::organisation_token::STATEMENTS,
        crate::passkey::STATEMENTS,
        crate::person::STATEMENTS,
        crate::pushed_request::STATEMENTS,
        crate::device_code::STATEMENTS,
        crate::personal_token::STATEMENTS,
        crate::recovery_code::STATEMENTS,
        crate::refresh_token::STATEMENTS,
        crate::refused_request::STATEMENTS,
        crate::second_factor_policy::STATEMENTS,
        crate::secret::STATEMENTS,
        crate::server_key::STATEMENTS,
        crate::session::STATEMENTS,
        crate::setting::STATEMENTS,
        crate::snapshot::STATEMENTS,
        crate::totp::STATEMENTS,
        crate::upstream_account::STATEMENTS,
        crate::activity::STATEMENTS,
        crate::usage::STATEMENTS,
        crate::used_once::STATEMENTS,
        crate::workspace::STATEMENTS,
    ];
    modules.into_iter().flatten().copied().chain(crate::backup::statements())
}
