//! What a change has reached when it is answered.

use domain::Sequence;
use domain::time::Boottime;
use serde::{Deserialize, Serialize};

use crate::Authority;
use crate::wait::Reached;

/// The receipt of a change. With an embedded database, and for a change that concerns no index, there is one node, and it
/// has applied the change already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The change's place in the journal; absent when nothing had to be changed.
    pub sequence: Option<i64>,
    /// How many nodes were live after the commit, this one among them.
    pub nodes: u32,
    /// How many of them have applied the change.
    pub confirmed: u32,
    /// How many of them can answer nothing before they have caught up: they left, or were waited out until their lease had
    /// certainly ended. After an ending every node has confirmed or was waited out.
    pub waited_out: u32,
    /// How long the change took, in milliseconds.
    pub milliseconds: u64,
}

impl Authority {
    /// The receipt of what was begun at `started` and has come so far.
    pub(crate) fn receipt(&self, sequence: Option<Sequence>, reached: Reached, started: Boottime) -> Receipt {
        let Reached { nodes, confirmed, waited_out } = reached;
        let milliseconds = self.clock.boottime().0.saturating_sub(started.0) / 1_000_000;
        Receipt { sequence: sequence.map(|sequence| sequence.0), nodes, confirmed, waited_out, milliseconds }
    }
}
