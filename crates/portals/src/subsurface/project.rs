//! What a source holder sets for its project: its number, and which steps need nobody's decision.

use rusqlite::{OptionalExtension as _, Transaction, params};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Failure};
use super::visit::Visit;
use super::{Subsurface, text};

/// The settings of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSettings {
    /// The source holder's number with the chamber of commerce, eight digits: what a message's
    /// `deliveryAccountableParty` must be. Without it any number is taken.
    pub accountable_party: Option<String>,
    /// Whether deliveries are checked without anybody's decision.
    pub checks_itself: bool,
    /// Whether deliveries are established without anybody's decision.
    pub establishes_itself: bool,
}

impl Default for ProjectSettings {
    fn default() -> Self {
        Self { accountable_party: None, checks_itself: true, establishes_itself: true }
    }
}

impl ProjectSettings {
    pub(super) fn json(&self) -> Value {
        json!({
            "bronhouder": self.accountable_party,
            "automatischControleren": self.checks_itself,
            "automatischVaststellen": self.establishes_itself,
        })
    }

    fn change(&mut self, body: &Map<String, Value>) -> Result<(), Failure> {
        text::only(body, &["bronhouder", "automatischControleren", "automatischVaststellen"])?;
        match body.get("bronhouder") {
            None => {}
            Some(Value::Null) => self.accountable_party = None,
            Some(Value::String(number)) if number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.accountable_party = Some(number.clone());
            }
            Some(_) => return Err(Failure::BadRequest("bronhouder moet een KvK-nummer van 8 cijfers zijn.".to_owned())),
        }
        for (name, setting) in
            [("automatischControleren", &mut self.checks_itself), ("automatischVaststellen", &mut self.establishes_itself)]
        {
            if let Some(value) = body.get(name) {
                *setting = value.as_bool().ok_or_else(|| Failure::BadRequest(format!("{name} moet true of false zijn.")))?;
            }
        }
        Ok(())
    }
}

/// The settings of a project, the default ones if it has none.
pub(super) fn settings(tx: &Transaction<'_>, project: &str) -> Result<ProjectSettings, Failure> {
    let sql = "SELECT accountable_party, checks_itself, establishes_itself FROM projects WHERE number = ?1";
    let found = tx.query_row(sql, [project], |row| {
        Ok(ProjectSettings { accountable_party: row.get(0)?, checks_itself: row.get(1)?, establishes_itself: row.get(2)? })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Writes the settings of a project.
pub(super) fn set(tx: &Transaction<'_>, project: &str, settings: &ProjectSettings) -> Result<(), Failure> {
    let sql = "INSERT INTO projects (number, accountable_party, checks_itself, establishes_itself) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (number) DO UPDATE SET accountable_party = excluded.accountable_party,
            checks_itself = excluded.checks_itself, establishes_itself = excluded.establishes_itself";
    tx.execute(sql, params![project, settings.accountable_party, settings.checks_itself, settings.establishes_itself])?;
    Ok(())
}

/// `GET …/instellingen`.
pub(super) async fn show(portal: &Subsurface, visit: Visit) -> Result<Answer, Failure> {
    visit.caller.require_source_holder()?;
    let project = visit.project()?.to_owned();
    portal.database().read(move |tx| Ok(settings(tx, &project)?.json())).await.map(Answer::Data)
}

/// `PATCH …/instellingen`: for the source holder only. Deliveries that wait for a decision go on waiting.
pub(super) async fn change(portal: &Subsurface, visit: Visit, body: Map<String, Value>) -> Result<Answer, Failure> {
    visit.caller.require_source_holder()?;
    let project = visit.project()?.to_owned();
    let changed = portal.database().write(move |tx| {
        let mut settings = settings(tx, &project)?;
        settings.change(&body)?;
        set(tx, &project, &settings)?;
        Ok(settings.json())
    });
    changed.await.map(Answer::Data)
}
