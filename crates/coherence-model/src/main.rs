//! Prints what the model finds: every mutant caught, the protocol right. `cargo xtask model` runs it.
#![allow(clippy::disallowed_methods, reason = "a tool that says how long it took; no part of the product links it")]

use std::process::ExitCode;
use std::time::Instant;

use coherence_model::mutants::Mutant;
use coherence_model::report::{self, Seen};
use coherence_model::scenario::Scenario;

const USAGE: &str = "usage: cargo xtask model [--full | --trace MUTANT]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => check(false),
        ["--full"] => check(true),
        ["--trace", name] => trace(name),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Every mutant within the reduced bounds, in which each is caught; then the protocol within these or the full ones.
fn check(full: bool) -> ExitCode {
    println!("{:<29} {:<13} {:>10} {:>6}  result", "mutant", "scenario", "states", "time");
    let mut failures = 0;
    for mutant in Mutant::ALL {
        let start = Instant::now();
        let seen = report::hunt(mutant.scenario().reduced(), *mutant);
        let result = seen.counterexample.as_ref().map(|steps| format!("caught, in {} steps", steps.len()));
        failures += usize::from(result.is_none());
        print(mutant.name(), mutant.scenario(), &seen, start, &result.unwrap_or_else(|| "NOT CAUGHT".to_owned()));
    }
    for scenario in Scenario::ALL {
        let start = Instant::now();
        let seen = report::explore(if full { scenario.full() } else { scenario.reduced() });
        let result = match &seen {
            Seen { counterexample: Some(steps), .. } => format!("BROKEN, in {} steps", steps.len()),
            Seen { unreached, .. } if !unreached.is_empty() => format!("NEVER REACHED: {}", unreached.join("; ")),
            _ => "holds".to_owned(),
        };
        failures += usize::from(result != "holds");
        print("(the protocol)", scenario, &seen, start, &result);
    }
    println!("{} mutants, {} scenarios, {failures} failures", Mutant::ALL.len(), Scenario::ALL.len());
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(name: &str, scenario: Scenario, seen: &Seen, start: Instant, result: &str) {
    let (scenario, seconds) = (format!("{scenario:?}"), start.elapsed().as_secs_f32());
    println!("{name:<29} {scenario:<13} {:>10} {seconds:>5.1}s  {result}", seen.states);
}

/// A shortest way in which this mutant goes wrong.
fn trace(name: &str) -> ExitCode {
    let Some(mutant) = Mutant::ALL.iter().find(|mutant| mutant.name().eq_ignore_ascii_case(name)) else {
        eprintln!("{USAGE}\n\nmutants:");
        Mutant::ALL.iter().for_each(|mutant| eprintln!("  {:<29} {}", mutant.name(), mutant.sentence()));
        return ExitCode::from(2);
    };
    println!("{}: {}\nA shortest way from there to a stale answer:\n", mutant.name(), mutant.sentence());
    let seen = report::hunt(mutant.scenario().reduced(), *mutant);
    let Some(steps) = seen.counterexample else {
        println!("NOT CAUGHT in {} states", seen.states);
        return ExitCode::FAILURE;
    };
    for (number, step) in (1..).zip(steps) {
        println!("{number:>3}. {}\n     {}", step.sentence, step.after);
    }
    println!("\nThe check started after a change had returned, and was answered without it.");
    ExitCode::SUCCESS
}
