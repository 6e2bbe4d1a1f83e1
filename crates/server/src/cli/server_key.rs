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
    /// Make a new key and use it as soon as every node can read with it; what earlier ones made is still read
    Rotate {
        /// What it is for
        #[arg(default_value = "sealing", value_parser = ["sealing"])]
        purpose: String,
    },
}

const COLUMNS: [Column; 6] = [
    plain("id", Text::ColumnId),
    plain("purpose", Text::ColumnPurpose),
    plain("state", Text::ColumnState),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("activated_at", Text::ColumnActivated, Shape::Time),
    shaped("retired_at", Text::ColumnRetired, Shape::Time),
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
        Verb::Rotate { purpose } => {
            let answer = context.post(&["server-keys", "rotations"], json!({ "purpose": purpose }))?;
            context.made(&answer, &COLUMNS, Text::KeyRotated)
        }
    }
}
