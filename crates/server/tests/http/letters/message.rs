//! The form of messages: read by another program, with hostile names in them.

use serde_json::json;

use super::{arrived, with_mailbox};

/// Python's own reader of mail: defects, headers and both parts, as JSON.
const READER: &str = r#"
import email, email.policy, json, sys
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects = [str(d) for part in message.walk() for d in part.defects]
defects += [str(d) for value in message.values() for d in getattr(value, "defects", [])]
plain, page = message.get_body(("plain",)), message.get_body(("html",))
print(json.dumps({"defects": defects, "headers": [[k, str(v)] for k, v in message.items()], "type": message.get_content_type(),
    "plain": plain.get_content(), "html": page.get_content(), "charsets": [plain.get_content_charset(), page.get_content_charset()]}))
"#;

fn read(message: &str) -> serde_json::Value {
    use std::io::Write as _;
    let mut python = std::process::Command::new("python3");
    python.args(["-c", READER]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut python = python.spawn().expect("python3");
    python.stdin.take().expect("its input").write_all(message.as_bytes()).expect("written");
    let read = python.wait_with_output().expect("its end");
    serde_json::from_slice(&read.stdout).expect("JSON")
}

#[tokio::test]
async fn another_program_reads_what_was_meant() {
    let (app, folder) = with_mailbox().await;
    let organisation = app.organisation("Acme").await;
    let hostile = "<b>Zoë</b> =?utf-8?q?x?= https://evil.example.com/a?b=1 evil.example.net 🐚 \"quoted\" {{7*7}} & 'more'";
    let body = json!({"name": hostile, "email": "zoe@example.org", "organisation": organisation, "roles": ["member"]});
    let zoe = app.make("/api/v1/people", body).await.member("/id");
    let token = json!({"description": hostile, "permissions": "all"});
    app.make(&format!("/api/v1/people/{zoe}/tokens"), token).await;
    app.node.send_letters().await;
    let [message] = &arrived(&folder)[..] else { panic!("one letter") };
    assert!(message.is_ascii() && message.lines().all(|line| line.len() <= 998), "{message}");
    let read = read(message);
    let headers: Vec<(&str, &str)> = read["headers"]
        .as_array()
        .expect("headers")
        .iter()
        .map(|pair| (pair[0].as_str().expect("a name"), pair[1].as_str().expect("text")))
        .collect();
    let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).unwrap_or_default();
    assert_eq!(read["defects"], json!([]), "{message}");
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let expected = ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted", "MIME-Version", "Content-Type"];
    assert_eq!(names, expected, "a header more would be one that was slipped in");
    assert_eq!((header("To"), header("Auto-Submitted")), ("zoe@example.org", "auto-generated"));
    assert_eq!(header("From"), "Poort <poort@localhost>");
    assert_eq!(header("List-Id"), "<letters.poort.example.org>");
    assert!(header("Message-ID").ends_with("@poort.example.org>"), "{headers:?}");
    let bare = |text: &str| text.replace('\u{2060}', "");
    assert_eq!(bare(header("Subject")), format!("Er is een token gemaakt: ‘{}…’", hostile.chars().take(59).collect::<String>()));
    assert_eq!((read["type"].as_str(), &read["charsets"]), (Some("multipart/alternative"), &json!(["utf-8", "utf-8"])));
    let (plain, html) = (read["plain"].as_str().expect("text"), read["html"].as_str().expect("text"));
    assert!(bare(plain).starts_with(&format!("Dag {hostile},")), "{plain}");
    for text in [plain, html] {
        // Of what somebody chose as a name no mail program makes a link.
        assert!(!text.contains("evil.example") && !text.contains("://evil"), "{text}");
        assert!(text.contains("https://poort.example.org/nl/profile/tokens"), "{text}");
    }
    assert!(!html.contains("<b>") && html.matches("<a ").count() == 1, "{html}");
}
