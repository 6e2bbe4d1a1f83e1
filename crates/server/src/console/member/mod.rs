//! An organisation's members: the list, changing their roles, ending a membership; and the organisation at a glance.

pub(super) mod end;
mod list;
pub(super) mod overview;
mod role;
pub(super) mod roles;
mod texts;

use authority::{HangsFromMembership, Right};
use axum::response::Response;
use domain::MembershipId;
use domain::person::Person;

pub(super) use list::list;
pub(super) use role::{choices as role_choices, in_words as roles_in_words, read as roles_read};

use super::organisation;
use super::page::Frame;
use super::visit::Visit;
use texts::Text;

/// Who may see the members.
pub(super) const READ: &[Right] = &[Right::PeopleRead];
/// Who may change them.
pub(super) const WRITE: &[Right] = &[Right::PeopleWrite];

/// The path of the list, or of what is below it.
fn path(visit: &Visit, below: &str) -> String {
    format!("/o/{}/members{below}", visit.organisation().id)
}

/// The member that the path names, and what hangs from the membership.
async fn member(visit: &Visit) -> Result<(HangsFromMembership, Person), Response> {
    let id: MembershipId = visit.parameter("member")?;
    let found = visit.authority().hangs_from_membership(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    let person = visit.authority().person(&visit.caller(), found.membership.person).await.map_err(|error| visit.refused(&error))?;
    Ok((found, person))
}

/// What a person is called.
fn name(visit: &Visit, person: &Person) -> String {
    person.name.clone().map_or_else(|| visit.say(Text::Erased).to_owned(), String::from)
}

/// The frame of a page below the list.
pub(super) fn below(visit: &Visit, title: String) -> Frame {
    let (of, membership) = visit.place.as_ref().expect("a page of an organisation");
    let (home, list) = (organisation::first_page(membership).unwrap_or_default(), path(visit, ""));
    Frame::below(visit, title, &[(&home, of.name.as_str()), (&list, visit.say(Text::Members))])
}
