//! What is written to the file mailbox, and when.

use serde_json::json;

use super::{arrived, with_mailbox};

#[tokio::test]
async fn a_token_that_is_made_is_told_to_its_person() {
    let (app, folder) = with_mailbox().await;
    let organisation = app.organisation("Acme").await;
    let ann = app.person("ann", &organisation, &["member"]).await;
    let body = json!({"description": "pycharm", "permissions": "all"});
    let made = app.make(&format!("/api/v1/people/{ann}/tokens"), body).await;
    assert_eq!(arrived(&folder), Vec::<String>::new(), "it is sent beside the request");
    app.node.send_letters().await;
    let [message] = &arrived(&folder)[..] else { panic!("one letter") };
    assert!(message.contains("To: ann@example.org\r\n"), "{message}");
    assert!(message.contains("https://poort.example.org/nl/profile/tokens"), "{message}");
    assert!(!message.contains(&made.member("/secret")), "the secret stands in no letter");
    // Sent once, however often one looks.
    std::fs::remove_dir_all(&folder).expect("removed");
    std::fs::create_dir(&folder).expect("made");
    app.node.send_letters().await;
    assert_eq!(arrived(&folder), Vec::<String>::new());
}

#[tokio::test]
async fn where_no_mail_is_sent_none_is_kept() {
    let app = testkit::App::start().await;
    let organisation = app.organisation("Acme").await;
    let ann = app.person("ann", &organisation, &["member"]).await;
    app.token(&ann, None).await;
    assert!(!app.node.authority.sends_letters());
    assert_eq!(app.node.authority.waiting_letters().await.expect("asked").count, 0);
}

#[tokio::test]
async fn operators_see_the_mailbox_and_nobody_else_does() {
    let (app, folder) = with_mailbox().await;
    let organisation = app.organisation("Acme").await;
    let ann = app.person_with_password("ann", &organisation, "correct horse battery").await;
    let path = "/nl/operator/mailbox";
    let basic = |token: &str| testkit::basic("operator", token);
    let asked = app.call("GET", path).header("authorization", &basic(&app.operator)).send().await.expect(200);
    assert!(asked.text.contains("Er is nog geen mail."), "{}", asked.text);
    let body = json!({"description": "<script>alert(1)</script>", "permissions": "all"});
    let token = app.make(&format!("/api/v1/people/{ann}/tokens"), body).await.member("/secret");
    app.node.send_letters().await;
    let shown = app.call("GET", path).header("authorization", &basic(&app.operator)).send().await.expect(200);
    assert!(shown.text.contains("ann@example.org") && shown.text.contains("/nl/profile/tokens"), "{}", shown.text);
    assert!(!shown.text.contains("<script>alert") && shown.header("cache-control") == Some("no-store"), "{}", shown.text);
    // A good token of somebody else, half a token, none; and a session makes no operator.
    for wrong in [basic(&token), basic(&app.operator[..20]), basic(""), format!("Bearer {}", app.operator), "Basic %%%".to_owned()] {
        let refused = app.call("GET", path).header("authorization", &wrong).send().await.expect(401);
        assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic ")), "{wrong}");
        assert!(!refused.text.contains("ann@example.org"), "{}", refused.text);
    }
    let mut own = testkit::Visitor::new(&app);
    own.sign_in("ann@example.org", "correct horse battery").await.expect(303);
    own.get(path).await.expect(404);
    let mut nobody = testkit::Visitor::new(&app);
    nobody.get(path).await.expect(401);
    assert!(arrived(&folder).len() == 1);
    // A person who runs the installation needs no token.
    let id: domain::PersonId = ann.parse().expect("an id");
    let appointed = app.node.authority.store().write(move |tx| {
        Box::pin(async move {
            tx.appoint_operator(id, domain::Timestamp::from_unix_seconds(0)).await?;
            Ok::<_, store::Abort<()>>(store::Outcome::Kept(()))
        })
    });
    appointed.await.expect("written");
    assert!(own.get(path).await.expect(200).text.contains("ann@example.org"));
    // Where letters are sent, there is none.
    let without = testkit::App::start().await;
    without.call("GET", path).header("authorization", &testkit::basic("operator", &without.operator)).send().await.expect(404);
}
