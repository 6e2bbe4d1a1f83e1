//! The model of the coherence protocol: everything that can happen between nodes, a change and the database, tried.

use crate::{Outcome, shell};

/// Prints which mistakes the model catches, and that the protocol holds.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--locked", "--package", "poort-coherence-model", "--"]);
    shell::run(command.args(arguments))
}
