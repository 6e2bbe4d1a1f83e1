//! RFC 8707 where a person is asked: several resources in one request.

use serde_json::json;

use super::world::*;

const PRIVACY: &str = "https://api.example/v1";
const DEPOT: &str = "https://depot.example/";

#[tokio::test]
async fn r8707_03_several_resources_are_asked_for_and_shown() {
    let world = World::start().await;
    let depot = json!({
        "name": "depot", "title": "The depot", "presentations": ["bearer"], "credentials": ["access_token"], "resource": DEPOT,
        "permissions": [{"name": "depot:things:read", "title": "See things"}],
        "scopes": [{"name": "depot", "title": "Use the depot"}],
        "routes": [{"method": "GET", "path": "/things", "permission": "depot:things:read"}]
    });
    world.app.make("/api/v1/apis", depot).await;
    let mut ann = world.ann().await;
    let request = Request::of(&world.client).with("scope", "api1 depot offline_access");
    let both = format!("{}&{}", request.path(), testkit::encoded(&[("resource", PRIVACY), ("resource", DEPOT)]));
    let page = ann.get(&both).await.expect(200);
    for shown in [PRIVACY, DEPOT, "The depot: Use the depot", "Privacy: Use everything"] {
        assert!(page.text.contains(shown), "{shown} is not in {}", page.text);
    }
    let code = Sent::of(&decide(&mut ann, &page, "allow").await).get("code").to_owned();
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let tokens = world.post_as(&world.client, "/connect/token", &fields).await.expect(200);
    assert_eq!(tokens.member("/scope"), "api1 depot offline_access");
    // What was consented to before does not widen what this request names.
    let one = format!("{}&{}", request.path(), testkit::encoded(&[("resource", PRIVACY)]));
    let page = ann.get(&one).await;
    let sent = if page.status == 303 { Sent::of(&page) } else { Sent::of(&decide(&mut ann, &page, "allow").await) };
    let fields = [("grant_type", "authorization_code"), ("code", sent.get("code")), ("redirect_uri", REDIRECT)];
    let narrow = world.post_as(&world.client, "/connect/token", &fields).await.expect(200);
    assert_eq!(narrow.member("/scope"), "api1 offline_access");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &narrow.member("/refresh_token")), ("resource", DEPOT)];
    let wider = world.post_as(&world.client, "/connect/token", &fields).await.expect(400);
    assert_eq!(wider.member("/error"), "invalid_target");
    let unknown = format!("{both}&resource=https%3A%2F%2Fother.example%2F");
    assert_eq!(Sent::of(&ann.get(&unknown).await).get("error"), "invalid_target");
}
