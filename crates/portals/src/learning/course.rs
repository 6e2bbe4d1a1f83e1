//! Courses: who may see them, who leads them.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Failure};
use super::user::User;
use super::view::View;
use super::visit::Visit;

/// A course, as far as decisions need it, with its document's own fields.
pub(super) struct Course {
    pub(super) id: i64,
    name: String,
    teacher: String,
    color: String,
    year: String,
    visibility: String,
    registration: String,
    institution: Option<String>,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str = "c.id, c.name, c.teacher, c.color, c.year, c.visibility, c.registration, c.institution, c.created_at, c.updated_at";

/// The courses that user ?1 may see; ?2 is 1 for zeus, ?3 the user's institution.
const VISIBLE: &str = "(?2 = 1 OR c.visibility = 'visible_for_all'
    OR (c.visibility = 'visible_for_institution' AND c.institution = ?3)
    OR EXISTS (SELECT 1 FROM course_members m WHERE m.course_id = c.id AND m.user_id = ?1))";

/// What somebody is to a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// May not even see it.
    Stranger,
    /// May see it.
    Reader,
    /// Leads it: sees what is hidden, closed or not open yet, and everybody's submissions.
    Admin,
}

/// The course, for somebody who may see it.
pub(super) fn readable(tx: &Transaction<'_>, user: &User, id: i64) -> Result<(Course, Part), Failure> {
    let course = by_id(tx, id)?.ok_or(Failure::NotFound)?;
    match part(tx, user, &course)? {
        Part::Stranger => Err(Failure::Forbidden("You may not see this course.")),
        part => Ok((course, part)),
    }
}

pub(super) fn by_id(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<Course>> {
    tx.query_row(&format!("SELECT {COLUMNS} FROM courses c WHERE c.id = ?1"), [id], read).optional()
}

pub(super) fn part(tx: &Transaction<'_>, user: &User, course: &Course) -> rusqlite::Result<Part> {
    let sql = "SELECT status FROM course_members WHERE course_id = ?1 AND user_id = ?2";
    let status: Option<String> = tx.query_row(sql, params![course.id, user.id], |row| row.get(0)).optional()?;
    let same_institution = course.institution.is_some() && course.institution == user.institution;
    Ok(match (status.as_deref(), course.visibility.as_str()) {
        _ if user.is_zeus() => Part::Admin,
        (Some("course_admin"), _) => Part::Admin,
        (Some(_), _) | (None, "visible_for_all") => Part::Reader,
        (None, "visible_for_institution") if same_institution => Part::Reader,
        _ => Part::Stranger,
    })
}

/// `GET /courses`: the featured ones for everybody; the other tabs for whoever is logged in.
pub(super) async fn list(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let tab = visit.query("tab").unwrap_or("").to_owned();
    let (view, offset) = (visit.view.clone(), visit.offset());
    let login = visit.login.as_ref();
    // Whoever may not see courses is told what anybody is told.
    if tab == "featured" || tab.is_empty() && !login.is_some_and(|login| login.may_read_courses) {
        let featured = shared.database().read(move |tx| {
            let filter = "c.featured = 1 AND c.visibility = 'visible_for_all'";
            let sql = format!("SELECT {COLUMNS} FROM courses c WHERE {filter} ORDER BY c.id LIMIT 30 OFFSET ?1");
            Ok(documents(tx.prepare(&sql)?.query_map([offset], read)?, &view)?)
        });
        return featured.await.map(Answer::Data);
    }
    let login = login.ok_or(Failure::LoginNeeded)?;
    if !login.may_read_courses {
        return Err(Failure::Forbidden(super::visit::PERMISSION_MISSING));
    }
    let user = login.user.clone();
    let found = shared.database().read(move |tx| {
        let filter = match tab.as_str() {
            "my" => "EXISTS (SELECT 1 FROM course_members m WHERE m.course_id = c.id AND m.user_id = ?1)",
            "institution" => "c.institution = ?3",
            _ => "TRUE",
        };
        let sql = format!("SELECT {COLUMNS} FROM courses c WHERE {VISIBLE} AND {filter} ORDER BY c.id LIMIT 30 OFFSET ?4");
        let parameters = params![user.id, user.is_zeus(), user.institution, offset];
        Ok(documents(tx.prepare(&sql)?.query_map(parameters, read)?, &view)?)
    });
    found.await.map(Answer::Data)
}

/// `GET /courses/{course}`.
pub(super) async fn show(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, user, view) = (visit.id("course")?, visit.user()?.clone(), visit.view.clone());
    let found = shared.database().read(move |tx| readable(tx, &user, id).map(|(course, _)| document(&course, &view)));
    found.await.map(Answer::Data)
}

/// The courses that a user takes or leads.
pub(super) fn subscribed(tx: &Transaction<'_>, view: &View, user: &User) -> rusqlite::Result<Value> {
    let sql = format!("SELECT {COLUMNS} FROM courses c JOIN course_members m ON m.course_id = c.id WHERE m.user_id = ?1 ORDER BY c.id");
    documents(tx.prepare(&sql)?.query_map([user.id], read)?, view)
}

fn documents(rows: impl Iterator<Item = rusqlite::Result<Course>>, view: &View) -> rusqlite::Result<Value> {
    rows.map(|course| course.map(|course| document(&course, view))).collect::<rusqlite::Result<Vec<Value>>>().map(Value::Array)
}

fn document(course: &Course, view: &View) -> Value {
    json!({
        "id": course.id,
        "name": course.name,
        "teacher": course.teacher,
        "color": course.color,
        "year": course.year,
        "visibility": course.visibility,
        "registration": course.registration,
        "created_at": view.time(course.created_at),
        "updated_at": view.time(course.updated_at),
        "url": view.links.json(&format!("/courses/{}", course.id)),
        "series": view.links.json(&format!("/courses/{}/series", course.id)),
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Course> {
    Ok(Course {
        id: row.get(0)?,
        name: row.get(1)?,
        teacher: row.get(2)?,
        color: row.get(3)?,
        year: row.get(4)?,
        visibility: row.get(5)?,
        registration: row.get(6)?,
        institution: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
    })
}
