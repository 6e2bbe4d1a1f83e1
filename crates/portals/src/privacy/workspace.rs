//! Workspaces: which there are and whose they are comes with the check; what they are called, and the like, is kept here.

use std::cmp::Ordering;

use rusqlite::{Row, Transaction, params};
use serde_json::{Value, json};

use super::access::Place;
use super::answer::{Answer, Failure};
use super::body::{Members, invalid};
use super::query::Listing;
use super::visit::Visit;
use super::{Privacy, tenant};

const STATES: [&str; 3] = ["Active", "Archived", "Deleted"];
const SORTABLE: [&str; 4] = ["id", "label", "state", "nbEntities"];
const LABEL_LETTERS: usize = 80;
const URL_LETTERS: usize = 2_000;
/// A hundred years.
const MAX_RETENTION_DAYS: i64 = 36_500;

/// What a workspace has been given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSettings {
    /// Its name for people.
    pub label: String,
    /// `#` and six hexadecimal digits.
    pub primary_color: Option<String>,
    /// As the first.
    pub secondary_color: Option<String>,
    /// An address over HTTPS.
    pub logo_url: Option<String>,
    /// For how many days archived requests of data subjects are kept.
    pub retention_days: Option<i64>,
}

/// A workspace as it is here.
struct Workspace {
    id: i32,
    settings: WorkspaceSettings,
    state: String,
    entities: i64,
}

const COLUMNS: &str = "j.value, w.label, w.primary_color, w.secondary_color, w.logo_url, w.retention_days, w.state,
    (SELECT count(*) FROM areas a WHERE a.workspace = j.value AND a.type = 'Entity')";

impl Workspace {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let id = row.get(0)?;
        let label: Option<String> = row.get(1)?;
        let settings = WorkspaceSettings {
            label: label.unwrap_or_else(|| format!("Workspace {id}")),
            primary_color: row.get(2)?,
            secondary_color: row.get(3)?,
            logo_url: row.get(4)?,
            retention_days: row.get(5)?,
        };
        let state: Option<String> = row.get(6)?;
        Ok(Self { id, settings, state: state.unwrap_or_else(|| "Active".to_owned()), entities: row.get(7)? })
    }

    /// Those with these numbers, in no order.
    fn all(tx: &Transaction<'_>, ids: &[i32]) -> Result<Vec<Self>, Failure> {
        let sql = format!("SELECT {COLUMNS} FROM json_each(?1) j LEFT JOIN workspaces w ON w.id = j.value");
        let ids = json!(ids).to_string();
        Ok(tx.prepare_cached(&sql)?.query_map([ids], Self::read)?.collect::<rusqlite::Result<_>>()?)
    }

    fn one(tx: &Transaction<'_>, id: i32) -> Result<Self, Failure> {
        Self::all(tx, &[id])?.pop().ok_or(Failure::NotFound)
    }

    fn write(&self, tx: &Transaction<'_>) -> Result<(), Failure> {
        let sql = "INSERT INTO workspaces (id, label, primary_color, secondary_color, logo_url, retention_days, state)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET label = excluded.label, primary_color = excluded.primary_color,
                secondary_color = excluded.secondary_color, logo_url = excluded.logo_url,
                retention_days = excluded.retention_days, state = excluded.state";
        let WorkspaceSettings { label, primary_color, secondary_color, logo_url, retention_days } = &self.settings;
        tx.execute(sql, params![self.id, label, primary_color, secondary_color, logo_url, retention_days, self.state])?;
        Ok(())
    }

    fn compare(&self, other: &Self, by: &str) -> Ordering {
        let first = match by {
            "label" => self.settings.label.to_lowercase().cmp(&other.settings.label.to_lowercase()),
            "state" => self.state.cmp(&other.state),
            "nbEntities" => self.entities.cmp(&other.entities),
            _ => Ordering::Equal,
        };
        first.then(self.id.cmp(&other.id))
    }

    /// As clients read it: the members of the published `WorkSpaceDto`.
    fn json(&self, tenant: i64) -> Value {
        json!({
            "id": self.id,
            "tenantId": tenant,
            "primaryColor": self.settings.primary_color,
            "secondaryColor": self.settings.secondary_color,
            "label": self.settings.label,
            "logoUrl": self.settings.logo_url,
            "state": self.state,
            "permissions": null,
            "dataSubjectArchivedRetentionDays": self.settings.retention_days,
            "nbEntities": self.entities,
        })
    }
}

/// Writes what a workspace has been given, unless it has something already; `false` then.
pub(super) fn seed(tx: &Transaction<'_>, id: i32, settings: WorkspaceSettings) -> Result<bool, Failure> {
    let is_there: bool = tx.query_row("SELECT EXISTS (SELECT 1 FROM workspaces WHERE id = ?1)", [id], |row| row.get(0))?;
    if !is_there {
        Workspace { id, settings, state: "Active".to_owned(), entities: 0 }.write(tx)?;
    }
    Ok(!is_there)
}

/// `GET /v1/WorkSpaces`: all that the caller reaches.
pub(super) async fn list(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let listing = Listing::read(&visit.query, &SORTABLE)?;
    let state = visit.query.choice("state", &STATES)?;
    let places = visit.caller.reach;
    let tenants = tenant::numbers(portal, places.iter().map(|place| place.organisation)).await?;
    let ids: Vec<i32> = places.iter().map(|place| place.workspace).collect();
    let mut all = portal.database().read(move |tx| Workspace::all(tx, &ids)).await?;
    all.retain(|workspace| {
        let fits = listing.text.as_ref().is_none_or(|text| workspace.settings.label.to_lowercase().contains(text));
        fits && state.map_or(workspace.state != "Deleted", |state| workspace.state == state)
    });
    all.sort_by(|one, other| one.compare(other, listing.sort_by));
    if !listing.ascending {
        all.reverse();
    }
    let tenant = |id: i32| {
        let place = places.binary_search_by_key(&id, |place| place.workspace).ok().map(|place| places[place]);
        place.and_then(|place| tenants.get(&place.organisation)).copied().ok_or(Failure::Unavailable)
    };
    let offset = usize::try_from(listing.offset).unwrap_or(usize::MAX);
    let page = all.iter().skip(offset).take(usize::try_from(listing.size).unwrap_or(0));
    let items = page.map(|workspace| Ok(workspace.json(tenant(workspace.id)?))).collect::<Result<Vec<Value>, Failure>>()?;
    // The documentation has the first name, the published definition the last: clients of both read it.
    Ok(Answer::Data(json!({ "items": items.clone(), "total": all.len(), "workSpaces": items })))
}

/// `GET /v1/WorkSpaces/{workspaceId}`.
pub(super) async fn show(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let Place { workspace, organisation } = visit.place()?;
    let tenant = tenant::number(portal, organisation).await?;
    portal.database().read(move |tx| Ok(Answer::Data(Workspace::one(tx, workspace)?.json(tenant)))).await
}

/// `PATCH /v1/WorkSpaces/{workspaceId}`: what the body does not name stays.
pub(super) async fn change(portal: &Privacy, visit: Visit, mut body: Members) -> Result<Answer, Failure> {
    let Place { workspace, organisation } = visit.place()?;
    let label = body.needed("label", LABEL_LETTERS)?;
    let primary_color = body.text("primaryColor", URL_LETTERS)?.map(|color| is_color("primaryColor", color)).transpose()?;
    let secondary_color = body.text("secondaryColor", URL_LETTERS)?.map(|color| is_color("secondaryColor", color)).transpose()?;
    let logo_url = body.text("logoUrl", URL_LETTERS)?.map(is_address).transpose()?;
    let retention_days = body.number("dataSubjectArchivedRetentionDays", 1, MAX_RETENTION_DAYS)?;
    let state = body.choice("state", &STATES[..2])?;
    body.end(&["id", "tenantId", "permissions", "nbEntities"])?;
    let tenant = tenant::number(portal, organisation).await?;
    let changed = portal.database().write(move |tx| {
        let mut there = Workspace::one(tx, workspace)?;
        let settings = &mut there.settings;
        set(&mut settings.label, label);
        set(&mut settings.primary_color, primary_color);
        set(&mut settings.secondary_color, secondary_color);
        set(&mut settings.logo_url, logo_url);
        set(&mut settings.retention_days, retention_days);
        set(&mut there.state, state.map(str::to_owned));
        there.write(tx)?;
        Ok(Answer::Data(there.json(tenant)))
    });
    changed.await
}

fn set<T>(value: &mut T, change: Option<T>) {
    if let Some(new) = change {
        *value = new;
    }
}

fn is_color(name: &str, color: Option<String>) -> Result<Option<String>, Failure> {
    let fits = |color: &str| color.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match color {
        Some(color) if !fits(&color) => Err(invalid(name, "must be a colour such as #1a2b3c.")),
        color => Ok(color),
    }
}

fn is_address(address: Option<String>) -> Result<Option<String>, Failure> {
    match address {
        Some(address) if !address.starts_with("https://") || address.contains(char::is_whitespace) => {
            Err(invalid("logoUrl", "must be an address that begins with https://."))
        }
        address => Ok(address),
    }
}
