//! Query parameters: those that a route knows, each at most once.

use std::str::FromStr;

use domain::Timestamp;
use domain::day::{Day, InvalidDay};
use domain::delegation::DelegationState;
use domain::event::Sequence;
use domain::refusal::Refusal;
use domain::text::Email;
use domain::workspace::WorkspaceNumber;
use http::Uri;
use serde_json::{Value, json};

use super::answer::Listed;
use super::cursor;
use crate::edge::{Code, Problem};

/// How many items a page has where the caller does not say.
const DEFAULT_LIMIT: u32 = 50;
/// The most items of a page.
const MAX_LIMIT: u32 = 200;

/// A query parameter, as the document describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// How many items at most.
    Limit,
    /// Where an earlier page ended.
    Cursor,
    /// Only of this organisation.
    Organisation,
    /// Only of this person.
    Person,
    /// Only the person with this mail address.
    Email,
    /// Only about the thing with this id.
    About,
    /// Only after this place in the journal.
    After,
    /// Only the workspace with this number.
    Number,
    /// Only for this workspace.
    Workspace,
    /// Only given by this organisation.
    From,
    /// Only given to this organisation.
    To,
    /// Only in this state.
    State,
    /// Only with this action.
    Action,
    /// Only from this moment on.
    Since,
    /// Only before this moment.
    Until,
    /// Only by this credential.
    Credential,
    /// Only what was refused for this reason.
    Reason,
    /// Only of this API.
    Api,
    /// Not before this day.
    FirstDay,
    /// Not after this day.
    LastDay,
}

/// The states of delegations by their names.
const STATES: [(&str, DelegationState); 6] = [
    ("invited", DelegationState::Invited),
    ("open", DelegationState::Open),
    ("paused", DelegationState::Paused),
    ("closing", DelegationState::Closing),
    ("ended", DelegationState::Ended),
    ("closed", DelegationState::Closed),
];

/// None.
pub(super) const NONE: &[Parameter] = &[];
/// Those of every list.
pub(super) const PAGE: &[Parameter] = &[Parameter::Limit, Parameter::Cursor];
/// Those of the list of people.
pub(super) const PEOPLE: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::Organisation, Parameter::Email];
/// Those of the list of tokens.
pub(super) const TOKENS: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::Organisation, Parameter::Person];
/// Those of the list of workspaces.
pub(super) const WORKSPACES: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::Organisation, Parameter::Number];
/// Those of the list of organisation tokens.
pub(super) const ORGANISATION_TOKENS: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::Organisation];
/// Those of the list of organisation keys.
pub(super) const ORGANISATION_KEYS: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::Organisation, Parameter::Workspace];
/// Those of the list of delegations.
pub(super) const DELEGATIONS: &[Parameter] =
    &[Parameter::Limit, Parameter::Cursor, Parameter::Workspace, Parameter::From, Parameter::To, Parameter::State];
/// Those of what credentials did.
pub(super) const USAGE: &[Parameter] =
    &[Parameter::FirstDay, Parameter::LastDay, Parameter::Credential, Parameter::Workspace, Parameter::Reason];
/// Those of the list of announcements.
pub(super) const ANNOUNCEMENTS: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::Api];
/// Those of the journal.
pub(super) const AUDIT: &[Parameter] = &[Parameter::Limit, Parameter::Cursor, Parameter::About, Parameter::After];

/// Those of an organisation's audit log.
pub(super) const AUDIT_LOG: &[Parameter] =
    &[Parameter::Limit, Parameter::Cursor, Parameter::Action, Parameter::Person, Parameter::Since, Parameter::Until];

impl Parameter {
    /// Its name in the query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Cursor => "cursor",
            Self::Organisation => "organisation",
            Self::Person => "person",
            Self::Email => "email",
            Self::About => "about",
            Self::After => "after",
            Self::Number => "number",
            Self::Workspace => "workspace",
            Self::From => "from",
            Self::To => "to",
            Self::State => "state",
            Self::Action => "action",
            Self::Since => "since",
            Self::Until => "until",
            Self::Credential => "credential",
            Self::Reason => "reason",
            Self::Api => "api",
            Self::FirstDay => "from",
            Self::LastDay => "to",
        }
    }

    /// Its entry in the OpenAPI document.
    pub fn document(self) -> Value {
        let id = json!({"type": "string", "format": "uuid"});
        let day = json!({"type": "string", "format": "date"});
        let (description, schema) = match self {
            Self::Limit => {
                ("How many items at most.", json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}))
            }
            Self::Cursor => (
                "The `next_cursor` of the page before; for the same list, filters and caller only.",
                json!({"type": "string", "maxLength": 100}),
            ),
            Self::Organisation => ("Only what belongs to this organisation.", id),
            Self::Person => ("Only what belongs to this person; in audit logs, only what they did.", id),
            Self::Action => ("Only with this action, such as `token.created`.", json!({"type": "string", "maxLength": 40})),
            Self::Since => ("Only from this moment on.", json!({"type": "string", "format": "date-time"})),
            Self::Until => ("Only before this moment.", json!({"type": "string", "format": "date-time"})),
            Self::Email => ("Only the person with this mail address; for operators.", json!({"type": "string", "maxLength": 254})),
            Self::About => ("Only what concerns the thing with this id.", id),
            Self::Number => ("Only the workspace with this number.", json!({"type": "string", "maxLength": 40})),
            Self::Workspace => ("Only for this workspace.", id),
            Self::From => ("Only what this organisation gives.", id),
            Self::To => ("Only what this organisation gets.", id),
            Self::State => ("Only those in this state.", json!({"type": "string", "enum": STATES.map(|(name, _)| name)})),
            Self::Credential => ("Only what this credential did.", id),
            Self::Reason => (
                "Only what was refused for this reason.",
                json!({"type": "string", "enum": Refusal::ALL.iter().map(|one| one.code()).collect::<Vec<_>>()}),
            ),
            Self::Api => ("Only of the API with this name.", json!({"type": "string", "maxLength": 40})),
            Self::FirstDay => {
                ("The first day, a day of the Netherlands; 13 days before the last one unless said, 400 days ago at most.", day)
            }
            Self::LastDay => ("The last day, included; today unless said.", day),
            Self::After => ("Only entries after this sequence.", json!({"type": "integer", "format": "int64", "minimum": 0})),
        };
        json!({"name": self.name(), "in": "query", "required": false, "description": description, "schema": schema})
    }
}

/// The parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query; refuses parameters that the route does not know or that stand twice.
    pub(super) fn read(uri: &Uri, known: &[Parameter]) -> Result<Self, Problem> {
        let Ok(axum::extract::Query(pairs)) = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri) else {
            return Err(Problem::new(Code::InvalidParameter).detail("the query cannot be read"));
        };
        for (place, (name, _)) in pairs.iter().enumerate() {
            if !known.iter().any(|parameter| parameter.name() == name) {
                let names: Vec<&str> = known.iter().map(|parameter| parameter.name()).collect();
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                return Err(
                    Problem::new(Code::InvalidParameter).detail(format!("there is an unknown query parameter; known here: {known}"))
                );
            }
            if pairs[..place].iter().any(|(earlier, _)| earlier == name) {
                return Err(invalid(name, "stands twice"));
            }
        }
        Ok(Self(pairs))
    }

    fn text(&self, parameter: Parameter) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == parameter.name()).map(|(_, value)| value.as_str())
    }

    /// An id, if given.
    pub(super) fn id<T: FromStr>(&self, parameter: Parameter) -> Result<Option<T>, Problem> {
        self.text(parameter).map(|text| text.parse().map_err(|_| invalid(parameter.name(), "must be an id"))).transpose()
    }

    /// A mail address, if given.
    pub(super) fn email(&self) -> Result<Option<Email>, Problem> {
        self.text(Parameter::Email).map(|text| Email::new(text).map_err(|problem| invalid("email", &problem.to_string()))).transpose()
    }

    /// A workspace's number, if given.
    pub(super) fn number(&self) -> Result<Option<WorkspaceNumber>, Problem> {
        let read = |text: &str| WorkspaceNumber::new(text).map_err(|problem| invalid("number", &problem.to_string()));
        self.text(Parameter::Number).map(read).transpose()
    }

    /// The name of an API, if given; that there is none with it is no mistake.
    pub(super) fn api(&self) -> Result<Option<String>, Problem> {
        let is_name = domain::permission::is_slug;
        let read = |text: &str| if is_name(text) { Ok(text.to_owned()) } else { Err(invalid("api", "is not the name of an API")) };
        self.text(Parameter::Api).map(read).transpose()
    }

    /// A delegation's state, if given.
    pub(super) fn state(&self) -> Result<Option<DelegationState>, Problem> {
        let read = |text: &str| STATES.iter().find(|(name, _)| *name == text).map(|(_, state)| *state);
        self.text(Parameter::State).map(|text| read(text).ok_or_else(|| invalid("state", "is not a state of delegations"))).transpose()
    }

    /// An action of audit logs, if given.
    pub(super) fn action(&self) -> Result<Option<String>, Problem> {
        let known = |text: &str| crate::audit::ACTIONS.iter().any(|(action, _)| *action == text);
        let read = |text: &str| if known(text) { Ok(text.to_owned()) } else { Err(invalid("action", "is not an action of audit logs")) };
        self.text(Parameter::Action).map(read).transpose()
    }

    /// A moment, if given.
    pub(super) fn moment(&self, parameter: Parameter) -> Result<Option<Timestamp>, Problem> {
        let wrong = || invalid(parameter.name(), "must be a moment such as 2026-11-22T00:00:00Z");
        let read = |text: &str| Timestamp::parse(text).ok_or_else(wrong);
        self.text(parameter).map(read).transpose()
    }

    /// A day, if given.
    pub(super) fn day(&self, parameter: Parameter) -> Result<Option<Day>, Problem> {
        let read = |text: &str| text.parse().map_err(|problem: InvalidDay| invalid(parameter.name(), &problem.to_string()));
        self.text(parameter).map(read).transpose()
    }

    /// The reason of a refusal, if given.
    pub(super) fn reason(&self) -> Result<Option<Refusal>, Problem> {
        let read = |code: &str| Refusal::from_code(code).ok_or_else(|| invalid("reason", "is not a reason of refusals"));
        self.text(Parameter::Reason).map(read).transpose()
    }

    /// A place in the journal, if given.
    pub(super) fn after(&self) -> Result<Option<Sequence>, Problem> {
        let number = |text: &str| digits(text)?.parse().ok().map(Sequence);
        self.text(Parameter::After).map(|text| number(text).ok_or_else(|| invalid("after", "must be a sequence"))).transpose()
    }

    /// The page that is asked for. `list` names the list, with whatever its rows depend on besides the query.
    pub(super) fn page(&self, list: &str) -> Result<Window, Problem> {
        let filters = self.0.iter().filter(|(name, _)| name != "limit" && name != "cursor");
        let list = filters.fold(list.to_owned(), |list, (name, value)| format!("{list}\n{name}={value}"));
        let limit = match self.text(Parameter::Limit) {
            None => DEFAULT_LIMIT,
            Some(text) => digits(text)
                .and_then(|text| text.parse().ok())
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| invalid("limit", "must be 1 to 200"))?,
        };
        let after = match self.text(Parameter::Cursor) {
            None => None,
            Some(text) => Some(cursor::read(&list, text).ok_or_else(|| invalid("cursor", "is not a cursor of this list"))?),
        };
        Ok(Window { list, limit, after })
    }
}

/// A stretch of a list.
#[derive(Debug)]
pub(super) struct Window {
    list: String,
    limit: u32,
    after: Option<Vec<u8>>,
}

impl Window {
    /// The stretch and one item more, to see whether another page follows.
    pub(super) fn beyond(&self) -> Result<authority::Page, Problem> {
        let after = match &self.after {
            None => None,
            Some(key) => Some(key.as_slice().try_into().map_err(|_| invalid("cursor", "is not a cursor of this list"))?),
        };
        Ok(authority::Page { after, limit: self.limit + 1 })
    }

    /// The same of the journal, whose keys are sequences.
    pub(super) fn beyond_sequence(&self, after: Sequence) -> Result<(Sequence, u32), Problem> {
        let from = match &self.after {
            None => after,
            Some(key) => {
                Sequence(i64::from_be_bytes(key.as_slice().try_into().map_err(|_| invalid("cursor", "is not a cursor of this list"))?))
            }
        };
        Ok((from, self.limit + 1))
    }

    /// The same of an audit log, whose keys are moments with the journal's numbers.
    pub(super) fn beyond_moment(&self) -> Result<(Option<(Timestamp, Sequence)>, u32), Problem> {
        let wrong = || invalid("cursor", "is not a cursor of this list");
        let after = match &self.after {
            None => None,
            Some(key) => {
                let (at, sequence) = key.split_at_checked(8).ok_or_else(wrong)?;
                let number = |bytes: &[u8]| bytes.try_into().map(i64::from_be_bytes).map_err(|_| wrong());
                Some((Timestamp::from_unix_microseconds(number(at)?), Sequence(number(sequence)?)))
            }
        };
        Ok((after, self.limit + 1))
    }

    /// The page of items that were read with [`Self::beyond`].
    pub(super) fn page<T, K: AsRef<[u8]>>(self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Listed<T> {
        let limit = self.limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|item| cursor::write(&self.list, key(item).as_ref()));
        Listed { items, next_cursor }
    }

    /// The page of a list that is whole.
    pub(super) fn page_of<T, K: AsRef<[u8]>>(self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Listed<T> {
        items.sort_by(|a, b| key(a).as_ref().cmp(key(b).as_ref()));
        if let Some(after) = &self.after {
            items.retain(|item| key(item).as_ref() > after.as_slice());
        }
        self.page(items, key)
    }
}

/// The text if it is nothing but a few digits: no sign, no exponent.
fn digits(text: &str) -> Option<&str> {
    let fits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(text)
}

fn invalid(parameter: &str, problem: &str) -> Problem {
    Problem::new(Code::InvalidParameter).error(parameter, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, Problem> {
        let uri: Uri = format!("/x?{text}").parse().expect("a URI");
        Query::read(&uri, TOKENS)
    }

    #[test]
    fn only_known_parameters_count_and_once() {
        assert!(query("limit=1&organisation=x").is_ok());
        for bad in ["expand=all", "limit=1&limit=1", "Limit=1", "=", "_method=PUT"] {
            assert!(query(bad).is_err(), "{bad}");
        }
        let organisation = |text: &str| query(text).expect("readable").id::<domain::OrganisationId>(Parameter::Organisation);
        assert!(organisation("organisation=x").is_err());
        assert_eq!(organisation("").map(|id| id.is_none()).ok(), Some(true));
    }

    #[test]
    fn limits_are_small_whole_numbers() {
        for bad in ["-1", "0", "201", "1000000000", "1e3", "", "%2B5", "5,5", "0x5", "99999999999999999999"] {
            assert!(query(&format!("limit={bad}")).expect("readable").page("x").is_err(), "{bad}");
        }
        assert_eq!(query("limit=200").expect("readable").page("x").expect("a page").limit, 200);
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = [[1], [2], [3]];
        let first = query("limit=2").expect("readable").page("x").expect("a page").page_of(all.to_vec(), |item| *item);
        assert_eq!(first.items, [[1], [2]]);
        let cursor = first.next_cursor.expect("more");
        let second = query(&format!("limit=2&cursor={cursor}")).expect("readable").page("x").expect("a page");
        let second = second.page_of(all.to_vec(), |item| *item);
        assert_eq!((second.items, second.next_cursor), (vec![[3]], None));
        let other_filter = query(&format!("cursor={cursor}&organisation=y")).expect("readable").page("x");
        assert!(other_filter.is_err(), "a cursor does not carry over to another filter");
    }
}
