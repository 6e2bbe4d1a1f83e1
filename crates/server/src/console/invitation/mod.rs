//! Inviting people to an organisation, and the invitations that nobody has answered.

pub(super) mod new;
pub(super) mod show;
mod texts;

use authority::{Invitation, Page};
use axum::response::Response;

pub(super) use texts::Text;

use super::member;
use super::moment::Moment;
use super::visit::Visit;

/// More than an organisation has open at a time.
const ALL: Page = Page { after: None, limit: 500 };

/// An invitation in the list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) roles: String,
    pub(super) sent: Moment,
    pub(super) ends: Moment,
    pub(super) is_over: bool,
}

/// The invitations that nobody has answered.
pub(super) async fn rows(visit: &Visit) -> Result<Vec<Row>, Response> {
    let read = visit.authority().invitations(&visit.caller(), visit.organisation().id, ALL).await;
    Ok(read.map_err(|error| visit.refused(&error))?.into_iter().map(|invitation| Row::new(visit, invitation)).collect())
}

impl Row {
    fn new(visit: &Visit, invitation: Invitation) -> Self {
        let Invitation { id, email, roles, sent_at, expires_at, .. } = invitation;
        let language = visit.browser.language;
        Self {
            id: id.to_string(),
            email: email.into(),
            roles: member::roles_in_words(visit, roles),
            sent: Moment::ago(sent_at, visit.browser.now, language),
            ends: Moment::day(expires_at, language),
            is_over: expires_at <= visit.browser.now,
        }
    }
}
