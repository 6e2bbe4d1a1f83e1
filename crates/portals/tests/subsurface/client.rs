//! A client in Python's standard library, with the habits of real ones, from the first request to the last.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::World;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/tests/clients/delivery.py");
const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/subsurface/documents");

#[tokio::test]
async fn a_python_client_delivers() {
    let world = World::start().await;
    let mut client = Command::new("python3");
    client.arg(SCRIPT).arg(format!("http://{}", world.production.address)).args([&world.supplier.username, &world.supplier.code]);
    client.args(["1255", "9999", "4040"]).args(["gmw_construction.xml", "gld_start.xml"].map(|name| format!("{DOCUMENTS}/{name}")));
    let done = client.output().await.expect("python3 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let seen: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(seen["bro_ids"], json!(["GMW000000000001", "GLD000000000001"]));
    assert_eq!((seen["internal_id"].as_str(), seen["filenames"][0].as_str()), (Some("PB-0042"), Some("register - GMW - 018. IMBRO")));
    let expected = json!({
        "none": 401, "wrong code": 401, "forbidden project": 403, "unknown project": 404, "unknown delivery": 404,
        "version 1": 410, "no such page": 404,
    });
    assert_eq!(seen["statuses"], expected);
}
