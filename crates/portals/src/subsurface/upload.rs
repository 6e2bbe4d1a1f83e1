//! Uploads: what documents are put into before they are delivered together.

use domain::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};
use serde_json::json;

use super::Subsurface;
use super::answer::{Answer, Failure, missing};
use super::document;
use super::time::local;
use super::visit::Visit;

/// How long an upload may wait to be delivered. What is older is taken out when the portal starts.
const MAX_AGE: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);

/// `POST …/uploads`: always a new one; an empty one that nobody delivers does no harm.
pub(super) async fn create(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let project = visit.project()?.to_owned();
    let (caller, now) = (visit.caller.clone(), visit.now);
    let id = portal.database().write(move |tx| {
        let insert = "INSERT INTO uploads (project, organisation, credential, delegation, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        let row = params![project, caller.organisation(), caller.credential(), caller.delegation(), now.unix_microseconds()];
        tx.execute(insert, row)?;
        Ok(tx.last_insert_rowid())
    });
    let id = id.await?;
    Ok(Answer::Created { location: visit.url(&format!("uploads/{id}"))?, data: json!({ "id": id }) })
}

/// `GET …/uploads/{upload}`: what is in it.
pub(super) async fn show(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    let id = visit.id("upload")?;
    let found = portal.database().read(move |tx| {
        let created_at = owned(tx, &visit, id)?;
        let delivery = "SELECT id FROM deliveries WHERE upload_id = ?1";
        let delivery: Option<i64> = tx.query_row(delivery, [id], |row| row.get(0)).optional()?;
        let documents = document::of_upload(tx, id)?;
        let documents: Vec<_> = documents.iter().map(document::Document::json).collect();
        Ok(json!({
            "id": id,
            "created": local(created_at),
            "levering": delivery.map(super::delivery::identifier),
            "brondocuments": documents,
        }))
    });
    found.await.map(Answer::Data)
}

/// When an upload was made that the caller may use: its organisation's own, in this project.
pub(super) fn owned(tx: &Transaction<'_>, visit: &Visit, id: i64) -> Result<i64, Failure> {
    let sql = "SELECT created_at FROM uploads WHERE id = ?1 AND project = ?2 AND organisation = ?3";
    let found = tx.query_row(sql, params![id, visit.project()?, visit.caller.organisation()], |row| row.get(0)).optional()?;
    found.ok_or_else(|| missing("Upload", id))
}

/// Takes out what nobody delivered in time.
pub(super) fn take_out_old(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Failure> {
    let before = now.saturating_sub(MAX_AGE).unix_microseconds();
    let old = "SELECT id FROM uploads WHERE created_at < ?1 AND id NOT IN (SELECT upload_id FROM deliveries)";
    tx.execute(&format!("DELETE FROM documents WHERE upload_id IN ({old})"), [before])?;
    tx.execute(&format!("DELETE FROM uploads WHERE id IN ({old})"), [before])?;
    Ok(())
}
