//! `cargo xtask test`: prepares the machine, then runs all tests with the environment that they need.

use crate::Outcome;
use crate::machine::{self, DODONACLI, For, PROXIES};
use crate::shell::{self, ADMINISTRATORS_FOLDERS};

/// Runs all tests; arguments go to `cargo test` as they are.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    machine::prepare(For::Tests)?;
    machine::python_tool(&DODONACLI)?;
    let proxies = PROXIES.iter().map(machine::python_tool).collect::<Outcome<Vec<_>>>()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ADMINISTRATORS_FOLDERS.iter().map(Into::into));
    let folders = folders.chain(proxies.iter().filter_map(|program| program.parent().map(Into::into)));
    let path = std::env::join_paths(folders).map_err(|error| error.to_string())?;

    let mut cargo = shell::cargo();
    cargo.args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(arguments);
    cargo.env("PATH", path);
    shell::run(&mut cargo)
}
