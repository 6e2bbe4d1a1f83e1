//! Several nodes on one PostgreSQL, all on this machine: what a change and a check cost with 1, 3 and 8 of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::changes::in_parallel;
use super::checks::{self, Round, Target};
use super::postgres::Postgres;
use super::process::{cpu_microseconds, median, resident_bytes};
use super::{Null, Row, Table, make_folder, program};
use crate::server::{Client, Server, text};
use crate::{Outcome, shell};

/// How many nodes each cluster has. All clusters run all the time, and are measured in turn.
const SIZES: [usize; 3] = [1, 3, 8];
const TOKENS: usize = 10_000;
const PEOPLE: usize = 1_000;
const ORGANISATIONS: usize = 10;
/// How often each cluster is asked in turn, and how many revocations it makes in its turn.
const ROUNDS: usize = 10;
const REVOCATIONS: usize = 50;
const RUN: Duration = Duration::from_secs(3);
const RUNS: usize = 5;
const CALLERS: usize = 64;
/// Changes come from this many people, as the tokens of one are bounded.
const CHANGERS: usize = 200;
/// Longer than by default: on a machine with more processes than cores a commit to a busy disk may take seconds.
const LEASE: &str = "10000";
const IDLE: Duration = Duration::from_secs(20);

/// Nodes that share a database.
struct Cluster {
    nodes: Vec<Server>,
    database: String,
    operator: String,
    credential: String,
    tokens: PathBuf,
    people: Vec<String>,
    next: AtomicUsize,
}

/// Measures everything that is about several nodes.
pub(super) fn measure(folder: &Path, table: &mut Table) -> Outcome {
    let postgres = Postgres::start()?;
    let clusters = SIZES.iter().map(|size| Cluster::start(&postgres, folder, *size)).collect::<Outcome<Vec<_>>>()?;
    let idle = idle(&postgres, &clusters, table)?;
    revocations(&postgres, &clusters, idle, table)?;
    for cluster in clusters.iter().filter(|cluster| cluster.nodes.len() <= 3) {
        creations(&postgres, cluster, table)?;
    }
    checks_of(&clusters, folder, table)
}

impl Cluster {
    fn start(postgres: &Postgres, folder: &Path, size: usize) -> Outcome<Self> {
        let database = format!("nodes_{size}");
        postgres.query("postgres", &format!("CREATE DATABASE {database}"))?;
        let url = postgres.url(&database);
        let folder = make_folder(&folder.join(&database))?;
        let key = folder.join("master-key").display().to_string();
        let node = |number: usize| {
            let data = make_folder(&folder.join(format!("node-{number}")))?;
            let settings = [("POORT_DATABASE", &*url), ("POORT_MASTER_KEY_FILE", &*key), ("POORT_LEASE_MILLISECONDS", LEASE)];
            Server::start_with(&program("poort"), &data, &[], &settings)
        };
        let mut first = node(0)?;
        let credential = first.operator()?.create_api()?;
        first.stop()?;
        let mut fill = Command::new(program("examples/fill"));
        fill.arg(&url).args([TOKENS, PEOPLE, ORGANISATIONS].map(|number| number.to_string())).arg(&folder);
        shell::run(&mut fill)?;
        let nodes = (0..size).map(node).collect::<Outcome<Vec<_>>>()?;
        let file = folder.join("node-0/operator-token");
        let operator = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?.trim().to_owned();
        let tokens = folder.join("tokens.txt");
        let (people, next) = (Vec::new(), AtomicUsize::new(0));
        let mut cluster = Self { nodes, database, operator, credential, tokens, people, next };
        let mut client = cluster.client(0)?;
        let organisation = client.create_organisation("Bench")?;
        let people = (0..CHANGERS).map(|number| client.create_person(&format!("bench{number}"), &organisation));
        cluster.people = people.collect::<Outcome<_>>()?;
        Ok(cluster)
    }

    fn client(&self, node: usize) -> Outcome<Client> {
        Client::open(&self.nodes[node % self.nodes.len()].address, &self.operator)
    }

    fn create(&self, client: &mut Client) -> Outcome<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = format!("/api/v1/people/{}/tokens", self.people[number % self.people.len()]);
        text(&client.must("POST", &path, &json!({ "description": format!("token {number}") }))?, "id")
    }

    fn name(&self) -> String {
        match self.nodes.len() {
            1 => "1 node".to_owned(),
            size => format!("{size} nodes"),
        }
    }

    fn cpu(&self) -> Outcome<f64> {
        self.nodes.iter().map(|node| cpu_microseconds(node.id())).sum()
    }
}

/// What nodes cost that have nothing to do; gives the database's microseconds a second for all of them.
fn idle(postgres: &Postgres, clusters: &[Cluster], table: &mut Table) -> Outcome<f64> {
    let nodes: usize = clusters.iter().map(|cluster| cluster.nodes.len()).sum();
    let cpu = || clusters.iter().map(Cluster::cpu).sum::<Outcome<f64>>();
    let (database, servers) = (postgres.cpu_microseconds()?, cpu()?);
    std::thread::sleep(IDLE);
    let of_second = |now: f64, before: f64| (now - before) / IDLE.as_secs_f64();
    let database = of_second(postgres.cpu_microseconds()?, database);
    let servers = of_second(cpu()?, servers);
    let resident = clusters.iter().flat_map(|cluster| &cluster.nodes).map(|node| resident_bytes(node.id())).collect::<Outcome<Vec<_>>>()?;
    table.push(Row::of("an idle node: CPU of the database".to_owned(), format!("{:.0} µs a second", database / nodes as f64)));
    table.push(Row::of("an idle node: its own CPU".to_owned(), format!("{:.0} µs a second", servers / nodes as f64)));
    let mebibytes = median(resident) / f64::from(1 << 20);
    table.push(Row::of(format!("an idle node on PostgreSQL, {TOKENS} live tokens: resident memory"), format!("{mebibytes:.1} MiB")));
    Ok(database)
}

/// Revoke calls, one after the other, at the first node of each cluster in turn.
fn revocations(postgres: &Postgres, clusters: &[Cluster], idle: f64, table: &mut Table) -> Outcome {
    let mut calls: Vec<Vec<f64>> = vec![Vec::new(); clusters.len()];
    let mut cpu = vec![(0.0, 0.0); clusters.len()];
    for _ in 0..ROUNDS {
        for (place, cluster) in clusters.iter().enumerate() {
            let mut client = cluster.client(0)?;
            let tokens = (0..REVOCATIONS).map(|_| cluster.create(&mut client)).collect::<Outcome<Vec<_>>>()?;
            let (database, servers, began) = (postgres.cpu_microseconds()?, cluster.cpu()?, Instant::now());
            for id in tokens {
                let begin = Instant::now();
                let done = client.must("DELETE", &format!("/api/v1/tokens/{id}"), &Value::Null)?;
                calls[place].push(begin.elapsed().as_secs_f64() * 1e3);
                if done["receipt"]["confirmed"] != json!(cluster.nodes.len()) {
                    return Err(format!("not every node confirmed: {done}"));
                }
            }
            cpu[place].0 += postgres.cpu_microseconds()? - database - idle * began.elapsed().as_secs_f64();
            cpu[place].1 += cluster.cpu()? - servers;
        }
    }
    let count = (ROUNDS * REVOCATIONS) as f64;
    for ((cluster, mut calls), (database, servers)) in clusters.iter().zip(calls).zip(cpu) {
        calls.sort_by(f64::total_cmp);
        let (p50, p99) = (calls[calls.len() / 2], calls[calls.len() * 99 / 100]);
        table.push(Row {
            what: format!("a revoke call, {}", cluster.name()),
            value: format!("p50 {p50:.2} ms, p99 {p99:.2} ms"),
            ratio: format!("CPU: database {:.0} µs, all nodes {:.0} µs", database / count, servers / count),
        });
    }
    Ok(())
}

/// Creations a second by many callers, spread over the nodes; and what they leave in the journal.
fn creations(postgres: &Postgres, cluster: &Cluster, table: &mut Table) -> Outcome {
    const JOURNAL: &str = "SELECT pg_total_relation_size('journal')";
    const ALL: &str = "SELECT pg_database_size(current_database())";
    const LOG: &str = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn";
    let size = |statement: &str| postgres.number(&cluster.database, statement);
    let before = (size(JOURNAL)?, size(ALL)?, size(LOG)?, postgres.cpu_microseconds()?, cluster.cpu()?);
    let (mut paces, mut total) = (Vec::new(), 0);
    for _ in 0..RUNS {
        let begin = Instant::now();
        let made = in_parallel(0..CALLERS, |caller| {
            let mut client = cluster.client(caller)?;
            let mut made = 0;
            while begin.elapsed() < RUN {
                cluster.create(&mut client)?;
                made += 1;
            }
            Ok(made)
        })?;
        let made = made.into_iter().sum::<usize>();
        total += made;
        paces.push(made as f64 / begin.elapsed().as_secs_f64());
    }
    let each = |now: f64, before: f64| (now - before) / total as f64;
    let (database, servers) = (each(postgres.cpu_microseconds()?, before.3), each(cluster.cpu()?, before.4));
    table.push(Row {
        what: format!("durable token creations, {CALLERS} waiting callers, {}", cluster.name()),
        value: format!("{:.0} a second", median(paces)),
        ratio: format!("CPU: database {database:.0} µs, all nodes {servers:.0} µs"),
    });
    let (journal, all, log) = (each(size(JOURNAL)?, before.0), each(size(ALL)?, before.1), each(size(LOG)?, before.2));
    table.push(Row::of(
        format!("what a creation leaves, {}", cluster.name()),
        format!("journal {journal:.0} bytes, all tables {all:.0} bytes, PostgreSQL's log {log:.0} bytes"),
    ));
    Ok(())
}

/// Checks at the first node of each cluster, in turn, beside the yardstick.
fn checks_of(clusters: &[Cluster], folder: &Path, table: &mut Table) -> Outcome {
    let script = folder.join("load.lua");
    std::fs::write(&script, include_str!("load.lua")).map_err(|error| error.to_string())?;
    let null = Null::start()?;
    let target = |name: String, process: u32, address: &str, cluster: &Cluster| Target {
        name,
        process,
        address: address.to_owned(),
        credential: cluster.credential.clone(),
        tokens: vec![cluster.tokens.clone()],
        refused: 0.0,
    };
    let mut targets = vec![target("null".to_owned(), null.child.id(), &null.address, &clusters[0])];
    targets.extend(clusters.iter().map(|cluster| {
        let node = &cluster.nodes[0];
        target(format!("PostgreSQL, {}", cluster.name()), node.id(), &node.address, cluster)
    }));
    checks::measure(&Round { surface: "forward-auth", targets: &targets, script: &script }, table)
}
