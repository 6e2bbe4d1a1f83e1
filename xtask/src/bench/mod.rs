//! `cargo xtask bench`: one run, one table. Nothing is asserted on time; the numbers are for `docs/performance.md`.

pub(crate) mod browser;
mod changes;
mod checks;
mod code;
mod delegations;
mod nodes;
mod oauth;
mod pages;
mod postgres;
mod process;
mod wrk;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use self::checks::{Round, Target};
use self::process::{median, resident_bytes};
use crate::http::Connection;
use crate::machine::{self, For};
use crate::server::{Folder, Server, free_port};
use crate::{Outcome, shell};

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;
const PEOPLE: usize = 100_000;
const ORGANISATIONS: usize = 1_000;
const STARTS: usize = 5;
/// How many entries the check in the process is measured with.
const SIZES_IN_PROCESS: [usize; 3] = [1_000, 1_000_000, 10_000_000];

/// A line of the table.
struct Row {
    what: String,
    value: String,
    ratio: String,
}

impl Row {
    fn of(what: String, value: String) -> Self {
        Self { what, value, ratio: String::new() }
    }
}

type Table = Vec<Row>;

/// A data folder with tokens in it, and what is needed to ask about them.
struct Filled {
    data: PathBuf,
    credential: String,
    tokens: PathBuf,
    unknown: PathBuf,
}

/// Builds, fills, measures and prints. Parts can be named: `checks`, `process`, `start`, `changes`, `delegations`, `nodes`,
/// `subsurface`, `oauth`, `pages`; with `--as-built` it measures what an earlier run has built.
pub(crate) fn command(arguments: &[String]) -> Outcome {
    machine::prepare(For::Bench)?;
    let (flags, parts): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| argument.starts_with("--"));
    if !flags.iter().any(|flag| *flag == "--as-built") {
        build()?;
    }
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|named| *named == part);
    let mut table = Table::new();
    let measured = measure(&wanted, &mut table);
    // What was measured is worth knowing, whatever failed after it.
    print(&table)?;
    measured
}

fn measure(wanted: &dyn Fn(&str) -> bool, table: &mut Table) -> Outcome {
    let folder = Folder::new("bench")?;
    if wanted("process") {
        in_process(table)?;
    }
    if wanted("checks") || wanted("start") {
        let few = fill(folder.path(), FEW)?;
        let many = fill(folder.path(), MANY)?;
        if wanted("start") {
            starts(folder.path(), &many, table)?;
        }
        if wanted("checks") {
            all_checks(&few, &many, folder.path(), table)?;
        }
    }
    if wanted("changes") {
        let data = make_folder(&folder.path().join("changes"))?;
        let server = Server::start(&program("poort"), &data, &[])?;
        changes::measure(&server, folder.path(), table)?;
    }
    if wanted("delegations") {
        let data = make_folder(&folder.path().join("delegations"))?;
        let server = Server::start(&program("poort"), &data, &[])?;
        delegations::measure(&server, table)?;
    }
    if wanted("subsurface") {
        subsurface(table)?;
    }
    if wanted("oauth") {
        oauth::measure(folder.path(), table)?;
    }
    if wanted("pages") {
        let data = make_folder(&folder.path().join("pages"))?;
        let server = Server::start(&program("poort"), &data, &[])?;
        pages::measure(&server, table)?;
    }
    if wanted("nodes") {
        nodes::measure(folder.path(), table)?;
    }
    Ok(())
}

fn build() -> Outcome {
    let mut cargo = shell::cargo();
    // One call, so that what they share is built once and with the same features.
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "poort",
        "--package",
        "xtask",
        "--package",
        "poort-verifier",
        "--package",
        "poort-portals",
        "--bins",
        "--examples",
    ]);
    shell::run(&mut cargo)
}

fn program(name: &str) -> PathBuf {
    shell::target().join("release").join(name)
}

/// The check as a call, and the memory of a token: the verifier measures itself.
fn in_process(table: &mut Table) -> Outcome {
    for size in SIZES_IN_PROCESS {
        let said = shell::output(Command::new(program("examples/measure")).arg(size.to_string()))?;
        for (name, value) in said.lines().filter_map(|line| line.split_once(' ')) {
            table.push(Row::of(format!("in the process, {size} live tokens: {name}"), value.trim().to_owned()));
        }
    }
    Ok(())
}

/// The subsurface portal: it measures itself.
fn subsurface(table: &mut Table) -> Outcome {
    let said = shell::output(&mut Command::new(program("examples/subsurface")))?;
    for (what, value) in said.lines().filter_map(|line| line.split_once(": ")) {
        table.push(Row::of(format!("subsurface API: {what}"), value.to_owned()));
    }
    Ok(())
}

/// Makes a data folder with `tokens` live tokens: a first start for the keys, then the rows.
fn fill(folder: &Path, tokens: usize) -> Outcome<Filled> {
    let data = make_folder(&folder.join(format!("data-{tokens}")))?;
    let mut server = Server::start(&program("poort"), &data, &[])?;
    let credential = server.operator()?.create_api()?;
    server.stop()?;
    let mut fill = Command::new(program("examples/fill"));
    fill.arg(data.join("poort.db")).args([tokens, PEOPLE, ORGANISATIONS].map(|number| number.to_string())).arg(&data);
    shell::run(&mut fill)?;
    let (known, unknown) = (data.join("tokens.txt"), data.join("unknown.txt"));
    Ok(Filled { data, credential, tokens: known, unknown })
}

/// From the start of the process to the first answer, and the memory of an idle server.
fn starts(folder: &Path, many: &Filled, table: &mut Table) -> Outcome {
    let empty = make_folder(&folder.join("empty"))?;
    let first = Server::start(&program("poort"), &empty, &[])?.started_in.as_secs_f64();
    table.push(Row::of("first start ever: keys and database made, until the first answer".to_owned(), format!("{first:.3} s")));
    for (name, data) in [("empty", &empty), ("1 million live tokens", &many.data)] {
        let (mut seconds, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let mut server = Server::start(&program("poort"), data, &[])?;
            seconds.push(server.started_in.as_secs_f64());
            std::thread::sleep(Duration::from_secs(2));
            memory.push(resident_bytes(server.id())? / f64::from(1 << 20));
            server.stop()?;
        }
        table.push(Row::of(format!("start until the first answer, {name}"), format!("{:.3} s", median(seconds))));
        table.push(Row::of(format!("idle resident memory, {name}"), format!("{:.1} MiB", median(memory))));
    }
    Ok(())
}

/// Forward-auth and verify, at both sizes and with half of the tokens unknown, beside the yardstick.
fn all_checks(few: &Filled, many: &Filled, folder: &Path, table: &mut Table) -> Outcome {
    let script = folder.join("load.lua");
    std::fs::write(&script, include_str!("load.lua")).map_err(|error| error.to_string())?;
    let null = Null::start()?;
    let small = Server::start(&program("poort"), &few.data, &[])?;
    let large = Server::start(&program("poort"), &many.data, &[])?;
    for surface in ["forward-auth", "verify"] {
        let target = |name: &str, (process, address): (u32, &str), filled: &Filled| Target {
            name: name.to_owned(),
            process,
            address: address.to_owned(),
            credential: filled.credential.clone(),
            tokens: vec![filled.tokens.clone()],
            refused: 0.0,
        };
        let mut half = target("1 million live tokens, half of those presented unknown", (large.id(), &large.address), many);
        half.tokens.push(many.unknown.clone());
        // Verify answers 200 to a question about a token that it does not know.
        half.refused = if surface == "forward-auth" { 0.5 } else { 0.0 };
        let targets = [
            target("null", (null.child.id(), &null.address), many),
            target("1 thousand live tokens", (small.id(), &small.address), few),
            target("1 million live tokens", (large.id(), &large.address), many),
            half,
        ];
        checks::same_headers(&targets[0], &targets[1])?;
        checks::measure(&Round { surface, targets: &targets, script: &script }, table)?;
    }
    Ok(())
}

/// The yardstick: `examples/null.rs`.
struct Null {
    child: Child,
    address: String,
}

impl Null {
    fn start() -> Outcome<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let child = Command::new(program("examples/null")).arg(&address).spawn().map_err(|error| error.to_string())?;
        let null = Self { child, address };
        for _ in 0..1_000 {
            if Connection::open(&null.address).is_ok() {
                return Ok(null);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("the yardstick does not listen".to_owned())
    }
}

impl Drop for Null {
    fn drop(&mut self) {
        // It has nothing to lose; if it is gone already, so much the better.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make_folder(path: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path.to_owned())
}

fn print(table: &[Row]) -> Outcome {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let cpu =
        read("/proc/cpuinfo").lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned()));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let commit = shell::output(Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(shell::root())).unwrap_or_default();
    println!("\nMachine: {}, {cores} cores, Linux {}", cpu.unwrap_or_default(), read("/proc/sys/kernel/osrelease").trim());
    println!(
        "Commit {}; release build; medians of {} runs of {}, {} connections, interleaved\n",
        commit.trim(),
        checks::RUNS,
        checks::SECONDS_OF_RUN,
        checks::CONNECTIONS
    );
    println!("| measured | value | against |\n| --- | --- | --- |");
    for Row { what, value, ratio } in table {
        println!("| {what} | {value} | {ratio} |");
    }
    Ok(())
}
