//! Announcements: made, shown, withdrawn, told to programs by `verify` and forward-auth.

use serde_json::{Value, json};
use testkit::App;

use super::announcement;

const TEXTS: [&str; 4] = ["/title/nl", "/title/en", "/text/nl", "/text/en"];

fn with(changes: Value) -> Value {
    let mut body = announcement();
    for (name, value) in changes.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

/// What forward-auth tells of a request: deprecation, sunset, link.
async fn told(app: &App, secret: &str, (method, path): (&str, &str)) -> [Option<String>; 3] {
    let asked = app.call("GET", "/forward-auth/shop").header("x-original-method", method).header("x-original-uri", path);
    let answer = if secret.is_empty() { asked.send().await } else { asked.token(secret).send().await }.expect(200);
    ["deprecation", "sunset", "link"].map(|name| answer.header(name).map(str::to_owned))
}

#[tokio::test]
async fn answers_tell_programs_from_then_on() {
    for app in App::start_each().await {
        let shop = app.shop().await;
        let organisation = app.organisation("Acme").await;
        let ann = app.person("ann", &organisation, &["member"]).await;
        let (_, secret) = app.token(&ann, None).await;
        let thing = ("GET", "/things/7");
        assert_eq!(told(&app, &secret, thing).await, [None, None, None]);
        let body = with(json!({
            "routes": [{"method": "GET", "path": "/things/{id}"}],
            "deprecated_at": "2027-01-01T00:00:00.9Z", "sunset_at": "2028-01-01T01:00:00+01:00", "link": "https://docs.example/v2",
        }));
        let made = app.make("/api/v1/announcements", body).await;
        assert_eq!(made.member("/deprecated_at"), "2027-01-01T00:00:00Z", "whole seconds");
        assert_eq!((made.member("/told_until"), &made.json()["withdrawn_at"]), ("2028-01-01T00:00:00Z".to_owned(), &Value::Null));
        let path = made.header("location").expect("where it is").to_owned();

        let link = "<https://docs.example/v2>; rel=\"deprecation\", <https://docs.example/v2>; rel=\"sunset\"";
        let expected = ["@1798761600", "Sat, 01 Jan 2028 00:00:00 GMT", link].map(|value| Some(value.to_owned()));
        assert_eq!(told(&app, &secret, thing).await, expected);
        assert_eq!(told(&app, &secret, ("HEAD", "/things/8")).await, expected);
        assert_eq!(told(&app, &secret, ("GET", "/")).await, [None, None, None], "another route");
        assert_eq!(told(&app, "", ("GET", "/")).await, [None, None, None]);
        let ask = async |more: Value| {
            let mut question = json!({"authorization": format!("Bearer {secret}")});
            question.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
            app.call("POST", "/api/v1/verify").token(&shop).json(&question).send().await.expect(200).json()
        };
        let answer = ask(json!({"method": "GET", "path": "/things/7"})).await;
        assert_eq!(answer["announced"], json!({"deprecation": expected[0], "sunset": expected[1], "link": link}));
        assert_eq!(ask(json!({"permission": "shop:things:read"})).await["announced"], Value::Null, "nothing is said of a route");

        // The whole API, also for who is anonymous; where several are, the first moments count.
        let whole = app.make("/api/v1/announcements", with(json!({"sunset_at": "2027-06-01T00:00:00Z"}))).await;
        let sunset = Some("Tue, 01 Jun 2027 00:00:00 GMT".to_owned());
        assert_eq!(told(&app, "", ("GET", "/")).await, [None, sunset.clone(), None]);
        assert_eq!(told(&app, &secret, thing).await, [expected[0].clone(), sunset.clone(), expected[2].clone()]);
        let answer = ask(json!({"permission": "shop:things:read"})).await;
        assert_eq!(answer["announced"], json!({"sunset": sunset}));

        // A definition that has the route no more, and one that has it again.
        let definition = app.operate("GET", "/api/v1/apis/shop").send().await.expect(200).json();
        let mut without = definition.clone();
        without.as_object_mut().expect("members").remove("revision");
        let mut with_it = without.clone();
        without["routes"].as_array_mut().expect("routes").remove(1);
        with_it["routes"].as_array_mut().expect("routes").rotate_left(1);
        app.operate("PUT", "/api/v1/apis/shop").json(&without).send().await.expect(200);
        assert_eq!(told(&app, "", ("GET", "/")).await, [None, sunset.clone(), None]);
        app.operate("PUT", "/api/v1/apis/shop").json(&with_it).send().await.expect(200);
        assert_eq!(told(&app, &secret, thing).await[0], expected[0]);

        for (path, code) in [(path.as_str(), 200), (path.as_str(), 404)] {
            app.operate("DELETE", path).send().await.expect(code);
        }
        assert_eq!(told(&app, &secret, thing).await, [None, sunset, None]);
        app.operate("DELETE", &format!("/api/v1/announcements/{}", whole.member("/id"))).send().await.expect(200);
        assert_eq!(told(&app, &secret, thing).await, [None, None, None]);
        let listed = app.operate("GET", "/api/v1/announcements?api=shop").send().await.expect(200).json();
        let withdrawn: Vec<bool> = listed["items"].as_array().expect("items").iter().map(|item| item["withdrawn_at"].is_string()).collect();
        assert_eq!(withdrawn, [true, true]);
        assert_eq!(app.operate("GET", "/api/v1/announcements?api=none").send().await.expect(200).json()["items"], json!([]));
        assert_eq!(app.operate("GET", &path).send().await.expect(200).member("/title/nl"), "Nieuw");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_place() {
    let app = App::start().await;
    app.shop().await;
    let before = app.node.authority.verifier().applied();
    let refused = async |changes: Value| -> String {
        let answer = app.operate("POST", "/api/v1/announcements").json(&with(changes)).send().await.expect(400);
        answer.text
    };
    for place in TEXTS {
        for bad in ["", "\u{0}", "a\u{202e}b", &"x".repeat(2_001)] {
            let mut body = announcement();
            *body.pointer_mut(place).expect("there") = json!(bad);
            let told = app.operate("POST", "/api/v1/announcements").json(&body).send().await.expect(400).text;
            assert!(told.contains(&place[1..].replace('/', ".")), "{place}: {told}");
        }
    }
    let route = |method: &str, path: &str| json!({"method": method, "path": path});
    for (changes, place) in [
        (json!({"api": "nothing"}), "api"),
        (json!({"routes": [route("GET", "/things/7")]}), "routes[0]"),
        (json!({"routes": [route("GET", "/"), route("GET", "/")]}), "routes[1]"),
        (json!({"routes": vec![route("GET", "/"); 51]}), "routes"),
        (json!({"sunset_at": "2020-01-01T00:00:00Z"}), "sunset_at"),
        (json!({"sunset_at": "2030-01-01T00:00:00Z", "deprecated_at": "2031-01-01T00:00:00Z"}), "sunset_at"),
        (json!({"deprecated_at": "1960-01-01T00:00:00Z"}), "deprecated_at"),
        (json!({"link": "http://docs.example"}), "link"),
        (json!({"link": "https://docs.example/\r\nSet-Cookie: a=b"}), "link"),
        (json!({"link": "https://docs.example/>; rel=next"}), "link"),
    ] {
        let told = refused(changes.clone()).await;
        assert!(told.contains(place), "{changes}: {told}");
    }
    app.operate("POST", "/api/v1/announcements").json(&with(json!({"api": "poort"}))).send().await.expect(409);
    assert_eq!(app.node.authority.verifier().applied(), before, "nothing was changed");
    for _ in 0..20 {
        app.make("/api/v1/announcements", announcement()).await;
    }
    let full = app.operate("POST", "/api/v1/announcements").json(&announcement()).send().await.expect(409);
    assert_eq!(full.member("/code"), "too_many_announcements");
}

#[tokio::test]
async fn it_goes_with_its_api_and_stands_in_the_log() {
    for app in App::start_each().await {
        app.shop().await;
        let made = app.make("/api/v1/announcements", with(json!({"sunset_at": "2030-01-01T00:00:00Z"}))).await;
        assert!(told(&app, "", ("GET", "/")).await[1].is_some());
        app.operate("DELETE", "/api/v1/apis/shop").send().await.expect(200);
        let shown = app.operate("GET", &format!("/api/v1/announcements/{}", made.member("/id"))).send().await.expect(200);
        assert!(shown.json()["withdrawn_at"].is_string());
        app.shop().await;
        assert_eq!(told(&app, "", ("GET", "/")).await, [None, None, None], "another API of that name");
        let log = app.operate("GET", &format!("/api/v1/audit?about={}", made.member("/id"))).send().await.expect(200);
        assert_eq!(log.member("/items/0/event/type"), "announcement_made");
        assert!(!log.text.contains("Lees dit."), "the words are in the row only: {}", log.text);
    }
}
