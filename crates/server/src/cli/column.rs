//! Columns: how a member of the API's JSON is shown in a table, and as a machine reads it.

use domain::Timestamp;
use serde_json::Value;

use super::texts::{Language, Text};

/// A column of a list, or a line of a single thing.
pub(crate) struct Column {
    /// The member of the JSON; a JSON Pointer (RFC 6901) where it begins with a slash.
    pub(crate) field: &'static str,
    /// What stands above it.
    pub(crate) title: Text,
    /// How it is written.
    pub(crate) shape: Shape,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As it is.
    Plain,
    /// A moment: for people how long ago or ahead, for machines RFC 3339.
    Time,
    /// `"all"` or a list of names.
    Names,
    /// The number of things in a list.
    Count,
    /// What the other members say of the whole: active, suspended, expired, erased, ended.
    State,
    /// Private keys: what each begins with, how often it was used, until when it works.
    PrivateKeys,
    /// The state of a delegation.
    Standing,
    /// Who made a change.
    Actor,
    /// What a route asks.
    Needs,
    /// What an event is about: its ids.
    Subject,
    /// A text in every language: in the reader's.
    Translated,
}

/// For whom values are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// A person, not a machine.
    pub(crate) human: bool,
    /// In which language.
    pub(crate) language: Language,
    /// What "ago" counts from.
    pub(crate) now: Timestamp,
}

/// A column of plain text.
pub(crate) const fn plain(field: &'static str, title: Text) -> Column {
    Column { field, title, shape: Shape::Plain }
}

/// A column of another shape.
pub(crate) const fn shaped(field: &'static str, title: Text, shape: Shape) -> Column {
    Column { field, title, shape }
}

impl Column {
    /// The value of this column in an item.
    pub(crate) fn value(&self, item: &Value, reader: Reader) -> String {
        let member = if self.field.starts_with('/') { item.pointer(self.field) } else { item.get(self.field) };
        let member = member.unwrap_or(&Value::Null);
        match self.shape {
            Shape::Plain => scalar(member),
            Shape::Time => time(member, reader),
            Shape::Names => names(member, reader),
            Shape::Count => member.as_array().map_or(String::new(), |list| list.len().to_string()),
            Shape::State => state(item, reader),
            Shape::PrivateKeys => private_keys(member, reader),
            Shape::Standing => standing(member, reader),
            Shape::Actor => actor(member),
            Shape::Needs => needs(item, reader),
            Shape::Subject => subject(member),
            Shape::Translated => scalar(member.get(reader.language.tag()).unwrap_or(&Value::Null)),
        }
    }
}

/// A string or a number as text; nothing for what is absent.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn time(value: &Value, reader: Reader) -> String {
    match value.as_str().and_then(Timestamp::parse) {
        Some(at) if reader.human => distance(at, reader),
        _ => scalar(value),
    }
}

/// How far a moment is from now, in its largest whole unit.
fn distance(at: Timestamp, reader: Reader) -> String {
    const UNITS: [(i64, Text, Text); 4] = [
        (86_400, Text::AgoDays, Text::InDays),
        (3_600, Text::AgoHours, Text::InHours),
        (60, Text::AgoMinutes, Text::InMinutes),
        (1, Text::AgoSeconds, Text::InSeconds),
    ];
    let seconds = reader.now.unix_seconds().saturating_sub(at.unix_seconds());
    let unit = UNITS.iter().find(|(length, ..)| seconds.saturating_abs() >= *length).unwrap_or(&UNITS[3]);
    let text = if seconds < 0 { unit.2 } else { unit.1 };
    text.filled(reader.language, &[("count", (seconds.saturating_abs() / unit.0).to_string())])
}

fn names(value: &Value, reader: Reader) -> String {
    // A set of permissions is "all", a list, or a list within {"only": […]}.
    let list = value.as_array().or_else(|| value.get("only")?.as_array());
    match list {
        Some(list) => list.iter().map(scalar).collect::<Vec<_>>().join(","),
        None if value == "all" && reader.human => Text::All.of(reader.language).to_owned(),
        None => scalar(value),
    }
}

fn state(item: &Value, reader: Reader) -> String {
    let since = |member: &str| item.get(member).is_some_and(|at| !at.is_null());
    let expired = item.get("expires_at").and_then(Value::as_str).and_then(Timestamp::parse).is_some_and(|at| at <= reader.now);
    let (word, text) = match () {
        () if since("erased_at") => ("erased", Text::StateErased),
        () if since("revoked_at") => ("revoked", Text::StateRevoked),
        () if since("closed_at") => ("closed", Text::StateClosed),
        () if since("suspended_at") => ("suspended", Text::StateSuspended),
        () if expired => ("expired", Text::StateExpired),
        () => ("active", Text::StateActive),
    };
    if reader.human { text.of(reader.language).to_owned() } else { word.to_owned() }
}

/// For people `prts_abcd: 12 times, last 3 d ago, stops in 7 d`; for machines id, uses, last use, end, and since when it is
/// exposed, with blanks between.
fn private_keys(value: &Value, reader: Reader) -> String {
    let each = value.as_array().into_iter().flatten().map(|key| {
        let of = |member: &str| key.get(member).unwrap_or(&Value::Null);
        let moment = |member: &str| time(of(member), reader);
        let (used, ends) = (moment("last_used_at"), moment("ends_at"));
        if !reader.human {
            let absent = |text: String| if text.is_empty() { "-".to_owned() } else { text };
            return [scalar(of("id")), scalar(of("uses")), absent(used), absent(ends), absent(moment("exposed_at"))].join(" ");
        }
        let name = if of("prefix").is_null() { scalar(of("id")) } else { scalar(of("prefix")) };
        let uses = match used.as_str() {
            "" => Text::NotUsed.of(reader.language).to_owned(),
            _ => Text::UsedTimes.filled(reader.language, &[("count", scalar(of("uses"))), ("when", used)]),
        };
        let stops = if ends.is_empty() { ends } else { format!(", {}", Text::Stops.filled(reader.language, &[("when", ends)])) };
        let exposed = if of("exposed_at").is_null() { "" } else { Text::Exposed.of(reader.language) };
        format!("{name}: {uses}{stops}{exposed}")
    });
    each.collect::<Vec<_>>().join(if reader.human { "; " } else { "," })
}

fn standing(value: &Value, reader: Reader) -> String {
    const WORDS: [(&str, Text); 6] = [
        ("invited", Text::StateInvited),
        ("open", Text::StateOpen),
        ("paused", Text::StateSuspended),
        ("closing", Text::StateClosing),
        ("ended", Text::StateEnded),
        ("closed", Text::StateClosed),
    ];
    let word = WORDS.iter().find(|(word, _)| reader.human && value == word);
    word.map_or_else(|| scalar(value), |(_, text)| text.of(reader.language).to_owned())
}

fn actor(value: &Value) -> String {
    let kind = value.get("type").map(scalar).unwrap_or_default();
    let who = value.get("id").or_else(|| value.get("credential")).map(scalar).unwrap_or_default();
    if who.is_empty() { kind } else { format!("{kind} {who}") }
}

fn needs(route: &Value, reader: Reader) -> String {
    match route.get("permission") {
        Some(permission) => scalar(permission),
        None if reader.human => Text::Public.of(reader.language).to_owned(),
        None => "public".to_owned(),
    }
}

fn subject(event: &Value) -> String {
    const SUBJECTS: [&str; 11] =
        ["token", "credential", "delegation", "delegations", "membership", "person", "workspace", "organisation", "api", "key", "tokens"];
    let named = SUBJECTS.iter().filter_map(|name| Some((name, event.get(name)?)));
    let named = named.map(|(name, value)| match value {
        Value::Array(list) => format!("{name} {}", list.iter().map(scalar).collect::<Vec<_>>().join(",")),
        value => format!("{name} {}", scalar(value)),
    });
    let defined = event.pointer("/definition/name").map(|name| format!("api {}", scalar(name)));
    named.chain(defined).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reader(human: bool) -> Reader {
        Reader { human, language: Language::En, now: Timestamp::parse("2026-11-21T12:00:00Z").expect("a time") }
    }

    #[test]
    fn times_are_near_for_people_and_exact_for_machines() {
        let column = shaped("at", Text::ColumnAt, Shape::Time);
        let cases = [
            ("2026-11-21T11:59:30Z", "30 s ago"),
            ("2026-11-20T12:00:00Z", "1 d ago"),
            ("2026-11-21T14:30:00Z", "in 2 h"),
            ("2026-11-21T12:00:00Z", "0 s ago"),
        ];
        for (at, human) in cases {
            let item = json!({ "at": at });
            assert_eq!(column.value(&item, reader(true)), human);
            assert_eq!(column.value(&item, reader(false)), at);
        }
        assert_eq!(column.value(&json!({"at": null}), reader(true)), "");
        assert_eq!(column.value(&json!({"at": "soon"}), reader(true)), "soon");
    }

    #[test]
    fn an_empty_set_of_permissions_is_not_all() {
        let column = shaped("permissions", Text::ColumnPermissions, Shape::Names);
        for (permissions, shown) in
            [(json!("all"), "all"), (json!([]), ""), (json!(["a:b:c", "a:b:d"]), "a:b:c,a:b:d"), (json!({"only": ["a:b:c"]}), "a:b:c")]
        {
            assert_eq!(column.value(&json!({ "permissions": permissions }), reader(false)), shown);
        }
    }

    #[test]
    fn private_keys_tell_when_it_is_safe_to_end_them() {
        let column = shaped("private_keys", Text::ColumnPrivateKeys, Shape::PrivateKeys);
        let item = json!({"private_keys": [
            {"id": "1", "prefix": "prts_abcd", "uses": 0, "last_used_at": null, "ends_at": null},
            {"id": "2", "prefix": null, "uses": 12, "last_used_at": "2026-11-18T12:00:00Z", "ends_at": "2026-11-28T12:00:00Z"},
        ]});
        assert_eq!(column.value(&item, reader(true)), "prts_abcd: not used; 2: 12 times, last 3 d ago, stops in 7 d");
        assert_eq!(column.value(&item, reader(false)), "1 0 - - -,2 12 2026-11-18T12:00:00Z 2026-11-28T12:00:00Z -");
    }

    #[test]
    fn the_worst_state_is_told() {
        let column = shaped("", Text::ColumnState, Shape::State);
        let cases = [
            (json!({}), "active"),
            (json!({"expires_at": "2026-11-21T12:00:00Z"}), "expired"),
            (json!({"expires_at": "2026-11-21T12:00:01Z", "suspended_at": null}), "active"),
            (json!({"expires_at": "2020-01-01T00:00:00Z", "suspended_at": "2026-01-01T00:00:00Z"}), "suspended"),
        ];
        for (item, state) in cases {
            assert_eq!(column.value(&item, reader(false)), state, "{item}");
        }
    }
}
