//! `poort workspace`: the parts of an organisation that access can be limited to.

use clap::Subcommand;
use serde_json::json;

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::texts::Text;

/// What to do with workspaces.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List workspaces, closed ones among them
    List {
        /// Only of this organisation: an id or a name; without it all for an operator, the own ones for a person
        #[arg(long)]
        organisation: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make a workspace
    Create {
        /// What the paths of APIs are to call it, such as 1255; never changed
        number: String,
        /// Its name for people
        name: String,
        /// Of which organisation: an id or a name; without it, the caller's own
        #[arg(long)]
        organisation: Option<String>,
    },
    /// Show a workspace
    Show {
        /// Its id or number
        workspace: String,
    },
    /// Change its name
    Rename {
        /// Its id or number
        workspace: String,
        /// Its new name
        name: String,
    },
    /// Close it for good: nothing works in it any more
    Close {
        /// Its id or number
        workspace: String,
    },
}

const COLUMNS: [Column; 6] = [
    plain("id", Text::ColumnId),
    plain("number", Text::ColumnNumber),
    plain("name", Text::ColumnName),
    shaped("", Text::ColumnState, Shape::State),
    plain("organisation", Text::ColumnOrganisation),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { organisation, stretch } => {
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            context.list(&["workspaces"], &[("organisation", organisation)], stretch, &COLUMNS)
        }
        Verb::Create { number, name, organisation } => {
            let organisation = context.organisation_or_own(organisation.as_deref())?;
            let answer = context.post(&["organisations", &organisation, "workspaces"], json!({ "number": number, "name": name }))?;
            context.made(&answer, &COLUMNS, Text::Created)
        }
        Verb::Show { workspace } => {
            let id = context.workspace(workspace)?;
            context.show(&["workspaces", &id], &COLUMNS)
        }
        Verb::Rename { workspace, name } => {
            let id = context.workspace(workspace)?;
            let answer = context.patch(&["workspaces", &id], json!({ "name": name }))?;
            context.made(&answer, &COLUMNS, Text::Changed)
        }
        Verb::Close { workspace } => {
            let id = context.workspace(workspace)?;
            context.confirm(Text::AskCloseWorkspace, &["workspaces", &id], "name")?;
            let answer = context.post(&["workspaces", &id, "closures"], json!({}))?;
            context.done(&answer, Text::Closed)
        }
    }
}
