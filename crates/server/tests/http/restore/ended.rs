//! Where it is known what was ended after a backup, exactly that is ended again.

use super::*;

/// Everything that can be ended, and one of each that is not.
struct Story {
    shop: String,
    credentials: Vec<(&'static str, String)>,
}

impl Story {
    async fn begin(server: &Server) -> (Self, Vec<String>) {
        let (acme, umbrella) = (server.organisation("Acme").await, server.organisation("Umbrella").await);
        let shop = server.shop().await;
        let mut people = Vec::new();
        let mut credentials = Vec::new();
        for (name, organisation) in
            [("kept", &acme), ("revoked", &acme), ("paused", &acme), ("resumed", &acme), ("narrowed", &acme), ("rotated", &acme)]
        {
            let person = server.person(name, organisation).await;
            let token = server.token(&person, "a token").await;
            credentials.push((name, token.secret));
            people.push(token.id);
        }
        for (name, organisation) in [("suspended", &acme), ("erased", &acme), ("left", &acme), ("of suspended", &umbrella)] {
            let person = server.person(&name.replace(' ', "-"), organisation).await;
            credentials.push((name, server.token(&person, "a token").await.secret));
            people.push(person);
        }
        people.push(umbrella);
        let operator = server.post("operator-tokens", json!({"description": "another"})).await;
        credentials.push(("operator", member(&operator, "secret")));
        people.push(member(&operator, "id"));
        (Self { shop, credentials }, people)
    }

    /// What the server says about each of them.
    async fn said(&self, server: &Server) -> Vec<(&'static str, u16, String)> {
        let mut said = Vec::new();
        for (name, secret) in &self.credentials {
            said.push((*name, server.whoami(secret).await, server.reason(&self.shop, secret).await));
        }
        said
    }
}

async fn end_things(server: &Server, ids: &[String], story: &mut Story) {
    let put = async |path: String| server.operate(Method::PUT, &path, Value::Null).await;
    let delete = async |path: String| server.operate(Method::DELETE, &path, Value::Null).await;
    delete(format!("tokens/{}", ids[1])).await;
    put(format!("tokens/{}/suspension", ids[2])).await;
    put(format!("tokens/{}/suspension", ids[3])).await;
    delete(format!("tokens/{}/suspension", ids[3])).await;
    let narrowed = json!({"permissions": ["shop:things:write"]});
    server.operate(Method::PATCH, &format!("tokens/{}", ids[4]), narrowed).await;
    let rotated = server.post(&format!("tokens/{}/rotations", ids[5]), json!({"overlap_seconds": 0})).await;
    story.credentials.push(("rotated, new", member(&rotated, "secret")));
    put(format!("people/{}/suspension", ids[6])).await;
    delete(format!("people/{}", ids[7])).await;
    let memberships = server.operate(Method::GET, &format!("people/{}/memberships", ids[8]), Value::Null).await;
    delete(format!("memberships/{}", member(&memberships["items"][0], "id"))).await;
    put(format!("organisations/{}/suspension", ids[10])).await;
    delete(format!("operator-tokens/{}", ids[11])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_what_was_ended_since_is_ended_again() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let there = world.installation(engine).await;
        let server = there.serve().await;
        let (mut story, ids) = Story::begin(&server).await;
        let (backup, partly, all) =
            (world.path(&format!("{engine:?}")), world.path(&format!("{engine:?}-partly")), world.path(&format!("{engine:?}-all")));
        there.back_up(&backup);
        end_things(&server, &ids, &mut story).await;
        let before = story.said(&server).await;
        let allowed = |name: &str| before.iter().any(|(known, status, reason)| *known == name && *status == 200 && reason == "allow");
        assert!(allowed("kept") && allowed("resumed") && allowed("rotated, new"), "{before:?}");
        assert_eq!(before.iter().filter(|(.., reason)| reason == "allow").count(), 3, "{before:?}");
        // While a server runs, there may be more to come.
        let told = there.went_well(&["backup", "--ended-since", text(&backup), text(&partly)]);
        assert!(told.contains("A server can still end things"), "{told}");
        server.stop();
        let told = there.went_well(&["backup", "--ended-since", text(&backup), text(&all)]);
        assert!(!told.contains("A server can still end things"), "{told}");

        let other = world.installation(engine).await;
        other.went_well(&["restore", text(&backup), "--ended", text(&partly)]);
        let server = other.serve().await;
        assert_eq!(server.operate(Method::GET, "fence", Value::Null).await["fenced"], json!(true));
        server.post("fence/confirmations", json!({})).await;
        assert_eq!(story.said(&server).await, before, "what the file says is ended, and the fence stood around the rest");
        server.stop();

        other.went_well(&["restore", text(&backup), "--ended", text(&all), "--replace"]);
        std::fs::copy(there.data.join("operator-token"), other.data.join("operator-token")).expect("copied");
        let server = other.serve().await;
        assert_eq!(server.operate(Method::GET, "fence", Value::Null).await["fenced"], json!(false));
        assert_eq!(story.said(&server).await, before);
        server.stop();

        // The database that the backup is of knows by itself.
        let told = there.went_well(&["restore", text(&backup), "--replace"]);
        assert!(!told.contains("poort restore confirm"), "{told}");
        let server = there.serve().await;
        assert_eq!(story.said(&server).await, before);
        let audit = server.operate(Method::GET, "audit?limit=200", Value::Null).await;
        let audit = audit["items"].as_array().expect("items");
        assert!(audit.iter().zip(1..).all(|(entry, place)| entry["sequence"] == json!(place)), "a gap");
    }
}

/// Organisation tokens and workspaces, which personal tokens share their events with, or have of their own.
#[tokio::test(flavor = "multi_thread")]
async fn organisation_tokens_and_workspaces_are_ended_again() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let there = world.installation(engine).await;
        let server = there.serve().await;
        let acme = server.organisation("Acme").await;
        let permission = json!({"name": "survey:deliveries:create", "title": "Create deliveries"});
        let definition = json!({
            "name": "survey", "title": "Survey", "presentations": ["basic"], "credentials": ["organisation_token"],
            "accepts_imported": true, "permissions": [permission], "routes": []
        });
        server.post("apis", definition).await;
        let survey = member(&server.post("apis/survey/credentials", json!({"description": "the survey itself"})).await, "secret");
        let mut workspaces = Vec::new();
        for number in ["1", "2"] {
            let body = json!({"number": number, "name": "Project"});
            workspaces.push(member(&server.post(&format!("organisations/{acme}/workspaces"), body).await, "id"));
        }
        let (mut credentials, mut ids) = (Vec::new(), Vec::new());
        for name in ["kept", "revoked", "paused", "rotated"] {
            let body = json!({"api": "survey", "username": name, "description": "field teams"});
            let made = server.post(&format!("organisations/{acme}/organisation-tokens"), body).await;
            credentials.push(testkit::basic(name, &member(&made, "code")));
            ids.push(member(&made, "id"));
        }
        let file = world.path(&format!("tokens-{engine:?}"));
        there.back_up(&file);
        server.operate(Method::DELETE, &format!("organisation-tokens/{}", ids[1]), Value::Null).await;
        server.operate(Method::PUT, &format!("organisation-tokens/{}/suspension", ids[2]), Value::Null).await;
        let rotated = server.post(&format!("organisation-tokens/{}/rotations", ids[3]), json!({"overlap_seconds": 0})).await;
        credentials.push(testkit::basic("rotated", &member(&rotated, "code")));
        server.post(&format!("workspaces/{}/closures", workspaces[1]), json!({})).await;
        let said = async |server: &Server| {
            let mut said = Vec::new();
            for credential in &credentials {
                for workspace in ["1", "2"] {
                    let asked = json!({"authorization": credential, "permission": "survey:deliveries:create", "workspace": workspace});
                    let (status, answer) = server.call(Method::POST, "verify", &survey, asked).await;
                    assert_eq!(status, 200, "{answer}");
                    said.push((answer["allowed"].clone(), answer["reason"].clone()));
                }
            }
            said
        };
        let before = said(&server).await;
        assert_eq!(
            before.iter().filter(|(allowed, _)| *allowed == true).count(),
            2,
            "the kept one and the new secret, in one of both: {before:?}"
        );
        // As it often is before a restore: the server did not leave by itself.
        drop(server);
        there.went_well(&["restore", text(&file), "--replace"]);
        assert_eq!(said(&there.serve().await).await, before);
    }
}

/// The key that somebody else has must not come back with a backup, nor what it has signed.
#[tokio::test(flavor = "multi_thread")]
async fn an_ended_signing_key_is_ended_again() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let there = world.installation(engine).await;
        let server = there.serve().await;
        let signing = async |server: &Server| {
            let listed = server.operate(Method::GET, "server-keys", Value::Null).await;
            let keys = listed["items"].as_array().expect("items").iter().filter(|key| key["purpose"] == "signing_es256");
            keys.map(|key| (member(key, "id"), member(key, "state"))).collect::<Vec<_>>()
        };
        let [(key, _)] = signing(&server).await.try_into().expect("one key");
        let file = world.path(&format!("keys-{engine:?}"));
        there.back_up(&file);
        server.operate(Method::DELETE, &format!("server-keys/{key}"), Value::Null).await;
        drop(server);
        there.went_well(&["restore", text(&file), "--replace"]);
        let after = signing(&there.serve().await).await;
        assert_eq!(after[0], (key, "ended".to_owned()));
        assert_eq!((after.len(), after[1].1.as_str()), (2, "active"), "the start has made another");
    }
}

/// A browser of one's own, as far as it takes to sign in and to choose another password.
struct Visit<'s> {
    server: &'s Server,
    client: reqwest::Client,
    cookies: std::collections::BTreeMap<String, String>,
}

impl<'s> Visit<'s> {
    fn new(server: &'s Server) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { server, client, cookies: std::collections::BTreeMap::new() }
    }

    async fn send(&mut self, path: &str, form: Option<String>) -> (u16, String) {
        let url = format!("{}{path}", self.server.url);
        let call = match form {
            None => self.client.get(url),
            Some(form) => self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form),
        };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = call.header("cookie", cookies.join("; ")).send().await.expect("an answer");
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("text").split(';').next().expect("a cookie").to_owned();
            let (name, value) = pair.split_once('=').expect("a name");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }

    async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let page = self.send(path, None).await.1;
        let csrf = testkit::hidden(&page, "csrf").unwrap_or_else(|| panic!("no form: {page}"));
        let all: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.send(path, Some(testkit::encoded(&all))).await.0
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> u16 {
        self.fill("/sign-in", &[("email", email), ("password", password)]).await
    }
}

/// Somebody gave the old password up: it does not come back with the backup. The new one is in no backup and no journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_changed_since_does_not_count_again() {
    const OLD: &str = "correct horse battery";
    const NEW: &str = "een ander lang wachtwoord";
    let world = World::start();
    let there = world.installation(Engine::Sqlite).await;
    let server = there.serve().await;
    let organisation = server.organisation("Acme").await;
    for name in ["ann", "bob"] {
        let email = format!("{name}@example.org");
        let body = json!({"name": name, "email": email, "organisation": organisation, "roles": ["member"], "password": OLD});
        server.post("people", body).await;
    }
    let backup = world.path("passwords");
    there.back_up(&backup);
    let mut ann = Visit::new(&server);
    assert_eq!(ann.sign_in("ann@example.org", OLD).await, 303);
    assert_eq!(ann.fill("/en/profile/sign-in/password", &[("password", NEW)]).await, 303);
    assert_eq!(Visit::new(&server).sign_in("ann@example.org", NEW).await, 303);
    server.stop();
    there.went_well(&["restore", text(&backup), "--replace"]);
    let server = there.serve().await;
    for password in [OLD, NEW] {
        assert_eq!(Visit::new(&server).sign_in("ann@example.org", password).await, 422, "she chooses another by mail");
    }
    assert_eq!(Visit::new(&server).sign_in("bob@example.org", OLD).await, 303, "his was not changed");
    server.stop();
}
