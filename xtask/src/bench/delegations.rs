//! Delegations: checks under chains of them in the index, and closing one with 10 thousand tokens under it over HTTP.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use base64::Engine as _;
use serde_json::{Value, json};

use super::changes::in_parallel;
use super::process::median;
use super::{Row, Table, program};
use crate::server::{Client, Server, text};
use crate::{Outcome, shell};

const RUNS: usize = 5;
/// Organisations that get the delegation passed on, and the tokens of each: 10 thousand together.
const SUBS: usize = 20;
const TOKENS: usize = 500;

/// The checks in the process, then the closings.
pub(super) fn measure(server: &Server, table: &mut Table) -> Outcome {
    let said = shell::output(&mut Command::new(program("examples/delegations")))?;
    let mut plain = None;
    for (name, value) in said.lines().filter_map(|line| line.split_once(' ')) {
        let nanoseconds: f64 = value.trim().parse().map_err(|_| format!("no number: {value}"))?;
        let plain = *plain.get_or_insert(nanoseconds);
        table.push(Row {
            what: format!("1 million organisation tokens, 100 thousand delegations: {name}"),
            value: format!("{nanoseconds:.0} ns"),
            ratio: format!("{:.2} × the check without a workspace", nanoseconds / plain),
        });
    }
    closings(server, table)
}

/// What stands under a delegation that is closed.
struct Under {
    survey: String,
    holder: String,
    supplier: String,
    subs: Vec<String>,
    /// Each token as it is presented.
    basics: Vec<String>,
}

fn closings(server: &Server, table: &mut Table) -> Outcome {
    let under = under(server)?;
    let (mut refused, mut answered, mut previews) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let (preview, first_refused, answer) = closing(server, &under, run)?;
        previews.push(preview);
        refused.push(first_refused);
        answered.push(answer);
    }
    let what = format!("closing a delegation with {SUBS} passed on and {} tokens under it", SUBS * TOKENS);
    table.push(Row::of(format!("{what}: its preview"), format!("{:.1} ms", median(previews) * 1e3)));
    table.push(Row::of(format!("{what}: until one of the tokens is refused"), format!("{:.2} ms", median(refused) * 1e3)));
    table.push(Row::of(format!("{what}: until it is answered, all refused"), format!("{:.2} ms", median(answered) * 1e3)));
    Ok(())
}

fn under(server: &Server) -> Outcome<Under> {
    let mut operator = server.operator()?;
    let definition = json!({
        "name": "survey", "title": "Survey", "presentations": ["basic"], "credentials": ["organisation_token"],
        "permissions": [{"name": "survey:deliveries:create", "title": "Create deliveries"}]
    });
    operator.must("POST", "/api/v1/apis", &definition)?;
    let survey = text(&operator.must("POST", "/api/v1/apis/survey/credentials", &json!({"description": "itself"}))?, "secret")?;
    let (holder, supplier) = (operator.create_organisation("Holder")?, operator.create_organisation("Supplier")?);
    let workspace = json!({"number": "1255", "name": "North"});
    operator.must("POST", &format!("/api/v1/organisations/{holder}/workspaces"), &workspace)?;
    let subs = (0..SUBS).map(|sub| operator.create_organisation(&format!("Sub {sub}"))).collect::<Outcome<Vec<String>>>()?;
    let basics = in_parallel(subs.iter().enumerate(), |(number, sub)| {
        let mut operator = server.operator()?;
        (0..TOKENS).map(|token| organisation_token(&mut operator, sub, &format!("t{number}-{token}"))).collect::<Outcome<Vec<String>>>()
    })?;
    Ok(Under { survey, holder, supplier, subs, basics: basics.into_iter().flatten().collect() })
}

fn organisation_token(operator: &mut Client, organisation: &str, username: &str) -> Outcome<String> {
    let body = json!({"api": "survey", "username": username, "description": "field teams"});
    let made = operator.must("POST", &format!("/api/v1/organisations/{organisation}/organisation-tokens"), &body)?;
    let pair = format!("{}:{}", text(&made, "username")?, text(&made, "code")?);
    Ok(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}

/// Opens, looks and closes; gives the seconds of the preview, until somebody who asks all the time is refused, and until
/// the answer. Then every token must be refused.
fn closing(server: &Server, under: &Under, run: usize) -> Outcome<(f64, f64, f64)> {
    let mut operator = server.operator()?;
    let given = json!({
        "workspace": "1255", "api": "survey", "to": under.supplier, "kind": "delivering", "permissions": "all", "may_pass_on": true,
        "description": "field work", "note": format!("run {run} for {}", under.holder)
    });
    let top = text(&operator.must("POST", "/api/v1/delegations", &given)?, "id")?;
    for sub in &under.subs {
        operator.must("POST", "/api/v1/delegations", &json!({"parent": top, "to": sub, "description": "passed on"}))?;
    }
    let mut api = server.client(&under.survey)?;
    let mut before = server.client(&under.survey)?;
    if !allowed(&mut before, &under.basics[0])? {
        return Err("a token under an open delegation is refused".to_owned());
    }
    let begin = Instant::now();
    let impact = operator.must("GET", &format!("/api/v1/delegations/{top}/impact"), &Value::Null)?;
    let preview = begin.elapsed().as_secs_f64();
    if impact["credentials_stopping"] != json!(SUBS * TOKENS) {
        return Err(format!("the preview counts {}", impact["credentials_stopping"]));
    }
    let asking = AtomicBool::new(false);
    let (first_refused, answered) = std::thread::scope(|scope| {
        let asker = scope.spawn(|| {
            while allowed(&mut api, &under.basics[0])? {
                asking.store(true, Ordering::SeqCst);
            }
            Ok::<_, String>(Instant::now())
        });
        while !asking.load(Ordering::SeqCst) && !asker.is_finished() {
            std::thread::yield_now();
        }
        let begin = Instant::now();
        operator.must("POST", &format!("/api/v1/delegations/{top}/closures"), &json!({"reason": "measured"}))?;
        let answered = begin.elapsed().as_secs_f64();
        let refused = asker.join().unwrap_or_else(|_| Err("the asker panicked".to_owned()))?;
        Ok::<_, String>((refused.duration_since(begin).as_secs_f64(), answered))
    })?;
    let mut api = server.client(&under.survey)?;
    for basic in &under.basics {
        if allowed(&mut api, basic)? {
            return Err("a token under a closed delegation is allowed".to_owned());
        }
    }
    Ok((preview, first_refused, answered))
}

fn allowed(api: &mut Client, basic: &str) -> Outcome<bool> {
    let question = json!({"authorization": basic, "permission": "survey:deliveries:create", "workspace": "1255"});
    Ok(api.must("POST", "/api/v1/verify", &question)?["allowed"] == true)
}
