//! Rules over one Rust file.

use super::{File, Problem};

/// SQL stands in the store, and in the reference APIs' own files.
const FOLDERS_WITH_SQL: [&str; 2] = ["crates/store/", "crates/portals/"];
const SQL: [&str; 5] =
    [concat!("SEL", "ECT "), concat!("INS", "ERT INTO "), concat!("DEL", "ETE FROM "), concat!("UPD", "ATE "), concat!("CREATE ", "TABLE")];
/// Words that only this machine, or an unfinished place, has.
const NEVER: [(&str, &str); 6] = [
    (concat!("to", "do!("), "finish it, or file an issue"),
    (concat!("unimple", "mented!("), "finish it, or file an issue"),
    (concat!("FIX", "ME"), "fix it, or file an issue"),
    (concat!("#[ig", "nore"), "a test that does not run shows nothing"),
    (concat!("/wo", "rk/"), "no path of one machine"),
    (concat!("/ro", "ot/"), "no path of one machine"),
];
/// Temporary folders are asked of the system, by tests and tools.
const NEVER_IN_THE_PRODUCT: [(&str, &str); 1] = [(concat!("\"/t", "mp"), "ask the system for a temporary folder")];
/// What a database that cannot answer must never turn into.
const DENIALS: [&str; 7] =
    ["Refusal::", "Refused(", "Deny(", "Denied", "StatusCode::UNAUTHORIZED", "StatusCode::FORBIDDEN", "StatusCode::NOT_FOUND"];
const OUTAGES: [&str; 3] = ["StoreError", "Unavailable", "Outage"];

/// What this file does wrong.
pub(super) fn problems(file: &File) -> Vec<Problem> {
    let File { path, text } = file;
    let mut problems = Vec::new();
    if !text.starts_with("//! ") {
        problems.push(format!("{path}:1: must open with one `//!` sentence that says what the file is for"));
    }
    let product = path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/testkit/");
    let code = if product { without_tests(text) } else { text.as_str() };
    let tells_sql = product && !FOLDERS_WITH_SQL.iter().any(|folder| path.starts_with(folder));
    for (number, line) in (1..).zip(text.lines()) {
        let found = NEVER.iter().filter(|(word, _)| line.contains(word));
        problems.extend(found.map(|(word, instead)| format!("{path}:{number}: {word:?}: {instead}")));
    }
    for (number, line) in (1..).zip(code.lines()).filter(|(_, line)| !line.trim_start().starts_with("//")) {
        if product {
            let found = NEVER_IN_THE_PRODUCT.iter().filter(|(word, _)| line.contains(word));
            problems.extend(found.map(|(word, instead)| format!("{path}:{number}: {word:?}: {instead}")));
            if turns_outage_into_denial(line) {
                problems.push(format!("{path}:{number}: an outage is its own path to 503, never a denial"));
            }
        }
        if tells_sql && SQL.iter().any(|word| line.contains(word)) {
            problems.push(format!("{path}:{number}: SQL stands in poort-store only"));
        }
    }
    problems
}

/// A match arm, or a mapping, from a store's error to a refusal on one line.
fn turns_outage_into_denial(line: &str) -> bool {
    let arm = line.split_once("=>").or_else(|| line.split_once("map_err(|").and_then(|(_, closure)| closure.split_once('|')));
    arm.is_some_and(|(from, to)| {
        let outage = |text: &str| OUTAGES.iter().any(|word| text.contains(word));
        outage(from) && DENIALS.iter().any(|word| to.contains(word)) && !outage(to)
    })
}

/// The code above the tests, which stand last in a file.
fn without_tests(text: &str) -> &str {
    let tests = text.find("\n#[cfg(test)]\nmod ").or_else(|| text.starts_with("#![cfg(test)]").then_some(0));
    tests.map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<Problem> {
        problems(&File { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn each_rule_can_fail() {
        let product = "crates/server/src/a.rs";
        let cases = [
            ("fn a() {}", "must open with"),
            (concat!("//! A.\nfn a() { to", "do!() }"), "finish it"),
            (concat!("//! A.\n// see /wo", "rk/notes"), "no path of one machine"),
            (concat!("//! A.\nlet a = \"/t", "mp/a\";"), "temporary folder"),
            (concat!("//! A.\nlet a = \"SEL", "ECT 1\";"), "SQL stands"),
            ("//! A.\nErr(StoreError::Unavailable) => Verdict::Deny(Refusal::Unknown),", "an outage is"),
            ("//! A.\n    .map_err(|_: StoreError| Refusal::UnknownCredential)", "an outage is"),
        ];
        for (text, expected) in cases {
            let said = said(product, text);
            assert!(said.len() == 1 && said[0].contains(expected), "{text}: {said:?}");
        }
    }

    #[test]
    fn what_is_allowed_is_not_reported() {
        let sql = concat!("//! A.\nlet a = \"SEL", "ECT 1\";\n");
        assert_eq!(said("crates/store/src/a.rs", sql), Vec::<Problem>::new());
        let in_tests = concat!("//! A.\n\n#[cfg(test)]\nmod tests {\n  let a = \"SEL", "ECT 1 /t", "mp\";\n}\n");
        assert_eq!(said("crates/server/src/a.rs", in_tests), Vec::<Problem>::new());
        let outage =
            "//! A.\nErr(StoreError::Unavailable) => Answer::Unavailable,\nErr(WriteError::Refused(refusal)) => Answer::Denied(refusal),\n";
        assert_eq!(said("crates/server/src/a.rs", outage), Vec::<Problem>::new());
    }
}
