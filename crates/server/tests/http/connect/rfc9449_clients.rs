//! RFC 9449 at the endpoints of clients of every sort: what is advertised, what a proof may be, and what refresh tokens hang from.

use domain::client::{ClientAuthentication, Profile};
use serde_json::{Value, json};
use testkit::Answer;

use super::fapi::*;
use super::signer::{Signer, with};
use super::world::*;

const ORIGIN: &str = "https://app.example";

/// A client without a profile, that may prove a key and need not.
async fn ordinary(is_public: bool) -> Fapi {
    Fapi::with(Signer::es256(), |definition| {
        definition.profile = Profile::Default;
        definition.requires_dpop = false;
        definition.requires_pushed_requests = false;
        definition.cors_origins = vec![ORIGIN.to_owned()];
        if is_public {
            (definition.authentication, definition.jwks) = (vec![], None);
        }
    })
    .await
}

/// Asks for tokens, with a proof or without.
async fn ask(fapi: &Fapi, proof: Option<&str>, fields: &[(&str, &str)]) -> Answer {
    let assertion = fapi.signed_assertion();
    let known = fapi.world.app.node.authority.verifier().client(&fapi.client.id).expect("a lease").expect("a client");
    let own = match known.client.definition.authenticates_by(ClientAuthentication::PrivateKeyJwt) {
        true => vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())],
        false => vec![("client_id", fapi.client.id.as_str())],
    };
    let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
    fapi.post(TOKEN, &headers, &[&own, fields].concat()).await
}

async fn code(fapi: &Fapi) -> String {
    allow(&mut fapi.world.ann().await, &fapi.request()).await.get("code").to_owned()
}

fn proof_by(fapi: &Fapi, key: &Signer) -> String {
    fapi.prove(key, &fapi.proof("POST", &format!("{}{TOKEN}", fapi.world.issuer())))
}

async fn bound_to(fapi: &Fapi, answer: &Answer) -> Value {
    let bearer = format!("Bearer {}", fapi.api_credential().await);
    let token = answer.member("/access_token");
    let seen = fapi.post("/connect/introspect", &[("authorization", &bearer)], &[("token", &token)]).await.expect(200).json();
    assert_eq!(seen["active"], true);
    seen["cnf"]["jkt"].clone()
}

#[tokio::test]
async fn r9449_10_the_metadata_say_how_a_proof_is_signed() {
    let fapi = ordinary(true).await;
    let metadata = fapi.world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200).json();
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(["ES256", "EdDSA", "RS256", "PS256"]));
    for algorithm in ["ES256", "EdDSA", "RS256", "PS256"] {
        let (code, key) = (code(&fapi).await, Signer::new(algorithm));
        let answer = ask(&fapi, Some(&proof_by(&fapi, &key)), &redeeming(&code)).await.expect(200);
        assert_eq!((answer.member("/token_type"), bound_to(&fapi, &answer).await), ("DPoP".to_owned(), json!(key.thumbprint())));
    }
}

#[tokio::test]
async fn r9449_17_a_pushed_request_names_the_key_that_it_proves() {
    let fapi = ordinary(false).await;
    let other = fapi.request().with("dpop_jkt", &Signer::es256().thumbprint());
    refused(&fapi.push(&other).await, 400, "invalid_dpop_proof");
    fapi.push(&fapi.request().with("dpop_jkt", &fapi.holder.thumbprint())).await.expect(201);
    for bad in ["short", "not+base64url+but+as+long+as+a+thumbprint+is"] {
        refused(
            &fapi.asserted(PAR, &fapi.signed_assertion(), &fapi.request().with("dpop_jkt", bad).fields()).await,
            400,
            "invalid_request",
        );
    }
    let url = format!("{}{PAR}", fapi.world.issuer());
    let used = fapi.prove(&fapi.holder, &fapi.proof("POST", &url));
    fapi.send_with(PAR, &used, &fapi.request().fields()).await.expect(201);
    refused(&fapi.send_with(PAR, &used, &fapi.request().fields()).await, 400, "invalid_dpop_proof");
    // And a request that was not pushed names it by the parameter alone.
    let sent = allow(&mut fapi.world.ann().await, &fapi.request().with("dpop_jkt", &fapi.holder.thumbprint())).await;
    let fields = redeeming(sent.get("code"));
    refused(&ask(&fapi, Some(&proof_by(&fapi, &Signer::es256())), &fields).await, 400, "invalid_grant");
}

#[tokio::test]
async fn r9449_19_a_proof_is_signed_and_with_its_own_key() {
    let fapi = ordinary(true).await;
    let (code, claims) = (code(&fapi).await, || fapi.proof("POST", &format!("{}{TOKEN}", fapi.world.issuer())));
    let header = |algorithm: &str, jwk: Value| json!({"typ": "dpop+jwt", "alg": algorithm, "jwk": jwk});
    let own = fapi.holder.jwk();
    let none = fapi.holder.sign_under(&header("none", own.clone()), &claims());
    let unsigned = none.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).expect("a signature");
    let (mut private, oct) = (own.clone(), json!({"kty": "oct", "k": "c2VjcmV0"}));
    private["d"] = "AAAA".into();
    let cases = [
        none,
        unsigned,
        fapi.holder.sign_under(&header("HS256", oct.clone()), &claims()),
        fapi.holder.sign_under(&header("ES256", oct), &claims()),
        fapi.holder.sign_under(&header("ES384", own.clone()), &claims()),
        fapi.holder.sign_under(&header("ES256", private), &claims()),
        fapi.holder.sign_under(&header("ES256", Signer::es256().jwk()), &claims()),
        fapi.holder.sign_under(&json!({"typ": "dpop+jwt", "alg": "ES256", "kid": "one"}), &claims()),
        fapi.holder.sign_under(&json!({"alg": "ES256", "jwk": own}), &claims()),
        fapi.prove(&fapi.holder, &with(&claims(), "jti", Value::Null)),
        fapi.prove(&fapi.holder, &with(&claims(), "htu", format!("{}{PAR}", fapi.world.issuer()))),
        "x".to_owned(),
    ];
    for proof in cases {
        refused(&ask(&fapi, Some(&proof), &redeeming(&code)).await, 400, "invalid_dpop_proof");
    }
    // A proof that is not right costs nobody their code.
    ask(&fapi, Some(&proof_by(&fapi, &fapi.holder)), &redeeming(&code)).await.expect(200);
}

#[tokio::test]
async fn r9449_20_pages_read_what_they_need_for_their_proofs() {
    let fapi = ordinary(true).await;
    let asked = fapi.world.app.call("OPTIONS", TOKEN).header("origin", ORIGIN).header("access-control-request-method", "POST");
    let preflight = asked.header("access-control-request-headers", "dpop").send().await.expect(204);
    assert!(preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("DPoP")), "{:?}", preflight.headers);
    let refused = fapi.post(TOKEN, &[("origin", ORIGIN), ("dpop", "x")], &redeeming("x")).await;
    let exposed = refused.header("access-control-expose-headers").expect("exposed");
    assert!(exposed.contains("DPoP-Nonce") && exposed.contains("WWW-Authenticate"), "{exposed}");
}

/// 9449-09: RFC 9449 section 5 binds the refresh tokens of public clients; those of others hang from their authentication.
#[tokio::test]
async fn refresh_tokens_hang_from_the_key_or_from_the_authentication() {
    for is_public in [true, false] {
        let fapi = ordinary(is_public).await;
        let own = || proof_by(&fapi, &fapi.holder);
        let tokens = ask(&fapi, Some(&own()), &redeeming(&code(&fapi).await)).await.expect(200);
        let refresh = tokens.member("/refresh_token");
        let fields = refreshing(&refresh);
        let other = Signer::es256();
        let (foreign, bare) = (ask(&fapi, Some(&proof_by(&fapi, &other)), &fields).await, ask(&fapi, None, &fields).await);
        if is_public {
            refused(&foreign, 400, "invalid_grant");
            refused(&bare, 400, "invalid_grant");
        } else {
            assert_eq!(bound_to(&fapi, &foreign.expect(200)).await, json!(other.thumbprint()));
            assert_eq!(bare.expect(200).member("/token_type"), "Bearer");
        }
        let again = ask(&fapi, Some(&own()), &fields).await.expect(200);
        assert_eq!(bound_to(&fapi, &again).await, json!(fapi.holder.thumbprint()));
    }
    let strict = Fapi::start().await;
    let refresh = strict.tokens().await.member("/refresh_token");
    refused(&ask(&strict, None, &refreshing(&refresh)).await, 400, "invalid_dpop_proof");
}
