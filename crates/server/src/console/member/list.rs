//! `/o/{org}/members`: everybody in the organisation, with their roles.

use askama::Template;
use authority::Page;
use domain::MembershipId;
use domain::person::{Membership, Person};

use super::role;
use super::texts::Text;
use super::{name, path};
use crate::console::invitation;
use crate::console::menu;
use crate::console::moment::Moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// As many members are on a page.
const MEMBERS_OF_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "console/member/list.html")]
struct View {
    frame: Frame,
    base: String,
    rows: Vec<Row>,
    alone: bool,
    next: Option<String>,
    /// Where to invite somebody, for those who may.
    invite: Option<String>,
    invitations: Vec<invitation::Row>,
    invitation_base: String,
}

struct Row {
    id: String,
    name: String,
    email: Option<String>,
    is_self: bool,
    is_suspended: bool,
    roles: String,
    has_second_factor: bool,
    since: Moment,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let after = visit.query.text("after").parse::<MembershipId>().ok().map(|id| *id.as_bytes());
    let page = Page { after, limit: MEMBERS_OF_PAGE as u32 + 1 };
    let read = visit.authority().members(&visit.caller(), visit.organisation().id, page).await;
    let mut members = read.map_err(|error| visit.refused(&error))?;
    let more = members.len() > MEMBERS_OF_PAGE;
    members.truncate(MEMBERS_OF_PAGE);
    let base = visit.to(&path(&visit, ""));
    let next = members.last().filter(|_| more).map(|last| format!("{base}?after={}", last.id));
    let mut rows = Vec::new();
    for member in &members {
        let read = visit.authority().person(&visit.caller(), member.person).await;
        let has_second_factor = visit.authority().has_second_factor(member.person).await.map_err(|error| visit.refused(&error))?;
        let row = Row::new(&visit, member, &read.map_err(|error| visit.refused(&error))?);
        rows.push(Row { has_second_factor, ..row });
    }
    let alone = rows.len() == 1 && after.is_none();
    let may_invite = menu::may_open(&visit, "/o/{org}/members/invite");
    let invite = may_invite.then(|| visit.to(&path(&visit, "/invite")));
    let invitations = if may_invite && after.is_none() { invitation::rows(&visit).await? } else { Vec::new() };
    let (frame, invitation_base) = (Frame::of(&visit, visit.say(Text::Members)), visit.to(&visit.at("/invitations")));
    visit.page(&View { frame, base, rows, alone, next, invite, invitations, invitation_base })
}

impl Row {
    fn new(visit: &Visit, member: &Membership, person: &Person) -> Self {
        Self {
            id: member.id.to_string(),
            name: name(visit, person),
            email: person.email.clone().map(String::from),
            is_self: person.id == visit.person().person.id,
            is_suspended: person.suspended_at.is_some(),
            roles: role::in_words(visit, member.roles),
            has_second_factor: false,
            since: Moment::day(member.created_at, visit.browser.language),
        }
    }
}
