//! Documents name files that exist.

use std::path::Path;

use super::{File, Problem};

/// How a word begins that is a path from the root.
const ROOTS: [&str; 5] = ["crates/", "xtask/", "docs/", ".ci/", ".cargo/"];
/// Documents that tell of the past, when other files existed.
const HISTORY: [&str; 1] = ["CHANGELOG.md"];

/// The paths that this document names and that do not exist.
pub(super) fn problems(file: &File, root: &Path) -> Vec<Problem> {
    let File { path, text } = file;
    if HISTORY.contains(&path.as_str()) {
        return Vec::new();
    }
    let folder = root.join(path).parent().map(Path::to_owned).unwrap_or_default();
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let named = quoted(line).filter(|word| is_path(word)).map(|word| (word, root.join(word)));
        let linked = links(line).filter(|link| is_local(link)).map(|link| (link, folder.join(link)));
        let absent = named.chain(linked).filter(|(_, place)| !place.exists());
        problems.extend(absent.map(|(name, _)| format!("{path}:{number}: {name} does not exist")));
    }
    problems
}

/// What stands between back quotes.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(word: &str) -> bool {
    let starts = ROOTS.iter().any(|start| word.starts_with(start));
    starts && !word.contains(['*', '{', '<', ' ', '…'])
}

/// Where the links of a line lead, without their fragments.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next())
}

fn is_local(link: &str) -> bool {
    !link.is_empty() && !link.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_do_not_exist_are_reported() {
        let text =
            "See `crates/domain/src/lib.rs`, `crates/none.rs`, `crates/*/src` and [a](gone.md#part), [b](https://example.org), [c](#here).";
        let file = File { path: "README.md".to_owned(), text: text.to_owned() };
        let root = crate::shell::root();
        assert_eq!(problems(&file, &root), ["README.md:1: crates/none.rs does not exist", "README.md:1: gone.md does not exist"]);
    }
}
