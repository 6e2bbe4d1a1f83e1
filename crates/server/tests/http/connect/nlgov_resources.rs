//! NL GOV Assurance profile for OAuth 2.0: ending tokens, looking into them, and what protected resources take
//! (sections 3.1.6, 3.2.2 and 4).

use jose::access_token::AccessTokenClaims;
use jose::{Algorithm, TypeRule};
use serde_json::{Value, json};
use testkit::{Answer, basic};

use super::nlgov_world::*;

const INTROSPECT: &str = "/connect/introspect";
const REVOKE: &str = "/connect/revocation";

/// The agency, and two APIs with a credential each.
struct Field {
    agency: Agency,
    privacy: String,
    billing: String,
}

impl Field {
    async fn start() -> Self {
        let agency = Agency::start().await;
        let definition = json!({
            "name": "billing", "title": "Billing", "presentations": ["bearer"], "credentials": ["access_token"],
            "resource": "https://billing.example/", "permissions": [{"name": "billing:bills:read", "title": "See bills"}],
            "scopes": [{"name": "billing", "title": "Everything"}],
            "routes": [{"method": "GET", "path": "/bills", "permission": "billing:bills:read"}],
        });
        agency.world.app.make("/api/v1/apis", definition).await;
        let mut secrets = Vec::new();
        for api in ["privacy", "billing"] {
            let body = json!({"description": "the API itself"});
            secrets.push(agency.world.app.make(&format!("/api/v1/apis/{api}/credentials"), body).await.member("/secret"));
        }
        let billing = secrets.pop().expect("a secret");
        Self { agency, privacy: secrets.pop().expect("a secret"), billing }
    }

    async fn token(&self) -> String {
        self.agency.tokens(&self.agency.request()).await.member("/access_token")
    }

    /// What an API is told.
    async fn told(&self, credential: &str, token: &str) -> Value {
        let call = self.agency.world.app.call("POST", INTROSPECT).token(credential);
        let body = testkit::encoded(&[("token", token)]).into_bytes();
        call.header("content-type", "application/x-www-form-urlencoded").bytes(body).send().await.expect(200).json()
    }

    /// What a proxy before the API is told.
    async fn at(&self, api: &str, (method, uri): (&str, &str), token: Option<&str>) -> Answer {
        let call = self.agency.world.app.call("GET", &format!("/forward-auth/{api}"));
        let call = token.into_iter().fold(call, testkit::Call::token);
        call.header("x-forwarded-method", method).header("x-forwarded-uri", uri).send().await
    }
}

#[tokio::test]
async fn nlo_19_a_token_is_over_when_its_client_says_so_and_nobody_else() {
    let field = Field::start().await;
    let agency = &field.agency;
    let answer = agency.tokens(&agency.request()).await;
    let (access, refresh) = (answer.member("/access_token"), answer.member("/refresh_token"));
    let other = agency.own().await;
    for token in [&access, &refresh] {
        agency.post_as(&other, REVOKE, &[("token", token)]).await.expect(200);
    }
    assert_eq!(field.told(&field.privacy, &access).await["active"], true, "another client said so");
    agency.post(REVOKE, &[("token", &access)]).await.expect(200);
    assert_eq!(field.told(&field.privacy, &access).await, json!({"active": false}));
    assert_eq!(field.at("privacy", ("GET", "/workspaces"), Some(&access)).await.status, 401);
    let again = agency.refresh(&refresh).await.expect(200).member("/access_token");
    agency.post(REVOKE, &[("token", &refresh)]).await.expect(200);
    assert_eq!(field.told(&field.privacy, &again).await, json!({"active": false}));
    assert_eq!(error(&agency.refresh(&refresh).await), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn nlo_26_an_api_is_told_what_the_token_is_worth() {
    let field = Field::start().await;
    let token = field.token().await;
    let claims = part(&token, 1);
    let told = field.told(&field.privacy, &token).await;
    let expected = json!({
        "active": true, "scope": "reading", "exp": claims["exp"], "sub": field.agency.world.ann, "client_id": field.agency.client.id,
        "iss": field.agency.world.issuer(), "jti": claims["jti"], "aud": "https://api.example/v1",
    });
    for (name, value) in expected.as_object().expect("members") {
        assert_eq!(&told[name], value, "{name}");
    }
}

#[tokio::test]
async fn nlo_27_whoever_ends_or_looks_into_tokens_proves_who_they_are() {
    let field = Field::start().await;
    let agency = &field.agency;
    let token = field.token().await;
    let named = [("token", token.as_str()), ("client_id", agency.client.id.as_str())];
    for path in [INTROSPECT, REVOKE] {
        let nobody = agency.form(path, &named).await;
        assert!(matches!(nobody.status, 400 | 401), "{path}: {}", nobody.text);
        let foreign = Key::new(&agency.world, Algorithm::ES256).sign(&agency.claims(&agency.client));
        assert_eq!(agency.post_with(path, &foreign, &named).await.member("/error"), "invalid_client", "{path}");
    }
    assert_eq!(field.told(&field.privacy, &token).await["active"], true, "nobody has ended it");
    // The credential of an API is no client's, and a client's is no API's.
    let call = agency.world.app.call("POST", TOKEN).header("authorization", &basic("privacy", &field.privacy));
    let form = b"grant_type=client_credentials".to_vec();
    let as_client = call.header("content-type", "application/x-www-form-urlencoded").bytes(form).send().await;
    assert_eq!(error(&as_client), (401, "invalid_client".to_owned()));
    let of_another = agency.own().await;
    let answer = agency.post_as(&of_another, INTROSPECT, &named[..1]).await.expect(200);
    assert_eq!(answer.json(), json!({"active": false}), "a client looks into its own tokens only");
}

#[tokio::test]
async fn nlo_31_tokens_stand_in_the_header_and_apis_say_which_scopes_they_know() {
    let field = Field::start().await;
    let app = &field.agency.world.app;
    let token = field.token().await;
    let read = ("GET", "/workspaces");
    assert_eq!(field.at("privacy", read, Some(&token)).await.status, 200);
    let in_query = format!("/workspaces?{}", testkit::encoded(&[("access_token", &token)]));
    assert_eq!(field.at("privacy", ("GET", &in_query), None).await.status, 401);
    let userinfo = format!("/connect/userinfo?{}", testkit::encoded(&[("access_token", &token)]));
    assert_eq!(app.call("GET", &userinfo).send().await.status, 401);
    app.call("GET", "/connect/userinfo").token(&token).send().await.expect(200);
    let document = app.call("GET", "/.well-known/oauth-protected-resource/v1").header("host", "api.example").send().await.expect(200);
    assert_eq!(document.json()["scopes_supported"], json!(["api1", "reading"]));
}

#[tokio::test]
async fn nlo_32_an_api_takes_only_what_we_issued_for_it_with_the_rights_for_it() {
    let field = Field::start().await;
    let agency = &field.agency;
    let token = field.token().await;
    assert_eq!(field.told(&field.billing, &token).await, json!({"active": false}), "for another API");
    assert_ne!(field.at("billing", ("GET", "/bills"), Some(&token)).await.status, 200, "for another API");
    assert_eq!(field.at("privacy", ("POST", "/workspaces"), Some(&token)).await.status, 403, "no right to it");
    let narrow = agency.tokens(&agency.request().with("scope", "openid")).await.member("/access_token");
    assert_eq!(field.told(&field.privacy, &narrow).await, json!({"active": false}), "for userinfo only");

    let now = domain::time::Clock::now(&*agency.world.app.clock);
    let keys = agency.world.app.node.authority.jwks(now);
    let verified = jose::verify(&token, TypeRule::exactly(&["at+jwt"]), &Algorithm::ALL, &keys).expect("ours");
    let claims: Value = serde_json::from_slice(&verified.payload).expect("claims");
    let sign = |header: &str| {
        let key = jose::SigningKey::generate(Algorithm::ES256, &**agency.world.app.node.authority.entropy()).expect("a key");
        let key = jose::SigningKey::from_pkcs8(Algorithm::ES256, key.expose()).expect("a key");
        let header = header.replace("KID", part(&token, 0)["kid"].as_str().expect("a kid"));
        key.compact(&header, claims.to_string().as_bytes()).expect("signed")
    };
    // All that ours says, of another issuer's key; and one whose claims were changed afterwards.
    let (head, rest) = token.split_once('.').expect("a header");
    let mut changed = claims.clone();
    changed["iss"] = "https://evil.example".into();
    let signature = rest.split_once('.').expect("a signature").1;
    let changed = format!("{head}.{}.{signature}", jwt_part(&changed));
    for forged in [
        sign(r#"{"alg":"ES256","typ":"at+jwt","kid":"KID"}"#),
        sign(r#"{"alg":"ES256","typ":"at+jwt"}"#),
        sign(r#"{"alg":"ES256","typ":"JWT","kid":"KID"}"#),
        changed,
        format!("{}.{}.", jwt_part(&json!({"alg": "none", "typ": "at+jwt"})), jwt_part(&claims)),
    ] {
        assert_eq!(field.at("privacy", ("GET", "/workspaces"), Some(&forged)).await.status, 401);
        assert_eq!(field.told(&field.privacy, &forged).await, json!({"active": false}));
    }
    let known: AccessTokenClaims = serde_json::from_value(claims).expect("claims");
    assert_eq!(known.iss, agency.world.issuer());
}

fn jwt_part(value: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
}
