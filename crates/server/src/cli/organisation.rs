//! `poort organisation`: tenants.

use clap::Subcommand;
use domain::OrganisationId;
use serde_json::json;

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::texts::Text;

/// What to do with organisations.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List organisations
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make an organisation
    Create {
        /// Its name
        name: String,
    },
    /// Show an organisation
    Show {
        /// Its id
        id: OrganisationId,
    },
    /// Change its name
    Rename {
        /// Its id
        id: OrganisationId,
        /// Its new name
        name: String,
    },
    /// Make everything of it stop working until it is resumed
    Suspend {
        /// Its id
        id: OrganisationId,
    },
    /// Make it work again
    Resume {
        /// Its id
        id: OrganisationId,
    },
    /// List its members
    Members {
        /// Its id
        id: OrganisationId,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
}

const COLUMNS: [Column; 4] = [
    plain("id", Text::ColumnId),
    plain("name", Text::ColumnName),
    shaped("", Text::ColumnState, Shape::State),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { stretch } => context.list(&["organisations"], &[], stretch, &COLUMNS),
        Verb::Create { name } => {
            let answer = context.post(&["organisations"], json!({ "name": name }))?;
            context.made(&answer, &COLUMNS, Text::Created)
        }
        Verb::Show { id } => context.show(&["organisations", &id.to_string()], &COLUMNS),
        Verb::Rename { id, name } => {
            let answer = context.patch(&["organisations", &id.to_string()], json!({ "name": name }))?;
            context.made(&answer, &COLUMNS, Text::Changed)
        }
        Verb::Suspend { id } => {
            let id = id.to_string();
            context.confirm(Text::AskSuspendOrganisation, &["organisations", &id], "name")?;
            let answer = context.client.put(&["organisations", &id, "suspension"])?;
            context.done(&answer, Text::Suspended)
        }
        Verb::Resume { id } => {
            let answer = context.client.delete(&["organisations", &id.to_string(), "suspension"])?;
            context.done(&answer, Text::Resumed)
        }
        Verb::Members { id, stretch } => {
            context.list(&["organisations", &id.to_string(), "members"], &[], stretch, &super::membership::COLUMNS)
        }
    }
}
