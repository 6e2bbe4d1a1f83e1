//! The five steps of a delivery: each is a change of its own in the database, so that whoever ends the process, the next
//! start goes on where it was.

use std::io::BufReader;
use std::time::Duration;

use domain::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};
use serde_json::{Map, Value, json};

use super::Subsurface;
use super::answer::Failure;
use super::delivery::Delivery;
use super::time::local;
use super::validation::{self, Report};
use super::{document, project, register};

/// How many deliveries are taken through a step at once.
const AT_ONCE: u32 = 100;
/// How many documents are validated before anything of it is written.
const MAX_VALIDATED: usize = 100;
/// How long the worker rests when something does not answer.
const REST: Duration = Duration::from_secs(2);
/// The longest sleep until a step is due: the wall clock may be set meanwhile.
const NAP: Duration = Duration::from_millis(250);

/// A step of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Handed in, each document a message of a register or not.
    Aanleveren,
    /// Validated; one document that is not valid rejects all.
    Valideren,
    /// Checked, by whoever the source holder lets do that.
    Controleren,
    /// Established by the source holder.
    Vaststellen,
    /// Given to the national register.
    Doorleveren,
}

impl Step {
    const ALL: [Self; 5] = [Self::Aanleveren, Self::Valideren, Self::Controleren, Self::Vaststellen, Self::Doorleveren];

    fn as_str(self) -> &'static str {
        match self {
            Self::Aanleveren => "aanleveren",
            Self::Valideren => "valideren",
            Self::Controleren => "controleren",
            Self::Vaststellen => "vaststellen",
            Self::Doorleveren => "doorleveren",
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The delivery's status once the step is done.
    fn status(self) -> &'static str {
        match self {
            Self::Aanleveren => "AANGELEVERD",
            Self::Valideren => "GEVALIDEERD",
            Self::Controleren => "GECONTROLEERD",
            Self::Vaststellen => "VASTGESTELD",
            Self::Doorleveren => "DOORGELEVERD",
        }
    }

    /// The delivery's status while somebody has to decide about the step.
    fn waiting(self) -> &'static str {
        match self {
            Self::Vaststellen => "WACHT_OP_VASTSTELLING",
            _ => "WACHT_OP_CONTROLE",
        }
    }

    fn next(self) -> Option<Self> {
        let place = Self::ALL.iter().position(|step| *step == self)?;
        Self::ALL.get(place + 1).copied()
    }
}

/// Takes deliveries through their steps, those that are due first before the others. May be dropped at any time.
pub(super) async fn run(portal: &Subsurface) {
    loop {
        let first = portal.database().read(|tx| Delivery::due_first(tx, AT_ONCE)).await;
        let now = portal.now();
        let at = now.unix_microseconds();
        match first {
            Ok(first) if first.is_empty() => portal.woken().await,
            Ok(first) if first[0].1 > at => {
                let nap = NAP.min(Duration::from_micros(u64::try_from(first[0].1 - at).unwrap_or(0)));
                let _ = tokio::time::timeout(nap, portal.woken()).await;
            }
            Ok(first) => {
                let due = first.into_iter().filter(|(_, due_at)| *due_at <= at).map(|(delivery, _)| delivery);
                if take(portal, due.collect(), now).await.is_err() {
                    tokio::time::sleep(REST).await;
                }
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

/// A delivery whose next step is due, with what was found about its documents if that is to validate them.
struct Due {
    id: i64,
    step: Step,
    reports: Vec<(i64, Report)>,
}

/// Takes each delivery through its next step; all of them wait for the disk once.
async fn take(portal: &Subsurface, deliveries: Vec<Delivery>, now: Timestamp) -> Result<(), Failure> {
    let (mut all, mut later) = (Vec::new(), Vec::new());
    let mut documents = 0;
    for delivery in deliveries {
        // What is left is still due: many documents of one supplier do not hold up all others.
        if documents >= MAX_VALIDATED {
            break;
        }
        let Some(step) = delivery.next_step else { continue };
        let id = delivery.id;
        let reports = if step == Step::Valideren { validate(portal, &delivery).await } else { Ok(Vec::new()) };
        match reports {
            Ok(reports) => {
                documents += reports.len();
                all.push(Due { id, step, reports });
            }
            // For a reason that lies not with it: the others go first.
            Err(_) => later.push(id),
        }
    }
    let due_at = now.saturating_add(portal.step_delay());
    let taken = portal.database().write(move |tx| {
        for due in &all {
            take_one(tx, due, now, due_at)?;
        }
        let put_off = now.saturating_add(REST).unix_microseconds();
        for id in later {
            tx.execute("UPDATE deliveries SET due_at = ?2 WHERE id = ?1 AND due_at IS NOT NULL", params![id, put_off])?;
        }
        Ok(())
    });
    taken.await
}

fn take_one(tx: &Transaction<'_>, due: &Due, now: Timestamp, due_at: Timestamp) -> Result<(), Failure> {
    let (id, step) = (due.id, due.step);
    // Somebody may have rejected it meanwhile.
    let still = Delivery::by_id(tx, id)?.filter(|delivery| delivery.next_step == Some(step) && !delivery.waits());
    let Some(delivery) = still else { return Ok(()) };
    match step {
        Step::Aanleveren | Step::Valideren => validated(tx, &delivery, &due.reports, (now, due_at)),
        Step::Controleren | Step::Vaststellen => {
            let settings = project::settings(tx, &delivery.project)?;
            let itself = if step == Step::Controleren { settings.checks_itself } else { settings.establishes_itself };
            if itself { done(tx, id, (step, None), now, due_at) } else { wait(tx, id, step, now) }
        }
        Step::Doorleveren => forwarded(tx, &delivery, now),
    }
}

fn forwarded(tx: &Transaction<'_>, delivery: &Delivery, now: Timestamp) -> Result<(), Failure> {
    let failed = register::take_in(tx, delivery, now)?;
    let (status, result, note) = match failed {
        0 => (Step::Doorleveren.status(), "GEREED", None),
        _ => ("DOORLEVEREN_MISLUKT", "AFGEKEURD", Some(format!("De landelijke voorziening heeft {failed} brondocumenten afgekeurd."))),
    };
    record(tx, delivery.id, (Step::Doorleveren, result, note.as_deref()), now)?;
    set(tx, delivery.id, (status, None, None), now)
}

/// Validates the documents of a delivery as they are kept.
async fn validate(portal: &Subsurface, delivery: &Delivery) -> Result<Vec<(i64, Report)>, Failure> {
    let (upload, project, is_sender) = (delivery.upload, delivery.project.clone(), delivery.delegation.is_none());
    let found = portal.database().read(move |tx| Ok((document::of_upload(tx, upload)?, document::source_holder(tx, &project, is_sender)?)));
    let (documents, holder) = found.await?;
    let mut reports = Vec::new();
    for document in documents {
        let path = portal.archive().path(&document.digest);
        let read = move || validation::validate(BufReader::with_capacity(1 << 16, std::fs::File::open(path)?));
        let mut report = document::judge(portal, read).await?;
        report.check_source_holder(&holder);
        reports.push((document.id, report));
    }
    Ok(reports)
}

fn validated(
    tx: &Transaction<'_>,
    delivery: &Delivery,
    reports: &[(i64, Report)],
    (now, due_at): (Timestamp, Timestamp),
) -> Result<(), Failure> {
    let at = now.unix_microseconds();
    let wrong = reports.iter().filter(|(_, report)| !report.is_valid()).count();
    let sql = "UPDATE documents SET status = ?2, errors = ?3, changed_at = ?4 WHERE id = ?1";
    for (id, report) in reports {
        let status = match (report.recognised, report.is_valid()) {
            (false, _) => "ONGELDIG",
            (true, false) => "NIET_VALIDE",
            (true, true) if wrong > 0 => "AFGEKEURD",
            (true, true) => "VALIDE",
        };
        let mut lines = report.lines();
        if status == "AFGEKEURD" {
            lines.push("De levering is afgekeurd: een ander brondocument van deze levering is niet valide.".to_owned());
        }
        tx.execute(sql, params![id, status, json!(lines).to_string(), at])?;
    }
    if wrong == 0 {
        return done(tx, delivery.id, (Step::Valideren, None), now, due_at);
    }
    let note = format!("{wrong} van {} brondocumenten zijn niet valide.", reports.len());
    record(tx, delivery.id, (Step::Valideren, "AFGEKEURD", Some(&note)), now)?;
    set(tx, delivery.id, ("AFGEKEURD", None, None), now)
}

/// A step is done: the next one is due at this moment.
pub(super) fn done(
    tx: &Transaction<'_>,
    delivery: i64,
    (step, note): (Step, Option<&str>),
    now: Timestamp,
    due_at: Timestamp,
) -> Result<(), Failure> {
    record(tx, delivery, (step, "GEREED", note), now)?;
    set(tx, delivery, (step.status(), step.next(), Some(due_at.unix_microseconds())), now)
}

fn wait(tx: &Transaction<'_>, delivery: i64, step: Step, now: Timestamp) -> Result<(), Failure> {
    record(tx, delivery, (step, "WACHT_OP_BESLUIT", None), now)?;
    set(tx, delivery, (step.waiting(), Some(step), None), now)
}

/// Somebody rejected the whole delivery.
pub(super) fn rejected(tx: &Transaction<'_>, delivery: &Delivery, (step, reason): (Step, &str), now: Timestamp) -> Result<(), Failure> {
    record(tx, delivery.id, (step, "AFGEKEURD", Some(reason)), now)?;
    let errors = json!([format!("De levering is afgekeurd: {reason}")]).to_string();
    let sql = "UPDATE documents SET status = 'AFGEKEURD', errors = ?2, changed_at = ?3 WHERE upload_id = ?1";
    tx.execute(sql, params![delivery.upload, errors, now.unix_microseconds()])?;
    set(tx, delivery.id, ("AFGEKEURD", None, None), now)
}

fn set(
    tx: &Transaction<'_>,
    delivery: i64,
    (status, next_step, due_at): (&str, Option<Step>, Option<i64>),
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "UPDATE deliveries SET status = ?2, next_step = ?3, due_at = ?4, changed_at = ?5 WHERE id = ?1";
    tx.execute(sql, params![delivery, status, next_step.map(Step::as_str), due_at, now.unix_microseconds()])?;
    Ok(())
}

/// Writes down how a step stands.
pub(super) fn record(
    tx: &Transaction<'_>,
    delivery: i64,
    (step, status, note): (Step, &str, Option<&str>),
    now: Timestamp,
) -> Result<(), Failure> {
    let sql = "INSERT INTO steps (delivery_id, step, status, note, at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (delivery_id, step) DO UPDATE SET status = excluded.status, note = excluded.note, at = excluded.at";
    tx.execute(sql, params![delivery, step.as_str(), status, note, now.unix_microseconds()])?;
    Ok(())
}

/// How a step stands, once it was taken.
pub(super) fn status(tx: &Transaction<'_>, delivery: i64, step: Step) -> Result<Option<String>, Failure> {
    let sql = "SELECT status FROM steps WHERE delivery_id = ?1 AND step = ?2";
    Ok(tx.query_row(sql, params![delivery, step.as_str()], |row| row.get(0)).optional()?)
}

/// The five steps as clients read them.
pub(super) fn json(tx: &Transaction<'_>, delivery: &Delivery) -> Result<Value, Failure> {
    let sql = "SELECT step, status, note, at FROM steps WHERE delivery_id = ?1";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([delivery.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let taken: Vec<(String, String, Option<String>, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    let steps = Step::ALL.map(|step| {
        let mut row = Map::from_iter([("stap".to_owned(), step.as_str().into())]);
        match taken.iter().find(|(name, ..)| name == step.as_str()) {
            Some((_, status, note, at)) => {
                row.insert("status".to_owned(), status.clone().into());
                row.insert("lastChanged".to_owned(), local(*at).into());
                if let Some(note) = note {
                    row.insert("toelichting".to_owned(), note.clone().into());
                }
            }
            None => {
                let status = if delivery.next_step == Some(step) { "BEZIG" } else { "NOG_NIET_GESTART" };
                row.insert("status".to_owned(), status.into());
            }
        }
        Value::Object(row)
    });
    Ok(Value::Array(steps.into()))
}
