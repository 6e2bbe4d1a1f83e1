//! `/o/{org}/invitations/{invitation}`: an invitation that nobody has answered: to be sent once more, or withdrawn.

use askama::Template;
use authority::Invitation;
use axum::response::Response;
use domain::MailLinkId;

use super::{Row, Text};
use crate::console::failure;
use crate::console::form::Form;
use crate::console::member;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/invitation/show.html")]
struct View {
    frame: Frame,
    form: Form,
    list: String,
    row: Row,
    invited_by: Option<String>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let invitation = one(&visit).await?;
    let form = Form::new(&visit, &[]);
    let invited_by = match invitation.invited_by {
        // Whoever was a member then: their name is in the journal's lines, too.
        Some(id) => visit.authority().person(&authority::Caller::System, id).await.ok().and_then(|person| person.name).map(String::from),
        None => None,
    };
    let title = visit.fill(Text::InvitationOf, &[("email", invitation.email.as_str())]);
    let list = visit.to(&visit.at("/members"));
    visit.page(&View { frame: member::below(&visit, title), form, list, row: Row::new(&visit, invitation), invited_by })
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let invitation = one(&visit).await?;
    let email = [("email", invitation.email.as_str())];
    let chosen = visit.form.as_ref().map(|form| form.text("do")).unwrap_or_default();
    match chosen {
        "send" => {
            let language = visit.browser.language.into();
            let sent = visit.authority().send_invitation_again(&visit.context(), invitation.id, language).await;
            match sent.map_err(|error| visit.refused(&error))? {
                Ok(_) => visit.onward(&visit.at("/members"), Some(&visit.fill(Text::SentOne, &email))),
                Err(_) => Err(failure::too_many(&visit.browser)),
            }
        }
        "withdraw" => {
            let withdrawn = visit.authority().withdraw_invitation(&visit.context(), invitation.id).await;
            withdrawn.map_err(|error| visit.refused(&error))?;
            visit.onward(&visit.at("/members"), Some(&visit.fill(Text::Withdrawn, &email)))
        }
        _ => Err(failure::outdated(&visit.browser)),
    }
}

async fn one(visit: &Visit) -> Result<Invitation, Response> {
    let id: MailLinkId = visit.parameter("invitation")?;
    let found = visit.authority().invitation(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    if found.organisation == visit.organisation().id { Ok(found) } else { Err(failure::not_found(&visit.browser)) }
}
