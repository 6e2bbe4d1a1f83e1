//! The life of an organisation token, and what its halves are worth.

use std::time::Duration;

use domain::Digest;
use serde_json::{Value, json};
use testkit::{App, Call, basic};

/// Two organisations, each with a workspace; two APIs that stand for two environments.
struct Field {
    app: App,
    holder: String,
    supplier: String,
    survey: String,
    demo: String,
}

impl Field {
    async fn on(app: App) -> Self {
        let (holder, supplier) = (app.organisation("Holder").await, app.organisation("Peilwerk Noord").await);
        app.workspace(&holder, "1255").await;
        app.workspace(&supplier, "77").await;
        let (survey, demo) = (app.survey("survey").await, app.survey("survey-demo").await);
        Self { app, holder, supplier, survey, demo }
    }

    async fn new() -> Self {
        Self::on(App::start().await).await
    }

    async fn ask(&self, authorization: &str, workspace: &str) -> Value {
        let question = json!({"authorization": authorization, "permission": "survey:deliveries:create", "workspace": workspace});
        self.app.call("POST", "/api/v1/verify").token(&self.survey).json(&question).send().await.expect(200).json()
    }

    /// What the survey is told, in a workspace of the token's own organisation.
    async fn reason(&self, authorization: &str) -> String {
        let answer = self.ask(authorization, "77").await;
        if answer["allowed"] == true { "allowed".to_owned() } else { answer["reason"].as_str().expect("a reason").to_owned() }
    }

    fn create(&self) -> Call {
        self.app.operate("POST", &format!("/api/v1/organisations/{}/organisation-tokens", self.supplier))
    }
}

#[tokio::test]
async fn a_token_lives_and_ends() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let app = &field.app;
        let body = json!({"api": "survey", "description": "field teams"});
        let made = field.create().json(&body).send().await.expect(201);
        let (id, username, code) = (made.member("/id"), made.member("/username"), made.member("/code"));
        assert_eq!(username, "peilwerk-noord-01", "made of the organisation's name");
        assert!(code.starts_with("prtd_"), "{code}");
        let path = format!("/api/v1/organisation-tokens/{id}");
        assert_eq!((made.header("location"), made.header("etag")), (Some(path.as_str()), Some("\"1\"")));

        // It works at once in an own workspace, and no later answer holds its code.
        let old = basic(&username, &code);
        let answer = field.ask(&old, "77").await;
        let told = json!({
            "allowed": true,
            "request_id": answer["request_id"],
            "credential": {"id": id, "kind": "organisation_token"},
            "subject": {"type": "organisation", "id": field.supplier},
            "organisation": field.supplier,
            "workspace": "77",
            "permissions": ["survey:deliveries:create", "survey:documents:validate"]
        });
        assert_eq!(answer, told);
        app.node.authority.flush_usage(usize::MAX).await.expect("written");
        let of_organisation = format!("/api/v1/organisations/{}/organisation-tokens", field.supplier);
        for list in [&path, &of_organisation, "/api/v1/organisation-tokens", &format!("/api/v1/audit?about={}", field.supplier)] {
            let text = app.operate("GET", list).send().await.expect(200).text;
            assert!(text.contains(&id) && !text.contains(&code[8..]), "{list}: {text}");
        }
        let shown = app.operate("GET", &path).send().await.expect(200).json();
        assert_eq!((&shown["uses"], &shown["prefix"]), (&json!(1), &json!(&code[..9])), "{shown}");

        // Rotation keeps the username; the old code works until the overlap ends.
        let rotated = app.operate("POST", &format!("{path}/rotations")).json(&json!({"overlap_seconds": 60})).send().await.expect(200);
        assert_eq!((rotated.member("/id"), rotated.member("/username")), (id.clone(), username.clone()));
        let new = basic(&username, &rotated.member("/code"));
        assert_eq!((field.reason(&old).await, field.reason(&new).await), ("allowed".into(), "allowed".into()));
        app.clock.advance(Duration::from_secs(60));
        assert_eq!((field.reason(&old).await, field.reason(&new).await), ("expired".into(), "allowed".into()));

        for _ in 0..2 {
            app.operate("PUT", &format!("{path}/suspension")).send().await.expect(200);
            assert_eq!(field.reason(&new).await, "suspended");
        }
        app.operate("POST", &format!("{path}/rotations")).send().await.expect(409);
        for _ in 0..2 {
            app.operate("DELETE", &format!("{path}/suspension")).send().await.expect(200);
            assert_eq!(field.reason(&new).await, "allowed");
        }

        // Renamed and narrowed at once; a stale edit is refused.
        let etag = app.operate("GET", &path).send().await.expect(200).header("etag").expect("an ETag").to_owned();
        let narrow = json!({"description": "office", "permissions": ["survey:documents:validate"]});
        let narrowed = app.operate("PATCH", &path).header("if-match", &etag).json(&narrow).send().await.expect(200);
        assert_eq!((narrowed.member("/description"), narrowed.member("/username")), ("office".into(), username.clone()));
        assert_eq!(field.reason(&new).await, "permission_missing");
        app.operate("PATCH", &path).header("if-match", &etag).json(&narrow).send().await.expect(412);

        // Deleted: refused on the very next request, and gone from every list; a new one gets another username.
        app.operate("DELETE", &path).send().await.expect(200);
        assert_eq!((field.reason(&new).await, field.reason(&old).await), ("revoked".into(), "revoked".into()));
        app.operate("GET", &path).send().await.expect(404);
        app.operate("DELETE", &path).send().await.expect(404);
        assert_eq!(app.operate("GET", &of_organisation).send().await.expect(200).json()["items"], json!([]));
        assert_eq!(field.create().json(&body).send().await.expect(201).member("/username"), "peilwerk-noord-02");
    }
}

#[tokio::test]
async fn a_token_is_for_its_organisation_and_its_environment_only() {
    let field = Field::new().await;
    let (_, token) = field.app.organisation_token(&field.supplier, "survey", "peilwerk").await;
    let (_, demo) = field.app.organisation_token(&field.supplier, "survey-demo", "peilwerk").await;
    let (_, holders) = field.app.organisation_token(&field.holder, "survey", "holder").await;
    for (authorization, workspace, expected) in [
        (&token, "77", "allowed"),
        (&token, "1255", "no_delegation"),
        (&token, "4040", "wrong_workspace"),
        (&holders, "1255", "allowed"),
        (&holders, "77", "no_delegation"),
        (&demo, "77", "wrong_code"),
    ] {
        let answer = field.ask(authorization, workspace).await;
        let reason = if answer["allowed"] == true { json!("allowed") } else { answer["reason"].clone() };
        assert_eq!(reason, expected, "{workspace}");
        let status = match expected {
            "allowed" => Value::Null,
            "wrong_code" => json!(401),
            _ => json!(403),
        };
        assert_eq!(answer["status"], status, "{expected}");
    }
    // The demo environment has its own, with the same username.
    let question = json!({"authorization": demo, "permission": "survey-demo:deliveries:create", "workspace": "77"});
    let answer = field.app.call("POST", "/api/v1/verify").token(&field.demo).json(&question).send().await.expect(200).json();
    assert_eq!(answer["allowed"], true, "{answer}");
    // Nothing of Poort itself takes it.
    field.app.call("GET", "/api/v1/whoami").header("authorization", &token).send().await.expect(401);
}

/// Everything that the caller outside of forward-auth sees, but the request's id and the time.
async fn outside(field: &Field, authorization: &str) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let call = field.app.call("GET", "/forward-auth/survey").header("authorization", authorization);
    let call = call.header("x-forwarded-method", "POST").header("x-forwarded-uri", "/77/uploads");
    let answer = call.send().await;
    let id = answer.header("request-id").expect("an id").to_owned();
    let own = ["request-id", "date"];
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.text.replace(&id, "").into_bytes())
}

#[tokio::test]
async fn what_must_not_be_told_apart_is_the_same_to_the_byte() {
    let field = Field::new().await;
    let app = &field.app;
    let codes = async |username: &str, api: &str| {
        let body = json!({"api": api, "username": username, "description": "field teams"});
        let made = field.create().json(&body).send().await.expect(201);
        (made.member("/id"), made.member("/code"))
    };
    let (_, one) = codes("peilwerk-one", "survey").await;
    let (_, two) = codes("peilwerk-two", "survey").await;
    let (_, demo) = codes("peilwerk-dem", "survey-demo").await;
    let (ended, ended_code) = codes("peilwerk-end", "survey").await;
    let (paused, paused_code) = codes("peilwerk-pau", "survey").await;
    app.operate("DELETE", &format!("/api/v1/organisation-tokens/{ended}")).send().await.expect(200);
    app.operate("PUT", &format!("/api/v1/organisation-tokens/{paused}/suspension")).send().await.expect(200);
    let brief = json!({"api": "survey", "username": "peilwerk-exp", "description": "brief", "expires_at": "2026-11-21T12:00:10Z"});
    let expired_code = field.create().json(&brief).send().await.expect(201).member("/code");
    app.clock.advance(Duration::from_secs(10));

    let refused = [
        ("another token's code", basic("peilwerk-one", &two), "wrong_code"),
        ("another token's username", basic("peilwerk-two", &one), "wrong_code"),
        ("an unknown username", basic("peilwerk-new", &one), "unknown_credential"),
        ("the other environment", basic("peilwerk-dem", &demo), "unknown_credential"),
        ("an ended one", basic("peilwerk-end", &ended_code), "revoked"),
        ("a paused one", basic("peilwerk-pau", &paused_code), "suspended"),
        ("one whose time is over", basic("peilwerk-exp", &expired_code), "expired"),
        ("a code of another system", basic("peilwerk-one", "0000"), "wrong_code"),
        ("an unknown pair of another system", basic("peilwerk-new", "0000"), "unknown_credential"),
    ];
    let mut first = None;
    for (what, authorization, reason) in &refused {
        assert_eq!(&field.reason(authorization).await, reason, "{what}");
        let seen = outside(&field, authorization).await;
        assert_eq!(seen.0, 401, "{what}");
        assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{what}");
    }
    assert!(first.expect("one").1.iter().any(|(name, value)| name == "www-authenticate" && value.starts_with("Basic ")));
    let good = app.call("GET", "/forward-auth/survey").header("authorization", &basic("peilwerk-one", &one));
    let good = good.header("x-forwarded-method", "POST").header("x-forwarded-uri", "/77/uploads").send().await.expect(200);
    let told =
        ["poort-subject-type", "poort-subject", "poort-organisation", "poort-workspace", "poort-delegation"].map(|name| good.header(name));
    let supplier = field.supplier.as_str();
    assert_eq!(told, [Some("organisation"), Some(supplier), Some(supplier), Some("77"), Some("")]);
}

#[tokio::test]
async fn usernames_and_wishes_are_looked_at() {
    let field = Field::new().await;
    let app = &field.app;
    app.organisation_token(&field.holder, "survey", "taken-01").await;
    app.shop().await;
    let with = |member: &str, value: Value| {
        let mut body = json!({"api": "survey", "description": "field teams"});
        body[member] = value;
        body
    };
    let bad = [
        with("username", json!("a:b")),
        with("username", json!("UPPER")),
        with("username", json!("ab")),
        with("api", json!("shop")),
        with("api", json!("nothing")),
        with("permissions", json!(["survey-demo:deliveries:create"])),
        with("permissions", json!(["survey:none:such"])),
        with("expires_at", json!("2026-11-21T12:00:00Z")),
        with("description", json!("x")),
        with("code", json!("mine")),
    ];
    for body in bad {
        let answer = field.create().json(&body).send().await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(!answer.problem()["errors"].as_array().is_none_or(Vec::is_empty), "{body}: {}", answer.text);
    }
    let taken = field.create().json(&with("username", json!("taken-01"))).send().await.expect(409);
    assert_eq!(taken.problem()["code"], "username_taken");
    // The same name in the other environment is another one.
    let mut other = with("username", json!("taken-01"));
    other["api"] = json!("survey-demo");
    field.create().json(&other).send().await.expect(201);
    // A repeated request makes no second token, and shows the same code.
    let (key, body) = (app.key(), with("username", json!("once-01")));
    let first = field.create().header("idempotency-key", &key).json(&body).send().await.expect(201);
    let second = field.create().header("idempotency-key", &key).json(&body).send().await.expect(201);
    assert_eq!((first.member("/code"), second.header("idempotent-replayed")), (second.member("/code"), Some("true")));
    app.operate("POST", "/api/v1/organisations/01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f/organisation-tokens")
        .json(&body)
        .send()
        .await
        .expect(404);
}

#[tokio::test]
async fn imported_tokens_work_at_once() {
    let field = Field::new().await;
    let (username, code) = ("0dce6fc98256|123456789|1234", "cf573933d8be536a8ad18edfe4f69bd010f944a686abf1f6b13c5d2a455cdc32");
    let hex: String = Digest::of(code.as_bytes()).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let row = json!({"organisation": field.supplier, "api": "survey", "username": username, "description": "of the portal", "digest": hex});
    let with = |member: &str, value: Value| {
        let mut row = row.clone();
        row[member] = value;
        row
    };
    let rows = json!({"tokens": [
        row,
        with("organisation", json!("01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f")),
        with("api", json!("nothing")),
        with("username", json!("a:b")),
        with("digest", json!("short")),
        with("permissions", json!(["survey:none:such"])),
        with("digest", json!("ab".repeat(32))),
    ]});
    let import = || field.app.operate("POST", "/api/v1/organisation-token-imports").json(&rows).send();
    let report = import().await.expect(200).json();
    assert_eq!((&report["imported"], &report["unchanged"]), (&json!(1), &json!(0)), "{report}");
    let codes: Vec<(u64, &str)> = report["rejected"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (row["index"].as_u64().expect("a place"), row["code"].as_str().expect("a code")))
        .collect();
    let expected = [(1, "unknown_organisation"), (2, "invalid"), (3, "invalid"), (4, "invalid"), (5, "invalid"), (6, "username_taken")];
    assert_eq!(codes, expected);
    assert_eq!(field.reason(&basic(username, code)).await, "allowed");
    assert_eq!(field.reason(&basic(username, "other")).await, "wrong_code");
    let again = import().await.expect(200).json();
    assert_eq!((&again["imported"], &again["unchanged"]), (&json!(0), &json!(1)));
    let listed = field.app.operate("GET", "/api/v1/organisation-tokens").send().await.expect(200).json();
    assert_eq!((&listed["items"][0]["username"], &listed["items"][0]["prefix"]), (&json!(username), &Value::Null));
    // A new code for it is one of ours.
    let id = listed["items"][0]["id"].as_str().expect("an id");
    let rotated = field.app.operate("POST", &format!("/api/v1/organisation-tokens/{id}/rotations")).send().await.expect(200);
    assert_eq!(field.reason(&basic(username, &rotated.member("/code"))).await, "allowed");
    assert_eq!(field.reason(&basic(username, code)).await, "expired");
}

#[tokio::test]
async fn who_manages_an_organisations_tokens_is_a_matter_of_roles() {
    let field = Field::new().await;
    let app = &field.app;
    let (id, _) = app.organisation_token(&field.supplier, "survey", "peilwerk").await;
    for (number, (roles, may)) in
        [(&["owner"][..], true), (&["key_manager"], true), (&["project_manager"], false), (&["member"], false)].into_iter().enumerate()
    {
        for (organisation, own) in [(&field.supplier, true), (&field.holder, false)] {
            let person = app.person(&format!("person-{number}-{own}"), organisation, roles).await;
            let (_, token) = app.token(&person, None).await;
            let expected = match (may, own) {
                (true, true) => 200,
                (true, false) => 404,
                (false, _) => 403,
            };
            let shown = app.call("GET", &format!("/api/v1/organisation-tokens/{id}")).token(&token).send().await;
            assert_eq!(shown.status, expected, "{roles:?} {own}: {}", shown.text);
            let body = json!({"api": "survey", "description": "another one"});
            let path = format!("/api/v1/organisations/{}/organisation-tokens", field.supplier);
            let made = app.call("POST", &path).token(&token).json(&body).send().await;
            assert_eq!(made.status, if expected == 200 { 201 } else { expected }, "{roles:?} {own}: {}", made.text);
        }
    }
    // Without a filter one sees those of the own organisation.
    let owner = app.person("reader", &field.holder, &["owner"]).await;
    let (_, token) = app.token(&owner, Some(&["poort:organisation-tokens:read"])).await;
    let listed = app.call("GET", "/api/v1/organisation-tokens").token(&token).send().await.expect(200).json();
    assert_eq!(listed["items"], json!([]));
    app.call("DELETE", &format!("/api/v1/organisation-tokens/{id}")).token(&token).send().await.expect(403);
}

#[tokio::test]
async fn an_organisation_that_is_suspended_delivers_nothing() {
    let field = Field::new().await;
    let (_, token) = field.app.organisation_token(&field.supplier, "survey", "peilwerk").await;
    let path = format!("/api/v1/organisations/{}/suspension", field.supplier);
    field.app.operate("PUT", &path).send().await.expect(200);
    assert_eq!(field.reason(&token).await, "organisation_suspended");
    field.app.operate("DELETE", &path).send().await.expect(200);
    assert_eq!(field.reason(&token).await, "allowed");
}

#[tokio::test]
async fn an_api_with_live_organisation_tokens_stays() {
    let field = Field::new().await;
    let (id, _) = field.app.organisation_token(&field.supplier, "survey", "peilwerk").await;
    let refused = field.app.operate("DELETE", "/api/v1/apis/survey").send().await.expect(409);
    assert_eq!(refused.problem()["code"], "api_in_use");
    field.app.operate("DELETE", &format!("/api/v1/organisation-tokens/{id}")).send().await.expect(200);
    field.app.operate("DELETE", "/api/v1/apis/survey").send().await.expect(200);
}
