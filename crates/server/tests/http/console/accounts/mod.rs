//! Accounts: made by oneself or by an invitation, got back into, proven; with the letters that belong to it.

mod forgotten;
mod invitations;
mod joining;
mod linked;
mod profile;
mod sign_up;

use server::config::Config;
use testkit::{Answer, App, Visitor};

use crate::letters::delivered;

/// Letters go to a folder, and anybody may sign up.
fn mail(config: &mut Config) {
    config.mailbox = Some(config.data.with_file_name("mailbox"));
    config.sign_up_open = true;
}

/// A letter that has arrived: to whom, and what it says.
#[derive(Debug)]
struct Mail {
    to: String,
    text: String,
}

impl Mail {
    /// The path of the link in it that begins so.
    fn link(&self, begin: &str) -> String {
        let (_, rest) = self.text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {}", self.text));
        let secret: String = rest.chars().take_while(|character| character.is_ascii_alphanumeric() || "-_".contains(*character)).collect();
        assert_eq!(secret.len(), 32, "{}", self.text);
        format!("/en{begin}{secret}")
    }
}

/// The letters that were written since the last time.
async fn letters(app: &App) -> Vec<Mail> {
    let mut texts = delivered(app, &app.node.config.mailbox.clone().expect("a mailbox")).await;
    // That somebody signed in with a new browser is told besides, and looked at in `letters::sign_in`.
    let of_browser = ["Subject: Signed in with another browser", "Subject: Ingelogd in een andere browser"];
    texts.retain(|text| !of_browser.iter().any(|subject| text.contains(subject)));
    let to = |text: &str| text.lines().find_map(|line| line.strip_prefix("To: ")).expect("an address").trim().to_owned();
    let mut found: Vec<Mail> = texts.into_iter().map(|text| Mail { to: to(&text), text }).collect();
    found.sort_by(|one, other| one.to.cmp(&other.to));
    found
}

/// The only letter since the last time.
async fn letter(app: &App) -> Mail {
    let mut all = letters(app).await;
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// Opens a page by a link in many browsers and sends its form from all of them at once: the statuses.
async fn at_once(app: &App, path: &str, fields: &[(&str, &str)]) -> Vec<u16> {
    let mut ready = Vec::new();
    for _ in 0..20 {
        let mut visitor = Visitor::new(app);
        let page = visitor.get(path).await.expect(200);
        ready.push((visitor, testkit::hidden(&page.text, "csrf").expect("a form")));
    }
    let sent = ready.into_iter().map(|(mut visitor, csrf)| async move {
        let all: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        visitor.post(path, &all).await.status
    });
    let mut statuses = futures_util::future::join_all(sent).await;
    statuses.sort_unstable();
    statuses
}

/// What somebody outside can see of an answer: status, headers and the length of the body; not the request's own number and time.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, usize) {
    let own = ["request-id", "date", "set-cookie"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    headers.sort();
    (answer.status, headers, answer.text.len())
}

/// The whole journal, as text.
async fn journal(app: &App) -> String {
    app.operate("GET", "/api/v1/audit?limit=200").send().await.expect(200).text
}
