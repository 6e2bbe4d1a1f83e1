//! The entities of a workspace, and the areas that they are divided into.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Value, json};

use super::Privacy;
use super::answer::{Answer, Failure};
use super::body::{Members, invalid};
use super::list::Rows;
use super::query::Listing;
use super::visit::Visit;

const TYPES: [&str; 2] = ["Entity", "Area"];
const SORTABLE: [&str; 3] = ["id", "label", "ref"];
const ORDER: &[(&str, &str)] = &[("label", "folded"), ("ref", "ref")];
const COLUMNS: &str = "id, type, parent_id, ref, label, description, city, country_code";
/// As long as the published definition lets them be.
const LABEL_LETTERS: usize = 80;
const REF_LETTERS: usize = 80;
const DESCRIPTION_LETTERS: usize = 3_000;
const CITY_LETTERS: usize = 300;
const COUNTRY_LETTERS: usize = 3;
/// The most levels of areas below an entity.
const MAX_LEVELS: usize = 50;

/// What a body says of an area.
pub(super) struct Area {
    pub(super) kind: &'static str,
    pub(super) parent: Option<i64>,
    pub(super) reference: Option<String>,
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) city: Option<String>,
    pub(super) country_code: Option<String>,
}

impl Area {
    fn read(mut body: Members) -> Result<Self, Failure> {
        let read = Self {
            kind: body.choice("type", &TYPES)?.unwrap_or(TYPES[0]),
            parent: body.number("parentId", 1, i64::from(i32::MAX))?.flatten(),
            reference: body.text("ref", REF_LETTERS)?.flatten(),
            label: body.needed("label", LABEL_LETTERS)?.ok_or_else(|| invalid("label", "is needed."))?,
            description: body.text("description", DESCRIPTION_LETTERS)?.flatten(),
            city: body.text("city", CITY_LETTERS)?.flatten(),
            country_code: body.text("countryCode", COUNTRY_LETTERS)?.flatten(),
        };
        body.end(&["id"])?;
        Ok(read)
    }

    pub(super) fn insert(&self, tx: &Transaction<'_>, workspace: i32) -> Result<i64, Failure> {
        let sql = "INSERT INTO areas (workspace, type, parent_id, ref, label, folded, description, city, country_code)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let Self { kind, parent, reference, label, description, city, country_code } = self;
        tx.execute(sql, params![workspace, kind, parent, reference, label, label.to_lowercase(), description, city, country_code])?;
        Ok(tx.last_insert_rowid())
    }
}

fn json(row: &Row<'_>) -> rusqlite::Result<Value> {
    let text = |place: usize| row.get::<_, Option<String>>(place);
    Ok(json!({
        "id": row.get::<_, i64>(0)?,
        "type": text(1)?,
        "parentId": row.get::<_, Option<i64>>(2)?,
        "ref": text(3)?,
        "label": text(4)?,
        "description": text(5)?,
        "city": text(6)?,
        "countryCode": text(7)?,
    }))
}

fn one(tx: &Transaction<'_>, workspace: i32, id: i64) -> Result<Value, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM areas WHERE workspace = ?1 AND id = ?2");
    tx.query_row(&sql, params![workspace, id], json).optional()?.ok_or(Failure::NotFound)
}

/// Refuses an area that is not in the workspace.
pub(super) fn require(tx: &Transaction<'_>, workspace: i32, name: &str, id: Option<i64>) -> Result<(), Failure> {
    match id.map(|id| one(tx, workspace, id)) {
        Some(Err(Failure::NotFound)) => Err(invalid(name, "names no area of this workspace.")),
        Some(Err(failure)) => Err(failure),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// `GET …/Areas`.
pub(super) async fn list(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let workspace = visit.place()?.workspace;
    let listing = Listing::read(&visit.query, &SORTABLE)?;
    let kind = visit.query.choice("type", &TYPES)?;
    let reference = visit.query.one("ref")?.map(str::to_owned);
    let parent = visit.query.number("parentId", 1, i64::from(i32::MAX))?;
    let rows = Rows::of(workspace, "areas", COLUMNS, ORDER).with("type", kind.map(str::to_owned)).with("ref", reference);
    let rows = rows.with("parent_id", parent).holding(listing.text.as_deref());
    portal.database().read(move |tx| rows.page(tx, &listing, json)).await.map(Answer::Data)
}

/// `GET …/Areas/{id}`.
pub(super) async fn show(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let (workspace, id) = (visit.place()?.workspace, visit.number()?);
    portal.database().read(move |tx| one(tx, workspace, id.into())).await.map(Answer::Data)
}

/// `POST …/Areas`.
pub(super) async fn create(portal: &Privacy, visit: Visit, body: Members) -> Result<Answer, Failure> {
    let workspace = visit.place()?.workspace;
    let area = Area::read(body)?;
    let made = portal.database().write(move |tx| {
        require(tx, workspace, "parentId", area.parent)?;
        let id = area.insert(tx, workspace)?;
        Ok((id, one(tx, workspace, id)?))
    });
    let (id, data) = made.await?;
    Ok(Answer::Created { location: format!("{}/v1/ws/{workspace}/Areas/{id}", visit.base), data })
}

/// `PUT …/Areas/{id}`: what the body does not name is taken away.
pub(super) async fn replace(portal: &Privacy, visit: Visit, body: Members) -> Result<Answer, Failure> {
    let (workspace, id) = (visit.place()?.workspace, i64::from(visit.number()?));
    let area = Area::read(body)?;
    let replaced = portal.database().write(move |tx| {
        one(tx, workspace, id)?;
        require(tx, workspace, "parentId", area.parent)?;
        require_above(tx, area.parent, id)?;
        let sql = "UPDATE areas SET type = ?2, parent_id = ?3, ref = ?4, label = ?5, folded = ?6, description = ?7, city = ?8,
            country_code = ?9 WHERE id = ?1";
        let Area { kind, parent, reference, label, description, city, country_code } = &area;
        tx.execute(sql, params![id, kind, parent, reference, label, label.to_lowercase(), description, city, country_code])?;
        one(tx, workspace, id)
    });
    replaced.await.map(Answer::Data)
}

/// `DELETE …/Areas/{id}`.
pub(super) async fn delete(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let (workspace, id) = (visit.place()?.workspace, i64::from(visit.number()?));
    let deleted = portal.database().write(move |tx| {
        one(tx, workspace, id)?;
        let sql = "SELECT EXISTS (SELECT 1 FROM areas WHERE parent_id = ?1) OR EXISTS (SELECT 1 FROM data_processings WHERE area_id = ?1)";
        if tx.query_row(sql, [id], |row| row.get(0))? {
            return Err(Failure::Conflict("Other areas or data processings belong to this one."));
        }
        tx.execute("DELETE FROM areas WHERE id = ?1", [id])?;
        Ok(Answer::Nothing)
    });
    deleted.await
}

/// Refuses a parent that is the area itself or below it.
fn require_above(tx: &Transaction<'_>, mut parent: Option<i64>, id: i64) -> Result<(), Failure> {
    for _ in 0..MAX_LEVELS {
        match parent {
            None => return Ok(()),
            Some(above) if above == id => break,
            Some(above) => parent = tx.query_row("SELECT parent_id FROM areas WHERE id = ?1", [above], |row| row.get(0))?,
        }
    }
    Err(invalid("parentId", "must be above the area."))
}
