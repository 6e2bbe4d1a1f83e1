//! `/unsaved`: a form that comes after its session is over changes nothing. Whoever signs in finds it again as it was typed.
//!
//! What was typed waits as a row that is bound to the browser, for ten minutes, and for the person whose session it was: whoever else
//! signs in there sees none of it. Passwords and codes are never among it.

use authority::Waiting;
use axum::response::Response;
use domain::{InteractionId, PersonId};
use serde::{Deserialize, Serialize};

use super::browser::Browser;
use super::fields::Fields;
use super::page::local_path;
use super::texts::words;
use super::visit::{Answer, Visit};
use super::{Console, failure};
use crate::language::Language;
use crate::outbound::encoded;

words! {
    Kept: "Nothing was saved yet, as you had to sign in again. What you typed is still here, without passwords and codes. Send it again.", "Er is nog niets opgeslagen, want je moest opnieuw inloggen. Wat je had ingevuld staat er nog, zonder wachtwoorden en codes. Verstuur het opnieuw.";
    Lost: "Nothing was saved, as you had to sign in again. Do it once more.", "Er is niets opgeslagen, want je moest opnieuw inloggen. Doe het nog een keer.";
    SignIn: "You were signed out, so nothing was saved yet. Sign in to go on.", "Je was uitgelogd, dus er is nog niets opgeslagen. Log in om verder te gaan.";
}

const PATH: &str = "/unsaved";
/// The name of what was typed, in the queries of this page and of the form's.
const NAME: &str = "unsaved";
/// Fields that nobody typed, or whose text is nobody's business. A test finds those for secrets in the templates.
const LEFT_OUT: [&str; 6] = ["csrf", "nonce", "password", "code", "passkey", "waits"];
/// More is not kept, in bytes.
const MAX_BYTES: usize = 16_000;

/// What was typed.
#[derive(Serialize, Deserialize)]
struct Typed {
    person: PersonId,
    /// Of the form's page, without the language.
    path: String,
    /// As a form is sent.
    fields: String,
}

/// Where whoever signs in goes on, after a form that came for this path when its session was over.
pub(super) async fn of_ended(console: &Console, browser: &Browser, (path, form): (&str, &Fields)) -> Result<String, Response> {
    let person = match browser.ended_session(form.text("csrf")) {
        Some(secret) => console.authority().person_of_session(secret).await.map_err(|error| failure::outage(browser, &error))?,
        None => None,
    };
    keep((console, browser), person, (path, form)).await
}

/// The same for somebody who must prove again who they are.
pub(super) async fn of_stale(visit: &Visit, form: &Fields) -> Result<String, Response> {
    keep((&visit.console, &visit.browser), Some(visit.person().person.id), (&visit.path, form)).await
}

async fn keep(
    (console, browser): (&Console, &Browser),
    person: Option<PersonId>,
    (path, form): (&str, &Fields),
) -> Result<String, Response> {
    let typed: Vec<(&str, &str)> = form.pairs().filter(|(name, value)| !LEFT_OUT.contains(name) && !value.is_empty()).collect();
    let (lost, fields) = (format!("{}?{}", browser.to(PATH), encoded(&[("return", path)])), encoded(&typed));
    let Some(person) = person.filter(|_| !typed.is_empty() && fields.len() <= MAX_BYTES) else { return Ok(lost) };
    let Ok(request) = serde_json::to_string(&Typed { person, path: path.to_owned(), fields }) else { return Ok(lost) };
    let waiting = Waiting { resume: PATH.to_owned(), request, ..Waiting::default() };
    let waits = console.authority().wait_for_person(waiting, browser.visit(), Some(browser.address), browser.now).await;
    // Too much waits already: the form comes back empty.
    Ok(waits.map_err(|error| failure::outage(browser, &error))?.map_or(lost.clone(), |id| format!("{lost}&{NAME}={id}")))
}

/// What was typed into the form of this page before, where the query names it.
pub(super) async fn typed(visit: &Visit, path: &str) -> Result<Option<Fields>, Response> {
    let Some(id) = visit.query.get(NAME).and_then(|id| id.parse::<InteractionId>().ok()) else { return Ok(None) };
    let Some(signed_in) = &visit.browser.signed_in else { return Ok(None) };
    let found = visit.authority().interaction(id, visit.browser.visit(), visit.browser.now).await;
    let found = found.map_err(|error| visit.refused(&error))?.filter(|found| found.resume == PATH);
    let typed = found.and_then(|found| serde_json::from_str::<Typed>(&found.request).ok());
    Ok(typed.filter(|typed| typed.person == signed_in.person.id && typed.path == path).map(|typed| Fields::read(&typed.fields)))
}

/// Whether a signing in leads here.
pub(super) fn is_next(next: &str) -> bool {
    Language::of_path(next).is_some_and(|(_, path)| path.strip_prefix(PATH).is_some_and(|rest| rest.starts_with('?')))
}

/// Back to the form, with what was typed where it is there.
pub(super) async fn show(visit: Visit) -> Answer {
    let path = local_path(visit.query.text("return")).unwrap_or("/profile").to_owned();
    match typed(&visit, &path).await? {
        Some(_) => visit.onward(&format!("{path}?{}", encoded(&[(NAME, visit.query.text(NAME))])), Some(visit.say(Text::Kept))),
        None => visit.onward(&path, Some(visit.say(Text::Lost))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_into_a_field_for_secrets_is_left_out() {
        let mut found = 0;
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/console"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("a template");
                let fields = text.split("call part::").skip(1).chain(text.split("<input").skip(1));
                for field in fields.map(|rest| rest.split(['}', '>']).next().unwrap_or_default()) {
                    if field.starts_with("password(") || field.contains("one-time-code") || field.contains("type=\"password\"") {
                        found += 1;
                        let is_left_out = LEFT_OUT.iter().any(|name| field.contains(&format!("\"{name}\"")));
                        assert!(is_left_out, "{}: {field}", path.display());
                    }
                }
            }
        }
        assert!(found > 4, "the fields were found: {found}");
    }

    #[test]
    fn a_sign_in_page_knows_what_it_leads_to() {
        assert!(is_next("/nl/unsaved?return=%2Fprofile") && !is_next("/nl/profile") && !is_next("/nl/unsavedx?"));
    }
}
