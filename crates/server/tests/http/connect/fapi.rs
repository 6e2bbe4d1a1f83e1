//! A client of FAPI 2.0 as its library is: pushed requests, PKCE, signed assertions, and a DPoP proof with every request.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::client::{ClientAuthentication, ClientDefinition, Profile};
use serde_json::{Value, json};
use testkit::{Answer, Visitor, encoded};

use super::signer::{Signer, with};
use super::world::*;

pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub(super) const PAR: &str = "/connect/par";
pub(super) const TOKEN: &str = "/connect/token";

/// A client that was registered with its keys.
pub(super) struct Fapi {
    pub(super) world: World,
    pub(super) client: Made,
    /// What it signs assertions and request objects with.
    pub(super) key: Signer,
    /// What its tokens are bound to.
    pub(super) holder: Signer,
    pub(super) number: AtomicU64,
}

impl Fapi {
    pub(super) async fn start() -> Self {
        Self::with(Signer::es256().named("one"), |_| {}).await
    }

    /// One that signs with this key, and is otherwise in this way.
    pub(super) async fn with(key: Signer, change: impl FnOnce(&mut ClientDefinition)) -> Self {
        let world = World::start().await;
        let jwks = json!({"keys": [key.jwk()]});
        let client = world.client(|definition| {
            definition.jwks = Some(jwks);
            strict(definition);
            change(definition);
        });
        let client = client.await;
        Self { client, world, key, holder: Signer::es256(), number: AtomicU64::new(0) }
    }

    pub(super) fn now(&self) -> i64 {
        self.world.context().now.unix_seconds()
    }

    /// A name that was not used before.
    pub(super) fn name(&self) -> String {
        format!("a name that nobody guesses, number {}", self.number.fetch_add(1, Ordering::Relaxed))
    }

    /// An address that was not used before.
    pub(super) fn address(&self) -> String {
        format!("198.51.100.{}", self.number.fetch_add(1, Ordering::Relaxed) % 250)
    }

    /// The claims of a good assertion.
    pub(super) fn assertion(&self) -> Value {
        let (id, now) = (self.client.id.as_str(), self.now());
        json!({"iss": id, "sub": id, "aud": self.world.issuer(), "iat": now, "exp": now + 60, "jti": self.name()})
    }

    pub(super) fn signed_assertion(&self) -> String {
        self.key.sign(json!({}), &self.assertion())
    }

    /// The claims of a good proof.
    pub(super) fn proof(&self, method: &str, url: &str) -> Value {
        json!({"jti": self.name(), "htm": method, "htu": url, "iat": self.now()})
    }

    /// A proof by this key.
    pub(super) fn prove(&self, by: &Signer, claims: &Value) -> String {
        by.sign(json!({"typ": "dpop+jwt", "jwk": by.jwk()}), claims)
    }

    /// A good proof for an endpoint of ours, with this access token if there is one.
    pub(super) fn proven(&self, method: &str, path: &str, token: Option<&str>) -> String {
        let url = format!("{}{path}", self.world.issuer());
        self.proven_at(method, &url, token)
    }

    /// A good proof for a URL.
    pub(super) fn proven_at(&self, method: &str, url: &str, token: Option<&str>) -> String {
        let claims = self.proof(method, url);
        let claims = token.map_or(claims.clone(), |token| with(&claims, "ath", ath(token)));
        self.prove(&self.holder, &claims)
    }

    /// Sends a form with these headers.
    pub(super) async fn post(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let mut call = self.world.app.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.bytes(encoded(fields).into_bytes()).send().await
    }

    /// Sends a form with this assertion and no proof.
    pub(super) async fn asserted(&self, path: &str, assertion: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
        self.post(path, &[], &[&own, fields].concat()).await
    }

    /// Sends a form with a good assertion and a good proof.
    pub(super) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_with(path, &self.proven("POST", path, None), fields).await
    }

    /// Sends a form with a good assertion and this proof.
    pub(super) async fn send_with(&self, path: &str, proof: &str, fields: &[(&str, &str)]) -> Answer {
        let assertion = self.signed_assertion();
        let own = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        self.post(path, &[("dpop", proof)], &[&own, fields].concat()).await
    }

    /// Its authorization request.
    pub(super) fn request(&self) -> Request {
        Request::of(&self.client).pkce().with("scope", "openid api1 offline_access")
    }

    pub(super) async fn push(&self, request: &Request) -> Answer {
        self.send(PAR, &request.fields()).await
    }

    /// Where a browser goes with what was pushed.
    pub(super) fn authorize(&self, pushed: &Answer) -> String {
        let request_uri = pushed.member("/request_uri");
        format!("/connect/authorize?{}", encoded(&[("client_id", &self.client.id), ("request_uri", &request_uri)]))
    }

    /// Goes there with a browser in which somebody is signed in, and says yes if asked.
    pub(super) async fn allowed(&self, visitor: &mut Visitor<'_>, pushed: &Answer) -> Sent {
        let page = visitor.get(&self.authorize(pushed)).await;
        if page.status == 303 { Sent::of(&page) } else { Sent::of(&decide(visitor, &page, "allow").await) }
    }

    /// A fresh code.
    pub(super) async fn code(&self) -> String {
        let pushed = self.push(&self.request()).await.expect(201);
        self.allowed(&mut self.world.ann().await, &pushed).await.get("code").to_owned()
    }

    pub(super) async fn redeem(&self, code: &str) -> Answer {
        self.send(TOKEN, &redeeming(code)).await
    }

    /// Fresh tokens.
    pub(super) async fn tokens(&self) -> Answer {
        self.redeem(&self.code().await).await.expect(200)
    }

    /// A credential of the API `privacy`.
    pub(super) async fn api_credential(&self) -> String {
        let body = json!({"description": "the API itself"});
        self.world.app.make("/api/v1/apis/privacy/credentials", body).await.member("/secret")
    }
}

/// What a client with its own key under FAPI 2.0 is.
pub(super) fn strict(definition: &mut ClientDefinition) {
    definition.profile = Profile::Fapi2;
    definition.authentication = vec![ClientAuthentication::PrivateKeyJwt];
    definition.requires_dpop = true;
    definition.requires_pushed_requests = true;
}

pub(super) fn redeeming(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]
}

pub(super) fn refreshing(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

/// RFC 9449 section 4.2.
pub(super) fn ath(token: &str) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

/// The status and the `error` of a refusal.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16, error: &str) {
    assert!(answer.header("cache-control").is_some_and(|cache| cache.contains("no-store")), "{:?}", answer.headers);
    assert_eq!((answer.status, answer.member("/error")), (status, error.to_owned()), "{}", answer.text);
}
