//! `poort verify`: what the text of a credential says by itself, without a server.

use std::io::Read as _;

use clap::Args;
use domain::Secret;
use domain::credential::format::{ParsedText, parse, shown_prefix};
use domain::credential::{Installation, Kind};
use serde_json::json;

use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::{Form, Screen};
use super::texts::Text;

/// The longest text that is looked at, in bytes.
const MAX_TEXT: u64 = 4_096;

/// What is looked at.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The text; without it, or with -, it is read from standard input
    pub token: Option<String>,
    /// Only credentials that begin with these letters are fit [default: POORT_INSTALLATION, or any]
    #[arg(long, value_name = "PREFIX", value_parser = installation)]
    pub installation: Option<Installation>,
}

/// Looks, and says what it is.
pub(super) fn run(arguments: &VerifyArgs, configured: Option<&str>, screen: &mut Screen) -> Attempt<()> {
    let wanted = match (arguments.installation, configured) {
        (Some(wanted), _) => Some(wanted),
        (None, Some(text)) => Some(installation(text).map_err(|words| Failure::new(Exit::Usage, Message::Verbatim(words)))?),
        (None, None) => None,
    };
    let text = text(arguments, screen)?;
    let text = text.expose().trim();
    if text.is_empty() {
        return Err(Failure::new(Exit::Refused, Text::VerifyEmpty).and(Text::TodoVerify));
    }
    // Where no installation is named, whatever begins like a credential is measured as one.
    let known = wanted.or_else(|| begins_like(text));
    match parse(text, known.as_slice()) {
        ParsedText::Own { installation, kind } if wanted.is_none_or(|wanted| wanted == installation) => {
            well_formed(installation, kind, shown_prefix(text), screen)
        }
        ParsedText::Malformed => refused("malformed", Text::VerifyMalformed, screen),
        ParsedText::Own { .. } | ParsedText::Foreign => refused("foreign", Text::VerifyForeign, screen),
    }
}

fn well_formed(installation: Installation, kind: Kind, prefix: &str, screen: &mut Screen) -> Attempt<()> {
    let (installation, kind) = (installation.as_str(), kind.name());
    match screen.form {
        Form::Json => screen.json(&json!({ "form": "own", "kind": kind, "installation": installation, "prefix": prefix })),
        Form::Tab => screen.lines(&[[kind, installation, prefix].join("\t")]),
        Form::Table => {
            let words =
                Text::VerifyOwn.filled(screen.reader.language, &[("kind", kind.to_owned()), ("installation", installation.to_owned())]);
            screen.lines(&[words])
        }
    }
}

fn refused(form: &str, what: Text, screen: &mut Screen) -> Attempt<()> {
    if screen.form == Form::Json {
        // Where nobody reads it, the exit code tells it still.
        let _ = screen.json(&json!({ "form": form }));
    }
    Err(Failure::new(Exit::Refused, what).and(Text::TodoVerify))
}

fn text(arguments: &VerifyArgs, screen: &mut Screen) -> Attempt<Secret<String>> {
    if let Some(text) = arguments.token.as_ref().filter(|text| *text != "-") {
        if screen.streams.errors_are_terminal {
            screen.tell(Text::VerifyArgument, &[])?;
        }
        return Ok(Secret::new(text.clone()));
    }
    let mut bytes = Vec::new();
    (&mut screen.streams.input).take(MAX_TEXT).read_to_end(&mut bytes)?;
    // What is not UTF-8 is no credential of ours; the mark of replacement keeps it that way.
    Ok(Secret::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The installation of a text that begins like a credential, whatever follows.
fn begins_like(text: &str) -> Option<Installation> {
    let (head, _) = text.split_once('_')?;
    let letters = head.get(..head.len().checked_sub(1)?)?;
    let letter = *head.as_bytes().last()?;
    Kind::from_letter(letter)?;
    Installation::new(letters).ok()
}

fn installation(text: &str) -> Result<Installation, String> {
    Installation::new(text).map_err(|error| error.to_string())
}
