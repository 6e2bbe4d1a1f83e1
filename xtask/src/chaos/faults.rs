//! The faults as they happen, and when they happened.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::database::Pair;
use super::node::{Kit, Node};
use super::plan::{Fault, Planned};
use super::proxy::Gate;
use crate::Outcome;

/// By how much a slow way is late, for each part that is sent.
const LATE: Duration = Duration::from_millis(80);
/// For so long after a fault its node, or the database, still recovers from it.
const RECOVERS: Duration = Duration::from_secs(1);

/// From when to when something was wrong, and what.
struct Span {
    fault: Fault,
    from: Instant,
    to: Option<Instant>,
}

/// What was wrong when.
#[derive(Default)]
pub(crate) struct History(Mutex<Vec<Span>>);

impl History {
    /// Whether anything of these faults was wrong, or had just been, between two moments.
    pub(crate) fn overlaps(&self, from: Instant, to: Instant, concerns: impl Fn(Fault) -> bool) -> bool {
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meets = |span: &Span| span.from <= to && span.to.is_none_or(|end| end + RECOVERS >= from);
        spans.iter().any(|span| concerns(span.fault) && meets(span))
    }

    fn begin(&self, fault: Fault) -> usize {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.push(Span { fault, from: Instant::now(), to: None });
        spans.len() - 1
    }

    fn end(&self, place: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[place].to = Some(Instant::now());
    }
}

impl Fault {
    /// Whether this node, or its way to the database or to its clients, or the database is what suffers.
    pub(crate) fn concerns(self, node: usize) -> bool {
        match self {
            Self::Restart { .. } | Self::Failover { .. } => true,
            Self::Stop(at) | Self::Kill(at) | Self::CutDatabase(at) | Self::StallDatabase(at) | Self::SlowDatabase(at) => at == node,
            Self::CutClients(at) | Self::SlowClients(at) | Self::Clock(at, _) => at == node,
        }
    }
}

/// What faults happen to.
pub(crate) struct Stage<'s> {
    pub(crate) kit: &'s Kit,
    pub(crate) nodes: &'s [Node],
    pub(crate) pair: &'s Mutex<Pair>,
    pub(crate) history: &'s History,
    pub(crate) begin: Instant,
    /// Whether the run is broken off.
    pub(crate) over: &'s AtomicBool,
}

impl Stage<'_> {
    /// Plays a lane of the plan, one fault after the other.
    pub(crate) fn play(&self, lane: &[Planned]) -> Outcome {
        for Planned { at, lasts, fault } in lane {
            while self.begin.elapsed() < *at {
                if self.over.load(Ordering::SeqCst) {
                    return Ok(());
                }
                std::thread::sleep((*at - self.begin.elapsed().min(*at)).min(Duration::from_millis(100)));
            }
            println!("{:7.1} s  {fault}, {:.1} s", self.begin.elapsed().as_secs_f64(), lasts.as_secs_f64());
            let place = self.history.begin(*fault);
            let done = self.happen(*fault, *lasts);
            self.history.end(place);
            done.map_err(|problem| format!("{fault}: {problem}"))?;
        }
        Ok(())
    }

    fn happen(&self, fault: Fault, lasts: Duration) -> Outcome {
        let way = |gate: Gate, node: usize| {
            self.nodes[node].database.set(gate);
            std::thread::sleep(lasts);
            self.nodes[node].database.set(Gate::Open);
        };
        match fault {
            Fault::Stop(node) => {
                self.nodes[node].signal("STOP");
                std::thread::sleep(lasts);
                self.nodes[node].signal("CONT");
            }
            Fault::Kill(node) => {
                self.nodes[node].kill();
                std::thread::sleep(lasts);
                self.nodes[node].bring_back();
            }
            Fault::CutDatabase(node) => way(Gate::Cut, node),
            Fault::StallDatabase(node) => way(Gate::Stalled, node),
            Fault::SlowDatabase(node) => way(Gate::Slow(LATE), node),
            Fault::CutClients(node) | Fault::SlowClients(node) => {
                let gate = if fault == Fault::CutClients(node) { Gate::Cut } else { Gate::Slow(LATE) };
                self.nodes[node].clients.set(gate);
                std::thread::sleep(lasts);
                self.nodes[node].clients.set(Gate::Open);
            }
            Fault::Restart { crash } => self.pair()?.restart(crash, lasts)?,
            Fault::Failover { fenced_first } => {
                let lead = |address: &str| self.nodes.iter().for_each(|node| node.database.lead_to(address));
                self.pair()?.fail_over(fenced_first, lasts, lead)?;
            }
            Fault::Clock(node, seconds) => {
                self.nodes[node].set_clock(self.kit, seconds)?;
                std::thread::sleep(lasts);
                self.nodes[node].set_clock(self.kit, 0)?;
            }
        }
        Ok(())
    }

    fn pair(&self) -> Outcome<std::sync::MutexGuard<'_, Pair>> {
        self.pair.lock().map_err(|_| "the database's faults panicked".to_owned())
    }
}
