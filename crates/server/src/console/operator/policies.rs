//! `/operator/policies`: what is decided for the whole installation, and where each of it is set.

use serde_json::Value;

use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::config::Config;
use crate::console::moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// The settings that decide something about people and credentials, with what each is.
const PEOPLE: [(&str, Text); 5] = [
    ("sign_up_open", Text::PolicySignUp),
    ("session_idle_minutes", Text::PolicyIdle),
    ("session_hours", Text::PolicySession),
    ("operators_need_second_factor", Text::PolicyOperators),
    ("plain_http", Text::PolicyPlainHttp),
];
const TOKENS: [(&str, Text); 5] = [
    ("access_token_seconds", Text::PolicyAccess),
    ("refresh_token_hours", Text::PolicyRefresh),
    ("refresh_idle_hours", Text::PolicyRefreshIdle),
    ("refresh_overlap_seconds", Text::PolicyOverlap),
    ("tombstone_seconds", Text::PolicyTombstone),
];
const PROGRAMS: [(&str, Text); 3] = [
    ("registration_open", Text::PolicyRegistration),
    ("registration_permissions", Text::PolicyRegistrationMay),
    ("registration_unused_days", Text::PolicyRegistrationUnused),
];
const KEYS: [(&str, Text); 4] = [
    ("signing_algorithms", Text::PolicyAlgorithms),
    ("signing_key_days", Text::PolicyKeyDays),
    ("signing_key_publish_seconds", Text::PolicyKeyPublish),
    ("signing_key_keep_seconds", Text::PolicyKeyKeep),
];

/// The values of those settings.
#[derive(Debug, Clone)]
pub(in crate::console) struct Policies(Value);

impl Policies {
    /// As configured. Nothing else of the configuration is kept here.
    pub(in crate::console) fn of(config: &Config) -> Self {
        let all = serde_json::to_value(config).unwrap_or_default();
        let known = PEOPLE.iter().chain(&TOKENS).chain(&PROGRAMS).chain(&KEYS);
        Self(known.map(|(name, _)| ((*name).to_owned(), all.get(name).cloned().unwrap_or_default())).collect())
    }
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (days, tokens) = (domain::personal_token::MAX_LIFE.as_secs() / 86_400, domain::personal_token::MAX_TOKENS_OF_PERSON);
    let number = |value: u64| Cell::text(moment::number(value, visit.browser.language));
    let fixed = [
        (Text::PolicyTokenLife, number(days)),
        (Text::PolicyTokens, number(tokens)),
        (Text::PolicyKeys, number(domain::organisation_key::MAX_KEYS_OF_ORGANISATION)),
    ];
    let heads = [Text::What, Text::Value].map(|head| visit.say(head).to_owned()).to_vec();
    let fixed = Table {
        heading: visit.say(Text::PoliciesFixed).to_owned(),
        about: visit.say(Text::PoliciesFixedAbout).to_owned(),
        heads,
        rows: fixed.into_iter().map(|(name, value)| vec![Cell::text(visit.say(name)), value]).collect(),
        nothing: String::new(),
        next: None,
    };
    let sheet = Sheet {
        about: visit.say(Text::PoliciesAbout).to_owned(),
        tables: vec![
            table(&visit, Text::PoliciesPeople, &PEOPLE),
            table(&visit, Text::PoliciesTokens, &TOKENS),
            table(&visit, Text::PoliciesPrograms, &PROGRAMS),
            table(&visit, Text::PoliciesKeys, &KEYS),
            fixed,
        ],
        ..Sheet::of(Frame::of(&visit, visit.say(crate::console::Text::Policies)))
    };
    sheet.show(&visit)
}

fn table(visit: &Visit, heading: Text, policies: &[(&str, Text)]) -> Table {
    let Policies(values) = visit.console.policies();
    let rows = policies.iter().map(|(name, text)| vec![Cell::text(visit.say(*text)), shown(visit, &values[*name]), Cell::code(*name)]);
    Table {
        heading: visit.say(heading).to_owned(),
        about: String::new(),
        heads: [Text::What, Text::Value, Text::Setting].map(|head| visit.say(head).to_owned()).to_vec(),
        rows: rows.collect(),
        nothing: String::new(),
        next: None,
    }
}

fn shown(visit: &Visit, value: &Value) -> Cell {
    match value {
        Value::Bool(is) => Cell::text(visit.say(if *is { Text::Yes } else { Text::No })),
        Value::Number(number) => Cell::text(moment::number(number.as_u64().unwrap_or_default(), visit.browser.language)),
        Value::Array(values) if values.is_empty() => Cell::none(),
        Value::Array(values) => Cell::text(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")),
        Value::String(text) => Cell::code(text.clone()),
        Value::Null | Value::Object(_) => Cell::none(),
    }
}
