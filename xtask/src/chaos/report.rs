//! What a run has shown, and whether that is enough.

use std::fmt;
use std::time::Duration;

use super::faults::History;
use super::kind::Kind;
use super::load::{End, Load};
use super::{Settings, longest_wait};
use crate::Outcome;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// A node that answers less than this share of what it is asked shows too little.
const ANSWERED_PERCENT: f64 = 70.0;
/// In ten minutes, so many endings must have met a fault.
const OVERLAPPED: f64 = 50.0;
const OVERLAPPED_IN_SECONDS: f64 = 600.0;
/// A run in which so many must meet a fault, one of ten minutes, ends some of every kind.
const EVERY_KIND_FROM: usize = 50;

/// What one node was asked, and how many endings met a fault of it or of the database.
struct OfNode {
    answered: u64,
    unavailable: u64,
    unheard: u64,
    overlapped: usize,
}

/// What a run has shown.
pub(crate) struct Report {
    nodes: Vec<OfNode>,
    ends: usize,
    /// How many of each kind.
    of_kinds: Vec<(Kind, usize)>,
    overlapped: usize,
    overlapped_wanted: usize,
    checks: u64,
    pub(crate) stale: Vec<String>,
    pub(crate) lost: Vec<String>,
    unknown: u64,
    /// Of endings whose own node and database had no fault.
    longest: Duration,
    longest_of_all: Duration,
    bound: Duration,
}

impl Report {
    /// What came of a run; `lost` are the changes that were answered as done and are not there.
    pub(crate) fn of(settings: &Settings, load: &Load<'_>, history: &History, lost: Vec<String>) -> Self {
        let ends = load.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let met = |end: &&End, node: usize| history.overlaps(end.from, end.to, |fault| fault.concerns(node));
        let nodes = load.asked.iter().enumerate().map(|(node, asked)| OfNode {
            answered: asked.answered.load(Ordering::Relaxed),
            unavailable: asked.unavailable.load(Ordering::Relaxed),
            unheard: asked.unheard.load(Ordering::Relaxed),
            overlapped: ends.iter().filter(|end| met(end, node)).count(),
        });
        let nodes: Vec<OfNode> = nodes.collect();
        let undisturbed = |end: &&End| !history.overlaps(end.asked, end.to, |fault| fault.concerns(end.node));
        let took = |end: &End| end.to - end.asked;
        Self {
            ends: ends.len(),
            of_kinds: Kind::ALL.map(|kind| (kind, ends.iter().filter(|end| end.kind == Some(kind)).count())).to_vec(),
            overlapped: ends.iter().filter(|end| history.overlaps(end.from, end.to, |_| true)).count(),
            overlapped_wanted: (OVERLAPPED * settings.seconds as f64 / OVERLAPPED_IN_SECONDS).ceil() as usize,
            checks: nodes.iter().map(|node| node.answered).sum(),
            nodes,
            stale: load.stale.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            lost,
            unknown: load.unknown.load(Ordering::Relaxed),
            longest: ends.iter().filter(undisturbed).map(took).max().unwrap_or_default(),
            longest_of_all: ends.iter().map(took).max().unwrap_or_default(),
            bound: longest_wait() + settings.slack,
        }
    }

    /// Whether it shows enough, and nothing that must not be.
    pub(crate) fn verdict(&self) -> Outcome {
        let mut problems: Vec<String> = self.stale.iter().chain(&self.lost).take(20).cloned().collect();
        for (number, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.share() < ANSWERED_PERCENT) {
            problems.push(format!("node {number} answered only {:.1} % of its checks", node.share()));
        }
        if self.overlapped < self.overlapped_wanted {
            problems.push(format!("only {} endings met a fault, of {} that must", self.overlapped, self.overlapped_wanted));
        }
        let none = self.of_kinds.iter().filter(|(_, count)| *count == 0 && self.overlapped_wanted >= EVERY_KIND_FROM);
        problems.extend(none.map(|(kind, _)| format!("none of the {} was ended", kind.name())));
        if self.longest > self.bound {
            problems.push(format!("an ending waited {:?}", self.longest));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }
}

impl OfNode {
    /// Of the checks that it heard, those that it answered, in percent.
    fn share(&self) -> f64 {
        self.answered as f64 * 100.0 / (self.answered + self.unavailable).max(1) as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, node) in self.nodes.iter().enumerate() {
            let OfNode { answered, unavailable, unheard, overlapped } = node;
            let share = node.share();
            writeln!(
                f,
                "node {number}: {share:.1} % of checks answered ({answered}; 503 {unavailable}, connection gone {unheard}), {overlapped} endings overlapped a fault"
            )?;
        }
        let of_kinds: Vec<String> = self.of_kinds.iter().map(|(kind, count)| format!("{} {count}", kind.name())).collect();
        writeln!(f, "ended or paused: {}", of_kinds.join(", "))?;
        writeln!(
            f,
            "{} endings overlapped any fault; {} changes were never answered; the longest call, faults of its own node or of the database included: {} ms",
            self.overlapped,
            self.unknown,
            self.longest_of_all.as_millis()
        )?;
        write!(
            f,
            "{} ends, {} checks, {} stale allows, {} lost changes, longest wait {} ms, bound {} ms",
            self.ends,
            self.checks,
            self.stale.len(),
            self.lost.len(),
            self.longest.as_millis(),
            self.bound.as_millis()
        )
    }
}
