//! `poort operator`: the tokens of whoever runs the installation.

use clap::{Args, Subcommand};
use domain::CredentialId;
use serde_json::json;

use super::client::Stretch;
use super::context::Context;
use super::failure::Attempt;
use super::secret::Destination;
use super::texts::Text;

/// What to do with operator tokens.
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
}

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
    }
}
