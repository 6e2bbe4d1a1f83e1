//! Code exchange and refresh under load. Each request can be made only once: the codes are made before, and every connection follows
//! its own chain of refresh tokens.

use std::thread;

use serde_json::json;

use super::Table;
use super::browser::Browser;
use super::oauth::{Ask, Target, row};
use super::process::{cpu_microseconds, median};
use crate::Outcome;
use crate::http::Connection;
use crate::server::{Client, text};

/// The system counts processor time in steps of 10 ms: so many requests make its error small.
const CODES: usize = 8_000;
const CONNECTIONS: usize = 32;
const ROTATIONS: usize = CODES / CONNECTIONS;
/// How many codes a connection is given at a time: what stands beside forgets all but its last thousand things.
const AT_A_TIME: usize = 5;
const RUNS: usize = 3;
const REDIRECT: &str = "https://app.example/callback";
const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "ann@example.org";

/// A key for the code flow, and the browser of a person who has consented.
pub(super) struct World {
    pub(super) client: String,
    pub(super) private_key: String,
    cookies: String,
}

impl World {
    /// On a server that knows the API of the scope `opaque1`.
    pub(super) fn make(operator: &mut Client, address: &str, organisation: &str) -> Outcome<Self> {
        let person = json!({ "name": "Ann", "email": EMAIL, "organisation": organisation, "roles": ["member"], "password": PASSWORD });
        operator.must("POST", "/api/v1/people", &person)?;
        let key = json!({
            "name": "Code", "grant_types": ["authorization_code", "refresh_token"], "permissions": "all", "redirect_uris": [REDIRECT],
        });
        let key = operator.must("POST", &format!("/api/v1/organisations/{organisation}/organisation-keys"), &key)?;
        let (client, private_key) = (text(&key, "client_id")?, text(&key, "private_key")?);
        let mut browser = Browser::open(address)?;
        browser.fill("/sign-in", &[("email", EMAIL), ("password", PASSWORD)])?;
        browser.fill(&authorize(&client), &[("decision", "allow")])?;
        Ok(Self { client, private_key, cookies: browser.cookie_header() })
    }
}

fn authorize(client: &str) -> String {
    format!(
        "/connect/authorize?response_type=code&client_id={client}&redirect_uri={}&scope=opaque1%20offline_access",
        REDIRECT.replace(':', "%3A").replace('/', "%2F")
    )
}

/// Measures both, and adds a row for each target.
pub(super) fn measure(world: &World, targets: &[(&'static str, Target<'_>)], secrets: &[String], table: &mut Table) -> Outcome {
    let mut costs: Vec<[Vec<f64>; 2]> = targets.iter().map(|_| [Vec::new(), Vec::new()]).collect();
    for _ in 0..RUNS {
        for (((name, target), secret), costs) in targets.iter().zip(secrets).zip(&mut costs) {
            let asks = |kind: &str| Ask::new(*target, &target.token_path(kind), secret, String::new());
            let (mut used, mut tokens) = (0.0, Vec::new());
            for _ in 0..ROTATIONS / AT_A_TIME {
                let codes = if *name == "poort" { codes_by_consent(world, target)? } else { codes_by_order(target)? };
                let (more, last) = redeem(&asks("code"), &codes)?;
                (used, tokens) = (used + more, last);
            }
            costs[0].push(used / CODES as f64);
            costs[1].push(refresh(&asks("refresh"), tokens)?);
        }
    }
    for (kind, what) in ["code exchange, opaque", "refresh, opaque"].into_iter().enumerate() {
        let middle: Vec<f64> = costs.iter().map(|costs| median(costs[kind].clone())).collect();
        for ((name, _), cost) in targets.iter().zip(&middle) {
            table.push(row(what, name, &format!("{cost:.2} µs CPU a request"), cost / middle[0]));
        }
    }
    Ok(())
}

/// Each by a request of the browser in which the person has consented.
fn codes_by_consent(world: &World, target: &Target<'_>) -> Outcome<Vec<String>> {
    let (path, cookies) = (authorize(&world.client), format!("Cookie: {}\r\n", world.cookies));
    let per_connection = side_by_side(target.address, vec![(); CONNECTIONS], |connection, ()| {
        let one = |_| {
            let answer = connection.exchange("GET", &path, &cookies, "").map_err(|error| error.to_string())?;
            let place = answer.header("location").next().unwrap_or_default();
            let code = place.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
            code.map(str::to_owned).ok_or_else(|| format!("no code: {} {place}", answer.status))
        };
        (0..AT_A_TIME).map(one).collect::<Outcome<Vec<String>>>()
    })?;
    Ok(per_connection.concat())
}

/// From what stands beside: it gives a code to whoever asks.
fn codes_by_order(target: &Target<'_>) -> Outcome<Vec<String>> {
    let per_connection = side_by_side(target.address, vec![(); CONNECTIONS], |connection, ()| {
        let one = |_| {
            let answer = connection.exchange("POST", "/bench/code", "", "").map_err(|error| error.to_string())?;
            String::from_utf8(answer.body).map_err(|_| "no code".to_owned())
        };
        (0..AT_A_TIME).map(one).collect::<Outcome<Vec<String>>>()
    })?;
    Ok(per_connection.concat())
}

/// Microseconds of CPU for all of them, and a refresh token for each connection.
fn redeem(ask: &Ask, codes: &[String]) -> Outcome<(f64, Vec<String>)> {
    let shares: Vec<&[String]> = codes.chunks(AT_A_TIME).collect();
    let before = cpu_microseconds(ask.process)?;
    let tokens = side_by_side(&ask.address, shares, |connection, share| {
        let mut last = String::new();
        for code in share {
            let body = format!("grant_type=authorization_code&redirect_uri={REDIRECT}&code={code}");
            last = text(&ask.send_over(connection, &body)?, "refresh_token")?;
        }
        Ok(last)
    })?;
    Ok((cpu_microseconds(ask.process)? - before, tokens))
}

/// Microseconds of CPU a rotation.
fn refresh(ask: &Ask, tokens: Vec<String>) -> Outcome<f64> {
    let rotations = tokens.len() * ROTATIONS;
    let before = cpu_microseconds(ask.process)?;
    side_by_side(&ask.address, tokens, |connection, mut token| {
        for _ in 0..ROTATIONS {
            let answer = ask.send_over(connection, &format!("grant_type=refresh_token&refresh_token={token}"))?;
            token = text(&answer, "refresh_token")?;
        }
        Ok(())
    })?;
    Ok((cpu_microseconds(ask.process)? - before) / rotations as f64)
}

/// One connection and one thread for each share.
fn side_by_side<S: Send, T: Send>(
    address: &str,
    shares: Vec<S>,
    work: impl Fn(&mut Connection, S) -> Outcome<T> + Sync,
) -> Outcome<Vec<T>> {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || work(&mut open(address)?, share))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a connection's thread panicked".to_owned())?).collect()
    })
}

fn open(address: &str) -> Outcome<Connection> {
    Connection::open(address).map_err(|error| format!("{address}: {error}"))
}
