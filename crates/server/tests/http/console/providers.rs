//! Signing in with an account at another provider of OpenID Connect: a small one that runs here and says what the test wants.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use server::console::SignInProvider;
use testkit::{App, SeededEntropy, Visitor, hidden};

use super::new_browser::told;
use super::{PASSWORD, SESSION, signed_in, with_ann};

const START: &str = "/sign-in/providers/office";
const CALLBACK: &str = "/sign-in/providers/office/callback";

/// A provider.
#[derive(Clone)]
struct Provider {
    issuer: String,
    said: Arc<Mutex<Said>>,
}

/// What it says, and what it was asked.
struct Said {
    keys: Vec<SigningKey>,
    /// Members of its metadata that are otherwise than usual.
    metadata: Value,
    /// Members of the ID token that are otherwise than usual.
    claims: Value,
    /// A whole ID token in the place of an own one.
    token: Option<String>,
    userinfo: Value,
    /// The form and the `Authorization` of the last request for tokens.
    asked: Option<(String, Option<String>)>,
    nonce: String,
}

fn key() -> SigningKey {
    static ENTROPY: SeededEntropyOnce = SeededEntropyOnce::new();
    let made = SigningKey::generate(Algorithm::ES256, ENTROPY.get()).expect("a key");
    SigningKey::from_pkcs8(Algorithm::ES256, made.expose()).expect("a key")
}

/// One source for all keys, so that no two are the same.
struct SeededEntropyOnce(std::sync::OnceLock<SeededEntropy>);

impl SeededEntropyOnce {
    const fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    fn get(&self) -> &SeededEntropy {
        self.0.get_or_init(SeededEntropy::default)
    }
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let said = Said {
            keys: vec![key()],
            metadata: json!({}),
            claims: json!({}),
            token: None,
            userinfo: json!({}),
            asked: None,
            nonce: String::new(),
        };
        let provider = Self { issuer, said: Arc::new(Mutex::new(said)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(async |State(provider): State<Provider>| Json(provider.said().userinfo.clone())))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().expect("not poisoned")
    }

    /// A server that knows it.
    async fn app(&self) -> App {
        let issuer = self.issuer.clone();
        App::start_with(move |config| {
            let file = config.data.with_file_name("client-secret");
            std::fs::write(&file, "its secret\n").expect("written");
            let provider = json!({
                "name": "office", "label": "Work", "issuer": issuer, "client_id": "poort", "client_secret_file": file,
            });
            config.sign_in_providers = vec![serde_json::from_value::<SignInProvider>(provider).expect("a provider")];
            config.outbound_networks = vec!["127.0.0.1".to_owned()];
            config.mailbox = Some(config.data.with_file_name("mailbox"));
        })
        .await
    }
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let issuer = &provider.issuer;
    let usual = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
    });
    Json(with(usual, &provider.said().metadata))
}

async fn jwks(State(provider): State<Provider>) -> Json<Value> {
    let keys: Vec<Value> = provider.said().keys.iter().map(|key| key.public().to_jwk()).collect();
    Json(json!({"keys": keys}))
}

async fn token(State(provider): State<Provider>, headers: http::HeaderMap, form: String) -> Json<Value> {
    let mut said = provider.said();
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    said.asked = Some((form, authorization));
    let now = 1_795_262_400;
    let usual = json!({
        "iss": provider.issuer, "sub": "subject-1", "aud": "poort", "iat": now, "exp": now + 300, "nonce": said.nonce,
        "email": "ann@example.org", "email_verified": true,
    });
    let key = said.keys.last().expect("a key");
    let header = json!({"alg": "ES256", "kid": key.kid()}).to_string();
    let own = key.compact(&header, with(usual, &said.claims).to_string().as_bytes()).expect("signed");
    Json(json!({"id_token": said.token.clone().unwrap_or(own), "access_token": "an access token", "token_type": "Bearer"}))
}

fn with(mut usual: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().expect("members") {
        usual[name] = value.clone();
    }
    usual.as_object_mut().expect("members").retain(|_, value| !value.is_null());
    usual
}

/// The value of a parameter in the URL that the page leads to.
fn parameter(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once("content=\"0;url=").expect("a way on");
    let url = rest.split('"').next().expect("its end").replace("&#38;", "&").replace("&amp;", "&");
    let query = url.split_once('?').expect("a query").1;
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    pair.unwrap_or_else(|| panic!("no {name} in {url}")).to_owned()
}

/// Goes to the provider, which remembers the nonce; gives the state.
async fn go(provider: &Provider, visitor: &mut Visitor<'_>, path: &str) -> String {
    let csrf = hidden(&visitor.get("/sign-in").await.text, "csrf").expect("a token");
    let page = visitor.post(path, &[("csrf", &csrf)]).await.expect(200);
    provider.said().nonce = parameter(&page.text, "nonce");
    parameter(&page.text, "state")
}

async fn come_back(visitor: &mut Visitor<'_>, state: &str) -> testkit::Answer {
    visitor.get(&format!("{CALLBACK}?code=the-code&state={state}")).await
}

#[tokio::test]
async fn a_verified_address_links_an_account_once() {
    let provider = Provider::start().await;
    let app = provider.app().await;
    let ann = with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    let page = visitor.get("/sign-in?next=/en/profile/sign-in").await.expect(200).text;
    assert!(page.contains("Sign in with Work") && page.contains("action=\"/sign-in/providers/office?next="), "{page}");
    let csrf = hidden(&page, "csrf").expect("a token");
    let onward = visitor.post(&format!("{START}?next=%2Fen%2Fprofile%2Fsign-in"), &[("csrf", &csrf)]).await.expect(200).text;
    assert_eq!(parameter(&onward, "code_challenge_method"), "S256");
    assert_eq!(parameter(&onward, "tenant"), "1");
    assert!(parameter(&onward, "redirect_uri").ends_with("%2Fsign-in%2Fproviders%2Foffice%2Fcallback"), "{onward}");
    provider.said().nonce = parameter(&onward, "nonce");
    let back = come_back(&mut visitor, &parameter(&onward, "state")).await.expect(303);
    assert_eq!(back.header("location"), Some("/en/profile/sign-in"));
    assert!(visitor.get("/en/profile").await.expect(200).text.contains("ann@example.org"));
    let (form, authorization) = provider.said().asked.clone().expect("asked");
    assert!(form.contains("code_verifier=") && form.contains("code=the-code") && !form.contains("secret"), "{form}");
    assert_eq!(authorization.as_deref(), Some(testkit::basic("poort", "its%20secret").as_str()));

    // From now on the account counts, whatever its address.
    for claims in [json!({"email": "other@example.org"}), json!({"email": null}), json!({"email_verified": false})] {
        provider.said().claims = claims;
        let mut visitor = Visitor::new(&app);
        let state = go(&provider, &mut visitor, START).await;
        come_back(&mut visitor, &state).await.expect(303);
        assert!(visitor.get("/en/profile").await.expect(200).text.contains("ann@example.org"));
    }
    // Another account with Ann's address is not hers.
    provider.said().claims = json!({"sub": "subject-2"});
    let state = go(&provider, &mut Visitor::new(&app), START).await;
    come_back(&mut Visitor::new(&app), &state).await.expect(403);
    let mut visitor = Visitor::new(&app);
    let state = go(&provider, &mut visitor, START).await;
    let refused = come_back(&mut visitor, &state).await.expect(403);
    assert!(refused.text.contains("Nobody here") && !visitor.cookies.contains_key(SESSION), "{}", refused.text);
    // Nor does a suspended person get in by it.
    provider.said().claims = json!({});
    assert!(app.operate("PUT", &format!("/api/v1/people/{ann}/suspension")).send().await.status < 300);
    let state = go(&provider, &mut visitor, START).await;
    come_back(&mut visitor, &state).await.expect(403);
    assert!(!visitor.cookies.contains_key(SESSION));
}

#[tokio::test]
async fn an_address_that_is_not_verified_links_nothing() {
    let provider = Provider::start().await;
    let app = provider.app().await;
    with_ann(&app).await;
    let of_userinfo = json!({"email": null, "email_verified": null});
    for (claims, userinfo) in [
        (json!({"email_verified": false}), json!({})),
        (json!({"email_verified": "true"}), json!({})),
        (json!({"email_verified": null}), json!({})),
        (json!({"email": "nobody@example.org"}), json!({})),
        (of_userinfo.clone(), json!({"sub": "subject-1", "email": "ann@example.org"})),
        (of_userinfo.clone(), json!({"sub": "subject-2", "email": "ann@example.org", "email_verified": true})),
    ] {
        (provider.said().claims, provider.said().userinfo) = (claims.clone(), userinfo);
        let mut visitor = Visitor::new(&app);
        let state = go(&provider, &mut visitor, START).await;
        come_back(&mut visitor, &state).await.expect(403);
        assert!(!visitor.cookies.contains_key(SESSION), "{claims}");
    }
    (provider.said().claims, provider.said().userinfo) =
        (of_userinfo, json!({"sub": "subject-1", "email": "ann@example.org", "email_verified": true}));
    let mut visitor = Visitor::new(&app);
    let state = go(&provider, &mut visitor, START).await;
    come_back(&mut visitor, &state).await.expect(303);
}

#[tokio::test]
async fn an_id_token_that_is_not_right_signs_nobody_in() {
    let provider = Provider::start().await;
    let app = provider.app().await;
    with_ann(&app).await;
    for claims in [
        json!({"iss": "https://evil.example"}),
        json!({"aud": "another"}),
        json!({"aud": ["poort", "another"]}),
        json!({"azp": "another"}),
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"exp": 1_795_262_399}),
        json!({"exp": null}),
        json!({"iat": 1_795_262_500}),
        json!({"sub": null}),
    ] {
        provider.said().claims = claims.clone();
        let mut visitor = Visitor::new(&app);
        let state = go(&provider, &mut visitor, START).await;
        let refused = come_back(&mut visitor, &state).await.expect(403);
        assert!(!visitor.cookies.contains_key(SESSION) && refused.text.contains("did not work"), "{claims}");
    }
    provider.said().claims = json!({});
    // Signed by nobody, or by somebody else under the same name.
    let stranger = key();
    let kid = provider.said().keys[0].kid().to_owned();
    let payload = json!({"iss": provider.issuer, "sub": "s", "aud": "poort", "iat": 1_795_262_400, "exp": 1_795_262_700});
    let forged = stranger.compact(&json!({"alg": "ES256", "kid": kid}).to_string(), payload.to_string().as_bytes()).expect("signed");
    for token in [forged, "eyJhbGciOiJub25lIn0.e30.".to_owned(), String::new()] {
        provider.said().token = Some(token);
        let mut visitor = Visitor::new(&app);
        let state = go(&provider, &mut visitor, START).await;
        come_back(&mut visitor, &state).await.expect(403);
        assert!(!visitor.cookies.contains_key(SESSION));
    }
    // With another key from one moment to the next it is asked again which keys it has.
    provider.said().token = None;
    provider.said().keys = vec![key()];
    let mut visitor = Visitor::new(&app);
    let state = go(&provider, &mut visitor, START).await;
    come_back(&mut visitor, &state).await.expect(303);
}

/// CSRF-07.
#[tokio::test]
async fn an_answer_counts_once_and_in_its_own_browser() {
    let provider = Provider::start().await;
    let app = provider.app().await;
    with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    let state = go(&provider, &mut visitor, START).await;
    let mut other = Visitor::new(&app);
    other.get("/sign-in").await.expect(200);
    come_back(&mut other, &state).await.expect(403);
    visitor.get(&format!("{CALLBACK}?code=x")).await.expect(403);
    visitor.get(&format!("{CALLBACK}?code=x&state=x")).await.expect(403);
    come_back(&mut visitor, &state).await.expect(303);
    visitor.cookies.remove(SESSION);
    come_back(&mut visitor, &state).await.expect(403);
    // An error of the provider is told, and its words are not.
    let state = go(&provider, &mut visitor, START).await;
    let refused = visitor.get(&format!("{CALLBACK}?error=access_denied&error_description=%3Cscript%3E&state={state}")).await.expect(403);
    assert!(refused.text.contains("did not work") && !refused.text.contains("<script>"), "{}", refused.text);
    // An answer that says that it is another issuer's is not taken (RFC 9207).
    let state = go(&provider, &mut visitor, START).await;
    visitor.get(&format!("{CALLBACK}?code=x&state={state}&iss=https%3A%2F%2Fevil.example")).await.expect(403);
    // Nor does a form from elsewhere, or a link, begin anything.
    visitor.post(START, &[("csrf", "x")]).await.expect(403);
    visitor.get(START).await.expect(405);
    visitor.post("/sign-in/providers/unknown", &[("csrf", "x")]).await.expect(404);
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_and_the_password_works() {
    let provider = Provider::start().await;
    let app = provider.app().await;
    with_ann(&app).await;
    for metadata in [
        json!({"issuer": "https://evil.example"}),
        json!({"token_endpoint": null}),
        json!({"jwks_uri": "http://169.254.169.254/keys"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
    ] {
        provider.said().metadata = metadata.clone();
        let mut visitor = Visitor::new(&app);
        let csrf = hidden(&visitor.get("/sign-in").await.text, "csrf").expect("a token");
        let page = visitor.post(START, &[("csrf", &csrf)]).await;
        assert!(matches!(page.status, 403 | 502) && page.text.contains("sign in with your password"), "{metadata}: {}", page.text);
        visitor.sign_in("ann@example.org", super::PASSWORD).await.expect(303);
    }
    provider.said().metadata = json!({"authorization_response_iss_parameter_supported": true});
    let mut visitor = Visitor::new(&app);
    let state = go(&provider, &mut visitor, START).await;
    come_back(&mut visitor, &state).await.expect(403);
}

/// The provider tells of its own signings in; the browser is known all the same.
#[tokio::test]
async fn a_browser_is_known_that_came_by_a_provider() {
    let provider = Provider::start().await;
    let app = provider.app().await;
    with_ann(&app).await;
    signed_in(&app).await;
    let mut visitor = Visitor::new(&app);
    let state = go(&provider, &mut visitor, START).await;
    come_back(&mut visitor, &state).await.expect(303);
    assert_eq!(told(&app).await, 0, "not for signing in at a provider");
    visitor.cookies.retain(|name, _| !name.ends_with("-session"));
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert_eq!(told(&app).await, 0, "it is known");
    Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert_eq!(told(&app).await, 1, "this one is not");
}
