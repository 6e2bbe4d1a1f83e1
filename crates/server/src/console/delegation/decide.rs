//! What either side decides about a delegation: `…/accept`, `…/decline`, `…/pause`, `…/resume`, and `…/keep`, which takes an announced
//! closing back.

use askama::Template;
use authority::{DelegationUpdate, DelegationView, Error, Side};
use axum::response::Response;
use domain::delegation::DelegationState;
use domain::text::Reason;

use super::fields::one_line;
use super::texts::Text;
use super::{address, found, is_over, leads, links, project, trail};
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// A thing that can be decided.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Accept,
    Decline,
    Pause,
    Resume,
    Keep,
}

/// What is said of each: the last part of its path, the question, what happens then, the button, and what is said after it.
const WORDS: [(Deed, &str, Text, Text, Text, Text); 5] = [
    (Deed::Accept, "accept", Text::AcceptQuestion, Text::AcceptEffect, Text::AcceptIt, Text::Accepted),
    (Deed::Decline, "decline", Text::DeclineQuestion, Text::DeclineEffect, Text::DeclineIt, Text::Declined),
    (Deed::Pause, "pause", Text::PauseQuestion, Text::PauseEffect, Text::PauseIt, Text::PausedNow),
    (Deed::Resume, "resume", Text::ResumeQuestion, Text::ResumeEffect, Text::ResumeIt, Text::Resumed),
    (Deed::Keep, "keep", Text::KeepQuestion, Text::KeepEffect, Text::KeepIt, Text::Kept),
];

#[derive(Template)]
#[template(path = "console/delegation/decide.html")]
struct View {
    frame: Frame,
    form: Form,
    facts: Vec<(&'static str, String)>,
    effect: String,
    asks_why: bool,
    stops: bool,
    yes: &'static str,
    back: String,
}

/// What the member may decide about it now, with the address of each.
pub(super) fn open_to(visit: &Visit, view: &DelegationView) -> Vec<Link> {
    let address = address(visit, view.delegation.id);
    let link = |(_, path, .., yes, _): &(Deed, &str, Text, Text, Text, Text)| Link::new(format!("{address}/{path}"), visit.say(*yes));
    WORDS.iter().filter(|(deed, ..)| may(visit, view, *deed)).map(link).collect()
}

/// The page on which it is paused, where the member may do that now: for whoever would close it, and wants less.
pub(super) fn pause(visit: &Visit, view: &DelegationView) -> Option<String> {
    may(visit, view, Deed::Pause).then(|| format!("{}/pause", address(visit, view.delegation.id)))
}

fn may(visit: &Visit, view: &DelegationView, deed: Deed) -> bool {
    let delegation = &view.delegation;
    let side = if matches!(deed, Deed::Accept | Deed::Decline) { Side::Receiver } else { Side::Giver };
    let fits = match deed {
        Deed::Accept | Deed::Decline => delegation.accepted_at.is_none(),
        Deed::Pause => delegation.accepted_at.is_some() && delegation.paused_at.is_none(),
        Deed::Resume => delegation.paused_at.is_some(),
        Deed::Keep => delegation.closing_announced && view.state != DelegationState::Closed,
    };
    leads(visit) && view.side == side && fits && !is_over(view)
}

/// The deed that the path names, and the delegation; nothing where it cannot be done to it now.
async fn asked(visit: &Visit) -> Result<(Deed, DelegationView, bool), Response> {
    let view = found(visit).await?;
    let last = visit.path.rsplit('/').next().unwrap_or_default();
    let deed = WORDS.iter().find(|(_, path, ..)| *path == last).map_or(Deed::Accept, |(deed, ..)| *deed);
    let may = may(visit, &view, deed);
    Ok((deed, view, may))
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (deed, delegation, may) = asked(&visit).await?;
    if !may {
        return visit.onward(&path(&visit, &delegation), Some(visit.say(Text::NotNow)));
    }
    visit.page(&view(&visit, Form::new(&visit, &[]), deed, &delegation))
}

pub(in crate::console) async fn decide(visit: Visit) -> Answer {
    let (deed, delegation, may) = asked(&visit).await?;
    let back = path(&visit, &delegation);
    if !may {
        return visit.onward(&back, Some(visit.say(Text::NotNow)));
    }
    let mut form = Form::new(&visit, &[]);
    let reason = one_line(form.value("reason"));
    let reason = if reason.is_empty() { None } else { form.take("reason", Reason::new(&reason), visit.say(Text::ReasonWrong)) };
    if !form.is_good() {
        return visit.again(&view(&visit, form, deed, &delegation));
    }
    match carry_out(&visit, deed, &delegation, reason).await {
        Ok(()) => {
            let said = WORDS.iter().find(|(known, ..)| *known == deed).map_or(Text::NotNow, |(.., said)| *said);
            visit.onward(&back, Some(&visit.fill(said, &[("organisation", other(&delegation))])))
        }
        // Somebody else was faster.
        Err(Error::Conflict { .. } | Error::Stale) => visit.onward(&back, Some(visit.say(Text::NotNow))),
        Err(error) => Err(visit.refused(&error)),
    }
}

async fn carry_out(visit: &Visit, deed: Deed, view: &DelegationView, reason: Option<Reason>) -> Result<(), Error> {
    let (authority, context, id) = (visit.authority(), visit.context(), view.delegation.id);
    let done = match deed {
        Deed::Accept => authority.accept_delegation(&context, id).await,
        Deed::Decline => authority.decline_delegation(&context, id, reason).await,
        Deed::Pause => authority.pause_delegation(&context, id, Some(reason)).await,
        Deed::Resume => authority.pause_delegation(&context, id, None).await,
        Deed::Keep => {
            // What it passes on may end it all the same.
            let ends_at = above_ends(visit, view).await?;
            let update = DelegationUpdate { ends_at: Some(ends_at), ..DelegationUpdate::default() };
            authority.update_delegation(&context, id, update).await
        }
    };
    done.map(drop)
}

/// The end of what it passes on, which no end of it can be later than.
async fn above_ends(visit: &Visit, view: &DelegationView) -> Result<Option<domain::Timestamp>, Error> {
    let Some(parent) = view.delegation.parent else { return Ok(None) };
    Ok(visit.authority().delegation(&visit.caller(), parent, visit.browser.now).await?.not_after)
}

fn path(visit: &Visit, view: &DelegationView) -> String {
    visit.at(&format!("/delegations/{}", view.delegation.id))
}

/// The other side, as whoever decides sees it.
fn other(view: &DelegationView) -> &str {
    if view.side == Side::Receiver { view.from_name.as_str() } else { view.to_name.as_str() }
}

fn view(visit: &Visit, form: Form, deed: Deed, view: &DelegationView) -> View {
    let words = WORDS.iter().find(|(known, ..)| *known == deed);
    let (question, effect, yes) =
        words.map_or((Text::NotNow, Text::NotNow, Text::NotNow), |(_, _, question, effect, yes, _)| (*question, *effect, *yes));
    let trail = trail(visit, view);
    let until = view.not_after.map(|at| Moment::at(at, visit.browser.language).text);
    let facts = [
        (Text::Project, Some(project(view))),
        (Text::Description, Some(view.delegation.description.to_string())),
        (Text::Until, Some(until.unwrap_or_else(|| visit.say(Text::NoEnd).to_owned()))),
    ];
    View {
        frame: Frame::below(visit, visit.fill(question, &[("organisation", other(view))]), &links(&trail)),
        form,
        facts: facts.into_iter().filter_map(|(name, value)| Some((visit.say(name), value?))).collect(),
        effect: visit.fill(effect, &[("organisation", other(view))]),
        asks_why: matches!(deed, Deed::Decline | Deed::Pause),
        stops: matches!(deed, Deed::Decline | Deed::Pause),
        yes: visit.say(yes),
        back: address(visit, view.delegation.id),
    }
}
