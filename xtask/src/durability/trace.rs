//! Reads what `strace -f -y` wrote, and follows each change from its request over its sync to its answer.

use std::collections::BTreeMap;

use crate::Outcome;

/// What a trace has shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Changes that were answered as done, each synced before.
    pub(super) changes: usize,
    /// Syncs of the database in all.
    pub(super) syncs: usize,
}

/// A call, once it has begun or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Begun,
    Ended,
    Whole,
}

/// What has happened since a request came in on a connection.
#[derive(Debug, Default, Clone, Copy)]
struct Pending {
    /// The database was written.
    written: bool,
    /// A sync that began after that writing has ended.
    synced: bool,
}

/// Files that hold what was committed: SQLite's log, and the database itself.
const DATABASE_FILES: [&str; 3] = ["-wal>", ".db>", ".sqlite>"];
const CHANGING: [&str; 4] = ["POST /api/v1/", "DELETE /api/v1/", "PATCH /api/v1/", "PUT /api/v1/"];

/// Examines a whole trace; fails with the first answer that came too early.
pub(super) fn examine(trace: &str) -> Outcome<Finding> {
    let mut follower = Follower::default();
    for (number, line) in (1..).zip(trace.lines()) {
        follower.take(line).map_err(|problem| format!("line {number} of the trace: {problem}: {line}"))?;
    }
    Ok(Finding { changes: follower.changes, syncs: follower.syncs })
}

#[derive(Default)]
struct Follower<'t> {
    /// By connection: a change that was asked for and not yet answered.
    asked: BTreeMap<&'t str, Pending>,
    /// By thread: the connections whose written changes the sync under way will cover.
    syncing: BTreeMap<&'t str, Vec<&'t str>>,
    /// By thread: the call that strace cut in two.
    cut: BTreeMap<&'t str, &'t str>,
    changes: usize,
    syncs: usize,
}

impl<'t> Follower<'t> {
    fn take(&mut self, line: &'t str) -> Outcome {
        let Some((thread, rest)) = line.split_once(' ') else { return Ok(()) };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            // The text of a cut call: its arguments stand on the first half, what it read on the second.
            let Some(first) = self.cut.remove(thread) else { return Ok(()) };
            return self.call(thread, Call::parse(first, Some(resumed), Step::Ended));
        }
        let is_cut = rest.contains("<unfinished ...>");
        if is_cut {
            self.cut.insert(thread, rest);
        }
        self.call(thread, Call::parse(rest, None, if is_cut { Step::Begun } else { Step::Whole }))
    }

    fn call(&mut self, thread: &'t str, call: Option<Call<'t>>) -> Outcome {
        let Some(call) = call else { return Ok(()) };
        let (begins, ends) = (call.step != Step::Ended, call.step != Step::Begun);
        match call.name {
            "read" | "readv" | "recvfrom" | "recvmsg" if ends && call.is_socket() && call.shows(&CHANGING) => {
                self.asked.insert(call.file, Pending::default());
            }
            "pwrite64" | "pwritev" | "write" | "writev" if ends && call.is_database() => {
                self.asked.values_mut().for_each(|pending| pending.written = true);
            }
            "fsync" | "fdatasync" if call.is_database() => self.sync(thread, begins, ends && call.succeeded()),
            "write" | "writev" | "sendto" | "sendmsg" if begins && call.is_socket() && call.shows(&["HTTP/1.1 2"]) => {
                return self.answer(call.file);
            }
            _ => {}
        }
        Ok(())
    }

    fn sync(&mut self, thread: &'t str, begins: bool, succeeded: bool) {
        if begins {
            // What was written before the sync began is covered by it; what comes after is not.
            let covered = self.asked.iter().filter(|(_, pending)| pending.written).map(|(connection, _)| *connection).collect();
            self.syncing.insert(thread, covered);
        }
        if succeeded {
            self.syncs += 1;
            for connection in self.syncing.remove(thread).unwrap_or_default() {
                if let Some(pending) = self.asked.get_mut(connection) {
                    pending.synced = true;
                }
            }
        }
    }

    fn answer(&mut self, connection: &str) -> Outcome {
        let Some(pending) = self.asked.remove(connection) else { return Ok(()) };
        match (pending.written, pending.synced) {
            (true, true) => {
                self.changes += 1;
                Ok(())
            }
            (false, _) => Err("a change was answered as done before the database was written".to_owned()),
            (true, false) => Err("a change was answered as done before what was written was synced".to_owned()),
        }
    }
}

/// One call, whole or one half of it.
struct Call<'t> {
    name: &'t str,
    /// The first argument as `-y` shows it: `7</data/poort.db-wal>`, `9<socket:[1234]>`.
    file: &'t str,
    first: &'t str,
    second: &'t str,
    step: Step,
}

impl<'t> Call<'t> {
    fn parse(first: &'t str, second: Option<&'t str>, step: Step) -> Option<Self> {
        let (name, arguments) = first.split_once('(')?;
        let file = arguments.split_inclusive('>').next()?.split([',', ' ', ')']).next()?;
        Some(Self { name, file, first, second: second.unwrap_or_default(), step })
    }

    fn is_socket(&self) -> bool {
        self.file.contains("<socket:[") || self.file.contains("<TCP")
    }

    fn is_database(&self) -> bool {
        DATABASE_FILES.iter().any(|ending| self.file.ends_with(ending))
    }

    fn shows(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.first.contains(word) || self.second.contains(word))
    }

    fn succeeded(&self) -> bool {
        self.first.trim_end().ends_with("= 0") || self.second.trim_end().ends_with("= 0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = r#"11 recvfrom(9<socket:[77]>, "POST /api/v1/people/1/tokens HTTP/1.1\r\n", 8192, 0, NULL, NULL) = 40"#;
    const WRITTEN: &str = r#"12 pwrite64(5</data/poort.db-wal>, "\0\1", 4120, 32) = 4120"#;
    const SYNCED: &str = "12 fdatasync(5</data/poort.db-wal>) = 0";
    const SYNC_BEGUN: &str = "12 fdatasync(5</data/poort.db-wal> <unfinished ...>";
    const SYNC_ENDED: &str = "12 <... fdatasync resumed>) = 0";
    const SYNC_FAILED: &str = "12 fdatasync(5</data/poort.db-wal>) = -1 EIO (Input/output error)";
    const ANSWERED: &str = r#"11 writev(9<socket:[77]>, [{iov_base="HTTP/1.1 201 Created\r\n", iov_len=300}], 1) = 300"#;
    const REFUSED: &str = r#"11 writev(9<socket:[77]>, [{iov_base="HTTP/1.1 422 Unprocessable Content\r\n", iov_len=300}], 1) = 300"#;

    fn examined(lines: &[&str]) -> Outcome<Finding> {
        examine(&lines.join("\n"))
    }

    #[test]
    fn a_sync_between_writing_and_answer_is_enough() {
        let durable = Ok(Finding { changes: 1, syncs: 1 });
        assert_eq!(examined(&[ASKED, WRITTEN, SYNCED, ANSWERED]), durable);
        assert_eq!(examined(&[ASKED, WRITTEN, SYNC_BEGUN, SYNC_ENDED, ANSWERED]), durable);
        assert_eq!(examined(&[ASKED, REFUSED]), Ok(Finding { changes: 0, syncs: 0 }));
    }

    #[test]
    fn an_answer_without_its_sync_is_found() {
        for too_early in [
            &[ASKED, WRITTEN, ANSWERED] as &[&str],
            &[ASKED, ANSWERED],
            &[ASKED, SYNCED, ANSWERED],
            &[ASKED, SYNCED, WRITTEN, ANSWERED],
            &[WRITTEN, SYNCED, ASKED, ANSWERED],
            &[WRITTEN, ASKED, SYNCED, ANSWERED],
            &[ASKED, WRITTEN, SYNC_BEGUN, ANSWERED, SYNC_ENDED],
            &[ASKED, SYNC_BEGUN, WRITTEN, SYNC_ENDED, ANSWERED],
            &[ASKED, WRITTEN, SYNC_FAILED, ANSWERED],
        ] {
            assert!(examined(too_early).is_err(), "{too_early:?}");
        }
    }

    #[test]
    fn a_request_that_strace_cut_in_two_is_still_seen() {
        let begun = "11 recvfrom(9<socket:[77]>, <unfinished ...>";
        let ended = r#"11 <... recvfrom resumed>"DELETE /api/v1/tokens/1 HTTP/1.1\r\n", 8192, 0, NULL, NULL) = 40"#;
        assert_eq!(examined(&[begun, ended, WRITTEN, SYNCED, ANSWERED]), Ok(Finding { changes: 1, syncs: 1 }));
        assert!(examined(&[begun, ended, WRITTEN, ANSWERED]).is_err());
    }
}
