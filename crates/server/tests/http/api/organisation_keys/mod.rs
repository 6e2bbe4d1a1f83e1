//! The life of an organisation key, and what its halves are worth.

mod fields;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Answer, App, Call, basic};

/// An organisation with two workspaces, another one with one, and an API that takes organisation keys.
struct Field {
    app: App,
    own: String,
    other: String,
    first: String,
    theirs: String,
    archive: String,
}

impl Field {
    async fn on(app: App) -> Self {
        let (own, other) = (app.organisation("My data company").await, app.organisation("Another company").await);
        let first = app.workspace(&own, "1").await;
        app.workspace(&own, "2").await;
        let theirs = app.workspace(&other, "8").await;
        let archive = app.archive().await;
        Self { app, own, other, first, theirs, archive }
    }

    async fn new() -> Self {
        Self::on(App::start().await).await
    }

    fn create(&self, body: &Value) -> Call {
        self.app.operate("POST", &format!("/api/v1/organisations/{}/organisation-keys", self.own)).json(body)
    }

    async fn ask(&self, presented: Value, workspace: Option<&str>) -> Value {
        let mut question = json!({"permission": "archive:papers:read"});
        question.as_object_mut().expect("an object").extend(presented.as_object().expect("an object").clone());
        if let Some(workspace) = workspace {
            question["workspace"] = json!(workspace);
        }
        self.app.call("POST", "/api/v1/verify").token(&self.archive).json(&question).send().await.expect(200).json()
    }

    /// What the archive is told of a private key that comes alone.
    async fn reason(&self, private_key: &str) -> String {
        reason(&self.ask(json!({"api_key": private_key}), None).await)
    }
}

fn reason(answer: &Value) -> String {
    if answer["allowed"] == true { "allowed".to_owned() } else { answer["reason"].as_str().expect("a reason").to_owned() }
}

fn path(made: &Answer) -> String {
    format!("/api/v1/organisation-keys/{}", made.member("/id"))
}

#[tokio::test]
async fn a_key_is_shown_once_and_rotated() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let app = &field.app;
        let body = json!({"name": "Koppeling", "contact": "beheer@example.org", "redirect_uris": ["https://app.example/callback"]});
        let made = field.create(&body).send().await.expect(201);
        let (id, client_id, old) = (made.member("/id"), made.member("/client_id"), made.member("/private_key"));
        let path = path(&made);
        assert!(client_id.starts_with("prtk_") && old.starts_with("prts_"), "{}", made.text);
        assert_eq!((made.header("location"), made.header("etag")), (Some(path.as_str()), Some("\"1\"")));
        assert_eq!(made.header("cache-control"), Some("no-store"));
        let told = made.json();
        assert_eq!(told["grant_types"], json!(["authorization_code", "refresh_token", "client_credentials"]));
        assert_eq!((&told["permissions"], &told["workspace"], &told["profile"]), (&json!("all"), &Value::Null, &json!("default")));
        assert_eq!(
            (&told["authentication"], &told["registration"]),
            (&json!(["client_secret_basic", "client_secret_post"]), &json!("operator"))
        );

        // It works at once, and no later answer holds its private key.
        let answer = field.ask(json!({"authorization": basic(&client_id, &old)}), Some("2")).await;
        let expected = json!({
            "allowed": true,
            "request_id": answer["request_id"],
            "credential": {"id": id, "kind": "organisation_key"},
            "client": client_id,
            "subject": {"type": "organisation", "id": field.own},
            "organisation": field.own,
            "workspace": "2",
            "permissions": ["archive:papers:read", "archive:papers:write"]
        });
        assert_eq!(answer, expected);
        app.node.authority.flush_usage(usize::MAX).await.expect("written");
        let of_organisation = format!("/api/v1/organisations/{}/organisation-keys", field.own);
        for list in [&path, &of_organisation, "/api/v1/organisation-keys", &format!("/api/v1/audit?about={}", field.own)] {
            let text = app.operate("GET", list).send().await.expect(200).text;
            assert!(text.contains(&id) && !text.contains(&old[9..]), "{list}: {text}");
        }
        let shown = app.operate("GET", &path).send().await.expect(200).json();
        let kept = &shown["private_keys"][0];
        assert_eq!((&kept["uses"], &kept["prefix"], &kept["ends_at"]), (&json!(1), &json!(&old[..9]), &Value::Null), "{shown}");

        // Rotation keeps the public id; from the uses one sees whether the old private key is still needed.
        let rotated = app.operate("POST", &format!("{path}/rotations")).json(&json!({"overlap_seconds": 60})).send().await.expect(200);
        let new = rotated.member("/private_key");
        assert_eq!((rotated.member("/id"), rotated.member("/client_id")), (id.clone(), client_id.clone()));
        assert_eq!((field.reason(&old).await, field.reason(&new).await), ("allowed".into(), "allowed".into()));
        app.node.authority.flush_usage(usize::MAX).await.expect("written");
        let shown = app.operate("GET", &path).send().await.expect(200).json();
        let kept: Vec<(&Value, &Value)> =
            shown["private_keys"].as_array().expect("a list").iter().map(|kept| (&kept["prefix"], &kept["uses"])).collect();
        assert_eq!(kept, [(&json!(&new[..9]), &json!(1)), (&json!(&old[..9]), &json!(2))], "{shown}");
    }
}

#[tokio::test]
async fn a_key_is_paused_and_ended_as_a_whole_and_by_private_key() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let app = &field.app;
        let made = field.create(&json!({"name": "Koppeling"})).send().await.expect(201);
        let (id, path, old) = (made.member("/id"), path(&made), made.member("/private_key"));
        let of_organisation = format!("/api/v1/organisations/{}/organisation-keys", field.own);
        let rotate =
            async || app.operate("POST", &format!("{path}/rotations")).json(&json!({"overlap_seconds": 60})).send().await.expect(200);
        let new = rotate().await.member("/private_key");
        app.clock.advance(Duration::from_secs(60));
        assert_eq!((field.reason(&old).await, field.reason(&new).await), ("expired".into(), "allowed".into()));

        // A third one: the one whose time was over is gone from the list, and one can be ended by itself.
        let rotated = rotate().await;
        let third = rotated.member("/private_key");
        assert_eq!(rotated.json()["private_keys"].as_array().map(Vec::len), Some(2), "{}", rotated.text);
        let ended = json!({"private_key": rotated.member("/private_keys/1/id")});
        app.operate("POST", &format!("{path}/private-key-revocations")).json(&ended).send().await.expect(200);
        assert_eq!((field.reason(&new).await, field.reason(&third).await), ("revoked".into(), "allowed".into()));
        app.operate("POST", &format!("{path}/private-key-revocations")).json(&ended).send().await.expect(404);
        app.operate("POST", &format!("{path}/access-token-revocations")).send().await.expect(200);

        for _ in 0..2 {
            app.operate("PUT", &format!("{path}/suspension")).send().await.expect(200);
            assert_eq!(field.reason(&third).await, "suspended");
        }
        app.operate("POST", &format!("{path}/rotations")).send().await.expect(409);
        for _ in 0..2 {
            app.operate("DELETE", &format!("{path}/suspension")).send().await.expect(200);
            assert_eq!(field.reason(&third).await, "allowed");
        }
        app.operate("PUT", &format!("/api/v1/organisations/{}/suspension", field.own)).send().await.expect(200);
        assert_eq!(field.reason(&third).await, "organisation_suspended");
        app.operate("DELETE", &format!("/api/v1/organisations/{}/suspension", field.own)).send().await.expect(200);

        app.operate("DELETE", &path).send().await.expect(200);
        assert_eq!(field.reason(&third).await, "revoked");
        for (method, path) in [("GET", path.clone()), ("DELETE", path.clone()), ("POST", format!("{path}/rotations"))] {
            app.operate(method, &path).send().await.expect(404);
        }
        assert_eq!(app.operate("GET", &of_organisation).send().await.expect(200).json()["items"], json!([]));
        let audit = app.operate("GET", &format!("/api/v1/audit?about={id}")).send().await.expect(200).json();
        let events: Vec<&str> =
            audit["items"].as_array().expect("a list").iter().filter_map(|entry| entry["event"]["type"].as_str()).collect();
        let expected = [
            "organisation_key_created",
            "organisation_key_rotated",
            "organisation_key_rotated",
            "private_key_revoked",
            "access_tokens_of_key_ended",
            "organisation_key_suspended",
            "organisation_key_resumed",
            "organisation_keys_revoked",
        ];
        assert_eq!(events, expected);
    }
}

#[tokio::test]
async fn a_key_is_changed_field_by_field() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let app = &field.app;
        let made =
            field.create(&json!({"name": "Koppeling", "permissions": ["reading"], "workspace": field.first})).send().await.expect(201);
        let (path, text) = (path(&made), made.member("/private_key"));
        assert_eq!(made.json()["permissions"], json!(["archive:papers:read"]), "a scope stands for its permissions");
        let patch = async |body: Value| app.operate("PATCH", &path).json(&body).send().await.expect(200).json();
        let etag = app.operate("GET", &path).send().await.expect(200).header("etag").expect("an ETag").to_owned();
        let changed = patch(json!({
            "name": "Andere naam", "workspace": null, "contact": "beheer@example.org", "permissions": ["archive"],
            "cors_origins": ["https://app.example"], "client_uri": "https://app.example/about",
        }))
        .await;
        assert_eq!(changed["permissions"], json!(["archive:papers:read", "archive:papers:write"]));
        assert_eq!((&changed["name"], &changed["workspace"]), (&json!("Andere naam"), &Value::Null));
        assert_eq!(reason(&field.ask(json!({"api_key": text}), Some("2")).await), "allowed");
        app.operate("PATCH", &path).header("if-match", &etag).json(&json!({"name": "x"})).send().await.expect(412);
        let changed = patch(json!({"contact": null, "client_uri": null, "permissions": []})).await;
        let cleared = (&changed["contact"], &changed["client_uri"], &changed["permissions"], &changed["cors_origins"]);
        assert_eq!(cleared, (&Value::Null, &Value::Null, &json!([]), &json!(["https://app.example"])));
        assert_eq!(field.reason(&text).await, "permission_missing");

        // Whoever authenticates with a key of its own from now on has no private key here any more.
        let jwks = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
        let changed = patch(json!({"permissions": "all", "authentication": ["private_key_jwt"], "jwks": jwks})).await;
        assert_eq!((&changed["private_keys"], field.reason(&text).await), (&json!([]), "revoked".to_owned()));
        let refused = app.operate("POST", &format!("{path}/rotations")).send().await.expect(409);
        assert_eq!(refused.problem()["code"], "no_private_key");
        patch(json!({"authentication": ["client_secret_basic"], "jwks": null})).await;
        let rotated = app.operate("POST", &format!("{path}/rotations")).send().await.expect(200);
        assert_eq!(field.reason(&rotated.member("/private_key")).await, "allowed");
    }
}

#[tokio::test]
async fn a_key_sees_its_workspace_and_its_halves_belong_together() {
    let field = Field::new().await;
    let whole = field.create(&json!({"name": "Whole"})).send().await.expect(201);
    let part = field.create(&json!({"name": "Part", "workspace": field.first})).send().await.expect(201);
    let of = |made: &Answer| (made.member("/client_id"), made.member("/private_key"));
    let ((whole_id, whole), (part_id, part)) = (of(&whole), of(&part));
    for (key, seen) in [
        (&whole, ["allowed", "allowed", "no_delegation", "wrong_workspace"]),
        (&part, ["allowed", "wrong_workspace", "wrong_workspace", "wrong_workspace"]),
    ] {
        for (workspace, expected) in ["1", "2", "8", "9"].into_iter().zip(seen) {
            let answer = field.ask(json!({"api_key": key}), Some(workspace)).await;
            assert_eq!(reason(&answer), expected, "{workspace}");
        }
    }
    let cases = [
        (basic(&whole_id, &whole), "allowed"),
        (basic(&whole, &whole), "allowed"),
        (basic(&part_id, &whole), "wrong_code"),
        (basic("nobody", &whole), "unknown_credential"),
        (basic("", &whole), "unknown_credential"),
        (basic(&part_id, "prts_0"), "malformed_credential"),
        (format!("Bearer {whole}"), "malformed_credential"),
        (basic(&part_id, &part), "allowed"),
    ];
    for (authorization, expected) in cases {
        let answer = field.ask(json!({"authorization": authorization}), None).await;
        assert_eq!(reason(&answer), expected, "{authorization}");
    }
    // An API that takes none does not know it, and neither does Poort itself.
    field.app.shop().await;
    let asked = field.app.call("GET", "/forward-auth/shop").header("x-api-key", &whole);
    asked.header("x-forwarded-method", "GET").header("x-forwarded-uri", "/things/1").send().await.expect(401);
    field.app.call("GET", "/api/v1/whoami").token(&whole).send().await.expect(401);
}

#[tokio::test]
async fn who_manages_an_organisations_keys_is_a_matter_of_roles() {
    let field = Field::new().await;
    let app = &field.app;
    let made = field.create(&json!({"name": "Koppeling", "workspace": field.first})).send().await.expect(201);
    let path = path(&made);
    for (number, (roles, may)) in
        [(&["owner"][..], true), (&["key_manager"], true), (&["project_manager"], false), (&["member"], false)].into_iter().enumerate()
    {
        for (organisation, own) in [(&field.own, true), (&field.other, false)] {
            let person = app.person(&format!("person-{number}-{own}"), organisation, roles).await;
            let (_, token) = app.token(&person, None).await;
            let expected = match (may, own) {
                (true, true) => 200,
                (true, false) => 404,
                (false, _) => 403,
            };
            assert_eq!(app.call("GET", &path).token(&token).send().await.status, expected, "{roles:?} {own}");
            let all = app.call("GET", "/api/v1/organisation-keys").token(&token).send().await;
            assert_eq!((all.status, all.text.contains(&made.member("/id"))), (if may { 200 } else { 403 }, may && own), "{roles:?} {own}");
            if !may {
                continue;
            }
            let of = format!("/api/v1/organisations/{}/organisation-keys", field.own);
            let created = app.call("POST", &of).token(&token).json(&json!({"name": "another"})).send().await;
            assert_eq!(created.status, if own { 201 } else { 404 }, "{}", created.text);
            if own {
                assert_eq!(created.json()["registration"], "organisation");
                // The one who made it may leave: it is the organisation's.
                let text = created.member("/private_key");
                app.operate("DELETE", &format!("/api/v1/people/{person}")).send().await.expect(200);
                assert_eq!(field.reason(&text).await, "allowed");
            }
        }
    }
    let filtered = app.operate("GET", &format!("/api/v1/organisation-keys?workspace={}", field.first)).send().await.expect(200).json();
    assert_eq!(filtered["items"].as_array().map(Vec::len), Some(1), "{filtered}");
    let none = format!("/api/v1/organisation-keys?organisation={}&workspace={}", field.other, field.first);
    assert_eq!(app.operate("GET", &none).send().await.expect(200).json()["items"], json!([]));
}
