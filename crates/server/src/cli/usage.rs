//! `poort usage`: what credentials did, by day.

use clap::Args;
use domain::{CredentialId, Day};
use http::Method;
use serde_json::Value;

use super::client::Call;
use super::column::{Column, plain};
use super::context::Context;
use super::failure::Attempt;
use super::screen::Form;
use super::texts::Text;

/// Whose requests, and when.
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// Of this organisation's tokens and keys: an id or a name; without it, of one person's tokens
    #[arg(long, conflicts_with = "person")]
    pub organisation: Option<String>,
    /// Of this person's tokens: an id or a mail address; without it, the caller's own
    #[arg(long)]
    pub person: Option<String>,
    /// The first day, such as 2026-11-01
    #[arg(long, value_name = "DAY")]
    pub from: Option<Day>,
    /// The last day, included
    #[arg(long, value_name = "DAY")]
    pub to: Option<Day>,
    /// Only of this token or key: an id
    #[arg(long, value_name = "ID")]
    pub credential: Option<CredentialId>,
    /// Only refused for this reason, such as `expired`
    #[arg(long)]
    pub reason: Option<String>,
}

const COLUMNS: [Column; 5] = [
    plain("day", Text::ColumnDay),
    plain("name", Text::ColumnName),
    plain("outcome", Text::ColumnState),
    plain("reason", Text::ColumnReason),
    plain("requests", Text::ColumnUses),
];

/// Asks, and tells.
pub(super) fn run(arguments: &UsageArgs, context: &mut Context<'_>) -> Attempt<()> {
    let (list, id) = match (&arguments.organisation, &arguments.person) {
        (Some(named), _) => ("organisations", context.organisation(named)?),
        (None, Some(named)) => ("people", context.person(named)?),
        (None, None) => {
            let whoami = context.client.get(&["whoami"])?.body;
            ("people", whoami["person"].as_str().unwrap_or_default().to_owned())
        }
    };
    let path = [list, id.as_str(), "usage"];
    let call = Call::new(Method::GET, &path).query("from", arguments.from).query("to", arguments.to);
    let call = call.query("credential", arguments.credential).query("reason", arguments.reason.as_deref());
    let mut usage = context.client.send(&call)?.body;
    if context.screen.form == Form::Json {
        return context.screen.json(&usage);
    }
    let credentials = usage["credentials"].take();
    let name = |id: &Value| credentials.as_array()?.iter().find(|one| one["id"] == *id).map(|one| one["name"].clone());
    let mut lines = usage["lines"].take().as_array().cloned().unwrap_or_default();
    for line in &mut lines {
        let named = name(&line["credential"]).unwrap_or_default();
        line["name"] = named;
    }
    context.screen.list(&COLUMNS, &lines)
}
