//! `poort token`: personal tokens.

use std::time::Duration;

use clap::{Args, Subcommand};
use domain::{CredentialId, Timestamp};
use serde_json::{Map, Value, json};

use super::client::Stretch;
use super::column::{Column, Shape, plain, scalar, shaped};
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::import::ImportArgs;
use super::secret::Destination;
use super::texts::Text;

/// What to do with personal tokens.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List tokens; never their secrets
    List {
        /// Only of this person: an id or a mail address
        #[arg(long)]
        person: Option<String>,
        /// Only in this organisation: an id or a name
        #[arg(long)]
        organisation: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make a token; only its secret goes to standard output, once
    Create(CreateArgs),
    /// Show a token; never its secret
    Show {
        /// Its id
        id: CredentialId,
    },
    /// Change what a token is for, what it may do, or when it ends
    Update(UpdateArgs),
    /// Give a token a new secret; the id stays
    Rotate {
        /// Its id
        id: CredentialId,
        /// Let the old secret work this long beside the new one: 90s, 15m, 12h, 7d; at most 30d
        #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
        overlap: Duration,
        #[command(flatten)]
        #[allow(missing_docs)]
        destination: Destination,
    },
    /// End a token
    Revoke {
        /// Its id
        id: CredentialId,
    },
    /// Pause a token
    Suspend {
        /// Its id
        id: CredentialId,
    },
    /// Make a paused token work again
    Resume {
        /// Its id
        id: CredentialId,
    },
    /// End all tokens of a person
    RevokeAll {
        /// Id or mail address
        person: String,
    },
    /// Import the digests of tokens of another system; they work at once
    Import(ImportArgs),
}

/// A new token.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// What it is for: 3 to 255 characters
    pub description: String,
    /// Whose it is: an id or a mail address; without it, the caller's own
    #[arg(long)]
    pub person: Option<String>,
    /// In which organisation, for who is a member of more than one: an id or a name
    #[arg(long)]
    pub organisation: Option<String>,
    /// One thing that it may do, as api:thing:action; may be given more than once; without it, all that its owner may
    #[arg(long = "permission", value_name = "PERMISSION")]
    pub permissions: Vec<String>,
    /// When it ends by itself
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
    pub expires_at: Option<Timestamp>,
    /// After how many days it ends by itself
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=7_300))]
    pub days: Option<u64>,
    /// Where the secret goes.
    #[command(flatten)]
    pub destination: Destination,
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

const COLUMNS: [Column; 8] = [
    plain("id", Text::ColumnId),
    plain("description", Text::ColumnDescription),
    plain("prefix", Text::ColumnPrefix),
    shaped("", Text::ColumnState, Shape::State),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("last_used_at", Text::ColumnLastUsed, Shape::Time),
    shaped("expires_at", Text::ColumnExpires, Shape::Time),
    shaped("exposed_at", Text::ColumnExposed, Shape::Time),
];

const DETAILS: [Column; 16] = [
    plain("id", Text::ColumnId),
    plain("description", Text::ColumnDescription),
    plain("prefix", Text::ColumnPrefix),
    shaped("", Text::ColumnState, Shape::State),
    shaped("permissions", Text::ColumnPermissions, Shape::Names),
    plain("person", Text::ColumnPerson),
    plain("organisation", Text::ColumnOrganisation),
    plain("membership", Text::ColumnMembership),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("last_used_at", Text::ColumnLastUsed, Shape::Time),
    plain("last_used_from", Text::ColumnFrom),
    plain("uses", Text::ColumnUses),
    shaped("exposed_at", Text::ColumnExposed, Shape::Time),
    shaped("expires_at", Text::ColumnExpires, Shape::Time),
    shaped("old_secret_ends_at", Text::ColumnOldSecret, Shape::Time),
    plain("revision", Text::ColumnRevision),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { person, organisation, stretch } => {
            let person = person.as_deref().map(|named| context.person(named)).transpose()?;
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            context.list(&["tokens"], &[("person", person), ("organisation", organisation)], stretch, &COLUMNS)
        }
        Verb::Create(arguments) => create(arguments, context),
        Verb::Show { id } => context.show(&["tokens", &id.to_string()], &DETAILS),
        Verb::Update(arguments) => {
            let answer = context.patch(&["tokens", &arguments.id.to_string()], arguments.changes()?)?;
            context.made(&answer, &DETAILS, Text::Changed)
        }
        Verb::Rotate { id, overlap, destination } => {
            let body = json!({ "overlap_seconds": overlap.as_secs() });
            destination.open()?.fill(context, Text::Rotated, |context| context.post(&["tokens", &id.to_string(), "rotations"], body))
        }
        Verb::Revoke { id } => {
            let id = id.to_string();
            context.confirm(Text::AskRevokeToken, &["tokens", &id], "description")?;
            let answer = context.client.delete(&["tokens", &id])?;
            context.done(&answer, Text::Ended)
        }
        Verb::Suspend { id } => {
            let id = id.to_string();
            context.confirm(Text::AskSuspendToken, &["tokens", &id], "description")?;
            let answer = context.client.put(&["tokens", &id, "suspension"])?;
            context.done(&answer, Text::Suspended)
        }
        Verb::Resume { id } => {
            let answer = context.client.delete(&["tokens", &id.to_string(), "suspension"])?;
            context.done(&answer, Text::Resumed)
        }
        Verb::RevokeAll { person } => {
            let id = context.person(person)?;
            context.confirm(Text::AskRevokeAll, &["people", &id], "")?;
            let answer = context.post(&["people", &id, "token-revocations"], json!({}))?;
            let count = answer.body.get("revoked").map(scalar).unwrap_or_default();
            context.done(&answer, Message::Ours(Text::EndedAll, vec![("count", count)]))
        }
        Verb::Import(arguments) => super::import::run(arguments, &super::import::TOKENS, context),
    }
}

fn create(arguments: &CreateArgs, context: &mut Context<'_>) -> Attempt<()> {
    let person = match &arguments.person {
        Some(named) => context.person(named)?,
        None => caller(context)?,
    };
    let mut token = Map::from_iter([("description".to_owned(), json!(arguments.description))]);
    if let Some(named) = &arguments.organisation {
        token.insert("organisation".to_owned(), context.organisation(named)?.into());
    }
    if !arguments.permissions.is_empty() {
        token.insert("permissions".to_owned(), json!(arguments.permissions));
    }
    let days = |days: u64| context.now().saturating_add(Duration::from_secs(days * 86_400));
    if let Some(at) = arguments.expires_at.or_else(|| arguments.days.map(days)) {
        token.insert("expires_at".to_owned(), json!(at));
    }
    let place = arguments.destination.open()?;
    place.fill(context, Text::Created, |context| context.post(&["people", &person, "tokens"], token.into()))
}

impl UpdateArgs {
    /// The changes as the API takes them.
    pub(super) fn changes(&self) -> Attempt<Value> {
        let permissions = match self.permissions.as_slice() {
            _ if self.all_permissions => Some(json!("all")),
            [] => None,
            permissions => Some(json!(permissions)),
        };
        let expires_at = if self.no_expiry { Some(Value::Null) } else { self.expires_at.map(|at| json!(at)) };
        let description = self.description.as_ref().map(|text| json!(text));
        let members = [("description", description), ("permissions", permissions), ("expires_at", expires_at)];
        let changes: Map<_, _> = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if changes.is_empty() { Err(Failure::new(Exit::Usage, Text::NothingToChange)) } else { Ok(changes.into()) }
    }
}

/// The person whose token the command itself was given.
fn caller(context: &Context<'_>) -> Attempt<String> {
    let answer = context.client.get(&["whoami"])?.body;
    let person = ["/person/id", "/person", "/owner/id"].iter().find_map(|member| answer.pointer(member).filter(|id| id.is_string()));
    person.map(scalar).ok_or_else(|| Failure::new(Exit::Usage, Text::WhoseToken).and(Text::TodoWhoseToken))
}

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "expected a time such as 2027-01-31T12:00:00Z".to_owned())
}

/// Reads `90s`, `15m`, `12h`, `7d`, or a number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let unit = UNITS.iter().find(|(letter, _)| text.ends_with(*letter));
    let (number, length) = unit.map_or((text, 1), |(letter, length)| (text.strip_suffix(*letter).unwrap_or_default(), *length));
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| digits).and_then(|number| number.checked_mul(length));
    match seconds.map(Duration::from_secs) {
        Some(time) if time <= domain::personal_token::MAX_OVERLAP => Ok(time),
        _ => Err("expected a duration such as 90s, 15m, 12h or 7d, at most 30d".to_owned()),
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
    }
}
