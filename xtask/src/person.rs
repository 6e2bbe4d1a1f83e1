//! A person with a real browser against a real demo: signs in, consents, is sent to a program, and the program uses the privacy API.
#![cfg(test)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::clients::Demo;
use crate::machine::{self, PLAYWRIGHT};
use crate::shell::{self, find};

pub(crate) fn browser() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find)
}

/// Says aloud that nothing was tried.
pub(crate) fn skip(why: &str) {
    eprintln!("\n!!! SKIPPED: {why}\n!!! Nothing was tried in a browser: the pages, their policy, the form that posts itself.\n");
}

#[test]
fn a_person_gives_a_program_access_in_a_browser() {
    let Some(browser) = browser() else { return skip("no Chromium is installed (Debian: apt-get install chromium)") };
    let folder = match machine::node_package(&PLAYWRIGHT) {
        Ok(folder) => folder,
        Err(why) => return skip(&why),
    };
    let demo = Demo::start().expect("a demo");
    // A module finds packages beside itself only.
    let script = folder.join("person.mjs");
    std::fs::copy(shell::root().join("crates/server/tests/clients/person.mjs"), &script).expect("a copy");
    let mut node = Command::new("node");
    let said = shell::output(node.arg(script).arg(demo.ready_file()).arg(browser)).expect("every step said something");
    let seen: Value = serde_json::from_str(&said).expect("JSON");
    let expected = json!({
        "asks to sign in": "Inloggen · Poort",
        "asks for consent": "Toegang geven? · Poort",
        "answer": ["GET", "a+b c&é", true, null],
        "token": ["Bearer", "openid api1 offline_access", "string", "string"],
        "workspaces": 3,
        "without a question": true,
        "form_post": ["POST", true, "a+b c&é"],
        "form_post without scripts": ["POST", true],
        "signed out": "Je bent uitgelogd · Poort",
        "token after signing out": 401,
        "asked of others": [],
        "refused by the pages' policy": [],
    });
    assert_eq!(seen, expected);
}
