//! What was ended or is over, below a list of what works: folded, for 13 months.

use authority::EndedOf;
use axum::response::Response;
use domain::Timestamp;

use super::moment::Moment;
use super::texts::words;
use super::visit::Visit;

words! {
    Title: "Expired and deleted ({count})", "Verlopen en verwijderd ({count})";
    Kept: "We show this for 13 months. The audit log keeps it.", "Dit tonen we 13 maanden. Het logboek bewaart het.";
    DeletedOn: "deleted on", "verwijderd op";
    ExpiredOn: "expired on", "verlopen op";
}

/// What is over, as `ended.html` draws it.
pub(crate) struct Ended {
    pub(super) title: String,
    pub(super) kept: &'static str,
    pub(super) rows: Vec<Row>,
}

/// One of it.
pub(crate) struct Row {
    pub(super) name: String,
    pub(super) prefix: Option<String>,
    pub(super) how: &'static str,
    pub(super) at: Moment,
}

impl Ended {
    /// What was ended, and what is over by its time: name, beginning and end of each.
    pub(super) async fn read(visit: &Visit, of: EndedOf, over: Vec<(String, Option<String>, Timestamp)>) -> Result<Self, Response> {
        let (now, language) = (visit.browser.now, visit.browser.language);
        let ended = visit.authority().ended(&visit.caller(), of, now).await.map_err(|error| visit.refused(&error))?;
        let since = now.saturating_sub(authority::ENDED_SHOWN_FOR);
        let ended = ended.into_iter().map(|row| (row.name, row.prefix, row.ended_at, Text::DeletedOn));
        let over = over.into_iter().filter(|(.., at)| *at >= since).map(|(name, prefix, at)| (name, prefix, at, Text::ExpiredOn));
        let mut all: Vec<_> = ended.chain(over).collect();
        all.sort_by_key(|(.., at, _)| std::cmp::Reverse(*at));
        let rows: Vec<Row> = all
            .into_iter()
            .map(|(name, prefix, at, how)| Row { name, prefix, how: visit.say(how), at: Moment::day(at, language) })
            .collect();
        Ok(Self { title: visit.fill(Text::Title, &[("count", &rows.len().to_string())]), kept: visit.say(Text::Kept), rows })
    }
}
