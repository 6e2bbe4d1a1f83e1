//! Refusals of the endpoints for clients, explained by their request id to those who may know, and to nobody else.

use std::time::Duration;

use super::rfc9449::{Key, ask};
use super::*;
use crate::api::canary::files;

const CODE: &str = "authorization_code";

/// What an operator is told about a refusal; its answer says where.
async fn told(world: &World, answer: &Answer) -> Value {
    let id = answer.header("request-id").expect("an id").to_owned();
    if answer.header("content-type").is_some_and(|value| value.starts_with("application/json")) {
        assert_eq!(answer.member("/request_id"), id);
        assert_eq!(answer.member("/error_uri"), format!("{}/activity/why?id={id}", world.issuer()));
    }
    world.app.operate("GET", &format!("/api/v1/refusals/{id}")).send().await.expect(200).json()
}

/// The reason, once it was looked whether the steps end there and all before it were taken.
async fn reason(world: &World, answer: &Answer) -> String {
    let told = told(world, answer).await;
    let checks = told["checks"].as_array().expect("steps");
    let outcomes: Vec<&str> = checks.iter().filter_map(|check| check["outcome"].as_str()).collect();
    let failed = outcomes.iter().position(|outcome| *outcome == "failed").expect("one failed");
    assert!(outcomes[..failed].iter().all(|outcome| *outcome == "passed"), "{told}");
    assert!(outcomes[failed + 1..].iter().all(|outcome| *outcome == "not_reached"), "{told}");
    told["reason"].as_str().expect("a reason").to_owned()
}

async fn as_of(world: &World, token: &str, answer: &Answer) -> Answer {
    let id = answer.header("request-id").expect("an id");
    world.app.call("GET", &format!("/api/v1/refusals/{id}")).token(token).send().await
}

#[tokio::test]
async fn each_way_in_which_a_client_is_not_authenticated_has_its_own_reason_behind_one_answer() {
    let world = World::new().await;
    let own = [("grant_type", "client_credentials")];
    let client = world.confidential().await;
    let with = |id: &str, secret: &str| TestClient { id: id.to_owned(), secret: secret.to_owned(), ..client.clone() };
    let by_form = [own[0], ("client_id", client.id.as_str()), ("client_secret", client.secret.as_str())];
    let assertion = "eyJhbGciOiJFUzI1NiJ9.e30.AA";
    let jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let signed = [own[0], ("client_id", client.id.as_str()), ("client_assertion_type", jwt_bearer), ("client_assertion", assertion)];

    let (paused, ended, rotated) = (world.confidential().await, world.confidential().await, world.confidential().await);
    let key = |client: &TestClient, rest: &str| format!("/api/v1/organisation-keys/{}{rest}", client.key);
    world.app.operate("PUT", &key(&paused, "/suspension")).send().await.expect(200);
    world.app.operate("DELETE", &key(&ended, "")).send().await.expect(200);
    let rotate = world.app.operate("POST", &key(&rotated, "/rotations")).header("idempotency-key", &world.app.key());
    rotate.json(&json!({"overlap_seconds": 0})).send().await.expect(200);

    let mut answers = Vec::new();
    for (expected, answer) in [
        ("client_unknown", world.token(&with("prtk_nobody", "secret"), &own).await),
        ("private_key_wrong", world.token(&with(&client.id, "prts_wrong"), &own).await),
        ("client_unproven", world.post_with("/connect/token", &[], &[own[0], ("client_id", &client.id)]).await),
        ("client_method_wrong", world.post_with("/connect/token", &[], &signed).await),
        ("client_suspended", world.token(&paused, &own).await),
        ("client_revoked", world.token(&ended, &own).await),
        ("private_key_expired", world.token(&rotated, &own).await),
        ("client_unreadable", world.post_with("/connect/token", &[("authorization", "Basic !!!")], &own).await),
    ] {
        refused(&answer, 401, "invalid_client");
        assert_eq!(reason(&world, &answer).await, expected);
        answers.push(answer.refusal());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "from outside they are all the same: {answers:?}");
    let browser = world.post_with("/connect/token", &[("origin", "https://app.example")], &by_form).await;
    assert_eq!(reason(&world, &browser).await, "private_key_in_browser");

    let decision = told(&world, &world.token(&ended, &own).await).await["decision"].clone();
    assert_eq!((&decision["what"], &decision["by"]), (&json!("organisation_keys_revoked"), &json!("operator")), "{decision}");
    let decision = told(&world, &world.token(&rotated, &own).await).await["decision"].clone();
    assert_eq!(decision["what"], "organisation_key_rotated", "{decision}");
}

#[tokio::test]
async fn each_reason_why_a_code_is_refused_is_told() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |_| {}).await;
    let fields = |code: &str, redirect: &str, verifier: &str| {
        [("grant_type", CODE), ("code", code), ("redirect_uri", redirect), ("code_verifier", verifier)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let send = async |client: &TestClient, fields: [(String, String); 4]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = world.token(client, &fields).await;
        refused(&answer, 400, "invalid_grant");
        answer
    };
    assert_eq!(reason(&world, &send(&client, fields("prtc_none", REDIRECT, VERIFIER)).await).await, "grant_unknown");
    let other = world.confidential().await;
    assert_eq!(reason(&world, &send(&other, fields(&code, REDIRECT, VERIFIER)).await).await, "grant_unknown", "another client's");
    let wrong = send(&client, fields(&code, REDIRECT, &"a".repeat(43))).await;
    assert_eq!(reason(&world, &wrong).await, "code_verifier_wrong");
    let code = world.code(&client, |_| {}).await;
    let wrong = send(&client, fields(&code, "https://app.example/other", VERIFIER)).await;
    assert_eq!(reason(&world, &wrong).await, "redirect_uri_other");
    let code = world.code(&client, |_| {}).await;
    world.app.clock.advance(Duration::from_secs(61));
    assert_eq!(reason(&world, &send(&client, fields(&code, REDIRECT, VERIFIER)).await).await, "code_expired");

    let code = world.code(&client, |_| {}).await;
    let first = world.redeem(&client, &code).await.expect(200);
    let replayed = send(&client, fields(&code, REDIRECT, VERIFIER)).await;
    let why = told(&world, &replayed).await;
    assert_eq!((&why["reason"], &why["flow"], &why["answer"]), (&json!("code_used"), &json!(CODE), &why["answer"]));
    assert_eq!(why["answer"], "invalid_grant: the grant is not valid, is over, or was used before");
    assert_eq!((&why["decision"]["what"], &why["decision"]["by"]), (&json!("families_ended"), &json!("client")), "{why}");
    let refresh = world.refresh(&client, &first.member("/refresh_token")).await;
    assert_eq!(reason(&world, &refresh).await, "refresh_token_ended");
    assert_eq!(told(&world, &refresh).await["decision"]["what"], "families_ended", "the same change explains both");
}

#[tokio::test]
async fn each_reason_why_a_refresh_token_is_refused_is_told() {
    let world = World::new().await;
    let public = world.public().await;
    let (_, token) = world.tokens(&public).await;
    world.refresh(&public, &token).await.expect(200);
    world.app.clock.advance(Duration::from_secs(60));
    let replayed = world.refresh(&public, &token).await;
    refused(&replayed, 400, "invalid_grant");
    let why = told(&world, &replayed).await;
    assert_eq!((&why["reason"], &why["decision"]["what"]), (&json!("refresh_token_replayed"), &json!("families_ended")), "{why}");
    assert_eq!(reason(&world, &world.refresh(&public, "prtr_none").await).await, "grant_unknown");

    let client = world.confidential().await;
    let (_, token) = world.tokens(&client).await;
    let narrower = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", "depot")];
    assert_eq!(reason(&world, &world.token(&client, &narrower).await).await, "scope_wrong");
    let elsewhere = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("resource", "https://nobody.example/")];
    assert_eq!(reason(&world, &world.token(&client, &elsewhere).await).await, "resource_wrong");
    world.app.clock.advance(Duration::from_secs(16 * 86_400));
    assert_eq!(reason(&world, &world.refresh(&client, &token).await).await, "refresh_token_idle");

    let (_, token) = world.tokens(&client).await;
    world.app.operate("PUT", &format!("/api/v1/people/{}/suspension", world.person)).send().await.expect(200);
    let inactive = world.refresh(&client, &token).await;
    let why = told(&world, &inactive).await;
    assert_eq!((&why["reason"], &why["decision"]["what"]), (&json!("person_inactive"), &json!("person_suspended")), "{why}");
}

#[tokio::test]
async fn what_else_the_endpoints_refuse_is_told_and_what_is_no_refusal_is_not() {
    let world = World::new().await;
    let client = world.confidential().await;
    let own = [("grant_type", "client_credentials"), ("scope", "shop")];
    for (expected, flow, fields) in [
        ("grant_type_unknown", "token", vec![("grant_type", "password")]),
        ("grant_type_not_allowed", "device_code", vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code")]),
        ("scope_wrong", "client_credentials", vec![own[0], ("scope", "nothing")]),
        ("resource_wrong", "client_credentials", vec![own[0], ("resource", "https://nobody.example/")]),
        ("parameter_wrong", CODE, vec![("grant_type", CODE)]),
    ] {
        let answer = world.token(&client, &fields).await;
        assert_eq!(reason(&world, &answer).await, expected);
        assert_eq!(told(&world, &answer).await["flow"], flow);
    }
    let proof = Key::new().proof(&world, "one", |_, claims| claims["htm"] = "GET".into());
    let answer = ask(&world, &client, &proof, &own).await;
    assert_eq!(reason(&world, &answer).await, "dpop_wrong");
    assert!(told(&world, &answer).await["answer"].as_str().is_some_and(|answer| answer.contains("htm")), "as it was answered");
    let bound = world.client(|definition| definition.requires_dpop = true).await;
    assert_eq!(reason(&world, &world.token(&bound, &own).await).await, "dpop_needed");

    for (path, flow) in [("/connect/par", "par"), ("/connect/revocation", "revocation"), ("/connect/introspect", "introspection")] {
        let answer = world.post(path, &TestClient { secret: "wrong".to_owned(), ..client.clone() }, &[("token", "x")]).await;
        let why = told(&world, &answer).await;
        assert_eq!((&why["reason"], &why["flow"]), (&json!("private_key_wrong"), &json!(flow)), "{why}");
    }
    let pushed = world.post("/connect/par", &client, &[("response_type", "code"), ("redirect_uri", "https://evil.example/")]).await;
    assert_eq!(reason(&world, &pushed).await, "redirect_uri_unknown");
    assert_eq!(reason(&world, &world.post("/connect/revocation", &client, &[("x", "y")]).await).await, "request_wrong");
    let unknown = world.post_with("/connect/introspect", &[("authorization", "Bearer nobody's")], &[("token", "x")]).await;
    assert_eq!(reason(&world, &unknown).await, "unknown_credential");
    let device = world.post("/connect/deviceauthorization", &client, &[]).await;
    assert_eq!(told(&world, &device).await["flow"], "device_authorization");
    assert_eq!(reason(&world, &device).await, "grant_type_not_allowed");
    let registration = world.app.call("POST", "/connect/register").json(&json!({})).send().await;
    assert_eq!(told(&world, &registration).await["flow"], "registration");

    let userinfo = async |token: &str| world.app.call("GET", "/connect/userinfo").token(token).send().await;
    let (access, _) = world.tokens(&client).await;
    assert_eq!(reason(&world, &userinfo(&access).await).await, "permission_missing", "without openid");
    assert_eq!(reason(&world, &userinfo("nothing").await).await, "unknown_credential");
    world.post("/connect/revocation", &client, &[("token", &access)]).await.expect(200);
    let answer = userinfo(&access).await;
    assert_eq!(reason(&world, &answer).await, "revoked");
    assert_eq!(told(&world, &answer).await["decision"]["what"], "access_token_revoked");

    let good = world.token(&client, &own).await.expect(200);
    let id = good.header("request-id").expect("an id");
    world.app.operate("GET", &format!("/api/v1/refusals/{id}")).send().await.expect(404);
}

#[tokio::test]
async fn the_clients_organisation_and_the_person_are_told_and_nobody_else() {
    let world = World::new().await;
    let (app, organisation) = (&world.app, world.organisation.to_string());
    let manager = app.person("kim", &organisation, &["key_manager"]).await;
    let member = app.person("bob", &organisation, &["member"]).await;
    let other = app.organisation("other").await;
    let outsider = app.person("eve", &other, &["owner"]).await;
    let token = async |person: &str| app.token(person, None).await.1;
    let (kims, bobs, eves, annas) =
        (token(&manager).await, token(&member).await, token(&outsider).await, token(&world.person.to_string()).await);

    let client = world.confidential().await;
    let code = world.code(&client, |_| {}).await;
    world.redeem(&client, &code).await.expect(200);
    let replayed = world.redeem(&client, &code).await;
    let told_kim = as_of(&world, &kims, &replayed).await.expect(200).json();
    assert_eq!((&told_kim["reader"], &told_kim["credential_label"]), (&json!("owner"), &json!("Planner")), "{told_kim}");
    assert_eq!((&told_kim["person"], &told_kim["credential"]), (&Value::Null, &json!(client.key)), "whose code it was is not for her");
    let told_anna = as_of(&world, &annas, &replayed).await.expect(200).json();
    assert_eq!((&told_anna["reader"], &told_anna["person"]), (&json!("owner"), &json!(world.person)), "{told_anna}");
    for stranger in [&bobs, &eves] {
        as_of(&world, stranger, &replayed).await.expect(404);
    }

    // A client that is only named: of its organisation, and of no person.
    let named = world.token(&TestClient { secret: "wrong".to_owned(), ..client.clone() }, &[("grant_type", "client_credentials")]).await;
    as_of(&world, &kims, &named).await.expect(200);
    for stranger in [&annas, &bobs, &eves] {
        as_of(&world, stranger, &named).await.expect(404);
    }

    // One that nobody knows: to whoever asks from where it came.
    let unknown = async |from: &str| {
        let call = app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded");
        let call = call.header("x-forwarded-for", from).header("x-forwarded-proto", "https");
        call.header("authorization", &basic("prtk_nobody", "x")).bytes(b"grant_type=client_credentials".to_vec()).send().await
    };
    let here = unknown("203.0.113.9").await.expect(401);
    let id = here.header("request-id").expect("an id").to_owned();
    let read = async |token: &str, from: &str| {
        let call = app.call("GET", &format!("/api/v1/refusals/{id}")).token(token);
        call.header("x-forwarded-for", from).header("x-forwarded-proto", "https").send().await
    };
    assert_eq!(read(&eves, "203.0.113.9").await.expect(200).json()["reader"], "sender");
    read(&eves, "203.0.113.10").await.expect(404);
    app.call("GET", &format!("/api/v1/refusals/{id}")).send().await.expect(401);
}

#[tokio::test]
async fn nothing_secret_is_kept() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |_| {}).await;
    let (access, refresh) = world.tokens(&client).await;
    let verifier = "v".repeat(50);
    let fields =
        [("grant_type", CODE), ("code", code.as_str()), ("redirect_uri", "https://app.example/secret-path"), ("code_verifier", &verifier)];
    world.token(&client, &fields).await;
    let other = world.confidential().await;
    world.refresh(&other, &refresh).await;
    world.app.call("GET", &format!("/connect/userinfo?access_token={access}")).send().await;
    world.post_with("/connect/token?client_secret=in-the-address", &[], &[("grant_type", "client_credentials")]).await;
    world.post_with("/connect/token", &[], &[("grant_type", refresh.as_str()), ("client_id", client.secret.as_str())]).await;
    let call = world.app.call("GET", "/connect/authorize?client_id=x&state=the-state&redirect_uri=https://x.example/?secret=1");
    call.send().await;
    let plain = world.app.call("POST", &format!("/connect/{access}?x={refresh}")).header("x-forwarded-proto", "http");
    plain.header("x-forwarded-for", "203.0.113.5").header("authorization", &client.basic()).send().await.expect(403);
    world.app.node.authority.keep_refusals().await.expect("kept");
    let bytes: Vec<u8> = files(world.app.data()).into_iter().flat_map(|path| std::fs::read(path).expect("a file")).collect();
    let secrets = [&code, &access, &refresh, &verifier, &client.secret, "in-the-address", "the-state", "secret-path", "?secret=1"];
    for secret in secrets {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    assert!(bytes.windows(19).any(|window| window == b"code_verifier_wrong"), "what is kept is there");
}

#[tokio::test]
async fn a_flood_is_dropped_and_counted_and_crowds_nobody_out() {
    let world = World::new().await;
    let client = world.confidential().await;
    let verifier = world.app.node.authority.verifier();
    let own = [("grant_type", "client_credentials")];
    // As many as wait at most, and one more. Nobody fetches meanwhile but whoever asks.
    for _ in 0..4_097 {
        verifier.tell_refused(false, || unknown(&world));
    }
    assert!(verifier.refusals_dropped() > 0);
    world.token(&TestClient { secret: "wrong".to_owned(), ..client.clone() }, &own).await.expect(401);
    let proven = world.token(&client, &[own[0], ("scope", "nothing")]).await;
    assert_eq!(reason(&world, &proven).await, "scope_wrong", "whoever has proved who they are is not crowded out");
}

fn unknown(world: &World) -> domain::refused_request::RefusedRequest {
    let context = world.context();
    domain::refused_request::RefusedRequest {
        request: context.request,
        at: context.now,
        cause: domain::ClientRefusal::ClientUnknown.into(),
        flow: Some(domain::Flow::Token),
        answer: None,
        about: None,
        api: None,
        asked: None,
        permission: None,
        workspace: None,
        credential: None,
        kind: None,
        person: None,
        organisation: None,
        address: None,
    }
}

#[tokio::test]
async fn a_consent_that_was_withdrawn_is_told_with_who_withdrew_it() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, refresh) = world.tokens(&client).await;
    let looked = world.app.node.authority.verifier().look_into(&access, world.context().now).expect("a lease").expect("a token");
    let grant = looked.token.grant.expect("a grant").id;
    world.app.node.authority.end_grant(&world.context(), grant).await.expect("ended");
    let answer = world.refresh(&client, &refresh).await;
    let why = told(&world, &answer).await;
    assert_eq!((&why["reason"], &why["decision"]["what"]), (&json!("grant_ended"), &json!("grants_ended")), "{why}");
    assert_eq!((&why["decision"]["by"], &why["person"]), (&json!("server"), &json!(world.person)), "{why}");
}
