//! `poort organisation-token`: username and code with which an organisation's own software delivers.

use clap::{Args, Subcommand};
use serde_json::json;

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::credential::{Expiry, One, RotateArgs, Sort, UpdateArgs, given, permissions};
use super::failure::Attempt;
use super::import::ImportArgs;
use super::secret::Destination;
use super::texts::Text;

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
    Show(One),
    /// Change what a token is for, what it may do, or when it ends
    Edit(UpdateArgs),
    /// Give a token a new code; username and id stay
    Rotate(RotateArgs),
    /// End a token
    Delete(One),
    /// Pause a token
    Suspend(One),
    /// Make a paused token work again
    Resume(One),
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
    /// When it ends.
    #[command(flatten)]
    pub expiry: Expiry,
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

const SORT: Sort = Sort {
    path: PATH,
    member: "username",
    details: &DETAILS,
    ask_revoke: Text::AskRevokeToken,
    ask_suspend: Text::AskSuspendToken,
    rotated: Text::RotatedCode,
};

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { organisation, stretch } => {
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            context.list(&[PATH], &[("organisation", organisation)], stretch, &COLUMNS)
        }
        Verb::Create(arguments) => create(arguments, context),
        Verb::Show(one) => SORT.show(one, context),
        Verb::Edit(arguments) => SORT.update(arguments.id, arguments.changes()?, context),
        Verb::Rotate(arguments) => SORT.rotate(arguments, context),
        Verb::Delete(one) => SORT.revoke(one, context),
        Verb::Suspend(one) => SORT.suspend(one, context),
        Verb::Resume(one) => SORT.resume(one, context),
        Verb::Import(arguments) => super::import::run(arguments, &super::import::ORGANISATION_TOKENS, context),
    }
}

fn create(arguments: &CreateArgs, context: &mut Context<'_>) -> Attempt<()> {
    let organisation = context.organisation_or_own(arguments.organisation.as_deref())?;
    let token = given([
        ("description", Some(json!(arguments.description))),
        ("api", Some(json!(arguments.api))),
        ("username", arguments.username.as_ref().map(|username| json!(username))),
        ("permissions", permissions(&arguments.permissions, false)),
        ("expires_at", arguments.expiry.at(context).map(|at| json!(at))),
    ]);
    let place = arguments.destination.open()?;
    place.fill(context, Text::Created, |context| context.post(&["organisations", &organisation, PATH], token))
}
