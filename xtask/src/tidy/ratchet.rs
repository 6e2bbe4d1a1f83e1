//! Long files and functions: those that exist are listed with their length, and may only become shorter.

use std::collections::BTreeMap;

use super::{File, Problem};
use crate::{Outcome, shell};

const MAX_LINES_OF_FILE: usize = 400;
const MAX_LINES_OF_FUNCTION: usize = 70;
const LIST: &str = "xtask/ratchet.txt";

/// By what is too long (`file crates/a/src/b.rs`, `function crates/a/src/b.rs name`): its lines.
type Lengths = BTreeMap<String, usize>;

/// What is too long without being listed, longer than listed, or listed without need.
pub(super) fn problems(files: &[File]) -> Outcome<Vec<Problem>> {
    Ok(compare(&too_long(files), &listed()?))
}

/// Lowers the list to the present lengths. Never raises, never adds.
pub(super) fn shrink(files: &[File]) -> Outcome {
    let present = too_long(files);
    let lower = |(what, lines): (String, usize)| Some((what.clone(), lines.min(*present.get(&what)?)));
    let list: Lengths = listed()?.into_iter().filter_map(lower).collect();
    let text: String = list.iter().map(|(what, lines)| format!("{what} {lines}\n")).collect();
    std::fs::write(shell::root().join(LIST), text).map_err(|error| format!("{LIST}: {error}"))
}

fn compare(present: &Lengths, list: &Lengths) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (what, lines) in present {
        match list.get(what) {
            None => problems.push(format!(
                "{what}: {lines} lines; at most {MAX_LINES_OF_FILE} for a file and {MAX_LINES_OF_FUNCTION} for a function: divide it"
            )),
            Some(before) if lines > before => problems.push(format!("{what}: {lines} lines; {LIST} has {before}, and it may only shrink")),
            Some(_) => {}
        }
    }
    let needless = list.keys().filter(|what| !present.contains_key(*what));
    problems.extend(needless.map(|what| format!("{what}: no longer too long: run `cargo xtask tidy --shrink`")));
    problems
}

fn listed() -> Outcome<Lengths> {
    let text = std::fs::read_to_string(shell::root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    text.lines().map(parse).collect()
}

fn parse(line: &str) -> Outcome<(String, usize)> {
    let parsed = line.rsplit_once(' ').and_then(|(what, lines)| Some((what.to_owned(), lines.parse().ok()?)));
    parsed.ok_or_else(|| format!("{LIST}: cannot read {line:?}"))
}

fn too_long(files: &[File]) -> Lengths {
    let mut lengths = Lengths::new();
    for File { path, text } in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let lines = text.lines().count();
        if lines > MAX_LINES_OF_FILE {
            lengths.insert(format!("file {path}"), lines);
        }
        for (name, lines) in functions(text) {
            if lines > MAX_LINES_OF_FUNCTION {
                lengths.insert(format!("function {path} {name}"), lines);
            }
        }
    }
    lengths
}

/// The functions of a file that rustfmt has laid out, with their lines from `fn` to the closing brace.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut functions = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        // The body ends at the first closing brace that stands as far in as `fn` does; a declaration ends before.
        let end = lines[start..].iter().position(|line| {
            line.strip_prefix(indent).is_some_and(|rest| rest.starts_with('}') || (!rest.starts_with(' ') && rest.ends_with([';', '}'])))
        });
        functions.extend(end.map(|end| (name.to_owned(), end + 1)));
    }
    functions
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_signature =
        before.split_whitespace().all(|word| word.starts_with("pub") || ["async", "const", "in"].contains(&word) || word.ends_with(')'));
    is_signature.then(|| after.split(['(', '<']).next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(entries: &[(&str, usize)]) -> Lengths {
        entries.iter().map(|(what, lines)| ((*what).to_owned(), *lines)).collect()
    }

    #[test]
    fn functions_are_measured_as_rustfmt_lays_them_out() {
        let text = "pub(crate) async fn long(\n    a: u8,\n) -> u8 {\n    let b = {\n        a\n    };\n    b\n}\n\nimpl A {\n    fn short(&self) {}\n    fn declared(&self) -> u8;\n    const fn two() {\n    }\n}\n// fn comment() {\nlet f: fn(u8);\n";
        let expected = [("long", 8), ("short", 1), ("declared", 1), ("two", 2)].map(|(name, lines)| (name.to_owned(), lines));
        assert_eq!(functions(text), expected);
    }

    #[test]
    fn the_ratchet_only_shrinks() {
        let list = lengths(&[("file a.rs", 450)]);
        assert!(compare(&lengths(&[("file a.rs", 450)]), &list).is_empty());
        assert!(compare(&lengths(&[("file a.rs", 449)]), &list).is_empty());
        assert_eq!(compare(&lengths(&[("file a.rs", 451)]), &list).len(), 1);
        assert_eq!(compare(&lengths(&[("file a.rs", 450), ("file b.rs", 401)]), &list).len(), 1);
        assert_eq!(compare(&Lengths::new(), &list).len(), 1);
    }

    #[test]
    fn a_long_file_and_a_long_function_are_found() {
        let text = format!("fn long() {{\n{}}}\n", "    a();\n".repeat(400));
        let found = too_long(&[File { path: "a.rs".to_owned(), text }]);
        assert_eq!(found, lengths(&[("file a.rs", 402), ("function a.rs long", 402)]));
    }
}
