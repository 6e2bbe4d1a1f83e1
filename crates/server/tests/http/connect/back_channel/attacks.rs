//! Attacks on the token endpoint and on what it gives; the names are those of the list of attacks (`docs/attacks.md`).

use std::time::Duration;

use domain::client::GrantType::{AuthorizationCode, ClientCredentials, DeviceCode, RefreshToken, TokenExchange};

use super::oauth21_bearer::shown;
use super::rfc9449::{Key, ask};
use super::*;

const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "shop")];

/// The rows of a table, counted behind the server's back.
pub(crate) fn rows(app: &App, table: &str) -> i64 {
    let database = rusqlite::Connection::open(app.data().join("data/poort.db")).expect("the database");
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("counted")
}

async fn own(world: &World, client: &TestClient, scope: &str) -> String {
    world.token(client, &[OWN[0], ("scope", scope)]).await.expect(200).member("/access_token")
}

/// Two installations whose clients happen to have the same names and secrets, letter by letter.
#[tokio::test]
async fn code_10_a_code_of_another_installation_is_none() {
    let (here, there) = (World::new().await, World::new().await);
    let (client, same) = (here.confidential().await, there.confidential().await);
    assert_eq!((&client.id, &client.secret), (&same.id, &same.secret));
    let code = here.code(&client, |_| {}).await;
    refused(&there.redeem(&same, &code).await, 400, "invalid_grant");
    here.redeem(&client, &code).await.expect(200);
}

/// A key of its own for each pair: what it may use, and what it asks for.
#[tokio::test]
async fn gr_01_a_client_uses_the_grants_that_it_has_and_no_other() {
    let world = World::new().await;
    let sets =
        [vec![ClientCredentials], vec![AuthorizationCode], vec![AuthorizationCode, RefreshToken], vec![DeviceCode], vec![TokenExchange]];
    for grants in sets {
        let client = world.client(|definition| definition.grant_types = grants.clone()).await;
        for asked in GrantType::ALL {
            let fields = [("grant_type", asked.name()), ("code", "x"), ("refresh_token", "x"), ("device_code", "x")];
            let answer = world.token(&client, &fields).await;
            let error = answer.json()["error"].as_str().map(str::to_owned);
            assert_eq!(error.as_deref() == Some("unauthorized_client"), !grants.contains(asked), "{grants:?} {asked:?}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn gr_02_only_known_grants_are_read_and_once() {
    let world = World::new().await;
    let client = world.confidential().await;
    for (grant, error) in [
        ("password", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("AUTHORIZATION_CODE", "unsupported_grant_type"),
        ("client_credentials ", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        let fields = [("grant_type", grant), ("username", "ann@example.org"), ("password", "x"), ("scope", "shop")];
        refused(&world.token(&client, &fields).await, 400, error);
    }
    let twice = [OWN[0], OWN[0], OWN[1]];
    refused(&world.token(&client, &twice).await, 400, "invalid_request");
    let two = [OWN[0], ("grant_type", "refresh_token"), OWN[1]];
    refused(&world.token(&client, &two).await, 400, "invalid_request");
}

/// What its client may do is looked at with each question, not written down in the token.
#[tokio::test]
async fn sc_04_what_an_operator_takes_away_is_gone_from_tokens_that_are_out() {
    let world = World::new().await;
    let client = world.confidential().await;
    let partly = world.code(&client, |authorization| authorization.scope = "shop.read".to_owned()).await;
    let partly = world.redeem(&client, &partly).await.expect(200);
    assert_eq!(partly.member("/scope"), "shop.read");
    assert_eq!(world.introspect(&world.shop, &partly.member("/access_token")).await["scope"], "shop.read");
    for (permissions, scope, passes) in
        [(json!(["shop:things:read"]), "shop shop.read", true), (json!(["shop:things:write"]), "shop", false)]
    {
        let token = own(&world, &client, "shop shop.read").await;
        assert_eq!(world.introspect(&world.shop, &token).await["scope"], "shop shop.read");
        let path = format!("/api/v1/organisation-keys/{}", client.key);
        let etag = world.app.operate("GET", &path).send().await.expect(200).header("etag").expect("a tag").to_owned();
        let change = world.app.operate("PATCH", &path).header("if-match", &etag).json(&json!({"permissions": permissions}));
        change.send().await.expect(200);
        assert_eq!(world.introspect(&world.shop, &token).await["scope"], scope, "{permissions}");
        assert_eq!(shown(&world, "shop", &token).await.status == 200, passes, "{permissions}");
        let path = world.app.operate("PATCH", &path).json(&json!({"permissions": "all"}));
        path.send().await.expect(200);
    }
}

#[tokio::test]
async fn sc_05_a_scope_behind_which_the_person_may_do_nothing_is_not_given() {
    let world = World::new().await;
    let definition = json!({
        "name": "vault", "title": "Vault", "presentations": ["bearer"], "credentials": ["access_token"],
        "permissions": [{"name": "vault:gold:admin", "title": "Move gold", "roles": ["owner"]}],
        "scopes": [{"name": "vault", "title": "Everything"}], "routes": []
    });
    world.app.make("/api/v1/apis", definition).await;
    let vault = world.app.make("/api/v1/apis/vault/credentials", json!({"description": "itself"})).await.member("/secret");
    let client = world.confidential().await;
    let code = world.code(&client, |authorization| authorization.scope = "shop vault".to_owned()).await;
    let answer = world.redeem(&client, &code).await.expect(200);
    let token = answer.member("/access_token");
    assert_eq!((answer.member("/scope"), world.is_active(&token).await), ("shop".to_owned(), true));
    assert_eq!(world.introspect(&vault, &token).await, json!({"active": false}));
}

/// Ending what tokens hang from is one change, however many they are; checks go on meanwhile.
#[tokio::test]
async fn rev_09_a_great_many_tokens_end_by_one_change() {
    let world = World::new().await;
    let (client, other) = (world.confidential().await, world.confidential().await);
    let mut tokens = Vec::new();
    for _ in 0..500 {
        tokens.push(own(&world, &client, "shop").await);
    }
    let kept = own(&world, &other, "shop").await;
    let before = world.app.node.authority.verifier().applied();
    let context = world.context();
    let revoke = world.app.node.authority.revoke_organisation_key(&context, client.key);
    let (revoked, meanwhile) = tokio::join!(revoke, async { shown(&world, "shop", &kept).await.status });
    revoked.expect("revoked");
    assert_eq!((meanwhile, world.app.node.authority.verifier().applied().0 - before.0), (200, 1));
    for token in &tokens {
        assert!(!world.is_active(token).await);
    }
    assert!(world.is_active(&kept).await);
}

#[tokio::test]
async fn rev_10_however_it_is_asked_for_an_ended_token_is_ended() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (token, bearer) = (own(&world, &client, "shop").await, format!("Bearer {}", world.shop));
    let basic = basic("shop", &world.shop);
    let ways: [(&[(&str, &str)], &str); 6] = [
        (&[("authorization", &bearer)], ""),
        (&[("Authorization", &bearer), ("Accept", "application/json")], "access_token"),
        (&[("AUTHORIZATION", &basic), ("accept", "*/*")], "refresh_token"),
        (&[("authorization", &bearer), ("accept", "application/token-introspection+jwt")], ""),
        (&[("authorization", &basic), ("accept", "application/token-introspection+jwt, application/json;q=0.5")], "x"),
        (&[("authorization", &bearer), ("cache-control", "max-age=3600"), ("if-none-match", "*")], ""),
    ];
    for active in [true, false] {
        for (headers, hint) in ways {
            let answer = world.post_with("/connect/introspect", headers, &[("token", &token), ("token_type_hint", hint)]).await.expect(200);
            let claims = answer.text.split('.').nth(1).filter(|_| !answer.text.starts_with('{')).map(|part| {
                use base64::Engine as _;
                base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url")
            });
            let told: Value = serde_json::from_slice(claims.as_deref().unwrap_or(answer.text.as_bytes())).expect("JSON");
            let told = told.get("token_introspection").unwrap_or(&told);
            assert_eq!(told["active"], active, "{headers:?} {hint}: {}", answer.text);
        }
        assert_eq!(shown(&world, "shop", &token).await.status == 200, active);
        world.post("/connect/revocation", &client, &[("token", &token)]).await.expect(200);
    }
}

/// Nobody fetches a key from where a token says that it is, and nobody takes one that it brings along.
#[tokio::test]
async fn jwt_04_a_token_does_not_bring_its_key() {
    let world = World::new().await;
    let (client, key) = (world.confidential().await, Key::new());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("not blocking");
    let url = format!("http://{}/keys", listener.local_addr().expect("an address"));
    let good = own(&world, &client, "depot").await;
    let claims: Value = {
        use base64::Engine as _;
        let part = good.split('.').nth(1).expect("three parts");
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    };
    for name in ["jku", "x5u", "jwk", "x5c"] {
        for kid in [true, false] {
            let forged = key.proof(&world, "x", |header, own| {
                let jwk = header["jwk"].clone();
                let value = if name == "jwk" {
                    jwk
                } else if name == "x5c" {
                    json!(["MIIB"])
                } else {
                    json!(url)
                };
                *header = json!({"typ": "at+jwt", "alg": "ES256", name: value});
                if kid {
                    header["kid"] = json!("one");
                }
                *own = claims.clone();
            });
            assert_eq!(shown(&world, "depot", &forged).await.status, 401, "{name}");
            assert_eq!(world.introspect(&world.depot, &forged).await, json!({"active": false}));
            let kind = ("client_assertion_type", jose::client_assertion::ASSERTION_TYPE);
            let fields = [OWN[0], OWN[1], kind, ("client_assertion", &forged), ("client_id", &client.id)];
            let answer = world.post_with("/connect/token", &[], &fields).await;
            assert_eq!((answer.status, answer.member("/error")), (401, "invalid_client".to_owned()));
            world.app.clock.advance(Duration::from_secs(10));
        }
    }
    assert_eq!(listener.accept().err().map(|error| error.kind()), Some(std::io::ErrorKind::WouldBlock), "nobody came");
}

/// A used proof stays known for as long as it could be used, whatever comes after it, and is forgotten then.
#[tokio::test]
async fn dpop_02_used_proofs_are_forgotten_by_time_and_never_before() {
    let world = World::new().await;
    let (client, key) = (world.confidential().await, Key::new());
    let first = key.proof(&world, "first", |_, _| {});
    ask(&world, &client, &first, &OWN).await.expect(200);
    let authority = &world.app.node.authority;
    let until = authority.clock().now().saturating_add(Duration::from_secs(400));
    for number in 0..2_000 {
        assert!(authority.use_once("dpop", &format!("key {number}"), until).await.expect("asked"));
    }
    for _ in 0..2 {
        refused(&ask(&world, &client, &first, &OWN).await, 400, "invalid_dpop_proof");
        authority.forget_old_grants(authority.clock().now()).await.expect("swept");
        world.app.clock.advance(Duration::from_secs(290));
    }
    assert!(rows(&world.app, "used_once") >= 2_000);
    world.app.clock.advance(Duration::from_secs(300));
    refused(&ask(&world, &client, &first, &OWN).await, 400, "invalid_dpop_proof");
    authority.forget_old_grants(authority.clock().now()).await.expect("swept");
    assert_eq!(rows(&world.app, "used_once"), 0);
}
