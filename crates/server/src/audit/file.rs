//! Files of audit logs: exactly what was asked for, as it is read, in parts.

use authority::{AuditActor, AuditLine, AuditOf, AuditPage, AuditQuery, Authority, Caller, Error};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::csv;
use crate::language::Language;

/// As many lines are read at once.
const PART: u32 = 500;
const COLUMNS: [&str; 12] =
    ["at", "sequence", "action", "sentence", "by_type", "by_id", "by_name", "via", "address", "object_type", "object_id", "request_id"];

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Comma-separated values, for spreadsheets.
    Csv,
    /// One JSON text.
    Json,
    /// A JSON text on each line.
    Ndjson,
}

impl Format {
    /// Each, with its name, which is the file's ending, too.
    pub(crate) const ALL: [(&'static str, Self); 3] = [("csv", Self::Csv), ("json", Self::Json), ("ndjson", Self::Ndjson)];

    /// Reads its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// A line of an audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditRecord {
    /// Its place in the journal: in an organisation's or a person's log there are gaps.
    sequence: i64,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    at: domain::Timestamp,
    /// What was done: `token.created`, `delegation.closed` …
    action: String,
    /// The same in a sentence.
    sentence: String,
    /// Who did it.
    by: By,
    /// By which way: `session` (a page), `token`, `operator_page`, `operator_token`, `client` or `server`.
    via: &'static str,
    /// From which address, where it was one of the own people.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// In which request.
    #[schema(value_type = String, format = Uuid)]
    request_id: domain::RequestId,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The things that it was about, what it was done to first: at most five, those that the reader may know.
    objects: Vec<Object>,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
struct By {
    /// `person`, `organisation` (somebody of another one), `operator`, `client` or `server`.
    r#type: &'static str,
    /// The person's id, inside the own organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    id: Option<Uuid>,
    /// The name of the person, of the other organisation or of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// A thing.
#[derive(Debug, Serialize, ToSchema)]
struct Object {
    /// `token`, `organisation_token`, `key`, `delegation`, `workspace`, `membership`, `person`, `organisation` …
    r#type: String,
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: Uuid,
    /// What it is called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// The beginning of a token, the public id of a key, the number of a workspace, both sides of a delegation.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
}

impl AuditRecord {
    /// A line, with its sentence in this language.
    pub(crate) fn new(line: AuditLine, language: Language) -> Self {
        let (sentence, (via, _)) = (super::sentence(&line, language), super::via(&line));
        let AuditLine { entry, action, by, names, reason, address } = line;
        let object =
            |name: authority::AuditName| Object { r#type: name.kind, id: Uuid::from_bytes(name.id), label: name.name, more: name.more };
        Self {
            sequence: entry.sequence.0,
            at: entry.at,
            action,
            sentence,
            by: By::from(by),
            via,
            address,
            request_id: entry.request,
            reason,
            objects: names.into_iter().map(object).collect(),
        }
    }

    fn csv(&self) -> String {
        let object = self.objects.first();
        let (sequence, request) = (self.sequence.to_string(), self.request_id.to_string());
        let (by, object_id) = (self.by.id.map(|id| id.to_string()), object.map(|object| object.id.to_string()));
        csv::line([
            self.at.to_string().as_str(),
            &sequence,
            &self.action,
            &self.sentence,
            self.by.r#type,
            by.as_deref().unwrap_or_default(),
            self.by.name.as_deref().unwrap_or_default(),
            self.via,
            self.address.as_deref().unwrap_or_default(),
            object.map_or("", |object| object.r#type.as_str()),
            object_id.as_deref().unwrap_or_default(),
            &request,
        ])
    }
}

impl From<AuditActor> for By {
    fn from(by: AuditActor) -> Self {
        let (r#type, id, name) = match by {
            AuditActor::Person(id, name) => ("person", Some(Uuid::from_bytes(*id.as_bytes())), name),
            AuditActor::Organisation(name) => ("organisation", None, name),
            AuditActor::Operator => ("operator", None, None),
            AuditActor::Client(name) => ("client", None, name),
            AuditActor::Server => ("server", None, None),
        };
        Self { r#type, id, name }
    }
}

/// What a file is made of.
struct File {
    authority: Authority,
    caller: Caller,
    query: AuditQuery,
    format: Format,
    language: Language,
    /// How many parts were written.
    parts: u32,
    is_over: bool,
}

/// The file with all lines that are wanted. Where the database goes away meanwhile the answer breaks off: a file that came to
/// its end is whole.
pub(crate) fn answer(authority: Authority, caller: Caller, query: AuditQuery, (format, language): (Format, Language)) -> Response {
    let whose = match query.of {
        AuditOf::Organisation(_) => "organisation",
        AuditOf::Person(_) => "own",
        AuditOf::Installation => "all",
    };
    let name = format!("attachment; filename=\"audit-{whose}.{}\"", format.name());
    let query = AuditQuery { limit: PART, ..query };
    let file = File { authority, caller, query, format, language, parts: 0, is_over: false };
    let body = Body::from_stream(stream::try_unfold(file, |mut file| async move {
        if file.is_over { Ok(None) } else { file.next().await.map(|text| Some((text, file))) }
    }));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (CONTENT_DISPOSITION, HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"))),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

impl File {
    async fn next(&mut self) -> Result<String, Error> {
        let AuditPage { lines, next, .. } = self.authority.audit_log(&self.caller, self.query.clone()).await?;
        let is_first = self.parts == 0;
        (self.parts, self.is_over, self.query.after) = (self.parts + 1, next.is_none(), next);
        let records = lines.into_iter().map(|line| AuditRecord::new(line, self.language));
        Ok(match self.format {
            Format::Csv => {
                let head = if is_first { csv::line(COLUMNS) } else { String::new() };
                head + &records.map(|record| record.csv()).collect::<String>()
            }
            Format::Ndjson => records.map(|record| json(&record) + "\n").collect(),
            Format::Json => {
                let records: Vec<String> = records.map(|record| json(&record)).collect();
                let before = if is_first {
                    "[\n"
                } else if records.is_empty() {
                    ""
                } else {
                    ",\n"
                };
                format!("{before}{}{}", records.join(",\n"), if self.is_over { "\n]\n" } else { "" })
            }
        })
    }
}

fn json(record: &AuditRecord) -> String {
    serde_json::to_string(record).unwrap_or_default()
}
