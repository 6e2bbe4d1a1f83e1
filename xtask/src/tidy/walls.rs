//! The walls between crates, read from their manifests: what must never be linked together.

use super::{File, Problem};

/// Manifest, what it must not depend on, why.
const WALLS: &[(&str, &[&str], &str)] = &[
    (
        "crates/domain/Cargo.toml",
        &[
            "verifier",
            "jose",
            "store",
            "authority",
            "gateway",
            "portals",
            "server",
            "tokio",
            "futures-util",
            "axum",
            "hyper",
            "http",
            "reqwest",
            "rusqlite",
            "tokio-postgres",
            "getrandom",
            "tracing",
        ],
        "rules do no I/O, wait for nothing and know no ambient clock or randomness",
    ),
    (
        "crates/verifier/Cargo.toml",
        &[
            "jose",
            "store",
            "authority",
            "gateway",
            "portals",
            "server",
            "tokio",
            "axum",
            "hyper",
            "http",
            "reqwest",
            "rusqlite",
            "tokio-postgres",
            "aws-lc-rs",
            "argon2",
            "getrandom",
        ],
        "a check never waits, and knows neither SQL, HTTP servers nor signing keys",
    ),
    (
        "crates/store/Cargo.toml",
        &[
            "verifier",
            "jose",
            "authority",
            "gateway",
            "portals",
            "server",
            "test-postgres",
            "axum",
            "hyper",
            "http",
            "reqwest",
            "argon2",
            "getrandom",
        ],
        "storage knows neither HTTP nor rules of use",
    ),
    (
        "crates/authority/Cargo.toml",
        &["gateway", "portals", "server", "axum", "hyper", "http", "reqwest", "askama", "rusqlite", "tokio-postgres", "getrandom"],
        "use cases know neither HTTP, HTML nor SQL",
    ),
    (
        "crates/gateway/Cargo.toml",
        &["jose", "store", "authority", "portals", "server", "askama", "rusqlite", "tokio-postgres", "aws-lc-rs", "argon2", "getrandom"],
        "the gateway knows neither SQL, templates nor signing keys",
    ),
    (
        "crates/jose/Cargo.toml",
        &[
            "verifier",
            "store",
            "authority",
            "gateway",
            "portals",
            "server",
            "tokio",
            "axum",
            "hyper",
            "http",
            "reqwest",
            "rusqlite",
            "tokio-postgres",
            "getrandom",
            "tracing",
        ],
        "tokens are signed and judged by pure functions",
    ),
    ("crates/server/Cargo.toml", &["rusqlite", "tokio-postgres", "deadpool-postgres"], "the only SQL is in poort-store"),
    (
        "crates/portals/Cargo.toml",
        &["jose", "store", "authority", "gateway", "server", "aws-lc-rs", "argon2", "getrandom"],
        "reference APIs do not know how credentials are stored",
    ),
];

/// What this manifest links that it must not.
pub(super) fn problems(file: &File) -> Vec<Problem> {
    let wall = WALLS.iter().find(|(manifest, ..)| *manifest == file.path);
    let Some((path, banned, why)) = wall else { return Vec::new() };
    let linked = dependencies(&file.text);
    linked.filter(|name| banned.contains(name)).map(|name| format!("{path}: depends on {name}: {why}")).collect()
}

/// The names under `[dependencies]`; what tests link does not matter.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split(['.', '=', ' ']).next()?.trim()))
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_dependency_is_found_and_one_of_tests_is_not() {
        let text = "[package]\nname = \"a\"\n\n[dependencies]\nserde.workspace = true\ntokio = { version = \"1\" }\n\n[dev-dependencies]\nrusqlite.workspace = true\n";
        let said = problems(&File { path: "crates/domain/Cargo.toml".to_owned(), text: text.to_owned() });
        assert!(said.len() == 1 && said[0].contains("depends on tokio"), "{said:?}");
    }

    #[test]
    fn each_wall_stands_before_a_manifest_that_exists() {
        for (manifest, ..) in WALLS {
            assert!(crate::shell::root().join(manifest).is_file(), "{manifest}");
        }
    }
}
