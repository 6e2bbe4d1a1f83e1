//! The main menu and the tabs: those of their pages that exist and that the person may open.

use authority::Right;
use domain::person::Membership;

use super::page::Link;
use super::route::{self, Who};
use super::texts::Text;
use super::visit::Visit;

/// The main menu.
const MENU: [(&str, Text); 6] = [
    ("/profile", Text::MyProfile),
    ("/o", Text::MyOrganisation),
    ("/projects", Text::Projects),
    ("/activity", Text::Activity),
    ("/activity/why", Text::WhyRefused),
    ("/operator", Text::Operator),
];

/// The tabs of everybody's own page.
const PROFILE: [(&str, Text); 5] = [
    ("/profile", Text::Details),
    ("/profile/sign-in", Text::SigningIn),
    ("/profile/tokens", Text::ApiTokens),
    ("/profile/apps", Text::ConnectedApps),
    ("/profile/audit", Text::AuditLog),
];

/// The tabs of an organisation.
const ORGANISATION: [(&str, Text); 9] = [
    ("/o/{org}", Text::Overview),
    ("/o/{org}/members", Text::Members),
    ("/o/{org}/keys", Text::ApiKeys),
    ("/o/{org}/options", Text::Options),
    ("/o/{org}/projects", Text::Projects),
    ("/o/{org}/received", Text::Received),
    ("/o/{org}/activity", Text::Activity),
    ("/o/{org}/audit", Text::AuditLog),
    ("/o/{org}/settings", Text::Settings),
];

/// The tabs of the pages for operators.
const OPERATOR: [(&str, Text); 9] = [
    ("/operator", Text::Overview),
    ("/operator/organisations", Text::Organisations),
    ("/operator/people", Text::People),
    ("/operator/apis", Text::Apis),
    ("/operator/policies", Text::Policies),
    ("/operator/keys", Text::SigningKeys),
    ("/operator/health", Text::Health),
    ("/operator/audit", Text::AuditLog),
    ("/operator/mailbox", Text::Mailbox),
];

/// The main menu.
pub(super) fn main(visit: &Visit) -> Vec<Link> {
    let links = MENU.iter().filter(|(path, _)| visit.browser.signed_in.is_some() && may_open(visit, path));
    let here = MENU.iter().map(|(path, _)| *path).filter(|path| is_below(&visit.path, path)).max_by_key(|path| path.len());
    links.map(|(path, label)| Link { is_here: Some(*path) == here, ..Link::new(visit.to(path), visit.say(*label)) }).collect()
}

/// The tabs of the page, with the heading that they share.
pub(super) fn tabs(visit: &Visit) -> Option<(String, Vec<Link>)> {
    let (heading, tabs) = match &visit.place {
        Some((organisation, _)) => (organisation.name.to_string(), ORGANISATION.as_slice()),
        None if is_below(&visit.path, "/profile") => (visit.say(Text::MyProfile).to_owned(), PROFILE.as_slice()),
        None if is_below(&visit.path, "/operator") => (visit.say(Text::Operator).to_owned(), OPERATOR.as_slice()),
        None => return None,
    };
    let paths: Vec<(String, Text)> =
        tabs.iter().filter(|(path, _)| may_open(visit, path)).map(|(path, label)| (filled(visit, path), *label)).collect();
    if paths.is_empty() {
        return None;
    }
    let here = paths.iter().map(|(path, _)| path).filter(|path| is_below(&visit.path, path)).max_by_key(|path| path.len()).cloned();
    let link =
        |(path, label): &(String, Text)| Link { is_here: Some(path) == here.as_ref(), ..Link::new(visit.to(path), visit.say(*label)) };
    Some((heading, paths.iter().map(link).collect()))
}

/// Whether there is such a page and the person may open it.
pub(super) fn may_open(visit: &Visit, path: &str) -> bool {
    let membership = visit.place.as_ref().map(|(_, membership)| membership);
    route::find(path).is_some_and(|page| match page.who {
        Who::Member(rights) => membership.is_some_and(|membership| is_member_for(rights, membership)),
        Who::Anyone | Who::Person => true,
        Who::Operator => is_operator(visit),
        Who::Mailbox => is_operator(visit) && visit.console.mailbox().is_some(),
    })
}

fn is_operator(visit: &Visit) -> bool {
    visit.browser.signed_in.as_ref().is_some_and(|person| person.is_operator)
}

/// Whether a member may open a page that asks for one of these rights.
pub(super) fn is_member_for(rights: &[Right], membership: &Membership) -> bool {
    rights.is_empty() || rights.iter().any(|right| right.is_for(membership.roles))
}

fn filled(visit: &Visit, path: &str) -> String {
    let id = visit.place.as_ref().map(|(organisation, _)| organisation.id.to_string()).unwrap_or_default();
    path.replace("{org}", &id)
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The first tab of an organisation that this member may open.
pub(super) fn first_of_organisation(membership: &Membership) -> Option<&'static str> {
    ORGANISATION
        .iter()
        .map(|(path, _)| *path)
        .find(|path| route::find(path).is_some_and(|page| matches!(page.who, Who::Member(rights) if is_member_for(rights, membership))))
}
