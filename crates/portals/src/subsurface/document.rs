//! Source documents: taken in byte for byte, shown, described, validated.

use std::io::BufReader;

use axum::body::Body;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Map, Value, json};

use super::Subsurface;
use super::answer::{Answer, Failure, missing};
use super::archive::Borrowed;
use super::text::{self, Text};
use super::time::local;
use super::upload;
use super::validation::{self, ReadError, Report, SourceHolder};
use super::visit::Visit;

/// The most documents of one upload.
const MAX_DOCUMENTS: i64 = 1_000;

/// A document as its delivery shows it.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) id: i64,
    pub(super) filename: String,
    pub(super) digest: String,
    pub(super) status: String,
    errors: String,
    request_reference: Option<String>,
    bro_id: Option<String>,
    transaction_id: Option<String>,
    description: Option<String>,
    reference: Option<String>,
    changed_at: i64,
}

const COLUMNS: &str = "d.id, d.filename, d.digest, d.status, d.errors, d.request_reference, d.bro_id, d.transaction_id, d.description,
    d.reference, d.changed_at";

impl Document {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            filename: row.get(1)?,
            digest: row.get(2)?,
            status: row.get(3)?,
            errors: row.get(4)?,
            request_reference: row.get(5)?,
            bro_id: row.get(6)?,
            transaction_id: row.get(7)?,
            description: row.get(8)?,
            reference: row.get(9)?,
            changed_at: row.get(10)?,
        })
    }

    /// As clients read it: `errors` is always there, and an array.
    pub(super) fn json(&self) -> Value {
        let mut document = Map::new();
        let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
        put("id", self.id.into());
        put("status", self.status.clone().into());
        put("lastChanged", local(self.changed_at).into());
        put("filename", self.filename.clone().into());
        put("requestReference", self.request_reference.clone().into());
        put("errors", serde_json::from_str(&self.errors).unwrap_or_else(|_| json!([])));
        let rest = [
            ("broId", &self.bro_id),
            ("transactionId", &self.transaction_id),
            ("omschrijving", &self.description),
            ("kenmerk", &self.reference),
        ];
        for (name, value) in rest {
            if let Some(value) = value {
                put(name, value.clone().into());
            }
        }
        Value::Object(document)
    }
}

/// The documents of an upload, in the order in which they came.
pub(super) fn of_upload(tx: &Transaction<'_>, upload: i64) -> Result<Vec<Document>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM documents d WHERE d.upload_id = ?1 ORDER BY d.id");
    Ok(tx.prepare_cached(&sql)?.query_map([upload], Document::read)?.collect::<rusqlite::Result<_>>()?)
}

/// `POST …/validatie`: what would be said of this document; nothing is kept of it.
pub(super) async fn validate(portal: &Subsurface, visit: Visit, body: Body) -> Result<Answer, Failure> {
    let borrowed = portal.archive().borrow(&visit.request_id.to_string(), body).await?;
    let mut report = match borrowed {
        Borrowed::Short(bytes) => judge(portal, move || validation::validate(bytes.as_slice())).await?,
        Borrowed::Long(incoming) => {
            let path = incoming.path().to_owned();
            judge(portal, move || validation::validate(BufReader::with_capacity(1 << 16, std::fs::File::open(path)?))).await?
        }
    };
    if let Some(project) = visit.maybe_project() {
        let (project, is_sender) = (project.to_owned(), visit.caller.is_source_holder());
        let holder = portal.database().read(move |tx| source_holder(tx, &project, is_sender)).await?;
        report.check_source_holder(&holder);
    }
    Ok(Answer::Data(match report.is_valid() {
        // Some clients read the errors of a valid document too.
        true => json!({ "status": "VALIDE", "errors": [] }),
        false => json!({ "status": "NIET_VALIDE", "errors": report.lines() }),
    }))
}

/// Runs a validation on a thread that may block, a few at a time.
pub(super) async fn judge<F>(portal: &Subsurface, work: F) -> Result<Report, Failure>
where
    F: FnOnce() -> Result<Report, ReadError> + Send + 'static,
{
    let turn = tokio::time::timeout(portal.patience(), portal.validations().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(Failure::Busy) };
    let judged = tokio::task::spawn_blocking(move || {
        let judged = work();
        drop(turn);
        judged
    });
    match judged.await {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(ReadError::TooLarge)) => Err(Failure::TooLarge),
        Ok(Err(ReadError::Io(error))) => Err(error.into()),
        Err(_) => Err(Failure::Unavailable),
    }
}

/// For whom is delivered in a project.
pub(super) fn source_holder(tx: &Transaction<'_>, project: &str, is_sender: bool) -> Result<SourceHolder, Failure> {
    let sql = "SELECT accountable_party FROM projects WHERE number = ?1";
    let number: Option<Option<String>> = tx.query_row(sql, [project], |row| row.get(0)).optional()?;
    Ok(SourceHolder { number: number.flatten(), is_sender })
}

/// `POST …/uploads/{upload}/brondocumenten`: keeps a document as it is. The same bytes under the same name again are a
/// request that was repeated, and the same document.
pub(super) async fn create(portal: &Subsurface, visit: Visit, body: Body) -> Result<Answer, Failure> {
    let upload = visit.id("upload")?;
    let given_name = Text::optional("filename", visit.query("filename"), text::FILENAME_LETTERS)?.unwrap_or_default();
    let visit = std::sync::Arc::new(visit);
    // Before the body is taken: a stranger's upload takes none.
    let asked = visit.clone();
    portal.database().read(move |tx| open_upload(tx, &asked, upload)).await?;
    let incoming = portal.archive().receive(&visit.request_id.to_string(), body).await?;
    if incoming.bytes == 0 {
        return Err(Failure::BadRequest("Het brondocument is leeg.".to_owned()));
    }
    let path = incoming.path().to_owned();
    let report = judge(portal, move || validation::validate(BufReader::with_capacity(1 << 16, std::fs::File::open(path)?))).await?;
    let (digest, bytes) = (incoming.digest.clone(), incoming.bytes);
    incoming.keep().await?;
    let filename = if given_name.is_empty() { portal.drawn_filename()? } else { given_name.clone() };
    let asked = visit.clone();
    let id = portal.database().write(move |tx| {
        let same = "SELECT id FROM documents WHERE upload_id = ?1 AND digest = ?2 AND given_name = ?3";
        if let Some(id) = tx.query_row(same, params![upload, digest, given_name], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        open_upload(tx, &asked, upload)?;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        insert(tx, &New { upload, filename, given_name, digest, bytes, now: asked.now.unix_microseconds() }, &report)
    });
    let id: i64 = id.await?;
    Ok(Answer::Created { location: visit.url(&format!("brondocumenten/{id}"))?, data: json!({ "id": id }) })
}

/// Refuses an upload that is not the caller's, was delivered or is full.
fn open_upload(tx: &Transaction<'_>, visit: &Visit, upload: i64) -> Result<(), Failure> {
    upload::owned(tx, visit, upload)?;
    let delivered = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE upload_id = ?1)";
    if tx.query_row(delivered, [upload], |row| row.get(0))? {
        return Err(Failure::Conflict(format!("Upload {upload} is al aangeleverd: maak een nieuwe upload.")));
    }
    let count = "SELECT count(*) FROM documents WHERE upload_id = ?1";
    if tx.query_row(count, [upload], |row| row.get::<_, i64>(0))? >= MAX_DOCUMENTS {
        return Err(Failure::Conflict(format!("Upload {upload} heeft al {MAX_DOCUMENTS} brondocumenten.")));
    }
    Ok(())
}

struct New {
    upload: i64,
    filename: String,
    given_name: String,
    digest: String,
    bytes: i64,
    now: i64,
}

fn insert(tx: &Transaction<'_>, new: &New, report: &Report) -> Result<i64, Failure> {
    let sql = "INSERT INTO documents (upload_id, filename, given_name, digest, bytes, status, errors, domain, kind, source_document,
            starts, request_reference, accountable_party, quality_regime, object_id, named_bro_id, created_at, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?17)";
    let (facts, recognised) = (&report.facts, report.recognised);
    let status = if recognised { "GELDIG" } else { "ONGELDIG" };
    // What a recognised document says is told when its delivery is validated.
    let errors = if recognised { json!([]) } else { json!(report.lines()) };
    tx.execute(
        sql,
        params![
            new.upload,
            new.filename,
            new.given_name,
            new.digest,
            new.bytes,
            status,
            errors.to_string(),
            facts.domain.map(validation::Domain::code),
            facts.kind.map(validation::Kind::element),
            facts.source_document,
            facts.starts,
            facts.request_reference,
            facts.accountable_party,
            facts.quality_regime,
            facts.object_id,
            facts.bro_id,
            new.now,
        ],
    )?;
    Ok(tx.last_insert_rowid())
}

/// Whose documents somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// One's organisation's own, or all in one's own project.
    Own,
    /// All in the project: one checks them.
    Anybodys,
}

fn visible(tx: &Transaction<'_>, visit: &Visit, id: i64, whose: Whose) -> Result<Document, Failure> {
    let all = whose == Whose::Anybodys || visit.caller.is_source_holder();
    let sql = format!(
        "SELECT {COLUMNS} FROM documents d JOIN uploads u ON u.id = d.upload_id
         WHERE d.id = ?1 AND u.project = ?2 AND (?3 OR u.organisation = ?4)"
    );
    let parameters = params![id, visit.project()?, all, visit.caller.organisation()];
    tx.query_row(&sql, parameters, Document::read).optional()?.ok_or_else(|| missing("Brondocument", id))
}

/// `GET …/brondocumenten/{document}`: its bytes as they came.
pub(super) async fn show(portal: &Subsurface, visit: Visit, whose: Whose) -> Result<Answer, Failure> {
    let id = visit.id("document")?;
    let found = portal.database().read(move |tx| {
        let document = visible(tx, &visit, id, whose)?;
        let bytes: i64 = tx.query_row("SELECT bytes FROM documents WHERE id = ?1", [id], |row| row.get(0))?;
        Ok((document, bytes))
    });
    let (document, bytes) = found.await?;
    let mut response = Response::new(portal.archive().send(&document.digest).await?);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    // Never opened in a browser as a page of this host.
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(Answer::Response(Box::new(response)))
}

/// `PATCH …/brondocumenten/{document}`: enriches a document with words of its sender's own; what was sent stays as it is.
pub(super) async fn enrich(portal: &Subsurface, visit: Visit, body: Map<String, Value>) -> Result<Answer, Failure> {
    let id = visit.id("document")?;
    text::only(&body, &["omschrijving", "kenmerk"])?;
    let description = Text::change(&body, "omschrijving", text::DESCRIPTION_LETTERS)?;
    let reference = Text::change(&body, "kenmerk", text::NAME_LETTERS)?;
    let changed = portal.database().write(move |tx| {
        visible(tx, &visit, id, Whose::Own)?;
        let now = visit.now.unix_microseconds();
        for (column, change) in [("description", description), ("reference", reference)] {
            if let Some(value) = change {
                let sql = format!("UPDATE documents SET {column} = ?2, changed_at = ?3 WHERE id = ?1");
                tx.execute(&sql, params![id, value, now])?;
            }
        }
        visible(tx, &visit, id, Whose::Own)
    });
    changed.await.map(|document| Answer::Data(document.json()))
}
