//! Exit codes: one table that the program, `poort help exit-codes` and `docs/cli.md` share.

use http::StatusCode;

use super::texts::Text;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked was done.
    Ok = 0,
    /// It failed for a reason that has no code of its own.
    Failed = 1,
    /// Wrong usage, or stopped by whoever was asked.
    Usage = 2,
    /// No credential, or one that does not work.
    SignIn = 4,
    /// There is no such thing here.
    NotFound = 5,
    /// Refused, or not valid.
    Refused = 6,
    /// It clashes with what is there, or was changed meanwhile.
    Conflict = 7,
    /// An import did a part.
    Partly = 8,
    /// Nobody can tell now (`EX_TEMPFAIL` of sysexits.h).
    Later = 75,
}

/// An exit code with its meaning, and what a person may do about it.
pub struct ExitCode {
    /// The ending.
    pub exit: Exit,
    /// What it means.
    pub meaning: Text,
    /// What to do, where the error itself does not say so.
    pub todo: Option<Text>,
}

/// Every exit code.
pub const EXIT_CODES: [ExitCode; 9] = [
    ExitCode { exit: Exit::Ok, meaning: Text::ExitDone, todo: None },
    ExitCode { exit: Exit::Failed, meaning: Text::ExitFailed, todo: None },
    ExitCode { exit: Exit::Usage, meaning: Text::ExitUsage, todo: Some(Text::TodoUsage) },
    ExitCode { exit: Exit::SignIn, meaning: Text::ExitSignIn, todo: Some(Text::TodoSignIn) },
    ExitCode { exit: Exit::NotFound, meaning: Text::ExitNotFound, todo: Some(Text::TodoNotFound) },
    ExitCode { exit: Exit::Refused, meaning: Text::ExitRefused, todo: Some(Text::TodoRefused) },
    ExitCode { exit: Exit::Conflict, meaning: Text::ExitConflict, todo: Some(Text::TodoConflict) },
    ExitCode { exit: Exit::Partly, meaning: Text::ExitPartly, todo: None },
    ExitCode { exit: Exit::Later, meaning: Text::ExitLater, todo: Some(Text::TodoLater) },
];

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means.
    pub(super) fn meaning(self) -> Text {
        EXIT_CODES.iter().find(|code| code.exit == self).map_or(Text::ExitFailed, |code| code.meaning)
    }

    /// What to do about it when the error itself does not say.
    pub(super) fn todo(self) -> Option<Text> {
        EXIT_CODES.iter().find(|code| code.exit == self).and_then(|code| code.todo)
    }

    /// How a command ends when the server answers with this status.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            200..=299 => Self::Ok,
            401 => Self::SignIn,
            404 | 410 => Self::NotFound,
            400 | 403 | 413 | 415 | 422 => Self::Refused,
            409 | 412 | 428 => Self::Conflict,
            429 | 503 | 504 => Self::Later,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_documented_exits() {
        let exits =
            [(201, 0), (400, 6), (401, 4), (403, 6), (404, 5), (409, 7), (412, 7), (422, 6), (429, 75), (500, 1), (503, 75), (504, 75)];
        for (status, code) in exits {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(Exit::of_status(status).code(), code, "{status}");
        }
    }

    #[test]
    fn every_exit_stands_in_the_table_once() {
        let mut codes: Vec<u8> = EXIT_CODES.iter().map(|code| code.exit.code()).collect();
        codes.dedup();
        assert_eq!(codes, [0, 1, 2, 4, 5, 6, 7, 8, 75]);
    }
}
