//! Lists: each caller sees its own side, and only that.

use domain::permission::Permissions;
use poort_portals::subsurface::ProjectSettings;
use poort_portals::work::{UnderWay, WorkOf, WorkUnderWay as _};
use serde_json::Value;

use crate::harness::{GLD, GMW, OTHER, PRODUCTION, SUPPLIER, World, organisation};

fn count(value: &Value, name: &str) -> usize {
    value[name].as_array().expect("a list").len()
}

#[tokio::test]
async fn everybody_sees_their_own_side() {
    let world = World::start().await;
    world.poort.open(PRODUCTION, "1255", OTHER);
    let other = world.poort.token(OTHER, PRODUCTION, Permissions::All).header();
    let url = world.deliver(&[GMW]).await;
    let delivery = world.reach(&url, "DOORGELEVERD").await;
    let upload = delivery["upload"].clone();
    let id = delivery["brondocuments"][0]["id"].clone();
    let own = world.holder.header();
    for (list, name) in [("leveringen", "leveringen"), ("transacties", "transacties"), ("registraties", "registraties")] {
        for target in [format!("/api/v2/1255/{list}"), format!("/api/v2/{list}")] {
            assert_eq!(count(&world.get(&target).await.ok(), name), 1, "{target}: the supplier");
            assert_eq!(count(&world.send("GET", &target, &own, "").await.ok(), name), 1, "{target}: the source holder");
            assert_eq!(count(&world.send("GET", &target, &other, "").await.ok(), name), 0, "{target}: another supplier of the project");
        }
    }
    let in_project = |path: &str| format!("/api/v2/1255/{path}");
    let targets = [
        (url.clone(), in_project("leveringen/0000999999")),
        (in_project(&format!("brondocumenten/{id}")), in_project("brondocumenten/999999")),
        (in_project(&format!("uploads/{upload}")), in_project("uploads/999999")),
        (in_project("registraties/GMW000000000001"), in_project("registraties/GMW000000999999")),
        ("/api/v2/registraties/GMW000000000001".to_owned(), "/api/v2/registraties/GMW000000999999".to_owned()),
    ];
    let plain = |body: &str| body.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    for (target, missing) in targets {
        assert_eq!(world.get(&target).await.status, 200, "{target}");
        let seen = world.send("GET", &target, &other, "").await;
        let absent = world.send("GET", &missing, &other, "").await;
        assert_eq!((seen.status, absent.status), (404, 404), "{target}");
        assert_eq!(plain(&seen.body), plain(&absent.body), "somebody else's is as one that is not there");
    }
    let taken = world.send("POST", "/api/v2/1255/leveringen", &other, &format!("{{\"upload\": {upload}}}")).await;
    assert_eq!(taken.status, 422, "another's upload: {}", taken.body);
    let into = world.send("POST", &format!("/api/v2/1255/uploads/{upload}/brondocumenten"), &other, GLD).await;
    assert_eq!(into.status, 404);
}

#[tokio::test]
async fn lists_are_searched_and_paged() {
    let world = World::start().await;
    for number in 0..3 {
        let url = world.deliver(&[&GMW.replace("PB-0042", &format!("PB-{number}"))]).await;
        world.reach(&url, "DOORGELEVERD").await;
    }
    let search = async |query: &str| {
        let found = world.get(&format!("/api/v2/transacties?{query}")).await.ok();
        let rows = found["transacties"].as_array().expect("rows");
        rows.iter().map(|row| row["broId"].as_str().expect("an id").trim_start_matches("GMW0000000").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(search("").await, ["00001", "00002", "00003"], "the oldest first");
    assert_eq!(search("zoekveld=objectIdBronhouder&zoektekst=PB-1").await, ["00002"]);
    assert_eq!(search("zoekveld=transactieId&zoektekst=GMW-000000000003").await, ["00003"]);
    assert_eq!(search("zoekveld=kenmerk&zoektekst=put%20Dorpsstraat%201").await.len(), 3);
    assert_eq!(search("zoekveld=bronhouder&zoektekst=27376655").await.len(), 3);
    assert_eq!(search("zoekveld=levering&zoektekst=0000000002").await, ["00002"]);
    assert_eq!(search("zoekveld=broId&zoektekst=").await, Vec::<String>::new());
    assert_eq!(search("zoekveld=broId&zoektekst='%20OR%201=1").await, Vec::<String>::new());
    assert_eq!(search("limit=1&offset=1").await, ["00002"]);
    let newest = world.get("/api/v2/1255/leveringen?limit=2").await.ok();
    assert_eq!((newest["leveringen"][0]["identifier"].clone(), count(&newest, "leveringen")), ("0000000003".into(), 2));
    assert_eq!(count(&world.get("/api/v2/1255/leveringen?status=AFGEKEURD").await.ok(), "leveringen"), 0);
    assert_eq!(count(&world.get("/api/v2/registraties?objectIdBronhouder=PB-2").await.ok(), "registraties"), 1);
    for bad in ["transacties?zoekveld=wachtwoord&zoektekst=x", "transacties?limit=x", "leveringen?limit=-1", "registraties?offset=1e9"] {
        let refused = world.get(&format!("/api/v2/{bad}")).await;
        assert_eq!((refused.status, refused.json()["status"].clone()), (400, 400.into()), "{bad}");
    }
}

#[tokio::test]
async fn what_is_under_way_is_told_to_whoever_would_end_it() {
    let world = World::start().await;
    world.set("1255", ProjectSettings { checks_itself: false, ..ProjectSettings::default() }).await;
    let tell = async |of: WorkOf| world.production.portal.under_way(of).await.expect("an answer");
    let under = || WorkOf::Delegations(vec![world.delegation]);
    assert_eq!(tell(under()).await, UnderWay::default());
    let url = world.deliver(&[GMW, GLD]).await;
    world.reach(&url, "WACHT_OP_CONTROLE").await;
    world.upload(&[GMW]).await;
    world.upload(&[]).await;
    let expected = UnderWay { deliveries: 1, documents: 2, uploads: 1 };
    assert_eq!(tell(under()).await, expected);
    assert_eq!(tell(WorkOf::Workspace("1255".to_owned())).await, expected);
    assert_eq!(tell(WorkOf::Workspace("1300".to_owned())).await, UnderWay::default());
    assert_eq!(tell(WorkOf::Organisation(organisation(SUPPLIER))).await, expected);
    assert_eq!(tell(WorkOf::Organisation(organisation(OTHER))).await, UnderWay::default());
    assert_eq!(tell(WorkOf::Delegations(Vec::new())).await, UnderWay::default());
    let reject = "{\"besluit\": \"afkeuren\", \"reden\": \"x\"}";
    let rejected = world.send("POST", &format!("{url}/controle"), &world.holder.header(), reject).await;
    assert_eq!(rejected.status, 200);
    assert_eq!(tell(under()).await, UnderWay { uploads: 1, ..UnderWay::default() });
}
