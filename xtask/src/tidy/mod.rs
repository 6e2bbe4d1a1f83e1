//! The project's own rules of style, as a test: what no linter knows.

mod documents;
mod ratchet;
mod source;
mod walls;

use std::path::{Path, PathBuf};

use crate::{Outcome, shell};

/// A text file of the project.
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Where a rule is broken, and how.
type Problem = String;

/// Checks all rules; with `--shrink` first lowers the ratchet to what the code has reached.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments.iter().any(|argument| argument == "--shrink") {
        ratchet::shrink(&files()?)?;
    }
    let problems = problems()?;
    if problems.is_empty() {
        println!("tidy: nothing to say");
        return Ok(());
    }
    Err(format!("{} problems\n{}", problems.len(), problems.join("\n")))
}

fn problems() -> Outcome<Vec<Problem>> {
    let files = files()?;
    let mut problems = Vec::new();
    problems.extend(files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(source::problems));
    problems.extend(ratchet::problems(&files)?);
    problems.extend(files.iter().filter(|file| file.path.ends_with(".md")).flat_map(|file| documents::problems(file, &shell::root())));
    problems.extend(files.iter().filter(|file| file.path.ends_with("Cargo.toml")).flat_map(walls::problems));
    problems.extend(crate::standards::problems()?);
    problems.sort();
    Ok(problems)
}

/// All text files that are the project's own.
pub(crate) fn files() -> Outcome<Vec<File>> {
    let root = shell::root();
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "data", ".git"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if ["rs", "md", "toml"].iter().any(|ending| has_ending(&path, ending)) {
                let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                files.push(File { path: relative(&path, &root), text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension == ending)
}

fn relative(path: &Path, root: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root).unwrap_or(path).components().collect();
    parts.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_code_keeps_the_projects_rules() {
        let problems = super::problems().expect("the project's files can be read");
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
