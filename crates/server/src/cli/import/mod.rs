//! `poort token import`, `poort organisation-token import` and `poort organisation-key import`: digests of another system's credentials, in batches, with a note of how far it came.

mod key_line;
mod line;
mod organisation_line;
mod progress;
mod source;
mod state;

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use super::client::{Call, fresh_key};
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::Form;
use super::texts::Text;
use line::Reject;
use progress::Progress;
use source::Source;
use state::{Rejects, State};

/// The most rows in one call; what the API takes.
const BATCH: usize = 1_000;
/// How many problems `--dry-run` shows.
const SHOWN_PROBLEMS: usize = 10;

/// What the lines of a file of organisation tokens are.
pub(super) const ORGANISATION_LINES: &str = "Lines of JSON: {\"organisation\": id, \"api\", \"username\", \"description\", \"digest\": SHA-256 of the code in hex or Base64, \"expires_at\"?, \"permissions\"?}; - for standard input";

/// What the lines of a file of organisation keys are.
pub(super) const KEY_LINES: &str = "Lines of JSON: {\"organisation\": id, \"client_id\", \"digest\": SHA-256 of the private key in hex or Base64, \"name\", \"workspace\"?: id, \"contact\"?, and what a new key takes}; - for standard input";

/// What is imported: where it goes, and how a line of it is read into what goes there.
pub(super) struct What {
    path: &'static str,
    /// The member of the call that holds the rows.
    member: &'static str,
    read_line: fn(&[u8]) -> Result<Option<Value>, Reject>,
}

/// Personal tokens.
pub(super) const TOKENS: What = What { path: "token-imports", member: "tokens", read_line: line::read_line };
/// Organisation tokens.
pub(super) const ORGANISATION_TOKENS: What =
    What { path: "organisation-token-imports", member: "tokens", read_line: organisation_line::read_line };
/// Organisation keys.
pub(super) const ORGANISATION_KEYS: What = What { path: "organisation-key-imports", member: "keys", read_line: key_line::read_line };

/// An import.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Lines of JSON: {"person": id or "email": …, "description", "digest": SHA-256 in hex or Base64, "expires_at"?, "permissions"?}; - for standard input
    pub file: String,
    /// Only look whether the lines are fit to import
    #[arg(long, conflicts_with = "resume")]
    pub dry_run: bool,
    /// Continue an import that stopped
    #[arg(long)]
    pub resume: bool,
    /// Where rejected lines are told of [default: FILE.rejects.ndjson]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
}

/// Lines that are sent together.
#[derive(Default)]
struct Batch {
    /// Their numbers in the file.
    numbers: Vec<u64>,
    /// What the lines say.
    rows: Vec<Value>,
}

/// An import on its way.
struct Import<'w> {
    what: &'w What,
    source: Source,
    state: State,
    rejects: Rejects,
    progress: Progress,
    batch: Batch,
}

/// Carries it out.
pub(super) fn run(arguments: &ImportArgs, what: &What, context: &mut Context<'_>) -> Attempt<()> {
    if arguments.dry_run {
        return dry_run(arguments, what, context);
    }
    let mut source = Source::open(&arguments.file, &mut context.screen)?;
    let state = State::open(arguments, &mut source, || fresh_key(context.entropy))?;
    let rejects = Rejects::open(arguments, &state)?;
    let progress = Progress::new(source.lines(), state.line, &context.screen);
    let mut import = Import { what, source, state, rejects, progress, batch: Batch::default() };
    let outcome = import.all(context);
    import.progress.end();
    match outcome {
        Ok(()) => import.finish(context),
        Err(failure) => Err(import.stopped(failure)),
    }
}

impl Import<'_> {
    fn all(&mut self, context: &mut Context<'_>) -> Attempt<()> {
        let mut interrupt = Box::pin(tokio::signal::ctrl_c());
        loop {
            let line = self.source.next()?;
            let ended = line.is_none();
            if let Some(line) = line {
                match (self.what.read_line)(&line) {
                    Ok(None) => {}
                    Ok(Some(token)) => {
                        self.batch.numbers.push(self.source.line);
                        self.batch.rows.push(token);
                    }
                    Err(reject) => self.reject(self.source.line, &reject)?,
                }
            }
            if self.batch.rows.len() == BATCH || ended {
                self.send(context)?;
                self.progress.reach(self.source.line, &mut context.screen)?;
            }
            if ended {
                return Ok(());
            }
            // Looked for between batches only: a batch is never left half answered.
            if self.batch.rows.is_empty() && context.client.poll_now(&mut interrupt) {
                return Err(Failure::new(Exit::Usage, Text::Interrupted).and(Text::TodoResume));
            }
        }
    }

    fn send(&mut self, context: &Context<'_>) -> Attempt<()> {
        let Batch { numbers, rows } = std::mem::take(&mut self.batch);
        if !rows.is_empty() {
            // The key follows from the import and the place, so that a batch whose answer was lost can be sent again.
            let key = format!("{}-{}", self.state.key, numbers[0]);
            let count = rows.len() as u64;
            let path = [self.what.path];
            let call = Call::new(Method::POST, &path).body(json!({ self.what.member: rows })).idempotency_key(key);
            let answer = context.client.send(&call)?.body;
            let rejected = answer.get("rejected").and_then(Value::as_array).cloned().unwrap_or_default();
            for reject in &rejected {
                let place = reject.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
                let number = place.and_then(|place| numbers.get(place)).copied().unwrap_or_default();
                self.reject(number, &Reject::of_server(reject))?;
            }
            let unchanged = answer.get("unchanged").and_then(Value::as_u64).unwrap_or_default();
            let imported = answer.get("imported").and_then(Value::as_u64);
            self.state.unchanged += unchanged;
            self.state.imported += imported.unwrap_or(count.saturating_sub(unchanged + rejected.len() as u64));
        }
        self.state.reach(&self.source, &mut self.rejects)
    }

    fn reject(&mut self, line: u64, reject: &Reject) -> Attempt<()> {
        self.state.rejected += 1;
        self.rejects.add(line, reject)
    }

    fn finish(self, context: &mut Context<'_>) -> Attempt<()> {
        let State { imported, unchanged, rejected, .. } = self.state;
        self.state.remove()?;
        if context.screen.form == Form::Json {
            // Where nobody reads it, the exit code tells it still.
            let _ = context.screen.json(&json!({ "imported": imported, "unchanged": unchanged, "rejected": rejected }));
        }
        let counts = [("imported", imported), ("unchanged", unchanged), ("rejected", rejected)];
        context.screen.tell(Text::ImportDone, &counts.map(|(name, count)| (name, count.to_string())))?;
        if rejected == 0 {
            return Ok(());
        }
        let values = vec![("rejected", rejected.to_string()), ("total", (imported + unchanged + rejected).to_string())];
        let todo = Message::Ours(Text::TodoRejects, vec![("file", self.rejects.name())]);
        Err(Failure::new(Exit::Partly, Message::Ours(Text::ImportRejected, values)).and(todo))
    }

    /// What a failure in the middle means: a part is done, and it can go on.
    fn stopped(&self, cause: Failure) -> Failure {
        if self.state.line == 0 {
            self.state.discard_if_untouched(&cause);
            return cause;
        }
        let values = vec![
            ("line", self.state.line.to_string()),
            ("imported", self.state.imported.to_string()),
            ("rejected", self.state.rejected.to_string()),
        ];
        cause.within(Exit::Partly, Message::Ours(Text::ImportStopped, values)).and(Text::TodoResume)
    }
}

fn dry_run(arguments: &ImportArgs, what: &What, context: &mut Context<'_>) -> Attempt<()> {
    let mut source = Source::open(&arguments.file, &mut context.screen)?;
    let (mut good, mut problems, mut bad, mut digests) = (0_u64, Vec::new(), 0_u64, HashSet::new());
    while let Some(line) = source.next()? {
        let read = (what.read_line)(&line).and_then(|token| match token {
            Some(token) if !digests.insert(token["digest"].to_string()) => Err(Reject::new("digest_known", "the digest stands twice")),
            token => Ok(token),
        });
        match read {
            Ok(None) => {}
            Ok(Some(_)) => good += 1,
            Err(reject) => {
                bad += 1;
                if problems.len() < SHOWN_PROBLEMS {
                    problems.push(format!("{}: {}", source.line, reject.detail));
                }
            }
        }
    }
    let values = vec![("good", good.to_string()), ("rejected", bad.to_string())];
    if context.screen.form == Form::Json {
        let _ = context.screen.json(&json!({ "good": good, "rejected": bad }));
    }
    if bad == 0 {
        context.screen.tell(Text::ImportDry, &values)
    } else {
        Err(Failure::new(Exit::Refused, Message::Ours(Text::ImportDry, values)).details(problems))
    }
}
