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

/// Takes deliveries through their steps, the one that is due first before the others. May be dropped at any time.
pub(super) async fn run(portal: &Subsurface) {
    loop {
        let first = portal.database().read(Delivery::first_due).await;
        let now = portal.now();
        match first {
            Ok(None) => portal.woken().await,
            Ok(Some((_, due_at))) if due_at > now.unix_microseconds() => {
                let left = u64::try_from(due_at - now.unix_microseconds()).unwrap_or(0);
                let nap = NAP.min(Duration::from_micros(left));
                let _ = tokio::time::timeout(nap, portal.woken()).await;
            }
            Ok(Some((delivery, _))) => {
                if take(portal, &delivery, now).await.is_err() {
                    put_off(portal, delivery.id, now).await;
                }
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

/// Lets others go before one whose step failed for a reason that lies not with it.
async fn put_off(portal: &Subsurface, id: i64, now: Timestamp) {
    let later = now.saturating_add(REST).unix_microseconds();
    let put_off = portal.database().write(move |tx| {
        let sql = "UPDATE deliveries SET due_at = ?2 WHERE id = ?1 AND due_at IS NOT NULL";
        Ok(tx.execute(sql, params![id, later])?)
    });
    if put_off.await.is_err() {
        tokio::time::sleep(REST).await;
    }
}

/// Takes one delivery through its next step.
async fn take(portal: &Subsurface, delivery: &Delivery, now: Timestamp) -> Result<(), Failure> {
    let Some(step) = delivery.next_step else { return Ok(()) };
    let reports = if step == Step::Valideren { validate(portal, delivery).await? } else { Vec::new() };
    let (id, due_at) = (delivery.id, now.saturating_add(portal.step_delay()));
    let taken = portal.database().write(move |tx| {
        // Somebody may have rejected it meanwhile.
        let still = Delivery::by_id(tx, id)?.filter(|delivery| delivery.next_step == Some(step) && !delivery.waits());
        let Some(delivery) = still else { return Ok(()) };
        match step {
            Step::Aanleveren | Step::Valideren => validated(tx, &delivery, &reports, (now, due_at)),
            Step::Controleren | Step::Vaststellen => {
                let settings = project::settings(tx, &delivery.project)?;
                let itself = if step == Step::Controleren { settings.checks_itself } else { settings.establishes_itself };
                if itself { done(tx, id, (step, None), now, due_at) } else { wait(tx, id, step, now) }
            }
            Step::Doorleveren => {
                let failed = register::take_in(tx, &delivery, now)?;
                let status = if failed == 0 { Step::Doorleveren.status() } else { "DOORLEVEREN_MISLUKT" };
                let (result, note) = if failed == 0 {
                    ("GEREED", None)
                } else {
                    ("AFGEKEURD", Some(format!("De landelijke voorziening heeft {failed} brondocumenten afgekeurd.")))
                };
                record(tx, id, (step, result, note.as_deref()), now)?;
                set(tx, id, (status, None, None), now)
            }
        }
    });
    taken.await
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
