//! `poort backup` and `poort restore`: their arguments, and what they ask of a server that was restored.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::local::ServeArgs;
use super::texts::Text;

/// What is backed up, and to where.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The file of the backup; it must not exist yet
    pub file: PathBuf,
    /// Read the file and say whether it is whole
    #[arg(long, conflicts_with = "ended_since")]
    pub verify: bool,
    /// Write only what was ended since this backup
    #[arg(long, value_name = "BACKUP")]
    pub ended_since: Option<PathBuf>,
    /// Where the server keeps its data.
    #[command(flatten)]
    pub server: ServeArgs,
}

/// What is restored, or what is done after it.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RestoreArgs {
    /// The file of the backup
    #[arg(required = true)]
    pub file: Option<PathBuf>,
    /// Remove what is in the database now
    #[arg(long)]
    pub replace: bool,
    /// End again what this file says was ended since the backup
    #[arg(long, value_name = "FILE")]
    pub ended: Option<PathBuf>,
    /// Where the server keeps its data.
    #[command(flatten)]
    pub server: ServeArgs,
    /// What to do afterwards.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do after a restore. A running server is asked.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Show whether credentials of the backup are refused until they are confirmed
    Status,
    /// Let the credentials of the backup work again: all, or those of one organisation or API
    Confirm {
        /// Only those of this organisation: its id or name
        #[arg(long, value_name = "ORGANISATION", conflicts_with = "api")]
        organisation: Option<String>,
        /// Only those with which this API asks
        #[arg(long, value_name = "NAME")]
        api: Option<String>,
    },
}

const COLUMNS: [Column; 6] = [
    plain("fenced", Text::ColumnFenced),
    shaped("restored_at", Text::ColumnRestored, Shape::Time),
    shaped("backup_at", Text::ColumnBackup, Shape::Time),
    plain("backup_sequence", Text::ColumnSequence),
    shaped("organisations", Text::ColumnOrganisation, Shape::Names),
    shaped("apis", Text::ColumnApi, Shape::Names),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::Status => {
            let answer = context.client.get(&["fence"])?;
            context.screen.show(&COLUMNS, &answer.body)?;
            let stands = answer.body.get("fenced").and_then(Value::as_bool).unwrap_or_default();
            context.screen.tell(if stands { Text::Fenced } else { Text::NotFenced }, &[])
        }
        Verb::Confirm { organisation, api } => {
            let body = match (organisation, api) {
                (Some(named), _) => json!({ "organisation": context.organisation(named)? }),
                (None, Some(api)) => json!({ "api": api }),
                (None, None) => json!({}),
            };
            let what = organisation.as_ref().or(api.as_ref());
            let question = if what.is_some() { Text::AskConfirmPart } else { Text::AskConfirmAll };
            context.screen.confirm(question, &[("what", what.cloned().unwrap_or_default())])?;
            let answer = context.post(&["fence", "confirmations"], body)?;
            context.done(&answer, Text::Confirmed)
        }
    }
}
