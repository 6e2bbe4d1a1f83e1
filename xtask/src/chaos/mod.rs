//! Three real nodes on PostgreSQL with a synchronous standby, faults of every kind at random, and callers who keep count of
//! what they were told: nothing that was answered as ended may be allowed once, nothing that was answered as done be lost.

mod book;
mod database;
mod faults;
mod kind;
mod load;
mod node;
mod plan;
mod proxy;
mod report;
mod trial;

use std::path::Path;
use std::time::Duration;

use self::report::Report;
use crate::machine::{self, For};
use crate::random::Random;
use crate::{Outcome, shell};

const NODES: usize = 3;
/// The lease of the nodes: the default.
const LEASE: Duration = Duration::from_secs(3);
const SECONDS: u64 = 600;
/// What a change may take beside its wait, on a machine that has other work.
const SLACK: Duration = Duration::from_millis(1_000);

/// What a run is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// For how long there are faults.
    pub(crate) seconds: u64,
    /// From which all of them follow.
    pub(crate) seed: u64,
    /// What a change may take beside its wait.
    pub(crate) slack: Duration,
    /// Whether the nodes leave out their waiting: then the run must find stale allows.
    pub(crate) mutant: bool,
}

/// `cargo xtask chaos [--seconds N] [--seed S] [--mutant]`: ten minutes unless told otherwise.
pub(crate) fn command(arguments: &[String]) -> Outcome {
    let mut settings = Settings { seconds: SECONDS, seed: Random::new_seed(), slack: SLACK, mutant: false };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} takes a number"));
        match word.as_str() {
            "--seconds" => settings.seconds = number()?,
            "--seed" => settings.seed = number()?,
            "--mutant" => settings.mutant = true,
            other => return Err(format!("there is no argument {other:?}")),
        }
    }
    machine::prepare(For::Tests)?;
    shell::run(shell::cargo().args(["build", "--locked", "--package", "poort"]))?;
    let report = run(&shell::target().join("debug/poort"), &settings)?;
    println!("{report}");
    report.verdict()
}

/// One run.
pub(crate) fn run(program: &Path, settings: &Settings) -> Outcome<Report> {
    println!("{} s of faults, seed {}", settings.seconds, settings.seed);
    trial::run(program, settings)
}

/// How long a change waits for a node that is gone: 1.1/0.9 leases.
fn longest_wait() -> Duration {
    LEASE * 11 / 9
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Wide, as the other tests run beside this one: that the bound is kept is shown by hand.
    const WIDE: Duration = Duration::from_secs(20);
    /// One run at a time: each is six servers and sixteen callers.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn what_was_ended_stays_ended_whatever_goes_wrong() {
        let _alone = ALONE.lock();
        let settings = Settings { seconds: 40, seed: Random::new_seed(), slack: WIDE, mutant: false };
        let report = run(&shell::built("poort"), &settings).expect("a run");
        println!("{report}");
        report.verdict().expect("nothing stale, nothing lost, and enough of both");
    }

    #[test]
    fn nodes_that_leave_out_their_waiting_are_found_out() {
        let _alone = ALONE.lock();
        let settings = Settings { seconds: 20, seed: Random::new_seed(), slack: WIDE, mutant: true };
        let report = run(&shell::built("poort"), &settings).expect("a run");
        println!("{report}");
        assert!(!report.stale.is_empty(), "the checker cannot fail");
    }
}
