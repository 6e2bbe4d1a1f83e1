//! What a simulation has seen.

use crate::queue::Time;
use crate::scenario::SECOND;

/// The figures of one run.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// For how long it ran, simulated.
    pub lasts: Time,
    /// How many events there were.
    pub events: u64,
    /// How long endings took, from the call to the answer.
    pub endings: Vec<Time>,
    /// How long creations took.
    pub creations: Vec<Time>,
    /// How long changes took until their commit was known.
    pub commits: Vec<Time>,
    /// How many commits there were.
    pub batches: u64,
    /// How often a node was waited out.
    pub waited_out: u64,
    /// How often something broke.
    pub faults: u64,
    /// The share of the time that the databases' processors worked.
    pub database_busy: f64,
    /// The share of the time that the nodes' processors worked for changes.
    pub node_busy: f64,
    /// The share of the time that the heads of the journals were locked.
    pub locked: f64,
    /// For how long nodes had no lease, all of them together; times at which a node was silent left out.
    pub dark: Time,
    /// How many subscriptions of a node to a journal there were.
    pub members: usize,
}

impl Measured {
    pub(crate) fn over(lasts: Time) -> Self {
        Self { lasts, ..Self::default() }
    }

    pub(crate) fn committed(&mut self, took: Time) {
        self.commits.push(took);
    }

    pub(crate) fn answered(&mut self, ending: bool, took: Time) {
        if ending { self.endings.push(took) } else { self.creations.push(took) }
    }

    /// Changes that were answered, a second.
    pub fn pace(&self) -> f64 {
        (self.endings.len() + self.creations.len()) as f64 * SECOND as f64 / self.lasts as f64
    }

    /// The share of checks that were answered with 503, if they come evenly.
    pub fn unavailable(&self) -> f64 {
        self.dark as f64 / (self.lasts as f64 * self.members as f64)
    }
}

/// The value below which this share of all lies, in milliseconds; 0 of nothing.
pub fn quantile(values: &[Time], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).map_or(0.0, |value| *value as f64 / 1_000.0)
}
