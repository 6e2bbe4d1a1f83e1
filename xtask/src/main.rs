//! The project's tools behind one entry: `cargo xtask COMMAND`.
#![allow(
    clippy::disallowed_methods,
    reason = "tools run on the machine's own clock and environment, and no part of the product links them"
)]

mod bench;
mod chaos;
mod checks;
mod clients;
mod console;
mod documents;
mod durability;
mod http;
mod kill_rounds;
mod machine;
mod model;
mod oauth_clients;
mod person;
mod random;
mod scale;
mod server;
mod shell;
mod standards;
mod test;
mod tidy;

use std::process::ExitCode;

/// What a command ends with: nothing more to say, or why it failed.
pub(crate) type Outcome<T = ()> = Result<T, String>;

struct Command {
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "[CARGO-TEST-ARGUMENT…]",
        help: "install what the tests need, then run all of them",
        run: test::run,
    },
    Command { name: "fmt", arguments: "[--check]", help: "lay out all code", run: checks::fmt },
    Command { name: "lint", arguments: "", help: "clippy over everything, warnings are errors", run: checks::lint },
    Command { name: "deny", arguments: "", help: "licences, banned crates and sources (cargo-deny)", run: checks::deny },
    Command { name: "tidy", arguments: "[--shrink]", help: "the project's own style rules; --shrink lowers the ratchet", run: tidy::run },
    Command {
        name: "docs",
        arguments: "[--check]",
        help: "write the generated documents, or check that they are fresh",
        run: documents::command,
    },
    Command {
        name: "bench",
        arguments: "[--as-built] [checks|process|start|changes|delegations|nodes|oauth|subsurface]…",
        help: "measure, and print one table",
        run: bench::command,
    },
    Command {
        name: "model",
        arguments: "[--full | --trace MUTANT]",
        help: "the coherence protocol, model-checked: every mistake caught",
        run: model::run,
    },
    Command {
        name: "chaos",
        arguments: "[--seconds N] [--seed S] [--mutant]",
        help: "3 nodes, faults of every kind at random: what was ended stays ended",
        run: chaos::command,
    },
    Command {
        name: "scale",
        arguments: "[--seed N] [TABLE…]",
        help: "simulate many nodes, journals and regions: the tables of docs/scale.md",
        run: scale::run,
    },
    Command {
        name: "kill-rounds",
        arguments: "[N] [--as-built]",
        help: "issue, revoke, kill -9, compare: 1,000 rounds",
        run: kill_rounds::command,
    },
    Command {
        name: "durability",
        arguments: "",
        help: "a sync before each answer to a change, shown with strace",
        run: durability::command,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        usage();
        return ExitCode::from(2);
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("xtask: there is no command {name:?}");
        usage();
        return ExitCode::from(2);
    };
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask {name}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    eprintln!("usage: cargo xtask COMMAND\n");
    for Command { name, arguments, help, .. } in COMMANDS {
        eprintln!("  {:54} {help}", format!("{name} {arguments}"));
    }
}
