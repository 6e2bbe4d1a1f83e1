//! OAuth clients that others wrote, unmodified, against a real demo: tokens for themselves and for a person, the calls that they make
//! with them, and every refusal. The one of crates.io is among the server's tests.
#![cfg(test)]

use std::process::Command;

use serde_json::{Value, json};

use crate::clients::Demo;
use crate::machine::{self, NODE_OAUTH_CLIENTS, OAUTH_CLIENTS};
use crate::shell;

/// What a client of the code flow sees, with `code` as it tells what it got.
fn code_flow(code: &Value) -> Value {
    json!({
        "code": code, "refresh": [true, 3], "revoked refresh": "invalid_grant",
        "code with PKCE": code, "replayed code": "invalid_grant", "after the replay": 401,
    })
}

/// What a client sees that asks for itself.
fn with(flow: Value, more: &Value) -> Value {
    let own = json!({"client_credentials": ["Bearer", "api1", false, 3], "revoked": 401, "wrong secret": "invalid_client"});
    let parts = [flow, own, more.clone()];
    parts.into_iter().flat_map(|part| part.as_object().cloned().unwrap_or_default()).collect()
}

/// Says aloud that nothing was tried, where the clients cannot be had.
fn skip(why: &str) {
    eprintln!("\n!!! SKIPPED: {why}\n!!! Nothing was tried of these OAuth clients.\n");
}

#[test]
fn clients_of_pypi_complete_their_flows() {
    let httpx = match machine::python_tool(&OAUTH_CLIENTS) {
        Ok(program) => program,
        Err(why) => return skip(&why),
    };
    let demo = Demo::start().expect("a demo");
    let mut python = Command::new(httpx.with_file_name("python"));
    let script = shell::root().join("crates/server/tests/clients/oauth_clients.py");
    let said = shell::output(python.arg(script).arg(demo.ready_file())).expect("every step said something");
    let seen: Value = serde_json::from_str(&said).expect("JSON");
    let token = json!(["api1 offline_access", 3]);
    let more = json!({"introspect": true, "introspect revoked": false, "revoke": 200, "revoke refresh": 200});
    assert_eq!(seen["Authlib"], with(code_flow(&token), &more));
    assert_eq!(seen["requests-oauthlib"], with(code_flow(&token), &more));
    assert_eq!(seen["httpx-oauth"], code_flow(&token));
}

#[test]
fn clients_of_npm_complete_their_flows() {
    let folder = match machine::node_package(&NODE_OAUTH_CLIENTS) {
        Ok(folder) => folder,
        Err(why) => return skip(&why),
    };
    let demo = Demo::start().expect("a demo");
    let scripts = shell::root().join("crates/server/tests/clients");
    // A module finds packages beside itself only.
    let script = folder.join("oauth_clients.mjs");
    std::fs::copy(scripts.join("oauth_clients.mjs"), &script).expect("a copy");
    let mut node = Command::new("node");
    let said = shell::output(node.arg(script).arg(demo.ready_file()).arg(scripts.join("browser.py"))).expect("every step said something");
    let seen: Value = serde_json::from_str(&said).expect("JSON");
    // It reads the ID token, and says whose.
    let identified = code_flow(&json!(["openid api1 offline_access", "string", 3]));
    let mut expected = with(identified, &json!({"introspect": true, "introspect revoked": false}));
    // It writes the type in lower case, as RFC 6749 section 5.1 lets it.
    expected["client_credentials"][0] = json!("bearer");
    assert_eq!(seen["openid-client"], expected);
    assert_eq!(seen["simple-oauth2"], with(code_flow(&json!(["api1 offline_access", 3])), &json!({})));
}
