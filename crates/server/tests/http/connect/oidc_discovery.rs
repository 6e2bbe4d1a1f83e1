//! OpenID Connect Discovery.

use super::world::*;

const PATH: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn disc_01_what_must_be_there() {
    let world = World::start().await;
    let metadata = world.app.call("GET", PATH).send().await.expect(200).json();
    assert_eq!(metadata["issuer"], world.issuer());
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"] {
        assert!(metadata[endpoint].is_string(), "{endpoint}");
    }
    assert_eq!(metadata["subject_types_supported"], serde_json::json!(["public"]));
    let algorithms = metadata["id_token_signing_alg_values_supported"].as_array().expect("a list");
    assert!(algorithms.contains(&"RS256".into()) && !algorithms.contains(&"none".into()));
    assert_eq!(metadata["scopes_supported"].as_array().and_then(|all| all.last()), Some(&"offline_access".into()));
}

#[tokio::test]
async fn disc_02_both_documents_are_one() {
    let world = World::start().await;
    let one = world.app.call("GET", PATH).send().await.expect(200);
    let other = world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200);
    assert_eq!(one.text, other.text);
}

/// KEY-05.
#[tokio::test]
async fn disc_04_keys_have_names_and_no_private_members() {
    let world = World::start().await;
    let keys = world.app.call("GET", "/.well-known/openid-configuration/jwks").send().await.expect(200).json();
    let keys = keys["keys"].as_array().expect("keys").clone();
    assert!(!keys.is_empty());
    for key in &keys {
        for member in ["kid", "kty", "alg", "use"] {
            assert!(key[member].is_string(), "{member}");
        }
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[tokio::test]
async fn disc_06_only_documents_are_open_to_every_page() {
    let world = World::start().await;
    for (method, path) in
        [("GET", "/connect/authorize"), ("GET", "/connect/endsession"), ("POST", "/connect/par"), ("POST", "/connect/token")]
    {
        let answer = world.app.call(method, path).header("origin", "https://page.example").send().await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

/// The issuer is the URL that the document was asked at, without what follows it, and the `iss` of what is signed.
#[tokio::test]
async fn disc_03_the_issuer_is_one_and_the_same() {
    let world = World::start().await;
    let metadata = world.app.call("GET", PATH).send().await.expect(200).json();
    let issuer = metadata["issuer"].as_str().expect("an issuer");
    assert!(!issuer.ends_with('/') && !issuer.contains(['?', '#']), "{issuer}");
    let answer = allow(&mut world.ann().await, &Request::of(&world.client).with("scope", "openid")).await;
    assert_eq!(answer.get("iss"), issuer);
    let told = tokens(&world, &world.client, &answer).await;
    assert_eq!(claims(&told["id_token"])["iss"], issuer);
}

#[tokio::test]
async fn disc_05_every_address_is_https() {
    let issuer = "https://account.example";
    let app = testkit::App::start_with(|config| config.public_url = issuer.to_owned()).await;
    let metadata = app.call("GET", PATH).send().await.expect(200).json();
    assert_eq!(metadata["issuer"], issuer);
    let urls = metadata.as_object().expect("an object").iter().filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"));
    let urls: Vec<&str> = urls.map(|(_, url)| url.as_str().expect("text")).collect();
    assert!(urls.len() > 5 && urls.iter().all(|url| url.starts_with("https://account.example/")), "{urls:?}");
}

#[tokio::test]
async fn disc_07_claims_scopes_and_algorithms_are_what_clients_get() {
    let world = World::start().await;
    let metadata = world.app.call("GET", PATH).send().await.expect(200).json();
    let names = |member: &str| metadata[member].as_array().expect("a list").clone();
    let mut seen = std::collections::BTreeSet::new();
    for algorithm in names("id_token_signing_alg_values_supported") {
        let named = domain::client::SigningAlgorithm::named(algorithm.as_str().expect("text")).expect("known");
        let client = world.client(|definition| definition.id_token_algorithm = Some(named)).await;
        let request = Request::of(&client).with("scope", "openid profile email").with("nonce", "n");
        let told = tokens(&world, &client, &allow(&mut world.ann().await, &request).await).await;
        let header = told["id_token"].as_str().and_then(|token| token.split('.').next()).expect("a header");
        assert_eq!(decoded(header)["alg"], algorithm);
        let token = told["access_token"].as_str().expect("a token");
        let user = world.app.call("GET", "/connect/userinfo").token(token).send().await.expect(200).json();
        for claims in [claims(&told["id_token"]), user] {
            seen.extend(claims.as_object().expect("claims").keys().cloned());
        }
    }
    let mut supported: Vec<String> = names("claims_supported").iter().map(|name| name.as_str().expect("text").to_owned()).collect();
    supported.sort();
    assert_eq!(supported, seen.into_iter().collect::<Vec<_>>());
    for scope in names("scopes_supported") {
        let request = Request::of(&world.client).with("scope", scope.as_str().expect("text")).with("prompt", "none");
        assert_ne!(Sent::of(&world.ann().await.get(&request.path()).await).get("error"), "invalid_scope", "{scope}");
    }
}

async fn tokens(world: &World, client: &Made, sent: &Sent) -> serde_json::Value {
    let fields = [("grant_type", "authorization_code"), ("code", sent.get("code")), ("redirect_uri", REDIRECT)];
    world.post_as(client, "/connect/token", &fields).await.expect(200).json()
}

fn claims(token: &serde_json::Value) -> serde_json::Value {
    decoded(token.as_str().and_then(|token| token.split('.').nth(1)).expect("a token"))
}

fn decoded(part: &str) -> serde_json::Value {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn nli_15_no_webfinger() {
    let world = World::start().await;
    world.app.call("GET", "/.well-known/webfinger?resource=acct:ann@example.org").send().await.expect(404);
}
