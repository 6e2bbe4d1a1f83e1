//! Audit logs: what was done in an organisation, and what somebody did or had done to what is theirs; as a page, and as a file.

mod filter;
mod list;
mod texts;

use authority::{AuditOf, Right};

use super::visit::{Answer, Visit};
use crate::audit::file::{self, Format};
use filter::Filter;
pub(super) use list::{Day, lines};

/// Who may see an organisation's.
pub(super) const READ: &[Right] = &[Right::AuditRead];

/// `/o/{org}/audit`.
pub(super) async fn of_organisation(visit: Visit) -> Answer {
    let of = AuditOf::Organisation(visit.organisation().id);
    list::show(&visit, of).await
}

/// `/profile/audit`.
pub(super) async fn own(visit: Visit) -> Answer {
    let of = AuditOf::Person(visit.person().person.id);
    list::show(&visit, of).await
}

/// `/o/{org}/audit/file`.
pub(super) async fn file_of_organisation(visit: Visit) -> Answer {
    let of = AuditOf::Organisation(visit.organisation().id);
    download(visit, of).await
}

/// `/profile/audit/file`.
pub(super) async fn own_file(visit: Visit) -> Answer {
    let of = AuditOf::Person(visit.person().person.id);
    download(visit, of).await
}

/// `/operator/audit`.
pub(super) async fn of_installation(visit: Visit) -> Answer {
    list::show(&visit, AuditOf::Installation).await
}

/// `/operator/audit/file`.
pub(super) async fn file_of_installation(visit: Visit) -> Answer {
    download(visit, AuditOf::Installation).await
}

/// Exactly what the filter of the page gives. That it was taken along stands in the log.
async fn download(visit: Visit, of: AuditOf) -> Answer {
    let format = Format::named(visit.query.text("format")).ok_or_else(|| super::failure::not_found(&visit.browser))?;
    let mut query = Filter::read(&visit).query(of);
    query.after = Some(visit.authority().note_audit_export(&visit.context(), of).await.map_err(|error| visit.refused(&error))?);
    let answer = file::answer(visit.authority().clone(), visit.caller(), query, (format, visit.browser.language));
    Ok(visit.browser.answer(answer))
}
