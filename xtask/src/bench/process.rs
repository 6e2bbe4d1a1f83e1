//! What a process has used, read from `/proc`.

use std::process::Command;

use crate::{Outcome, shell};

/// User and system time of a process so far, in microseconds.
pub(super) fn cpu_microseconds(process: u32) -> Outcome<f64> {
    microseconds(ticks(process, 2)?)
}

/// The same with that of its children, also those that have ended.
pub(super) fn cpu_microseconds_with_children(process: u32) -> Outcome<f64> {
    let children = read(process, &format!("task/{process}/children"))?;
    // One that ends in between is counted with its parent the next time.
    let running = children.split_whitespace().filter_map(|child| ticks(child.parse().ok()?, 2).ok()).sum::<f64>();
    microseconds(ticks(process, 4)? + running)
}

/// User and system time in ticks; with four fields also those of children that have ended.
fn ticks(process: u32, fields: usize) -> Outcome<f64> {
    let stat = read(process, "stat")?;
    // The name stands in parentheses and may hold spaces; utime, stime, cutime, cstime are the fields 14 to 17 (proc(5)).
    let all = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(fields);
    Ok(all.filter_map(|field| field.parse::<f64>().ok()).sum())
}

fn microseconds(ticks: f64) -> Outcome<f64> {
    let ticks_of_second: f64 = shell::output(Command::new("getconf").arg("CLK_TCK"))?.trim().parse().map_err(|_| "getconf CLK_TCK")?;
    Ok(ticks * 1e6 / ticks_of_second)
}

/// Resident memory of a process, in bytes.
pub(super) fn resident_bytes(process: u32) -> Outcome<f64> {
    let status = read(process, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024.0).ok_or_else(|| format!("process {process} tells no VmRSS"))
}

/// The middle value.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn read(process: u32, file: &str) -> Outcome<String> {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).map_err(|error| format!("/proc/{process}/{file}: {error}"))
}
