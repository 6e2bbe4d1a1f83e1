//! The forms of API keys: what is wrong is said of the line, who may not gets nothing, and what is hostile stays text.

use std::time::Duration;

use serde_json::json;
use testkit::{App, hidden};

use super::keys::{SERVER, browser, ids, person, shown, with_kim};

/// The fields of an app that people sign in with.
fn app_with<'f>(name: &'f str, purpose: &'f str, uris: &'f str, origins: &'f str) -> Vec<(&'f str, &'f str)> {
    let proof = [("proof", "ours"), ("days", "365")];
    let client = [("purpose", purpose), ("may", "all"), ("redirect_uris", uris), ("cors_origins", origins)];
    [("name", name), ("reach", "all")].into_iter().chain(client).chain(proof).collect()
}

#[tokio::test]
async fn each_wrong_line_is_told_and_what_was_typed_is_kept() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    let mut kim = browser(&app, "kim").await;
    let (list, new) = (format!("/nl/o/{acme}/keys"), format!("/nl/o/{acme}/keys/new"));
    let cases = [
        ("https://app.example/cb\r\nhttp://app.example/cb", "", "Regel 2: ‘http://’ mag alleen op je eigen computer."),
        ("https://app.example/cb#x", "", "Regel 1: laat het deel vanaf ‘#’ weg."),
        ("\r\nhttps://*.example/cb", "", "Regel 2: ‘*’ mag niet. Noem elk adres apart."),
        ("javascript:alert(1)", "", "Regel 1: dit is geen adres dat begint met ‘https://’."),
        ("", "", "Noem minstens één redirect-URI."),
        ("https://app.example/cb", "https://app.example/app", "Regel 1: laat ‘/app’ weg, een origin heeft geen pad."),
        ("https://app.example/cb", "*", "Regel 1: ‘*’ mag niet."),
    ];
    for (uris, origins, problem) in cases {
        let page = kim.fill(&new, &app_with("App", "sign-in", uris, origins)).await.expect(422).text;
        assert!(page.contains(problem) && page.contains("Nog één ding") && page.contains("value=\"App\""), "{problem}: {page}");
    }
    let page = kim.fill(&new, &[("name", "ab")]).await.expect(422).text;
    for problem in ["3 tot 80 tekens", "Kies waar de sleutel bij kan.", "Kies waar de sleutel voor is.", "Kies wat de sleutel mag."] {
        assert!(page.contains(problem), "{problem}: {page}");
    }
    let many = "https://app.example/cb\n".repeat(51);
    kim.fill(&new, &app_with("App", "sign-in", &many, "")).await.expect(422);
    kim.fill(&new, &[("name", "App"), ("reach", "all"), ("purpose", "server"), ("may", "none")]).await.expect(422);
    let workspace = "00000000-0000-7000-8000-000000000000";
    kim.fill(&new, &[("name", "App"), ("reach", "some"), ("workspace", workspace), ("purpose", "server"), ("may", "all")])
        .await
        .expect(422);
    assert_eq!(ids(&kim.get(&list).await.text, &list).len(), 0, "nothing was made");
}

#[tokio::test]
async fn each_purpose_makes_the_client_that_it_says() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    app.workspace(&acme, "1255").await;
    let mut kim = browser(&app, "kim").await;
    let (list, new) = (format!("/en/o/{acme}/keys"), format!("/en/o/{acme}/keys/new"));
    let mut fields = app_with("Portal", "sign-in", " https://app.example/cb \r\n\r\nhttp://127.0.0.1:8080/cb", "https://app.example");
    fields.push(("offline", "yes"));
    shown(&kim.fill(&new, &fields).await.expect(200).text);
    let made = kim.fill(&new, &app_with("Phone", "public", "com.example.app:/cb", "")).await.expect(303);
    let page = kim.get(made.header("location").expect("a place")).await.expect(200).text;
    assert!(page.contains("It has no private key") && page.contains("com.example.app:/cb"), "{page}");
    // What does not belong to the purpose is not looked at.
    let mut fields = app_with("Robot", "server", "not an address", "*");
    let page = kim.get(&new).await.expect(200).text;
    assert!(page.contains("Project 1255"), "the workspace can be chosen: {page}");
    let id = page.split("<option value=\"").filter_map(|rest| rest.split('"').next()).find(|id| id.len() == 36).expect("an id").to_owned();
    fields[1] = ("reach", "some");
    fields.push(("workspace", &id));
    shown(&kim.fill(&new, &fields).await.expect(200).text);

    let keys = app.operate("GET", &format!("/api/v1/organisations/{acme}/organisation-keys")).send().await.expect(200).json();
    let key = |name: &str| keys["items"].as_array().expect("keys").iter().find(|key| key["name"] == name).expect("the key").clone();
    let (portal, phone, robot) = (key("Portal"), key("Phone"), key("Robot"));
    assert_eq!(portal["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(portal["redirect_uris"], json!(["https://app.example/cb", "http://127.0.0.1:8080/cb"]));
    assert_eq!((&phone["authentication"], phone["application_type"].as_str()), (&json!([]), Some("native")));
    assert_eq!(phone["grant_types"], json!(["authorization_code"]));
    assert_eq!((robot["workspace"].as_str(), &robot["redirect_uris"]), (Some(id.as_str()), &json!([])));
    let page = kim.get(&list).await.expect(200).text;
    assert!(page.contains("Workspace 1255 (Project 1255)") && page.contains("authorization_code"), "{page}");
}

#[tokio::test]
async fn name_and_addresses_are_changed_and_a_change_in_between_is_told() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    let mut kim = browser(&app, "kim").await;
    let (list, new) = (format!("/en/o/{acme}/keys"), format!("/en/o/{acme}/keys/new"));
    kim.fill(&new, &app_with("Portal", "sign-in", "https://app.example/cb", "")).await.expect(200);
    let page = kim.fill(&new, &app_with("PORTAL", "sign-in", "https://app.example/cb", "")).await.expect(422).text;
    assert!(page.contains("already has a key ‘PORTAL’"), "{page}");
    let key = format!("{list}/{}", ids(&kim.get(&list).await.text, &list)[0]);
    let edit = format!("{key}/edit");
    let page = kim.get(&edit).await.expect(200).text;
    assert!(page.contains(">https://app.example/cb</textarea>") && page.contains("value=\"Portal\""), "{page}");
    let revision = hidden(&page, "revision").expect("a revision");
    let change =
        |uris| [("revision", revision.as_str()), ("name", "Portal"), ("redirect_uris", uris), ("cors_origins", "https://app.example")];
    kim.fill(&edit, &change("http://app.example/cb")).await.expect(422);
    kim.fill(&edit, &change("https://app.example/other")).await.expect(303);
    let page = kim.get(&key).await.expect(200).text;
    assert!(page.contains("Key ‘Portal’ was changed.") && page.contains("https://app.example/other"), "{page}");
    let page = kim.fill(&edit, &change("https://evil.example/")).await.expect(422).text;
    assert!(page.contains("Somebody else has just changed this key"), "{page}");
    assert!(!kim.get(&key).await.text.contains("evil.example"));
}

#[tokio::test]
async fn strangers_find_nothing_and_members_are_told_whom_to_ask() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    person(&app, "olga", &acme, "owner").await;
    person(&app, "mo", &acme, "member").await;
    let other = app.organisation("Umbrella").await;
    person(&app, "eve", &other, "owner").await;
    let id = app.organisation_key(&acme, json!({"name": "Reports"})).await.member("/id");
    let (mut eve, mut mo) = (browser(&app, "eve").await, browser(&app, "mo").await);
    let csrf = hidden(&eve.get(&format!("/en/o/{other}/keys/new")).await.expect(200).text, "csrf").expect("a token");
    for page in ["", "/new", &format!("/{id}"), &format!("/{id}/rotate"), &format!("/{id}/edit"), &format!("/{id}/revoke")] {
        eve.get(&format!("/en/o/{acme}/keys{page}")).await.expect(404);
        let refused = mo.get(&format!("/en/o/{acme}/keys{page}")).await.expect(403).text;
        assert!(refused.contains("Administrators: olga.") && !refused.contains("Reports"), "{refused}");
        if !matches!(page, "" | "/new") {
            eve.get(&format!("/en/o/{other}/keys{page}")).await.expect(404);
            let fields = [
                ("csrf", csrf.as_str()),
                ("nonce", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
                ("overlap", "0"),
                ("name", "Mine"),
                ("state", "paused"),
            ];
            eve.post(&format!("/en/o/{other}/keys{page}"), &fields).await.expect(404);
            eve.post(&format!("/en/o/{acme}/keys{page}"), &fields).await.expect(404);
        }
    }
    let key = app.operate("GET", &format!("/api/v1/organisation-keys/{id}")).send().await.expect(200).json();
    assert_eq!((key["revision"].as_i64(), key["suspended_at"].is_null(), key["name"].as_str()), (Some(1), true, Some("Reports")));
    // Nor is there a way there from their pages.
    let profile = mo.get(&format!("/en/o/{acme}/keys")).await.text;
    assert!(!profile.contains(&format!("href=\"/en/o/{acme}/keys\"")), "{profile}");
}

#[tokio::test]
async fn forms_without_their_token_change_nothing_and_the_weighty_ones_ask_again_who_it_is() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let id = app.organisation_key(&acme, json!({"name": "Portal"})).await.member("/id");
    let mut kim = browser(&app, "kim").await;
    let list = format!("/en/o/{acme}/keys");
    let number = [("nonce", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("overlap", "0"), ("state", "paused")];
    let fields: Vec<(&str, &str)> = number.into_iter().chain(SERVER).collect();
    for page in ["/new", &format!("/{id}"), &format!("/{id}/rotate"), &format!("/{id}/edit"), &format!("/{id}/revoke")] {
        kim.post(&format!("{list}{page}"), &fields).await.expect(403);
    }
    let key = app.operate("GET", &format!("/api/v1/organisation-keys/{id}")).send().await.expect(200).json();
    assert_eq!((key["revision"].as_i64(), key["suspended_at"].is_null()), (Some(1), true));
    app.clock.advance(Duration::from_secs(16 * 60));
    for page in ["/new", &format!("/{id}/rotate"), &format!("/{id}/edit")] {
        let to = kim.get(&format!("{list}{page}")).await.expect(303).header("location").expect("a place").to_owned();
        assert!(to.starts_with("/en/confirm-identity?return="), "{to}");
    }
    // To stop something in a hurry needs no more than the question.
    kim.get(&format!("{list}/{id}/revoke")).await.expect(200);
}

#[tokio::test]
async fn hostile_text_stays_text() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let (list, new) = (format!("/en/o/{acme}/keys"), format!("/en/o/{acme}/keys/new"));
    let long = "x".repeat(81);
    for bad in ["\u{202e}gnihtyna", "a\0bc", "a\nbc", long.as_str()] {
        kim.fill(&new, &[("name", bad), SERVER[1], SERVER[2], SERVER[3], SERVER[4]]).await.expect(422);
    }
    let markup = "</textarea><script>alert(1)</script>";
    let page = kim.fill(&new, &app_with(markup, "sign-in", markup, "https://a.example/<script>")).await.expect(422).text;
    assert!(!page.contains("<script>") && page.contains("&#60;script&#62;"), "{page}");
    let name = "<b onclick=x>‘\"🦆’=1+1";
    kim.fill(&new, &app_with(name, "sign-in", "https://app.example/cb?a=1&b=%3Cscript%3E", "")).await.expect(200);
    let page = kim.get(&list).await.expect(200).text;
    let key = format!("{list}/{}", ids(&page, &list)[0]);
    for path in [list.clone(), key.clone(), format!("{key}/edit"), format!("{key}/rotate"), format!("{key}/revoke")] {
        let page = kim.get(&path).await.expect(200).text;
        assert!(!page.contains("<b onclick") && page.contains("🦆"), "{path}: {page}");
        assert!(page.len() <= 15_000, "{path} has {} bytes", page.len());
    }
    kim.fill(&format!("{key}/revoke"), &[]).await.expect(303);
    let page = kim.get(&list).await.expect(200).text;
    assert!(page.contains("no longer works") && !page.contains("<b onclick"), "{page}");
}
