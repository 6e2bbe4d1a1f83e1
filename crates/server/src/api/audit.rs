//! The journal, as whoever may read it sees it: every change, no digest of a secret.

use authority::{AuditLine, AuditOf, AuditQuery};
use domain::event::{Actor, Entry};
use domain::{RequestId, Sequence, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Listed;
use super::call::Call;
use super::json::NoBody;
use super::query::Parameter;
pub(super) use crate::audit::file::AuditRecord;
use crate::edge::Problem;
use crate::language::Language;

/// Members of an event that hold digests: what the index is looked up by is nobody's business.
const HIDDEN: [&str; 2] = ["digest", "digests"];

/// A change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditEntry {
    /// Its place in the journal: 1, 2, 3 … in the order of commit, without a gap.
    sequence: i64,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: `type` is `operator`, `operator_person`, `person`, `client` or `system`; with the ids of person and credential.
    #[schema(value_type = Object)]
    actor: Actor,
    /// In which request.
    #[schema(value_type = String, format = Uuid)]
    request: RequestId,
    /// What: `type` is its name, such as `token_created`; the other members are ids and states.
    #[schema(value_type = Object)]
    event: Value,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let mut event = serde_json::to_value(&entry.event).unwrap_or_default();
        hide_digests(&mut event);
        Self { sequence: entry.sequence.0, at: entry.at, actor: entry.actor, request: entry.request, event }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<AuditEntry>, Problem> {
    let window = call.page()?;
    let about: Option<Uuid> = call.query.id(Parameter::About)?;
    let after = call.query.after()?.unwrap_or(Sequence(0));
    let (after, limit) = window.beyond_sequence(after)?;
    let entries = call.authority().audit(call.caller(), about.map(Uuid::into_bytes), after, limit).await?;
    Ok(window.page(entries, |entry| entry.sequence.0.to_be_bytes()).map(AuditEntry::from))
}

/// `GET /api/v1/organisations/{id}/audit`.
pub(super) async fn of_organisation(call: Call, _: NoBody) -> Result<Listed<AuditRecord>, Problem> {
    let of = AuditOf::Organisation(call.id()?);
    log(call, of).await
}

/// `GET /api/v1/people/{id}/audit`.
pub(super) async fn of_person(call: Call, _: NoBody) -> Result<Listed<AuditRecord>, Problem> {
    let of = AuditOf::Person(call.id()?);
    log(call, of).await
}

async fn log(call: Call, of: AuditOf) -> Result<Listed<AuditRecord>, Problem> {
    let window = call.page()?;
    let (after, limit) = window.beyond_moment()?;
    let query = AuditQuery {
        of,
        action: call.query.action()?,
        person: call.query.id(Parameter::Person)?,
        from: call.query.moment(Parameter::Since)?,
        until: call.query.moment(Parameter::Until)?,
        after,
        limit,
    };
    let page = call.authority().audit_log(call.caller(), query).await?;
    let key = |line: &AuditLine| [line.entry.at.unix_microseconds().to_be_bytes(), line.entry.sequence.0.to_be_bytes()].concat();
    Ok(window.page(page.lines, key).map(|line| AuditRecord::new(line, Language::En)))
}

fn hide_digests(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // What a rotation ended is named by digests alone, or by ids beside digests.
            let bare = |value: &Value| value.as_array().is_some_and(|list| list.iter().any(Value::is_string));
            members.retain(|name, value| !(HIDDEN.contains(&name.as_str()) || name == "ended" && bare(value)));
            members.values_mut().for_each(hide_digests);
        }
        Value::Array(values) => values.iter_mut().for_each(hide_digests),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{Event, SecretState};
    use domain::organisation_key::PrivateKeyState;
    use domain::{CredentialId, Digest};

    use super::*;

    #[test]
    fn no_event_shows_a_digest() {
        let (token, digest) = (CredentialId::from_bytes([1; 16]), Digest::of(b"secret"));
        let state = SecretState { digest, not_after: None };
        shows_none(Event::TokenRotated { token, old: state, new: state, ended: vec![digest] }, "token_rotated");
        let state = PrivateKeyState { id: token, digest, not_after: None };
        let text = shows_none(Event::OrganisationKeyRotated { key: token, old: None, new: state, ended: vec![state] }, "_key_rotated");
        assert_eq!(text.matches(&token.to_string()).count(), 3, "{text}");
    }

    fn shows_none(event: Event, name: &str) -> String {
        let shown = serde_json::to_string(&Digest::of(b"secret")).expect("JSON");
        let entry = Entry {
            sequence: Sequence(1),
            at: Timestamp::from_unix_seconds(0),
            actor: Actor::System,
            request: RequestId::from_bytes([2; 16]),
            event,
        };
        let text = serde_json::to_string(&AuditEntry::from(entry)).expect("JSON");
        assert!(text.contains(name) && text.contains("not_after") && !text.contains(&shown), "{text}");
        text
    }
}
