//! The faults of a run: which, where, when and for how long, all of it from the seed.

use std::fmt;
use std::time::Duration;

use super::NODES;
use crate::random::Random;

/// How far the wall clock is set, in seconds: many leases, and less than the ten minutes for which answers are kept for those who
/// ask again (on the asked node's wall clock).
const CLOCK_STEPS: [i64; 4] = [300, -300, 30, -30];

/// What goes wrong. Numbers are those of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGSTOP, then SIGCONT.
    Stop(usize),
    /// SIGKILL, then a new process.
    Kill(usize),
    /// All connections to the database break, and no new one comes through.
    CutDatabase(usize),
    /// Nothing passes between node and database, then all of it does: late messages.
    StallDatabase(usize),
    /// Everything between node and database is late.
    SlowDatabase(usize),
    /// All connections of clients break, and no new one comes through.
    CutClients(usize),
    /// Everything between clients and node is late.
    SlowClients(usize),
    /// The database stops and starts again; or crashes, and recovers.
    Restart { crash: bool },
    /// The standby takes over. The old primary is fenced before that, or only some time afterwards.
    Failover { fenced_first: bool },
    /// The wall clock is set by so many seconds, and back.
    Clock(usize, i64),
}

/// A fault at its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    /// Since the start of the run.
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    pub(crate) fault: Fault,
}

/// What cannot have two faults at the same time has a lane of its own, in which one comes after the other.
pub(crate) fn lanes(seed: u64, length: Duration) -> Vec<Vec<Planned>> {
    let mut random = Random::seeded(seed);
    let mut lanes = Vec::new();
    for node in 0..NODES {
        lanes.push(lane(&mut random, length, (2_000, 9_000), |random, _| {
            if random.below(4) == 0 {
                (Fault::Kill(node), between(random, 100, 2_000))
            } else {
                (Fault::Stop(node), between(random, 100, 10_000))
            }
        }));
        lanes.push(lane(&mut random, length, (3_000, 12_000), |random, _| {
            let fault = [Fault::CutDatabase(node), Fault::StallDatabase(node), Fault::SlowDatabase(node)][random.below(3)];
            (fault, between(random, 200, 6_000))
        }));
        lanes.push(lane(&mut random, length, (4_000, 15_000), |random, _| {
            let fault = [Fault::CutClients(node), Fault::SlowClients(node)][random.below(2)];
            (fault, between(random, 200, 4_000))
        }));
    }
    lanes.push(lane(&mut random, length, (9_000, 20_000), |random, number| {
        // A short run has both.
        let failover = number == 0 || (number > 1 && random.below(2) == 0);
        let one_of_two = random.below(2) == 0;
        let fault = if failover { Fault::Failover { fenced_first: one_of_two } } else { Fault::Restart { crash: one_of_two } };
        (fault, between(random, 100, 2_500))
    }));
    lanes.push(lane(&mut random, length, (3_000, 10_000), |random, _| {
        (Fault::Clock(random.below(NODES), CLOCK_STEPS[random.below(CLOCK_STEPS.len())]), between(random, 500, 10_000))
    }));
    lanes
}

fn lane(
    random: &mut Random,
    length: Duration,
    (shortest_gap, longest_gap): (usize, usize),
    mut fault: impl FnMut(&mut Random, usize) -> (Fault, Duration),
) -> Vec<Planned> {
    let (mut planned, mut at) = (Vec::new(), Duration::ZERO);
    loop {
        at += Duration::from_millis((shortest_gap + random.below(longest_gap - shortest_gap)) as u64);
        let (fault, lasts) = fault(random, planned.len());
        if at + lasts > length {
            return planned;
        }
        planned.push(Planned { at, lasts, fault });
        at += lasts;
    }
}

/// Short times more often than long ones, down to the shortest.
fn between(random: &mut Random, shortest: usize, longest: usize) -> Duration {
    let share = random.below(1_000) as f64 / 1_000.0;
    Duration::from_secs_f64(shortest as f64 / 1_000.0 * (longest as f64 / shortest as f64).powf(share))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stop(node) => write!(f, "node {node} stopped"),
            Self::Kill(node) => write!(f, "node {node} killed"),
            Self::CutDatabase(node) => write!(f, "node {node} cut off from the database"),
            Self::StallDatabase(node) => write!(f, "nothing passes between node {node} and the database"),
            Self::SlowDatabase(node) => write!(f, "slow between node {node} and the database"),
            Self::CutClients(node) => write!(f, "node {node} cut off from its clients"),
            Self::SlowClients(node) => write!(f, "slow between node {node} and its clients"),
            Self::Restart { crash: true } => write!(f, "the database crashes"),
            Self::Restart { crash: false } => write!(f, "the database is restarted"),
            Self::Failover { fenced_first: true } => write!(f, "failover from a dead primary"),
            Self::Failover { fenced_first: false } => write!(f, "failover from a primary that goes on"),
            Self::Clock(node, seconds) => write!(f, "the wall clock of node {node} set by {seconds} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_follows_from_the_seed_and_a_short_one_has_a_failover() {
        let length = Duration::from_secs(40);
        let shown = |seed| format!("{:?}", lanes(seed, length));
        assert_eq!(shown(7), shown(7));
        assert_ne!(shown(7), shown(8));
        for seed in 0..50 {
            let faults: Vec<Planned> = lanes(seed, length).concat();
            assert!(faults.iter().all(|planned| planned.at + planned.lasts <= length));
            assert!(faults.iter().any(|planned| matches!(planned.fault, Fault::Failover { .. })));
        }
    }
}
