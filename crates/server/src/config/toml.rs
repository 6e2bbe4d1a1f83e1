//! Settings as they are written in a TOML file.

use serde::Serialize;

/// A value as TOML has it.
pub(super) fn toml_text<T: Serialize>(value: &T) -> String {
    // Every value that a setting can have is written in TOML as it is in JSON.
    match serde_json::to_string(value).as_deref() {
        Ok("null") | Err(_) => String::new(),
        Ok(text) => text.to_owned(),
    }
}

/// What has members is written otherwise in TOML than in JSON, and what is absent is left out.
pub(super) fn toml_value(value: &serde_json::Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        serde_json::Value::Array(values) => format!("[{}]", joined(values.iter().map(toml_value).collect())),
        serde_json::Value::Object(members) => {
            let there = members.iter().filter(|(_, value)| !value.is_null());
            format!("{{ {} }}", joined(there.map(|(name, value)| format!("{name} = {}", toml_value(value))).collect()))
        }
        other => other.to_string(),
    }
}

/// A database URL without the password that somebody may have put there.
pub(crate) fn without_password(url: &str) -> String {
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let (login, host) = rest.split_once('@')?;
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{host}"))
    });
    hidden.unwrap_or_else(|| url.to_owned())
}
