//! Every route without a credential, with a bad one, with a good one, in foreign places, and in an outage.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::access_token::{Few, Parent};
use domain::permission::Permissions;
use domain::time::Clock as _;
use domain::{CredentialId, Event};
use poort_portals::privacy::definition;
use serde_json::json;

use crate::harness::{ISSUER, Key, OTHER, OWN, THUMBPRINT, World, basic, only, organisation, send, workspace};

const UUID: &str = "01936e0c-7a3b-4c3e-9d2f-5a6b7c8d9e0f";

/// Method, target and permission: one request for each route that needs a credential.
fn requests(workspace: &str) -> Vec<(String, String, String)> {
    let routes = definition().routes.into_iter().filter_map(|route| Some((route.method, route.path, route.permission?.to_string())));
    let requests = routes.map(|(method, path, permission)| {
        let id = if path.contains("Areas") { "99" } else { UUID };
        (method, path.replace("{workspaceId}", workspace).replace("{id}", id), permission)
    });
    requests.collect()
}

/// 9728-05: and every 401 says where to learn who gives credentials.
#[tokio::test]
async fn a_bad_credential_is_refused_everywhere_and_always_alike() {
    let world = World::start().await;
    let revoked = world.poort.key(OWN, Permissions::All);
    world.poort.revoke(&revoked);
    let good = &world.key.private;
    let token = world.poort.access_token(&world.key, |_| {});
    let (now, serial) = (world.poort.clock.now(), CredentialId::from_bytes([9; 16]));
    let expired = world.poort.access_token(&world.key, |token| token.expires_at = token.issued_at);
    let ended_token = world.poort.access_token(&world.key, |token| token.serial = serial);
    world.poort.record(Event::AccessTokenRevoked { serial, until: now.saturating_add(Duration::from_secs(3_600)) });
    let elsewhere = world.poort.access_token(&world.key, |token| token.audiences = Few::EMPTY);
    let of_revoked = world.poort.access_token(&revoked, |_| {});
    let mistyped = format!("{}x", &good[..good.len() - 1]);
    let bad = [
        ("X-API-Key", "nothing".to_owned()),
        ("X-API-Key", mistyped.clone()),
        ("X-API-Key", revoked.private.clone()),
        ("X-API-Key", format!("Bearer {good}")),
        ("Authorization", format!("Bearer {mistyped}")),
        ("Authorization", format!("Bearer {}", revoked.private)),
        ("Authorization", "Bearer".to_owned()),
        ("Authorization", basic("public", "nothing")),
        ("Authorization", "Basic !!!".to_owned()),
        ("Authorization", good.clone()),
        ("Authorization", format!("Token token=\"{good}\"")),
        ("Authorization", basic(&world.key.public, &revoked.private)),
        ("Authorization", basic(&revoked.public, good)),
        ("Authorization", basic("nobody", good)),
        ("Authorization", basic("", good)),
        ("Authorization", format!("Bearer {good}x")),
        ("X-API-Key", world.key.public.clone()),
        ("Authorization", basic(&world.key.public, &world.key.public)),
        ("Authorization", format!("Bearer {}", ended_token)),
        ("Authorization", format!("Bearer {}", expired)),
        ("Authorization", format!("Bearer {}", elsewhere)),
        ("Authorization", format!("Bearer {}", of_revoked)),
        ("Authorization", basic(&world.key.public, &token)),
        ("X-API-Key", token.clone()),
        ("Authorization", format!("Bearer {good}")),
    ];
    let mut told = BTreeSet::new();
    for (method, path, _) in ["1", "7", "4040", "x"].into_iter().flat_map(requests) {
        for (name, value) in &bad {
            let reply = send(world.address, &method, &path, &[(name, value)], "").await;
            let mut problem = reply.problem(401);
            problem["request_id"].take();
            told.insert((problem.to_string(), reply.header("www-authenticate").map(str::to_owned)));
        }
        let none = send(world.address, &method, &path, &[], "").await;
        none.problem(401);
        let metadata = format!("Bearer resource_metadata=\"http://{}/.well-known/oauth-protected-resource\"", world.address);
        assert_eq!(none.header("www-authenticate"), Some(metadata.as_str()), "RFC 6750 section 3.1: no error without a credential");
    }
    assert_eq!(told.len(), 1, "the same words, whatever is wrong with it: {told:?}");
    let (_, challenge) = told.first().expect("one");
    assert!(challenge.as_ref().is_some_and(|value| value.starts_with("Bearer error=\"invalid_token\", resource_metadata=")));
}

#[tokio::test]
async fn a_good_credential_is_taken_in_each_way() {
    let world = World::start().await;
    let Key { public, private, .. } = &world.key;
    let token = world.poort.access_token(&world.key, |_| {});
    for (name, value) in [
        ("X-API-Key", private.clone()),
        ("Authorization", basic(public, private)),
        // As the published definition spells it.
        ("Authorization", basic(private, private)),
        ("Authorization", format!("Bearer {token}")),
        ("authorization", format!("bearer {token}")),
    ] {
        for (method, path, _) in requests("1") {
            let reply = send(world.address, &method, &path, &[(name, &value)], "").await;
            assert!(matches!(reply.status, 200 | 400 | 404), "{method} {path}: {} {}", reply.status, reply.body);
        }
    }
    let two = [("X-API-Key", private.as_str()), ("Authorization", &format!("Bearer {token}"))];
    send(world.address, "GET", "/me", &two, "").await.problem(401);
    for (name, value) in [("X-API-Key", private), ("Authorization", &format!("Bearer {token}"))] {
        send(world.address, "GET", "/me", &[(name, value), (name, value)], "").await.problem(401);
    }
    send(world.address, "GET", &format!("/me?access_token={token}&api_key={private}"), &[], "").await.problem(401);
    world.poort.revoke(&world.key);
    for (name, value) in [("X-API-Key", private.clone()), ("Authorization", format!("Bearer {token}"))] {
        send(world.address, "GET", "/me", &[(name, &value)], "").await.problem(401);
    }
}

#[tokio::test]
async fn a_key_of_a_workspace_sees_that_workspace_only() {
    let world = World::start().await;
    let key = world.poort.key_with(OWN, Some("2"), |_| {});
    let token = format!("Bearer {}", world.poort.access_token(&key, |_| {}));
    for (name, value) in [("X-API-Key", key.private.clone()), ("Authorization", basic(&key.public, &key.private)), ("Authorization", token)]
    {
        let ask = async |target: &str| send(world.address, "GET", target, &[(name, &value)], "").await;
        let list = ask("/v1/workspaces").await.ok();
        assert_eq!((list["total"].clone(), list["items"][0]["id"].clone()), (json!(1), json!(2)), "{name}");
        assert_eq!(ask("/me").await.ok()["workSpaceIds"], json!([2]));
        assert_eq!((ask("/v1/workspaces/2").await.status, ask("/v1/ws/2/areas").await.status), (200, 200));
        for number in ["1", "3", "7", "4040"] {
            ask(&format!("/v1/workspaces/{number}")).await.problem(404);
            ask(&format!("/v1/ws/{number}/dataprocessings")).await.problem(404);
        }
    }
}

#[tokio::test]
async fn an_access_token_does_what_was_granted_and_its_key_may() {
    let world = World::start().await;
    let ask =
        async |token: &str, target: &str| send(world.address, "GET", target, &[("Authorization", &format!("Bearer {token}"))], "").await;
    let narrow = world.poort.key(OWN, only(&["privacy:account:read"]));
    let token = world.poort.access_token(&narrow, |_| {});
    assert_eq!(ask(&token, "/me").await.ok()["permissions"], json!(["privacy:account:read"]));
    ask(&token, "/v1/workspaces").await.problem(403);

    let grant = world.poort.grant(OWN, &world.key);
    let token = world.poort.access_token(&world.key, |token| token.grant = Some(Parent { id: grant, generation: 0 }));
    let me = ask(&token, "/me").await.ok();
    assert_eq!((me["type"].clone(), me["keyId"].clone()), (json!("User"), json!(world.key.id.to_string())));
    assert_eq!(ask(&token, "/v1/workspaces").await.ok()["total"], 3);
    world.poort.record(Event::GrantsEnded { grants: vec![grant] });
    ask(&token, "/me").await.problem(401);
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_needs_its_proof() {
    let world = World::start().await;
    let token = world.poort.access_token(&world.key, |token| token.key_thumbprint = Some(THUMBPRINT));
    let ask = async |target: &str, scheme: &str, proof: &[&str]| {
        let authorization = format!("{scheme} {token}");
        let headers = [("Authorization", authorization.as_str())].into_iter().chain(proof.iter().map(|proof| ("DPoP", *proof)));
        send(world.address, "GET", target, &headers.collect::<Vec<_>>(), "").await
    };
    assert_eq!(ask("/v1/workspaces?page=1", "DPoP", &["proven"]).await.status, 200, "the query is no part of what is proven");
    for (target, scheme, proof) in [
        ("/v1/workspaces", "DPoP", &[][..]),
        ("/v1/workspaces", "DPoP", &["forged"]),
        ("/v1/workspaces/1", "DPoP", &["proven"]),
        ("/v1/workspaces", "Bearer", &["proven"]),
        ("/v1/workspaces", "Bearer", &[]),
    ] {
        let refused = ask(target, scheme, proof).await;
        refused.problem(401);
        assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("DPoP ") && value.contains("algs=")), "{target}");
    }
    ask("/v1/workspaces", "DPoP", &["proven", "proven"]).await.problem(401);
}

#[tokio::test]
async fn each_route_needs_its_permission_and_no_other() {
    let world = World::start().await;
    let names: BTreeSet<String> = definition().permissions.iter().map(|permission| permission.name.to_string()).collect();
    for held in &names {
        let key = world.poort.key(OWN, only(&[held]));
        for (method, path, permission) in requests("1") {
            let reply = world.as_key(&key, &method, &path, "").await;
            if permission == *held {
                assert!(matches!(reply.status, 200 | 400 | 404), "{held}: {method} {path} {}", reply.status);
            } else {
                reply.problem(403);
                assert!(reply.header("www-authenticate").is_some_and(|value| value.contains("insufficient_scope")), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn workspaces_are_own_foreign_closed_or_unknown() {
    let world = World::start().await;
    let within = |number: &str| requests(number).into_iter().filter(|(_, path, _)| path.starts_with("/v1/") && path != "/v1/WorkSpaces");
    let mut told = BTreeSet::new();
    for number in ["7", "4040", "01", "-1", "noord", "99999999999999999999"] {
        for (method, path, _) in within(number) {
            let mut problem = world.send(&method, &path, "{}").await.problem(404);
            problem["request_id"].take();
            told.insert(problem.to_string());
        }
    }
    assert_eq!(told.len(), 1, "another's is as one that is not there: {told:?}");
    let other = world.poort.key(OTHER, Permissions::All);
    assert_eq!(world.as_key(&other, "GET", "/v1/workspaces/7", "").await.ok()["label"], "Workspace 7");
    world.poort.record(Event::WorkspaceClosed { workspace: workspace("1") });
    for (method, path, _) in within("1") {
        world.send(&method, &path, "{}").await.problem(404);
    }
    world.poort.record(Event::OrganisationSuspended { organisation: organisation(OWN) });
    world.get("/v1/workspaces").await.problem(401);
    assert_eq!(world.as_key(&other, "GET", "/v1/workspaces/7", "").await.status, 200);
}

#[tokio::test]
async fn another_organisations_workspace_is_seen_while_its_delegation_is_open() {
    let world = World::start().await;
    let delegation = world.poort.open(only(&["privacy:workspaces:read", "privacy:data-processings:read"]), "7", OTHER, OWN);
    let other = world.poort.key(OTHER, Permissions::All);
    let own = world.as_key(&other, "GET", "/v1/workspaces/7", "").await.ok();
    assert_eq!(world.get("/v1/workspaces/7").await.ok(), own, "its owner's, tenant and all");
    assert_eq!(world.get("/v1/workspaces").await.ok()["items"][3], own);
    assert_eq!(world.get("/me").await.ok()["workSpaceIds"], json!([1, 2, 3]), "seen there is what account:read is open for");
    assert_eq!(world.get("/v1/ws/7/dataprocessings").await.ok()["total"], 0);
    world.get("/v1/ws/7/areas").await.problem(403);
    world.send("POST", "/v1/ws/7/dataprocessings", "{\"label\": \"x\"}").await.problem(403);
    world.poort.record(Event::DelegationsClosed { delegations: vec![delegation] });
    world.get("/v1/workspaces/7").await.problem(403);
    assert_eq!(world.get("/v1/workspaces").await.ok()["total"], 3);
}

#[tokio::test]
async fn me_tells_whose_the_credential_is() {
    let world = World::start().await;
    let me = world.get("/ME").await.ok();
    assert_eq!((me["tenantId"].clone(), me["workSpaceIds"].clone()), (json!(1), json!([1, 2, 3])));
    assert_eq!((me["type"].clone(), me["credentialId"].clone()), (json!("ApiKey"), json!(world.key.id.to_string())));
    assert_eq!((me["keyId"].clone(), me["personId"].clone()), (me["credentialId"].clone(), json!(null)));
    assert_eq!(me["organisationId"], organisation(OWN).to_string());
    assert_eq!(me["permissions"].as_array().map(Vec::len), Some(7));
    let narrow = world.poort.key(OTHER, only(&["privacy:account:read"]));
    let me = world.as_key(&narrow, "GET", "/me", "").await.ok();
    assert_eq!((me["tenantId"].clone(), me["workSpaceIds"].clone()), (json!(2), json!([7])));
    assert_eq!(me["permissions"], json!(["privacy:account:read"]));
}

#[tokio::test]
async fn what_needs_no_credential_is_there_without_one() {
    let world = World::start().await;
    let base = format!("http://{}", world.address);
    assert_eq!(send(world.address, "GET", "/Status", &[], "").await.ok()["status"], "Healthy");
    send(world.address, "GET", "/status", &[("X-API-Key", "nothing")], "").await.problem(401);
    assert_eq!(world.get("/status").await.status, 200);
    let document = send(world.address, "GET", "/swagger/v1/swagger.json", &[], "").await.ok();
    assert_eq!(document["servers"][0]["url"], base);
    for path in ["/", "/swagger", "/swagger/index.html", "/Swagger/Index.html"] {
        let page = send(world.address, "GET", path, &[], "").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(page.body.contains("/v1/WorkSpaces") && !page.body.contains("<script"));
    }
    let metadata = send(world.address, "GET", "/.well-known/oauth-protected-resource", &[], "").await.ok();
    assert_eq!((metadata["resource"].clone(), metadata["authorization_servers"].clone()), (json!(base), json!([ISSUER])));
}

#[tokio::test]
async fn an_outage_is_neither_yes_nor_no() {
    let world = World::start().await;
    world.poort.verifier.lease().end();
    for (method, path, _) in requests("1") {
        for value in [world.key.private.as_str(), "nothing", ""] {
            let reply = send(world.address, &method, &path, &[("X-API-Key", value)], "").await;
            reply.problem(503);
            assert_eq!(reply.header("retry-after"), Some("2"), "{method} {path}");
        }
    }
    world.get("/status").await.problem(503);
    assert_eq!(world.get("/swagger/index.html").await.status, 200);
}

#[tokio::test]
async fn a_broken_database_is_an_outage() {
    let world = World::start().await;
    let other = rusqlite::Connection::open(world.database_path()).expect("opened");
    let tables = ["tenants", "workspaces", "areas", "data_processings"];
    for table in tables {
        other.execute_batch(&format!("ALTER TABLE {table} RENAME TO gone_{table}")).expect("renamed");
    }
    for target in ["/me", "/status", "/v1/workspaces", "/v1/workspaces/1", "/v1/ws/1/areas", "/v1/ws/1/dataprocessings"] {
        let reply = world.get(target).await;
        reply.problem(503);
        assert!(!reply.body.contains("table"), "no SQL outside: {}", reply.body);
    }
    assert_eq!(world.get("/rate-limiting-state").await.status, 200, "this needs no database");
    for table in tables {
        other.execute_batch(&format!("ALTER TABLE gone_{table} RENAME TO {table}")).expect("renamed");
    }
    assert_eq!(world.get("/v1/workspaces").await.ok()["total"], 3, "back by itself");
}
