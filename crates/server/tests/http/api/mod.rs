//! `/api/v1` over real HTTP.

mod adr_answers;
mod adr_document;
mod announcements;
mod bad_input;
pub(crate) mod canary;
mod delegations;
mod explanations;
mod exposed;
mod idempotency;
mod organisation_keys;
mod organisation_tokens;
mod outage;
mod pages;
mod people;
mod refusals;
mod tokens;
mod verify;
mod workspaces;

use serde_json::{Value, json};
use server::api::{ROUTES, Route};
use testkit::App;

/// Two organisations of which one is none of the other's business, and the API `shop`.
struct World {
    app: App,
    acme: Tenant,
    umbrella: Tenant,
    /// The shop's API credential.
    shop: String,
}

/// An organisation, its owner with a token of all permissions, and a member with one.
struct Tenant {
    organisation: String,
    owner: String,
    owner_token: String,
    member: String,
    membership: String,
    token: String,
    secret: String,
    workspace: String,
    organisation_token: String,
    organisation_key: String,
    private_key: String,
    delegation: String,
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let shop = app.shop().await;
        app.survey("survey").await;
        app.make("/api/v1/announcements", announcement()).await;
        let (acme, umbrella) = (Tenant::new(&app, "acme").await, Tenant::new(&app, "umbrella").await);
        Self { app, acme, umbrella, shop }
    }

    /// How far the journal is: the same before and after where nothing was changed.
    fn changes(&self) -> i64 {
        self.app.node.authority.verifier().applied().0
    }

    /// A route's path with ids of this organisation in it.
    async fn path(&self, route: &Route, tenant: &Tenant) -> String {
        let id = match route.path.trim_start_matches("/api/v1/").split('/').next() {
            Some("organisations") => tenant.organisation.clone(),
            Some("people" | "operators") => tenant.member.clone(),
            Some("memberships") => tenant.membership.clone(),
            Some("tokens") => tenant.token.clone(),
            Some("workspaces") => tenant.workspace.clone(),
            // Where no letters are sent, nobody can be invited: one that is not there.
            Some("invitations") => "00000000-0000-7000-8000-000000000000".to_owned(),
            Some("delegations") => tenant.delegation.clone(),
            Some("organisation-keys") => tenant.organisation_key.clone(),
            Some("organisation-tokens") => tenant.organisation_token.clone(),
            Some("announcements") if route.path.contains("{id}") => self.first("/api/v1/announcements").await,
            Some("refusals") => self.refused(tenant).await,
            Some("api-credentials") => self.first("/api/v1/apis/shop/credentials").await,
            Some("operator-tokens") => self.first("/api/v1/operator-tokens").await,
            Some("server-keys") if route.path.contains("{id}") => self.first("/api/v1/server-keys").await,
            _ => String::new(),
        };
        route.path.replace("{id}", &id).replace("{name}", "shop")
    }

    /// The id of a request with the member's token that was refused.
    async fn refused(&self, tenant: &Tenant) -> String {
        let question = json!({"authorization": format!("Bearer {}", tenant.secret), "permission": "shop:staff:admin"});
        let answer = self.app.call("POST", "/api/v1/verify").token(&self.shop).json(&question).send().await.expect(200);
        assert_eq!(answer.member("/reason"), "permission_missing");
        answer.member("/request_id")
    }

    async fn first(&self, list: &str) -> String {
        self.app.operate("GET", list).send().await.expect(200).member("/items/0/id")
    }
}

impl Tenant {
    async fn new(app: &App, name: &str) -> Self {
        let organisation = app.organisation(name).await;
        let owner = app.person(&format!("{name}-owner"), &organisation, &["owner", "member"]).await;
        let member = app.person(&format!("{name}-member"), &organisation, &["member"]).await;
        let (_, owner_token) = app.token(&owner, None).await;
        let (token, secret) = app.token(&member, None).await;
        let memberships = app.operate("GET", &format!("/api/v1/people/{member}/memberships")).send().await.expect(200);
        let workspace = app.workspace(&organisation, name).await;
        let (organisation_token, _) = app.organisation_token(&organisation, "survey", name).await;
        let key = app.organisation_key(&organisation, json!({})).await;
        let (organisation_key, private_key) = (key.member("/id"), key.member("/private_keys/0/id"));
        let membership = memberships.member("/items/0/id");
        let partner = app.organisation(&format!("{name} partner")).await;
        let given = json!({
            "workspace": workspace, "api": "survey", "to": partner, "kind": "delivering", "permissions": "all",
            "description": "field work",
        });
        let delegation = app.make("/api/v1/delegations", given).await.member("/id");
        Self {
            organisation,
            owner,
            owner_token,
            member,
            membership,
            token,
            secret,
            workspace,
            organisation_token,
            organisation_key,
            private_key,
            delegation,
        }
    }
}

/// What an announcement needs.
fn announcement() -> Value {
    json!({"api": "shop", "title": {"nl": "Nieuw", "en": "New"}, "text": {"nl": "Lees dit.", "en": "Read this."}})
}

/// A body with which a route would do its work for this organisation.
fn body_for(route: &Route, tenant: &Tenant) -> Value {
    match (route.method.as_str(), route.path.trim_start_matches("/api/v1")) {
        ("POST" | "PATCH", "/organisations" | "/organisations/{id}") => json!({"name": "another name"}),
        ("POST", "/people") => json!({"name": "x", "email": "x@example.org", "organisation": tenant.organisation}),
        ("PATCH", "/people/{id}") => json!({"name": "another name"}),
        ("POST", "/people/{id}/memberships" | "/memberships/{id}/moves") => json!({"organisation": tenant.organisation}),
        ("POST", "/organisations/{id}/invitations") => json!({"email": "stolen@example.org"}),
        ("PATCH", "/memberships/{id}") => json!({"roles": ["owner"]}),
        ("POST", "/people/{id}/tokens") => json!({"description": "stolen", "organisation": tenant.organisation}),
        ("PATCH", "/tokens/{id}") => json!({"description": "another one"}),
        ("POST", "/organisations/{id}/workspaces") => json!({"number": "stolen", "name": "Stolen"}),
        ("PATCH", "/workspaces/{id}") => json!({"name": "another name"}),
        ("POST", "/delegations") => json!({
            "workspace": tenant.workspace, "api": "survey", "to": "acme partner", "kind": "checking", "permissions": "all",
            "description": "stolen",
        }),
        ("PATCH", "/delegations/{id}") => json!({"description": "another one"}),
        ("POST", "/organisations/{id}/organisation-tokens") => json!({"api": "survey", "description": "stolen"}),
        ("PATCH", "/organisation-tokens/{id}") => json!({"description": "another one"}),
        ("POST", "/organisation-token-imports") => json!({"tokens": []}),
        ("POST", "/organisations/{id}/organisation-keys") => json!({"name": "stolen"}),
        ("PATCH", "/organisation-keys/{id}") => json!({"name": "another one"}),
        ("POST", "/organisation-keys/{id}/private-key-revocations") => json!({"private_key": tenant.private_key}),
        ("POST", "/organisation-key-imports") => json!({"keys": []}),
        ("POST", "/token-imports") => json!({"tokens": []}),
        ("POST", "/apis") | ("PUT", "/apis/{name}") => {
            json!({"name": "shop", "title": "Shop", "presentations": ["bare"], "permissions": []})
        }
        ("POST", "/announcements") => announcement(),
        ("POST", "/apis/{name}/credentials" | "/operator-tokens") => json!({"description": "another one"}),
        ("POST", "/server-keys/rotations") => json!({"purpose": "sealing"}),
        _ => json!({}),
    }
}

fn has_body(route: &Route) -> bool {
    matches!(route.method.as_str(), "POST" | "PATCH" | "PUT")
}

/// Every route, with its method and path for messages.
fn routes() -> impl Iterator<Item = (&'static Route, String)> {
    ROUTES.iter().map(|route| (route, format!("{} {}", route.method, route.path)))
}
