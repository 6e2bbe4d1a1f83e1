//! Secrets that are shown once: on standard output alone, or in a file that only its owner can read.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::Secret;
use serde_json::Value;

use super::client::Answer;
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::Form;
use super::texts::Text;

/// Where a secret goes.
#[derive(Debug, Clone, Default, Args)]
pub struct Destination {
    /// Write the secret to this file, readable by you alone, and print nothing secret
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "output")]
    pub overwrite: bool,
}

/// A place for a secret, made sure of before the secret exists: one that cannot be kept must not be made.
pub(super) enum Place {
    /// Standard output.
    Output,
    /// A file beside the wished one, which takes its name at the end.
    File {
        /// Open for writing, mode 0600.
        file: File,
        /// Its name until then.
        temporary: PathBuf,
        /// The wished name.
        wished: PathBuf,
    },
}

impl Destination {
    /// Makes the place ready.
    pub(super) fn open(&self) -> Attempt<Place> {
        let Some(wished) = &self.output else { return Ok(Place::Output) };
        if wished.exists() && !self.overwrite {
            return Err(Failure::with(Exit::Usage, Text::FileExists, "file", wished.display()).and(Text::TodoFileExists));
        }
        let mut temporary = wished.clone().into_os_string();
        temporary.push(".new");
        let temporary = PathBuf::from(temporary);
        let file = private().open(&temporary).map_err(|error| unwritable(&temporary, &error))?;
        Ok(Place::File { file, temporary, wished: wished.clone() })
    }
}

impl Place {
    /// Runs what makes the secret, and puts it in its place.
    pub(super) fn fill(self, context: &mut Context<'_>, said: Text, make: impl FnOnce(&Context<'_>) -> Attempt<Answer>) -> Attempt<()> {
        let mut answer = match make(context) {
            Ok(answer) => answer,
            Err(failure) => {
                self.abandon();
                return Err(failure);
            }
        };
        let Some(secret) = secret(&answer.body) else {
            self.abandon();
            return Err(Failure::new(Exit::Failed, Text::NoSecret));
        };
        let id = answer.body.get("id").map(super::column::scalar).unwrap_or_default();
        let kept = match self {
            Self::Output => show(context, &answer, &secret),
            Self::File { file, temporary, wished } => {
                if let Some(members) = answer.body.as_object_mut() {
                    for name in ["secret", "code", "private_key"] {
                        members.remove(name);
                    }
                }
                keep(file, &temporary, &wished, &secret).and_then(|()| tell_file(context, &answer, &wished))
            }
        };
        // Whoever reads the error must be able to end what nobody holds.
        kept.map_err(|failure| failure.and(Message::Ours(Text::TodoSecretUnwritten, vec![("id", id)])))?;
        context.receipt(&answer, said)
    }

    fn abandon(self) {
        if let Self::File { temporary, .. } = self {
            // It is empty; where it cannot be removed, it harms nobody.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// What is kept: a secret, or username and code as HTTP clients take them, with a colon between (RFC 7617). Of a key without a
/// private key, its public id.
fn secret(body: &Value) -> Option<Secret<String>> {
    let text = |member: &str| body.get(member).and_then(Value::as_str);
    let pair = |name: &str, secret: &str| Some(format!("{}:{}", text(name)?, text(secret)?));
    let alone = || text("secret").or_else(|| text("client_id")).map(str::to_owned);
    pair("username", "code").or_else(|| pair("client_id", "private_key")).or_else(alone).map(Secret::new)
}

fn show(context: &mut Context<'_>, answer: &Answer, secret: &Secret<String>) -> Attempt<()> {
    let screen = &mut context.screen;
    let text = match screen.form {
        Form::Json => serde_json::to_string_pretty(&answer.body).unwrap_or_default(),
        Form::Table | Form::Tab => secret.expose().clone(),
    };
    let output = &mut screen.streams.output;
    let written = writeln!(output, "{}", super::screen::json_visible(&text)).and_then(|()| output.flush());
    // Not as for other results: a secret that nobody read is lost, also where the reader went away.
    written.map_err(|error| Failure::with(Exit::Failed, Text::SecretUnwritten, "cause", error))?;
    let once = answer.body.get("private_key").is_none_or(|text| !text.is_null());
    if screen.streams.output_is_terminal && once { screen.tell(Text::OnlyTime, &[]) } else { Ok(()) }
}

fn tell_file(context: &mut Context<'_>, answer: &Answer, wished: &Path) -> Attempt<()> {
    context.screen.tell(Text::SecretWritten, &[("file", wished.display().to_string())])?;
    if context.screen.form == Form::Json { context.screen.json(&answer.body) } else { Ok(()) }
}

fn keep(mut file: File, temporary: &Path, wished: &Path, secret: &Secret<String>) -> Attempt<()> {
    let written = writeln!(file, "{}", secret.expose()).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(temporary, wished));
    written.map_err(|error| Failure::with(Exit::Failed, Text::SecretUnwritten, "cause", error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let values = vec![("file", path.display().to_string()), ("cause", error.to_string())];
    Failure::new(Exit::Failed, Message::Ours(Text::FileUnwritable, values))
}

/// A new file that only its owner can read; never through a link that somebody put there.
#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}
