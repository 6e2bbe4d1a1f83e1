//! `poort why`: why a request was refused, by the id on its answer.

use domain::refused_request::{Outcome, Step};
use domain::{Cause, RequestId};
use serde_json::Value;

use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::failure::Attempt;
use super::screen::{Form, visible};
use super::texts::Text;
use crate::why;

const COLUMNS: [Column; 13] = [
    shaped("at", Text::ColumnAt, Shape::Time),
    plain("reason", Text::ColumnReason),
    plain("flow", Text::ColumnFlow),
    plain("answer", Text::ColumnAnswer),
    plain("api", Text::ColumnApi),
    plain("method", Text::ColumnMethod),
    plain("path", Text::ColumnPath),
    plain("permission", Text::ColumnPermission),
    plain("workspace", Text::ColumnWorkspace),
    plain("credential_label", Text::ColumnCredential),
    plain("organisation_name", Text::ColumnOrganisation),
    plain("address", Text::ColumnAddress),
    plain("delegation", Text::ColumnDelegation),
];

/// Asks, and tells.
pub(super) fn run(request: RequestId, context: &mut Context<'_>) -> Attempt<()> {
    let answer = context.client.get(&["refusals", &request.to_string()])?.body;
    if context.screen.form != Form::Table {
        return context.screen.show(&COLUMNS, &answer);
    }
    let language = context.screen.reader.language;
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let words = Cause::from_code(text("reason")).map(|cause| why::words(cause, language));
    let mut lines = Vec::new();
    if let Some(words) = words {
        lines.extend([format!("{} ({})", words.title, text("reason")), words.story.to_owned(), String::new()]);
    }
    context.screen.lines(&lines)?;
    context.screen.show(&COLUMNS, &answer)?;
    let mut lines = vec![String::new()];
    lines.extend(decision(&answer["decision"], context));
    let checks = answer["checks"].as_array().map(Vec::as_slice).unwrap_or_default();
    lines.extend(checks.iter().filter_map(|check| {
        let step = Step::ALL.iter().copied().find(|step| check["name"] == step.name())?;
        let (mark, outcome) = match check["outcome"].as_str()? {
            "passed" => ('+', Outcome::Passed),
            "failed" => ('x', Outcome::Failed),
            _ => (' ', Outcome::NotReached),
        };
        Some(format!("{mark} {} {}", why::question(step, language), why::outcome(outcome, language)))
    }));
    if let Some(words) = words {
        lines.extend([String::new(), words.todo.to_owned()]);
    }
    context.screen.lines(&lines)
}

/// What was changed, by whom and why, in a line.
fn decision(decision: &Value, context: &Context<'_>) -> Option<String> {
    let reader = context.screen.reader;
    let what = decision["what"].as_str()?.to_owned();
    let at = shaped("at", Text::ColumnAt, Shape::Time).value(decision, reader);
    let by = decision["name"].as_str().or_else(|| decision["by"].as_str()).unwrap_or("?").to_owned();
    let told = Text::WhyDecision.filled(reader.language, &[("what", what), ("at", at), ("by", by)]);
    let reason = decision["reason"].as_str().map(|reason| format!(" \"{reason}\"")).unwrap_or_default();
    Some(format!("{}\n", visible(&format!("{told}{reason}"))))
}
