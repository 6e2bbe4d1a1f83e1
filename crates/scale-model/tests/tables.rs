//! The simulation agrees with what was measured, shows what it must, and the document quotes what it says.

use scale_model::constants::{CREATIONS, REVOKE_CALLS};
use scale_model::measure::quantile;
use scale_model::scenario::{Fault, SECOND, Scenario};
use scale_model::tables::{SEED, TABLES, creations, revoke_call};
use scale_model::world::World;

/// Measured on a machine that did other things as well; a factor of two either way is what a model of this kind can claim.
fn agrees(simulated: f64, measured: f64) -> bool {
    (measured / 2.0..=measured * 2.0).contains(&simulated)
}

#[test]
fn small_cases_are_as_measured() {
    for (nodes, measured) in REVOKE_CALLS {
        let (simulated, measured) = (revoke_call(nodes, SEED), measured as f64 / 1e3);
        assert!(agrees(simulated, measured), "a revoke call with {nodes} nodes: {simulated} ms simulated, {measured} ms measured");
    }
    for (nodes, measured) in CREATIONS {
        let (simulated, measured) = (creations(nodes, SEED), measured as f64);
        assert!(agrees(simulated, measured), "creations with {nodes} nodes: {simulated} a second simulated, {measured} measured");
    }
}

#[test]
fn a_silent_node_costs_a_lease_once_and_others_go_on() {
    let silent = |lease| Scenario {
        fault: Fault::SilentNodes { every: 1_000 * SECOND, lasts: 15 * SECOND },
        lease: lease * SECOND,
        lasts: 20 * SECOND,
        ..Scenario::data_centre(3, 20.0, SEED)
    };
    let short = World::run(silent(3));
    // 1.1/0.9 of 3 s, once; what came meanwhile waited less; what came later did not wait.
    let longest = quantile(&short.endings, 1.0) / 1e3;
    assert!((3.6..3.8).contains(&longest), "{longest}");
    assert_eq!(short.waited_out, 1);
    assert!(quantile(&short.endings, 0.5) < 50.0);
    let long = World::run(silent(30));
    assert_eq!(long.waited_out, 0, "it was back before its lease was certainly over");
    assert!((14.0..16.0).contains(&(quantile(&long.endings, 1.0) / 1e3)));
}

#[test]
fn a_long_lease_rides_out_what_a_short_one_does_not() {
    let away = |lease, lasts| Scenario {
        fault: Fault::DatabaseAway { from: 10 * SECOND, lasts: lasts * SECOND },
        lease: lease * SECOND,
        lasts: 60 * SECOND,
        ..Scenario::data_centre(3, 5.0, SEED)
    };
    // Away for 20 s with a lease of 3 s: dark for 17 of 60 s and a little more.
    let dark = World::run(away(3, 20)).unavailable() * 60.0;
    assert!((17.0..18.5).contains(&dark), "{dark}");
    assert_eq!(World::run(away(30, 20)).dark, 0);
    assert_eq!(World::run(away(3, 1)).dark, 0);
}

#[test]
fn the_same_seed_gives_the_same_and_another_does_not() {
    let run = |seed| World::run(Scenario { lasts: SECOND, ..Scenario::data_centre(3, 50.0, seed) });
    assert_eq!((run(1).endings, run(1).events), (run(1).endings, run(1).events));
    assert_ne!(run(1).endings, run(2).endings);
}

#[test]
fn the_document_quotes_what_the_simulation_says() {
    let document = include_str!("../../../docs/scale.md");
    for table in TABLES {
        let text = (table.text)(SEED);
        let begin = format!("<!-- {} -->\n", table.name);
        let quoted = document.split_once(&begin).map(|(_, rest)| rest).unwrap_or_else(|| panic!("docs/scale.md has no {begin}"));
        assert!(quoted.starts_with(&text), "docs/scale.md, {}: `cargo xtask scale {}` says\n{text}", table.name, table.name);
    }
}
