//! Rounds of issuing and revoking with `kill -9` at a random moment: what was answered as done must be done.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::random::Random;
use crate::server::{Client, Folder, Server, question, text};
use crate::{Outcome, shell};

const CLIENTS: usize = 4;
const MAX_MILLISECONDS_OF_ROUND: usize = 60;
/// Besides the tokens of the last rounds, so many older ones are asked about after each restart; all of them at the end.
const OLDER_TOKENS_ASKED: usize = 100;
const ROUNDS_ALWAYS_ASKED: u32 = 3;

/// What the callers know of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Its creation was answered; nobody tried to end it.
    Issued,
    /// A revocation was sent, and no answer came: either is right, until it has been seen.
    RevocationSent,
    /// Its revocation was answered, or was seen to have happened.
    Revoked,
}

struct Token {
    id: String,
    secret: String,
    known: Known,
    round: u32,
}

/// What a run has done.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) issued: usize,
    pub(crate) revoked: usize,
    pub(crate) unanswered: usize,
    pub(crate) asked: usize,
}

/// `cargo xtask kill-rounds [N]`: 1,000 rounds unless told otherwise.
pub(crate) fn command(arguments: &[String]) -> Outcome {
    let rounds = arguments.first().map_or(Ok(1_000), |text| text.parse()).map_err(|_| "the number of rounds is no number")?;
    if !arguments.iter().any(|argument| argument == "--as-built") {
        shell::run(shell::cargo().args(["build", "--release", "--locked", "--package", "poort"]))?;
    }
    let seed = Random::new_seed();
    println!("{rounds} rounds, seed {seed}");
    let report = run(&shell::target().join("release/poort"), rounds, seed)?;
    println!(
        "{rounds} rounds: {} creations and {} revocations answered, {} revocations without an answer, {} tokens asked about: nothing lost, nothing revived",
        report.issued, report.revoked, report.unanswered, report.asked
    );
    Ok(())
}

/// Runs the rounds; fails at the first token that is not what its callers were told.
pub(crate) fn run(program: &Path, rounds: u32, seed: u64) -> Outcome<Report> {
    let folder = Folder::new("kill-rounds")?;
    let mut random = Random::seeded(seed);
    let mut report = Report::default();
    let mut tokens: Vec<Token> = Vec::new();
    let mut server = Server::start(program, folder.path(), &[])?;
    let api_credential = server.operator()?.create_api()?;
    let organisation = server.operator()?.create_organisation("Rounds")?;
    for round in 0..rounds {
        let person = server.operator()?.create_person(&format!("round{round}"), &organisation)?;
        change(&mut server, &person, &mut tokens, round, &mut random)?;
        server = Server::start(program, folder.path(), &[])?;
        let last = round + 1 == rounds;
        let asked: Vec<usize> = (0..tokens.len())
            .filter(|place| {
                let recent = tokens[*place].round + ROUNDS_ALWAYS_ASKED > round;
                last || recent || tokens[*place].known == Known::RevocationSent || random.below(tokens.len()) < OLDER_TOKENS_ASKED
            })
            .collect();
        let mut api = Client::open(&server.address, &api_credential)?;
        for place in asked {
            report.asked += 1;
            reconcile(&mut api, &mut tokens[place], &mut report).map_err(|problem| format!("round {round}, seed {seed}: {problem}"))?;
        }
        if round % 100 == 99 {
            println!("{} rounds, {} tokens", round + 1, tokens.len());
        }
    }
    report.issued = tokens.len();
    report.revoked = tokens.iter().filter(|token| token.known == Known::Revoked).count();
    if report.issued == 0 || report.revoked == 0 {
        return Err(format!("nothing was shown: {report:?}"));
    }
    Ok(report)
}

/// Clients issue and revoke until the server is killed under them.
fn change(server: &mut Server, person: &str, tokens: &mut Vec<Token>, round: u32, random: &mut Random) -> Outcome {
    let clients = (0..CLIENTS).map(|_| server.operator()).collect::<Outcome<Vec<Client>>>()?;
    let seeds: Vec<u64> = clients.iter().map(|_| random.next()).collect();
    let pause = Duration::from_millis(1 + random.below(MAX_MILLISECONDS_OF_ROUND) as u64);
    let (shared, killed, number) = (Mutex::new(std::mem::take(tokens)), AtomicBool::new(false), AtomicU64::new(0));
    let problems: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = clients
            .into_iter()
            .zip(seeds)
            .map(|(client, seed)| {
                let work = Work { person, tokens: &shared, killed: &killed, number: &number, round };
                scope.spawn(move || work.go_on(client, Random::seeded(seed)))
            })
            .collect();
        std::thread::sleep(pause);
        killed.store(true, Ordering::SeqCst);
        server.kill();
        workers.into_iter().filter_map(|worker| worker.join().unwrap_or_else(|_| Err("a client panicked".to_owned())).err()).collect()
    });
    *tokens = shared.into_inner().map_err(|_| "a client panicked")?;
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// What the clients of one round share.
struct Work<'w> {
    person: &'w str,
    tokens: &'w Mutex<Vec<Token>>,
    killed: &'w AtomicBool,
    number: &'w AtomicU64,
    round: u32,
}

impl Work<'_> {
    fn go_on(&self, mut client: Client, mut random: Random) -> Outcome {
        loop {
            let alive = if random.below(3) == 0 { self.revoke(&mut client, &mut random)? } else { self.issue(&mut client)? };
            if !alive {
                return Ok(());
            }
        }
    }

    fn issue(&self, client: &mut Client) -> Outcome<bool> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let token = json!({ "description": format!("token {number}") });
        let Some(answer) = self.ask(client, "POST", &format!("/api/v1/people/{}/tokens", self.person), &token)? else { return Ok(false) };
        let token = Token { id: text(&answer, "id")?, secret: text(&answer, "secret")?, known: Known::Issued, round: self.round };
        self.with(|tokens| tokens.push(token))?;
        Ok(true)
    }

    fn revoke(&self, client: &mut Client, random: &mut Random) -> Outcome<bool> {
        let mut chosen = None;
        self.with(|tokens| {
            let place = random.below(tokens.len());
            if let Some(token) = tokens.get_mut(place).filter(|token| token.known == Known::Issued) {
                token.known = Known::RevocationSent;
                token.round = self.round;
                chosen = Some((place, token.id.clone()));
            }
        })?;
        let Some((place, id)) = chosen else { return Ok(true) };
        let answer = self.ask(client, "DELETE", &format!("/api/v1/tokens/{id}"), &Value::Null)?;
        if answer.is_some() {
            self.with(|tokens| tokens[place].known = Known::Revoked)?;
        }
        Ok(answer.is_some())
    }

    /// The answer; none where the server was killed before it came. Any other failure is a problem.
    fn ask(&self, client: &mut Client, method: &str, path: &str, body: &Value) -> Outcome<Option<Value>> {
        match client.call(method, path, body) {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(Some(answer.json())),
            Ok(answer) => Err(format!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body))),
            Err(_) if self.killed.load(Ordering::SeqCst) => Ok(None),
            Err(error) => Err(format!("{method} {path}: {error}")),
        }
    }

    fn with(&self, work: impl FnOnce(&mut Vec<Token>)) -> Outcome {
        self.tokens.lock().map(|mut tokens| work(&mut tokens)).map_err(|_| "another client panicked".to_owned())
    }
}

/// Compares what the server says about a token with what its callers were told.
fn reconcile(api: &mut Client, token: &mut Token, report: &mut Report) -> Outcome {
    let verdict = api.must("POST", "/api/v1/verify", &question(&token.secret))?;
    let allowed = verdict.get("allowed").and_then(Value::as_bool).ok_or_else(|| format!("no verdict: {verdict}"))?;
    match (token.known, allowed) {
        (Known::Issued, false) => Err(format!("token {} was issued and is refused: {verdict}", token.id)),
        (Known::Revoked, true) => Err(format!("token {} was revoked and is allowed: {verdict}", token.id)),
        (Known::RevocationSent, allowed) => {
            report.unanswered += 1;
            token.known = if allowed { Known::Issued } else { Known::Revoked };
            Ok(())
        }
        (Known::Issued, true) | (Known::Revoked, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_survives_kill_9() {
        let report = run(&shell::built("poort"), 15, Random::new_seed()).expect("nothing is lost or revived");
        assert!(report.asked >= report.issued, "{report:?}");
    }
}
