//! A run from its start to what it has shown.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::book::{Book, Stands};
use super::database::Pair;
use super::faults::{History, Stage};
use super::kind::Field;
use super::load::{Asked, Load};
use super::node::{Kit, Node, lie, set_clock};
use super::report::Report;
use super::{NODES, Settings, plan};
use crate::random::Random;
use crate::server::{Client, Folder};
use crate::{Outcome, machine, shell};

const PEOPLE: usize = 12;
const CHANGERS: usize = 4;
const ASKERS_OF_NODE: usize = 4;
/// How far the clock is set to see whether that works.
const STEP: i64 = 3_600;
/// For how long a node may be asked, after the run, before it has an answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// The mutant: whatever a node says, its row says that it has applied everything, so that nobody waits for it.
const WAIT_FOR_NOBODY: &str = "
CREATE FUNCTION acknowledge() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.ack := 1000000000; RETURN NEW; END';
CREATE TRIGGER acknowledge BEFORE INSERT OR UPDATE ON node FOR EACH ROW EXECUTE FUNCTION acknowledge();
UPDATE node SET ack = ack;
";

/// Starts everything, lets it all go wrong, heals it, and compares what is there with what the callers were told.
pub(crate) fn run(program: &Path, settings: &Settings) -> Outcome<Report> {
    let folder = Folder::new("chaos")?;
    let pair = Pair::start()?;
    // A copy: what is built meanwhile takes no part.
    let copy = folder.path().join("poort");
    std::fs::copy(program, &copy).map_err(|error| format!("{}: {error}", program.display()))?;
    let kit = Kit { program: copy, folder: folder.path().to_owned(), fake_time: machine::fake_time().ok_or("libfaketime is not there")? };
    clocks_can_be_set(&kit)?;
    let nodes = start(&kit, &pair)?;
    let operator = operator(&kit, &nodes[0])?;
    a_node_is_right_with_another_time_of_day(&kit, &nodes[0], &operator)?;
    let mut client = Client::open(&nodes[0].clients.address, &operator)?;
    let api = client.create_api()?;
    let organisation = client.create_organisation("Chaos")?;
    let people = (0..PEOPLE).map(|number| client.create_person(&format!("p{number}"), &organisation)).collect::<Outcome<Vec<_>>>()?;
    let field = Field::make(&mut client, api, people)?;
    let grants = field.grants(&mut client, &nodes[0].clients.address)?;
    if settings.mutant {
        pair.query(WAIT_FOR_NOBODY)?;
    }
    let (book, history, over) = (Book::default(), History::default(), AtomicBool::new(false));
    grants.into_iter().for_each(|grant| book.add(grant));
    let load = Load {
        nodes: &nodes,
        book: &book,
        operator: &operator,
        field: &field,
        asked: (0..NODES).map(|_| Asked::default()).collect(),
        ends: Mutex::default(),
        stale: Mutex::default(),
        unknown: AtomicU64::new(0),
        number: AtomicU64::new(0),
        over: &over,
    };
    let pair = Mutex::new(pair);
    let stage = Stage { kit: &kit, nodes: &nodes, pair: &pair, history: &history, begin: Instant::now(), over: &over };
    let played = play(settings, &stage, &load);
    let pair = pair.into_inner().map_err(|_| "the database's faults panicked")?;
    played.map_err(|problem| format!("{problem}\n{}", under_way(&book, &pair)))?;
    let lost = compare(&load, &pair)?;
    Ok(Report::of(settings, &load, &history, lost))
}

fn start(kit: &Kit, pair: &Pair) -> Outcome<Vec<Node>> {
    // One first: it makes the tables and the first operator token.
    let mut nodes = vec![Node::start(kit, 0, &pair.address())?];
    nodes[0].until_ready(kit)?;
    for number in 1..NODES {
        nodes.push(Node::start(kit, number, &pair.address())?);
    }
    nodes.iter().try_for_each(|node| node.until_ready(kit))?;
    Ok(nodes)
}

fn operator(kit: &Kit, first: &Node) -> Outcome<String> {
    let file = first.data(kit).join("operator-token");
    std::fs::read_to_string(&file).map(|token| token.trim().to_owned()).map_err(|error| format!("{}: {error}", file.display()))
}

/// The plan, with callers beside it; then all is healed, and the callers come to their end.
fn play(settings: &Settings, stage: &Stage<'_>, load: &Load<'_>) -> Outcome {
    let lanes = plan::lanes(settings.seed, Duration::from_secs(settings.seconds));
    let mut random = Random::seeded(settings.seed);
    let stopped = AtomicBool::new(false);
    let mut problems = Vec::new();
    std::thread::scope(|scope| {
        for node in stage.nodes {
            scope.spawn(|| node.supervise(stage.kit, &stopped));
        }
        let mut callers = Vec::new();
        for caller in 0..CHANGERS + NODES * ASKERS_OF_NODE {
            let random = Random::seeded(random.next());
            let work = move || match caller.checked_sub(CHANGERS) {
                None => load.change(random),
                Some(asker) => load.ask(asker % NODES, random),
            };
            // A caller who was answered what makes no sense ends the run.
            callers.push(scope.spawn(move || work().inspect_err(|_| load.over.store(true, Ordering::SeqCst))));
        }
        let lanes: Vec<_> = lanes.iter().map(|lane| scope.spawn(move || stage.play(lane))).collect();
        problems.extend(lanes.into_iter().filter_map(|lane| lane.join().unwrap_or_else(|_| Err("a fault panicked".to_owned())).err()));
        if problems.is_empty() {
            problems.extend(stage.nodes.iter().filter_map(|node| node.until_ready(stage.kit).err()));
        }
        load.over.store(true, Ordering::SeqCst);
        problems
            .extend(callers.into_iter().filter_map(|caller| caller.join().unwrap_or_else(|_| Err("a caller panicked".to_owned())).err()));
        stopped.store(true, Ordering::SeqCst);
    });
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// What was answered as done and is not there.
fn compare(load: &Load<'_>, pair: &Pair) -> Outcome<Vec<String>> {
    let mut lost = Vec::new();
    for token in load.book.tokens() {
        let wanted = match token.stands {
            Stands::Good => true,
            Stands::Suspended | Stands::Ended => false,
            Stands::Unknown => continue,
        };
        for node in 0..NODES {
            if in_the_end(load, node, &token.made.asked)? != wanted && !opens_later(pair, &token.made.id)? {
                let (kind, id) = (token.made.kind.name(), &token.made.id);
                lost.push(format!("of the {kind}, {id} stands as {:?}, and node {node} says otherwise", token.stands));
            }
        }
    }
    let journal = pair.query("SELECT seq || ' ' || event FROM journal ORDER BY seq")?;
    let entries: std::collections::HashMap<i64, &str> =
        journal.lines().filter_map(|line| line.split_once(' ')).filter_map(|(place, event)| Some((place.parse().ok()?, event))).collect();
    for (sequence, id) in load.book.done() {
        if !entries.get(&sequence).is_some_and(|event| event.contains(&id)) {
            lost.push(format!("the journal has another entry at {sequence} than that of token {id}"));
        }
    }
    let places: Vec<i64> = (1..=entries.len() as i64).collect();
    if !places.iter().all(|place| entries.contains_key(place)) {
        lost.push("the journal has a gap".to_owned());
    }
    Ok(lost)
}

/// Whether this is a delegation that was made by a node whose wall clock was ahead: it opens when that moment has come.
fn opens_later(pair: &Pair, id: &str) -> Outcome<bool> {
    let id = id.replace('-', "");
    let later = "opens_at > extract(epoch FROM now()) * 1000000";
    Ok(pair.query(&format!("SELECT count(*) FROM delegation WHERE encode(id, 'hex') = '{id}' AND {later}"))?.trim() == "1")
}

/// What the journal says of the tokens that were being changed, for whoever looks for the cause of a failure.
fn under_way(book: &Book, pair: &Pair) -> String {
    let journal = pair.query("SELECT seq || ' ' || at || ' ' || encode(request, 'hex') || ' ' || event FROM journal ORDER BY seq");
    let (journal, tokens) = (journal.unwrap_or_else(|problem| problem), book.tokens());
    let busy = tokens.iter().filter(|token| token.busy);
    let told = busy.map(|token| {
        let about: Vec<&str> = journal.lines().filter(|line| line.contains(&token.made.id)).collect();
        let done: Vec<i64> = book.done().into_iter().filter(|(_, id)| *id == token.made.id).map(|(sequence, _)| sequence).collect();
        format!("token {} stands as {:?}, answered as done: {done:?}\n{}", token.made.id, token.stands, about.join("\n"))
    });
    told.collect::<Vec<_>>().join("\n")
}

/// What a node says when nothing is wrong any more.
fn in_the_end(load: &Load<'_>, node: usize, asked: &(String, String)) -> Outcome<bool> {
    let begin = Instant::now();
    let mut connection = None;
    loop {
        match load.allowed(&mut connection, node, asked) {
            Ok(Some(allowed)) => return Ok(allowed),
            Err(problem) if !problem.is_empty() => return Err(problem),
            Ok(None) | Err(_) if begin.elapsed() > ANSWERS_WITHIN => return Err(format!("node {node} does not answer any more")),
            Ok(None) | Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Self-test: the wall clock of a program can be set while the clock of leases goes on.
fn clocks_can_be_set(kit: &Kit) -> Outcome {
    let file: PathBuf = kit.folder.join("clock");
    let read = |seconds: i64| -> Outcome<(f64, f64)> {
        set_clock(&file, seconds)?;
        let mut python = Command::new("python3");
        lie(&mut python, &kit.fake_time, &file);
        let said = shell::output(python.args(["-c", "import time; print(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))"]))?;
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        if let [wall, boot] = numbers[..] { Ok((wall, boot)) } else { Err(format!("python3 said {said:?}")) }
    };
    let ((wall_before, boot_before), (wall_after, boot_after)) = (read(0)?, read(STEP)?);
    let (wall, boot) = (wall_after - wall_before, boot_after - boot_before);
    println!("libfaketime: the wall clock went {wall:.1} s, CLOCK_BOOTTIME {boot:.1} s");
    if wall < STEP as f64 || boot > STEP as f64 / 2.0 {
        return Err("libfaketime does not set the wall clock alone".to_owned());
    }
    Ok(())
}

/// The same for a node: its wall clock, with which it signs its renewals, goes forward; its lease goes on.
fn a_node_is_right_with_another_time_of_day(kit: &Kit, node: &Node, operator: &str) -> Outcome {
    let mut client = Client::open(&node.clients.address, operator)?;
    let mut latest = || -> Outcome<String> {
        let nodes = client.must("GET", "/api/v1/nodes", &Value::Null)?;
        let answering = nodes["items"].as_array().into_iter().flatten().find(|item| item["answering"] == true);
        answering.and_then(|item| item["renewed_at"].as_str()).map(str::to_owned).ok_or(format!("no renewal in {nodes}"))
    };
    let mut renewed = |is_meant: &dyn Fn(&str) -> bool| -> Outcome<String> {
        let begin = Instant::now();
        loop {
            match latest()? {
                time if is_meant(&time) => return Ok(time),
                time if begin.elapsed() > ANSWERS_WITHIN => return Err(format!("the node's wall clock was set, and it still has {time}")),
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    };
    let before = hour(&renewed(&|_| true)?);
    node.set_clock(kit, STEP)?;
    // One hour later is another hour.
    let ahead = renewed(&|time| hour(time) != before)?;
    let mut asker = Client::open(&node.clients.address, operator)?;
    let ready = asker.call("GET", "/readyz", &Value::Null).map_err(|error| error.to_string())?.status;
    node.set_clock(kit, 0)?;
    // Until it has noticed, it would count what it is asked among the tries of an hour later. Times of one form are ordered like their
    // texts.
    renewed(&|time| *time < *ahead)?;
    println!("a node whose wall clock was set by {STEP} s renewed its lease and answers {ready}");
    if ready == 200 { Ok(()) } else { Err(format!("a node whose wall clock was set is not ready: {ready}")) }
}

/// `2026-11-21T13` of a time.
fn hour(time: &str) -> String {
    time.chars().take("2026-11-21T13".len()).collect()
}
