//! `/activity/why`: why a request was refused, by the number on its answer, for those who may know.

mod texts;

use askama::Template;
use authority::{Caller, DecidedBy, Decision, Error, Explanation, PersonCaller};
use domain::RequestId;
use domain::refused_request::Outcome;
use texts::Text;

use super::moment::Moment;
use super::page::Frame;
use super::visit::{Answer, Visit};
use crate::why;

#[derive(Template)]
#[template(path = "console/why/why.html")]
struct View {
    frame: Frame,
    id: String,
    told: Told,
}

/// What is told about the number in the form.
enum Told {
    Nothing,
    Problem(&'static str),
    Refused(Box<Story>),
}

struct Story {
    title: &'static str,
    story: &'static str,
    todo: &'static str,
    changed: Option<String>,
    steps: Vec<Line>,
    facts: Vec<(&'static str, String)>,
    code: &'static str,
    status: u16,
}

/// A step of the check.
struct Line {
    icon: &'static str,
    tone: &'static str,
    question: &'static str,
    outcome: &'static str,
}

pub(super) async fn show(visit: Visit) -> Answer {
    let id = visit.query.text("id").trim().to_owned();
    let told = match (id.as_str(), id.parse::<RequestId>()) {
        ("", _) => Told::Nothing,
        (_, Err(_)) => Told::Problem(visit.say(Text::NoNumber)),
        (_, Ok(request)) => match explain(&visit, request).await {
            Ok(explanation) => Told::Refused(Box::new(Story::new(&visit, explanation))),
            Err(Error::NotFound) => Told::Problem(visit.say(Text::Unknown)),
            Err(error) => return Err(visit.refused(&error)),
        },
    };
    visit.page(&View { frame: Frame::of(&visit, visit.say(Text::Title)), id, told })
}

/// Asks for the person, and for them as a member of each of their organisations: one of these may know.
async fn explain(visit: &Visit, request: RequestId) -> Result<Explanation, Error> {
    let person = visit.person();
    let members = person.memberships.iter().map(|membership| PersonCaller::member(person, membership));
    let callers = std::iter::once(PersonCaller::signed_in(person)).chain(members).map(Caller::Person).collect();
    visit.authority().explain(request, callers, visit.browser.context().address.as_deref()).await
}

impl Story {
    fn new(visit: &Visit, explanation: Explanation) -> Self {
        let language = visit.browser.language;
        let Explanation { refused, credential_label, organisation_name, delegation, decision, .. } = explanation;
        let words = why::words(refused.cause, language);
        let steps = refused.steps().into_iter().map(|(step, outcome)| {
            let (icon, tone) = match outcome {
                Outcome::Passed => ("yes", "good"),
                Outcome::Failed => ("no", "bad"),
                Outcome::NotReached => ("", "soft"),
            };
            Line { icon, tone, question: why::question(step, language), outcome: why::outcome(outcome, language) }
        });
        let steps = steps.collect();
        let asked = refused.asked.map(|(method, path)| format!("{method} {path}"));
        let asked = [refused.api, asked].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let facts = [
            (Text::At, Some(Moment::at(refused.at, language).text)),
            (Text::Asked, Some(asked).filter(|asked| !asked.is_empty())),
            (Text::Flow, refused.flow.map(|flow| flow.name().to_owned())),
            (Text::Answer, refused.answer),
            (Text::Permission, refused.permission),
            (Text::Workspace, refused.workspace),
            (Text::Credential, credential_label),
            (Text::Organisation, organisation_name),
            (Text::Delegation, delegation),
            (Text::Reason, decision.as_ref().and_then(|decision| decision.reason.clone())),
            (Text::From, refused.address.map(|address| address.to_string())),
        ];
        Self {
            title: words.title,
            story: words.story,
            todo: words.todo,
            changed: decision.map(|decision| changed(visit, &decision)),
            steps,
            facts: facts.into_iter().filter_map(|(name, value)| Some((visit.say(name), value?))).collect(),
            code: refused.cause.code(),
            status: refused.cause.status(),
        }
    }
}

/// Who changed it and when, in a sentence.
fn changed(visit: &Visit, decision: &Decision) -> String {
    let by = match &decision.by {
        Some(DecidedBy::Person(name) | DecidedBy::Organisation(name)) => name.as_str(),
        Some(DecidedBy::Operator) => visit.say(Text::ByOperator),
        Some(DecidedBy::Client) => visit.say(Text::ByClient),
        Some(DecidedBy::Server) => visit.say(Text::ByServer),
        None => visit.say(Text::BySomebody),
    };
    let at = Moment::at(decision.at, visit.browser.language).text;
    visit.fill(Text::Changed, &[("by", by), ("at", &at)])
}
