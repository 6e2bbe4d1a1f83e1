//! Clients, an API and people for these tests, and a browser that goes through the authorization endpoint.

use std::collections::BTreeMap;

use authority::{Context, NewIdToken, NewOrganisationKey, plain_client};
use domain::authorization::Authorization;
use domain::client::{ApplicationType, ClientDefinition, GrantType, Registration};
use domain::permission::Permissions;
use domain::text::Name;
use domain::{CredentialId, OrganisationId, RequestId, SessionId};
use serde_json::json;
use store::Outcome;
use testkit::{Answer, App, Visitor, basic, encoded};

pub(super) const PASSWORD: &str = "correct horse battery";
pub(super) const REDIRECT: &str = "https://app.example/cb";
/// RFC 7636 appendix B, with its challenge.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that was made.
pub(super) struct Made {
    pub(super) key: CredentialId,
    pub(super) id: String,
    pub(super) secret: Option<String>,
}

/// A server with Acme, Ann who is a member of it, the API `privacy`, and a confidential client as Dastra documents it.
pub(super) struct World {
    pub(super) app: App,
    pub(super) organisation: OrganisationId,
    pub(super) ann: String,
    pub(super) client: Made,
}

impl World {
    pub(super) async fn start() -> Self {
        Self::on(App::start().await).await
    }

    /// The same on a server that is configured otherwise.
    pub(super) async fn on(app: App) -> Self {
        let organisation = app.organisation("Acme").await;
        let ann = app.person_with_password("ann", &organisation, PASSWORD).await;
        let definition = json!({
            "name": "privacy", "title": "Privacy", "presentations": ["bearer"], "credentials": ["access_token"],
            "resource": "https://api.example/v1",
            "permissions": [
                {"name": "privacy:workspaces:read", "title": "See workspaces"},
                {"name": "privacy:workspaces:write", "title": "Change workspaces"}
            ],
            "scopes": [
                {"name": "api1", "title": "Use everything"},
                {"name": "reading", "title": "See <b>all</b>", "permissions": ["privacy:workspaces:read"]}
            ],
            "routes": [{"method": "GET", "path": "/workspaces", "permission": "privacy:workspaces:read"}]
        });
        app.make("/api/v1/apis", definition).await;
        let organisation: OrganisationId = organisation.parse().expect("an id");
        let client = make(&app, organisation, |_| {}).await;
        Self { app, organisation, ann, client }
    }

    /// One more client of Acme.
    pub(super) async fn client(&self, change: impl FnOnce(&mut ClientDefinition)) -> Made {
        make(&self.app, self.organisation, change).await
    }

    /// A client that cannot keep a secret, on the web.
    pub(super) async fn public(&self) -> Made {
        self.client(|definition| definition.authentication = vec![]).await
    }

    /// One on a person's own machine.
    pub(super) async fn native(&self) -> Made {
        self.client(|definition| {
            definition.authentication = vec![];
            definition.application_type = ApplicationType::Native;
            definition.redirect_uris =
                ["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"].into_iter().map(str::to_owned).collect();
        })
        .await
    }

    /// One that nobody vouches for: it registered itself.
    pub(super) async fn unvouched(&self) -> Made {
        self.client(|definition| definition.registration = Registration::Dynamic).await
    }

    /// Ann's browser, signed in.
    pub(super) async fn ann(&self) -> Visitor<'_> {
        let mut visitor = Visitor::new(&self.app);
        visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
        visitor
    }

    /// A context of the server itself.
    pub(super) fn context(&self) -> Context {
        let now = domain::time::Clock::now(&*self.app.clock);
        Context::system(RequestId::from_bytes([9; 16]), now)
    }

    /// An ID token of the first client, of whatever session.
    pub(super) async fn id_token(&self, person: &str) -> String {
        self.sign(&self.client, person, None).await
    }

    /// An ID token of a client, of the session in this browser, which is Ann's.
    pub(super) async fn id_token_of(&self, client: &Made, visitor: &mut Visitor<'_>) -> String {
        let page = visitor.get("/en/profile/sign-in").await;
        let own = page.text.split("name=\"end\" value=\"").nth(1).expect("a session").split('"').next().expect("an id").to_owned();
        self.sign(client, &self.ann, Some(own.parse().expect("an id"))).await
    }

    async fn sign(&self, client: &Made, person: &str, session: Option<SessionId>) -> String {
        let known = self.app.node.authority.verifier().client(&client.id).expect("a lease").expect("a client");
        let authorization = Authorization {
            redirect_uri: None,
            scope: "openid".to_owned(),
            resources: vec![],
            nonce: None,
            code_challenge: None,
            key_thumbprint: None,
            session,
            auth_time: self.context().now,
            acr: None,
            amr: vec![],
        };
        let new = NewIdToken {
            issuer: &self.issuer(),
            client: &known.client.definition,
            person: person.parse().expect("an id"),
            authorization: &authorization,
            access_token: None,
            refreshed: false,
        };
        self.app.node.authority.id_token(&self.context(), new).await.expect("signed").expose().clone()
    }

    pub(super) fn issuer(&self) -> String {
        self.app.node.config.base_url()
    }

    /// Calls a form endpoint as this client.
    pub(super) async fn post_as(&self, client: &Made, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut call = self.app.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
        let mut fields = fields.to_vec();
        match &client.secret {
            Some(secret) => call = call.header("authorization", &basic(&client.id, secret)),
            None => fields.push(("client_id", &client.id)),
        }
        call.bytes(encoded(&fields).into_bytes()).send().await
    }
}

async fn make(app: &App, organisation: OrganisationId, change: impl FnOnce(&mut ClientDefinition)) -> Made {
    let context = Context::system(RequestId::from_bytes([8; 16]), domain::time::Clock::now(&*app.clock));
    let name = Name::new("Veldboek").expect("a name");
    let mut definition = ClientDefinition {
        redirect_uris: vec![REDIRECT.to_owned()],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        permissions: Permissions::All,
        ..plain_client(name)
    };
    change(&mut definition);
    let registration = definition.registration;
    let new =
        NewOrganisationKey { workspace: None, client: super::back_channel::request(definition), contact: None, private_key_ends_at: None };
    let made = app.node.authority.create_organisation_key(&context, organisation, new).await.expect("a key").value;
    let (key, id) = (made.key.id, made.key.definition.client_id.clone());
    if registration == Registration::Dynamic {
        forget_who_made_it(app, &context, key).await;
    }
    Made { key, id, secret: made.private_key.map(|secret| secret.expose().clone()) }
}

/// Afterwards it is a client that registered itself.
async fn forget_who_made_it(app: &App, context: &Context, key: CredentialId) {
    let by = context.by();
    let changed = app.node.authority.store().write::<(), authority::Error, _>(move |tx| {
        let by = by.clone();
        Box::pin(async move {
            let mut row = tx.organisation_key(key).await?.expect("it was made");
            row.definition.registration = Registration::Dynamic;
            tx.update_organisation_key(&row, row.revision).await?;
            let event = domain::Event::OrganisationKeyChanged { key, workspace: None, definition: row.definition };
            Ok(Outcome::Changed((), tx.record(&by, event).await?))
        })
    });
    changed.await.map(drop).expect("changed");
}

/// The parameters of an authorization request.
#[derive(Clone)]
pub(super) struct Request(BTreeMap<&'static str, String>);

impl Request {
    /// As Dastra documents it: without PKCE.
    pub(super) fn of(client: &Made) -> Self {
        let fields = [
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", REDIRECT),
            ("scope", "api1 offline_access"),
            ("state", "st"),
        ];
        Self(fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, value.to_owned());
        self
    }

    #[must_use]
    pub(super) fn without(mut self, name: &'static str) -> Self {
        self.0.remove(name);
        self
    }

    #[must_use]
    pub(super) fn pkce(self) -> Self {
        self.with("code_challenge", CHALLENGE).with("code_challenge_method", "S256")
    }

    pub(super) fn fields(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    pub(super) fn path(&self) -> String {
        format!("/connect/authorize?{}", encoded(&self.fields()))
    }
}

/// What the browser is sent to the client with.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) base: String,
    pub(super) fields: BTreeMap<String, String>,
}

impl Sent {
    /// Reads a redirect to a client.
    #[track_caller]
    pub(super) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 303, "{}", answer.text);
        let location = answer.header("location").expect("a location");
        let (base, rest) = location.split_once('?').expect("a query");
        let query = rest.strip_suffix('#').unwrap_or_else(|| panic!("a fragment could be carried over: {location}"));
        let pairs = query.split('&').map(|pair| pair.split_once('=').expect("a value"));
        let decode = |text: &str| percent_decode(text);
        Self { base: base.to_owned(), fields: pairs.map(|(name, value)| (decode(name), decode(value))).collect() }
    }

    #[track_caller]
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// Decodes `%XX`.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'%').then(|| std::str::from_utf8(&after[..2]).expect("hex"));
        bytes.push(hex.map_or(*first, |hex| u8::from_str_radix(hex, 16).expect("hex")));
        rest = if hex.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// The path of the consent form of a page.
#[track_caller]
pub(super) fn form_action(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{} {}", page.text, page.header("location").unwrap_or_default());
    let (_, rest) = page.text.split_once("method=\"post\" action=\"").unwrap_or_else(|| panic!("no form: {}", page.text));
    rest.split('"').next().expect("an action").to_owned()
}

/// Opens the request in a browser in which somebody is signed in, allows it if a page asks, and gives what the client is sent.
pub(super) async fn allow(visitor: &mut Visitor<'_>, request: &Request) -> Sent {
    let page = visitor.get(&request.path()).await;
    if page.status == 303 {
        return Sent::of(&page);
    }
    Sent::of(&decide(visitor, &page, "allow").await)
}

/// Answers a consent page.
pub(super) async fn decide(visitor: &mut Visitor<'_>, page: &Answer, decision: &str) -> Answer {
    let csrf = testkit::hidden(&page.text, "csrf").expect("a form");
    visitor.post(&form_action(page), &[("csrf", &csrf), ("decision", decision)]).await
}

/// Whether it is a page of our own that leads nowhere.
#[track_caller]
pub(super) fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
}
