//! RFC 8414: the metadata of the authorization server, true to what it does.

use domain::client::GrantType;
use serde_json::Value;

use super::world::*;

async fn metadata(world: &World) -> Value {
    world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200).json()
}

fn names(metadata: &Value, member: &str) -> Vec<String> {
    let values = metadata[member].as_array().unwrap_or_else(|| panic!("no {member}"));
    values.iter().map(|value| value.as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn rfc8414_01_02_issuer_and_endpoints_are_urls() {
    let world = World::start().await;
    let metadata = metadata(&world).await;
    assert_eq!(metadata["issuer"], world.issuer());
    for (name, value) in metadata.as_object().expect("an object") {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            assert!(value.as_str().is_some_and(|url| url.starts_with(&format!("{}/", world.issuer()))), "{name}");
        }
    }
    assert_eq!(names(&metadata, "response_types_supported"), ["code"]);
}

#[tokio::test]
async fn rfc8414_03_04_signed_authentication_is_never_none() {
    let world = World::start().await;
    let metadata = metadata(&world).await;
    for endpoint in ["token", "revocation", "introspection"] {
        assert!(names(&metadata, &format!("{endpoint}_endpoint_auth_methods_supported")).contains(&"private_key_jwt".to_owned()));
        let algorithms = names(&metadata, &format!("{endpoint}_endpoint_auth_signing_alg_values_supported"));
        assert!(!algorithms.is_empty() && algorithms.iter().all(|name| name != "none" && !name.starts_with("HS")), "{algorithms:?}");
    }
}

#[tokio::test]
async fn rfc8414_06_it_is_json_without_empty_arrays() {
    let world = World::start().await;
    let answer = world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.json().as_object().expect("an object").values().all(|value| value.as_array().is_none_or(|array| !array.is_empty())));
}

#[tokio::test]
async fn rfc8414_07_mix_02_the_issuer_does_not_depend_on_what_is_asked() {
    let world = World::start().await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let call = world.app.call("GET", path).header("x-forwarded-host", "evil.example").header("host", "evil.example");
        let answer = call.send().await;
        assert!(
            !answer.text.contains("evil.example") && (answer.status != 200 || answer.member("/issuer") == world.issuer()),
            "{}",
            answer.text
        );
    }
}

/// 9700-13, 9700-15 and 9700-33 too: there is no password grant, what is published answers, and no page posts messages.
#[tokio::test]
async fn rfc8414_09_what_is_advertised_works_and_nothing_else_does() {
    let world = World::start().await;
    let metadata = metadata(&world).await;
    let mut ann = world.ann().await;
    for (name, value) in metadata.as_object().expect("an object") {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            let path = value.as_str().and_then(|url| url.strip_prefix(&world.issuer())).expect("ours");
            let answer = world.app.call("GET", path).send().await;
            assert_ne!(answer.status, 404, "{name}");
        }
    }
    for mode in ["query", "form_post", "fragment", "web_message", "form_post.jwt", "query.jwt", "jwt"] {
        let advertised = names(&metadata, "response_modes_supported").iter().any(|name| name == mode);
        let answer = ann.get(&Request::of(&world.client).with("response_mode", mode).path()).await;
        let works = answer.status == 200 && answer.text.contains("name=\"decision\"");
        assert_eq!(works, advertised, "{mode}");
    }
    for prompt in ["none", "login", "consent", "select_account", "create"] {
        let advertised = names(&metadata, "prompt_values_supported").iter().any(|name| name == prompt);
        let answer = ann.get(&Request::of(&world.client).with("prompt", prompt).path()).await;
        let refused = answer.header("location").is_some_and(|location| location.contains("error=invalid_request"));
        assert_eq!(!refused, advertised, "{prompt}");
    }
    let all = world.client(|definition| definition.grant_types = GrantType::ALL.to_vec()).await;
    for grant in GrantType::ALL {
        let answer = world.post_as(&all, "/connect/token", &[("grant_type", grant.name())]).await;
        let works = answer.status == 200 || answer.member("/error") != "unsupported_grant_type";
        assert_eq!(works, names(&metadata, "grant_types_supported").contains(&grant.name().to_owned()), "{grant:?}");
    }
    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        assert!(!names(&metadata, "grant_types_supported").contains(&grant.to_owned()));
        let answer = world.post_as(&world.client, "/connect/token", &[("grant_type", grant)]).await;
        assert_eq!(answer.member("/error"), "unsupported_grant_type", "{grant}");
    }
    assert_eq!(metadata["request_uri_parameter_supported"], false);
    let error = Sent::of(&ann.get(&Request::of(&world.client).with("request_uri", "https://app.example/request").path()).await);
    assert_eq!(error.get("error"), "request_uri_not_supported");
}

#[tokio::test]
async fn rfc8414_09_registration_is_advertised_where_programs_can_register() {
    for open in [false, true] {
        let app = testkit::App::start_with(|config| config.registration_open = open).await;
        let metadata = app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
        assert_eq!(metadata.get("registration_endpoint").is_some(), open);
    }
}

#[tokio::test]
async fn hdr_03_cors_03_documents_may_be_kept_and_read_by_all() {
    let world = World::start().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/connect/jwks"] {
        let answer = world.app.call("GET", path).header("origin", "https://page.example").send().await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(answer.header("cache-control").is_some_and(|cache| cache.starts_with("public, max-age=")), "{path}");
        let tag = answer.header("etag").expect("a tag").to_owned();
        let again = world.app.call("GET", path).header("if-none-match", &tag).send().await.expect(304);
        assert_eq!(again.text, "");
    }
}
