//! A delivery as delivery software does it, from its validation to the transaction register.

use poort_portals::subsurface::ProjectSettings;
use serde_json::json;

use crate::harness::{ADDITION, GLD, GMW, World, basic, last, send};

#[tokio::test]
async fn a_delivery_goes_from_upload_to_the_register() {
    let world = World::start().await;
    let valid = world.post("/api/v2/1255/validatie", GMW).await.ok();
    assert_eq!(valid, json!({"status": "VALIDE", "errors": []}));
    let (upload, number) = world.upload(&[GMW, GLD]).await;
    assert!(upload.starts_with(&format!("http://{}/api/v2/1255/uploads/", world.production.address)), "{upload}");
    let made = world.post("/api/v2/1255/leveringen?labels=archief", &format!("{{\"upload\": {number}}}")).await;
    assert_eq!(made.status, 201);
    let url = made.header("location").expect("a location").to_owned();
    let identifier = url.rsplit('/').next().expect("an identifier");
    assert!(identifier.len() == 10 && identifier.bytes().all(|byte| byte.is_ascii_digit()), "{identifier}");
    let at_once = made.json();
    assert_eq!((at_once["identifier"].as_str(), at_once["labels"].clone()), (Some(identifier), json!(["archief"])));
    let delivery = world.reach(&url, "DOORGELEVERD").await;
    let documents = delivery["brondocuments"].as_array().expect("a list");
    let told = |place: usize, name: &str| documents[place][name].clone();
    for (place, bro_id, transaction, reference) in
        [(0, "GMW000000000001", "GMW-000000000001", "put Dorpsstraat 1"), (1, "GLD000000000001", "GLD-000000000001", "standonderzoek 7")]
    {
        assert_eq!(told(place, "status"), "OPGENOMEN_LVBRO");
        assert_eq!((told(place, "broId"), told(place, "transactionId")), (json!(bro_id), json!(transaction)));
        assert_eq!((told(place, "requestReference"), told(place, "errors")), (json!(reference), json!([])));
        assert_eq!(told(place, "filename"), format!("doc {place}"));
    }
    assert_eq!(told(0, "lastChanged"), "2026-11-21T12:00:00", "the Dutch clock, no zone");
    let steps: Vec<_> = delivery["stappen"].as_array().expect("a list").iter().map(|step| step["status"].clone()).collect();
    assert_eq!(steps, vec![json!("GEREED"); 5]);

    let id = told(0, "id");
    let document = world.get(&format!("/api/v2/1255/brondocumenten/{id}")).await;
    assert_eq!((document.status, document.body.as_str()), (200, GMW));
    assert_eq!(document.header("content-type"), Some("application/xml"));
    let found = world.get("/api/v2/transacties/?zoekveld=broId&zoektekst=GMW000000000001").await.ok();
    let last = found["transacties"].as_array().and_then(|rows| rows.last()).expect("a row");
    assert_eq!((last["objectIdBronhouder"].as_str(), last["status"].as_str()), (Some("PB-0042"), Some("VOLTOOID")));
    let registered = world.get("/api/v2/1255/registraties/GMW000000000001").await.ok();
    assert_eq!(registered["objectIdBronhouder"], "PB-0042");
}

#[tokio::test]
async fn clients_own_ways_work() {
    let world = World::start().await;
    let address = world.production.address;
    let lower = world.supplier.header().replacen("Basic", "basic", 1);
    let headers = [("authorization", lower.as_str()), ("Content-type", "application/xml")];
    let upload = send(address, "POST", "/api/v2/1255/uploads", &headers, "").await;
    assert_eq!(upload.status, 201);
    let url = upload.header("location").expect("a location");
    let added = send(address, "POST", &format!("{url}/brondocumenten"), &headers, GMW).await;
    assert!(added.header("location").is_some_and(|url| url.contains("/brondocumenten/")));
    let json_headers = [("Authorization", lower.as_str()), ("Content-type", "application/json")];
    let body = json!({"upload": last(url)}).to_string();
    let delivered = send(address, "POST", "/api/v2/1255/leveringen", &json_headers, &body).await;
    let delivery = world.reach(delivered.header("location").expect("a location"), "DOORGELEVERD").await;
    let filename = delivery["brondocuments"][0]["filename"].as_str().expect("a name").to_owned();
    let hex = filename.strip_suffix(".xml").expect("an ending");
    assert!(hex.len() == 12 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{filename}");
    let listed = send(address, "GET", "/api/v2/transacties/?zoekveld=broId&zoektekst=none", &json_headers, "").await.ok();
    assert_eq!(listed, json!({"transacties": []}));
    let absolute = format!("POST http://{address}/api/v2/validatie HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let absolute = format!("{absolute}Authorization: {lower}\r\nContent-Length: {}\r\n\r\n{GMW}", GMW.len());
    assert_eq!(crate::common::send(address, absolute.as_bytes()).await.ok()["status"], "VALIDE");
    let wrong = send(address, "POST", "/api/v2/validatie", &[("Authorization", &basic("x", "y"))], GMW).await;
    assert_eq!((wrong.status, wrong.json()["status"].clone()), (401, json!(401)));
}

#[tokio::test]
async fn a_repeated_request_does_nothing_twice() {
    let world = World::start().await;
    let (upload, number) = world.upload(&[]).await;
    let mut locations = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let added = world.post(&format!("{upload}/brondocumenten?filename=a"), GMW).await;
        assert_eq!(added.status, 201);
        locations.insert(added.header("location").expect("a location").to_owned());
    }
    assert_eq!(locations.len(), 1, "the same bytes under the same name");
    let other = world.post(&format!("{upload}/brondocumenten?filename=b"), GMW).await;
    assert!(locations.insert(other.header("location").expect("a location").to_owned()), "another name is another document");
    let mut deliveries = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let made = world.post("/api/v2/1255/leveringen", &format!("{{\"upload\": {number}}}")).await;
        assert_eq!(made.status, 201);
        deliveries.insert(made.header("location").expect("a location").to_owned());
    }
    let url = deliveries.first().expect("one").clone();
    assert_eq!(deliveries.len(), 1);
    world.reach(&url, "DOORGELEVERD").await;
    let again = world.post("/api/v2/1255/leveringen", &format!("{{\"upload\": {number}}}")).await;
    assert_eq!(again.header("location"), Some(url.as_str()));
    assert_eq!(world.get("/api/v2/1255/registraties").await.ok()["registraties"].as_array().map(Vec::len), Some(2));
    let late = world.post(&format!("{upload}/brondocumenten?filename=c"), GLD).await;
    assert_eq!((late.status, late.json()["status"].clone()), (409, json!(409)));
    let same = world.post(&format!("{upload}/brondocumenten?filename=a"), GMW).await;
    assert_eq!(same.status, 409, "an upload that was delivered takes nothing, not even what it has");
}

#[tokio::test]
async fn one_document_that_is_not_valid_rejects_the_whole_delivery() {
    let world = World::start().await;
    let invalid = GMW.replace("<is:owner>27376655</is:owner>", "");
    for (documents, statuses) in
        [(vec![GLD, invalid.as_str()], ["AFGEKEURD", "NIET_VALIDE"]), (vec!["no XML at all", GLD], ["ONGELDIG", "AFGEKEURD"])]
    {
        let url = world.deliver(&documents).await;
        let delivery = world.reach(&url, "AFGEKEURD").await;
        for (document, status) in delivery["brondocuments"].as_array().expect("a list").iter().zip(statuses) {
            assert_eq!(document["status"], status);
            assert!(!document["errors"].as_array().expect("a list").is_empty(), "{document}");
            assert_eq!(document.get("broId"), None);
        }
        assert_eq!(delivery["stappen"][1]["status"], "AFGEKEURD");
        assert_eq!(delivery["stappen"][2]["status"], "NOG_NIET_GESTART");
    }
    assert_eq!(world.get("/api/v2/transacties").await.ok(), json!({"transacties": []}), "rejected deliveries never appear");
    let good = world.deliver(&[GMW]).await;
    assert_eq!(world.reach(&good, "DOORGELEVERD").await["brondocuments"][0]["broId"], "GMW000000000001", "no number was lost");
}

#[tokio::test]
async fn the_source_holder_is_compared_with_the_project() {
    let world = World::start().await;
    let settings = ProjectSettings { accountable_party: Some("12345678".to_owned()), ..ProjectSettings::default() };
    world.set("1255", settings).await;
    let told = world.post("/api/v2/1255/validatie", GMW).await.ok();
    assert_eq!(told["status"], "NIET_VALIDE");
    assert!(told["errors"][0].as_str().expect("text").contains("27376655 komt niet overeen met de bronhouder 12345678"), "{told}");
    assert_eq!(world.post("/api/v2/validatie", GMW).await.ok()["status"], "VALIDE", "without a project there is no source holder");
    let url = world.deliver(&[GMW]).await;
    assert_eq!(world.reach(&url, "AFGEKEURD").await["brondocuments"][0]["status"], "NIET_VALIDE");
    let without = GMW.replace("<bro:deliveryAccountableParty>27376655</bro:deliveryAccountableParty>", "");
    let told = world.post("/api/v2/1255/validatie", &without).await.ok();
    assert!(told["errors"][0].as_str().expect("text").contains("ontbreekt"), "a supplier names the source holder");
    let own = world.send("POST", "/api/v2/1255/validatie", &world.holder.header(), &without).await.ok();
    assert_eq!(own["status"], "VALIDE", "the source holder itself need not");
}

#[tokio::test]
async fn the_register_may_refuse_what_was_valid() {
    let world = World::start().await;
    let start = world.deliver(&[GLD]).await;
    world.reach(&start, "DOORGELEVERD").await;
    let addition = ADDITION.replace("GLD000000054499", "GLD000000000001");
    let closure = addition.split("<sourceDocument>").next().expect("a head").to_owned()
        + "<sourceDocument><GLD_Closure gml:id=\"id_0001\"/></sourceDocument></registrationRequest>";
    let ended = world.deliver(&[&addition, &closure]).await;
    let ended = world.reach(&ended, "DOORGELEVERD").await;
    assert_eq!(ended["brondocuments"][1]["transactionId"], "GLD-000000000003");
    let late = world.deliver(&[&addition]).await;
    let late = world.reach(&late, "DOORLEVEREN_MISLUKT").await;
    assert_eq!(late["brondocuments"][0]["status"], "AFGEKEURD_LVBRO");
    assert!(late["brondocuments"][0]["errors"][0].as_str().expect("text").contains("voltooid"));
    let rows = world.get("/api/v2/transacties?zoekveld=broId&zoektekst=GLD000000000001").await.ok();
    let statuses: Vec<_> = rows["transacties"].as_array().expect("rows").iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["VOLTOOID", "VOLTOOID", "VOLTOOID", "AFGEKEURD"], "failed transactions do appear");
    let elsewhere = world.deliver(&[ADDITION]).await;
    let elsewhere = world.reach(&elsewhere, "DOORGELEVERD").await;
    assert_eq!(elsewhere["brondocuments"][0]["broId"], "GLD000000054499", "an object that came to the register by another way");
}
