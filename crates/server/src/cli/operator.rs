//! `poort operator`: the people who run the installation, and the tokens for it.

use clap::{Args, Subcommand};
use domain::CredentialId;
use serde_json::json;

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::secret::Destination;
use super::texts::Text;

/// What to do with operators and their tokens.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List operator tokens; never their secrets
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make an operator token; only its secret goes to standard output, once
    Create(NewToken),
    /// End an operator token
    Revoke {
        /// Its id
        id: CredentialId,
    },
    /// List the people who run the installation, on the console's pages for that
    People {
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Let a person run the installation, on the console's pages for that
    Appoint {
        /// Id or mail address
        person: String,
    },
    /// Let a person not run the installation any more; the last one, too
    Dismiss {
        /// Id or mail address
        person: String,
    },
}

const PEOPLE: [Column; 6] = [
    plain("person", Text::ColumnId),
    plain("name", Text::ColumnName),
    plain("email", Text::ColumnEmail),
    plain("second_factor", Text::ColumnSecondFactor),
    shaped("", Text::ColumnState, Shape::State),
    shaped("appointed_at", Text::ColumnAppointed, Shape::Time),
];

/// A new operator token.
#[derive(Debug, Args)]
pub struct NewToken {
    /// What it is for
    pub description: String,
    /// Where the secret goes.
    #[command(flatten)]
    pub destination: Destination,
}

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { stretch } => context.list(&["operator-tokens"], &[], stretch, &super::api::CREDENTIALS),
        Verb::Create(NewToken { description, destination }) => {
            let body = json!({ "description": description });
            destination.open()?.fill(context, Text::Created, |context| context.post(&["operator-tokens"], body))
        }
        Verb::Revoke { id } => {
            let id = id.to_string();
            context.confirm(Text::AskRevokeCredential, &["operator-tokens", &id], "")?;
            let answer = context.client.delete(&["operator-tokens", &id])?;
            context.done(&answer, Text::Ended)
        }
        Verb::People { stretch } => context.list(&["operators"], &[], stretch, &PEOPLE),
        Verb::Appoint { person } => {
            let id = context.person(person)?;
            let answer = context.client.put(&["operators", &id])?;
            context.done(&answer, Text::OperatorAppointed)
        }
        Verb::Dismiss { person } => {
            let id = context.person(person)?;
            context.confirm(Text::AskDismissOperator, &["people", &id], "name")?;
            let answer = context.client.delete(&["operators", &id])?;
            context.done(&answer, Text::OperatorDismissed)
        }
    }
}
