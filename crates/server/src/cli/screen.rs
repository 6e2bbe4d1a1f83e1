//! What a command shows: tables for people, tab-separated lines and JSON for programs, questions, secrets.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{Read, Write};

use comfy_table::presets::NOTHING;
use serde_json::Value;

use super::column::{Column, Reader};
use super::exit::Exit;
use super::failure::{Attempt, Failure};
use super::texts::Text;

/// The most that an answer to a question may be long, in bytes.
const MAX_ANSWER: u64 = 1_024;

/// The form of what goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Aligned, with titles, for people.
    Table,
    /// Tab-separated, without titles, for programs.
    Tab,
    /// The API's JSON.
    Json,
}

/// The three streams of the process and whether a person sits at each.
pub struct Streams {
    /// Standard input.
    pub input: Box<dyn Read>,
    /// Standard output: results only.
    pub output: Box<dyn Write>,
    /// Standard error: everything said to people.
    pub errors: Box<dyn Write>,
    /// Whether a person types the input.
    pub input_is_terminal: bool,
    /// Whether a person reads the output.
    pub output_is_terminal: bool,
    /// Whether a person reads the errors.
    pub errors_are_terminal: bool,
}

impl Streams {
    /// The streams of this process.
    pub fn of_this_process() -> Self {
        use std::io::IsTerminal as _;
        Self {
            input_is_terminal: std::io::stdin().is_terminal(),
            output_is_terminal: std::io::stdout().is_terminal(),
            errors_are_terminal: std::io::stderr().is_terminal(),
            input: Box::new(std::io::stdin()),
            output: Box::new(std::io::stdout()),
            errors: Box::new(std::io::stderr()),
        }
    }
}

/// Where a command shows what it did.
pub(crate) struct Screen {
    /// The streams.
    pub(crate) streams: Streams,
    /// The form of results.
    pub(crate) form: Form,
    /// For whom values are written.
    pub(crate) reader: Reader,
    /// Whether questions are answered with yes.
    pub(crate) yes: bool,
    /// Whether questions may be asked at all.
    pub(crate) may_ask: bool,
    /// Whether colours may be used on standard error.
    pub(crate) colour: bool,
}

impl Screen {
    /// Shows a list.
    pub(crate) fn list(&mut self, columns: &[Column], items: &[Value]) -> Attempt<()> {
        match self.form {
            Form::Json => self.json(&Value::Array(items.to_vec())),
            Form::Tab => {
                let rows: Vec<String> = items.iter().map(|item| self.cells(columns, item).join("\t")).collect();
                self.lines(&rows)
            }
            Form::Table if items.is_empty() => self.say(Text::Nothing.of(self.reader.language)),
            Form::Table => {
                let mut table = comfy_table::Table::new();
                table.load_style(NOTHING);
                table.set_header(columns.iter().map(|column| column.title.of(self.reader.language)));
                for item in items {
                    table.add_row(self.cells(columns, item));
                }
                // The preset puts a blank around each cell; a line does not begin or end with one.
                let rows: Vec<String> = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
                self.lines(&rows)
            }
        }
    }

    /// Shows one row of a list whose end is not known.
    pub(crate) fn row(&mut self, columns: &[Column], item: &Value) -> Attempt<()> {
        let gap = if self.form == Form::Tab { "\t" } else { "  " };
        let row = self.cells(columns, item).join(gap);
        self.lines(&[row])
    }

    /// Shows one thing, a member a line.
    pub(crate) fn show(&mut self, columns: &[Column], item: &Value) -> Attempt<()> {
        match self.form {
            Form::Json => self.json(item),
            Form::Tab => {
                let cells = self.cells(columns, item);
                let rows: Vec<String> = columns.iter().zip(cells).map(|(column, cell)| format!("{}\t{cell}", name(column))).collect();
                self.lines(&rows)
            }
            Form::Table => {
                let cells = self.cells(columns, item);
                let titles: Vec<&str> = columns.iter().map(|column| column.title.of(self.reader.language)).collect();
                let width = titles.iter().map(|title| title.chars().count()).max().unwrap_or_default();
                let filled = titles.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
                let rows: Vec<String> = filled.map(|(title, cell)| format!("{title:width$}  {cell}")).collect();
                self.lines(&rows)
            }
        }
    }

    /// Shows JSON as the API gave it; what could steer a terminal is written as an escape of JSON.
    pub(crate) fn json(&mut self, value: &Value) -> Attempt<()> {
        let text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
        self.lines(&[json_visible(&text)])
    }

    /// Shows one line of JSON.
    pub(crate) fn json_line(&mut self, value: &Value) -> Attempt<()> {
        self.lines(&[json_visible(&value.to_string())])
    }

    /// Writes finished lines to standard output.
    pub(crate) fn lines(&mut self, lines: &[String]) -> Attempt<()> {
        for line in lines {
            writeln!(self.streams.output, "{line}")?;
        }
        Ok(self.streams.output.flush()?)
    }

    /// Says something to people, on standard error. Where that is closed, nobody wants to hear it: the command goes on.
    pub(crate) fn say(&mut self, words: &str) -> Attempt<()> {
        let _ = writeln!(self.streams.errors, "{}", visible(words));
        Ok(())
    }

    /// Says one of our texts, with values.
    pub(crate) fn tell(&mut self, text: Text, values: &[(&'static str, String)]) -> Attempt<()> {
        self.say(&text.filled(self.reader.language, values))
    }

    /// Asks, where it was not answered beforehand; anything but yes is a failure.
    pub(crate) fn confirm(&mut self, question: Text, values: &[(&'static str, String)]) -> Attempt<()> {
        if self.yes {
            return Ok(());
        }
        if !self.can_ask() {
            return Err(Failure::new(Exit::Usage, Text::NeedsYes).and(Text::TodoYes));
        }
        let language = self.reader.language;
        let asked = write!(self.streams.errors, "{} {} ", visible(&question.filled(language, values)), Text::ConfirmMark.of(language));
        if asked.and_then(|()| self.streams.errors.flush()).is_err() {
            return Err(Failure::new(Exit::Usage, Text::NeedsYes).and(Text::TodoYes));
        }
        let answer = self.read_line()?;
        if ["y", "yes", "j", "ja"].contains(&answer.trim().to_lowercase().as_str()) {
            Ok(())
        } else {
            Err(Failure::new(Exit::Usage, Text::Cancelled).and(Text::TodoCancelled))
        }
    }

    /// Whether somebody is there to answer.
    pub(crate) fn can_ask(&self) -> bool {
        self.may_ask && self.streams.input_is_terminal
    }

    /// Says how a command failed.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if failure.exit == Exit::Ok {
            return;
        }
        let mut rendered = failure.render(self.reader.language);
        if self.colour {
            let mark = Text::Error.of(self.reader.language);
            rendered = rendered.replacen(mark, &format!("\x1b[1;31m{mark}\x1b[0m"), 1);
        }
        // Nobody is left to tell where standard error is closed; the exit code says it still.
        let _ = self.streams.errors.write_all(rendered.as_bytes());
    }

    fn read_line(&mut self) -> Attempt<String> {
        let mut answer = Vec::new();
        let mut byte = [0];
        // Byte by byte, so that nothing behind the line is swallowed.
        while (answer.len() as u64) < MAX_ANSWER && self.streams.input.read(&mut byte)? == 1 && byte[0] != b'\n' {
            answer.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn cells(&self, columns: &[Column], item: &Value) -> Vec<String> {
        columns.iter().map(|column| visible(&column.value(item, self.reader)).into_owned()).collect()
    }
}

/// The member's name, as the first field of a tab-separated line; of a member within another both names.
fn name(column: &Column) -> String {
    match column.field.trim_start_matches('/') {
        "" => "state".to_owned(),
        name => name.replace('/', "_"),
    }
}

/// Text with everything that could steer a terminal, or break a line of a table, written out.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// JSON keeps its line ends; within strings the characters that steer are written with four hexadecimal digits, which is the same JSON.
pub(super) fn json_visible(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if steers(character) && character != '\n' {
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character moves the cursor, starts an escape sequence, or turns the direction of writing.
fn steers(character: char) -> bool {
    character.is_control() || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(visible("zoë"), "zoë");
        assert_eq!(visible("a\x1b[2Jb\r\n\tc\u{9b}d\u{202e}e\x7f"), "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9}c\\u{9b}d\\u{202e}e\\u{7f}");
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let value = serde_json::json!({"name": "a\x1b\u{9b}\u{202e}\x7f\n"});
        let shown = json_visible(&serde_json::to_string_pretty(&value).expect("JSON"));
        assert!(shown.chars().all(|character| character == '\n' || !steers(character)), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), value);
    }
}
