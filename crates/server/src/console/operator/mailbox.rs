//! `/operator/mailbox`: the letters in the file mailbox, where there is one.

use askama::Template;

use super::texts::Text;
use crate::console::failure;
use crate::console::moment::Moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};
use crate::letter::{Kept, kept};

/// As many letters are shown.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "console/operator/mailbox.html")]
struct View {
    frame: Frame,
    letters: Vec<Shown>,
}

struct Shown {
    to: String,
    subject: String,
    at: Moment,
    paragraphs: Vec<String>,
    /// Where the link leads, and what it says.
    link: Option<(String, String)>,
    after: Vec<String>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let Some(folder) = visit.console.mailbox().map(ToOwned::to_owned) else { return Err(failure::not_found(&visit.browser)) };
    let read = tokio::task::spawn_blocking(move || kept(&folder, SHOWN)).await.unwrap_or_default();
    let language = visit.browser.language;
    let letters = read.into_iter().map(|letter| {
        let Kept { to, subject, written_at, paragraphs, link, after } = letter;
        Shown { to, subject, at: Moment::at(written_at, language), paragraphs, link, after }
    });
    visit.page(&View { frame: Frame::of(&visit, visit.say(Text::Mailbox)), letters: letters.collect() })
}
