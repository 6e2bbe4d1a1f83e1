//! What is read: every document's members, addresses, languages, formats and pages.

use serde_json::{Value, json};

use crate::harness::World;

fn members(document: &Value) -> Vec<&str> {
    document.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[track_caller]
fn has(document: &Value, names: &[&str]) {
    for name in names {
        assert!(members(document).contains(name), "{name} in {document}");
    }
}

#[tokio::test]
async fn the_root_says_who_one_is() {
    let world = World::start().await;
    let anonymous = world.send("GET", "/nl/", &[("Accept", "application/json"), ("Authorization", "")], "").await.ok();
    assert_eq!(members(&anonymous), ["min_supported_client", "version"]);
    let root = world.get("/", "student").await.ok();
    let user = &root["user"];
    assert_eq!((&user["id"], &user["permission"], &user["submission_count"]), (&json!(3), &json!("student"), &json!(4)));
    assert_eq!(user["correct_exercises"], 2);
    assert_eq!(user["submissions"], format!("http://{}/nl/users/3/submissions.json", world.address));
    has(user, &["username", "first_name", "last_name", "email", "time_zone", "lang", "url"]);
    let courses: Vec<_> = user["subscribed_courses"].as_array().expect("a list").iter().map(|course| &course["id"]).collect();
    assert_eq!(courses, [1, 8]);
    let due: Vec<_> = root["deadline_series"].as_array().expect("a list").iter().map(|series| &series["id"]).collect();
    assert_eq!(due, [2, 7]);
    assert_eq!(root["min_supported_client"], "0.0.1");
    // A token that may not see the profile is told no more than anybody.
    assert_eq!(world.get("/", "powerless").await.ok(), anonymous);
}

#[tokio::test]
async fn users_see_themselves_and_zeus_everybody() {
    let world = World::start().await;
    let reply = world.get("/profile", "student").await;
    assert_eq!((reply.status, reply.header("location")), (302, Some(&*format!("http://{}/nl/users/3/", world.address))));
    for (target, expected) in [("/nl/profile/", "https://poort.example/nl/profile"), ("/en/profile", "https://poort.example/en/profile")] {
        let browser = world.send("GET", target, &[("Accept", "text/html")], "").await;
        assert_eq!((browser.status, browser.header("location")), (302, Some(expected)), "{target}");
    }
    assert_eq!(world.send("GET", "/nl/profile", &[("Accept", "application/json")], "").await.status, 401);
    assert_eq!(world.get("/users/3", "student").await.ok()["username"], "student");
    assert_eq!(world.get("/users/3/", "zeus").await.ok()["username"], "student");
    for token in ["student", "staff"] {
        let reply = world.get("/users/1", token).await;
        assert_eq!((reply.status, reply.json()), (403, json!({"error": "This belongs to somebody else."})));
    }
    assert_eq!(world.get("/users/99", "zeus").await.status, 404);
    assert_eq!(world.get("/users/99", "student").await.status, 403);
}

#[tokio::test]
async fn courses_come_in_tabs() {
    let world = World::start().await;
    for target in ["/courses.json?tab=featured", "/nl/courses?tab=featured", "/courses"] {
        let reply = world.send("GET", target, &[("Accept", "application/json")], "").await;
        assert_eq!(reply.ids(), [1, 8], "{target}");
    }
    assert_eq!(world.get("/courses?tab=my", "student").await.ids(), [1, 8]);
    assert_eq!(world.get("/courses?tab=my", "staff").await.ids(), [1, 2, 8]);
    assert_eq!(world.get("/courses?tab=all", "student").await.ids(), [1, 8]);
    assert_eq!(world.get("/courses?tab=all", "zeus").await.ids(), [1, 2, 8]);
    assert_eq!(world.get("/courses?tab=institution", "student").await.ids(), [0; 0]);
    assert_eq!(world.get("/courses?tab=my&page=2", "student").await.ids(), [0; 0]);
    assert_eq!(world.get("/courses?tab=featured", "powerless").await.ids(), [1, 8]);
    assert_eq!(world.get("/courses?tab=my", "powerless").await.status, 403);
    let anonymous = world.send("GET", "/courses?tab=my", &[("Accept", "application/json")], "").await;
    assert_eq!((anonymous.status, &*anonymous.body), (401, "You are not authorized to view this page."));

    let course = world.get("/courses/1", "student").await.ok();
    has(&course, &["name", "teacher", "color", "year", "visibility", "registration"]);
    assert_eq!(course["url"], format!("http://{}/nl/courses/1.json", world.address));
    assert_eq!(course["series"], format!("http://{}/nl/courses/1/series.json", world.address));
    assert_eq!(course["created_at"], "2026-11-21T12:00:00.000+01:00");
    assert_eq!(world.get("/courses/2", "student").await.status, 403);
    assert_eq!(world.get("/courses/2", "staff").await.status, 200);
    let missing = world.get("/courses/77", "student").await;
    assert_eq!((missing.status, missing.json()), (404, json!({"status": 404, "error": "Not Found"})));
}

#[tokio::test]
async fn series_are_open_hidden_closed_or_timed() {
    let world = World::start().await;
    assert_eq!(world.get("/courses/1/series", "student").await.ids(), [1, 2]);
    assert_eq!(world.get("/courses/1/series", "staff").await.ids(), [1, 2, 3, 4, 5]);
    assert_eq!(world.get("/courses/2/series", "student").await.status, 403);
    let series = world.get("/series/2.json", "student").await.ok();
    has(&series, &["name", "description", "order", "created_at", "updated_at", "deadline", "visibility_start"]);
    assert_eq!((&series["visibility"], &series["visibility_start"]), (&json!("open"), &Value::Null));
    assert_eq!(series["exercises"], format!("http://{}/nl/series/2/activities.json", world.address));
    assert_eq!(series["course"], format!("http://{}/nl/courses/1.json", world.address));
    for path in ["/series/3", "/series/4", "/series/5", "/series/3/activities", "/series/3?token=wrong", "/series/4?token=achter-een-link"]
    {
        assert_eq!(world.get(path, "student").await.status, 403, "{path}");
        assert_eq!(world.get(path, "zeus").await.status, 200, "{path}");
    }
    assert_eq!(world.get("/series/3?token=achter-een-link", "student").await.ok()["visibility"], "hidden");
    assert_eq!(world.get("/series/3/activities?token=achter-een-link", "student").await.ids(), [15]);
    world.clock.advance_milliseconds(366 * 86_400_000);
    assert_eq!(world.get("/courses/1/series", "student").await.ids(), [1, 2, 5]);
    assert_eq!(world.get("/series/5", "student").await.status, 200);
}

#[tokio::test]
async fn activities_show_how_one_stands() {
    let world = World::start().await;
    let list = world.get("/series/1/activities", "student").await;
    assert_eq!(list.ids(), [10, 11, 12]);
    let list = list.ok();
    has(&list[0], &["name", "description_format", "description_url", "has_read"]);
    assert_eq!((&list[0]["type"], &list[0]["has_read"]), (&json!("ContentPage"), &json!(false)));
    let names = ["boilerplate", "programming_language", "last_solution_is_best", "has_correct_solution", "accepted_before_deadline"];
    has(&list[1], &names);
    assert_eq!((&list[1]["accepted"], &list[1]["has_solution"]), (&json!(true), &json!(true)));
    assert_eq!((&list[2]["accepted"], &list[2]["has_solution"]), (&json!(false), &json!(true)));
    assert_eq!(list[1]["programming_language"]["extension"], "py");
    assert_eq!(list[1]["url"], format!("http://{}/nl/courses/1/series/1/activities/11.json", world.address));
    for path in ["/activities/11", "/courses/1/activities/11", "/courses/1/series/1/activities/11"] {
        let activity = world.get(path, "student").await.ok();
        assert_eq!(activity["url"], format!("http://{}/nl{path}.json", world.address));
    }
    for path in ["/courses/8/activities/11", "/courses/1/series/2/activities/11", "/courses/8/series/1/activities", "/activities/99"] {
        assert_eq!(world.get(path, "student").await.status, 404, "{path}");
    }
    // For staff only; in a closed series; in one that is not open yet; in a course that one may not see.
    for path in ["/activities/14", "/courses/1/activities/14", "/activities/16", "/activities/17", "/activities/18"] {
        let reply = world.get(path, "student").await;
        assert_eq!((reply.status, reply.json()), (403, json!({"error": "You may not see this activity."})), "{path}");
        assert_eq!(world.get(path, "zeus").await.status, 200, "{path}");
    }
    assert_eq!(world.get("/courses/1/activities/15", "student").await.status, 200, "its series' link was followed");
    assert_eq!(world.get("/activities", "student").await.ids(), [10, 11, 12, 13, 19, 20]);
    assert_eq!(world.get("/courses/1/activities", "student").await.ids(), [10, 11, 12, 13]);
    assert_eq!(world.get("/courses/1/activities", "staff").await.ids(), [10, 11, 12, 13, 14, 15, 16, 17]);
}

#[tokio::test]
async fn a_content_page_is_marked_as_read() {
    let world = World::start().await;
    for path in ["/courses/1/series/1/activities/10/read", "/courses/1/activities/10/read.json", "/activities/10/read"] {
        assert_eq!(world.post(path, "student", &json!({})).await.ok()["status"], "ok", "{path}");
    }
    let headers = [("Content-Type", "application/json"), ("Accept", "application/json"), ("Authorization", "student")];
    assert_eq!(world.send("POST", "/activities/19/read", &headers, "").await.ok()["activity_id"], 19, "without a body");
    assert_eq!(world.get("/activities/10", "student").await.ok()["has_read"], true);
    assert_eq!(world.get("/activities/10", "staff").await.ok()["has_read"], false);
    let exercise = world.post("/activities/11/read", "student", &json!({})).await;
    assert_eq!((exercise.status, &exercise.json()["status"]), (422, &json!("failed")));
    assert_eq!(world.post("/activities/14/read", "student", &json!({})).await.status, 403);
}

#[tokio::test]
async fn the_language_is_in_every_address() {
    let world = World::start().await;
    for (prefix, locale) in [("", "nl"), ("/nl", "nl"), ("/en", "en")] {
        let course = world.get(&format!("{prefix}/courses/1"), "student").await.ok();
        assert_eq!(course["url"], format!("http://{}/{locale}/courses/1.json", world.address));
    }
    assert_eq!(world.get("/fr/courses/1", "student").await.status, 404);
    assert_eq!(world.get("/nl/en/courses/1", "student").await.status, 404);
    assert_eq!(world.get("/notifications.json", "student").await.ok(), json!([]));
    assert_eq!(world.get("/en/notifications", "student").await.ok(), json!([]));
}

#[tokio::test]
async fn addresses_are_those_of_the_host_that_was_asked() {
    let world = World::start().await;
    let reply = world.raw(b"GET /courses/8 HTTP/1.1\r\nHost: dodona.be\r\nAccept: application/json\r\nAuthorization: student\r\nConnection: close\r\n\r\n").await;
    assert_eq!(reply.ok()["url"], "https://dodona.be/nl/courses/8.json");
    let absolute =
        "GET https://dodona.be/nl/courses/8.json HTTP/1.1\r\nHost: dodona.be\r\nAuthorization: student\r\nConnection: close\r\n\r\n";
    assert_eq!(world.raw(absolute.as_bytes()).await.ok()["url"], "https://dodona.be/nl/courses/8.json");
}

#[tokio::test]
async fn programs_get_json_and_browsers_get_pages() {
    let world = World::start().await;
    for accept in ["application/json", "*/*", "application/json, text/plain, */*"] {
        let reply = world.send("GET", "/courses/1", &[("Accept", accept), ("Authorization", "student")], "").await;
        assert_eq!(reply.ok()["id"], 1, "{accept}");
    }
    let html = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Authorization", "student")];
    assert_eq!(world.send("GET", "/courses/1.json", &html, "").await.ok()["id"], 1, "the suffix wins");
    assert_eq!(world.get("/courses/1.js", "student").await.status, 406);
    for (target, text) in
        [("/users/3", "Sanne Student"), ("/courses/1", "Programming for beginners"), ("/activities/11/description", "card-supporting-text")]
    {
        let page = world.send("GET", target, &html, "").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{target}");
        assert!(page.body.contains(text), "{}", page.body);
        assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(world.send("GET", "/nl/sign_in/", &[], "").await.status, 200);
    let head = world.send("HEAD", "/courses/1.json", &html, "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}
