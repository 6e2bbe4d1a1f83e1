//! A client of the profile `nlgov`, as an agency has it: a key of its own, signed assertions, PKCE.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Secret;
use domain::client::{ApplicationType, ClientAuthentication, ClientDefinition, GrantType, Profile};
use jose::client_assertion::ASSERTION_TYPE;
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use testkit::{Answer, Visitor, encoded};

use super::world::*;

/// A native client's address, with whatever port it has now.
pub(super) const LOOPBACK: &str = "http://127.0.0.1:49152/cb";
pub(super) const TOKEN: &str = "/connect/token";

static ASSERTIONS: AtomicU64 = AtomicU64::new(0);

/// A key that a client signs with.
pub(super) struct Key {
    pkcs8: Secret<Vec<u8>>,
    signing: SigningKey,
}

impl Key {
    pub(super) fn new(world: &World, algorithm: Algorithm) -> Self {
        let pkcs8 = SigningKey::generate(algorithm, &**world.app.node.authority.entropy()).expect("a key");
        let signing = SigningKey::from_pkcs8(algorithm, pkcs8.expose()).expect("a key");
        Self { pkcs8, signing }
    }

    pub(super) fn jwks(&self) -> Value {
        let mut jwk = self.signing.public().to_jwk();
        // So that an RSA key is for both of its algorithms.
        jwk.as_object_mut().expect("an object").remove("alg");
        json!({"keys": [jwk]})
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": self.signing.algorithm().name(), "typ": "JWT", "kid": self.signing.kid()});
        self.signing.compact(&header.to_string(), claims.to_string().as_bytes()).expect("signed")
    }

    /// The same with `PS256`, which the server itself signs nothing with.
    pub(super) fn sign_ps256(&self, claims: &Value) -> String {
        let header = json!({"alg": "PS256", "kid": self.signing.kid()});
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let pair = RsaKeyPair::from_pkcs8(self.pkcs8.expose()).expect("a key");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("signed");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The server with Acme and Ann, and a client of Acme under `nlgov`.
pub(super) struct Agency {
    pub(super) world: World,
    pub(super) client: Made,
    pub(super) key: Key,
}

/// What a client under `nlgov` is.
pub(super) fn strict(definition: &mut ClientDefinition, key: &Key) {
    definition.profile = Profile::Nlgov;
    definition.authentication = vec![ClientAuthentication::PrivateKeyJwt];
    definition.jwks = Some(key.jwks());
}

impl Agency {
    pub(super) async fn start() -> Self {
        Self::signing(Algorithm::ES256).await
    }

    /// With a key for this algorithm.
    pub(super) async fn signing(algorithm: Algorithm) -> Self {
        Self::of(World::start().await, algorithm).await
    }

    /// In a world that is there.
    pub(super) async fn of(world: World, algorithm: Algorithm) -> Self {
        let key = Key::new(&world, algorithm);
        let client = world.client(|definition| strict(definition, &key)).await;
        Self { world, client, key }
    }

    /// A client that acts for itself.
    pub(super) async fn own(&self) -> Made {
        self.world
            .client(|definition| {
                strict(definition, &self.key);
                definition.grant_types = vec![GrantType::ClientCredentials];
            })
            .await
    }

    /// A public one, on a person's own machine.
    pub(super) async fn native(&self) -> Made {
        self.world
            .client(|definition| {
                definition.profile = Profile::Nlgov;
                definition.authentication = vec![];
                definition.application_type = ApplicationType::Native;
                definition.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
            })
            .await
    }

    /// The claims of an assertion that is right.
    pub(super) fn claims(&self, client: &Made) -> Value {
        let now = domain::time::Clock::now(&*self.world.app.clock).unix_seconds();
        let number = ASSERTIONS.fetch_add(1, Ordering::Relaxed);
        json!({
            "iss": client.id, "sub": client.id, "aud": format!("{}{TOKEN}", self.world.issuer()), "iat": now, "exp": now + 60,
            "jti": format!("{now}/107c4da5194df463e52b56865c5af34e5595/{number}"),
        })
    }

    /// A form with this assertion.
    pub(super) async fn post_with(&self, path: &str, assertion: &str, fields: &[(&str, &str)]) -> Answer {
        let proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
        self.form(path, &[fields, &proof].concat()).await
    }

    /// A form of a client that signs.
    pub(super) async fn post_as(&self, client: &Made, path: &str, fields: &[(&str, &str)]) -> Answer {
        let assertion = self.key.sign(&self.claims(client));
        self.post_with(path, &assertion, &[fields, &[("client_id", client.id.as_str())]].concat()).await
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_as(&self.client, path, fields).await
    }

    /// A form of whoever knows what stands in it.
    pub(super) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let call = self.world.app.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        call.bytes(encoded(fields).into_bytes()).send().await
    }

    pub(super) fn request(&self) -> Request {
        Request::of(&self.client).pkce().with("scope", "openid reading offline_access").with("nonce", "188637b3af14a")
    }

    /// A code for a request, after Ann has allowed it.
    pub(super) async fn code(&self, request: &Request) -> String {
        let mut ann = self.world.ann().await;
        allow(&mut ann, request).await.get("code").to_owned()
    }

    /// What comes for a code.
    pub(super) async fn redeem(&self, code: &str) -> Answer {
        self.post(TOKEN, &redemption(code, REDIRECT)).await
    }

    /// What comes for a request.
    pub(super) async fn tokens(&self, request: &Request) -> Answer {
        self.redeem(&self.code(request).await).await.expect(200)
    }

    /// What comes for the native client.
    pub(super) async fn native_tokens(&self, client: &Made) -> Answer {
        let request = Request::of(client).pkce().with("redirect_uri", LOOPBACK);
        let code = self.code(&request).await;
        self.form(TOKEN, &[&redemption(&code, LOOPBACK)[..], &[("client_id", client.id.as_str())]].concat()).await.expect(200)
    }

    pub(super) async fn refresh(&self, token: &str) -> Answer {
        self.post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// What a new organisation key is refused for: the fields.
    pub(super) async fn refused(&self, members: Value) -> Vec<String> {
        let mut body = json!({
            "name": "Veldboek", "profile": "nlgov", "authentication": ["private_key_jwt"], "jwks": self.key.jwks(),
            "redirect_uris": [REDIRECT], "grant_types": ["authorization_code"],
        });
        for (name, value) in members.as_object().expect("members") {
            body[name] = value.clone();
        }
        let path = format!("/api/v1/organisations/{}/organisation-keys", self.world.organisation);
        let answer = self.world.app.operate("POST", &path).header("idempotency-key", &self.world.app.key()).json(&body).send().await;
        if answer.status == 201 {
            return Vec::new();
        }
        let problem = answer.expect(400).json();
        let fields = problem["errors"].as_array().into_iter().flatten().filter_map(|error| error["field"].as_str());
        fields.map(str::to_owned).collect()
    }
}

pub(super) fn redemption<'f>(code: &'f str, redirect: &'f str) -> [(&'f str, &'f str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", VERIFIER)]
}

/// A part of a JWT, which nobody has verified: 0 is the header, 1 the claims.
#[track_caller]
pub(super) fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// The error of a refusal.
#[track_caller]
pub(super) fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.member("/error"))
}

/// Opens a request as Ann and gives what the client is told.
pub(super) async fn told(ann: &mut Visitor<'_>, request: &Request) -> Sent {
    Sent::of(&ann.get(&request.path()).await)
}
