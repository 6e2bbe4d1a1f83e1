//! `poort help` and the page `docs/cli.md`, both made of the commands and tables that the program itself uses.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use super::Cli;
use super::exit::{EXIT_CODES, Exit};
use super::failure::{Attempt, Failure};
use super::screen::Screen;
use super::settings::ENVIRONMENT;
use super::texts::{Language, Text};

/// Prints help about a topic or a command.
pub(super) fn help(topic: &[String], screen: &mut Screen) -> Attempt<()> {
    let language = screen.reader.language;
    let words: Vec<&str> = topic.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        ["exit-codes"] => exit_codes(language),
        ["environment"] => environment(),
        ["reference"] => reference(),
        ["configuration"] => crate::config::document(),
        ["metrics"] => crate::metrics::document(),
        path => command_help(path).ok_or_else(|| Failure::with(Exit::Usage, Text::NoSuchTopic, "topic", topic.join(" ")))?,
    };
    screen.lines(&[text.trim_end().to_owned()])
}

fn exit_codes(language: Language) -> String {
    EXIT_CODES.iter().fold(String::new(), |mut text, code| {
        let _ = writeln!(text, "{:>3}  {}", code.exit.code(), code.meaning.of(language));
        text
    })
}

fn environment() -> String {
    let width = ENVIRONMENT.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    ENVIRONMENT.iter().fold(String::new(), |mut text, (name, meaning)| {
        let _ = writeln!(text, "{name:width$}  {meaning}");
        text
    })
}

fn command_help(path: &[&str]) -> Option<String> {
    let mut root = Cli::command();
    root.build();
    let mut command = &mut root;
    for name in path {
        command = command.find_subcommand_mut(name)?;
    }
    Some(command.render_long_help().to_string())
}

/// The page about the command line, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# The command line\n\n\
         <!-- Made by `poort help reference`; a test compares. -->\n\n\
         On a terminal, lists are tables. Elsewhere they are lines of tab-separated fields without titles, with times in\n\
         RFC 3339, and tabs, line ends and other control characters written as `\\u{…}`. With `--json`, the answer of the\n\
         API is printed as it is. Secrets go to standard output alone; everything said to people goes to standard error.\n\n\
         ## Exit codes\n\n| code | meaning |\n| --- | --- |\n",
    );
    for code in &EXIT_CODES {
        let _ = writeln!(page, "| {} | {} |", code.exit.code(), code.meaning.of(Language::En));
    }
    page.push_str("\n## Environment\n\n| name | meaning |\n| --- | --- |\n");
    for (name, meaning) in ENVIRONMENT {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
    let mut root = Cli::command();
    root.build();
    page.push_str("\n## Options of every command\n\n");
    options(&root, true, &mut page);
    page.push_str("\n## Commands\n");
    commands(&root, "poort", &mut page);
    page
}

fn commands(command: &clap::Command, path: &str, page: &mut String) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let path = format!("{path} {}", below.get_name());
        if below.has_subcommands() {
            commands(below, &path, page);
            // Most do nothing by themselves.
            if below.get_positionals().next().is_none() {
                continue;
            }
        }
        let places: String = below.get_positionals().map(|argument| format!(" {argument}")).collect();
        let about = below.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = write!(page, "\n### `{path}{places}`\n\n{about}.\n\n");
        for argument in below.get_positionals() {
            let _ = writeln!(page, "- `{argument}`: {}", argument.get_help().map(ToString::to_string).unwrap_or_default());
        }
        options(below, false, page);
    }
}

fn options(command: &clap::Command, global: bool, page: &mut String) {
    let named = command.get_arguments().filter(|argument| !argument.is_positional());
    let wanted = named.filter(|argument| argument.is_global_set() == global && !["help", "version"].contains(&argument.get_id().as_str()));
    for argument in wanted {
        let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let takes = argument.get_action().takes_values();
        let default = if takes && !default.is_empty() { format!(" (default {})", default.join(", ")) } else { String::new() };
        let _ = writeln!(page, "- `{argument}`: {}{default}", argument.get_help().map(ToString::to_string).unwrap_or_default());
    }
}
