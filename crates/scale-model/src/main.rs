//! Prints the tables of the simulation. `cargo xtask scale` runs it.
#![allow(clippy::disallowed_methods, reason = "a tool; no part of the product links it")]

use std::process::ExitCode;

use scale_model::tables::{SEED, TABLES};

const USAGE: &str = "usage: cargo xtask scale [--seed NUMBER] [TABLE…]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (seed, names) = match arguments.split_first() {
        Some((flag, rest)) if flag == "--seed" => match rest.split_first().map(|(seed, names)| (seed.parse(), names)) {
            Some((Ok(seed), names)) => (seed, names),
            _ => return usage(),
        },
        _ => (SEED, &arguments[..]),
    };
    if names.iter().any(|name| TABLES.iter().all(|table| table.name != name)) {
        return usage();
    }
    for table in TABLES.iter().filter(|table| names.is_empty() || names.iter().any(|name| table.name == name)) {
        println!("{}\n\n{}", table.name, (table.text)(seed));
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    eprintln!("{USAGE}\ntables: {}", names.join(", "));
    ExitCode::from(2)
}
