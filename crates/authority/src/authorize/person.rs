//! What is asked of the person, once the request is proven: signed in, meant, fresh enough, a member, consented. Pure.

use std::time::Duration;

use domain::client::Profile;
use domain::grant::Grant;
use domain::person::Membership;
use domain::session::TWO_MEANS;
use domain::{MembershipId, Timestamp};
use verifier::Client;

use super::pipeline::{AuthorizationRequest, ErrorCode, Refused};
use crate::SignedInPerson;

/// What the checks look at.
#[derive(Clone, Copy)]
pub struct Sitting<'a> {
    /// What is asked.
    pub request: &'a AuthorizationRequest,
    /// By which client.
    pub client: &'a Client,
    /// Who sits at the browser.
    pub signed_in: Option<&'a SignedInPerson>,
    /// Since when the request waits for a person, if it does.
    pub since: Option<Timestamp>,
    /// What the person has authorised this client to do before, through which membership.
    pub grants: &'a [Grant],
    /// Whether the person has a second factor.
    pub has_second_factor: bool,
    /// The time.
    pub now: Timestamp,
}

/// What is to happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing more is to be asked: the client gets its code, through this membership.
    Authorise(MembershipId),
    /// The person is asked.
    Ask(Ask),
    /// The client is told.
    Refuse(Refused),
}

/// What the person is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// To sign in; `again` also whoever is signed in.
    SignIn {
        /// Whether whoever is signed in must do so once more.
        again: bool,
    },
    /// For consent, through one of these memberships.
    Consent(Vec<MembershipId>),
}

/// A check: goes on, asks or refuses. The error is told instead of asking where nothing may be asked (`prompt=none`).
type Check = fn(&Sitting<'_>) -> Option<(Step, ErrorCode)>;

enum Step {
    Ask(Ask),
    Refuse(&'static str),
}

/// In this order.
const CHECKS: &[(&str, Check)] = &[
    ("somebody is signed in", is_signed_in),
    ("it is who was meant", is_meant),
    ("freshly enough", is_fresh),
    ("well enough", is_proven),
    ("a member somewhere", is_member),
    ("who consented", has_consented),
];

/// Runs the table.
pub fn next(sitting: &Sitting<'_>) -> Next {
    for (_, check) in CHECKS {
        match check(sitting) {
            None => {}
            Some((Step::Ask(ask), _)) if !sitting.request.prompt.none => return Next::Ask(ask),
            Some((Step::Ask(_), code)) => return Next::Refuse(code.because("this needs the person, and prompt=none forbids to ask")),
            Some((Step::Refuse(description), code)) => return Next::Refuse(code.because(description)),
        }
    }
    match remembered(sitting) {
        Some(membership) => Next::Authorise(membership),
        None => Next::Ask(Ask::Consent(possible_memberships(sitting.client, sitting.signed_in))),
    }
}

fn is_signed_in(sitting: &Sitting<'_>) -> Option<(Step, ErrorCode)> {
    sitting.signed_in.is_none().then_some((Step::Ask(Ask::SignIn { again: false }), ErrorCode::LoginRequired))
}

/// OpenID Connect Core section 3.1.2.1, `id_token_hint`. Who signed in anew and is somebody else all the same is not asked for ever.
fn is_meant(sitting: &Sitting<'_>) -> Option<(Step, ErrorCode)> {
    let (hinted, signed_in) = (sitting.request.hinted.as_ref()?, sitting.signed_in?);
    if signed_in.person.id.to_string() == *hinted {
        return None;
    }
    let step = if has_signed_in_since(sitting) {
        Step::Refuse("somebody else than id_token_hint names has signed in")
    } else {
        Step::Ask(Ask::SignIn { again: true })
    };
    Some((step, ErrorCode::LoginRequired))
}

/// `prompt=login` and `max_age`.
fn is_fresh(sitting: &Sitting<'_>) -> Option<(Step, ErrorCode)> {
    let auth_time = sitting.signed_in?.session.auth_time;
    let is_over = |max_age: u32| auth_time.saturating_add(Duration::from_secs(max_age.into())) < sitting.now;
    // Nobody can have signed in within the last no seconds, but for this request.
    let is_stale = sitting.request.max_age.is_some_and(|max_age| max_age == 0 || is_over(max_age));
    let must = (sitting.request.prompt.login || is_stale) && !has_signed_in_since(sitting);
    must.then_some((Step::Ask(Ask::SignIn { again: true }), ErrorCode::LoginRequired))
}

fn has_signed_in_since(sitting: &Sitting<'_>) -> bool {
    let signed_in = sitting.signed_in.zip(sitting.since);
    signed_in.is_some_and(|(signed_in, since)| signed_in.session.auth_time >= since)
}

/// `acr_values` are a wish (OpenID Connect Core section 5.5.1.1), but not of a client of the government
/// (NL GOV Assurance profile for OAuth 2.0 section 4.1). Where two means are wished for, whoever has a second one is asked once.
fn is_proven(sitting: &Sitting<'_>) -> Option<(Step, ErrorCode)> {
    let (method, asked) = (sitting.signed_in?.session.method, &sitting.request.acr_values);
    if asked.is_empty() || asked.iter().any(|acr| method.reaches(acr)) {
        return None;
    }
    let can_do_better = asked.iter().any(|acr| acr == TWO_MEANS) && !has_signed_in_since(sitting);
    let is_binding = sitting.client.definition.profile == Profile::Nlgov;
    if sitting.request.prompt.none && !is_binding {
        return None;
    }
    let step = match (can_do_better, is_binding) {
        // Nobody is asked in vain: who signed in with one means has no other, or has got it since.
        (true, _) if sitting.has_second_factor => Step::Ask(Ask::SignIn { again: true }),
        (_, true) => Step::Refuse("none of acr_values is reached here"),
        (_, false) => return None,
    };
    Some((step, ErrorCode::UnmetAuthenticationRequirements))
}

fn is_member(sitting: &Sitting<'_>) -> Option<(Step, ErrorCode)> {
    let signed_in = sitting.signed_in?;
    let description = match signed_in.withheld.is_empty() {
        true => "the person is a member of no organisation",
        false => "the person's organisation asks for a second factor, which they have not set up",
    };
    signed_in.memberships.is_empty().then_some((Step::Refuse(description), ErrorCode::AccessDenied))
}

fn has_consented(sitting: &Sitting<'_>) -> Option<(Step, ErrorCode)> {
    let must_ask = sitting.request.prompt.consent || sitting.request.prompt.select_account || remembered(sitting).is_none();
    if !must_ask {
        return None;
    }
    let possible = possible_memberships(sitting.client, sitting.signed_in);
    let code = if possible.len() > 1 { ErrorCode::AccountSelectionRequired } else { ErrorCode::ConsentRequired };
    Some((Step::Ask(Ask::Consent(possible)), code))
}

/// The memberships through which the person may authorise the client: in the client's own organisation, where there is one.
pub fn possible_memberships(client: &Client, signed_in: Option<&SignedInPerson>) -> Vec<MembershipId> {
    let memberships: &[Membership] = signed_in.map_or(&[], |signed_in| &signed_in.memberships);
    match memberships.iter().find(|membership| Some(membership.organisation) == client.organisation) {
        Some(own) => vec![own.id],
        None => memberships.iter().map(|membership| membership.id).collect(),
    }
}

/// The one membership through which all of this was consented to before. Of a client that anybody can pretend to be, an earlier
/// consent says nothing (RFC 8252 section 8.6): a public one whose address is not its own on the web.
fn remembered(sitting: &Sitting<'_>) -> Option<MembershipId> {
    let anybodys = !sitting.client.definition.is_confidential() && !sitting.request.redirect_uri.starts_with("https://");
    if anybodys {
        return None;
    }
    let (names, possible) = (sitting.request.scope.names(), possible_memberships(sitting.client, sitting.signed_in));
    let covers = |grant: &&Grant| {
        possible.contains(&grant.membership) && names.iter().all(|name| grant.scopes.iter().any(|granted| granted == name))
    };
    let mut covering = sitting.grants.iter().filter(covers).map(|grant| grant.membership);
    let first = covering.next()?;
    covering.next().is_none().then_some(first)
}
