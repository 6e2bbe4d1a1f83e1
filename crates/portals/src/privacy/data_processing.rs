//! Data processings: what an organisation does with personal data, as its record of processing activities has it.

use domain::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use super::body::{Members, invalid};
use super::list::Rows;
use super::query::Listing;
use super::visit::Visit;
use super::{Privacy, area};

const STATES: [&str; 4] = ["Active", "Draft", "Archived", "Deleted"];
const PROCESSING_STATES: [&str; 4] = ["Study", "BeingDeployed", "InProduction", "Stopped"];
const TYPES: [&str; 2] = ["Default", "Vendor"];
const SORTABLE: [&str; 4] = ["dateCreation", "label", "ref", "state"];
const ORDER: &[(&str, &str)] = &[("dateCreation", "created_at"), ("label", "folded"), ("ref", "ref"), ("state", "state")];
const COLUMNS: &str =
    "id, workspace, area_id, ref, label, description, state, processing_state, processing_type, created_at, updated_at, archived_at";
/// Filters of the published definition that are not served: ignored, they would give rows that were not asked for.
const NOT_SERVED: [&str; 10] =
    ["dataSetId", "actorId", "stakeholderId", "recipientId", "customerId", "securityMeasureId", "tags", "workflows", "countries", "ids"];
/// As long as the published definition lets them be.
const LABEL_LETTERS: usize = 120;
const REF_LETTERS: usize = 50;
const DESCRIPTION_LETTERS: usize = 3_000;

/// What a body says of a data processing.
pub(super) struct DataProcessing {
    pub(super) area: Option<i64>,
    pub(super) reference: Option<String>,
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) state: &'static str,
    pub(super) processing_state: &'static str,
    pub(super) processing_type: &'static str,
}

impl DataProcessing {
    fn read(mut body: Members) -> Result<Self, Failure> {
        let read = Self {
            area: body.number("areaId", 1, i64::from(i32::MAX))?.flatten(),
            reference: body.text("ref", REF_LETTERS)?.flatten(),
            label: body.needed("label", LABEL_LETTERS)?.ok_or_else(|| invalid("label", "is needed."))?,
            description: body.text("description", DESCRIPTION_LETTERS)?.flatten(),
            state: body.choice("state", &STATES[..3])?.unwrap_or("Draft"),
            processing_state: body.choice("processingState", &PROCESSING_STATES)?.unwrap_or("Study"),
            processing_type: body.choice("processingType", &TYPES)?.unwrap_or("Default"),
        };
        body.end(&["id", "workSpaceId", "dateCreation", "dateUpdate", "dateArchived", "archived"])?;
        Ok(read)
    }

    pub(super) fn insert(&self, tx: &Transaction<'_>, workspace: i32, (id, now): (&str, Timestamp)) -> Result<(), Failure> {
        let sql = "INSERT INTO data_processings (id, workspace, area_id, ref, label, folded, description, state, processing_state,
                processing_type, created_at, archived_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let Self { area, reference, label, description, state, processing_state, processing_type } = self;
        let (at, folded) = (now.unix_microseconds(), label.to_lowercase());
        let archived = (*state == "Archived").then_some(at);
        let (states, processing) = ((state, processing_state), processing_type);
        let row = params![id, workspace, area, reference, label, folded, description, states.0, states.1, processing, at, archived];
        tx.execute(sql, row)?;
        Ok(())
    }
}

fn json(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text = |place: usize| row.get::<_, Option<String>>(place);
    let time = |place: usize| {
        let at = row.get::<_, Option<i64>>(place)?;
        Ok::<_, rusqlite::Error>(at.map(|at| Timestamp::from_unix_microseconds(at).to_string()))
    };
    Ok(json!({
        "id": text(0)?,
        "workSpaceId": row.get::<_, i64>(1)?,
        "areaId": row.get::<_, Option<i64>>(2)?,
        "ref": text(3)?,
        "label": text(4)?,
        "description": text(5)?,
        "state": text(6)?,
        "processingState": text(7)?,
        "processingType": text(8)?,
        "dateCreation": time(9)?,
        "dateUpdate": time(10)?,
        "dateArchived": time(11)?,
        "archived": time(11)?.is_some(),
    }))
}

fn one(tx: &Transaction<'_>, workspace: i32, id: &str) -> Result<Value, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM data_processings WHERE workspace = ?1 AND id = ?2");
    tx.query_row(&sql, params![workspace, id], json).optional()?.ok_or(Failure::NotFound)
}

/// `GET …/DataProcessings`.
pub(super) async fn list(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let workspace = visit.place()?.workspace;
    let (query, listing) = (&visit.query, Listing::read(&visit.query, &SORTABLE)?);
    for name in NOT_SERVED {
        if query.one(name)?.is_some() {
            return Err(invalid(name, "is not served here: use q, states, type, archived and areaId."));
        }
    }
    let rows = Rows::of(workspace, "data_processings", COLUMNS, ORDER)
        .with("state", query.choice("states", &STATES)?.map(str::to_owned))
        .with("processing_type", query.choice("type", &TYPES)?.map(str::to_owned))
        .with("(archived_at IS NOT NULL)", query.choice("archived", &["true", "false"])?.map(|archived| archived == "true"))
        .with("area_id", query.number("areaId", 1, i64::from(i32::MAX))?)
        .holding(listing.text.as_deref());
    portal.database().read(move |tx| rows.page(tx, &listing, json)).await.map(Answer::Data)
}

/// `GET …/DataProcessings/{id}`.
pub(super) async fn show(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let (workspace, id) = (visit.place()?.workspace, visit.id()?);
    portal.database().read(move |tx| one(tx, workspace, &id)).await.map(Answer::Data)
}

/// `POST …/DataProcessings`.
pub(super) async fn create(portal: &Privacy, visit: Visit, body: Members) -> Result<Answer, Failure> {
    let workspace = visit.place()?.workspace;
    let (new, id, now) = (DataProcessing::read(body)?, portal.drawn_id()?, visit.now);
    let location = format!("{}/v1/ws/{workspace}/DataProcessings/{id}", visit.base);
    let made = portal.database().write(move |tx| {
        area::require(tx, workspace, "areaId", new.area)?;
        new.insert(tx, workspace, (&id, now))?;
        one(tx, workspace, &id)
    });
    Ok(Answer::Created { location, data: made.await? })
}

/// `PUT …/DataProcessings/{id}`: what the body does not name is taken away.
pub(super) async fn replace(portal: &Privacy, visit: Visit, body: Members) -> Result<Answer, Failure> {
    let (workspace, id, at) = (visit.place()?.workspace, visit.id()?, visit.now.unix_microseconds());
    let new = DataProcessing::read(body)?;
    let replaced = portal.database().write(move |tx| {
        one(tx, workspace, &id)?;
        area::require(tx, workspace, "areaId", new.area)?;
        let sql = "UPDATE data_processings SET area_id = ?2, ref = ?3, label = ?4, folded = ?5, description = ?6, state = ?7,
                processing_state = ?8, processing_type = ?9, updated_at = ?10,
                archived_at = CASE WHEN ?7 = 'Archived' THEN coalesce(archived_at, ?10) END
            WHERE id = ?1";
        let DataProcessing { area, reference, label, description, state, processing_state, processing_type } = &new;
        let folded = label.to_lowercase();
        tx.execute(sql, params![id, area, reference, label, folded, description, state, processing_state, processing_type, at])?;
        one(tx, workspace, &id)
    });
    replaced.await.map(Answer::Data)
}

/// `DELETE …/DataProcessings/{id}`.
pub(super) async fn delete(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let (workspace, id) = (visit.place()?.workspace, visit.id()?);
    let deleted = portal.database().write(move |tx| {
        one(tx, workspace, &id)?;
        tx.execute("DELETE FROM data_processings WHERE workspace = ?1 AND id = ?2", params![workspace, id])?;
        Ok(Answer::Nothing)
    });
    deleted.await
}
