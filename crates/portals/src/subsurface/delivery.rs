//! Deliveries: an upload handed in, followed through its five steps, checked by people where the project wants it.

use domain::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Map, Value, json};

use super::Subsurface;
use super::answer::{Answer, Failure, missing};
use super::document;
use super::project;
use super::step::{self, Step};
use super::text::{self, Text};
use super::time::local;
use super::upload;
use super::visit::Visit;

/// A delivery.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) id: i64,
    pub(super) upload: i64,
    pub(super) project: String,
    pub(super) organisation: String,
    pub(super) delegation: Option<String>,
    labels: String,
    description: Option<String>,
    status: String,
    pub(super) next_step: Option<Step>,
    due_at: Option<i64>,
    created_at: i64,
    changed_at: i64,
}

const COLUMNS: &str = "id, upload_id, project, organisation, delegation, labels, description, status, next_step, due_at, created_at,
    changed_at";

/// The text by which clients know a delivery.
pub(super) fn identifier(id: i64) -> String {
    format!("{id:010}")
}

impl Delivery {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let next_step: Option<String> = row.get(8)?;
        Ok(Self {
            id: row.get(0)?,
            upload: row.get(1)?,
            project: row.get(2)?,
            organisation: row.get(3)?,
            delegation: row.get(4)?,
            labels: row.get(5)?,
            description: row.get(6)?,
            status: row.get(7)?,
            next_step: next_step.and_then(|step| Step::read(&step)),
            due_at: row.get(9)?,
            created_at: row.get(10)?,
            changed_at: row.get(11)?,
        })
    }

    /// The delivery with this id.
    pub(super) fn by_id(tx: &Transaction<'_>, id: i64) -> Result<Option<Self>, Failure> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE id = ?1");
        Ok(tx.prepare_cached(&sql)?.query_row([id], Self::read).optional()?)
    }

    /// Those whose next step is due first, each with when it is.
    pub(super) fn due_first(tx: &Transaction<'_>, most: u32) -> Result<Vec<(Self, i64)>, Failure> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT ?1");
        let found: Vec<_> = tx.prepare_cached(&sql)?.query_map([most], Self::read)?.collect::<rusqlite::Result<_>>()?;
        Ok(found
            .into_iter()
            .filter_map(|delivery| Some((delivery.due_at?, delivery)))
            .map(|(due_at, delivery)| (delivery, due_at))
            .collect())
    }

    /// As clients read it, with its documents.
    fn json(&self, tx: &Transaction<'_>) -> Result<Value, Failure> {
        let documents = document::of_upload(tx, self.upload)?;
        let mut delivery = Map::new();
        let mut put = |name: &str, value: Value| delivery.insert(name.to_owned(), value);
        put("identifier", identifier(self.id).into());
        put("status", self.status.clone().into());
        put("lastChanged", local(self.changed_at).into());
        put("created", local(self.created_at).into());
        put("project", self.project.clone().into());
        put("upload", self.upload.into());
        put("labels", serde_json::from_str(&self.labels).unwrap_or_else(|_| json!([])));
        if let Some(description) = &self.description {
            put("omschrijving", description.clone().into());
        }
        put("stappen", step::json(tx, self)?);
        put("brondocuments", documents.iter().map(document::Document::json).collect());
        Ok(Value::Object(delivery))
    }

    /// Whether its next step waits for somebody's decision.
    pub(super) fn waits(&self) -> bool {
        self.next_step.is_some() && self.due_at.is_none()
    }
}

/// `POST …/leveringen`: hands an upload in. The same upload again is the same delivery.
pub(super) async fn create(portal: &Subsurface, visit: Visit, body: Map<String, Value>) -> Result<Answer, Failure> {
    text::only(&body, &["upload", "labels"])?;
    let wrong = || Failure::BadRequest("upload moet het nummer van een upload zijn: {\"upload\": 123}.".to_owned());
    let upload = match body.get("upload") {
        Some(Value::Number(number)) => number.as_i64().ok_or_else(wrong)?,
        Some(Value::String(digits)) => digits.parse().map_err(|_| wrong())?,
        _ => return Err(wrong()),
    };
    let labels = match body.get("labels") {
        Some(labels) => Text::label_list(labels)?,
        None => Text::labels(visit.queries("labels"))?,
    };
    let due_at = visit.now.saturating_add(portal.step_delay()).unix_microseconds();
    let visit = std::sync::Arc::new(visit);
    let asked = visit.clone();
    let made = portal.database().write(move |tx| {
        let unknown = |failure| match failure {
            Failure::NotFound(why) => Failure::Unprocessable(why),
            other => other,
        };
        upload::owned(tx, &asked, upload).map_err(unknown)?;
        let there = "SELECT id FROM deliveries WHERE upload_id = ?1";
        let id = match tx.query_row(there, [upload], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => insert(tx, &asked, upload, (&labels, due_at))?,
        };
        let delivery = Delivery::by_id(tx, id)?.ok_or(Failure::Unavailable)?;
        Ok((id, delivery.json(tx)?))
    });
    let (id, data) = made.await?;
    portal.wake();
    Ok(Answer::Created { location: visit.url(&format!("leveringen/{}", identifier(id)))?, data })
}

fn insert(tx: &Transaction<'_>, visit: &Visit, upload: i64, (labels, due_at): (&[String], i64)) -> Result<i64, Failure> {
    let filled = "SELECT EXISTS (SELECT 1 FROM documents WHERE upload_id = ?1)";
    if !tx.query_row(filled, [upload], |row| row.get::<_, bool>(0))? {
        return Err(Failure::Unprocessable(format!("Upload {upload} heeft geen brondocumenten.")));
    }
    let now = visit.now.unix_microseconds();
    let sql = "INSERT INTO deliveries
        (upload_id, project, organisation, delegation, labels, status, next_step, due_at, created_at, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, 'AANGELEVERD', 'valideren', ?6, ?7, ?7)";
    let caller = &visit.caller;
    let labels = json!(labels).to_string();
    tx.execute(sql, params![upload, visit.project()?, caller.organisation(), caller.delegation(), labels, due_at, now])?;
    let id = tx.last_insert_rowid();
    step::record(tx, id, (Step::Aanleveren, "GEREED", None), visit.now)?;
    Ok(id)
}

/// A delivery that the caller may see: its organisation's own, or one in the caller's own project.
fn visible(tx: &Transaction<'_>, visit: &Visit, id: i64) -> Result<Delivery, Failure> {
    let found = Delivery::by_id(tx, id)?.filter(|delivery| {
        let mine = visit.caller.is_source_holder() || delivery.organisation == visit.caller.organisation();
        mine && visit.maybe_project() == Some(delivery.project.as_str())
    });
    found.ok_or_else(|| missing("Levering", identifier(id)))
}

/// `GET …/leveringen/{delivery}`.
pub(super) async fn show(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let id = visit.id("delivery")?;
    portal.database().read(move |tx| visible(tx, &visit, id)?.json(tx)).await.map(Answer::Data)
}

/// `GET …/leveringen` and `GET /api/v2/leveringen`: what the caller may see, the newest first.
pub(super) async fn list(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let page = visit.page()?;
    let reach = visit.reach();
    let (status, label) = (visit.query("status").map(str::to_owned), visit.query("label").map(str::to_owned));
    let listed = portal.database().read(move |tx| {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE (project IN (SELECT value FROM json_each(?1))
                OR (project IN (SELECT value FROM json_each(?2)) AND organisation = ?3))
             AND (?4 IS NULL OR status = ?4) AND (?5 IS NULL OR ?5 IN (SELECT value FROM json_each(labels)))
             ORDER BY id DESC LIMIT ?6 OFFSET ?7"
        );
        let parameters = params![reach.own(), reach.delegated(), visit.caller.organisation(), status, label, page.limit, page.offset];
        let mut statement = tx.prepare_cached(&sql)?;
        let found: Vec<_> = statement.query_map(parameters, Delivery::read)?.collect::<rusqlite::Result<_>>()?;
        let rows = found.iter().map(|delivery| delivery.json(tx)).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "leveringen": rows }))
    });
    listed.await.map(Answer::Data)
}

/// `PATCH …/leveringen/{delivery}`: enriches a delivery with labels and a description.
pub(super) async fn enrich(portal: &Subsurface, visit: Visit, body: Map<String, Value>) -> Result<Answer, Failure> {
    let id = visit.id("delivery")?;
    text::only(&body, &["labels", "omschrijving"])?;
    let labels = body.get("labels").map(Text::label_list).transpose()?;
    let description = Text::change(&body, "omschrijving", text::DESCRIPTION_LETTERS)?;
    let changed = portal.database().write(move |tx| {
        visible(tx, &visit, id)?;
        let now = visit.now.unix_microseconds();
        if let Some(labels) = labels {
            let sql = "UPDATE deliveries SET labels = ?2, changed_at = ?3 WHERE id = ?1";
            tx.execute(sql, params![id, json!(labels).to_string(), now])?;
        }
        if let Some(description) = description {
            let sql = "UPDATE deliveries SET description = ?2, changed_at = ?3 WHERE id = ?1";
            tx.execute(sql, params![id, description, now])?;
        }
        visible(tx, &visit, id)?.json(tx)
    });
    changed.await.map(Answer::Data)
}

/// `POST …/leveringen/{delivery}/controle` and `…/vaststelling`: somebody's decision.
pub(super) async fn decide(portal: &Subsurface, visit: Visit, step: Step, body: Map<String, Value>) -> Result<Answer, Failure> {
    let id = visit.id("delivery")?;
    if step == Step::Vaststellen {
        visit.caller.require_source_holder()?;
    }
    text::only(&body, &["besluit", "reden"])?;
    let approves = match body.get("besluit").and_then(Value::as_str) {
        Some("goedkeuren") => true,
        Some("afkeuren") => false,
        _ => return Err(Failure::BadRequest("besluit moet goedkeuren of afkeuren zijn.".to_owned())),
    };
    let reason = Text::change(&body, "reden", text::DESCRIPTION_LETTERS)?.flatten();
    if !approves && reason.is_none() {
        return Err(Failure::BadRequest("Geef bij afkeuren een reden: die leest de dataleverancier.".to_owned()));
    }
    let due_at = visit.now.saturating_add(portal.step_delay());
    let decided = portal.database().write(move |tx| {
        let delivery = in_project(tx, &visit, id)?;
        if approves {
            approve(tx, &delivery, step, (reason.as_deref(), visit.now, due_at))?;
        } else {
            reject(tx, &delivery, step, reason.as_deref().unwrap_or_default(), visit.now)?;
        }
        in_project(tx, &visit, id)?.json(tx)
    });
    let decided = decided.await?;
    portal.wake();
    Ok(Answer::Data(decided))
}

/// A delivery in the project of the request, whoever handed it in: for those who check.
fn in_project(tx: &Transaction<'_>, visit: &Visit, id: i64) -> Result<Delivery, Failure> {
    let found = Delivery::by_id(tx, id)?.filter(|delivery| visit.maybe_project() == Some(delivery.project.as_str()));
    found.ok_or_else(|| missing("Levering", identifier(id)))
}

fn approve(
    tx: &Transaction<'_>,
    delivery: &Delivery,
    step: Step,
    (note, now, due_at): (Option<&str>, Timestamp, Timestamp),
) -> Result<(), Failure> {
    if delivery.next_step == Some(step) && delivery.waits() {
        return step::done(tx, delivery.id, (step, note), now, due_at);
    }
    match step::status(tx, delivery.id, step)?.as_deref() {
        // The same decision again.
        Some("GEREED") => Ok(()),
        _ => Err(Failure::Conflict(format!("Levering {} wacht niet op deze stap.", identifier(delivery.id)))),
    }
}

fn reject(tx: &Transaction<'_>, delivery: &Delivery, step: Step, reason: &str, now: Timestamp) -> Result<(), Failure> {
    if delivery.next_step.is_some() {
        return step::rejected(tx, delivery, (step, reason), now);
    }
    match step::status(tx, delivery.id, step)?.as_deref() {
        Some("AFGEKEURD") => Ok(()),
        _ => Err(Failure::Conflict(format!("Levering {} is niet meer onderweg.", identifier(delivery.id)))),
    }
}

/// `GET …/controles`: what waits for a decision in this project, the oldest first.
pub(super) async fn waiting(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let (page, project) = (visit.page()?, visit.project()?.to_owned());
    let listed = portal.database().read(move |tx| {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE project = ?1 AND next_step IS NOT NULL AND due_at IS NULL
             ORDER BY id LIMIT ?2 OFFSET ?3"
        );
        let mut statement = tx.prepare_cached(&sql)?;
        let found = statement.query_map(params![project, page.limit, page.offset], Delivery::read)?;
        let found: Vec<_> = found.collect::<rusqlite::Result<_>>()?;
        let rows = found.iter().map(|delivery| delivery.json(tx)).collect::<Result<Vec<_>, _>>()?;
        let settings = project::settings(tx, &project)?;
        Ok(json!({ "leveringen": rows, "instellingen": settings.json() }))
    });
    listed.await.map(Answer::Data)
}
