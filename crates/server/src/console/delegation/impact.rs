//! What closing a delegation ends, in words: counts, tokens, what falls with it, and what is different since it was shown.

use std::time::Duration;

use authority::{DelegationView, EndedCredential, Impact};
use domain::Timestamp;
use portals::work::{UnderWay, WorkOf};

use super::texts::Text;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::visit::Visit;

/// So many credentials are listed; all are counted.
const LISTED: usize = 50;
/// Whoever closes what was used within this time says that they know.
const LATELY: Duration = Duration::from_secs(86_400);

/// A number, what it counts, and how much it matters.
pub(super) struct Fact {
    pub(super) tone: &'static str,
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// A credential that can do less.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) used: Option<Moment>,
    pub(super) uses: String,
    pub(super) elsewhere: String,
    pub(super) stops: bool,
}

/// What a page showed: its form sends it back.
pub(super) struct Seen {
    pub(super) version: String,
    pub(super) at: String,
    pub(super) tokens: usize,
    pub(super) delegations: usize,
}

impl Seen {
    /// What the page shows now.
    pub(super) fn of(impact: &Impact) -> Self {
        let (tokens, delegations) = (impact.credentials.len(), impact.delegations.len());
        Self { version: impact.version.clone(), at: impact.at.to_string(), tokens, delegations }
    }

    /// What the form says that it showed.
    pub(super) fn sent(form: &Form) -> Self {
        let number = |name| form.value(name).parse().unwrap_or_default();
        Self {
            version: form.value("impact").to_owned(),
            at: form.value("seen_at").to_owned(),
            tokens: number("seen_tokens"),
            delegations: number("seen_delegations"),
        }
    }
}

/// What is different by now.
pub(super) fn difference(visit: &Visit, before: &Seen, now: &Seen) -> String {
    let told = |before: usize, now: usize, more: (Text, Text), less: (Text, Text)| match now.cmp(&before) {
        std::cmp::Ordering::Greater => Some(counted(visit, now - before, more)),
        std::cmp::Ordering::Less => Some(counted(visit, before - now, less)),
        std::cmp::Ordering::Equal => None,
    };
    let tokens = told(before.tokens, now.tokens, (Text::TokenMore, Text::TokensMore), (Text::TokenLess, Text::TokensLess));
    let chain = (Text::PassedOnMore, Text::PassedOnsMore);
    let delegations = told(before.delegations, now.delegations, chain, (Text::PassedOnLess, Text::PassedOnsLess));
    let mut what: Vec<String> = tokens.into_iter().chain(delegations).collect();
    if what.is_empty() {
        what.push(visit.say(Text::OtherTokens).to_owned());
    }
    let since = Timestamp::parse(&before.at).unwrap_or(visit.browser.now);
    visit.fill(Text::Changed, &[("time", &Moment::at(since, visit.browser.language).text), ("what", &what.join(", "))])
}

/// A number with its word, for one and for more.
fn counted(visit: &Visit, count: usize, (one, more): (Text, Text)) -> String {
    if count == 1 { visit.say(one).to_owned() } else { visit.fill(more, &[("count", &count.to_string())]) }
}

/// What is under way at the API, where it tells.
pub(super) async fn under_way(visit: &Visit, impact: &Impact) -> Option<UnderWay> {
    let delegations = impact.delegations.iter().map(|ended| ended.id).collect();
    visit.console.work(&impact.api)?.under_way(WorkOf::Delegations(delegations)).await.ok()
}

/// The numbers above.
pub(super) fn facts(visit: &Visit, impact: &Impact, work: Option<UnderWay>) -> Vec<Fact> {
    let stopping = impact.stopping();
    let uses: u64 = impact.credentials.iter().filter_map(|credential| credential.uses_in_7_days).sum();
    let tone = |is_much: bool| if is_much { "bad" } else { "good" };
    let fact = |tone, name: Text, value: String| Fact { tone, name: visit.say(name), value };
    let mut facts =
        vec![fact(tone(stopping > 0), Text::TokensStop, stopping.to_string()), fact(tone(uses > 0), Text::Requests, uses.to_string())];
    if let Some(last) = last_use(impact) {
        facts.push(fact("warn", Text::LastRequest, Moment::ago(last, visit.browser.now, visit.browser.language).text));
    }
    if let Some(work) = work {
        facts.push(fact(if work.deliveries > 0 { "warn" } else { "good" }, Text::Unfinished, work.deliveries.to_string()));
    }
    facts
}

fn last_use(impact: &Impact) -> Option<Timestamp> {
    impact.credentials.iter().filter_map(|credential| credential.last_used_at).max()
}

/// The delegations that fall with it, each in a sentence.
pub(super) fn chain(visit: &Visit, view: &DelegationView, impact: &Impact) -> Vec<String> {
    let name = |id| impact.delegations.iter().find(|ended| ended.to == id).map_or("", |ended| ended.to_name.as_str());
    let below = impact.delegations.iter().filter(|ended| ended.id != view.delegation.id);
    below.map(|ended| visit.fill(Text::Falls, &[("supplier", name(ended.from)), ("sub", ended.to_name.as_str())])).collect()
}

/// The credentials.
pub(super) fn rows(visit: &Visit, impact: &Impact) -> Vec<Row> {
    impact.credentials.iter().take(LISTED).map(|credential| row(visit, impact, credential)).collect()
}

fn row(visit: &Visit, impact: &Impact, credential: &EndedCredential) -> Row {
    let holder = impact.delegations.iter().find(|ended| ended.to == credential.organisation);
    let about = [credential.description.as_ref().map(ToString::to_string), holder.map(|ended| ended.to_name.to_string())];
    let elsewhere = match credential.works_elsewhere {
        0 => visit.say(Text::No).to_owned(),
        count => counted(visit, count as usize, (Text::ElsewhereOne, Text::Elsewhere)),
    };
    Row {
        name: credential.username.clone().unwrap_or_else(|| visit.say(Text::PersonalToken).to_owned()),
        about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        used: credential.last_used_at.map(|at| Moment::ago(at, visit.browser.now, visit.browser.language)),
        uses: credential.uses_in_7_days.map_or_else(|| "–".to_owned(), |uses| uses.to_string()),
        elsewhere,
        stops: credential.stops,
    }
}

/// How many are not listed.
pub(super) fn more(visit: &Visit, impact: &Impact) -> Option<String> {
    let more = impact.credentials.len().checked_sub(LISTED).filter(|more| *more > 0)?;
    Some(visit.fill(Text::AndMore, &[("count", &more.to_string())]))
}

/// What whoever closes it must say to know: that it is in use, or that work is not done.
pub(super) fn sure(visit: &Visit, impact: &Impact, work: Option<UnderWay>) -> Option<String> {
    let deliveries = work.map_or(0, |work| work.deliveries as usize);
    let is_used = last_use(impact).is_some_and(|last| last.saturating_add(LATELY) > visit.browser.now);
    match deliveries {
        0 => is_used.then(|| visit.say(Text::SureUsed).to_owned()),
        _ => Some(counted(visit, deliveries, (Text::SureOne, Text::SureWork))),
    }
}
