//! `docs/standards.md` and `docs/attacks.md`: which test shows which requirement of a standard and holds which attack, and why one has none.
//!
//! A test shows a requirement when its name begins with the requirement's id (`oa21_10_…` for OA21-10, `r9700_01_…` for 9700-01), or
//! when its doc comment names it. A requirement with neither a test nor a reason in the list's file of gaps is a problem, and so is a
//! reason for one that has a test.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{Outcome, shell};

/// A list of requirements, and the document that is made of it.
struct List {
    /// One requirement a line: id, place and text, with ` | ` between them.
    requirements: &'static str,
    /// Why some have no test: ids, and the reason.
    gaps: &'static str,
    document: &'static str,
    title: &'static str,
    /// What is said before the tables, after how many of how many have a test.
    says: &'static str,
    columns: [&'static str; 2],
}

const LISTS: [List; 2] = [
    List {
        requirements: "xtask/standards/requirements.txt",
        gaps: "xtask/standards/gaps.txt",
        document: "docs/standards.md",
        title: "Standards",
        says: "requirements are shown by a test of their own; each of the others says why not. (S) marks what a standard only advises.",
        columns: ["where", "requirement"],
    },
    List {
        requirements: "xtask/standards/attacks.txt",
        gaps: "xtask/standards/attack_gaps.txt",
        document: "docs/attacks.md",
        title: "Attacks",
        says: "attacks are held by a test of their own; each of the others says why not.\n\nTE, AE, IE and RE are the endpoints for tokens, \
            authorization, introspection and revocation; RS is an API, GW forward-auth, MA the management API. PAT is a personal token, OK \
            an organisation key, DT an organisation token. TA and TB are two organisations, or two installations where one issuer is \
            meant; N1 and N2 two nodes on one database. EP is an error page that leads nowhere, M404 the 404 that an id gets that never was.",
        columns: ["what is sent", "what must come of it"],
    },
];

struct Requirement {
    id: String,
    place: String,
    text: String,
}

struct Section {
    title: String,
    requirements: Vec<Requirement>,
}

/// The documents as they must be now, by their places.
pub(crate) fn documents() -> Outcome<Vec<(&'static str, String)>> {
    LISTS.iter().map(|list| Ok((list.document, list.document()?))).collect()
}

/// Requirements without test or reason, reasons without need, and names that are not those of a requirement.
pub(crate) fn problems() -> Outcome<Vec<String>> {
    let problems: Vec<Vec<String>> = LISTS.iter().map(List::problems).collect::<Outcome<_>>()?;
    Ok(problems.concat())
}

impl List {
    fn document(&self) -> Outcome<String> {
        let (sections, gaps, tests) = (self.sections()?, self.gaps()?, self.tests()?);
        let all = || sections.iter().flat_map(|section| &section.requirements);
        let shown = all().filter(|requirement| tests.contains_key(&requirement.id)).count();
        let [place, text] = self.columns;
        let mut page = format!(
            "# {}\n\nGenerated from `{}`, `{}` and the names of the tests by `cargo xtask docs`.\n\n{shown} of {} {}\n",
            self.title,
            self.requirements,
            self.gaps,
            all().count(),
            self.says
        );
        for section in &sections {
            let _ = write!(page, "\n## {}\n\n| id | {place} | {text} | shown by |\n| --- | --- | --- | --- |\n", section.title);
            for Requirement { id, place, text } in &section.requirements {
                let shown = match (tests.get(id), gaps.get(id)) {
                    (Some(tests), _) => tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", "),
                    (None, Some(reason)) => format!("*{reason}*"),
                    (None, None) => "**nothing**".to_owned(),
                };
                let _ = writeln!(page, "| {id} | {place} | {text} | {shown} |");
            }
        }
        Ok(page)
    }

    fn problems(&self) -> Outcome<Vec<String>> {
        let (sections, gaps, tests) = (self.sections()?, self.gaps()?, self.tests()?);
        let file = self.gaps;
        let ids: Vec<&str> = sections.iter().flat_map(|section| &section.requirements).map(|requirement| requirement.id.as_str()).collect();
        let bare = ids.iter().filter(|id| !tests.contains_key(**id) && !gaps.contains_key(**id));
        let mut problems: Vec<String> = bare.map(|id| format!("{id}: no test is named after it, and {file} gives no reason")).collect();
        problems.extend(gaps.keys().filter(|id| tests.contains_key(*id)).map(|id| format!("{file}: {id} has a test")));
        problems.extend(gaps.keys().filter(|id| !ids.contains(&id.as_str())).map(|id| format!("{file}: there is no requirement {id}")));
        Ok(problems)
    }

    fn sections(&self) -> Outcome<Vec<Section>> {
        let mut sections: Vec<Section> = Vec::new();
        for line in read(self.requirements)?.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                sections.push(Section { title: title.to_owned(), requirements: Vec::new() });
            } else if let (Some(section), [id, place, text]) = (sections.last_mut(), line.splitn(3, " | ").collect::<Vec<_>>().as_slice()) {
                section.requirements.push(Requirement { id: (*id).to_owned(), place: (*place).to_owned(), text: (*text).to_owned() });
            }
        }
        Ok(sections)
    }

    fn gaps(&self) -> Outcome<BTreeMap<String, String>> {
        let text = read(self.gaps)?;
        let lines = text.lines().filter_map(|line| line.split_once(" | "));
        // One reason may be that of several.
        Ok(lines.flat_map(|(ids, reason)| ids.split(' ').map(|id| (id.to_owned(), reason.to_owned())).collect::<Vec<_>>()).collect())
    }

    /// The tests of each requirement, by its id.
    fn tests(&self) -> Outcome<BTreeMap<String, Vec<String>>> {
        let ids: Vec<String> =
            self.sections()?.into_iter().flat_map(|section| section.requirements).map(|requirement| requirement.id).collect();
        let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in crate::tidy::files()?.iter().filter(|file| file.path.ends_with(".rs") && file.path.starts_with("crates/")) {
            for (name, said) in tests_of(&file.text) {
                for id in ids.iter().filter(|id| ids_of(name).contains(id) || said.iter().any(|line| names(line, id))) {
                    tests.entry(id.clone()).or_default().push(name.to_owned());
                }
            }
        }
        Ok(tests)
    }
}

fn read(file: &str) -> Outcome<String> {
    std::fs::read_to_string(shell::root().join(file)).map_err(|error| format!("{file}: {error}"))
}

/// The names of the tests of a file, each with its doc comment.
fn tests_of(text: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut found, mut said, mut is_test) = (Vec::new(), Vec::new(), false);
    for line in text.lines().map(str::trim_start) {
        if let Some(doc) = line.strip_prefix("///") {
            said.push(doc);
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if !line.starts_with("#[") {
            let name = line.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).map(|(name, _)| name);
            if let (true, Some(name)) = (is_test, name) {
                found.push((name, said.clone()));
            }
            said.clear();
            is_test = false;
        }
    }
    found
}

/// The ids that a test's name begins with: `oa21_10_12_…` for OA21-10 and OA21-12, `rfc9700_01_…` or `r9700_01_…` for 9700-01.
fn ids_of(name: &str) -> Vec<String> {
    let (mut ids, mut family) = (Vec::new(), None);
    for word in name.split('_') {
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        match (family, is_number) {
            (Some(family), true) => ids.push(format!("{family}-{word}").to_ascii_uppercase()),
            (_, false) if FAMILIES.contains(&bare(word)) => family = Some(bare(word)),
            _ => break,
        }
    }
    ids
}

/// How ids begin.
const FAMILIES: [&str; 53] = [
    "9700", "oa21", "fapi", "9068", "7662", "7009", "8414", "7636", "9126", "9449", "8705", "8693", "8628", "8707", "9207", "9728", "7591",
    "7592", "9701", "oidc", "disc", "logo", "nlo", "nli", "adr", //
    "code", "pkce", "rdu", "mix", "csrf", "frm", "rt", "ca", "gr", "sc", "sub", "tx", "ten", "rev", "jwt", "key", "par", "jar", "dpop",
    "dev", "dcr", "out", "tim", "bf", "cors", "hdr", "leak", "dos",
];

/// A family without what stands before a number, because no name begins with one.
fn bare(word: &str) -> &str {
    let number = word.strip_prefix("rfc").or_else(|| word.strip_prefix('r'));
    number.filter(|number| number.starts_with(|first: char| first.is_ascii_digit())).unwrap_or(word)
}

/// Whether a line names this id as a word of its own.
fn names(line: &str, id: &str) -> bool {
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').any(|word| word.trim_end_matches('-') == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_the_lists_and_the_tests_say() {
        for (place, document) in documents().expect("made") {
            assert!(read(place).expect("there") == document, "{place} is not fresh: run `cargo xtask docs`");
        }
    }

    #[test]
    fn a_test_is_found_by_its_name_and_by_its_words() {
        let text =
            "/// OA21-12, 9700-14.\n#[tokio::test]\nasync fn rfc9207_01_iss() {}\n\nfn oa21_01_no_test() {}\n#[test]\nfn oa21_1() {}\n";
        let found = tests_of(text);
        assert_eq!(found, [("rfc9207_01_iss", vec![" OA21-12, 9700-14."]), ("oa21_1", vec![])]);
        assert_eq!(ids_of("rfc9207_01_iss"), ["9207-01"]);
        assert_eq!(ids_of("r7009_04_05_oa21_34_ends_2_things"), ["7009-04", "7009-05", "OA21-34"]);
        assert!(ids_of("a_test_without").is_empty() && ids_of("oa21_1")[0] == "OA21-1");
        assert!(names(found[0].1[0], "OA21-12") && names(found[0].1[0], "9700-14") && !names(found[0].1[0], "OA21-1"));
    }
}
