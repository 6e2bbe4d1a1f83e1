//! Client assertions (RFC 7523 and its successor), as OAuth 2.1 and RFC 9700 ask for them.

use domain::client::ClientAuthentication;
use jose::client_assertion::ASSERTION_TYPE;
use jose::{Algorithm, SigningKey};
use testkit::SeededEntropy;

use super::*;

/// A client that signs, and its key.
struct Signer {
    key: SigningKey,
    client: TestClient,
}

impl Signer {
    async fn of(world: &World) -> Self {
        let secret = SigningKey::generate(Algorithm::ES256, &SeededEntropy::default()).expect("a key");
        let key = SigningKey::from_pkcs8(Algorithm::ES256, secret.expose()).expect("a key");
        let jwks = json!({"keys": [key.public().to_jwk()]});
        let change = |definition: &mut ClientDefinition| {
            definition.authentication = vec![ClientAuthentication::PrivateKeyJwt];
            definition.jwks = Some(jwks);
        };
        Self { client: world.client(change).await, key }
    }

    /// An assertion, right but for this change.
    fn assertion(&self, world: &World, jti: &str, change: impl FnOnce(&mut Value)) -> String {
        let (id, now) = (&self.client.id, world.app.node.authority.clock().now().unix_seconds());
        let mut claims = json!({"iss": id, "sub": id, "aud": world.issuer(), "jti": jti, "iat": now, "exp": now + 60});
        change(&mut claims);
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.key.kid()}).to_string();
        self.key.compact(&header, claims.to_string().as_bytes()).expect("signed")
    }
}

async fn ask(world: &World, path: &str, assertion: &str, fields: &[(&str, &str)]) -> Answer {
    let own = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
    world.post_with(path, &[], &[fields, &own].concat()).await
}

const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "shop")];

#[tokio::test]
async fn oa21_11_r9700_34_the_audience_is_the_issuer_as_one_string() {
    let world = World::new().await;
    let signer = Signer::of(&world).await;
    let issuer = world.issuer();
    let right = signer.assertion(&world, "right", |_| {});
    ask(&world, "/connect/token", &right, &OWN).await.expect(200);
    let wrong = [
        json!(format!("{issuer}/connect/token")),
        json!([issuer]),
        json!([issuer, "https://other.example"]),
        json!(format!("{issuer}/")),
        json!(format!("{issuer}/.well-known/openid-configuration")),
        json!("https://other.example"),
        json!(""),
        Value::Null,
    ];
    for (number, audience) in wrong.into_iter().enumerate() {
        let assertion = signer.assertion(&world, &number.to_string(), |claims| claims["aud"] = audience.clone());
        // Each from another address, so that it is not the number of tries that is refused.
        let address = format!("192.0.2.{number}");
        let fields = [&OWN[..], &[("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)]].concat();
        let answer = world.post_with("/connect/token", &[("x-forwarded-for", &address)], &fields).await;
        refused(&answer, 401, "invalid_client");
    }
}

#[tokio::test]
async fn r9700_14_who_can_authenticate_must_wherever_it_asks() {
    let world = World::new().await;
    let (signer, client) = (Signer::of(&world).await, world.confidential().await);
    let asks: [(&str, &[(&str, &str)]); 4] = [
        ("/connect/token", &OWN),
        ("/connect/par", &[("response_type", "code"), ("redirect_uri", REDIRECT), ("scope", "shop")]),
        ("/connect/revocation", &[("token", "prta_x")]),
        ("/connect/introspect", &[("token", "prta_x")]),
    ];
    for (path, fields) in asks {
        for id in [&signer.client.id, &client.id] {
            let bare = [fields, &[("client_id", id.as_str())]].concat();
            let answer = world.post_with(path, &[], &bare).await;
            let expected = if path == "/connect/introspect" { (401, "invalid_token") } else { (401, "invalid_client") };
            refused(&answer, expected.0, expected.1);
        }
        let unsigned = [fields, &[("client_id", signer.client.id.as_str()), ("client_secret", "x")]].concat();
        assert!(matches!(world.post_with(path, &[], &unsigned).await.status, 400 | 401), "{path}");
        let assertion = signer.assertion(&world, path, |_| {});
        assert!(matches!(ask(&world, path, &assertion, fields).await.status, 200 | 201), "{path}");
    }
}
