//! `poort delegation preview` and `close`: what a closing ends, and the closing itself.

use clap::Args;
use domain::{DelegationId, Timestamp};
use serde_json::{Value, json};

use super::column::{Column, Shape, plain, scalar, shaped};
use super::context::Context;
use super::credential::moment;
use super::failure::Attempt;
use super::screen::Form;
use super::texts::Text;

/// How a delegation is closed.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// Its id
    pub id: DelegationId,
    /// When, to announce it; without it, now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Timestamp>,
    /// Why, for both sides to read
    #[arg(long)]
    pub reason: Option<String>,
    /// Only if what it ends is still what was seen: the impact_version of a preview
    #[arg(long, value_name = "VERSION")]
    pub if_impact: Option<String>,
}

const CREDENTIALS: [Column; 7] = [
    plain("username", Text::ColumnUsername),
    plain("description", Text::ColumnDescription),
    plain("kind", Text::ColumnKind),
    plain("stops", Text::ColumnStops),
    plain("works_elsewhere", Text::ColumnElsewhere),
    plain("uses_in_7_days", Text::ColumnLately),
    shaped("last_used_at", Text::ColumnLastUsed, Shape::Time),
];

/// Shows what a closing would end: first the sum, then each credential.
pub(super) fn preview(id: DelegationId, context: &mut Context<'_>) -> Attempt<()> {
    let impact = context.client.get(&["delegations", &id.to_string(), "impact"])?.body;
    if context.screen.form == Form::Json {
        return context.screen.json(&impact);
    }
    summary(&impact, context)?;
    let credentials = impact.get("credentials").and_then(Value::as_array).cloned().unwrap_or_default();
    if context.screen.form == Form::Tab || !credentials.is_empty() {
        context.screen.list(&CREDENTIALS, &credentials)?;
    }
    Ok(())
}

/// Closes a delegation, or announces it, after showing what that ends.
pub(super) fn close(arguments: &CloseArgs, context: &mut Context<'_>) -> Attempt<()> {
    let id = arguments.id.to_string();
    let mut if_impact = arguments.if_impact.clone();
    if !context.screen.yes {
        let impact = context.client.get(&["delegations", &id, "impact"])?.body;
        summary(&impact, context)?;
        // What was shown is what is agreed to.
        if_impact = if_impact.or(impact.get("impact_version").and_then(Value::as_str).map(str::to_owned));
        let to = impact.pointer("/delegations/0/to/name").map(scalar).unwrap_or_default();
        context.screen.confirm(Text::AskCloseDelegation, &[("id", id.clone()), ("what", to)])?;
    }
    let body = json!({ "at": arguments.at, "reason": arguments.reason, "if_impact": if_impact });
    let answer = context.post(&["delegations", &id, "closures"], body)?;
    let announced = answer.body.get("state").is_some_and(|state| state == "closing");
    context.done(&answer, if announced { Text::ClosingAnnounced } else { Text::DelegationClosed })
}

fn summary(impact: &Value, context: &mut Context<'_>) -> Attempt<()> {
    let member = |name: &str| impact.get(name).map(scalar).unwrap_or_default();
    let closed = impact.get("delegations").and_then(Value::as_array).map_or(0, Vec::len);
    let values = [
        ("delegations", closed.to_string()),
        ("stopping", member("credentials_stopping")),
        ("narrowed", member("credentials_narrowed")),
        ("uses", member("uses_in_7_days")),
        ("version", member("impact_version")),
    ];
    context.screen.tell(Text::Impact, &values)?;
    let Some(under_way) = impact.get("under_way").filter(|work| work.is_object()) else { return Ok(()) };
    let count = |name: &'static str| (name, under_way.get(name).map(scalar).unwrap_or_default());
    context.screen.tell(Text::UnderWay, &[count("deliveries"), count("documents"), count("uploads")])
}
