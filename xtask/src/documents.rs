//! Documents that the program writes about itself, kept in the repository so that they can be read without it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::server::{Folder, Server};
use crate::{Outcome, shell, standards};

/// File, and the arguments with which `poort` prints it.
const PRINTED: [(&str, [&str; 2]); 3] = [
    ("docs/cli.md", ["help", "reference"]),
    ("docs/configuration.md", ["help", "configuration"]),
    ("docs/metrics.md", ["help", "metrics"]),
];
/// File, and the path under which a server answers it.
const SERVED: (&str, &str) = ("docs/openapi.json", "/api/v1/openapi.json");

/// `cargo xtask docs`: writes them all; with `--check` fails where one is not what the program says now.
pub(crate) fn command(arguments: &[String]) -> Outcome {
    shell::run(shell::cargo().args(["build", "--locked", "--package", "poort"]))?;
    let poort = shell::target().join("debug/poort");
    if arguments.iter().any(|argument| argument == "--check") {
        return check(&poort);
    }
    for (file, text) in fresh(&poort)? {
        std::fs::write(shell::root().join(file), text).map_err(|error| format!("{file}: {error}"))?;
        println!("wrote {file}");
    }
    Ok(())
}

fn check(poort: &Path) -> Outcome {
    let there = |file: &str| std::fs::read_to_string(shell::root().join(file)).unwrap_or_default();
    let stale: Vec<&str> = fresh(poort)?.into_iter().filter(|(file, text)| there(file) != *text).map(|(file, _)| file).collect();
    if stale.is_empty() { Ok(()) } else { Err(format!("not fresh: {}; run `cargo xtask docs`", stale.join(", "))) }
}

fn fresh(poort: &Path) -> Outcome<Vec<(&'static str, String)>> {
    let mut documents = Vec::new();
    for (file, arguments) in PRINTED {
        documents.push((file, shell::output(Command::new(poort).args(arguments))?));
    }
    let folder = Folder::new("documents")?;
    let server = Server::start(poort, folder.path(), &[])?;
    let (file, path) = SERVED;
    let document = server.operator()?.must("GET", path, &Value::Null)?;
    // Laid out line by line, so that a change of the API shows as a small difference.
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    documents.push((file, text + "\n"));
    documents.extend(standards::documents()?);
    Ok(documents)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documents_in_the_repository_are_what_the_program_says() {
        super::check(&crate::shell::built("poort")).expect("fresh documents");
    }
}
