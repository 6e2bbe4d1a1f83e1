//! NL GOV Assurance profile for OAuth 2.0: tokens and how long they last (sections 3.1.9 to 3.4).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::SigningAlgorithm;
use jose::Algorithm;
use serde_json::json;

use super::nlgov_world::*;
use super::world::*;

#[tokio::test]
async fn nlo_22_23_the_access_token_is_a_signed_jwt_with_azp() {
    let agency = Agency::start().await;
    let own = agency.own().await;
    let acting = agency.post_as(&own, TOKEN, &[("grant_type", "client_credentials"), ("scope", "reading")]).await.expect(200);
    let of_person = agency.tokens(&agency.request()).await;
    let again = agency.refresh(&of_person.member("/refresh_token")).await.expect(200);
    let for_userinfo = agency.tokens(&agency.request().with("scope", "openid")).await;
    let native = agency.native().await;
    let of_native = agency.native_tokens(&native).await;
    let (now, issuer) = (domain::time::Clock::now(&*agency.world.app.clock), agency.world.issuer());
    let keys = agency.world.app.call("GET", "/connect/jwks").send().await.expect(200);
    let keys = jose::JwkSet::parse(keys.text.as_bytes()).expect("keys");
    let mut seen = std::collections::BTreeSet::new();
    let resource = "https://api.example/v1";
    for (answer, client, sub, aud) in [
        (&acting, &own, &own.id, resource),
        (&of_person, &agency.client, &agency.world.ann, resource),
        (&again, &agency.client, &agency.world.ann, resource),
        (&for_userinfo, &agency.client, &agency.world.ann, issuer.as_str()),
        (&of_native, &native, &agency.world.ann, resource),
    ] {
        let token = answer.member("/access_token");
        let claims = jose::access_token::verify(&token, &keys, &issuer, now).expect("signed by a published key");
        assert_eq!((&claims.azp, &claims.client_id, &claims.sub), (&client.id, &client.id, sub));
        assert_eq!((claims.iss.as_str(), claims.aud.names()), (issuer.as_str(), &[aud.to_owned()][..]));
        assert!(claims.exp.0 > now.unix_seconds() && claims.amr.is_empty());
        let (_, random) = claims.jti.split_once('.').expect("random bits");
        assert!(URL_SAFE_NO_PAD.decode(random).is_ok_and(|bits| bits.len() == 16) && seen.insert(random.to_owned()), "{}", claims.jti);
        assert_eq!(answer.member("/token_type"), "Bearer");
    }
    // An ordinary client of the same API gets an opaque one.
    let mut ann = agency.world.ann().await;
    let code = allow(&mut ann, &Request::of(&agency.world.client)).await.get("code").to_owned();
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let ordinary = agency.world.post_as(&agency.world.client, TOKEN, &fields).await.expect(200);
    assert!(ordinary.member("/access_token").starts_with("prta_"));
}

#[tokio::test]
async fn nlo_24_tokens_name_their_key_and_rs256_can_be_chosen() {
    let agency = Agency::start().await;
    let client = agency
        .world
        .client(|definition| {
            strict(definition, &agency.key);
            definition.grant_types = vec![domain::client::GrantType::ClientCredentials];
            definition.id_token_algorithm = Some(SigningAlgorithm::Rs256);
        })
        .await;
    // An API may ask for it, too, and that counts more.
    for (name, algorithm) in [("billing", "RS256"), ("maps", "EdDSA")] {
        let definition = json!({
            "name": name, "title": "An API", "presentations": ["bearer"], "credentials": ["access_token"],
            "resource": format!("https://{name}.example/"), "access_token_algorithm": algorithm,
            "permissions": [{"name": format!("{name}:things:read"), "title": "See things"}], "scopes": [{"name": name, "title": "Everything"}],
        });
        agency.world.app.make("/api/v1/apis", definition).await;
    }
    for (scope, algorithm) in [("reading", "RS256"), ("billing", "RS256"), ("maps", "EdDSA")] {
        let answer = agency.post_as(&client, TOKEN, &[("grant_type", "client_credentials"), ("scope", scope)]).await.expect(200);
        let header = part(&answer.member("/access_token"), 0);
        assert_eq!(header["alg"], algorithm, "{scope}");
        let keys = agency.world.app.call("GET", "/connect/jwks").send().await.expect(200).json();
        let named = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]).expect("a published key");
        assert_eq!(named["alg"], algorithm);
    }
}

#[tokio::test]
async fn nlo_03_a_client_that_acts_for_itself_gets_no_refresh_token() {
    let agency = Agency::start().await;
    let own = agency.own().await;
    let answer = agency.post_as(&own, TOKEN, &[("grant_type", "client_credentials")]).await.expect(200);
    assert_eq!(answer.json().get("refresh_token"), None);
    let asked = agency.post_as(&own, TOKEN, &[("grant_type", "client_credentials"), ("scope", "reading offline_access")]).await;
    assert_eq!(error(&asked), (400, "invalid_scope".to_owned()));
    let refresh = agency.post_as(&own, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    assert_eq!(error(&refresh), (400, "unauthorized_client".to_owned()));
}

#[tokio::test]
async fn nlo_29_tokens_last_no_longer_than_the_profile_advises() {
    let app = testkit::App::start_with(|config| config.access_token_seconds = 86_400).await;
    let agency = Agency::of(World::on(app).await, Algorithm::ES256).await;
    let own = agency.own().await;
    let native = agency.native().await;
    let of_own = agency.post_as(&own, TOKEN, &[("grant_type", "client_credentials")]).await.expect(200);
    let of_person = agency.tokens(&agency.request()).await;
    let of_native = agency.native_tokens(&native).await;
    for (answer, seconds) in [(&of_own, 21_600), (&of_person, 3_600), (&of_native, 900)] {
        assert_eq!(answer.json()["expires_in"], seconds);
        let claims = part(&answer.member("/access_token"), 1);
        assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(seconds));
    }
    let mut refresh = of_person.member("/refresh_token");
    for _ in 0..5 {
        agency.world.app.clock.advance(Duration::from_secs(4 * 3_600));
        refresh = agency.refresh(&refresh).await.expect(200).member("/refresh_token");
    }
    agency.world.app.clock.advance(Duration::from_secs(4 * 3_600));
    assert_eq!(error(&agency.refresh(&refresh).await), (400, "invalid_grant".to_owned()), "24 hours are over");
}

/// NLO-21, NLI-24: whoever refreshes proves the key of the client that the token is for.
#[tokio::test]
async fn nlo_21_nli_24_a_refresh_needs_the_clients_own_signature() {
    let agency = Agency::start().await;
    let refresh = agency.tokens(&agency.request()).await.member("/refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", agency.client.id.as_str())];
    let unsigned = agency.form(TOKEN, &fields).await;
    assert_eq!(unsigned.member("/error"), "invalid_client");
    let foreign = Key::new(&agency.world, Algorithm::ES256).sign(&agency.claims(&agency.client));
    assert_eq!(agency.post_with(TOKEN, &foreign, &fields).await.member("/error"), "invalid_client");
    let other = agency.world.client(|definition| strict(definition, &agency.key)).await;
    let of_other = agency.post_as(&other, TOKEN, &fields[..2]).await;
    assert_eq!(error(&of_other), (400, "invalid_grant".to_owned()), "the same key, another client");
    agency.refresh(&refresh).await.expect(200);
}

/// NLI-13, NLI-24.
#[tokio::test]
async fn nli_13_refresh_tokens_end_when_idle_and_public_clients_use_each_once() {
    let agency = Agency::start().await;
    let refresh = agency.tokens(&agency.request()).await.member("/refresh_token");
    agency.world.app.clock.advance(Duration::from_secs(6 * 3_600 - 1));
    agency.refresh(&refresh).await.expect(200);
    agency.world.app.clock.advance(Duration::from_secs(6 * 3_600));
    assert_eq!(error(&agency.refresh(&refresh).await), (400, "invalid_grant".to_owned()), "6 hours without a use");
    let native = agency.native().await;
    let first = agency.native_tokens(&native).await.member("/refresh_token");
    let refresh = async |token: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", native.id.as_str())];
        agency.form(TOKEN, &fields).await
    };
    let second = refresh(&first).await.expect(200).member("/refresh_token");
    assert_ne!(first, second);
    agency.world.app.clock.advance(Duration::from_secs(60));
    assert_eq!(error(&refresh(&first).await), (400, "invalid_grant".to_owned()), "used before");
    assert_eq!(error(&refresh(&second).await), (400, "invalid_grant".to_owned()), "somebody has both");
}
