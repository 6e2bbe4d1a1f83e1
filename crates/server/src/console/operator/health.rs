//! `/operator/health`: the nodes, what waits, and how long endings took to reach every node. What was not measured is not there.

use authority::{NodeState, Page};
use axum::response::Response;
use domain::Histogram;

use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::console::moment::{self, Moment};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// More nodes share no database.
const NODES: Page = Page { after: None, limit: 200 };

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let sheet = Sheet {
        about: visit.say(Text::HealthAbout).to_owned(),
        warnings: warnings(&visit).await?,
        tables: vec![nodes(&visit).await?, spread(&visit), waiting(&visit).await?],
        ..Sheet::of(Frame::of(&visit, visit.say(crate::console::Text::Health)))
    };
    sheet.show(&visit)
}

/// What must be looked after.
pub(super) async fn warnings(visit: &Visit) -> Result<Vec<String>, Response> {
    let mut warnings = Vec::new();
    let fence = visit.authority().fence(&visit.caller()).await.map_err(|error| visit.refused(&error))?;
    if fence.is_some() {
        warnings.push(visit.say(Text::FenceStands).to_owned());
    }
    let nodes = visit.authority().nodes(&visit.caller(), NODES).await.map_err(|error| visit.refused(&error))?;
    let silent = nodes.iter().filter(|state| !state.node.live && !is_embedded(visit)).count();
    if silent > 0 {
        warnings.push(visit.fill(Text::NodesAway, &[("count", &silent.to_string())]));
    }
    Ok(warnings)
}

fn is_embedded(visit: &Visit) -> bool {
    visit.authority().store().is_embedded()
}

async fn nodes(visit: &Visit) -> Result<Table, Response> {
    let nodes = visit.authority().nodes(&visit.caller(), NODES).await.map_err(|error| visit.refused(&error))?;
    let kind = if is_embedded(visit) { "SQLite" } else { "PostgreSQL" };
    let heads = [Text::Node, Text::Status, Text::Behind, Text::Started, Text::Renewed];
    Ok(Table {
        heading: visit.say(Text::Nodes).to_owned(),
        about: visit.fill(Text::Database, &[("database", kind)]),
        heads: heads.map(|head| visit.say(head).to_owned()).to_vec(),
        rows: nodes.iter().map(|state| row(visit, state)).collect(),
        nothing: visit.say(Text::OneNode).to_owned(),
        next: None,
    })
}

fn row(visit: &Visit, state: &NodeState) -> Vec<Cell> {
    let language = visit.browser.language;
    let renewed = state.node.renewed_at.map(|at| Cell::moment(Moment::ago(at, visit.browser.now, language)));
    let name = Cell::code(state.node.name.clone());
    vec![
        if state.answering { name.small(visit.say(Text::Answering)) } else { name },
        if state.node.live { Cell::good(visit.say(Text::Live)) } else { Cell::warn(visit.say(Text::NotLive)) },
        Cell::text(moment::number(state.lag, language)),
        Cell::moment(Moment::at(state.node.started_at, language)),
        renewed.unwrap_or_else(Cell::none),
    ]
}

/// How long changes took, as this node has counted since it started.
fn spread(visit: &Visit) -> Table {
    let meters = visit.authority().meters();
    let measured = [(Text::Endings, &meters.endings), (Text::Creations, &meters.creations), (Text::Commits, &meters.commits)];
    let rows = measured.map(|(name, histogram)| {
        let steps = histogram.steps();
        let (half, nearly_all) = (quantile(&steps, histogram, 50), quantile(&steps, histogram, 99));
        let cell = |found: Option<Option<u64>>| match found {
            None => Cell::text(visit.say(Text::NotMeasured)),
            Some(None) => Cell::text(visit.say(Text::OverAMinute)),
            Some(Some(nanoseconds)) => Cell::text(visit.fill(Text::AtMost, &[("time", &milliseconds(visit, nanoseconds))])),
        };
        vec![
            Cell::text(visit.say(name)),
            cell(half),
            cell(nearly_all),
            Cell::text(moment::number(histogram.count(), visit.browser.language)),
        ]
    });
    Table {
        heading: visit.say(Text::Spread).to_owned(),
        about: visit.say(Text::SpreadAbout).to_owned(),
        heads: [Text::What, Text::Half, Text::NearlyAll, Text::Measured].map(|head| visit.say(head).to_owned()).to_vec(),
        rows: rows.to_vec(),
        nothing: String::new(),
        next: None,
    }
}

/// The step that this many of a hundred are at most as large as: nothing where there were none, no step where it is above all of them.
fn quantile(steps: &[(u64, u64)], histogram: &Histogram, percent: u64) -> Option<Option<u64>> {
    let count = histogram.count();
    let wanted = (count * percent).div_ceil(100);
    (count > 0).then(|| steps.iter().find(|(_, so_far)| *so_far >= wanted).map(|(bound, _)| *bound))
}

/// `2.5`, or `2,5`; of longer times in whole milliseconds.
fn milliseconds(visit: &Visit, nanoseconds: u64) -> String {
    let (whole, tenth) = (nanoseconds / 1_000_000, nanoseconds / 100_000 % 10);
    let mark = if visit.browser.language == crate::language::Language::Nl { ',' } else { '.' };
    if tenth == 0 { moment::number(whole, visit.browser.language) } else { format!("{whole}{mark}{tenth}") }
}

async fn waiting(visit: &Visit) -> Result<Table, Response> {
    let language = visit.browser.language;
    let authority = visit.authority();
    let letters = authority.waiting_letters().await.map_err(|error| visit.refused(&error))?;
    let lines = authority.write_audit_lines(0).await.map_err(|error| visit.refused(&error))?;
    let since = letters.since.map(|at| visit.fill(Text::WaitsSince, &[("time", &Moment::ago(at, visit.browser.now, language).text)]));
    let number = |name: Text, count: u64| vec![Cell::text(visit.say(name)), Cell::text(moment::number(count, language))];
    let mut rows = vec![
        number(Text::WaitingChanges, authority.store().waiting_changes() as u64),
        number(Text::WaitingLines, lines),
        number(Text::WaitingUses, authority.unwritten_uses() as u64),
    ];
    if authority.sends_letters() {
        rows.insert(
            1,
            vec![
                Cell::text(visit.say(Text::WaitingLetters)),
                Cell::text(moment::number(letters.count, language)).small(since.unwrap_or_default()),
            ],
        );
    }
    Ok(Table {
        heading: visit.say(Text::Waiting).to_owned(),
        about: visit.say(Text::WaitingAbout).to_owned(),
        heads: [Text::What, Text::HowMany].map(|head| visit.say(head).to_owned()).to_vec(),
        rows,
        nothing: String::new(),
        next: None,
    })
}
