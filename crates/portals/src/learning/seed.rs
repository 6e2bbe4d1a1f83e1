//! The demonstration's data: three users, courses 1 and 8, and some past submissions.

use std::time::Duration;

use domain::{PersonId, Timestamp};
use rusqlite::{Transaction, params};

use super::answer::Failure;
use super::judge;

/// Which of Poort's people the demonstration's users are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoPeople {
    /// User 1, who sees everything.
    pub zeus: PersonId,
    /// User 2, who leads course 1.
    pub staff: PersonId,
    /// User 3, who takes courses 1 and 8.
    pub student: PersonId,
}

const DAY: Duration = Duration::from_secs(86_400);

/// Id, name, teacher, color, visibility, whether it is featured.
const COURSES: [(i64, &str, &str, &str, &str, bool); 3] = [
    (1, "Programming for beginners", "Stanislas Staff", "blue", "visible_for_all", true),
    (2, "Staff training", "Zeus Olympus", "red", "hidden", false),
    (8, "Algorithms and data structures", "Zeus Olympus", "teal", "visible_for_all", true),
];

/// Course, user, as what.
const MEMBERS: [(i64, i64, &str); 5] = [(1, 2, "course_admin"), (1, 3, "student"), (2, 2, "student"), (8, 3, "student"), (8, 2, "student")];

/// Id, course, name, visibility, position, whether it has a deadline.
const SERIES: [(i64, i64, &str, &str, i64, bool); 7] = [
    (1, 1, "1. First steps", "open", 1, false),
    (2, 1, "2. Variables", "open", 2, true),
    (3, 1, "3. Behind a link", "hidden", 3, false),
    (4, 1, "4. Closed", "closed", 4, false),
    (5, 1, "5. Next year", "timed", 5, false),
    (6, 2, "For staff", "open", 1, false),
    (7, 8, "1. Recursion", "open", 1, true),
];

/// The token in the link of the hidden series.
const HIDDEN_SERIES_TOKEN: &str = "achter-een-link";

struct SeedActivity {
    id: i64,
    series: i64,
    name: &'static str,
    description: &'static str,
    staff_only: bool,
    /// Boilerplate, model answer and expected output, all in Python; a content page has none.
    exercise: Option<(&'static str, &'static str, &'static str)>,
}

const fn page(id: i64, series: i64, name: &'static str, description: &'static str) -> SeedActivity {
    SeedActivity { id, series, name, description, staff_only: false, exercise: None }
}

const fn exercise(
    id: i64,
    series: i64,
    name: &'static str,
    description: &'static str,
    code: (&'static str, &'static str, &'static str),
) -> SeedActivity {
    SeedActivity { id, series, name, description, staff_only: false, exercise: Some(code) }
}

const ACTIVITIES: [SeedActivity; 11] = [
    page(10, 1, "Welcome", "What this course is about."),
    exercise(11, 1, "Hello, World!", "Write `Hello, world!`.", ("# your code\n", "print(\"Hello, world!\")", "Hello, world!")),
    exercise(12, 1, "Echo", "Read a line and write it.", ("", "print(input())", "a line")),
    exercise(13, 2, "Sum", "Read two numbers and write their sum.", ("", "print(int(input()) + int(input()))", "7")),
    SeedActivity { staff_only: true, ..exercise(14, 2, "Model exam", "For staff only.", ("", "print(\"exam\")", "exam")) },
    exercise(15, 3, "Hidden treasure", "Found by its link.", ("", "print(\"treasure\")", "treasure")),
    exercise(16, 4, "Last year's exam", "Over.", ("", "print(\"over\")", "over")),
    exercise(17, 5, "Next year's first", "Not yet.", ("", "print(\"soon\")", "soon")),
    exercise(18, 6, "How to grade", "For staff.", ("", "print(\"graded\")", "graded")),
    page(19, 7, "What recursion is", "See: what recursion is."),
    exercise(20, 7, "Fibonacci", "Write the tenth Fibonacci number.", ("", "print(55)", "55")),
];

/// Id, exercise, course, series, days ago, code: the student's past submissions.
const SUBMISSIONS: [(i64, i64, i64, i64, u32, &str); 4] = [
    (1, 11, 1, 1, 21, "print('hello')\n"),
    (2, 11, 1, 1, 20, "print(\"Hello, world!\")\n"),
    (3, 12, 1, 1, 14, "print(input)\n"),
    (4, 20, 8, 7, 3, "print(55)\n"),
];

pub(super) fn write(tx: &Transaction<'_>, people: &DemoPeople, now: Timestamp) -> Result<(), Failure> {
    users(tx, people)?;
    courses(tx, now)?;
    activities(tx)?;
    submissions(tx, now)?;
    Ok(())
}

fn users(tx: &Transaction<'_>, people: &DemoPeople) -> rusqlite::Result<()> {
    let users = [
        (1, people.zeus, "zeus", "Zeus", "Olympus", "zeus"),
        (2, people.staff, "staff", "Stanislas", "Staff", "staff"),
        (3, people.student, "student", "Sanne", "Student", "student"),
    ];
    // The same user may have become another person, when Poort's own database was made anew.
    let sql = "INSERT INTO users (id, person_id, username, first_name, last_name, email, permission, institution, time_zone, lang)
        VALUES (?1, ?2, ?3, ?4, ?5, ?3 || '@example.org', ?6, NULL, 'Brussels', 'nl')
        ON CONFLICT (id) DO UPDATE SET person_id = excluded.person_id";
    for (id, person, username, first_name, last_name, permission) in users {
        tx.execute(sql, params![id, person.to_string(), username, first_name, last_name, permission])?;
    }
    Ok(())
}

fn courses(tx: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let at = now.unix_microseconds();
    let course = "INSERT INTO courses
        (id, name, teacher, color, year, visibility, registration, institution, featured, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, '2026-2027', ?5, 'open_for_all', NULL, ?6, ?7, ?7) ON CONFLICT DO NOTHING";
    for (id, name, teacher, color, visibility, featured) in COURSES {
        tx.execute(course, params![id, name, teacher, color, visibility, featured, at])?;
    }
    for (course, user, status) in MEMBERS {
        tx.execute("INSERT INTO course_members VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", params![course, user, status])?;
    }
    let series = "INSERT INTO series
        (id, course_id, name, description, visibility, visibility_start, position, deadline, access_token, created_at, updated_at)
        VALUES (?1, ?2, ?3, '', ?4, ?5, ?6, ?7, ?8, ?9, ?9) ON CONFLICT DO NOTHING";
    let deadline = now.saturating_add(14 * DAY).unix_microseconds();
    let start = now.saturating_add(365 * DAY).unix_microseconds();
    for (id, course, name, visibility, position, has_deadline) in SERIES {
        let start = (visibility == "timed").then_some(start);
        let deadline = has_deadline.then_some(deadline);
        tx.execute(series, params![id, course, name, visibility, start, position, deadline, HIDDEN_SERIES_TOKEN, at])?;
    }
    Ok(())
}

fn activities(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let insert = "INSERT INTO activities
        (id, kind, name, description, staff_only, boilerplate, language, model_answer, expected_output)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let place = "INSERT INTO series_activities VALUES (?1, ?2, ?2) ON CONFLICT DO NOTHING";
    for SeedActivity { id, series, name, description, staff_only, exercise } in ACTIVITIES {
        let kind = if exercise.is_some() { "Exercise" } else { "ContentPage" };
        let language = exercise.map(|_| "python");
        let (boilerplate, model, expected) = exercise.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)));
        tx.execute(insert, params![id, kind, name, description, staff_only, boilerplate, language, model, expected])?;
        tx.execute(place, params![series, id])?;
    }
    Ok(())
}

fn submissions(tx: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let insert = "INSERT INTO submissions
        (id, user_id, exercise_id, course_id, series_id, code, status, accepted, summary, result, created_at)
        VALUES (?1, 3, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
    for (id, exercise, course, series, days, code) in SUBMISSIONS {
        let answer = ACTIVITIES.iter().find(|activity| activity.id == exercise).and_then(|activity| activity.exercise);
        let (_, model, expected) = answer.unwrap_or_default();
        let (status, summary, result) = judge::written(code, model, expected);
        let at = now.saturating_sub(days * DAY).unix_microseconds();
        tx.execute(insert, params![id, exercise, course, series, code, status, status == "correct", summary, result, at])?;
    }
    Ok(())
}
