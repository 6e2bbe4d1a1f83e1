//! NL GOV Assurance profile for OAuth 2.0: what a person is asked, what a client is answered, and what programs look up
//! (sections 2.3.1, 2.3.2, 3.1.4, 3.1.5, 3.1.7, 3.3 and 4.1).

use std::collections::BTreeSet;

use domain::client::Registration;
use domain::permission::{Permission, Permissions};
use jose::Algorithm;

use super::nlgov_world::*;
use super::world::*;

#[tokio::test]
async fn nlo_06_28_a_code_is_not_to_be_guessed_and_the_state_comes_back_as_it_was() {
    const SAMPLES: usize = 40;
    let agency = Agency::start().await;
    let mut ann = agency.world.ann().await;
    let state = "2ca3359dfbfd0 +%2B&=#\"<é>/?~";
    let mut codes = Vec::new();
    for _ in 0..SAMPLES {
        let sent = allow(&mut ann, &agency.request().with("state", state)).await;
        assert_eq!(sent.get("state"), state);
        codes.push(sent.get("code").strip_prefix("prtc_").expect("a code").to_owned());
    }
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), SAMPLES);
    // 22 letters of base62 are more than 128 bits, where each of them is any letter.
    for place in 0..22 {
        let letters: BTreeSet<u8> = codes.iter().map(|code| code.as_bytes()[place]).collect();
        assert!(letters.len() > SAMPLES / 4, "letter {place}: {letters:?}");
    }
}

#[tokio::test]
async fn nlo_20_pkce_is_s256_and_never_plain() {
    let agency = Agency::start().await;
    let mut ann = agency.world.ann().await;
    let plain = agency.request().with("code_challenge_method", "plain");
    for wrong in [plain, agency.request().without("code_challenge_method"), agency.request().without("code_challenge")] {
        assert_eq!(told(&mut ann, &wrong).await.get("error"), "invalid_request");
    }
    let without = agency.request().without("code_challenge").without("code_challenge_method");
    assert_eq!(told(&mut ann, &without).await.get("error"), "invalid_request", "also of a client that signs");
    let pushed: Vec<(String, String)> =
        agency.request().without("code_challenge").fields().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let pushed: Vec<(&str, &str)> =
        pushed.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(error(&agency.post("/connect/par", &pushed).await), (400, "invalid_request".to_owned()));
    let metadata = agency.world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
}

/// NLO-28, NLI-07: the challenge is the code's own.
#[tokio::test]
async fn nlo_28_nli_07_the_verifier_is_that_of_the_code() {
    let agency = Agency::start().await;
    let redeem = async |code: &str, verifier: Option<&str>| {
        let fields = redemption(code, REDIRECT);
        let mut fields = fields[..3].to_vec();
        fields.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        agency.post(TOKEN, &fields).await
    };
    let (short, long) = (&VERIFIER[..42], VERIFIER.repeat(3));
    let padded = format!("{VERIFIER}=");
    for wrong in [None, Some(CHALLENGE), Some(short), Some(long.as_str()), Some(padded.as_str()), Some("")] {
        let code = agency.code(&agency.request()).await;
        assert_eq!(error(&redeem(&code, wrong).await), (400, "invalid_grant".to_owned()), "{wrong:?}");
        assert_eq!(error(&redeem(&code, Some(VERIFIER)).await), (400, "invalid_grant".to_owned()), "{wrong:?}: the code is used up");
    }
    // Two codes of one client, with a challenge each: neither verifier is good for the other's code.
    let other = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let code = agency.code(&agency.request().with("code_challenge", other)).await;
    assert_eq!(error(&redeem(&code, Some(VERIFIER)).await), (400, "invalid_grant".to_owned()));
    let code = agency.code(&agency.request()).await;
    redeem(&code, Some(VERIFIER)).await.expect(200);
}

#[tokio::test]
async fn nlo_16_the_page_says_how_the_program_became_known_and_what_it_may_until_when() {
    let agency = Agency::start().await;
    let native = agency.native().await;
    let itself = agency
        .world
        .client(|definition| {
            strict(definition, &agency.key);
            definition.registration = Registration::Dynamic;
        })
        .await;
    let public = "cannot prove which app it is";
    let mut ann = agency.world.ann().await;
    let resource = "https://api.example/v1";
    let asks = agency.request().with("resource", resource);
    for (request, known, is_public) in [
        (asks.clone(), "Registered by the operator of this server", false),
        (asks.clone().with("client_id", &itself.id), "This app registered itself", false),
        (asks.clone().with("client_id", &native.id).with("redirect_uri", LOOPBACK), "Registered by the operator of this server", true),
    ] {
        let page = ann.get(&request.path()).await.expect(200);
        for part in [known, "know who you are", "Privacy: See", "also when you are not there", "This lasts until you end it", resource] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert_eq!(page.text.contains(public), is_public, "{}", page.text);
    }
    let statement = serde_json::json!({
        "client_name": "Notes", "redirect_uris": ["https://notes.example/cb"], "software_statement": "eyJhbGciOiJFUzI1NiJ9.e30.eA",
    });
    let open = testkit::App::start_with(|config| config.registration_open = true).await;
    let answer = open.call("POST", "/connect/register").json(&statement).send().await;
    assert_eq!(error(&answer), (400, "unapproved_software_statement".to_owned()), "so no program on the page has one");
}

/// NLO-17, NLI-18: documents may be kept for a week, the keys where the operator publishes them that long ahead.
#[tokio::test]
async fn nlo_17_nli_18_what_programs_look_up_may_be_kept_for_a_week() {
    let app = testkit::App::start_with(|config| config.signing_key_publish_seconds = 604_800).await;
    let issuer = app.node.config.base_url();
    let answer = app.call("GET", "/.well-known/openid-configuration").send().await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=604800"));
    let metadata = answer.json();
    assert_eq!(metadata["issuer"], issuer);
    for name in ["authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint", "jwks_uri"] {
        assert!(metadata[name].as_str().is_some_and(|url| url.starts_with(&format!("{issuer}/"))), "{name}");
    }
    let jwks = metadata["jwks_uri"].as_str().expect("a URL").strip_prefix(&issuer).expect("a path").to_owned();
    let keys = app.call("GET", &jwks).send().await.expect(200);
    assert_eq!(keys.header("cache-control"), Some("public, max-age=604800"));
    let tag = keys.header("etag").expect("a tag").to_owned();
    app.call("GET", &jwks).header("if-none-match", &tag).send().await.expect(304);
}

#[tokio::test]
async fn nlo_18_every_key_says_its_name_type_and_algorithm() {
    let app = testkit::App::start_with(|config| config.signing_algorithms = ["ES256", "RS256", "EdDSA"].map(str::to_owned).to_vec()).await;
    let keys = app.call("GET", "/connect/jwks").send().await.expect(200).json();
    let mut algorithms = BTreeSet::new();
    for key in keys["keys"].as_array().expect("keys") {
        assert!(key["kid"].as_str().is_some_and(|kid| !kid.is_empty()) && key["kty"].is_string(), "{key}");
        algorithms.insert(key["alg"].as_str().expect("an algorithm").to_owned());
    }
    assert_eq!(algorithms, ["ES256", "EdDSA", "RS256"].map(str::to_owned).into());
}

#[tokio::test]
async fn nlo_30_no_scope_beyond_what_the_client_may_or_the_person_has_proven() {
    let agency = Agency::start().await;
    let reading = Permission::new("privacy:workspaces:read").expect("a name");
    let limited = agency
        .world
        .client(|definition| {
            strict(definition, &agency.key);
            definition.permissions = Permissions::Only([reading].into());
        })
        .await;
    let mut ann = agency.world.ann().await;
    let request = agency.request().with("client_id", &limited.id);
    for scope in ["openid privacy:workspaces:write", "openid unknown"] {
        assert_eq!(told(&mut ann, &request.clone().with("scope", scope)).await.get("error"), "invalid_scope", "{scope}");
    }
    assert_eq!(ann.get(&request.path()).await.status, 200, "what it may have, a person is asked for");
    // The level of proof that the client asks for binds here: it is a wish elsewhere.
    let higher = agency.request().with("acr_values", "http://eidas.europa.eu/LoA/high");
    assert_eq!(told(&mut ann, &higher).await.get("error"), "unmet_authentication_requirements");
    let enough = agency.request().with("acr_values", "http://eidas.europa.eu/LoA/high 1");
    let tokens = agency.tokens(&enough).await;
    assert_eq!(
        (&part(&tokens.member("/access_token"), 1)["acr"], &part(&tokens.member("/id_token"), 1)["acr"]),
        (&"1".into(), &"1".into())
    );
}

/// Encrypted ones are not taken.
#[tokio::test]
async fn signed_request_objects_are_verified_and_nothing_beside_them_counts() {
    let agency = Agency::start().await;
    let now = domain::time::Clock::now(&*agency.world.app.clock).unix_seconds();
    let object = |key: &Key, change: &dyn Fn(&mut serde_json::Value)| {
        let mut claims = serde_json::json!({"iss": agency.client.id, "aud": agency.world.issuer(), "exp": now + 60, "nbf": now});
        for (name, value) in agency.request().with("state", "inside").fields() {
            claims[name] = value.into();
        }
        change(&mut claims);
        key.sign(&claims)
    };
    let ask = |object: &str| agency.request().with("state", "outside").with("scope", "openid api1").with("request", object);
    let mut ann = agency.world.ann().await;
    let sent = allow(&mut ann, &ask(&object(&agency.key, &|_| {}))).await;
    assert_eq!(sent.get("state"), "inside");
    let tokens = agency.redeem(sent.get("code")).await.expect(200);
    assert_eq!(tokens.member("/scope"), "openid reading offline_access", "not what stands beside it");
    let foreign = Key::new(&agency.world, Algorithm::ES256);
    for wrong in [
        object(&foreign, &|_| {}),
        object(&agency.key, &|claims| claims["aud"] = "https://evil.example".into()),
        object(&agency.key, &|claims| claims["iss"] = "somebody".into()),
        object(&agency.key, &|claims| claims["exp"] = (now - 60).into()),
        object(&agency.key, &|claims| claims["request_uri"] = "https://app.example/request".into()),
        "eyJhbGciOiJub25lIn0.e30.".to_owned(),
    ] {
        assert_eq!(told(&mut ann, &ask(&wrong)).await.get("error"), "invalid_request_object");
    }
}
