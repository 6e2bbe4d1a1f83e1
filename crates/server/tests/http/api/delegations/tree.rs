//! Whatever happens to a tree of delegations, nothing in it outlives or exceeds what it passes on.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::effect::{API, NAMES, mixed, names};
use super::*;

/// What happens to a tree of delegations.
#[derive(Debug, Clone)]
enum Turn {
    Narrow(prop::sample::Index, usize),
    End(prop::sample::Index, i64),
    Pause(prop::sample::Index),
    Resume(prop::sample::Index),
    Close(prop::sample::Index),
    Wait(u64),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let which = any::<prop::sample::Index>;
    let turn = prop_oneof![
        3 => (which(), 1..4_usize).prop_map(|(which, set)| Turn::Narrow(which, set)),
        2 => (which(), 1..60_i64).prop_map(|(which, seconds)| Turn::End(which, seconds)),
        2 => which().prop_map(Turn::Pause),
        2 => which().prop_map(Turn::Resume),
        1 => which().prop_map(Turn::Close),
        2 => (1..30_u64).prop_map(Turn::Wait),
    ];
    prop::collection::vec(turn, 4..8)
}

/// Nothing outlives its parent and nothing is wider: what a credential may do by a delegation that was passed on, one of the
/// organisation that passed it on may do at the same moment.
#[tokio::test]
async fn nothing_outlives_or_exceeds_what_it_passes_on() {
    let field = Field::new().await;
    let mixed = mixed(&field.app).await;
    let mut runner = TestRunner::deterministic();
    let (mut allowed, mut refused) = (0, 0);
    for number in 0..12 {
        let parents = prop::collection::vec(any::<prop::sample::Index>(), 5).new_tree(&mut runner).expect("a tree").current();
        let turns = turns().new_tree(&mut runner).expect("turns").current();
        let holder = field.app.organisation(&format!("Tree {number}")).await;
        let place = format!("tree-{number}");
        field.app.workspace(&holder, &place).await;
        // Each organisation gets one delegation: what it may do, it may do by that.
        let mut tree: Vec<(String, String, Option<usize>)> = Vec::new();
        for (count, parent) in parents.iter().enumerate() {
            let to = field.app.organisation(&format!("Tree {number} {count}")).await;
            let body = json!({"api": API, "description": "all of it"});
            let made = field.app.make(&format!("/api/v1/organisations/{to}/organisation-tokens"), body).await;
            let basic = testkit::basic(&made.member("/username"), &made.member("/code"));
            let mut body = json!({"to": to, "description": "a branch", "may_pass_on": true});
            let parent = (count > 0).then(|| parent.index(count));
            match parent {
                Some(parent) => body["parent"] = json!(tree[parent].0),
                None => {
                    body["workspace"] = json!(place);
                    body["api"] = json!(API);
                    body["kind"] = json!("delivering");
                    body["permissions"] = names(3);
                }
            }
            let made = field.app.operate("POST", "/api/v1/delegations").json(&body).send().await;
            if made.status == 201 {
                tree.push((made.member("/id"), basic, parent));
            } else {
                assert_eq!(made.json()["code"], "chain_too_long");
                break;
            }
        }
        for turn in turns {
            take(&field, &tree, &turn).await;
            let mut masks: Vec<usize> = Vec::new();
            for (_, basic, parent) in &tree {
                let mut mask = 0;
                for (bit, name) in NAMES.iter().enumerate() {
                    mask |= usize::from(ask(&field.app, &mixed, basic, (&place, name)).await["allowed"] == true) << bit;
                }
                assert!(parent.is_none_or(|parent| mask & !masks[parent] == 0), "{turn:?}: {mask} of {parent:?} in {masks:?}");
                if mask == 0 {
                    refused += 1
                } else {
                    allowed += 1
                }
                masks.push(mask);
            }
        }
    }
    assert!(allowed > 50 && refused > 50, "trees in which everything or nothing works prove nothing: {allowed}, {refused}");
}

async fn take(field: &Field, tree: &[(String, String, Option<usize>)], turn: &Turn) {
    let app = &field.app;
    let path = |which: &prop::sample::Index, rest: &str| format!("/api/v1/delegations/{}{rest}", which.get(tree).0);
    let answer = match turn {
        Turn::Wait(seconds) => return app.clock.advance(std::time::Duration::from_secs(*seconds)),
        Turn::Narrow(which, set) => app.operate("PATCH", &path(which, "")).json(&json!({"permissions": names(*set)})).send().await,
        Turn::End(which, seconds) => app.operate("PATCH", &path(which, "")).json(&json!({"ends_at": field.at(*seconds)})).send().await,
        Turn::Pause(which) => app.operate("PUT", &path(which, "/suspension")).send().await,
        Turn::Resume(which) => app.operate("DELETE", &path(which, "/suspension")).send().await,
        Turn::Close(which) => app.operate("POST", &path(which, "/closures")).send().await,
    };
    // A turn may ask for what the rules refuse: wider, longer, or of what is over.
    assert!([200, 400, 409].contains(&answer.status), "{turn:?}: {}", answer.text);
}
