//! The audit log of an organisation and one's own: sentences, filters, files, and who may see what of it.

use serde_json::{Value, json};
use testkit::{App, Visitor, hidden};

use super::keys::{browser, person};

/// Acme with Olga, who owns it, Rita, who reads its log, and Mo, who is a member.
async fn acme(app: &App) -> String {
    let acme = app.organisation("Acme").await;
    person(app, "olga", &acme, "owner").await;
    person(app, "rita", &acme, "audit_reader").await;
    person(app, "mo", &acme, "member").await;
    acme
}

async fn text(visitor: &mut Visitor<'_>, path: &str) -> String {
    visitor.get(path).await.expect(200).text
}

#[tokio::test]
async fn what_was_done_stands_there_in_both_languages_and_can_be_narrowed() {
    for app in App::start_each().await {
        let acme = acme(&app).await;
        let people = app.operate("GET", "/api/v1/people").send().await.expect(200).json();
        let mo = people["items"].as_array().expect("people").iter().find(|person| person["name"] == "mo").expect("mo").clone();
        let mo = mo["id"].as_str().expect("an id").to_owned();
        let mut olga = browser(&app, "olga").await;
        let list = format!("/en/o/{acme}/members");
        let roles = text(&mut olga, &list).await;
        let roles = roles.split("href=\"").filter_map(|rest| rest.split('"').next()).filter(|link| link.ends_with("/roles")).nth(2);
        olga.fill(roles.expect("a link"), &[("roles", "key_manager")]).await.expect(303);
        app.token(&mo, None).await;

        let log = format!("/en/o/{acme}/audit");
        let page = text(&mut olga, &log).await;
        for sentence in [
            "The operator of this server made the organisation Acme.",
            "olga gave mo other roles: key manager (was member).",
            "The operator of this server made token",
        ] {
            assert!(page.contains(sentence), "{sentence}: {page}");
        }
        let dutch = text(&mut olga, &log.replace("/en/", "/nl/")).await;
        assert!(dutch.contains("olga gaf mo andere rollen: sleutelbeheerder (was lid).") && dutch.contains("Logboek"), "{dutch}");
        // A person's signing in is their own business.
        assert!(!page.contains("signed in"), "{page}");
        let own = text(&mut olga, "/en/profile/audit").await;
        assert!(own.contains("olga signed in.") && own.contains("olga gave mo other roles"), "{own}");

        let narrow = text(&mut olga, &format!("{log}?action=member.role_changed")).await;
        assert!(narrow.contains("olga gave mo") && !narrow.contains("made the organisation"), "{narrow}");
        assert!(narrow.contains("value=\"member.role_changed\" selected"), "{narrow}");
        let by = text(&mut olga, &format!("{log}?person={}", id_of(&app, "olga").await)).await;
        assert!(by.contains("olga gave mo") && !by.contains("made the organisation"), "{by}");
        let both = text(&mut olga, &format!("{log}?person={}&action=token.created", id_of(&app, "olga").await)).await;
        assert!(both.contains("There is nothing like this in the log."), "{both}");
        let before = text(&mut olga, &format!("{log}?until=2020-01-01")).await;
        assert!(before.contains("There is nothing like this in the log."), "{before}");
        let nonsense = text(&mut olga, &format!("{log}?action=%3Cb%3E&person=x&from=y&after=z")).await;
        assert!(nonsense.contains("olga gave mo") && !nonsense.contains("<b>"), "{nonsense}");
    }
}

async fn id_of(app: &App, name: &str) -> String {
    let people = app.operate("GET", &format!("/api/v1/people?email={name}@example.org")).send().await.expect(200).json();
    people["items"][0]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn who_may_see_it_sees_it_and_nobody_else() {
    let app = App::start().await;
    let acme = acme(&app).await;
    let other = app.organisation("Umbrella").await;
    person(&app, "eve", &other, "owner").await;
    let (mut rita, mut mo, mut eve) = (browser(&app, "rita").await, browser(&app, "mo").await, browser(&app, "eve").await);
    for below in ["", "/file?format=csv"] {
        let path = format!("/en/o/{acme}/audit{below}");
        rita.get(&path).await.expect(200);
        assert!(mo.get(&path).await.expect(403).text.contains("Administrators: olga."));
        eve.get(&path).await.expect(404);
        Visitor::new(&app).get(&path).await.expect(303);
    }
    rita.get(&format!("/en/o/{acme}/members")).await.expect(403);
    assert!(text(&mut rita, &format!("/en/o/{acme}")).await.contains("What was done last"));
    assert!(!text(&mut mo, &format!("/en/o/{acme}")).await.contains("What was done last"));
    rita.get(&format!("/en/o/{acme}/audit/file?format=exe")).await.expect(404);
    mo.get("/en/profile/audit").await.expect(200);
}

#[tokio::test]
async fn a_file_holds_exactly_the_filter_and_nothing_that_a_spreadsheet_runs() {
    let app = App::start().await;
    let acme = acme(&app).await;
    let hostile = "=HYPERLINK(\"http://evil\",\"<b>x</b>\")";
    let mo = id_of(&app, "mo").await;
    let made = app.operate("POST", &format!("/api/v1/people/{mo}/tokens")).json(&json!({"description": hostile})).send().await;
    made.expect(201);
    app.operate("PATCH", &format!("/api/v1/people/{mo}")).json(&json!({"name": "+cmd|calc"})).send().await.expect(200);
    let mut olga = browser(&app, "olga").await;
    let page = text(&mut olga, &format!("/en/o/{acme}/audit")).await;
    assert!(page.contains("=HYPERLINK(") && !page.contains("<b>x</b>"), "{page}");
    let file = format!("/en/o/{acme}/audit/file");
    let csv = olga.get(&format!("{file}?format=csv&action=token.created")).await.expect(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"audit-organisation.csv\""));
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", csv.text);
    assert!(lines[0].starts_with("\"at\",\"sequence\",\"action\"") && lines[1].contains("token.created"), "{}", csv.text);
    for line in &lines[1..] {
        assert!(line.split("\",\"").all(|field| !field.trim_matches('"').starts_with(['=', '+', '-', '@'])), "{line}");
    }
    let all = olga.get(&format!("{file}?format=ndjson")).await.expect(200).text;
    let records: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let shown = olga.get(&format!("{file}?format=json")).await.expect(200).json();
    let shown = shown.as_array().expect("a list");
    assert_eq!(shown.len(), records.len() + 1, "that a file was taken stands in the log");
    assert_eq!(shown[0]["action"], "audit.exported");
    assert_eq!(shown[0]["by"]["name"], "olga");
    assert!(all.contains(&mo) && !all.contains("digest"), "{all}");
    assert!(!text(&mut olga, "/en/profile/audit").await.contains("password_hash"));
}

#[tokio::test]
async fn a_partner_sees_the_name_of_the_organisation_and_of_nobody_in_it() {
    let app = App::start().await;
    let (holder, supplier) = (app.organisation("Waterschap").await, app.organisation("Peilwerk").await);
    app.survey("survey").await;
    app.workspace(&holder, "1255").await;
    person(&app, "sanne", &holder, "owner").await;
    person(&app, "kees", &supplier, "owner").await;
    let mut sanne = browser(&app, "sanne").await;
    let projects = text(&mut sanne, &format!("/en/o/{holder}/projects")).await;
    let list = projects.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.ends_with("/delegations"));
    let new = format!("{}/new", list.expect("a project"));
    let page = text(&mut sanne, &new).await;
    let permission = page.split("name=\"permission\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a permission");
    let (csrf, permission) = (hidden(&page, "csrf").expect("a token"), permission.to_owned());
    let fields = [
        ("csrf", csrf.as_str()),
        ("api", "survey"),
        ("to", "Peilwerk"),
        ("kind", "delivering"),
        ("permission", &permission),
        ("pass_on", "no"),
        ("description", "Sonderingen noord"),
    ];
    sanne.post(&new, &fields).await.expect(303);
    let mut kees = browser(&app, "kees").await;
    let page = text(&mut kees, &format!("/en/o/{supplier}/audit")).await;
    assert!(page.contains("Waterschap gave delegation \u{2018}Sonderingen noord\u{2019}"), "{page}");
    assert!(!page.contains("sanne") && !page.contains("Project 1255"), "{page}");
    let sannes = id_of(&app, "sanne").await;
    let file = text(&mut kees, &format!("/en/o/{supplier}/audit/file?format=json")).await;
    assert!(!file.contains(&sannes) && !file.contains("sanne"), "{file}");
    let own = text(&mut sanne, &format!("/en/o/{holder}/audit")).await;
    assert!(own.contains("sanne gave delegation"), "{own}");
}

#[tokio::test]
async fn pages_follow_each_other_and_programs_read_the_same() {
    let app = App::start().await;
    let acme = acme(&app).await;
    let mut olga = browser(&app, "olga").await;
    let mo = id_of(&app, "mo").await;
    for _ in 0..60 {
        app.token(&mo, None).await;
    }
    let log = format!("/en/o/{acme}/audit");
    let mut page = text(&mut olga, &format!("{log}?action=token.created")).await;
    let mut seen = page.matches("made token").count();
    assert_eq!(seen, 50);
    let next = page.split("rel=\"next\"").next().and_then(|before| before.rsplit("href=\"").next()).and_then(|rest| rest.split('"').next());
    page = text(&mut olga, &next.expect("a next page").replace("&#38;", "&").replace("&amp;", "&")).await;
    seen += page.matches("made token").count();
    assert_eq!(seen, 60);
    assert!(!page.contains("rel=\"next\""));

    let api = |query: &str| app.operate("GET", &format!("/api/v1/organisations/{acme}/audit{query}"));
    let (mut cursor, mut count) = (String::new(), 0);
    loop {
        let answer = api(&format!("?action=token.created&limit=25{cursor}")).send().await.expect(200).json();
        count += answer["items"].as_array().expect("items").len();
        assert!(answer["items"][0]["sentence"].as_str().expect("text").contains("made token"), "{answer}");
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(count, 60);
    api("?action=nonsense").send().await.expect(400);
    api("?since=yesterday").send().await.expect(400);
    assert_eq!(api("?until=2020-01-01T00:00:00Z").send().await.expect(200).json()["items"], json!([]));
    let (_, secret) = app.token(&mo, None).await;
    app.call("GET", &format!("/api/v1/organisations/{acme}/audit")).token(&secret).send().await.expect(403);
    app.call("GET", &format!("/api/v1/people/{mo}/audit")).token(&secret).send().await.expect(200);
    let olgas = id_of(&app, "olga").await;
    app.call("GET", &format!("/api/v1/people/{olgas}/audit")).token(&secret).send().await.expect(404);
    let (_, secret) = app.token(&olgas, None).await;
    app.call("GET", &format!("/api/v1/organisations/{acme}/audit")).token(&secret).send().await.expect(200);
    let other = app.organisation("Umbrella").await;
    app.call("GET", &format!("/api/v1/organisations/{other}/audit")).token(&secret).send().await.expect(404);
}
