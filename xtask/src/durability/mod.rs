//! Durability: between each acknowledged change and its answer lies a sync of the database's file.
//!
//! `kill -9` keeps the page cache, so it cannot show this. The system calls of a real server can.

mod trace;

use std::path::Path;

use serde_json::{Value, json};

use self::trace::Finding;
use crate::machine::{self, For};
use crate::server::{Client, Folder, Server, text};
use crate::{Outcome, shell};

const CHANGES_ONE_BY_ONE: usize = 40;
const CALLERS_AT_ONCE: usize = 16;
const CHANGES_OF_CALLER: usize = 8;
/// The calls that tell when a change was asked for, written, synced and answered.
const CALLS: &str = "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync,sync_file_range,msync";

/// `cargo xtask durability`: traces a release build.
pub(crate) fn command(_: &[String]) -> Outcome {
    machine::prepare(For::Tests)?;
    shell::run(shell::cargo().args(["build", "--release", "--locked", "--package", "poort"]))?;
    let finding = run(&shell::target().join("release/poort"))?;
    println!("{} changes were answered, each after a sync of what it had written ({} syncs)", finding.changes, finding.syncs);
    Ok(())
}

/// Makes changes one by one, then many at once, and reads the trace.
fn run(program: &Path) -> Outcome<Finding> {
    let folder = Folder::new("durability")?;
    let log = folder.path().join("trace");
    let strace = ["strace", "-f", "-y", "-s", "96", "-e", CALLS, "-e", "signal=none", "-o"].map(str::to_owned);
    let before: Vec<String> = strace.into_iter().chain([log.to_string_lossy().into_owned()]).collect();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).map_err(|error| error.to_string())?;
    let mut server = Server::start(program, &data, &before)?;
    let mut operator = server.operator()?;
    let organisation = operator.create_organisation("Durability")?;
    let person = operator.create_person("durable", &organisation)?;
    for number in 0..CHANGES_ONE_BY_ONE {
        let id = issue(&mut operator, &person, &format!("one {number}"))?;
        operator.must("DELETE", &format!("/api/v1/tokens/{id}"), &Value::Null)?;
    }
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS_AT_ONCE)
            .map(|caller| {
                let (client, person) = (server.operator(), &person);
                scope.spawn(move || {
                    let mut client = client?;
                    (0..CHANGES_OF_CALLER).try_for_each(|number| issue(&mut client, person, &format!("many {caller} {number}")).map(|_| ()))
                })
            })
            .collect();
        callers.into_iter().try_for_each(|caller| caller.join().unwrap_or_else(|_| Err("a caller panicked".to_owned())))
    })?;
    drop(operator);
    server.stop()?;
    let text = std::fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let finding = trace::examine(&text)?;
    let expected = 2 + 2 * CHANGES_ONE_BY_ONE + CALLERS_AT_ONCE * CHANGES_OF_CALLER;
    if finding.changes == expected { Ok(finding) } else { Err(format!("made {expected} changes, and the trace shows {}", finding.changes)) }
}

fn issue(client: &mut Client, person: &str, description: &str) -> Outcome<String> {
    text(&client.must("POST", &format!("/api/v1/people/{person}/tokens"), &json!({ "description": description }))?, "id")
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_change_is_synced_before_it_is_answered() {
        let finding = super::run(&crate::shell::built("poort")).expect("each change is durable before its answer");
        assert!(finding.syncs > 0);
    }
}
