//! The simulation of many nodes, journals and regions: prints the tables that `docs/scale.md` quotes.

use crate::{Outcome, shell};

/// Prints all tables, or the named ones.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--locked", "--package", "poort-scale-model", "--"]);
    shell::run(command.args(arguments))
}
