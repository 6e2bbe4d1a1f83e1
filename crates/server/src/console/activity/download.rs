//! The lines of a page of activity as a file: exactly what its filter lets through.

use authority::{Activities, Activity, Doer, NamedDoer};
use axum::response::{IntoResponse as _, Response};
use domain::Day;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;

/// The columns, which are the members of the other forms, too.
const COLUMNS: &str = "day,kind,id,name,holder,project,outcome,reason,requests";

/// A form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Values with commas (RFC 4180), for spreadsheets.
    Csv,
    /// One array.
    Json,
    /// A line for each object.
    NdJson,
}

impl Form {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::NdJson];

    /// Its name, which is also the ending of the file's.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::NdJson => "ndjson",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::NdJson => "application/x-ndjson",
        }
    }
}

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    day: Day,
    kind: &'static str,
    id: String,
    name: &'a str,
    holder: &'a str,
    project: &'a str,
    outcome: &'static str,
    reason: &'static str,
    requests: u64,
}

/// The file; `project` is the number of the one that the filter names.
pub(super) fn answer(form: Form, activities: &Activities, days: (Day, Day), project: &str) -> Response {
    let lines = activities.lines.iter().map(|line| Line::of(line, &activities.doers, project));
    let body = match form {
        Form::Csv => csv(lines),
        Form::Json => serde_json::to_string(&lines.collect::<Vec<_>>()).unwrap_or_default(),
        Form::NdJson => lines.filter_map(|line| serde_json::to_string(&line).ok()).map(|line| line + "\n").collect(),
    };
    let name = format!("attachment; filename=\"activity_{}_{}.{}\"", days.0, days.1, form.name());
    let headers = [(CONTENT_TYPE, form.media_type().to_owned()), (CONTENT_DISPOSITION, name), (CACHE_CONTROL, "no-store".to_owned())];
    (headers, body).into_response()
}

impl<'a> Line<'a> {
    fn of(line: &Activity, doers: &'a [NamedDoer], project: &'a str) -> Self {
        let doer = doers.iter().find(|doer| doer.doer == line.by);
        let (kind, id) = match line.by {
            Doer::Credential(id) => (doer.and_then(|doer| doer.kind).map_or("credential", domain::Kind::name), id.to_string()),
            Doer::Organisation(id) => ("organisation", id.to_string()),
            Doer::Nobody => ("nobody", String::new()),
        };
        Self {
            day: line.day,
            kind,
            id,
            name: doer.map_or("", |doer| doer.label.as_str()),
            holder: doer.map_or("", |doer| doer.holder.as_str()),
            project,
            outcome: if line.refusal.is_some() { "refused" } else { "accepted" },
            reason: line.refusal.map_or("", domain::Refusal::code),
            requests: line.requests,
        }
    }
}

/// With a byte order mark, without which a spreadsheet takes the bytes for those of another alphabet.
fn csv<'a>(lines: impl Iterator<Item = Line<'a>>) -> String {
    let mut text = format!("\u{feff}{COLUMNS}\r\n");
    for line in lines {
        let (day, requests) = (line.day.to_string(), line.requests.to_string());
        let cells = [&day, line.kind, &line.id, line.name, line.holder, line.project, line.outcome, line.reason, &requests];
        text.push_str(&cells.map(cell).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe (OWASP, CSV injection).
fn cell(text: &str) -> String {
    let is_formula = text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_and_nothing_else() {
        for (text, expected) in [
            ("pycharm", "pycharm"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\r\nthere", "\"say \"\"hi\"\"\r\nthere\""),
            ("=HYPERLINK(\"https://evil\")", "\"'=HYPERLINK(\"\"https://evil\"\")\""),
            ("+31", "\"'+31\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("\rx", "\"'\rx\""),
            ("  =1", "\"'  =1\""),
            ("＝1", "\"'＝1\""),
            ("5-7", "5-7"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
