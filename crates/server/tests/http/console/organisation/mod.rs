//! The pages of organisations: a source holder with a project, a supplier with tokens, and people with different roles.

mod activity;
mod deeds;
mod delegations;
mod options;
mod rights;
mod second_factor;
mod settings;

use serde_json::{Value, json};
use testkit::{Answer, App, Visitor, basic, hidden};

use super::PASSWORD;

const CREATE: &str = "survey:deliveries:create";

/// The source holder Waterschap with project 1255 (Sanne manages it, Bo is only a member); the supplier Peilwerk (Kees makes its tokens,
/// Piet manages its projects); the API that they meet at.
struct Field {
    app: App,
    holder: String,
    supplier: String,
    project: String,
    survey: String,
}

impl Field {
    async fn new() -> Self {
        Self::named("Peilwerk").await
    }

    async fn named(supplier: &str) -> Self {
        let app = App::start().await;
        let survey = app.survey("survey").await;
        let (holder, supplier) = (app.organisation("Waterschap").await, app.organisation(supplier).await);
        let project = app.workspace(&holder, "1255").await;
        for (name, organisation, roles) in [
            ("sanne", &holder, vec!["project_manager", "member"]),
            ("bo", &holder, vec!["member"]),
            ("olga", &holder, vec!["owner"]),
            ("kees", &supplier, vec!["key_manager", "member"]),
            ("piet", &supplier, vec!["project_manager", "member"]),
        ] {
            let email = format!("{name}@example.org");
            let person = json!({"name": name, "email": email, "organisation": organisation, "roles": roles, "password": PASSWORD});
            app.make("/api/v1/people", person).await;
        }
        Self { app, holder, supplier, project, survey }
    }

    /// Somebody's browser, signed in.
    async fn visitor(&self, name: &str) -> Visitor<'_> {
        let mut visitor = Visitor::new(&self.app);
        visitor.sign_in(&format!("{name}@example.org"), PASSWORD).await.expect(303);
        visitor
    }

    fn options(&self) -> String {
        format!("/nl/o/{}/options", self.supplier)
    }

    fn delegations(&self) -> String {
        format!("/nl/o/{}/projects/{}/delegations", self.holder, self.project)
    }

    /// Kees makes a token with this username: `Basic` with what the page shows.
    async fn token(&self, kees: &mut Visitor<'_>, username: &str) -> String {
        let fields = [("description", "veldploegen"), ("username", username), ("permission", CREATE), ("days", "365")];
        let page = fill(kees, &format!("{}/tokens/new", self.options()), &fields).await.expect(200);
        basic(&shown(&page.text, 1), &shown(&page.text, 2))
    }

    /// Sanne gives the supplier a delegation: its id.
    async fn give(&self, sanne: &mut Visitor<'_>, supplier: &str) -> String {
        let fields = [
            ("to", supplier),
            ("kind", "delivering"),
            ("permission", CREATE),
            ("pass_on", "no"),
            ("description", "Sonderingen noord"),
            ("note", "tweede contract"),
        ];
        let list = self.delegations();
        let made = fill(sanne, &format!("{list}/new"), &fields).await.expect(303);
        assert_eq!(made.header("location"), Some(list.as_str()));
        let page = sanne.get(&list).await.expect(200).text;
        let (_, rest) = page.rsplit_once(&format!("/nl/o/{}/delegations/", self.holder)).expect("a delegation");
        rest[..36].to_owned()
    }

    fn page_of(&self, delegation: &str) -> String {
        format!("/nl/o/{}/delegations/{delegation}", self.holder)
    }

    /// What the API is told about a delivery in the project.
    async fn ask(&self, basic: &str) -> Value {
        let question = json!({"authorization": basic, "permission": CREATE, "workspace": "1255"});
        self.app.call("POST", "/api/v1/verify").token(&self.survey).json(&question).send().await.expect(200).json()
    }

    /// The same in a word: `allowed`, or the reason.
    async fn says(&self, basic: &str) -> String {
        let answer = self.ask(basic).await;
        if answer["allowed"] == true { "allowed".to_owned() } else { answer["reason"].as_str().expect("a reason").to_owned() }
    }
}

/// Opens a page and sends its form back with all its hidden fields.
async fn fill(visitor: &mut Visitor<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = visitor.get(path).await.expect(200).text;
    send(visitor, path, &page, fields).await
}

/// Sends the form of a page that was opened before.
async fn send(visitor: &mut Visitor<'_>, path: &str, page: &str, fields: &[(&str, &str)]) -> Answer {
    let names = ["csrf", "nonce", "api", "revision", "impact", "seen_at", "seen_tokens", "seen_delegations"];
    let kept: Vec<(&str, String)> = names.iter().filter_map(|name| Some((*name, hidden(page, name)?))).collect();
    let all: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).chain(fields.iter().copied()).collect();
    visitor.post(path, &all).await
}

/// What a page shows to copy.
fn shown(html: &str, number: u8) -> String {
    let (_, rest) = html.split_once(&format!("id=\"secret-{number}\" tabindex=\"0\">")).unwrap_or_else(|| panic!("no secret in {html}"));
    rest.split('<').next().expect("a text").to_owned()
}
