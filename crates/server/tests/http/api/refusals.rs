//! Every row of the route table refuses whom it is not for, and then nothing has changed.

use std::time::Duration;

use domain::Kind;
use serde_json::{Value, json};
use server::api::{Route, Who};
use testkit::{Answer, Call};

use super::{Tenant, World, body_for, has_body, routes};

async fn send(world: &World, route: &Route, tenant: &Tenant, with: impl FnOnce(Call) -> Call) -> Answer {
    let call = world.app.call(route.method.as_str(), &world.path(route, tenant).await);
    let call = if has_body(route) { call.json(&body_for(route, tenant)) } else { call };
    with(call).send().await
}

/// A well-formed text that was never issued.
fn never_issued(world: &World) -> String {
    let installation = domain::credential::Installation::new("prt").expect("a prefix");
    let text = installation.generate(Kind::OperatorToken, &**world.app.node.authority.entropy()).expect("seeded");
    text.expose().clone()
}

#[tokio::test]
async fn nobody_gets_in_without_a_credential() {
    let world = World::new().await;
    let before = world.changes();
    for (route, name) in routes() {
        let answer = send(&world, route, &world.acme, |call| call).await;
        if matches!(route.who, Who::Anyone) {
            assert_eq!(answer.status, 200, "{name}");
            continue;
        }
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer realm=\"poort\"")), "{name}: {}", answer.text);
        assert_eq!(answer.problem()["type"], "/problems/unauthenticated", "{name}");
        assert_eq!(answer.header("api-version"), Some("1.0.0"), "{name}");
    }
    assert_eq!(world.changes(), before);
}

#[tokio::test]
async fn every_credential_that_does_not_count_is_refused_alike() {
    let world = World::new().await;
    let app = &world.app;
    let (revoked_id, revoked) = app.token(&world.acme.owner, None).await;
    let (suspended_id, suspended) = app.token(&world.acme.owner, None).await;
    let body = json!({"description": "short-lived", "expires_at": "2026-11-21T12:00:10Z"});
    let expired = app.make(&format!("/api/v1/people/{}/tokens", world.acme.owner), body).await.member("/secret");
    app.operate("DELETE", &format!("/api/v1/tokens/{revoked_id}")).send().await.expect(200);
    app.operate("PUT", &format!("/api/v1/tokens/{suspended_id}/suspension")).send().await.expect(200);
    app.clock.advance(Duration::from_secs(10));
    let altered = format!("{}{}", &app.operator[..app.operator.len() - 1], if app.operator.ends_with('0') { '1' } else { '0' });
    let unknown = never_issued(&world);
    let other_prefix = app.operator.replacen("prt", "abc", 1);
    let texts = [&revoked, &suspended, &expired, &altered, &unknown, &other_prefix, "student", "prtp_short"];
    let before = world.changes();
    for (route, name) in routes().filter(|(route, _)| !matches!(route.who, Who::Anyone)) {
        let mut first: Option<(Value, Option<String>)> = None;
        for text in texts {
            let answer = send(&world, route, &world.acme, |call| call.token(text)).await.expect(401);
            let seen = (answer.problem(), answer.header("www-authenticate").map(str::to_owned));
            assert_eq!(seen.1.as_deref(), Some("Bearer realm=\"poort\", error=\"invalid_token\""), "{name} {text}");
            assert_eq!(first.get_or_insert_with(|| seen.clone()), &seen, "{name} {text}");
        }
    }
    assert_eq!(world.changes(), before);
}

#[tokio::test]
async fn only_bearer_is_a_way_to_present_here() {
    let world = World::new().await;
    let operator = world.app.operator.clone();
    let (bare, token) = (operator.clone(), format!("Token token=\"{operator}\""));
    for value in [&bare, &token, "Basic dXNlcjphOmI=", "Digest x", "Bearer a, Bearer b"] {
        world.app.call("GET", "/api/v1/whoami").header("authorization", value).send().await.expect(401);
    }
    world.app.call("GET", "/api/v1/whoami").header("x-api-key", &operator).send().await.expect(401);
    world.app.operate("GET", "/api/v1/whoami").header("x-api-key", &operator).send().await.expect(401);
    world.app.call("GET", "/api/v1/whoami").header("authorization", &format!("bearer {operator}")).send().await.expect(200);
}

#[tokio::test]
async fn each_kind_of_credential_is_for_its_own_routes() {
    let world = World::new().await;
    let before = world.changes();
    for (route, name) in routes() {
        let with_api = send(&world, route, &world.acme, |call| call.token(&world.shop)).await.status;
        let expected = if matches!(route.who, Who::Anyone | Who::Api) { 200 } else { 403 };
        assert_eq!(with_api, expected, "{name} with an API credential");
        if matches!(route.who, Who::Api) {
            for token in [&world.app.operator, &world.acme.owner_token] {
                assert_eq!(send(&world, route, &world.acme, |call| call.token(token)).await.status, 403, "{name}");
            }
        }
    }
    assert_eq!(world.changes(), before);
}

#[tokio::test]
async fn a_token_without_permissions_may_do_nothing() {
    let world = World::new().await;
    let (_, owner) = world.app.token(&world.acme.owner, Some(&[])).await;
    let (_, member) = world.app.token(&world.acme.member, Some(&[])).await;
    let before = world.changes();
    for (route, name) in routes() {
        for token in [&owner, &member] {
            let status = send(&world, route, &world.acme, |call| call.token(token)).await.status;
            let expected = if matches!(route.who, Who::Anyone | Who::Known) { 200 } else { 403 };
            assert_eq!(status, expected, "{name}");
        }
    }
    assert_eq!(world.changes(), before);
}

#[tokio::test]
async fn a_member_manages_nobody_but_oneself() {
    let world = World::new().await;
    let before = world.changes();
    for (route, name) in routes() {
        // The tenant's ids name the member itself; the owner's things are somebody else's.
        let path = world.path(route, &world.acme).await.replace(&world.acme.member, &world.acme.owner);
        let body = body_for(route, &world.acme);
        let call = world.app.call(route.method.as_str(), &path).token(&world.acme.secret);
        let call = if has_body(route) { call.json(&body) } else { call };
        let own = path.contains(&world.acme.token) || matches!(route.path, "/api/v1/tokens" | "/api/v1/audit" | "/api/v1/refusals/{id}")
            // Every member may see the delegations of the own organisation.
            || route.method == "GET" && matches!(route.path, "/api/v1/delegations" | "/api/v1/delegations/{id}");
        if own || matches!(route.who, Who::Anyone | Who::Known) {
            continue;
        }
        let answer = call.send().await;
        assert!(matches!(answer.status, 403 | 404), "{name}: {} {}", answer.status, answer.text);
    }
    assert_eq!(world.changes(), before);
}

#[tokio::test]
async fn a_foreign_owner_sees_and_changes_nothing() {
    let world = World::new().await;
    let Tenant { organisation, owner, member, membership, token, workspace, organisation_token, organisation_key, delegation, .. } =
        &world.umbrella;
    let ids = [organisation, owner, member, membership, token, workspace, organisation_token, organisation_key, delegation];
    let before = world.changes();
    for (route, name) in routes() {
        let answer = send(&world, route, &world.umbrella, |call| call.token(&world.acme.owner_token)).await;
        let named = route.path.contains('{') || route.path == "/api/v1/people" && has_body(route);
        let expected = match route.who {
            Who::Operator | Who::Api => 403,
            Who::Holder(_) if named => 404,
            // The body names a workspace, which is somebody else's or not there.
            Who::Holder(_) if route.path == "/api/v1/delegations" && has_body(route) => 400,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{name}: {}", answer.text);
        for id in ids {
            assert!(!answer.text.contains(id.as_str()), "{name} tells of {id}");
        }
        if expected == 404 {
            assert_eq!(
                answer.problem(),
                json!({"type": "/problems/not_found", "title": "There is no such thing.", "status": 404, "detail": "There is no such thing."}),
                "{name}"
            );
        }
    }
    assert_eq!(world.changes(), before);
}

/// TEN-03.
#[tokio::test]
async fn filters_do_not_leak() {
    let world = World::new().await;
    let as_owner = |path: String| world.app.call("GET", &path).token(&world.acme.owner_token);
    let (organisation, person) = (&world.umbrella.organisation, &world.umbrella.member);
    for path in [
        format!("/api/v1/people?organisation={organisation}"),
        format!("/api/v1/tokens?organisation={organisation}"),
        format!("/api/v1/tokens?person={person}"),
        format!("/api/v1/tokens?person={person}&organisation={}", world.acme.organisation),
        format!("/api/v1/audit?about={person}"),
        format!("/api/v1/audit?about={organisation}"),
        format!("/api/v1/workspaces?organisation={organisation}"),
        format!("/api/v1/organisation-tokens?organisation={organisation}"),
        format!("/api/v1/organisation-keys?organisation={organisation}"),
    ] {
        as_owner(path).send().await.expect(404);
    }
    as_owner("/api/v1/people?email=umbrella-member@example.org".to_owned()).send().await.expect(403);
    as_owner("/api/v1/people?expand=all".to_owned()).send().await.expect(400);
    // A cursor of one tenant's list is no place in another's, nor in another list.
    let cursor = world.app.call("GET", "/api/v1/people?limit=1").token(&world.acme.owner_token).send().await.expect(200);
    let (own, foreign) = (cursor.member("/next_cursor"), &world.umbrella.owner_token);
    world.app.call("GET", &format!("/api/v1/people?cursor={own}")).token(foreign).send().await.expect(400);
    world.app.operate("GET", &format!("/api/v1/people?cursor={own}")).send().await.expect(400);
    as_owner(format!("/api/v1/tokens?cursor={own}")).send().await.expect(400);
    as_owner(format!("/api/v1/people?cursor={own}")).send().await.expect(200);
}
