//! The tables of `docs/scale.md`: each runs its scenarios and says what came of them.

use crate::constants::{CREATIONS, REVOKE_CALLS};
use crate::measure::{Measured, quantile};
use crate::queue::Time;
use crate::scenario::{Fault, Load, MILLISECOND, SECOND, Scenario};
use crate::world::World;

/// The seed of the tables in the documents.
pub const SEED: u64 = 1;

/// A table: its name in the document, and what makes it.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Gives its text, in Markdown, for a seed.
    pub text: fn(u64) -> String,
}

/// All tables, in the order of the document.
pub const TABLES: [Table; 6] = [
    Table { name: "agreement", text: agreement },
    Table { name: "nodes", text: nodes },
    Table { name: "changes", text: changes },
    Table { name: "journals", text: journals },
    Table { name: "regions", text: regions },
    Table { name: "faults", text: faults },
];

/// The median of a revoke call with so many nodes on one machine, simulated, in milliseconds.
pub fn revoke_call(nodes: usize, seed: u64) -> f64 {
    let load = Load::Closed { callers: 1, endings: true, nodes: 1 };
    quantile(&World::run(Scenario::measured(nodes, load, seed)).endings, 0.5)
}

/// Creations a second by 64 callers, spread over so many nodes on one machine, simulated.
pub fn creations(nodes: usize, seed: u64) -> f64 {
    World::run(Scenario::measured(nodes, Load::Closed { callers: 64, endings: false, nodes }, seed)).pace()
}

fn agreement(seed: u64) -> String {
    let calls = REVOKE_CALLS.map(|(nodes, measured)| {
        let what = format!("a revoke call, p50, {}", counted(nodes));
        [what, format!("{:.1} ms", measured as f64 / 1e3), format!("{:.1} ms", revoke_call(nodes, seed))]
    });
    let paces = CREATIONS.map(|(nodes, measured)| {
        let what = format!("creations a second, 64 callers, {}", counted(nodes));
        [what, measured.to_string(), format!("{:.0}", creations(nodes, seed))]
    });
    table(["one machine", "measured", "simulated"], calls.into_iter().chain(paces))
}

fn nodes(seed: u64) -> String {
    let rows = [3, 10, 30, 100, 300].map(|nodes| {
        let seen = World::run(Scenario::data_centre(nodes, 100.0, seed));
        [
            nodes.to_string(),
            milliseconds(&seen.endings, 0.5),
            milliseconds(&seen.endings, 0.99),
            share(seen.database_busy),
            share(seen.node_busy),
        ]
    });
    table(["nodes", "an ending, p50", "p99", "database's processors", "each node's, for changes"], rows)
}

fn changes(seed: u64) -> String {
    let one_by_one = [(200, 100.0), (200, 300.0), (200, 600.0), (500, 100.0), (500, 300.0)].map(|(apart, pace)| (apart, pace, false));
    let together = [(200, 600.0), (200, 2_000.0), (500, 600.0), (500, 2_000.0)].map(|(apart, pace)| (apart, pace, true));
    let rows = one_by_one.into_iter().chain(together).map(|(apart, per_second, together)| {
        let scenario = Scenario { round_trips: vec![vec![apart]], together, ..Scenario::data_centre(10, per_second, seed) };
        let seen = World::run(scenario);
        let batch = seen.commits.len() as f64 / seen.batches.max(1) as f64;
        [
            format!("{} ms", apart as f64 / 1e3),
            if together { "together" } else { "one by one" }.to_owned(),
            format!("{per_second:.0}"),
            format!("{:.0}", seen.pace()),
            milliseconds(&seen.endings, 0.5),
            milliseconds(&seen.endings, 0.99),
            format!("{batch:.1}"),
            share(seen.locked),
            share(seen.database_busy),
        ]
    });
    table(
        [
            "a round trip",
            "statements",
            "changes asked a second",
            "answered",
            "an ending, p50",
            "p99",
            "changes a commit",
            "head locked",
            "database's processors",
        ],
        rows,
    )
}

fn journals(seed: u64) -> String {
    let rows = [(1, 1), (4, 4), (16, 16), (16, 4), (16, 1), (64, 4)].map(|(journals, subscriptions)| {
        let scenario =
            Scenario { journals, subscriptions, lasts: 4 * SECOND, ..Scenario::data_centre(64, 2_000.0 / journals as f64, seed) };
        let seen = World::run(scenario);
        [
            journals.to_string(),
            subscriptions.to_string(),
            format!("{:.0}", seen.pace()),
            milliseconds(&seen.endings, 0.5),
            milliseconds(&seen.endings, 0.99),
            share(seen.locked),
            share(seen.database_busy),
            share(seen.node_busy),
        ]
    });
    table(
        [
            "journals",
            "a node follows",
            "answered a second",
            "an ending, p50",
            "p99",
            "head locked",
            "each database's processors",
            "each node's",
        ],
        rows,
    )
}

fn regions(seed: u64) -> String {
    let home = 200;
    let apart = |first: Time, second: Time| vec![vec![home, first, second], vec![first, home, second], vec![second, second, home]];
    let world = apart(90 * MILLISECOND, 160 * MILLISECOND);
    let base = Scenario { lasts: 60 * SECOND, ..Scenario::data_centre(9, 20.0, seed) };
    let far = Scenario { round_trips: world, ..base.clone() };
    let quorum = 20 * MILLISECOND;
    let cases = [
        ("nine nodes in one region", base.clone()),
        ("three in each of three; changes made where they are asked", far.clone()),
        ("the same, changes handed to a node beside the journal", Scenario { forwards: true, ..far.clone() }),
        ("the same, commits wait for a replica 20 ms away", Scenario { forwards: true, commit: base.commit + quorum, ..far.clone() }),
        (
            "the same, commits wait for a majority over the regions (90 ms)",
            Scenario { forwards: true, commit: base.commit + 90 * MILLISECOND, ..far.clone() },
        ),
        ("changes handed over, statements sent together", Scenario { forwards: true, together: true, ..far }),
    ];
    let rows = cases.map(|(what, scenario)| {
        let seen = World::run(scenario);
        [
            what.to_owned(),
            format!("{:.0}", seen.pace()),
            milliseconds(&seen.endings, 0.5),
            milliseconds(&seen.endings, 0.99),
            milliseconds(&seen.creations, 0.99),
            share(seen.locked),
        ]
    });
    table(["20 changes a second", "answered", "an ending, p50", "p99", "a creation, p99", "head locked"], rows)
}

fn faults(seed: u64) -> String {
    let silent = |lasts| Fault::SilentNodes { every: 60 * SECOND, lasts };
    let away = |lasts| Fault::DatabaseAway { from: 100 * SECOND, lasts };
    let cases = [
        ("nothing", Fault::None),
        ("a node silent for 20 s, once a minute", silent(20 * SECOND)),
        ("the database away for 2 s, once", away(2 * SECOND)),
        ("the database away for 20 s, once", away(20 * SECOND)),
    ];
    let rows = cases.iter().flat_map(|(what, fault)| {
        [3, 30].map(|lease| {
            let scenario = Scenario { lease: lease * SECOND, fault: *fault, lasts: 300 * SECOND, ..Scenario::data_centre(5, 10.0, seed) };
            let seen = World::run(scenario);
            let slow = seen.endings.iter().filter(|took| **took > SECOND).count();
            [
                (*what).to_owned(),
                format!("{lease} s"),
                dark(&seen),
                milliseconds(&seen.endings, 0.5),
                format!("{:.1} s", quantile(&seen.endings, 1.0) / 1e3),
                format!("{slow} of {}", seen.endings.len()),
            ]
        })
    });
    table(["in 5 minutes", "lease", "checks answered with 503", "an ending, p50", "the longest", "endings above 1 s"], rows)
}

fn dark(seen: &Measured) -> String {
    format!("{:.2} %", seen.unavailable() * 100.0)
}

fn counted(nodes: usize) -> String {
    if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") }
}

fn milliseconds(values: &[Time], at: f64) -> String {
    if values.is_empty() { "none".to_owned() } else { format!("{:.1} ms", quantile(values, at)) }
}

fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn table<const N: usize>(titles: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head = line(&titles.map(str::to_owned)) + &line(&titles.map(|_| "---".to_owned()));
    rows.into_iter().fold(head, |text, row| text + &line(&row))
}
