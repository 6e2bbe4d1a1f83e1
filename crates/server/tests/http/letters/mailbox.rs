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
