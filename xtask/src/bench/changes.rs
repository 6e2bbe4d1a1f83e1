//! Changes over HTTP: durable creations with one and with many callers, and a revoke call beside a bare durable write.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::process::median;
use super::{Row, Table};
use crate::Outcome;
use crate::server::{Server, text};

const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(3);
/// Tokens of one person are bounded, so the creations are spread over many.
const PEOPLE: usize = 2_000;
const REVOCATIONS: usize = 300;

/// Measures creations with 1 and 64 waiting callers, then revocations.
pub(super) fn measure(server: &Server, folder: &Path, table: &mut Table) -> Outcome {
    let people = people(server)?;
    let next = AtomicUsize::new(0);
    for callers in [1, 64] {
        let paces = (0..RUNS).map(|_| creations(server, &people, &next, callers)).collect::<Outcome<Vec<f64>>>()?;
        table.push(Row::of(format!("durable token creations, {callers} waiting callers"), format!("{:.0} a second", median(paces))));
    }
    revocations(server, &people, folder, table)
}

fn people(server: &Server) -> Outcome<Vec<String>> {
    let organisation = server.operator()?.create_organisation("Bench")?;
    let numbers: Vec<usize> = (0..PEOPLE).collect();
    let made = in_parallel(numbers.chunks(PEOPLE / 16), |numbers| {
        let mut operator = server.operator()?;
        numbers.iter().map(|number| operator.create_person(&format!("bench{number}"), &organisation)).collect::<Outcome<Vec<String>>>()
    })?;
    Ok(made.into_iter().flatten().collect())
}

/// Creations a second with so many callers, each of which waits for its answer before it asks again.
fn creations(server: &Server, people: &[String], next: &AtomicUsize, callers: usize) -> Outcome<f64> {
    let begin = Instant::now();
    let made = in_parallel(0..callers, |_| {
        let mut operator = server.operator()?;
        let mut made = 0;
        while begin.elapsed() < RUN {
            create(&mut operator, people, next)?;
            made += 1;
        }
        Ok(made)
    })?;
    Ok(made.into_iter().sum::<usize>() as f64 / begin.elapsed().as_secs_f64())
}

fn create(operator: &mut crate::server::Client, people: &[String], next: &AtomicUsize) -> Outcome<String> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    let path = format!("/api/v1/people/{}/tokens", people[number % people.len()]);
    text(&operator.must("POST", &path, &json!({ "description": format!("token {number}") }))?, "id")
}

/// A revoke call and a bare durable write in turn, so that both meet the same disk.
fn revocations(server: &Server, people: &[String], folder: &Path, table: &mut Table) -> Outcome {
    let mut operator = server.operator()?;
    let next = AtomicUsize::new(usize::MAX / 2);
    let tokens = (0..REVOCATIONS).map(|_| create(&mut operator, people, &next)).collect::<Outcome<Vec<String>>>()?;
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut file = File::create(folder.join("bare")).map_err(failed)?;
    let (mut bare, mut calls) = (Vec::new(), Vec::new());
    for id in tokens {
        let begin = Instant::now();
        file.write_all(&[0; 4096]).and_then(|()| file.sync_data()).map_err(failed)?;
        bare.push(begin.elapsed().as_secs_f64() * 1e6);
        let begin = Instant::now();
        operator.must("DELETE", &format!("/api/v1/tokens/{id}"), &Value::Null)?;
        calls.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    let (bare, call) = (median(bare), median(calls));
    table.push(Row::of("a bare durable write: 4 KiB appended, then fdatasync".to_owned(), format!("{bare:.0} µs")));
    table.push(Row {
        what: "a revoke call".to_owned(),
        value: format!("{call:.0} µs"),
        ratio: format!("{:.2} × the bare durable write", call / bare),
    });
    Ok(())
}

/// Does something for each input at the same time.
pub(super) fn in_parallel<I: Send, T: Send>(inputs: impl Iterator<Item = I>, work: impl Fn(I) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = inputs.map(|input| scope.spawn(move || work(input))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a caller panicked".to_owned()))).collect()
    })
}
