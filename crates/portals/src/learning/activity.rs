//! Activities: exercises and content pages, in the series and courses that hold them.

use domain::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Value, json};

use super::Shared;
use super::answer::{Answer, Failure};
use super::course::{self, Part};
use super::user::User;
use super::view::View;
use super::visit::Visit;
use super::{page, series};

/// An activity.
pub(super) struct Activity {
    pub(super) id: i64,
    pub(super) is_exercise: bool,
    name: String,
    description: String,
    staff_only: bool,
    boilerplate: Option<String>,
    language: Option<String>,
}

/// Where an activity is looked at: its URL may name a course, and a series of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) course: Option<i64>,
    pub(super) series: Option<i64>,
}

const COLUMNS: &str = "a.id, a.kind, a.name, a.description, a.staff_only, a.boilerplate, a.language";

/// Programming languages: name, file extension, name of the editor's mode.
const LANGUAGES: [(i64, &str, &str, &str); 3] =
    [(1, "python", "py", "python"), (2, "javascript", "js", "javascript"), (3, "bash", "sh", "sh")];

impl Place {
    /// The path of an activity here.
    pub(super) fn path(self, activity: i64) -> String {
        match (self.course, self.series) {
            (Some(course), Some(series)) => format!("/courses/{course}/series/{series}/activities/{activity}"),
            (Some(course), None) => format!("/courses/{course}/activities/{activity}"),
            _ => format!("/activities/{activity}"),
        }
    }

    /// As the path of the request says.
    pub(super) fn of(visit: &Visit) -> Result<Self, Failure> {
        Ok(Self { course: visit.maybe_id("course")?, series: visit.maybe_id("series")? })
    }
}

/// The activity, for somebody who may open it here.
pub(super) fn readable(tx: &Transaction<'_>, user: &User, id: i64, place: Place, now: Timestamp) -> Result<Activity, Failure> {
    let activity = by_id(tx, id)?.ok_or(Failure::NotFound)?;
    if let Some(course) = place.course {
        course::readable(tx, user, course)?;
    }
    let sql = "SELECT s.id, s.course_id, s.visibility, s.visibility_start FROM series s
        JOIN series_activities m ON m.series_id = s.id
        WHERE m.activity_id = ?1 AND (?2 IS NULL OR s.course_id = ?2) AND (?3 IS NULL OR s.id = ?3)";
    let holders = tx
        .prepare(sql)?
        .query_map(params![id, place.course, place.series], |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<Vec<(i64, String, Option<i64>)>>>()?;
    if holders.is_empty() && place.course.is_some() {
        return Err(Failure::NotFound);
    }
    if activity.staff_only && !user.is_staff() {
        return Err(Failure::Forbidden("You may not see this activity."));
    }
    let mut opens = holders.is_empty();
    for (course, visibility, start) in holders {
        let Some(course) = course::by_id(tx, course)? else { continue };
        // Whoever was given the link of a hidden series goes on to its activities without it.
        let open = match visibility.as_str() {
            "open" | "hidden" => true,
            "timed" => start.is_some_and(|start| start <= now.unix_microseconds()),
            _ => false,
        };
        opens |= match course::part(tx, user, &course)? {
            Part::Admin => true,
            Part::Reader => open,
            Part::Stranger => false,
        };
    }
    if opens { Ok(activity) } else { Err(Failure::Forbidden("You may not see this activity.")) }
}

fn by_id(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<Activity>> {
    tx.query_row(&format!("SELECT {COLUMNS} FROM activities a WHERE a.id = ?1"), [id], read).optional()
}

/// `GET /activities/{activity}` and the same below a course and a series.
pub(super) async fn show(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, place, user, view) = (visit.id("activity")?, Place::of(&visit)?, visit.user()?.clone(), visit.view.clone());
    let found = shared.database().read(move |tx| {
        let activity = readable(tx, &user, id, place, view.now)?;
        Ok(document(tx, &view, &user, &activity, place)?)
    });
    found.await.map(Answer::Data)
}

/// `GET /activities/{activity}/description`: what is asked, as a page.
pub(super) async fn description(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, user, view, locale) = (visit.id("activity")?, visit.user()?.clone(), visit.view.clone(), visit.locale);
    let found = shared.database().read(move |tx| {
        let activity = readable(tx, &user, id, Place::default(), view.now)?;
        Ok(page::description(locale, &activity.name, &activity.description))
    });
    found.await.map(Answer::Page)
}

/// `GET /activities` and `GET /courses/{course}/activities`: those in a listed series, 30 on a page.
pub(super) async fn list(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (place, offset) = (Place::of(&visit)?, visit.offset());
    let (user, view) = (visit.user()?.clone(), visit.view.clone());
    let found = shared.database().read(move |tx| {
        if let Some(course) = place.course {
            course::readable(tx, &user, course)?;
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM activities a WHERE (a.staff_only = 0 OR ?5) AND EXISTS (
                SELECT 1 FROM series_activities x JOIN series s ON s.id = x.series_id JOIN courses c ON c.id = s.course_id
                LEFT JOIN course_members m ON m.course_id = c.id AND m.user_id = ?1
                WHERE x.activity_id = a.id AND (?4 IS NULL OR s.course_id = ?4)
                AND (?2 OR m.status = 'course_admin'
                    OR ((c.visibility = 'visible_for_all' OR m.status IS NOT NULL
                            OR (c.visibility = 'visible_for_institution' AND c.institution = ?3))
                        AND (s.visibility = 'open' OR (s.visibility = 'timed' AND s.visibility_start <= ?6)))))
            ORDER BY a.id LIMIT 30 OFFSET ?7"
        );
        let now = view.now.unix_microseconds();
        let parameters = params![user.id, user.is_zeus(), user.institution, place.course, user.is_staff(), now, offset];
        let found = tx.prepare(&sql)?.query_map(parameters, read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        documents(tx, &view, &user, &found, place)
    });
    found.await.map(Answer::Data)
}

/// `GET /series/{series}/activities`, in the order of the series.
pub(super) async fn of_series(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, course) = (visit.id("series")?, visit.maybe_id("course")?);
    let (user, view) = (visit.user()?.clone(), visit.view.clone());
    let token = visit.query("token").map(str::to_owned);
    let found = shared.database().read(move |tx| {
        let series = series::readable(tx, &user, id, token.as_deref(), view.now)?;
        if course.is_some_and(|course| course != series.course_id) {
            return Err(Failure::NotFound);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM activities a JOIN series_activities m ON m.activity_id = a.id
             WHERE m.series_id = ?1 AND (a.staff_only = 0 OR ?2) ORDER BY m.position"
        );
        let found = tx.prepare(&sql)?.query_map(params![id, user.is_staff()], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        documents(tx, &view, &user, &found, Place { course: Some(series.course_id), series: Some(id) })
    });
    found.await.map(Answer::Data)
}

/// `POST …/activities/{activity}/read`: marks a content page as read.
pub(super) async fn mark_read(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, place, user, view) = (visit.id("activity")?, Place::of(&visit)?, visit.user()?.clone(), visit.view.clone());
    let marked = shared.database().write(move |tx| {
        let activity = readable(tx, &user, id, place, view.now)?;
        if activity.is_exercise {
            return Err(Failure::Unprocessable(json!({ "activity": ["is not a content page"] })));
        }
        let course = place.course.unwrap_or(0);
        let insert = "INSERT INTO activity_reads (activity_id, user_id, course_id, created_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO NOTHING";
        tx.execute(insert, params![id, user.id, course, view.now.unix_microseconds()])?;
        let sql = "SELECT id FROM activity_reads WHERE activity_id = ?1 AND user_id = ?2 AND course_id = ?3";
        let read: i64 = tx.query_row(sql, [id, user.id, course], |row| row.get(0))?;
        Ok(json!({ "status": "ok", "id": read, "activity_id": id, "course_id": place.course, "user_id": user.id }))
    });
    marked.await.map(Answer::Data)
}

fn documents(tx: &Transaction<'_>, view: &View, user: &User, found: &[Activity], place: Place) -> Result<Value, Failure> {
    let documents = found.iter().map(|activity| document(tx, view, user, activity, place));
    Ok(documents.collect::<rusqlite::Result<Vec<_>>>()?.into())
}

fn document(tx: &Transaction<'_>, view: &View, user: &User, activity: &Activity, place: Place) -> rusqlite::Result<Value> {
    let mut document = json!({
        "id": activity.id,
        "name": activity.name,
        "type": if activity.is_exercise { "Exercise" } else { "ContentPage" },
        "description_format": "md",
        "description_url": view.links.page(&format!("/activities/{}/description", activity.id)),
        "url": view.links.json(&place.path(activity.id)),
    });
    if activity.is_exercise {
        let status = status(tx, user, activity.id, place)?;
        document["boilerplate"] = activity.boilerplate.clone().into();
        document["programming_language"] = activity.language.as_deref().map_or(Value::Null, language);
        document["has_solution"] = (status.submissions > 0).into();
        document["has_correct_solution"] = status.any_accepted.into();
        document["last_solution_is_best"] = (status.last_accepted || !status.any_accepted).into();
        document["accepted"] = status.last_accepted.into();
        document["accepted_before_deadline"] = status.accepted_in_time.into();
    } else {
        let sql = "SELECT EXISTS (SELECT 1 FROM activity_reads WHERE activity_id = ?1 AND user_id = ?2)";
        document["has_read"] = tx.query_row(sql, [activity.id, user.id], |row| row.get::<_, bool>(0))?.into();
    }
    Ok(document)
}

struct Status {
    submissions: i64,
    any_accepted: bool,
    last_accepted: bool,
    accepted_in_time: bool,
}

fn status(tx: &Transaction<'_>, user: &User, exercise: i64, place: Place) -> rusqlite::Result<Status> {
    let sql = "WITH mine AS (SELECT id, accepted, created_at FROM submissions
            WHERE user_id = ?1 AND exercise_id = ?2 AND (?3 IS NULL OR course_id = ?3)),
        due AS (SELECT deadline FROM series WHERE id = ?4)
        SELECT count(*), coalesce(max(accepted), 0), coalesce((SELECT accepted FROM mine ORDER BY id DESC LIMIT 1), 0),
            coalesce(max(accepted = 1 AND created_at <= coalesce((SELECT deadline FROM due), created_at)), 0) FROM mine";
    tx.query_row(sql, params![user.id, exercise, place.course, place.series], |row| {
        Ok(Status { submissions: row.get(0)?, any_accepted: row.get(1)?, last_accepted: row.get(2)?, accepted_in_time: row.get(3)? })
    })
}

fn language(name: &str) -> Value {
    let known = LANGUAGES.iter().find(|(_, known, ..)| *known == name);
    let (id, extension, mode) = known.map_or((0, "txt", "plain_text"), |(id, _, extension, mode)| (*id, *extension, *mode));
    json!({ "id": id, "name": name, "extension": extension, "icon": null, "editor_name": mode, "renderer_name": mode })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Activity> {
    let kind: String = row.get(1)?;
    Ok(Activity {
        id: row.get(0)?,
        is_exercise: kind == "Exercise",
        name: row.get(2)?,
        description: row.get(3)?,
        staff_only: row.get(4)?,
        boilerplate: row.get(5)?,
        language: row.get(6)?,
    })
}
