//! `poort token`: personal tokens.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::Stretch;
use super::column::{Column, Shape, plain, scalar, shaped};
use super::context::Context;
use super::credential::{Expiry, One, RotateArgs, Sort, UpdateArgs, given, permissions};
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
    Show(One),
    /// Change what a token is for, what it may do, or when it ends
    Update(UpdateArgs),
    /// Give a token a new secret; the id stays
    Rotate(RotateArgs),
    /// End a token
    Revoke(One),
    /// Pause a token
    Suspend(One),
    /// Make a paused token work again
    Resume(One),
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
    /// When it ends.
    #[command(flatten)]
    pub expiry: Expiry,
    /// Where the secret goes.
    #[command(flatten)]
    pub destination: Destination,
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

const SORT: Sort = Sort {
    path: "tokens",
    member: "description",
    details: &DETAILS,
    ask_revoke: Text::AskRevokeToken,
    ask_suspend: Text::AskSuspendToken,
    rotated: Text::Rotated,
};

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { person, organisation, stretch } => {
            let person = person.as_deref().map(|named| context.person(named)).transpose()?;
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            context.list(&["tokens"], &[("person", person), ("organisation", organisation)], stretch, &COLUMNS)
        }
        Verb::Create(arguments) => create(arguments, context),
        Verb::Show(one) => SORT.show(one, context),
        Verb::Update(arguments) => SORT.update(arguments.id, arguments.changes()?, context),
        Verb::Rotate(arguments) => SORT.rotate(arguments, context),
        Verb::Revoke(one) => SORT.revoke(one, context),
        Verb::Suspend(one) => SORT.suspend(one, context),
        Verb::Resume(one) => SORT.resume(one, context),
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
    let organisation = arguments.organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
    let token = given([
        ("description", Some(json!(arguments.description))),
        ("organisation", organisation.map(Value::String)),
        ("permissions", permissions(&arguments.permissions, false)),
        ("expires_at", arguments.expiry.at(context).map(|at| json!(at))),
    ]);
    let place = arguments.destination.open()?;
    place.fill(context, Text::Created, |context| context.post(&["people", &person, "tokens"], token))
}

/// The person whose token the command itself was given.
fn caller(context: &Context<'_>) -> Attempt<String> {
    let answer = context.client.get(&["whoami"])?.body;
    let person = ["/person/id", "/person", "/owner/id"].iter().find_map(|member| answer.pointer(member).filter(|id| id.is_string()));
    person.map(scalar).ok_or_else(|| Failure::new(Exit::Usage, Text::WhoseToken).and(Text::TodoWhoseToken))
}
