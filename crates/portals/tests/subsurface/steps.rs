//! The five steps: they go on after an end at any moment, wait for people where they should, and count without gaps.

use poort_portals::subsurface::ProjectSettings;
use serde_json::{Value, json};

use crate::harness::{GLD, GMW, HOLDER, OTHER, PRODUCTION, World, last, only};

#[tokio::test]
async fn what_was_answered_is_there_after_an_end_and_goes_on() {
    let world = World::start_in(tempfile::TempDir::new().expect("a folder"), false).await;
    let (_, waiting) = world.upload(&[GLD]).await;
    let url = world.deliver(&[GMW]).await;
    assert_eq!(world.get(&url).await.ok()["status"], "AANGELEVERD", "nothing takes it further");
    let (id, path) = (last(&url), format!("/api/v2/1255/leveringen/{:010}", last(&url)));
    let folder = world.stop().await;
    let world = World::start_in(folder, true).await;
    let delivery = world.reach(&path, "DOORGELEVERD").await;
    assert_eq!(delivery["brondocuments"][0]["broId"], "GMW000000000001");
    let made = world.post("/api/v2/1255/leveringen", &format!("{{\"upload\": {waiting}}}")).await;
    assert!(last(made.header("location").expect("a location")) > id);
}

#[tokio::test]
async fn ends_between_steps_lose_and_double_nothing() {
    let mut folder = tempfile::TempDir::new().expect("a folder");
    let mut urls = Vec::new();
    for round in 0..6 {
        let world = World::start_in(folder, true).await;
        for number in 0..4 {
            let document = GMW.replace("PB-0042", &format!("PB-{round}-{number}"));
            let url = world.deliver(&[&document]).await;
            urls.push(format!("/api/v2/1255/leveringen/{:010}", last(&url)));
        }
        // At some moment of the work.
        for _ in 0..round * 3 {
            tokio::task::yield_now().await;
        }
        folder = world.stop().await;
    }
    let world = World::start_in(folder, true).await;
    let mut given = Vec::new();
    for url in &urls {
        let delivery = world.reach(url, "DOORGELEVERD").await;
        let document = &delivery["brondocuments"][0];
        given.push((document["broId"].clone(), document["transactionId"].clone()));
    }
    given.sort_by_key(|(id, _)| id.to_string());
    let expected: Vec<_> = (1..=urls.len()).map(|number| (json!(format!("GMW{number:012}")), json!(format!("GMW-{number:012}")))).collect();
    assert_eq!(given, expected, "each number once, none left out");
}

async fn decide(world: &World, authorization: &str, url: &str, step: &str, body: &Value) -> (u16, Value) {
    let reply = world.send("POST", &format!("{url}/{step}"), authorization, &body.to_string()).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn a_controller_decides_where_the_project_wants_it() {
    let world = World::start().await;
    let holder = world.holder.header();
    let change = json!({"automatischControleren": false, "automatischVaststellen": false, "bronhouder": "27376655"});
    let changed = world.send("PATCH", "/api/v2/1255/instellingen", &holder, &change.to_string()).await.ok();
    assert_eq!(changed, change);
    let url = world.deliver(&[GMW]).await;
    world.reach(&url, "WACHT_OP_CONTROLE").await;
    let waiting = world.send("GET", "/api/v2/1255/controles", &holder, "").await.ok();
    assert_eq!(waiting["leveringen"].as_array().map(Vec::len), Some(1));
    let approve = json!({"besluit": "goedkeuren"});
    let (status, _) = decide(&world, &holder, &url, "vaststelling", &approve).await;
    assert_eq!(status, 409, "it waits for another step");
    // Somebody to whom checking was delegated may check, but not establish.
    world.poort.open(PRODUCTION, "1255", OTHER);
    let checker = world.poort.token(OTHER, PRODUCTION, only(&["subsurface:deliveries:check"])).header();
    let document = waiting["leveringen"][0]["brondocuments"][0]["id"].clone();
    let read = world.send("GET", &format!("/api/v2/1255/controles/brondocumenten/{document}"), &checker, "").await;
    assert_eq!((read.status, read.body.as_str()), (200, GMW));
    for _ in 0..2 {
        let (status, delivery) = decide(&world, &checker, &url, "controle", &approve).await;
        assert_eq!(status, 200, "{delivery}: the same decision again changes nothing");
    }
    world.reach(&url, "WACHT_OP_VASTSTELLING").await;
    assert_eq!(decide(&world, &checker, &url, "vaststelling", &approve).await.0, 403);
    assert_eq!(decide(&world, &holder, &url, "vaststelling", &approve).await.0, 200);
    world.reach(&url, "DOORGELEVERD").await;
    assert_eq!(decide(&world, &holder, &url, "controle", &json!({"besluit": "afkeuren", "reden": "te laat"})).await.0, 409);
}

#[tokio::test]
async fn a_rejection_says_why_and_ends_the_delivery() {
    let world = World::start().await;
    world.set("1255", ProjectSettings { checks_itself: false, ..ProjectSettings::default() }).await;
    let holder = world.poort.token(HOLDER, PRODUCTION, domain::permission::Permissions::All).header();
    let url = world.deliver(&[GMW, GLD]).await;
    world.reach(&url, "WACHT_OP_CONTROLE").await;
    for bad in [json!({}), json!({"besluit": "misschien"}), json!({"besluit": "afkeuren"}), json!({"besluit": "afkeuren", "x": 1})] {
        assert_eq!(decide(&world, &holder, &url, "controle", &bad).await.0, 400, "{bad}");
    }
    let reject = json!({"besluit": "afkeuren", "reden": "Verkeerde put."});
    for _ in 0..2 {
        let (status, delivery) = decide(&world, &holder, &url, "controle", &reject).await;
        assert_eq!((status, delivery["status"].clone()), (200, json!("AFGEKEURD")));
    }
    let delivery = world.get(&url).await.ok();
    assert_eq!(delivery["stappen"][2]["toelichting"], "Verkeerde put.");
    for document in delivery["brondocuments"].as_array().expect("a list") {
        assert_eq!(
            (document["status"].clone(), document["errors"].clone()),
            (json!("AFGEKEURD"), json!(["De levering is afgekeurd: Verkeerde put."]))
        );
    }
    let supplier = world.supplier.header();
    assert_eq!(decide(&world, &supplier, &url, "vaststelling", &json!({"besluit": "goedkeuren"})).await.0, 403);
    assert_eq!(world.get("/api/v2/1255/instellingen").await.status, 403, "settings are the source holder's");
}
