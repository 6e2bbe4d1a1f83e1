//! Runs the checker, and says what it saw.

use std::thread::available_parallelism;

use stateright::{Checker, HasDiscoveries, Model};

use crate::actions::Action;
use crate::mutants::Mutant;
use crate::property::SAFETY;
use crate::protocol::Protocol;
use crate::scenario::Bounds;
use crate::state::{Change, State};

/// What one run of the checker saw.
#[derive(Debug)]
pub struct Seen {
    /// How many different states it came to.
    pub states: usize,
    /// The way to an answer that must not be, if there is one.
    pub counterexample: Option<Vec<Step>>,
    /// What should have been reached and was not.
    pub unreached: Vec<&'static str>,
}

/// A step of a counterexample.
#[derive(Debug)]
pub struct Step {
    /// What happened.
    pub sentence: String,
    /// What there is afterwards.
    pub after: String,
}

/// Explores everything that the protocol can do within the bounds. Depth first, which takes far less memory; a counterexample
/// is then any, not a shortest one.
pub fn explore(bounds: Bounds) -> Seen {
    let protocol = Protocol { bounds, mutant: Mutant::None };
    let threads = available_parallelism().map_or(1, usize::from);
    see(protocol, &protocol.checker().threads(threads).spawn_dfs().join())
}

/// Looks for what a mutant does wrong, breadth first. The checker reports some counterexample of the thousand states it looked
/// at last, so the search goes on for shorter ones until there is none.
pub fn hunt(bounds: Bounds, mutant: Mutant) -> Seen {
    let protocol = Protocol { bounds, mutant };
    let search = || protocol.checker().finish_when(HasDiscoveries::AnyFailures);
    let mut seen = see(protocol, &search().spawn_bfs().join());
    while let Some(steps) = &seen.counterexample {
        // The depth counts states, of which there is one more than steps; that depth itself is not looked at.
        let shorter = see(protocol, &search().target_max_depth(steps.len() + 1).spawn_bfs().join());
        if shorter.counterexample.is_none() {
            break;
        }
        seen = shorter;
    }
    seen
}

fn see(protocol: Protocol, checker: &impl Checker<Protocol>) -> Seen {
    let discoveries = checker.discoveries();
    let counterexample = discoveries.get(SAFETY).map(|path| {
        let states = path.clone().into_vec();
        states.windows(2).filter_map(|pair| Some(step(pair[0].1?, &pair[1].0))).collect()
    });
    let wanted = protocol.properties().into_iter().map(|property| property.name).filter(|name| *name != SAFETY);
    let unreached = wanted.filter(|name| !discoveries.contains_key(name)).collect();
    Seen { states: checker.unique_state_count(), counterexample, unreached }
}

fn step(action: Action, state: &State) -> Step {
    let State { node, cluster, .. } = state;
    let row = cluster.now().row;
    let list = |changes: &mut dyn Iterator<Item = u8>| changes.map(|change| change.to_string()).collect::<Vec<_>>().join(" ");
    let returned = (1..).zip(&state.changes).filter(|(_, change)| **change == Change::Returned).map(|(number, _)| number);
    let after = format!(
        "journal [{}], row: lease {} {} acknowledged {}; node: lease {} with {} ticks left, applied [{}]; returned [{}]",
        list(&mut cluster.now().journal.changes().iter()),
        row.lease_number,
        if row.live { "live" } else { "not live" },
        row.acknowledged,
        node.lease_number,
        node.lease_left,
        list(&mut node.index.known.iter()),
        list(&mut { returned }),
    );
    Step { sentence: action.sentence(), after }
}
