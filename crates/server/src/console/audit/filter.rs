//! What of a log is wanted, as the page's query says it.

use authority::{AuditOf, AuditQuery};
use domain::{PersonId, Sequence, Timestamp};

use crate::audit::ACTIONS;
use crate::console::moment;
use crate::console::visit::Visit;
use crate::outbound::encoded;

/// As many lines are on a page.
const LINES: u32 = 50;
/// The same of the whole log, whose actions to choose from are all there are: a page stays small.
const LINES_OF_ALL: u32 = 20;

/// What of a log is wanted. What cannot be read is not asked for.
pub(super) struct Filter {
    action: Option<String>,
    person: Option<PersonId>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<(Timestamp, Sequence)>,
    written: Vec<(&'static str, String)>,
}

impl Filter {
    pub(super) fn read(visit: &Visit) -> Self {
        let text = |name| visit.query.text(name).trim();
        let action = ACTIONS.iter().map(|(action, _)| *action).find(|action| *action == text("action"));
        let person: Option<PersonId> = text("person").parse().ok();
        let (from, until) = (moment::start_of_written(text("from")), moment::end_of_written(text("until")));
        let given = |name, is_given: bool| (name, if is_given { text(name).to_owned() } else { String::new() });
        let written = vec![
            given("action", action.is_some()),
            given("person", person.is_some()),
            given("from", from.is_some()),
            given("until", until.is_some()),
        ];
        Self {
            action: action.map(str::to_owned),
            person,
            from,
            // The last second of the day is among them.
            until: until.map(|last| Timestamp::from_unix_seconds(last.unix_seconds() + 1)),
            after: place(text("after")),
            written,
        }
    }

    /// What is asked of the use case.
    pub(super) fn query(&self, of: AuditOf) -> AuditQuery {
        let Self { action, person, from, until, after, .. } = self;
        let limit = if of == AuditOf::Installation { LINES_OF_ALL } else { LINES };
        AuditQuery { of, action: action.clone(), person: *person, from: *from, until: *until, after: *after, limit }
    }

    /// Whether it leaves anything out.
    pub(super) fn is_narrow(&self) -> bool {
        self.written.iter().any(|(_, value)| !value.is_empty())
    }

    /// The query of a link that asks for the same, and for this.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let given: Vec<(&str, &str)> =
            self.written.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str())).collect();
        let pairs: Vec<(&str, &str)> = given.into_iter().chain([(name, value)]).collect();
        encoded(&pairs)
    }
}

/// A place in a log, as links write it.
pub(super) fn written((at, sequence): (Timestamp, Sequence)) -> String {
    format!("{}-{}", at.unix_microseconds(), sequence.0)
}

fn place(text: &str) -> Option<(Timestamp, Sequence)> {
    let (at, sequence) = text.split_once('-')?;
    Some((Timestamp::from_unix_microseconds(at.parse().ok()?), Sequence(sequence.parse().ok()?)))
}
