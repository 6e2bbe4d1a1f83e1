//! The OAuth endpoints over real HTTP: a file for each standard, a case for each of its demands, named by its id.

pub(super) mod attacks;
mod attacks_client;
mod client_assertion;
mod explained;
mod oauth21_bearer;
mod oauth21_kept;
mod oauth21_refresh;
mod oauth21_token;
mod races;
mod rfc7009;
mod rfc7636;
mod rfc7662;
mod rfc8628_key;
mod rfc8707;
mod rfc9068;
mod rfc9068_checks;
mod rfc9449;
mod rfc9701;

use authority::authorize::{Authorised, Consented};
use authority::{ClientRequest, Context, NewOrganisationKey, RequestedPermissions, plain_client};
use domain::authorization::Authorization;
use domain::client::{ClientAuthentication, ClientDefinition, GrantType};
use domain::permission::Permissions;
use domain::text::Name;
use domain::{CredentialId, MembershipId, OrganisationId, PersonId, RequestId, SessionId};
use serde_json::{Value, json};
use testkit::{Answer, App, basic};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "https://app.example/cb";

/// An organisation with a member, two APIs, and clients of all sorts.
struct World {
    app: App,
    organisation: OrganisationId,
    person: PersonId,
    membership: MembershipId,
    /// The API credential of `shop`, and of `depot`.
    shop: String,
    depot: String,
}

/// A client with its secret.
#[derive(Clone)]
struct TestClient {
    key: CredentialId,
    id: String,
    secret: String,
    is_public: bool,
}

impl TestClient {
    fn basic(&self) -> String {
        basic(&self.id, &self.secret)
    }
}

impl World {
    async fn new() -> Self {
        Self::of(App::start().await).await
    }

    async fn of(app: App) -> Self {
        let organisation = app.organisation("acme").await;
        let person = app.person("anna", &organisation, &["member"]).await;
        let memberships = app.operate("GET", &format!("/api/v1/people/{person}/memberships")).send().await.expect(200);
        let membership = memberships.member("/items/0/id");
        let shop = api(&app, "shop", None).await;
        let depot = api(&app, "depot", Some("ES256")).await;
        let id = |text: &str| text.parse().expect("an id");
        Self {
            organisation: id(&organisation),
            person: person.parse().expect("an id"),
            membership: membership.parse().expect("an id"),
            shop,
            depot,
            app,
        }
    }

    fn context(&self) -> Context {
        let now = self.app.node.authority.clock().now();
        let request = RequestId::generate(now, &**self.app.node.authority.entropy()).expect("an id");
        Context::system(request, now)
    }

    async fn client(&self, change: impl FnOnce(&mut ClientDefinition)) -> TestClient {
        let name = Name::new("Planner").expect("a name");
        let mut definition = plain_client(name);
        definition.permissions = Permissions::All;
        definition.grant_types = vec![GrantType::ClientCredentials, GrantType::AuthorizationCode, GrantType::RefreshToken];
        definition.redirect_uris = vec![REDIRECT.to_owned()];
        change(&mut definition);
        let is_public = definition.authentication.is_empty();
        let new = NewOrganisationKey { workspace: None, client: request(definition), contact: None, private_key_ends_at: None };
        let made = self.app.node.authority.create_organisation_key(&self.context(), self.organisation, new).await.expect("made").value;
        let secret = made.private_key.map(|text| text.expose().clone()).unwrap_or_default();
        TestClient { key: made.key.id, id: made.key.definition.client_id, secret, is_public }
    }

    async fn confidential(&self) -> TestClient {
        self.client(|_| {}).await
    }

    async fn public(&self) -> TestClient {
        self.client(|definition| {
            definition.authentication = Vec::<ClientAuthentication>::new();
            definition.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
            definition.cors_origins = vec!["https://app.example".to_owned()];
        })
        .await
    }

    /// A code, as the authorization endpoint makes it after a person's consent.
    async fn code(&self, client: &TestClient, change: impl FnOnce(&mut Authorization)) -> String {
        let mut authorization = Authorization {
            redirect_uri: Some(REDIRECT.to_owned()),
            scope: "shop offline_access".to_owned(),
            resources: vec![],
            nonce: None,
            code_challenge: Some(CHALLENGE.to_owned()),
            key_thumbprint: None,
            session: Some(SessionId::from_bytes([5; 16])),
            auth_time: self.app.node.authority.clock().now(),
            acr: None,
            amr: vec!["pwd".to_owned()],
        };
        change(&mut authorization);
        let scopes = authorization.scope.split(' ').map(str::to_owned).collect();
        let consented = Consented {
            person: self.person,
            membership: self.membership,
            key: client.key,
            scopes,
            authorization,
            pushed: None,
            form: None,
        };
        match self.app.node.authority.authorise(&self.context(), consented).await.expect("asked") {
            Authorised::Code(code) => code.expose().clone(),
            _ => panic!("no code"),
        }
    }

    /// A form sent to an endpoint, with these headers.
    async fn post_with(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let body = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&");
        let mut call = self.app.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.bytes(body.into_bytes()).send().await
    }

    /// A form of this client.
    async fn post(&self, path: &str, client: &TestClient, fields: &[(&str, &str)]) -> Answer {
        if client.is_public {
            return self.post_with(path, &[], &[fields, &[("client_id", client.id.as_str())]].concat()).await;
        }
        self.post_with(path, &[("authorization", &client.basic())], fields).await
    }

    async fn token(&self, client: &TestClient, fields: &[(&str, &str)]) -> Answer {
        self.post("/connect/token", client, fields).await
    }

    /// What a code is exchanged for.
    async fn redeem(&self, client: &TestClient, code: &str) -> Answer {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
        self.token(client, &fields).await
    }

    async fn refresh(&self, client: &TestClient, token: &str) -> Answer {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Access and refresh token of a new consent.
    async fn tokens(&self, client: &TestClient) -> (String, String) {
        let code = self.code(client, |_| {}).await;
        let answer = self.redeem(client, &code).await.expect(200);
        (answer.member("/access_token"), answer.member("/refresh_token"))
    }

    /// What an API is told about a token.
    async fn introspect(&self, credential: &str, token: &str) -> Value {
        let bearer = format!("Bearer {credential}");
        self.post_with("/connect/introspect", &[("authorization", &bearer)], &[("token", token)]).await.expect(200).json()
    }

    async fn is_active(&self, token: &str) -> bool {
        self.introspect(&self.shop, token).await["active"] == true
    }

    fn issuer(&self) -> String {
        self.app.node.config.base_url()
    }
}

async fn api(app: &App, name: &str, algorithm: Option<&str>) -> String {
    let mut definition = json!({
        "name": name, "title": "An API", "presentations": ["bearer"], "credentials": ["access_token", "personal_token"],
        "resource": format!("https://{name}.example/"),
        "permissions": [
            {"name": format!("{name}:things:read"), "title": "See things"},
            {"name": format!("{name}:things:write"), "title": "Change things"}
        ],
        "scopes": [
            {"name": name, "title": "Everything"},
            {"name": format!("{name}.read"), "title": "See", "permissions": [format!("{name}:things:read")]}
        ],
        "routes": [{"method": "GET", "path": "/things", "permission": format!("{name}:things:read")}]
    });
    if let Some(algorithm) = algorithm {
        definition["access_token_algorithm"] = algorithm.into();
    }
    app.make("/api/v1/apis", definition).await;
    app.make(&format!("/api/v1/apis/{name}/credentials"), json!({"description": "the API itself"})).await.member("/secret")
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The `error` of a refusal, after what every refusal has was looked at.
#[track_caller]
fn error(answer: &Answer) -> (u16, String) {
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{:?}", answer.headers);
    let allowed = |text: &str| text.chars().all(|c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~'));
    assert!(allowed(&answer.member("/error")) && allowed(&answer.member("/error_description")), "{}", answer.text);
    (answer.status, answer.member("/error"))
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(error(answer), (status, code.to_owned()), "{}", answer.text);
}

/// What asks for such a client.
pub(super) fn request(definition: ClientDefinition) -> ClientRequest {
    let permissions = match definition.permissions {
        Permissions::All => RequestedPermissions::All,
        Permissions::Only(names) => RequestedPermissions::Named(names.iter().map(|name| name.as_str().to_owned()).collect()),
    };
    ClientRequest {
        name: Some(definition.name),
        application_type: Some(definition.application_type),
        redirect_uris: Some(definition.redirect_uris),
        post_logout_redirect_uris: Some(definition.post_logout_redirect_uris),
        cors_origins: Some(definition.cors_origins),
        grant_types: Some(definition.grant_types),
        permissions: Some(permissions),
        default_scopes: Some(definition.default_scopes),
        authentication: Some(definition.authentication),
        profile: Some(definition.profile),
        jwks: Some(definition.jwks),
        jwks_uri: Some(definition.jwks_uri),
        id_token_algorithm: Some(definition.id_token_algorithm),
        requires_pushed_requests: Some(definition.requires_pushed_requests),
        requires_dpop: Some(definition.requires_dpop),
        rotates_refresh_tokens: Some(definition.rotates_refresh_tokens),
        backchannel_logout_uri: Some(definition.backchannel_logout_uri),
        backchannel_logout_session_required: Some(definition.backchannel_logout_session_required),
        client_uri: Some(definition.client_uri),
    }
}
