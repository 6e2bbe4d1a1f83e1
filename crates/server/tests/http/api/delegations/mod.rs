//! Delegations over real HTTP: opened, passed on, paused, closed; and what a closing ends.

mod effect;
mod life;
mod races;
mod rules;
mod tree;

use domain::Timestamp;
use domain::time::Clock as _;
use serde_json::{Value, json};
use testkit::{Answer, App, Call};

const CREATE: &str = "survey:deliveries:create";
const VALIDATE: &str = "survey:documents:validate";

/// An organisation with somebody who manages its delegations, and a token of its own for the API `survey`.
struct Party {
    id: String,
    manager: String,
    basic: String,
    token: String,
}

impl Party {
    async fn new(app: &App, name: &str) -> Self {
        let id = app.organisation(name).await;
        let slug = name.to_lowercase().replace(' ', "-");
        let person = app.person(&format!("manager-{slug}"), &id, &["project_manager", "member"]).await;
        let (_, manager) = app.token(&person, None).await;
        let (token, basic) = app.organisation_token(&id, "survey", &slug).await;
        Self { id, manager, basic, token }
    }
}

/// A source holder with two workspaces, its suppliers, and the API that asks.
struct Field {
    app: App,
    holder: Party,
    supplier: Party,
    other: Party,
    sub: Party,
    survey: String,
}

impl Field {
    async fn new() -> Self {
        Self::on(App::start().await).await
    }

    async fn on(app: App) -> Self {
        let survey = app.survey("survey").await;
        let (holder, supplier) = (Party::new(&app, "Waterschap").await, Party::new(&app, "Peilwerk").await);
        let (other, sub) = (Party::new(&app, "Grondwerk").await, Party::new(&app, "Boorwerk").await);
        for number in ["1255", "1256"] {
            app.workspace(&holder.id, number).await;
        }
        Self { app, holder, supplier, other, sub, survey }
    }

    fn at(&self, seconds: i64) -> String {
        Timestamp::from_unix_seconds(self.app.clock.now().unix_seconds() + seconds).to_string()
    }

    fn by(&self, party: &Party, method: &str, path: &str) -> Call {
        self.app.call(method, path).token(&party.manager)
    }

    /// Opens a delegation of a workspace to somebody.
    async fn give(&self, number: &str, to: &Party) -> String {
        let body = given(number, to);
        self.by(&self.holder, "POST", "/api/v1/delegations").json(&body).send().await.expect(201).member("/id")
    }

    /// Passes a delegation on.
    async fn pass_on(&self, parent: &str, by: &Party, to: &Party) -> String {
        let body = json!({"parent": parent, "to": to.id, "description": "passed on", "may_pass_on": true});
        self.by(by, "POST", "/api/v1/delegations").json(&body).send().await.expect(201).member("/id")
    }

    async fn close(&self, by: &Party, id: &str) -> Answer {
        self.by(by, "POST", &format!("/api/v1/delegations/{id}/closures")).json(&json!({})).send().await
    }

    async fn show(&self, by: &Party, id: &str) -> Value {
        self.by(by, "GET", &format!("/api/v1/delegations/{id}")).send().await.expect(200).json()
    }

    async fn ask(&self, party: &Party, number: &str, permission: &str) -> Value {
        ask(&self.app, &self.survey, &party.basic, (number, permission)).await
    }

    /// What the API is told about a party's token: `allowed`, or the reason.
    async fn says(&self, party: &Party, number: &str) -> String {
        let answer = self.ask(party, number, CREATE).await;
        if answer["allowed"] == true { "allowed".to_owned() } else { answer["reason"].as_str().expect("a reason").to_owned() }
    }

    /// The status that the caller of the API gets through forward-auth.
    async fn forward_auth(&self, party: &Party, number: &str) -> Answer {
        let call = self.app.call("GET", "/forward-auth/survey").header("authorization", &party.basic);
        call.header("x-original-method", "POST").header("x-original-uri", &format!("/{number}/uploads")).send().await
    }
}

fn given(number: &str, to: &Party) -> Value {
    json!({
        "workspace": number, "api": "survey", "to": to.id, "kind": "delivering", "permissions": [CREATE, VALIDATE],
        "may_pass_on": true, "description": "Soundings north", "note": "second contract",
    })
}

async fn ask(app: &App, survey: &str, basic: &str, (number, permission): (&str, &str)) -> Value {
    let question = json!({"authorization": basic, "permission": permission, "workspace": number});
    app.call("POST", "/api/v1/verify").token(survey).json(&question).send().await.expect(200).json()
}
