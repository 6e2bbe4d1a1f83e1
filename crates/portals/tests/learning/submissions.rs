//! Handing in, the pause between, judging, listing, and what a restart leaves.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::World;

fn solution(code: &str) -> Value {
    json!({"submission": {"code": code, "course_id": 1, "series_id": 1, "exercise_id": 11}})
}

fn errors(field: &str, problem: &str) -> (u16, Value) {
    (422, json!({"status": "failed", "errors": {field: [problem]}}))
}

#[tokio::test]
async fn a_solution_is_queued_and_judged() {
    let world = World::start().await;
    let cases = [("print( \"Hello, world!\" )\r\nx = 1\r", "correct"), ("print(1)", "wrong"), (" \n", "compilation error")];
    for (place, (code, status)) in cases.into_iter().enumerate() {
        let created = world.post("/submissions.json", "student", &solution(code)).await.ok();
        let id = 5 + place;
        let url = format!("http://{}/nl/submissions/{id}.json", world.address);
        assert_eq!(created, json!({"status": "ok", "id": id, "exercise_id": 11, "course_id": 1, "url": url}));
        let judged = world.judged(&url).await;
        assert_eq!((&judged["status"], &judged["accepted"]), (&json!(status), &json!(status == "correct")));
        assert_eq!(judged["code"], code.replace("\r\n", "\n").replace('\r', "\n"));
        let result: Value = serde_json::from_str(judged["result"].as_str().expect("JSON as a string")).expect("JSON");
        assert_eq!((&result["accepted"], &result["status"]), (&json!(status == "correct"), &json!(status)));
        assert_eq!(result["groups"][0]["badgeCount"], u8::from(status != "correct"));
        assert_eq!(judged["exercise"], format!("http://{}/nl/courses/1/series/1/activities/11.json", world.address));
        assert_eq!(judged["created_at"], format!("2026-11-21T12:00:{:02}.000+01:00", place * 5));
        world.clock.advance_milliseconds(5_000);
    }
    let activity = world.get("/activities/11", "student").await.ok();
    assert_eq!((&activity["accepted"], &activity["has_correct_solution"]), (&json!(false), &json!(true)));
    assert_eq!(activity["last_solution_is_best"], false);
}

#[tokio::test]
async fn five_seconds_lie_between_two_solutions_of_a_user() {
    let world = World::start().await;
    let limited = errors("submission", "rate limited");
    assert_eq!(world.post("/submissions", "student", &solution("1")).await.status, 200);
    for wait in [0, 4_999] {
        world.clock.advance_milliseconds(wait);
        let reply = world.post("/submissions", "student", &solution("2")).await;
        assert_eq!((reply.status, reply.json()), limited);
    }
    assert_eq!(world.post("/submissions", "staff", &solution("3")).await.status, 200, "each user for themselves");
    world.clock.advance_milliseconds(1);
    assert_eq!(world.post("/submissions", "student", &solution("4")).await.status, 200);
    world.clock.set_forward(-3_600_000);
    assert_eq!(world.post("/submissions", "student", &solution("5")).await.status, 200, "a clock set back locks nobody out");
}

#[tokio::test]
async fn at_the_same_moment_only_one_is_taken() {
    let world = std::sync::Arc::new(World::start().await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let world = world.clone();
        tasks.spawn(async move { world.post("/submissions", "student", &solution("x")).await.status });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[15]), (200, 422, 422));
}

#[tokio::test]
async fn ids_come_as_numbers_texts_or_nothing() {
    let world = World::start().await;
    let forms = [
        (json!({"code": "x", "exercise_id": "11", "course_id": "1", "series_id": "1"}), json!(1)),
        (json!({"code": "x", "exercise_id": 11, "course_id": null, "series_id": null}), Value::Null),
        (json!({"code": "x", "exercise_id": 11}), Value::Null),
        (json!({"code": "x", "exercise_id": 11, "course_id": "", "annotations": [1]}), Value::Null),
    ];
    for (form, course) in forms {
        world.clock.advance_milliseconds(5_000);
        let created = world.post("/submissions", "student", &json!({"submission": form})).await.ok();
        assert_eq!((&created["exercise_id"], &created["course_id"]), (&json!(11), &course));
    }
    world.clock.advance_milliseconds(5_000);
    let headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
        ("Authorization", "student"),
    ];
    let body = "submission%5Bcode%5D=a+%2B+b&submission[exercise_id]=11";
    let created = world.send("POST", "/submissions", &headers, body).await.ok();
    assert_eq!(world.get(created["url"].as_str().expect("a URL"), "student").await.ok()["code"], "a + b");
}

#[tokio::test]
async fn what_may_not_be_handed_in_is_refused() {
    let world = World::start().await;
    let refused = |exercise: i64, course: Value| {
        let body = json!({"submission": {"code": "x", "exercise_id": exercise, "course_id": course}});
        let world = &world;
        async move {
            let reply = world.post("/submissions", "student", &body).await;
            (reply.status, reply.json())
        }
    };
    assert_eq!(refused(14, json!(1)).await, errors("exercise", "not permitted"));
    assert_eq!(refused(14, Value::Null).await, errors("exercise", "not permitted"));
    assert_eq!(refused(16, json!(1)).await, errors("exercise", "not permitted"));
    assert_eq!(refused(18, json!(2)).await, errors("exercise", "not permitted"));
    assert_eq!(refused(99, Value::Null).await, errors("exercise", "must exist"));
    assert_eq!(refused(10, json!(1)).await, errors("exercise", "must exist"));
    assert_eq!(refused(11, json!(8)).await, errors("exercise", "must exist"));
    assert_eq!(refused(11, json!(77)).await.0, 404);
    let long = "x".repeat(64 * 1024);
    let reply = world.post("/submissions", "student", &solution(&long)).await;
    assert_eq!((reply.status, reply.json()), errors("code", "too long"));
    assert_eq!(world.post("/submissions", "student", &solution(&long[1..])).await.status, 200);
    assert_eq!(world.get("/users/3", "student").await.ok()["submission_count"], 5, "nothing refused was stored");
}

#[tokio::test]
async fn bodies_that_say_nothing_are_bad_requests() {
    let world = World::start().await;
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        r#"{"submission": 1}"#,
        r#"{"submission": {}}"#,
        r#"{"submission": {"code": 1}}"#,
        r#"{"submission": {"code": "x", "exercise_id": "1 OR 1=1"}}"#,
        r#"{"submission": {"code": "x", "exercise_id": -1}}"#,
        r#"{"submission": {"code": "x", "exercise_id": 1e99}}"#,
        r#"{"submission": {"code": "x", "exercise_id": [11]}}"#,
    ];
    let deep = format!("{{\"submission\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in bodies.into_iter().chain([deep.as_str()]) {
        for accept in ["application/json", "text/html"] {
            let headers = [("Accept", accept), ("Content-Type", "application/json"), ("Authorization", "student")];
            let reply = world.send("POST", "/submissions", &headers, body).await;
            assert_eq!((reply.status, reply.body.as_str()), (400, "Bad request"), "{body:.60}");
        }
    }
    let headers = [("Content-Type", "text/plain"), ("Authorization", "student")];
    assert_eq!(world.send("POST", "/submissions", &headers, &solution("x").to_string()).await.status, 400);
    let reply = world.post("/submissions", "student", &solution(&"x".repeat(600_000))).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let world = World::start().await;
    assert_eq!(world.get("/submissions", "student").await.ids(), [4, 3, 2, 1]);
    assert_eq!(world.get("/submissions?activity_id=11", "student").await.ids(), [2, 1]);
    assert_eq!(world.get("/submissions?course_id=8", "student").await.ids(), [4]);
    assert_eq!(world.get("/submissions?course_id=1&activity_id=12", "student").await.ids(), [3]);
    assert_eq!(world.get("/submissions?activity_id=1%20OR%201=1", "student").await.ids(), [0; 0]);
    for path in ["/users/3/submissions?activity_id=11", "/activities/11/submissions", "/courses/1/series/1/activities/11/submissions"] {
        assert_eq!(world.get(path, "student").await.ids(), [2, 1], "{path}");
    }
    assert_eq!(world.get("/courses/1/submissions", "staff").await.ids(), [3, 2, 1], "of the course that one leads");
    assert_eq!(world.get("/submissions", "staff").await.ids(), [3, 2, 1]);
    assert_eq!(world.get("/submissions", "zeus").await.ids(), [4, 3, 2, 1]);
    assert_eq!(world.get("/users/3/submissions", "staff").await.status, 403);
    assert_eq!(world.get("/courses/2/submissions", "student").await.status, 403);
    for number in 0..31 {
        world.clock.advance_milliseconds(5_000);
        assert_eq!(world.post("/submissions", "student", &solution("x")).await.status, 200, "{number}");
    }
    let first = world.get("/submissions", "student").await.ids();
    let second = world.get("/submissions?page=2", "student").await.ids();
    assert_eq!((first.len(), second.len()), (30, 5));
    assert_eq!(first.iter().chain(&second).collect::<BTreeSet<_>>().len(), 35);
    for junk in ["0", "-1", "x", "", "1.5", "99999999999999999999"] {
        assert_eq!(world.get(&format!("/submissions?page={junk}"), "student").await.ids(), first, "{junk}");
    }
    assert_eq!(world.get("/submissions?page=9223372036854775807", "student").await.ids(), [0; 0]);
}

#[tokio::test]
async fn a_submission_is_shown_to_its_owner_and_those_who_lead() {
    let world = World::start().await;
    let submission = world.get("/submissions/4", "student").await.ok();
    for name in [
        "created_at",
        "status",
        "summary",
        "accepted",
        "id",
        "url",
        "user",
        "has_annotations",
        "exercise",
        "course",
        "series",
        "code",
        "result",
    ] {
        assert!(submission.get(name).is_some(), "{name}");
    }
    assert_eq!(world.get("/submissions/1", "staff").await.status, 200);
    assert_eq!(world.get("/submissions/4", "staff").await.status, 403, "takes course 8, does not lead it");
    assert_eq!(world.get("/submissions/4", "zeus").await.status, 200);
    for id in ["99", "x", "-1", "1x", "99999999999999999999"] {
        let reply = world.get(&format!("/submissions/{id}"), "student").await;
        assert_eq!((reply.status, reply.json()), (404, json!({"status": 404, "error": "Not Found"})), "{id}");
    }
}

#[tokio::test]
async fn a_list_that_is_still_the_same_is_not_sent_again() {
    let world = World::start().await;
    let tag = world.get("/submissions", "student").await.header("etag").expect("a tag").to_owned();
    let again = |tag: String, token: &'static str| {
        let world = &world;
        async move {
            let headers = [("Accept", "application/json"), ("Authorization", token), ("If-None-Match", tag.as_str())];
            world.send("GET", "/submissions", &headers, "").await
        }
    };
    for known in [tag.clone(), format!("\"x\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
        let reply = again(known.clone(), "student").await;
        assert_eq!((reply.status, reply.body.as_str(), reply.header("etag")), (304, "", Some(tag.as_str())), "{known}");
    }
    assert_eq!(again(tag.clone(), "zeus").await.status, 304, "the same rows");
    assert_eq!(again(tag.clone(), "staff").await.status, 200);
    assert_eq!(again(tag.clone(), "unknown").await.status, 401);
    world.post("/submissions", "student", &solution("x")).await.ok();
    assert_eq!(again(tag, "student").await.status, 200);
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart_and_is_judged() {
    let world = World::start_in(TempDir::new().expect("a folder"), false).await;
    let created = world.post("/submissions", "student", &solution("print(\"Hello, world!\")")).await.ok();
    assert_eq!(created["id"], 5);
    let queued = world.get("/submissions/5", "student").await.ok();
    assert_eq!((&queued["status"], &queued["result"], &queued["accepted"]), (&json!("queued"), &json!(""), &json!(false)));
    // A judge that was cut off left another one half-way.
    let other = rusqlite::Connection::open(world.database_path()).expect("opened");
    other.execute_batch("UPDATE submissions SET status = 'running', result = '' WHERE id = 1").expect("updated");
    drop(other);
    let folder = world.stop().await;
    let world = World::start_in(folder, true).await;
    assert_eq!(world.judged("/submissions/5").await["status"], "correct");
    assert_eq!(world.judged("/submissions/1").await["status"], "wrong");
    assert_eq!(world.get("/submissions", "student").await.ids(), [5, 4, 3, 2, 1], "the seed is not written twice");
}
