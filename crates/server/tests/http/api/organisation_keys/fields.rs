//! What is looked at in a new key, and in one of another system.

use domain::Digest;
use serde_json::{Value, json};
use testkit::{App, basic};

use super::{Field, reason};

#[tokio::test]
async fn every_wrong_field_is_told() {
    let field = Field::new().await;
    field.app.shop().await;
    let (web, long) = ("https://app.example/cb", "x".repeat(2_001));
    let bad = [
        (json!({"name": ""}), "name"),
        (json!({}), "name"),
        (json!({"name": "x", "workspace": field.theirs}), "workspace"),
        (json!({"name": "x", "workspace": "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f"}), "workspace"),
        (json!({"name": "x", "contact": "nobody"}), "contact"),
        (json!({"name": "x", "redirect_uris": [web, "http://app.example/cb"]}), "redirect_uris[1]"),
        (json!({"name": "x", "redirect_uris": [format!("https://app.example/{long}")]}), "redirect_uris[0]"),
        (json!({"name": "x", "redirect_uris": (0..51).map(|number| format!("{web}/{number}")).collect::<Vec<_>>()}), "redirect_uris"),
        (json!({"name": "x", "post_logout_redirect_uris": ["javascript:x"]}), "post_logout_redirect_uris[0]"),
        (json!({"name": "x", "cors_origins": ["*"]}), "cors_origins[0]"),
        (json!({"name": "x", "grant_types": ["password"]}), "grant_types[0]"),
        (json!({"name": "x", "grant_types": ["authorization_code"]}), "redirect_uris"),
        (json!({"name": "x", "grant_types": ["refresh_token"]}), "grant_types"),
        (json!({"name": "x", "authentication": []}), "grant_types"),
        (json!({"name": "x", "authentication": [], "grant_types": ["client_credentials"]}), "grant_types"),
        (json!({"name": "x", "authentication": ["private_key_jwt"]}), "jwks"),
        (json!({"name": "x", "jwks": {"keys": [{"kty": "OKP", "d": "secret"}]}}), "jwks"),
        (json!({"name": "x", "jwks": {"keys": []}}), "jwks"),
        (json!({"name": "x", "jwks": {"keys": [{}]}, "jwks_uri": "https://app.example/jwks"}), "jwks"),
        (json!({"name": "x", "jwks_uri": "http://127.0.0.1/jwks"}), "jwks_uri"),
        (json!({"name": "x", "profile": "fapi2"}), "jwks"),
        (json!({"name": "x", "profile": "nlgov", "authentication": ["client_secret_basic"]}), "authentication"),
        (json!({"name": "x", "profile": "strict"}), "profile"),
        (json!({"name": "x", "permissions": "*"}), "permissions"),
        (json!({"name": "x", "permissions": ["archive:papers:read", "archive:papers:burn"]}), "permissions[1]"),
        (json!({"name": "x", "permissions": ["openid"]}), "permissions[0]"),
        (json!({"name": "x", "permissions": ["shop:things:read"]}), "permissions[0]"),
        (json!({"name": "x", "default_scopes": ["archive", "api2"]}), "default_scopes[1]"),
        (json!({"name": "x", "client_id": "mine"}), "client_id"),
        (json!({"name": "x", "organisation": field.other}), "organisation"),
        (json!({"name": "x", "private_key": "mine"}), "private_key"),
    ];
    let before = field.app.node.authority.verifier().applied();
    for (body, wrong) in bad {
        let answer = field.create(&body).send().await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let told = answer.problem();
        let fields: Vec<&str> = told["errors"].as_array().into_iter().flatten().filter_map(|error| error["field"].as_str()).collect();
        assert!(fields.contains(&wrong), "{body}: {told}");
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
    assert_eq!(field.app.node.authority.verifier().applied(), before);
    // A repeated request makes no second key, and shows the same private key.
    let (key, body) = (field.app.key(), json!({"name": "once"}));
    let first = field.create(&body).header("idempotency-key", &key).send().await.expect(201);
    let second = field.create(&body).header("idempotency-key", &key).send().await.expect(201);
    assert_eq!((first.member("/private_key"), second.header("idempotent-replayed")), (second.member("/private_key"), Some("true")));
    let nowhere = "/api/v1/organisations/01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f/organisation-keys";
    field.app.operate("POST", nowhere).json(&body).send().await.expect(404);
}

#[tokio::test]
async fn keys_of_another_system_work_at_once() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let (client_id, text) = ("my-widget|7", "tNQoqs-of-another-system-0123456789abcdefg");
        let hex: String = Digest::of(text.as_bytes()).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let row = json!({
            "organisation": field.own, "client_id": client_id, "digest": hex, "name": "Widget", "workspace": field.first,
            "redirect_uris": ["https://app.example/callback"], "permissions": ["archive"],
        });
        let with = |member: &str, value: Value| {
            let mut row = row.clone();
            row[member] = value;
            row
        };
        let rows = json!({"keys": [
            row,
            with("organisation", json!("01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f")),
            with("client_id", json!("a:b")),
            with("digest", json!("short")),
            with("workspace", json!(field.theirs)),
            with("permissions", json!(["api2"])),
            with("authentication", json!([])),
            with("digest", json!("ab".repeat(32))),
            with("client_id", json!("another")),
        ]});
        let import = || field.app.operate("POST", "/api/v1/organisation-key-imports").json(&rows).send();
        let report = import().await.expect(200).json();
        assert_eq!((&report["imported"], &report["unchanged"]), (&json!(1), &json!(0)), "{report}");
        let rejected = report["rejected"].as_array().expect("a list").iter();
        let codes: Vec<(u64, &str)> =
            rejected.map(|row| (row["index"].as_u64().expect("a place"), row["code"].as_str().expect("a code"))).collect();
        let expected = [
            (1, "unknown_organisation"),
            (2, "invalid"),
            (3, "invalid"),
            (4, "invalid"),
            (5, "invalid"),
            (6, "invalid"),
            (7, "public_id_taken"),
            (8, "digest_known"),
        ];
        assert_eq!(codes, expected, "{report}");
        for (presented, expected) in [
            (json!({"api_key": text}), "allowed"),
            (json!({"authorization": basic(client_id, text)}), "allowed"),
            (json!({"authorization": basic(text, text)}), "allowed"),
            (json!({"authorization": basic("other", text)}), "unknown_credential"),
            (json!({"authorization": basic(client_id, "other")}), "wrong_code"),
        ] {
            assert_eq!(reason(&field.ask(presented.clone(), Some("1")).await), expected, "{presented}");
        }
        let again = import().await.expect(200).json();
        assert_eq!((&again["imported"], &again["unchanged"]), (&json!(0), &json!(1)));
        let listed = field.app.operate("GET", "/api/v1/organisation-keys").send().await.expect(200).json();
        let key = &listed["items"][0];
        assert_eq!((&key["client_id"], &key["private_keys"][0]["prefix"]), (&json!(client_id), &Value::Null), "{listed}");
        // A new private key for it is one of ours.
        let path = format!("/api/v1/organisation-keys/{}", key["id"].as_str().expect("an id"));
        let rotated = field.app.operate("POST", &format!("{path}/rotations")).send().await.expect(200);
        assert_eq!(field.reason(&rotated.member("/private_key")).await, "allowed");
        assert_eq!(field.reason(text).await, "expired");
    }
}
