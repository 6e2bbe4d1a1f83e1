//! Documents: kept byte for byte, long ones too, and nothing left of what did not come whole.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{ADDITION, GMW, World, last};

/// A valid document of about so many bytes.
fn long(bytes: usize) -> String {
    let point = "<wml2:point><wml2:MeasurementTVP><wml2:time>2026-03-01T00:00:00Z</wml2:time><wml2:value uom=\"m\">-0.12</wml2:value></wml2:MeasurementTVP></wml2:point>\n";
    let (head, tail) = ADDITION.split_at(ADDITION.find("<wml2:point>").expect("a point"));
    format!("{head}{}{tail}", point.repeat(bytes / point.len()))
}

#[tokio::test]
async fn a_document_is_kept_as_it_came() {
    let world = World::start().await;
    let odd = format!("\u{feff}{}\r\n<!-- é \u{1f30d} -->\n", GMW.replace('\n', "\r\n"));
    let (_, upload) = world.upload(&[&odd, "no XML", GMW]).await;
    let shown = world.get(&format!("/api/v2/1255/uploads/{upload}")).await.ok();
    let documents = shown["brondocuments"].as_array().expect("a list");
    for (document, bytes) in documents.iter().zip([odd.as_str(), "no XML", GMW]) {
        let kept = world.get(&format!("/api/v2/1255/brondocumenten/{}", document["id"])).await;
        assert_eq!((kept.status, kept.body.as_str()), (200, bytes));
        assert_eq!(kept.header("content-length"), Some(bytes.len().to_string().as_str()));
    }
    let statuses: Vec<_> = documents.iter().map(|document| document["status"].as_str().expect("text")).collect();
    assert_eq!(statuses, ["GELDIG", "ONGELDIG", "GELDIG"]);
    assert!(documents[1]["errors"][0].as_str().expect("text").contains("geen welgevormde XML"));
}

#[tokio::test]
async fn long_documents_pass() {
    let world = World::start().await;
    let document = long(3 << 20);
    assert_eq!(world.post("/api/v2/1255/validatie", &document).await.ok(), json!({"status": "VALIDE", "errors": []}));
    assert_eq!(world.documents(), Vec::<String>::new(), "nothing is kept of what is only looked at");
    let url = world.deliver(&[&document]).await;
    let delivery = world.reach(&url, "DOORGELEVERD").await;
    let kept = world.get(&format!("/api/v2/1255/brondocumenten/{}", delivery["brondocuments"][0]["id"])).await;
    assert_eq!(kept.body, document);
}

#[tokio::test]
async fn what_is_malformed_or_hostile_is_told_so_and_is_no_error() {
    let world = World::start().await;
    for document in ["", "text", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", &"<a>".repeat(1_000), "{\"a\": 1}"] {
        let told = world.post("/api/v2/validatie", document).await.ok();
        let errors = told["errors"].as_array().expect("a list");
        assert_eq!((told["status"].as_str(), errors.len()), (Some("NIET_VALIDE"), 2), "{document:.40}: {told}");
        assert_eq!(errors[1], "Er zijn 1 of meer fouten geconstateerd in het brondocument.");
    }
    let (upload, _) = world.upload(&[]).await;
    assert_eq!(world.post(&format!("{upload}/brondocumenten"), "").await.status, 400, "nothing is no document");
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing() {
    let world = World::start().await;
    let (upload, _) = world.upload(&[]).await;
    let address = world.production.address;
    for target in [format!("{upload}/brondocumenten"), format!("http://{address}/api/v2/1255/validatie")] {
        let path = target.strip_prefix(&format!("http://{address}")).expect("its own");
        let mut stream = TcpStream::connect(address).await.expect("connected");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {}\r\nContent-Length: 9000000\r\n\r\n",
            world.supplier.header()
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(&vec![b'x'; 2_000_000]).await.expect("sent");
        drop(stream);
    }
    for _ in 0..1_000 {
        if world.documents().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.documents(), Vec::<String>::new());
    let shown = world.get(&upload).await.ok();
    assert_eq!(shown["brondocuments"], json!([]));
}

#[tokio::test]
async fn what_a_killed_process_left_goes_at_the_next_start() {
    let world = World::start().await;
    let (_, upload) = world.upload(&[GMW]).await;
    let kept = world.documents();
    let folder = world.stop().await;
    let documents = folder.path().join("subsurface").join("documents");
    std::fs::write(documents.join("incoming-1"), "half").expect("written");
    std::fs::write(documents.join("0".repeat(64)), "of nothing").expect("written");
    let world = World::start_in(folder, true).await;
    assert_eq!(world.documents(), kept);
    assert_eq!(world.get(&format!("/api/v2/1255/uploads/{upload}")).await.ok()["brondocuments"][0]["status"], "GELDIG");
    let other = rusqlite::Connection::open(world.database_path()).expect("opened");
    other.execute("UPDATE uploads SET created_at = created_at - 31 * 86400000000", []).expect("aged");
    let folder = world.stop().await;
    let world = World::start_in(folder, true).await;
    assert_eq!(world.documents(), Vec::<String>::new(), "what nobody delivered in a month");
    assert_eq!(world.get(&format!("/api/v2/1255/uploads/{upload}")).await.status, 404);
}

#[tokio::test]
async fn documents_and_deliveries_can_be_enriched() {
    let world = World::start().await;
    let url = world.deliver(&[GMW]).await;
    let delivery = world.reach(&url, "DOORGELEVERD").await;
    let id = delivery["brondocuments"][0]["id"].clone();
    let patch = async |target: &str, body: &str| world.send("PATCH", target, &world.supplier.header(), body).await;
    let enriched = patch(&url, "{\"labels\": [\"archief\", \"archief\", \"x\"], \"omschrijving\": \"meetnet Oost\"}").await.ok();
    assert_eq!((enriched["labels"].clone(), enriched["omschrijving"].clone()), (json!(["archief", "x"]), json!("meetnet Oost")));
    let document = patch(&format!("/api/v2/1255/brondocumenten/{id}"), "{\"omschrijving\": \"put\", \"kenmerk\": \"P-1\"}").await.ok();
    assert_eq!((document["omschrijving"].clone(), document["kenmerk"].clone()), (json!("put"), json!("P-1")));
    let cleared = patch(&format!("/api/v2/1255/brondocumenten/{id}"), "{\"omschrijving\": null}").await.ok();
    assert_eq!((cleared.get("omschrijving"), cleared["kenmerk"].clone()), (None, json!("P-1")));
    assert_eq!(world.get(&format!("/api/v2/1255/brondocumenten/{id}")).await.body, GMW, "the document itself stays");
    for bad in ["[]", "{\"labels\": 1}", "{\"labels\": [1]}", "{\"status\": \"x\"}", "{", "{\"omschrijving\": \"\\u0000\"}"] {
        let refused = patch(&url, bad).await;
        assert_eq!((refused.status, refused.json()["status"].clone()), (400, json!(400)), "{bad}");
    }
    assert_eq!(patch("/api/v2/1255/leveringen/0000099999", "{}").await.status, 404);
    assert!(last(&url) > 0);
}
