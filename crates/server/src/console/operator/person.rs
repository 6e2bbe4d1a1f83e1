//! `/operator/people/{person}`: what an operator sees of a person, and can do for them: each with a reason.

use authority::{Error, Page};
use axum::response::Response;
use domain::PersonId;
use domain::person::Person;
use http::StatusCode;

use super::ask::{self, Ask};
use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::console::failure::{self, Failure};
use crate::console::form::Form;
use crate::console::member;
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// As many tokens are counted.
const TOKENS: Page = Page { after: None, limit: domain::personal_token::MAX_TOKENS_OF_PERSON as u32 };

/// Something that an operator can do for a person, or to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    SignOut,
    RemoveFactors,
    Suspend,
    Resume,
    Appoint,
    Dismiss,
}

/// What is said of a deed: its name in paths, the button, the question, what happens, and what was done.
struct Said {
    deed: Deed,
    name: &'static str,
    button: Text,
    question: Text,
    effect: Text,
    done: Text,
}

#[rustfmt::skip]
const DEEDS: [Said; 6] = [
    Said { deed: Deed::SignOut, name: "sign-out", button: Text::SignOut, question: Text::SignOutQuestion, effect: Text::SignOutEffect, done: Text::SignOutDone },
    Said { deed: Deed::RemoveFactors, name: "remove-second-factors", button: Text::Factors, question: Text::FactorsQuestion, effect: Text::FactorsEffect, done: Text::FactorsDone },
    Said { deed: Deed::Suspend, name: "suspend", button: Text::Suspend, question: Text::SuspendPersonQuestion, effect: Text::SuspendPersonEffect, done: Text::SuspendPersonDone },
    Said { deed: Deed::Resume, name: "resume", button: Text::Resume, question: Text::ResumePersonQuestion, effect: Text::ResumePersonEffect, done: Text::ResumePersonDone },
    Said { deed: Deed::Appoint, name: "appoint", button: Text::Appoint, question: Text::AppointQuestion, effect: Text::AppointEffect, done: Text::AppointDone },
    Said { deed: Deed::Dismiss, name: "dismiss", button: Text::Dismiss, question: Text::DismissQuestion, effect: Text::DismissEffect, done: Text::DismissDone },
];

/// What is known of somebody.
struct Known {
    person: Person,
    has_factor: bool,
    sessions: usize,
    tokens: usize,
    is_operator: bool,
    is_self: bool,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let known = known(&visit).await?;
    let deeds = DEEDS.iter().filter(|said| known.allows(said.deed));
    let links = deeds.map(|said| Link::new(visit.to(&format!("{}/{}", path(known.person.id), said.name)), visit.say(said.button)));
    let trail = [("/operator/people", visit.say(crate::console::Text::People))];
    let sheet = Sheet {
        about: visit.say(Text::PersonAbout).to_owned(),
        facts: known.facts(&visit),
        tables: vec![memberships(&visit, known.person.id).await?],
        links: links.collect(),
        ..Sheet::of(Frame::below(&visit, known.name(&visit), &trail))
    };
    sheet.show(&visit)
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    let known = known(&visit).await?;
    let said = said(&visit, &known)?;
    let form = Form::new(&visit, &[]);
    visit.page(&page(&visit, &known, said, form))
}

pub(in crate::console) async fn act(visit: Visit) -> Answer {
    let known = known(&visit).await?;
    let said = said(&visit, &known)?;
    let mut form = Form::new(&visit, &[]);
    let Some(context) = ask::context(&visit, &mut form) else { return visit.again(&page(&visit, &known, said, form)) };
    let (authority, id) = (visit.authority(), known.person.id);
    let done = match said.deed {
        Deed::SignOut => authority.end_sessions(&context, id, authority::Which::All).await.map(drop),
        Deed::RemoveFactors => authority.remove_second_factors(&context, id).await.map(drop),
        Deed::Suspend => authority.suspend_person(&context, id, true).await.map(drop),
        Deed::Resume => authority.suspend_person(&context, id, false).await.map(drop),
        Deed::Appoint => authority.appoint_operator(&context, id).await.map(drop),
        Deed::Dismiss => authority.dismiss_operator(&context, id).await.map(drop),
    };
    match done {
        // Whoever does it to themselves has signed out, or finds no such page any more.
        Ok(()) if known.is_self => visit.onward("/profile", Some(&visit.fill(said.done, &[("name", &known.name(&visit))]))),
        Ok(()) => visit.onward(&path(id), Some(&visit.fill(said.done, &[("name", &known.name(&visit))]))),
        Err(Error::Conflict { code: "last_operator", .. }) => {
            let (story, again) = (visit.say(Text::LastOperator), visit.to("/operator/people"));
            Ok(failure::page(&visit.browser, Failure { status: StatusCode::CONFLICT, story, detail: None, again: Some(&again) }))
        }
        Err(error) => Err(visit.refused(&error)),
    }
}

/// A person's path, without the language.
pub(super) fn path(id: PersonId) -> String {
    format!("/operator/people/{id}")
}

/// Whether they may sign in.
pub(super) fn status(visit: &Visit, person: &Person) -> Cell {
    match person.suspended_at {
        Some(at) => Cell::warn(visit.fill(Text::SuspendedSince, &[("day", &Moment::day(at, visit.browser.language).text)])),
        None => Cell::good(visit.say(Text::Works)),
    }
}

impl Known {
    fn name(&self, visit: &Visit) -> String {
        self.person.name.clone().map_or_else(|| visit.say(Text::Erased).to_owned(), String::from)
    }

    fn allows(&self, deed: Deed) -> bool {
        let (is_live, is_suspended) = (self.person.erased_at.is_none(), self.person.suspended_at.is_some());
        is_live
            && match deed {
                Deed::SignOut => self.sessions > 0,
                Deed::RemoveFactors => self.has_factor,
                // Whoever suspends themselves could not undo it.
                Deed::Suspend => !is_suspended && !self.is_self,
                Deed::Resume => is_suspended,
                Deed::Appoint => !self.is_operator && !is_suspended,
                Deed::Dismiss => self.is_operator,
            }
    }

    fn facts(&self, visit: &Visit) -> Vec<(String, Cell)> {
        let fact = |name: Text, value: Cell| (visit.say(name).to_owned(), value);
        let yes = |is: bool| Cell::text(visit.say(if is { Text::Yes } else { Text::No }));
        let proven = visit.say(if self.person.email_verified { Text::Proven } else { Text::Unproven });
        vec![
            fact(Text::Status, status(visit, &self.person)),
            fact(Text::Email, Cell::maybe(self.person.email.clone().map(String::from)).small(proven)),
            fact(Text::SecondFactor, yes(self.has_factor)),
            fact(Text::Sessions, Cell::text(self.sessions.to_string())),
            fact(Text::MembersTokensCount, Cell::text(self.tokens.to_string())),
            fact(Text::RunsServer, yes(self.is_operator)),
            fact(Text::Since, Cell::moment(Moment::day(self.person.created_at, visit.browser.language))),
            fact(Text::Id, Cell::code(self.person.id.to_string())),
        ]
    }
}

async fn known(visit: &Visit) -> Result<Known, Response> {
    let (id, caller, authority): (PersonId, _, _) = (visit.parameter("person")?, visit.caller(), visit.authority());
    let refused = |error: Error| visit.refused(&error);
    Ok(Known {
        person: authority.person(&caller, id).await.map_err(refused)?,
        has_factor: authority.has_second_factor(id).await.map_err(refused)?,
        sessions: authority.sessions_of(id, visit.browser.now, visit.console.limits()).await.map_err(refused)?.len(),
        tokens: authority.tokens_of(&caller, id, TOKENS).await.map_err(refused)?.len(),
        is_self: id == visit.person().person.id,
        is_operator: authority.operators(&caller).await.map_err(refused)?.iter().any(|operator| operator.person.id == id),
    })
}

fn said(visit: &Visit, known: &Known) -> Result<&'static Said, Response> {
    let name: String = visit.parameter("deed")?;
    let said = DEEDS.iter().find(|said| said.name == name && known.allows(said.deed));
    said.ok_or_else(|| failure::not_found(&visit.browser))
}

fn page(visit: &Visit, known: &Known, said: &Said, form: Form) -> Ask {
    let (back, name) = (path(known.person.id), known.name(visit));
    Ask {
        frame: Frame::below(
            visit,
            visit.fill(said.question, &[("name", &name)]),
            &[("/operator/people", visit.say(crate::console::Text::People)), (&back, &name)],
        ),
        facts: known.facts(visit),
        effect: visit.say(said.effect).to_owned(),
        reason: visit.say(Text::ReasonPersonHelp).to_owned(),
        yes: visit.say(said.button).to_owned(),
        no: Link::new(visit.to(&back), visit.say(crate::console::Text::Cancel)),
        ends: !matches!(said.deed, Deed::Resume | Deed::Appoint),
        form,
    }
}

async fn memberships(visit: &Visit, id: PersonId) -> Result<Table, Response> {
    let read = visit.authority().memberships(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    let mut rows = Vec::new();
    for membership in read {
        let organisation = visit.authority().organisation(&visit.caller(), membership.organisation).await;
        let organisation = organisation.map_err(|error| visit.refused(&error))?;
        let address = visit.to(&super::organisation::path(&organisation));
        rows.push(vec![
            Cell::link(address, organisation.name.as_str()),
            Cell::text(member::roles_in_words(visit, membership.roles)),
            Cell::moment(Moment::day(membership.created_at, visit.browser.language)),
        ]);
    }
    Ok(Table {
        heading: visit.say(Text::MemberOf).to_owned(),
        about: String::new(),
        heads: [Text::Name, Text::Roles, Text::Since].map(|head| visit.say(head).to_owned()).to_vec(),
        rows,
        nothing: visit.say(Text::Nothing).to_owned(),
        next: None,
    })
}
