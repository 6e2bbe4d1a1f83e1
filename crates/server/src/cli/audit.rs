//! `poort audit`: the journal of changes, oldest first.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::Value;

use super::client::Call;
use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::Form;
use super::texts::Text;

/// The most entries that the API gives at once.
const PAGE: usize = 200;
/// How long `--follow` waits before it asks again.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List changes
    List(ListArgs),
    /// Write all changes as lines of JSON
    Export(ExportArgs),
    /// Tell what was done in an organisation, newest first, a sentence each
    Log(LogArgs),
}

/// Which lines of an organisation's audit log are told.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// The organisation: id or name
    #[arg(value_name = "ORGANISATION")]
    pub organisation: String,
    /// Only with this action, such as `token.created`
    #[arg(long)]
    pub action: Option<String>,
    /// Only what this person did: an id
    #[arg(long, value_name = "ID")]
    pub person: Option<domain::PersonId>,
    /// Only from this moment on
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only before this moment
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub stretch: Stretch,
}

const LOG_COLUMNS: [Column; 4] = [
    shaped("at", Text::ColumnAt, Shape::Time),
    plain("action", Text::ColumnEvent),
    plain("sentence", Text::ColumnSubject),
    plain("request_id", Text::ColumnRequest),
];

/// Which changes are listed.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only what is about this person, organisation, membership or credential: an id
    #[arg(long, value_name = "ID")]
    pub about: Option<domain::RequestId>,
    /// Only what came after this number
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,
    /// Show this many at most
    #[arg(long, default_value_t = 500, value_name = "COUNT")]
    pub limit: usize,
    /// Keep waiting for new ones, until Ctrl-C
    #[arg(long, conflicts_with = "limit")]
    pub follow: bool,
}

/// What is exported, and where to.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Only what is about this person, organisation, membership or credential: an id
    #[arg(long, value_name = "ID")]
    pub about: Option<domain::RequestId>,
    /// Only what came after this number
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

const COLUMNS: [Column; 6] = [
    plain("sequence", Text::ColumnSequence),
    shaped("at", Text::ColumnAt, Shape::Time),
    shaped("actor", Text::ColumnActor, Shape::Actor),
    plain("/event/type", Text::ColumnEvent),
    shaped("event", Text::ColumnSubject, Shape::Subject),
    plain("request", Text::ColumnRequest),
];

/// A place in the journal from which it is read on.
struct Tail {
    about: Option<String>,
    after: Option<u64>,
}

impl Tail {
    /// The next entries, at most `wanted`.
    fn next(&mut self, context: &Context<'_>, wanted: usize) -> Attempt<Vec<Value>> {
        let call = Call::new(Method::GET, &["audit"]).query("about", self.about.as_ref()).query("after", Some(self.after.unwrap_or(0)));
        let mut page = context.client.send(&call.query("limit", Some(wanted.min(PAGE))))?.body;
        let items = page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
        let last = items.iter().filter_map(|entry| entry.get("sequence")?.as_u64()).max();
        self.after = self.after.max(last);
        Ok(items)
    }
}

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List(arguments) if arguments.follow => follow(arguments, context),
        Verb::List(arguments) => list(arguments, context),
        Verb::Export(arguments) => export(arguments, context),
        Verb::Log(arguments) => log(arguments, context),
    }
}

fn log(arguments: &LogArgs, context: &mut Context<'_>) -> Attempt<()> {
    let organisation = context.organisation(&arguments.organisation)?;
    let filters = [
        ("action", arguments.action.clone()),
        ("person", arguments.person.map(|id| id.to_string())),
        ("since", arguments.since.clone()),
        ("until", arguments.until.clone()),
    ];
    context.list(&["organisations", &organisation, "audit"], &filters, &arguments.stretch, &LOG_COLUMNS)
}

fn list(arguments: &ListArgs, context: &mut Context<'_>) -> Attempt<()> {
    let mut tail = Tail { about: arguments.about.map(|id| id.to_string()), after: arguments.after };
    let mut entries = Vec::new();
    while entries.len() < arguments.limit {
        let page = tail.next(context, arguments.limit - entries.len())?;
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    match context.screen.form {
        Form::Json => context.screen.json(&serde_json::json!({ "items": entries })),
        Form::Table | Form::Tab => context.screen.list(&COLUMNS, &entries),
    }
}

fn follow(arguments: &ListArgs, context: &mut Context<'_>) -> Attempt<()> {
    let mut tail = Tail { about: arguments.about.map(|id| id.to_string()), after: arguments.after };
    loop {
        let entries = tail.next(context, PAGE)?;
        for entry in &entries {
            match context.screen.form {
                Form::Json => context.screen.json_line(entry)?,
                Form::Table | Form::Tab => context.screen.row(&COLUMNS, entry)?,
            }
        }
        if entries.len() < PAGE {
            context.client.pause(FOLLOW_EVERY);
        }
    }
}

fn export(arguments: &ExportArgs, context: &mut Context<'_>) -> Attempt<()> {
    let mut tail = Tail { about: arguments.about.map(|id| id.to_string()), after: arguments.after };
    let unwritable = |error: std::io::Error| {
        let file = arguments.output.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        Failure::new(Exit::Failed, Message::Ours(Text::FileUnwritable, vec![("file", file), ("cause", error.to_string())]))
    };
    let mut file = arguments.output.as_ref().map(std::fs::File::create).transpose().map_err(unwritable)?.map(std::io::BufWriter::new);
    loop {
        let entries = tail.next(context, PAGE)?;
        for entry in &entries {
            match &mut file {
                Some(file) => writeln!(file, "{entry}").map_err(unwritable)?,
                None => context.screen.json_line(entry)?,
            }
        }
        if entries.is_empty() {
            return file.map_or(Ok(()), |mut file| file.flush()).map_err(unwritable);
        }
    }
}
