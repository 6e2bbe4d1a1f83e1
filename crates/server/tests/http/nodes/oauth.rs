//! OAuth on several nodes: three that answer over HTTP, an organisation with a person, two APIs, and clients.

use super::*;

use authority::authorize::{Authorised, Consented};
use authority::{
    Authority, BrowserFacts, ClientRequest, NewOrganisationKey, RequestedPermissions, SessionLimits, SignIn, SignInAim, SignedIn,
};
use domain::authorization::Authorization;
use domain::client::{ClientAuthentication, GrantType};
use domain::{CredentialId, MembershipId, OrganisationId, SessionId};
use serde_json::{Value, json};
use server::edge::{Edge, Limits, Sites};
use testkit::{Answer, basic, encoded};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const REDIRECT: &str = "https://app.example/cb";
const PASSWORD: &str = "correct horse battery";

/// A node that answers over HTTP.
pub(super) struct Served {
    pub(super) member: Member,
    pub(super) url: String,
    client: reqwest::Client,
    _stop: watch::Sender<bool>,
}

impl Served {
    pub(super) async fn of(member: Member) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let guard = server::serve::guard(&member.node).expect("a guard");
        let edge = Edge::new(Arc::new(SystemClock), &SystemEntropy, Limits::default(), guard).expect("an edge");
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(edge.serve(listener, None, Sites::one(server::serve::site(&member.node).expect("a site")), stopped));
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { member, url, client, _stop: stop }
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.member.node.authority
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        send(&self.client, (method, &format!("{}{path}", self.url)), headers, body).await
    }

    /// A form.
    pub(super) async fn post(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        post(&self.client, &format!("{}{path}", self.url), headers, fields).await
    }

    /// A form of this client at the token endpoint.
    pub(super) async fn token(&self, client: &Party, fields: &[(&str, &str)]) -> Answer {
        self.post("/connect/token", &[("authorization", &client.basic())], fields).await
    }

    pub(super) async fn redeem(&self, client: &Party, code: &str) -> Answer {
        self.token(client, &redemption(code)).await
    }

    pub(super) async fn refresh(&self, client: &Party, token: &str) -> Answer {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// What introspection says about a token, to this API.
    pub(super) async fn is_active(&self, api: &str, token: &str) -> bool {
        let answer = self.post("/connect/introspect", &[("authorization", &format!("Bearer {api}"))], &[("token", token)]).await;
        answer.expect(200).json()["active"] == true
    }

    async fn may(&self, api: &str, token: &str) -> bool {
        let question = json!({"api": "shop", "authorization": format!("Bearer {token}"), "permission": "shop:things:read"});
        let headers = [("authorization", format!("Bearer {api}")), ("content-type", "application/json".to_owned())];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.send("POST", "/api/v1/verify", &headers, question.to_string()).await.expect(200).json()["allowed"] == true
    }

    async fn userinfo(&self, token: &str) -> u16 {
        self.send("GET", "/connect/userinfo", &[("authorization", &format!("Bearer {token}"))], String::new()).await.status
    }
}

pub(super) fn redemption(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]
}

pub(super) async fn send(client: &reqwest::Client, (method, url): (&str, &str), headers: &[(&str, &str)], body: String) -> Answer {
    let mut call = client.request(method.parse().expect("a method"), url).body(body);
    for (name, value) in headers {
        call = call.header(*name, *value);
    }
    Answer::of(call.send().await.expect("an answer")).await
}

pub(super) async fn post(client: &reqwest::Client, url: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
    let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
    send(client, ("POST", url), &headers, encoded(fields)).await
}

/// A client with its private key.
pub(super) struct Party {
    pub(super) key: CredentialId,
    pub(super) id: String,
    pub(super) secret: String,
}

impl Party {
    pub(super) fn basic(&self) -> String {
        basic(&self.id, &self.secret)
    }
}

/// The nodes and what they share. `nodes[0]` was started first.
pub(super) struct Cloud {
    pub(super) nodes: Vec<Served>,
    pub(super) organisation: OrganisationId,
    pub(super) person: PersonId,
    pub(super) membership: MembershipId,
    /// The API credential of `shop`, whose access tokens are opaque.
    pub(super) shop: String,
    /// That of `depot`, whose access tokens are JWTs.
    pub(super) depot: String,
    pub(super) cluster: Cluster,
}

impl Cloud {
    pub(super) async fn start(count: usize) -> Self {
        let cluster = Cluster::start();
        let mut members = Vec::new();
        for _ in 0..count {
            members.push(cluster.patient().await);
        }
        Self::of(cluster, members).await
    }

    pub(super) async fn of(cluster: Cluster, members: Vec<Member>) -> Self {
        let mut nodes = Vec::new();
        for member in members {
            nodes.push(Served::of(member).await);
        }
        let first = &nodes[0];
        let operator = std::fs::read_to_string(server::node::operator_token_file(&first.member.node.config)).expect("the operator token");
        let bearer = format!("Bearer {}", operator.trim());
        let make = async |path: &str, body: Value| {
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            first.send("POST", path, &headers, body.to_string()).await.expect(201)
        };
        let organisation = make("/api/v1/organisations", json!({"name": "acme"})).await.member("/id");
        let person =
            json!({"name": "ann", "email": "ann@example.org", "organisation": organisation, "roles": ["member"], "password": PASSWORD});
        let person = make("/api/v1/people", person).await.member("/id");
        let path = format!("/api/v1/people/{person}/memberships");
        let membership = first.send("GET", &path, &[("authorization", &bearer)], String::new()).await.expect(200).member("/items/0/id");
        let mut credentials = Vec::new();
        for (name, algorithm) in [("shop", Value::Null), ("depot", json!("ES256"))] {
            make("/api/v1/apis", api(name, &algorithm)).await;
            credentials.push(make(&format!("/api/v1/apis/{name}/credentials"), json!({"description": "itself"})).await.member("/secret"));
        }
        let [shop, depot] = credentials.try_into().expect("two");
        let id = |text: &str| text.parse().expect("an id");
        let (organisation, person) = (organisation.parse().expect("an id"), person.parse().expect("an id"));
        Self { organisation, person, membership: id(&membership), shop, depot, nodes, cluster }
    }

    pub(super) fn context(&self) -> Context {
        self.nodes[0].member.context()
    }

    pub(super) fn first(&self) -> &Authority {
        self.nodes[0].authority()
    }

    pub(super) async fn client(&self, change: impl FnOnce(&mut ClientRequest)) -> Party {
        let mut client = ClientRequest {
            name: Some(Name::new("Planner").expect("a name")),
            redirect_uris: Some(vec![REDIRECT.to_owned()]),
            permissions: Some(RequestedPermissions::All),
            grant_types: Some(vec![
                GrantType::ClientCredentials,
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::TokenExchange,
            ]),
            ..ClientRequest::default()
        };
        change(&mut client);
        let new = NewOrganisationKey { workspace: None, client, contact: None, private_key_ends_at: None };
        let made = self.first().create_organisation_key(&self.context(), self.organisation, new).await.expect("made").value;
        let secret = made.private_key.map(|text| text.expose().clone()).unwrap_or_default();
        self.settle().await;
        Party { key: made.key.id, id: made.key.definition.client_id, secret }
    }

    /// One that authenticates with a signature.
    pub(super) async fn signing_client(&self, jwk: &Value) -> Party {
        self.client(|client| {
            client.authentication = Some(vec![ClientAuthentication::PrivateKeyJwt]);
            client.jwks = Some(Some(json!({"keys": [jwk]})));
        })
        .await
    }

    /// A code, as the authorization endpoint of the first node makes it after a consent.
    pub(super) async fn code(&self, client: &Party, session: Option<SessionId>) -> String {
        let authorization = Authorization {
            redirect_uri: Some(REDIRECT.to_owned()),
            scope: "openid shop offline_access".to_owned(),
            resources: vec![],
            nonce: None,
            code_challenge: Some(CHALLENGE.to_owned()),
            key_thumbprint: None,
            session,
            auth_time: SystemClock.now(),
            acr: None,
            amr: vec!["pwd".to_owned()],
        };
        let consented = Consented {
            person: self.person,
            membership: self.membership,
            key: client.key,
            scopes: authorization.scope.split(' ').map(str::to_owned).collect(),
            authorization,
            pushed: None,
            form: None,
        };
        let Authorised::Code(code) = self.first().authorise(&self.context(), consented).await.expect("asked") else { panic!("no code") };
        self.settle().await;
        code.expose().clone()
    }

    /// A session of the person, with its secret.
    pub(super) async fn session(&self) -> (SessionId, String) {
        let day = Duration::from_secs(86_400);
        let sign_in = SignIn {
            email: "ann@example.org".to_owned(),
            password: domain::Secret::new(PASSWORD.to_owned()),
            device: None,
            browser: BrowserFacts::default(),
            limits: SessionLimits { idle: day, absolute: day },
            aim: SignInAim { visit: domain::Digest::of(b"visit"), query: String::new() },
        };
        let Ok(SignedIn::Begun(begun)) = self.first().sign_in(&self.context(), sign_in).await.expect("asked") else { panic!("refused") };
        (begun.session.id, begun.secret.expose().clone())
    }

    /// Creations wait half a second at most, which may be too little on a busy machine.
    pub(super) async fn settle(&self) {
        let wanted = self.first().verifier().applied();
        while self.nodes.iter().any(|node| node.authority().verifier().applied() < wanted) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// What each node says about a token: introspection, a check, and the person's claims.
    pub(super) async fn says(&self, token: &str) -> Vec<(bool, bool, u16)> {
        let mut said = Vec::new();
        for node in &self.nodes {
            said.push((node.is_active(&self.shop, token).await, node.may(&self.shop, token).await, node.userinfo(token).await));
        }
        said
    }
}

fn api(name: &str, algorithm: &Value) -> Value {
    let mut definition = json!({
        "name": name, "title": "An API", "presentations": ["bearer"], "credentials": ["access_token"],
        "resource": format!("https://{name}.example/"),
        "permissions": [{"name": format!("{name}:things:read"), "title": "See things"}],
        "scopes": [{"name": name, "title": "Everything"}],
        "routes": [{"method": "GET", "path": "/things", "permission": format!("{name}:things:read")}]
    });
    if !algorithm.is_null() {
        definition["access_token_algorithm"] = algorithm.clone();
    }
    definition
}

#[track_caller]
pub(super) fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.member("/error")), (400, code.to_owned()), "{}", answer.text);
}
