//! The commands themselves: that they hold together, that their page tells of them, and what needs no server.

use clap::CommandFactory as _;

use super::fake::Process;
use crate::cli::{Cli, reference};

const TOKEN: &str = "prtp_M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq11T4V4";

fn offline() -> Process {
    Process::new("http://127.0.0.1:9")
}

#[test]
fn the_commands_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn the_page_tells_of_every_command() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let told = std::fs::read_to_string(page).expect("docs/cli.md");
    let made = reference::reference();
    let differing = told.lines().zip(made.lines()).find(|(told, made)| told != made);
    assert!(differing.is_none() && told.len() == made.len(), "make it anew: poort help reference > docs/cli.md; {differing:?}");
}

#[test]
fn a_text_is_verified_without_a_server() {
    let ended = offline().run(&["verify", TOKEN]);
    assert_eq!((ended.code, ended.output.as_str()), (0, "personal_token\tprt\tprtp_M7H4\n"));
    let ended = offline().input(&format!("{TOKEN}\n")).run(&["verify", "-", "--json", "--installation", "prt"]);
    assert_eq!(ended.code, 0);
    let said: serde_json::Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(said, serde_json::json!({"form": "own", "kind": "personal_token", "installation": "prt", "prefix": "prtp_M7H4"}));
    assert!(!format!("{ended:?}").contains(&TOKEN[10..]), "the secret is repeated");
}

#[test]
fn what_is_no_credential_ends_with_six() {
    let cut = &TOKEN[..40];
    for (text, arguments) in [
        (cut, vec!["verify"]),
        ("", vec!["verify"]),
        ("student", vec!["verify", "-"]),
        (TOKEN, vec!["verify", "--installation", "abc"]),
        (&TOKEN.replace('M', "N"), vec!["verify"]),
    ] {
        let ended = offline().input(text).run(&arguments);
        assert_eq!((ended.code, ended.output.as_str()), (6, ""), "{text} {arguments:?}");
        assert!(ended.errors.starts_with("Error: ") && (text.is_empty() || !ended.errors.contains(text)), "{}", ended.errors);
    }
    assert_eq!(offline().with("POORT_INSTALLATION", "abc").input(TOKEN).run(&["verify"]).code, 6);
}

#[test]
fn help_is_no_error_and_wrong_usage_is() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "exit-codes"],
        &["help", "environment"],
        &["help", "token", "rotate"],
        &["completions", "bash"],
    ] {
        let ended = offline().run(arguments);
        assert!(ended.code == 0 && !ended.output.is_empty() && ended.errors.is_empty(), "{arguments:?}: {ended:?}");
    }
    for arguments in
        [&[][..], &["token"], &["token", "show", ".."], &["token", "show", "../people"], &["api", "show", "a/b"], &["help", "nothing"]]
    {
        let ended = offline().run(arguments);
        assert!(ended.code == 2 && ended.output.is_empty() && !ended.errors.is_empty(), "{arguments:?}: {ended:?}");
    }
    assert!(offline().run(&["help", "exit-codes", "--lang", "nl"]).output.contains(" 75  probeer het later"));
}

#[test]
fn what_concerns_this_machine_is_handed_on() {
    assert_eq!(offline().run(&["serve", "--data", "/nowhere"]).code, 99);
    assert_eq!(offline().run(&["config", "check"]).code, 99);
}
