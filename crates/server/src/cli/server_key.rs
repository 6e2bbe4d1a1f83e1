//! `poort keys`: the keys with which the server seals and signs.

use clap::Subcommand;
use serde_json::{Value, json};

use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::texts::Text;

/// What to do with server keys.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List server keys; never the keys themselves
    List,
    /// Make a new key and use it as soon as every node can read with it; what earlier ones made is still read. A key for signing
    /// is in the JWK set for some time before it signs (signing_key_publish_seconds)
    Rotate {
        /// What it is for
        #[arg(default_value = "sealing", value_parser = ["sealing", "signing_es256", "signing_eddsa", "signing_rs256"])]
        purpose: String,
        /// Let it sign at once: whoever keeps a copy of the JWK set must fetch it anew
        #[arg(long)]
        at_once: bool,
    },
    /// End a signing key at once, because somebody else has it: what it has signed is refused from then on
    End {
        /// Its id
        id: String,
    },
}

const COLUMNS: [Column; 7] = [
    plain("id", Text::ColumnId),
    plain("purpose", Text::ColumnPurpose),
    plain("state", Text::ColumnState),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("activated_at", Text::ColumnActivated, Shape::Time),
    shaped("retired_at", Text::ColumnRetired, Shape::Time),
    plain("kid", Text::ColumnKid),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List => {
            let answer = context.client.get(&["server-keys"])?;
            match answer.body.get("items").and_then(Value::as_array) {
                Some(items) => context.screen.list(&COLUMNS, items),
                None => context.screen.json(&answer.body),
            }
        }
        Verb::Rotate { purpose, at_once } => {
            let answer = context.post(&["server-keys", "rotations"], json!({ "purpose": purpose, "at_once": at_once }))?;
            let is_published = answer.body.get("state").is_some_and(|state| state == "published");
            context.made(&answer, &COLUMNS, if is_published { Text::KeyPublished } else { Text::KeyRotated })
        }
        Verb::End { id } => {
            context.confirm(Text::AskEndKey, &["server-keys", id], "")?;
            let answer = context.client.delete(&["server-keys", id])?;
            context.done(&answer, Text::KeyEnded)
        }
    }
}
