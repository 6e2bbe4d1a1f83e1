//! `poort organisation-token`: username and code with which an organisation's own software delivers.

use std::time::Duration;

use clap::{Args, Subcommand};
use domain::{CredentialId, Timestamp};
use serde_json::{Map, json};

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::import::ImportArgs;
use super::secret::Destination;
use super::texts::Text;
use super::token::{UpdateArgs, duration, moment};

/// What to do with organisation tokens.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List tokens; never their codes
    List {
        /// Only of this organisation: an id or a name; without it all for an operator, the own ones for a person
        #[arg(long)]
        organisation: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make a token; only USERNAME:CODE goes to standard output, once
    Create(CreateArgs),
    /// Show a token; never its code
    Show {
        /// Its id
        id: CredentialId,
    },
    /// Change what a token is for, what it may do, or when it ends
    Edit(UpdateArgs),
    /// Give a token a new code; username and id stay
    Rotate {
        /// Its id
        id: CredentialId,
        /// Let the old code work this long beside the new one: 90s, 15m, 12h, 7d; at most 30d
        #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
        overlap: Duration,
        #[command(flatten)]
        #[allow(missing_docs)]
        destination: Destination,
    },
    /// End a token
    Delete {
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
    /// Import usernames and digests of tokens of another system; they work at once
    #[command(mut_arg("file", |file| file.help(super::import::ORGANISATION_LINES)))]
    Import(ImportArgs),
}

/// A new organisation token.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// What it is for: 3 to 255 characters
    pub description: String,
    /// The API that it is for
    #[arg(long)]
    pub api: String,
    /// Its username: 3 to 40 of a-z, 0-9 and hyphens; without it, one is made of the organisation's name
    #[arg(long)]
    pub username: Option<String>,
    /// Of which organisation: an id or a name; without it, the caller's own
    #[arg(long)]
    pub organisation: Option<String>,
    /// One thing that it may do, as api:thing:action; may be given more than once; without it, all that the API has
    #[arg(long = "permission", value_name = "PERMISSION")]
    pub permissions: Vec<String>,
    /// When it ends by itself
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "days")]
    pub expires_at: Option<Timestamp>,
    /// After how many days it ends by itself
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=7_300))]
    pub days: Option<u64>,
    /// Where username and code go.
    #[command(flatten)]
    pub destination: Destination,
}

const COLUMNS: [Column; 8] = [
    plain("id", Text::ColumnId),
    plain("api", Text::ColumnApi),
    plain("username", Text::ColumnUsername),
    plain("description", Text::ColumnDescription),
    shaped("", Text::ColumnState, Shape::State),
    shaped("last_used_at", Text::ColumnLastUsed, Shape::Time),
    shaped("expires_at", Text::ColumnExpires, Shape::Time),
    shaped("exposed_at", Text::ColumnExposed, Shape::Time),
];

const DETAILS: [Column; 16] = [
    plain("id", Text::ColumnId),
    plain("api", Text::ColumnApi),
    plain("username", Text::ColumnUsername),
    plain("description", Text::ColumnDescription),
    plain("prefix", Text::ColumnPrefix),
    shaped("", Text::ColumnState, Shape::State),
    shaped("permissions", Text::ColumnPermissions, Shape::Names),
    plain("organisation", Text::ColumnOrganisation),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("last_used_at", Text::ColumnLastUsed, Shape::Time),
    plain("last_used_from", Text::ColumnFrom),
    plain("uses", Text::ColumnUses),
    shaped("exposed_at", Text::ColumnExposed, Shape::Time),
    shaped("expires_at", Text::ColumnExpires, Shape::Time),
    shaped("old_secret_ends_at", Text::ColumnOldSecret, Shape::Time),
    plain("revision", Text::ColumnRevision),
];

/// Where all of them are.
const PATH: &str = "organisation-tokens";

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { organisation, stretch } => {
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            context.list(&[PATH], &[("organisation", organisation)], stretch, &COLUMNS)
        }
        Verb::Create(arguments) => create(arguments, context),
        Verb::Show { id } => context.show(&[PATH, &id.to_string()], &DETAILS),
        Verb::Edit(arguments) => {
            let answer = context.patch(&[PATH, &arguments.id.to_string()], arguments.changes()?)?;
            context.made(&answer, &DETAILS, Text::Changed)
        }
        Verb::Rotate { id, overlap, destination } => {
            let body = json!({ "overlap_seconds": overlap.as_secs() });
            destination.open()?.fill(context, Text::RotatedCode, |context| context.post(&[PATH, &id.to_string(), "rotations"], body))
        }
        Verb::Delete { id } => {
            let id = id.to_string();
            context.confirm(Text::AskRevokeToken, &[PATH, &id], "username")?;
            let answer = context.client.delete(&[PATH, &id])?;
            context.done(&answer, Text::Ended)
        }
        Verb::Suspend { id } => {
            let id = id.to_string();
            context.confirm(Text::AskSuspendToken, &[PATH, &id], "username")?;
            let answer = context.client.put(&[PATH, &id, "suspension"])?;
            context.done(&answer, Text::Suspended)
        }
        Verb::Resume { id } => {
            let answer = context.client.delete(&[PATH, &id.to_string(), "suspension"])?;
            context.done(&answer, Text::Resumed)
        }
        Verb::Import(arguments) => super::import::run(arguments, &super::import::ORGANISATION_TOKENS, context),
    }
}

fn create(arguments: &CreateArgs, context: &mut Context<'_>) -> Attempt<()> {
    let organisation = context.organisation_or_own(arguments.organisation.as_deref())?;
    let members = [("description", json!(arguments.description)), ("api", json!(arguments.api))];
    let mut token: Map<_, _> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(username) = &arguments.username {
        token.insert("username".to_owned(), json!(username));
    }
    if !arguments.permissions.is_empty() {
        token.insert("permissions".to_owned(), json!(arguments.permissions));
    }
    let days = |days: u64| context.now().saturating_add(Duration::from_secs(days * 86_400));
    if let Some(at) = arguments.expires_at.or_else(|| arguments.days.map(days)) {
        token.insert("expires_at".to_owned(), json!(at));
    }
    let place = arguments.destination.open()?;
    place.fill(context, Text::Created, |context| context.post(&["organisations", &organisation, PATH], token.into()))
}
