//! The pages of the console in a real browser: every one of them without a fault, and the FAQ's ways to a token and to a delivery.
#![cfg(test)]

use std::process::Command;

use serde_json::{Value, json};

use crate::clients::Demo;
use crate::machine::{self, PLAYWRIGHT};
use crate::person::{browser, skip};
use crate::shell;

/// The first one runs the others.
const SCRIPTS: [&str; 6] =
    ["console.mjs", "console_access.mjs", "console_accounts.mjs", "console_delegation.mjs", "console_factor.mjs", "console_key.mjs"];

#[test]
fn every_page_is_fit_for_everybody_in_a_browser() {
    let Some(browser) = browser() else { return skip("no Chromium is installed (Debian: apt-get install chromium)") };
    let folder = match machine::node_package(&PLAYWRIGHT) {
        Ok(folder) => folder,
        Err(why) => return skip(&why),
    };
    // Browsers make passkeys for a name, and not for a bare address.
    let demo = Demo::start_by_name().expect("a demo");
    for script in SCRIPTS {
        std::fs::copy(shell::root().join("crates/server/tests/clients").join(script), folder.join(script)).expect("a copy");
    }
    let screens = shell::target().join("screens");
    let mut node = Command::new("node");
    let said = shell::output(node.arg(folder.join(SCRIPTS[0])).arg(demo.ready_file()).arg(browser).arg(screens))
        .expect("every page was looked at");
    let seen: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(seen["flow"], token());
    assert_eq!(seen["delivery"], delivery());
    assert_eq!(seen["key"], key());
    assert_eq!(seen["factor"], factor());
    assert_eq!(seen["accounts"], accounts());
    assert_eq!(seen["problems"], json!([]));
}

/// The way of the FAQ to a token.
fn token() -> Value {
    json!({
        "form": "Nieuw token",
        "focus": "Je token ‘pycharm’ is klaar",
        "copied": true,
        "used": 200,
        "listed": true,
        "question": "Token ‘pycharm’ verwijderen?",
        "said": "Token ‘pycharm’ werkt niet meer.",
        "refused": 401,
    })
}

/// The one to a delivery, and to why the next one is refused.
fn delivery() -> Value {
    json!({
        "button": "+Nieuw token aanmaken",
        "ready": "Je token ‘peilwerk-proef’ is klaar",
        "username": "peilwerk-proef",
        "before": 403,
        "given": "Peilwerk Ingenieurs mag vanaf nu aanleveren in Grondwatermeetnet Zuid 2026, tot je de machtiging sluit.",
        "delivered": 201,
        "question": "Machtiging van Peilwerk Ingenieurs sluiten?",
        "stops": true,
        "closed": "De machtiging van Peilwerk Ingenieurs is gesloten. Nieuwe verzoeken worden geweigerd.",
        "refused": 403,
        "why": "De machtiging is gesloten",
        "reason": true,
    })
}

/// The one from an organisation's settings to the API.
fn key() -> Value {
    json!({
        "settings": "keys",
        "focus": "De sleutel ‘Rapport van de FAQ’ is klaar",
        "file": ["poort.env", true],
        "again": false,
        "consent": true,
        "ticked": 0,
        "used": [200, 3],
        "question": "Sleutel ‘Rapport van de FAQ’ intrekken?",
        "refused": 401,
        "why": "De sleutel is ingetrokken",
    })
}

/// Somebody adds passkeys and an app, signs in with them, and takes one away.
fn factor() -> Value {
    json!({
        "added": "Je passkey is toegevoegd. Maak nu herstelcodes.",
        "codes": 10,
        "listed": true,
        "alone": "/nl/profile/sign-in",
        "again": "/nl/profile/tokens/new",
        "step": "Nog één stap",
        "second": "/nl/profile",
        "app": "Je app is ingesteld.",
        "code": "/nl/profile",
        "renamed": "De passkey heet nu Werklaptop.",
        "question": "Passkey Werklaptop weghalen?",
        "removed": "De passkey Werklaptop is weggehaald.",
        "refused": "Deze passkey kennen we niet. Log anders in.",
    })
}

/// Somebody is invited and joins, forgets the password and chooses another one; somebody else signs up.
fn accounts() -> Value {
    json!({
        "invited": "Er is een uitnodiging gestuurd naar joost@example.org.",
        "title": "Je bent uitgenodigd",
        "offered": "Voeg een passkey toe",
        "joined": true,
        "member": true,
        "sent": "We hebben je een link gestuurd",
        "changed": "Je wachtwoord is gewijzigd",
        "signedOut": "/sign-in",
        "back": "/nl/profile",
        "asked": "We hebben je een link gestuurd",
        "account": true,
    })
}
