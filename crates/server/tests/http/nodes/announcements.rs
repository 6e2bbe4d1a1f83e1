//! What was announced on one node: told by all, also by one that starts later; and everybody is told of it by one of them.

use domain::Timestamp;
use domain::announcement::{NewAnnouncement, Signal, Translated};

use super::*;

fn sunset(member: &Member) -> Option<String> {
    let announced = member.node.authority.verifier().announced("news", Some(("GET", "/items")));
    announced.and_then(|announced| announced.headers().find(|(name, _)| *name == "sunset").map(|(_, value)| value.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_node_tells_of_it_and_each_reader_is_told_once() {
    let cluster = Cluster::start();
    let mailbox = cluster.folder.path().join("mailbox");
    let member = async || cluster.member_with(&cluster.postgres.url(), |config| config.mailbox = Some(mailbox.clone())).await;
    let (one, two) = (member().await, member().await);
    let definition = serde_json::json!({
        "name": "news", "title": "News", "presentations": ["bearer"],
        "permissions": [{"name": "news:items:read", "title": "Read"}],
        "routes": [{"method": "GET", "path": "/items", "permission": "news:items:read"}],
    });
    let definition = serde_json::from_value(definition).expect("a definition");
    one.node.authority.create_api(&one.context(), definition).await.expect("defined");
    let permission = domain::permission::Permission::new("news:items:read").expect("a name");
    for number in 0..30 {
        let person = one.person().await;
        let new = NewToken {
            description: Description::new(&format!("reader {number}")).expect("a description"),
            expires_at: None,
            permissions: Permissions::Only([permission.clone()].into()),
            organisation: None,
        };
        one.node.authority.create_token(&one.context(), person, new).await.expect("made");
    }
    let said = || Translated { nl: "Nieuw".to_owned(), en: "New".to_owned() };
    let sunset_at = Timestamp::parse("2035-01-01T00:00:00Z");
    let signal = Signal { routes: Vec::new(), deprecated_at: None, sunset_at, link: None };
    let new = NewAnnouncement { api: "news".to_owned(), title: said(), text: said(), signal };
    let made = one.node.authority.create_announcement(&one.context(), new).await.expect("made").value;
    let expected = Some("Mon, 01 Jan 2035 00:00:00 GMT".to_owned());
    assert_eq!([sunset(&one), sunset(&two)], [expected.clone(), expected.clone()], "when it is answered");
    let three = member().await;
    assert_eq!(sunset(&three), expected, "from the snapshot");

    // All at once: each reader gets one letter, whichever node writes it.
    tokio::join!(one.node.tell_of_announcements(), two.node.tell_of_announcements(), three.node.tell_of_announcements());
    let told = || {
        let files = std::fs::read_dir(&mailbox).expect("a folder").filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
        let letters = files.filter(|letter| letter.contains("\nSubject: News: Nieuw"));
        let readers: Vec<String> =
            letters.filter_map(|letter| Some(letter.lines().find(|line| line.starts_with("To:"))?.to_owned())).collect();
        (readers.len(), readers.into_iter().collect::<std::collections::BTreeSet<_>>().len())
    };
    let began = Instant::now();
    while told().1 < 30 || one.node.authority.waiting_letters().await.expect("counted").count > 0 {
        assert!(began.elapsed() < GENEROUS * 6, "{:?} of 30", told());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(told(), (30, 30));
    two.node.authority.withdraw_announcement(&two.context(), made.id).await.expect("withdrawn");
    assert_eq!([sunset(&one), sunset(&two), sunset(&three)], [None, None, None]);
}
