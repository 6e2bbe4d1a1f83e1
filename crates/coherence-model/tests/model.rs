//! The protocol holds within the reduced bounds, and every mistake is caught.

use coherence_model::mutants::Mutant;
use coherence_model::report;
use coherence_model::scenario::Scenario;

fn holds(scenario: Scenario) {
    let seen = report::explore(scenario.reduced());
    assert!(seen.counterexample.is_none(), "{scenario:?}: {:#?}", seen.counterexample);
    assert!(seen.unreached.is_empty(), "{scenario:?}: never reached: {:?}", seen.unreached);
}

#[test]
fn a_stale_answer_is_impossible_with_one_server() {
    [Scenario::Leases, Scenario::Suspension, Scenario::StartAndStop, Scenario::Groups].into_iter().for_each(holds);
}

#[test]
fn a_stale_answer_is_impossible_across_a_failover() {
    [Scenario::Failover, Scenario::Loading].into_iter().for_each(holds);
}

#[test]
fn what_the_node_knows_survives_a_database_that_lost_commits() {
    holds(Scenario::Rollback);
}

#[test]
fn every_mutant_is_caught() {
    for mutant in Mutant::ALL {
        let seen = report::hunt(mutant.scenario().reduced(), *mutant);
        let steps = seen.counterexample.unwrap_or_default();
        let last = steps.last().map(|step| step.sentence.as_str());
        assert!(last.is_some_and(|sentence| sentence.starts_with("the check ")), "{}: not caught in {} states", mutant.name(), seen.states);
    }
}

#[test]
fn a_counterexample_is_a_shortest_one_and_can_be_read() {
    let seen = report::hunt(Scenario::Leases.reduced(), Mutant::NoWait);
    let steps = seen.counterexample.expect("a change that does not wait is caught");
    let sentences: Vec<&str> = steps.iter().map(|step| step.sentence.as_str()).collect();
    let expected = [
        "change 1 commits",
        "change 1 reads which nodes are live",
        "change 1 ends its wait",
        "a check is received",
        "the check looks at the lease",
        "the check looks the credential up",
    ];
    assert_eq!(sentences, expected);
}
