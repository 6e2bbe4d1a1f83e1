//! Users of the platform: each is one of Poort's people, with a permission of the platform's own.

use domain::PersonId;
use rusqlite::{OptionalExtension as _, Row, Transaction};
use serde_json::{Value, json};

use super::address::Locale;
use super::answer::{Answer, Failure, Format};
use super::view::View;
use super::visit::Visit;
use super::{Shared, course, page, series};

/// What a user may do on the platform, whatever the token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Sees own things.
    Student,
    /// Sees activities for staff as well.
    Staff,
    /// Sees everything.
    Zeus,
}

const RANKS: [(Rank, &str); 3] = [(Rank::Student, "student"), (Rank::Staff, "staff"), (Rank::Zeus, "zeus")];

/// A user.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) person: PersonId,
    pub(super) username: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) rank: Rank,
    pub(super) institution: Option<String>,
    pub(super) time_zone: String,
    pub(super) lang: Locale,
}

const COLUMNS: &str = "id, person_id, username, first_name, last_name, email, permission, institution, time_zone, lang";

impl User {
    pub(super) fn is_zeus(&self) -> bool {
        self.rank == Rank::Zeus
    }

    pub(super) fn is_staff(&self) -> bool {
        self.rank != Rank::Student
    }

    fn rank_name(&self) -> &'static str {
        RANKS.iter().find(|(rank, _)| *rank == self.rank).map_or("student", |(_, name)| name)
    }
}

pub(super) fn of_person(tx: &Transaction<'_>, person: PersonId) -> rusqlite::Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE person_id = ?1");
    tx.query_row(&sql, [person.to_string()], read).optional()
}

pub(super) fn by_id(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<User>> {
    tx.query_row(&format!("SELECT {COLUMNS} FROM users WHERE id = ?1"), [id], read).optional()
}

/// `GET /`: who the caller is, and what is due; for an anonymous caller, the version only.
pub(super) async fn root(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let anonymous = json!({ "version": version, "min_supported_client": "0.0.1" });
    let Some(login) = visit.login.as_ref().filter(|login| login.may_read_profile) else {
        return Ok(Answer::Data(anonymous));
    };
    let (user, view) = (login.user.clone(), visit.view.clone());
    let document = shared.database().read(move |tx| {
        let deadlines = series::with_deadlines(tx, &view, &user)?;
        Ok(json!({
            "user": document(tx, &view, &user)?,
            "deadline_series": deadlines,
            "version": version,
            "min_supported_client": "0.0.1",
        }))
    });
    document.await.map(Answer::Data)
}

/// `GET /profile`: to the caller's own page.
pub(super) fn own_profile(visit: &Visit) -> Result<Answer, Failure> {
    let user = visit.user()?;
    Ok(Answer::Redirect { to: visit.view.links.page(&format!("/users/{}", user.id)), flash: None })
}

/// `GET /users/{user}`: oneself; everybody for zeus.
pub(super) async fn show(shared: &Shared, visit: Visit) -> Result<Answer, Failure> {
    let id = visit.id("user")?;
    visit.require_self_or_zeus(id)?;
    let (view, format, locale) = (visit.view.clone(), visit.format, visit.locale);
    let flash = visit.flash.clone();
    let answer = shared.database().read(move |tx| {
        let user = by_id(tx, id)?.ok_or(Failure::NotFound)?;
        if format == Format::Html {
            return Ok(Answer::Page(page::profile(&user, locale, flash.as_deref())));
        }
        document(tx, &view, &user).map(Answer::Data).map_err(Failure::from)
    });
    answer.await
}

fn document(tx: &Transaction<'_>, view: &View, user: &User) -> rusqlite::Result<Value> {
    let count = |sql: &str| tx.query_row(sql, [user.id], |row| row.get::<_, i64>(0));
    Ok(json!({
        "id": user.id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "permission": user.rank_name(),
        "time_zone": user.time_zone,
        "lang": user.lang.as_str(),
        "url": view.links.json(&format!("/users/{}", user.id)),
        "submissions": view.links.json(&format!("/users/{}/submissions", user.id)),
        "submission_count": count("SELECT count(*) FROM submissions WHERE user_id = ?1")?,
        "correct_exercises": count("SELECT count(DISTINCT exercise_id) FROM submissions WHERE user_id = ?1 AND accepted = 1")?,
        "subscribed_courses": course::subscribed(tx, view, user)?,
    }))
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    let person: String = row.get(1)?;
    let person = person.parse().map_err(|_| rusqlite::Error::InvalidColumnName("person_id".to_owned()))?;
    let rank: String = row.get(6)?;
    let lang: String = row.get(9)?;
    Ok(User {
        id: row.get(0)?,
        person,
        username: row.get(2)?,
        first_name: row.get(3)?,
        last_name: row.get(4)?,
        email: row.get(5)?,
        // The table admits no other names; one that is not known may do the least.
        rank: RANKS.iter().find(|(_, name)| *name == rank).map_or(Rank::Student, |(rank, _)| *rank),
        institution: row.get(7)?,
        time_zone: row.get(8)?,
        lang: Locale::read(&lang).unwrap_or(Locale::Nl),
    })
}
