//! Submissions: handed in, queued, judged, listed, shown.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::{Map, Value, json};

use super::Shared;
use super::activity::{self, Place};
use super::answer::{Answer, Failure};
use super::course::{self, Part};
use super::parameters::{self, Parameters};
use super::series;
use super::user::User;
use super::view::View;
use super::visit::Visit;

/// A user hands in at most once in this time.
const COOLDOWN: Duration = Duration::from_secs(5);
/// Code of this many bytes or more is too long.
const CODE_BYTES: usize = 64 * 1024;

struct Submission {
    id: i64,
    user_id: i64,
    exercise_id: i64,
    place: Place,
    status: String,
    accepted: bool,
    summary: Option<String>,
    created_at: i64,
}

const COLUMNS: &str = "id, user_id, exercise_id, course_id, series_id, status, accepted, summary, created_at";

/// What a list is limited to; an absent limit does not limit.
#[derive(Debug, Default)]
struct Filter {
    user: Option<i64>,
    exercise: Option<i64>,
    course: Option<i64>,
}

/// `GET /submissions` and the same below a user, a course or an activity: the newest first, 30 on a page.
pub(super) async fn list(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let place = Place::of(&visit)?;
    let activity = visit.maybe_id("activity")?;
    let user_limit = visit.maybe_id("user")?;
    if let Some(id) = user_limit {
        visit.require_self_or_zeus(id)?;
    }
    // A number that is none matches nothing, as the original has it.
    let asked = |name: &str| visit.query(name).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(-1));
    let filter = Filter { user: user_limit, exercise: activity.or(asked("activity_id")), course: place.course.or(asked("course_id")) };
    let (user, view, offset) = (visit.user()?.clone(), visit.view.clone(), visit.offset());
    let found = shared.database().read(move |tx| {
        if let Some(activity) = activity {
            activity::readable(tx, &user, activity, place, view.now)?;
        } else if let Some(course) = place.course {
            course::readable(tx, &user, course)?;
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM submissions WHERE (?1 OR user_id = ?2
                OR course_id IN (SELECT course_id FROM course_members WHERE user_id = ?2 AND status = 'course_admin'))
             AND (?3 IS NULL OR user_id = ?3) AND (?4 IS NULL OR exercise_id = ?4) AND (?5 IS NULL OR course_id = ?5)
             ORDER BY id DESC LIMIT 30 OFFSET ?6"
        );
        let parameters = params![user.is_zeus(), user.id, filter.user, filter.exercise, filter.course, offset];
        let found = tx.prepare(&sql)?.query_map(parameters, read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found.iter().map(|submission| Value::Object(row(submission, &view))).collect())
    });
    found.await.map(Answer::Data)
}

/// `GET /submissions/{submission}`: one's own, or one of a course that one leads.
pub(super) async fn show(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let (id, user, view) = (visit.id("submission")?, visit.user()?.clone(), visit.view.clone());
    let found = shared.database().read(move |tx| {
        let sql = format!("SELECT {COLUMNS}, code, result FROM submissions WHERE id = ?1");
        let found = tx.query_row(&sql, [id], |row| Ok((read(row)?, row.get(9)?, row.get(10)?))).optional()?;
        let (submission, code, result): (Submission, String, String) = found.ok_or(Failure::NotFound)?;
        if submission.user_id != user.id && !leads(tx, &user, submission.place.course)? {
            return Err(Failure::Forbidden("You may not see this submission."));
        }
        let mut document = row(&submission, &view);
        document.insert("code".to_owned(), code.into());
        // A JSON document as a string: clients parse it a second time.
        document.insert("result".to_owned(), result.into());
        Ok(Value::Object(document))
    });
    found.await.map(Answer::Data)
}

fn leads(tx: &Transaction<'_>, user: &User, course: Option<i64>) -> rusqlite::Result<bool> {
    let course = course.map(|course| course::by_id(tx, course)).transpose()?.flatten();
    let part = course.map(|course| course::part(tx, user, &course)).transpose()?;
    Ok(user.is_zeus() || part == Some(Part::Admin))
}

/// `POST /submissions`: queues a solution.
pub(super) async fn create(shared: &Shared, visit: Visit, parameters: Parameters) -> Result<Answer, Failure> {
    let handed_in = HandedIn::read(&parameters)?;
    let (user, view) = (visit.user()?.clone(), visit.view.clone());
    let created = shared.database().write(move |tx| {
        let exercise = handed_in.check(tx, &user, &view)?;
        let insert = "INSERT INTO submissions
            (user_id, exercise_id, course_id, series_id, code, status, accepted, summary, result, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, 'queued', 0, NULL, '', ?6)";
        let Place { course, series } = handed_in.place;
        tx.execute(insert, params![user.id, exercise, course, series, handed_in.code, view.now.unix_microseconds()])?;
        let id = tx.last_insert_rowid();
        let url = view.links.json(&format!("/submissions/{id}"));
        Ok(json!({ "status": "ok", "id": id, "exercise_id": exercise, "course_id": course, "url": url }))
    });
    let created = created.await?;
    shared.learning.wake_judge();
    Ok(Answer::Data(created))
}

struct HandedIn {
    code: String,
    exercise: Option<i64>,
    place: Place,
}

impl HandedIn {
    fn read(parameters: &Parameters) -> Result<Self, Failure> {
        let submission = parameters.object("submission")?;
        let code = submission.get("code").and_then(Value::as_str).ok_or(Failure::BadRequest)?;
        // Windows and old Mac line ends become Unix ones.
        let code = code.replace("\r\n", "\n").replace('\r', "\n");
        let id = |name: &str| parameters::id(submission.get(name));
        Ok(Self { code, exercise: id("exercise_id")?, place: Place { course: id("course_id")?, series: id("series_id")? } })
    }

    /// The exercise, when this user may hand this in now.
    fn check(&self, tx: &Transaction<'_>, user: &User, view: &View) -> Result<i64, Failure> {
        if let Some(id) = self.place.course {
            course::by_id(tx, id)?.ok_or(Failure::NotFound)?;
        }
        if let Some(id) = self.place.series {
            series::by_id(tx, id)?.ok_or(Failure::NotFound)?;
        }
        let mut errors = Map::new();
        let mut wrong = |field: &str, problem: &str| errors.insert(field.to_owned(), json!([problem]));
        if self.code.len() >= CODE_BYTES {
            wrong("code", "too long");
        }
        let exercise = self.exercise.unwrap_or(0);
        match activity::readable(tx, user, exercise, self.place, view.now) {
            Ok(activity) if activity.is_exercise => {}
            Err(Failure::Forbidden(_)) => _ = wrong("exercise", "not permitted"),
            Ok(_) | Err(Failure::NotFound) => _ = wrong("exercise", "must exist"),
            Err(other) => return Err(other),
        }
        let latest = "SELECT max(created_at) FROM submissions WHERE user_id = ?1 AND created_at <= ?2";
        let now = view.now;
        let latest: Option<i64> = tx.query_row(latest, [user.id, now.unix_microseconds()], |row| row.get(0))?;
        if latest.is_some_and(|latest| latest > now.saturating_sub(COOLDOWN).unix_microseconds()) {
            wrong("submission", "rate limited");
        }
        if errors.is_empty() { Ok(exercise) } else { Err(Failure::Unprocessable(Value::Object(errors))) }
    }
}

fn row(submission: &Submission, view: &View) -> Map<String, Value> {
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("created_at", view.time(submission.created_at).into());
    put("status", submission.status.clone().into());
    put("summary", submission.summary.clone().into());
    put("accepted", submission.accepted.into());
    put("id", submission.id.into());
    put("url", view.links.json(&format!("/submissions/{}", submission.id)).into());
    put("user", view.links.json(&format!("/users/{}", submission.user_id)).into());
    put("has_annotations", false.into());
    put("exercise", view.links.json(&submission.place.path(submission.exercise_id)).into());
    if let Some(course) = submission.place.course {
        put("course", view.links.json(&format!("/courses/{course}")).into());
    }
    if let Some(series) = submission.place.series {
        put("series", view.links.json(&format!("/series/{series}")).into());
    }
    row
}

fn read(row: &Row<'_>) -> rusqlite::Result<Submission> {
    Ok(Submission {
        id: row.get(0)?,
        user_id: row.get(1)?,
        exercise_id: row.get(2)?,
        place: Place { course: row.get(3)?, series: row.get(4)? },
        status: row.get(5)?,
        accepted: row.get(6)?,
        summary: row.get(7)?,
        created_at: row.get(8)?,
    })
}
