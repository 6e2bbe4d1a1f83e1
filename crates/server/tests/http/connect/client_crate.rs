//! The crate `oauth2` of crates.io, unmodified: a client as Rust programs are written.

use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IntrospectionUrl,
    PkceCodeChallenge, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl, Scope, StandardRevocableToken,
    TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
};
use testkit::{App, Visitor};

use super::world::{Made, REDIRECT, Sent, World, decide};

/// Carries the crate's requests: its HTTP client.
async fn send(app: &App, request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let call = parts.headers.iter().fold(app.call(parts.method.as_str(), path), |call, (name, value)| {
        call.header(name.as_str(), value.to_str().expect("a value of text"))
    });
    let answer = call.bytes(body).send().await;
    let mut response = HttpResponse::new(answer.text.into_bytes());
    *response.status_mut() = answer.status.try_into().expect("a status");
    *response.headers_mut() = answer.headers;
    Ok(response)
}

type Known = BasicClient<oauth2::EndpointSet, oauth2::EndpointNotSet, oauth2::EndpointSet, oauth2::EndpointSet, oauth2::EndpointSet>;

fn client(world: &World, made: &Made, secret: &str) -> Known {
    let at = |path: &str| format!("{}{path}", world.issuer());
    BasicClient::new(ClientId::new(made.id.clone()))
        .set_client_secret(ClientSecret::new(secret.to_owned()))
        .set_auth_uri(AuthUrl::new(at("/connect/authorize")).expect("a URL"))
        .set_token_uri(TokenUrl::new(at("/connect/token")).expect("a URL"))
        // The crate ends tokens over HTTPS only; what carries its requests looks at the path alone.
        .set_revocation_url(RevocationUrl::new("https://account.example/connect/revocation".to_owned()).expect("a URL"))
        .set_introspection_url(IntrospectionUrl::new(at("/connect/introspect")).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(REDIRECT.to_owned()).expect("a URL"))
}

/// The code of the answer to what the crate asks for.
async fn code(visitor: &mut Visitor<'_>, url: &oauth2::url::Url, state: &CsrfToken) -> AuthorizationCode {
    let page = visitor.get(&format!("{}?{}", url.path(), url.query().expect("a query"))).await;
    let answer = if page.status == 303 { page } else { decide(visitor, &page, "allow").await };
    let sent = Sent::of(&answer);
    assert_eq!(sent.get("state"), state.secret());
    AuthorizationCode::new(sent.get("code").to_owned())
}

async fn allowed(world: &World, token: &AccessToken) -> bool {
    let asked = world.app.call("GET", "/forward-auth/privacy").token(token.secret());
    asked.header("x-forwarded-method", "GET").header("x-forwarded-uri", "/workspaces").send().await.status == 200
}

fn refusal<T, E: std::error::Error + 'static>(
    answer: Result<T, RequestTokenError<E, oauth2::basic::BasicErrorResponse>>,
) -> Option<BasicErrorResponseType> {
    match answer {
        Err(RequestTokenError::ServerResponse(told)) => Some(told.error().clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_client_of_crates_io_completes_its_flows() {
    let world = World::start().await;
    let made = world.client(|definition| definition.grant_types.push(domain::client::GrantType::ClientCredentials)).await;
    let secret = made.secret.clone().expect("a secret");
    let oauth = client(&world, &made, &secret);
    let http = |request| send(&world.app, request);
    let scopes = ["api1", "offline_access"].map(|name| Scope::new(name.to_owned()));

    let own = oauth.exchange_client_credentials().add_scope(scopes[0].clone()).request_async(&http).await.expect("a token");
    assert!(own.refresh_token().is_none() && own.expires_in().is_some() && allowed(&world, own.access_token()).await);
    assert!(oauth.introspect(own.access_token()).request_async(&http).await.expect("an answer").active());
    oauth.revoke_token(own.access_token().into()).expect("a URL").request_async(&http).await.expect("ended");
    assert!(!oauth.introspect(own.access_token()).request_async(&http).await.expect("an answer").active());
    assert!(!allowed(&world, own.access_token()).await);
    let wrong = client(&world, &made, "wrong").exchange_client_credentials().request_async(&http).await;
    assert_eq!(refusal(wrong), Some(BasicErrorResponseType::InvalidClient));

    let mut ann = world.ann().await;
    let (url, state) = oauth.authorize_url(CsrfToken::new_random).add_scopes(scopes.clone()).url();
    let code_of_ann = code(&mut ann, &url, &state).await;
    let token = oauth.exchange_code(code_of_ann).request_async(&http).await.expect("a token");
    assert!(allowed(&world, token.access_token()).await);
    let refresh = RefreshToken::clone(token.refresh_token().expect("one"));
    let again = oauth.exchange_refresh_token(&refresh).request_async(&http).await.expect("a token");
    assert!(allowed(&world, again.access_token()).await);
    let ended = StandardRevocableToken::from(&refresh);
    oauth.revoke_token(ended).expect("a URL").request_async(&http).await.expect("ended");
    let revoked = oauth.exchange_refresh_token(&refresh).request_async(&http).await;
    assert_eq!(refusal(revoked), Some(BasicErrorResponseType::InvalidGrant));

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = oauth.authorize_url(CsrfToken::new_random).add_scopes(scopes).set_pkce_challenge(challenge).url();
    let once = code(&mut ann, &url, &state).await;
    let with = |verifier: &str| oauth2::PkceCodeVerifier::new(verifier.to_owned());
    let exchange = || oauth.exchange_code(once.clone()).set_pkce_verifier(with(verifier.secret()));
    let token = exchange().request_async(&http).await.expect("a token");
    assert!(allowed(&world, token.access_token()).await);
    let replayed = exchange().request_async(&http).await;
    assert_eq!(refusal(replayed), Some(BasicErrorResponseType::InvalidGrant));
    assert!(!allowed(&world, token.access_token()).await, "what came of a replayed code has ended");
}
