//! Series: the ordered parts of a course, open, hidden behind a link, closed, or open from a moment on.

use domain::{Digest, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Failure};
use super::course::{self, Part};
use super::user::User;
use super::view::View;
use super::visit::Visit;

/// A series.
pub(super) struct Series {
    pub(super) id: i64,
    pub(super) course_id: i64,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) visibility: String,
    pub(super) visibility_start: Option<i64>,
    pub(super) position: i64,
    pub(super) deadline: Option<i64>,
    pub(super) access_token: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

const COLUMNS: &str = "s.id, s.course_id, s.name, s.description, s.visibility, s.visibility_start, s.position, s.deadline,
    s.access_token, s.created_at, s.updated_at";

impl Series {
    /// Whether it stands in the course's list.
    fn is_listed(&self, part: Part, now: Timestamp) -> bool {
        part == Part::Admin || self.visibility == "open" || self.has_started(now)
    }

    /// Whether it may be opened by whoever has this link's token, or none.
    fn is_readable(&self, part: Part, token: Option<&str>, now: Timestamp) -> bool {
        // Digests are compared, so that the time taken tells nothing about the token.
        let by_link = self.visibility == "hidden"
            && token.is_some_and(|token| Digest::of(token.as_bytes()) == Digest::of(self.access_token.as_bytes()));
        self.is_listed(part, now) || by_link
    }

    fn has_started(&self, now: Timestamp) -> bool {
        self.visibility == "timed" && self.visibility_start.is_some_and(|start| start <= now.unix_microseconds())
    }
}

/// The series, for somebody who may open it.
pub(super) fn readable(tx: &Transaction<'_>, user: &User, id: i64, token: Option<&str>, now: Timestamp) -> Result<Series, Failure> {
    let series = by_id(tx, id)?.ok_or(Failure::NotFound)?;
    let (_, part) = course::readable(tx, user, series.course_id)?;
    if series.is_readable(part, token, now) { Ok(series) } else { Err(Failure::Forbidden("You may not see this series.")) }
}

pub(super) fn by_id(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<Series>> {
    tx.query_row(&format!("SELECT {COLUMNS} FROM series s WHERE s.id = ?1"), [id], read).optional()
}

/// `GET /courses/{course}/series`: those that are listed for the caller.
pub(super) async fn list(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, user, view) = (visit.id("course")?, visit.user()?.clone(), visit.view.clone());
    let found = shared.database().read(move |tx| {
        let (_, part) = course::readable(tx, &user, id)?;
        let sql = format!("SELECT {COLUMNS} FROM series s WHERE s.course_id = ?1 ORDER BY s.position");
        let all = tx.prepare(&sql)?.query_map([id], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(all.iter().filter(|series| series.is_listed(part, view.now)).map(|series| document(series, &view)).collect())
    });
    found.await.map(Answer::Data)
}

/// `GET /series/{series}`, with `?token=` for a hidden one.
pub(super) async fn show(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, user, view) = (visit.id("series")?, visit.user()?.clone(), visit.view.clone());
    let token = visit.query("token").map(str::to_owned);
    let found = shared.database().read(move |tx| {
        let series = readable(tx, &user, id, token.as_deref(), view.now)?;
        Ok(document(&series, &view))
    });
    found.await.map(Answer::Data)
}

/// The listed series of the user's courses whose deadline is still to come, the nearest first.
pub(super) fn with_deadlines(tx: &Transaction<'_>, view: &View, user: &User) -> rusqlite::Result<Vec<Value>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM series s JOIN course_members m ON m.course_id = s.course_id
         WHERE m.user_id = ?1 AND s.deadline > ?2 ORDER BY s.deadline LIMIT 30"
    );
    let now = view.now;
    let found = tx.prepare(&sql)?.query_map(params![user.id, now.unix_microseconds()], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.iter().filter(|series| series.is_listed(Part::Reader, now)).map(|series| document(series, view)).collect())
}

fn document(series: &Series, view: &View) -> Value {
    json!({
        "id": series.id,
        "name": series.name,
        "description": series.description,
        "visibility": series.visibility,
        "visibility_start": view.maybe_time(series.visibility_start),
        "order": series.position,
        "created_at": view.time(series.created_at),
        "updated_at": view.time(series.updated_at),
        "deadline": view.maybe_time(series.deadline),
        "url": view.links.json(&format!("/series/{}", series.id)),
        "course": view.links.json(&format!("/courses/{}", series.course_id)),
        "exercises": view.links.json(&format!("/series/{}/activities", series.id)),
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Series> {
    Ok(Series {
        id: row.get(0)?,
        course_id: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        visibility: row.get(4)?,
        visibility_start: row.get(5)?,
        position: row.get(6)?,
        deadline: row.get(7)?,
        access_token: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
    })
}
