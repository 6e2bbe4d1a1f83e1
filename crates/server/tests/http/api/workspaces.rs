//! Workspaces: made, found, renamed, closed; and the built-in API that an earlier version made.

use domain::Event;
use domain::event::Actor;
use serde_json::json;
use store::{By, Outcome};
use testkit::App;

#[tokio::test]
async fn a_workspace_is_made_renamed_and_closed() {
    for app in App::start_each().await {
        let survey = app.survey("survey").await;
        let organisation = app.organisation("Holder").await;
        let body = json!({"number": "1255", "name": "Noord"});
        let path = format!("/api/v1/organisations/{organisation}/workspaces");
        let made = app.make(&path, body.clone()).await;
        let own = format!("/api/v1/workspaces/{}", made.member("/id"));
        assert_eq!((made.header("location"), made.header("etag")), (Some(own.as_str()), Some("\"1\"")));
        assert_eq!(app.operate("POST", &path).json(&body).send().await.expect(409).problem()["code"], "number_taken");
        for number in ["", "A", "1/2", "-1", " 1"] {
            app.operate("POST", &path).json(&json!({"number": number, "name": "x"})).send().await.expect(400);
        }
        let (_, token) = app.organisation_token(&organisation, "survey", "holder").await;
        let question = json!({"authorization": token, "method": "POST", "path": "/1255/uploads"});
        let ask = || app.call("POST", "/api/v1/verify").token(&survey).json(&question).send();
        assert_eq!(ask().await.expect(200).json()["workspace"], "1255");

        let renamed = app.operate("PATCH", &own).header("if-match", "\"1\"").json(&json!({"name": "Zuid"})).send().await.expect(200);
        assert_eq!((renamed.member("/name"), renamed.header("etag")), ("Zuid".to_owned(), Some("\"2\"")));
        app.operate("PATCH", &own).header("if-match", "\"1\"").json(&json!({"name": "West"})).send().await.expect(412);
        let found = app.operate("GET", "/api/v1/workspaces?number=1255").send().await.expect(200).json();
        assert_eq!(found["items"][0]["name"], "Zuid");
        assert_eq!(app.operate("GET", "/api/v1/workspaces?number=1256").send().await.expect(200).json()["items"], json!([]));

        // Closed for good: nothing works in it, and its number is not given again.
        for _ in 0..2 {
            let closed = app.operate("POST", &format!("{own}/closures")).send().await.expect(200).json();
            assert!(closed["closed_at"].is_string(), "{closed}");
            let answer = ask().await.expect(200).json();
            assert_eq!((&answer["reason"], &answer["status"]), (&json!("wrong_workspace"), &json!(403)), "{answer}");
        }
        assert_eq!(
            app.operate("PATCH", &own).json(&json!({"name": "West"})).send().await.expect(409).problem()["code"],
            "workspace_closed"
        );
        app.operate("POST", &path).json(&body).send().await.expect(409);
        let listed = app.operate("GET", &path).send().await.expect(200).json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    }
}

#[tokio::test]
async fn who_manages_workspaces_is_a_matter_of_roles() {
    let app = App::start().await;
    let (holder, other) = (app.organisation("Holder").await, app.organisation("Other").await);
    let id = app.workspace(&holder, "1255").await;
    for (number, (roles, may)) in
        [(&["owner"][..], true), (&["project_manager"], true), (&["key_manager"], false), (&["member"], false)].into_iter().enumerate()
    {
        for (organisation, own) in [(&holder, true), (&other, false)] {
            let person = app.person(&format!("person-{number}-{own}"), organisation, roles).await;
            let (_, token) = app.token(&person, None).await;
            let expected = match (may, own) {
                (true, true) => 200,
                (true, false) => 404,
                (false, _) => 403,
            };
            let renamed = app.call("PATCH", &format!("/api/v1/workspaces/{id}")).token(&token).json(&json!({"name": "x"})).send().await;
            assert_eq!(renamed.status, expected, "{roles:?} {own}: {}", renamed.text);
            let found = app.call("GET", "/api/v1/workspaces?number=1255").token(&token).send().await;
            let visible = found.status == 200 && found.text.contains(&id);
            assert_eq!(visible, may && own, "{roles:?} {own}: {}", found.text);
            if may {
                let path = format!("/api/v1/organisations/{organisation}/workspaces");
                let body = json!({"number": format!("new-{number}-{own}"), "name": "New"});
                app.call("POST", &path).token(&token).json(&body).send().await.expect(201);
            }
        }
    }
}

#[tokio::test]
async fn the_built_in_api_of_an_earlier_version_is_brought_up_to_date() {
    let app = App::start().await;
    let organisation = app.organisation("Holder").await;
    let person = app.person("owner", &organisation, &["owner"]).await;
    let (_, token) = app.token(&person, None).await;
    let list = || app.call("GET", "/api/v1/workspaces").token(&token).send();
    list().await.expect(200);
    let authority = &app.node.authority;
    let context = server::node::System { clock: app.clock.clone(), entropy: authority.entropy().clone() }.context().expect("a context");
    let mut old = authority.api(&context.caller, "poort".to_owned()).await.expect("there").0;
    old.permissions.truncate(4);
    let by = By { at: context.now, actor: Actor::System, request: context.request, address: None };
    let written: Result<_, store::WriteError<()>> = authority
        .store()
        .write(move |tx| {
            let (old, by) = (old.clone(), by.clone());
            Box::pin(async move {
                tx.put_api(&old).await?;
                Ok(Outcome::Changed((), tx.record(&by, Event::ApiDefined { definition: old }).await?))
            })
        })
        .await;
    written.expect("as an earlier version wrote it");
    list().await.expect(403);
    for changes in [true, false] {
        let before = authority.verifier().applied();
        authority.refresh_own_api(&context).await.expect("refreshed");
        assert_eq!(authority.verifier().applied() > before, changes);
        list().await.expect(200);
    }
}
