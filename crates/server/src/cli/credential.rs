//! What credentials have in common on the command line: shown, changed, rotated, paused and ended in the same way.

use std::time::Duration;

use clap::Args;
use domain::{CredentialId, Timestamp};
use serde_json::{Value, json};

use super::column::Column;
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure};
use super::secret::Destination;
use super::texts::Text;

/// One credential.
#[derive(Debug, Args)]
pub struct One {
    /// Its id
    pub id: CredentialId,
}

/// A credential's new secret.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Its id
    pub id: CredentialId,
    /// Let the old one work this long beside the new one: 90s, 15m, 12h, 7d; at most 30d
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub overlap: Duration,
    /// Where the new secret goes.
    #[command(flatten)]
    pub destination: Destination,
}

/// A sort of credential: where it is, how it is shown, what is asked before it ends.
pub(super) struct Sort {
    /// The path of all of them.
    pub(super) path: &'static str,
    /// The member by which people know one.
    pub(super) member: &'static str,
    /// How one is shown.
    pub(super) details: &'static [Column],
    /// Asked before one is ended.
    pub(super) ask_revoke: Text,
    /// Asked before one is paused.
    pub(super) ask_suspend: Text,
    /// Said when one has a new secret.
    pub(super) rotated: Text,
}

impl Sort {
    pub(super) fn show(&self, one: &One, context: &mut Context<'_>) -> Attempt<()> {
        context.show(&[self.path, &one.id.to_string()], self.details)
    }

    pub(super) fn update(&self, id: CredentialId, changes: Value, context: &mut Context<'_>) -> Attempt<()> {
        let answer = context.patch(&[self.path, &id.to_string()], changes)?;
        context.made(&answer, self.details, Text::Changed)
    }

    pub(super) fn rotate(&self, arguments: &RotateArgs, context: &mut Context<'_>) -> Attempt<()> {
        self.rotate_with(arguments, json!({}), context)
    }

    /// The same with more in the body.
    pub(super) fn rotate_with(&self, arguments: &RotateArgs, mut body: Value, context: &mut Context<'_>) -> Attempt<()> {
        let RotateArgs { id, overlap, destination } = arguments;
        body["overlap_seconds"] = json!(overlap.as_secs());
        destination.open()?.fill(context, self.rotated, |context| context.post(&[self.path, &id.to_string(), "rotations"], body))
    }

    pub(super) fn revoke(&self, one: &One, context: &mut Context<'_>) -> Attempt<()> {
        let id = one.id.to_string();
        context.confirm(self.ask_revoke, &[self.path, &id], self.member)?;
        let answer = context.client.delete(&[self.path, &id])?;
        context.done(&answer, Text::Ended)
    }

    pub(super) fn suspend(&self, one: &One, context: &mut Context<'_>) -> Attempt<()> {
        let id = one.id.to_string();
        context.confirm(self.ask_suspend, &[self.path, &id], self.member)?;
        let answer = context.client.put(&[self.path, &id, "suspension"])?;
        context.done(&answer, Text::Suspended)
    }

    pub(super) fn resume(&self, one: &One, context: &mut Context<'_>) -> Attempt<()> {
        let answer = context.client.delete(&[self.path, &one.id.to_string(), "suspension"])?;
        context.done(&answer, Text::Resumed)
    }
}

/// When a new token ends by itself.
#[derive(Debug, Args)]
pub struct Expiry {
    /// When it ends by itself
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
    pub expires_at: Option<Timestamp>,
    /// After how many days it ends by itself
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=7_300))]
    pub days: Option<u64>,
}

impl Expiry {
    /// The moment, if there is one.
    pub(super) fn at(&self, context: &Context<'_>) -> Option<Timestamp> {
        let after = |days: u64| context.now().saturating_add(Duration::from_secs(days * 86_400));
        self.expires_at.or_else(|| self.days.map(after))
    }
}

/// Changes of a token.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Its id
    pub id: CredentialId,
    /// What it is for
    #[arg(long)]
    pub description: Option<String>,
    /// One thing that it may do; may be given more than once; replaces what it might before
    #[arg(long = "permission", value_name = "PERMISSION", conflicts_with = "all_permissions")]
    pub permissions: Vec<String>,
    /// Let it do all that its owner may
    #[arg(long)]
    pub all_permissions: bool,
    /// When it ends by itself
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "no_expiry")]
    pub expires_at: Option<Timestamp>,
    /// Do not let it end by itself
    #[arg(long)]
    pub no_expiry: bool,
}

impl UpdateArgs {
    /// The changes as the API takes them.
    pub(super) fn changes(&self) -> Attempt<Value> {
        let expires_at = if self.no_expiry { Some(Value::Null) } else { self.expires_at.map(|at| json!(at)) };
        let description = self.description.as_ref().map(|text| json!(text));
        let permissions = permissions(&self.permissions, self.all_permissions);
        changes([("description", description), ("permissions", permissions), ("expires_at", expires_at)])
    }
}

/// Permissions as the API takes them, if any were named.
pub(super) fn permissions(named: &[String], all: bool) -> Option<Value> {
    match named {
        _ if all => Some(json!("all")),
        [] => None,
        named => Some(json!(named)),
    }
}

/// The members that are given, as an object; to change nothing is wrong usage.
pub(super) fn changes(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Attempt<Value> {
    let changes = given(members);
    if changes.as_object().is_some_and(serde_json::Map::is_empty) {
        return Err(Failure::new(Exit::Usage, Text::NothingToChange));
    }
    Ok(changes)
}

/// The members that are given, as an object.
pub(super) fn given(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<serde_json::Map<_, _>>().into()
}

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a time such as 2027-01-31T12:00:00Z".to_owned())
}

/// Reads `90s`, `15m`, `12h`, `7d`, or a number of seconds; as long as a token's secret may overlap.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    bounded(text, domain::personal_token::MAX_OVERLAP)
}

/// The same, as long as a private key may overlap.
pub(super) fn long_duration(text: &str) -> Result<Duration, String> {
    bounded(text, domain::organisation_key::MAX_OVERLAP)
}

fn bounded(text: &str, most: Duration) -> Result<Duration, String> {
    const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let unit = UNITS.iter().find(|(letter, _)| text.ends_with(*letter));
    let (number, length) = unit.map_or((text, 1), |(letter, length)| (text.strip_suffix(*letter).unwrap_or_default(), *length));
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| digits).and_then(|number| number.checked_mul(length));
    match seconds.map(Duration::from_secs) {
        Some(time) if time <= most => Ok(time),
        _ => Err(format!("expected a duration such as 90s, 15m, 12h or 7d, at most {}d", most.as_secs() / 86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit_and_an_end() {
        for (text, seconds) in [("0s", 0), ("90", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "s", "-1s", "+1s", "1.5h", "31d", "1w", "99999999999999999999d", "1 h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(long_duration("90d"), Ok(Duration::from_secs(90 * 86_400)));
        assert!(long_duration("91d").is_err());
    }
}
