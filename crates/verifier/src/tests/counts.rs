//! What checks count beside uses: refusals, work in workspaces, permissions.

use std::sync::Arc;

use domain::event::Event;
use domain::presentation::{Presentation, Presented};
use domain::workspace::WorkspaceNumber;
use domain::{Day, Refusal, WorkspaceId};

use super::keys_support::{Keyed, token};
use super::support::{Fed, api, credential, organisation};
use crate::{Asked, Checked, Counted};

const READ: Asked<'static> = Asked::Permission("a:x:read");
const WRITE: Asked<'static> = Asked::Permission("a:x:write");
const DAY: Day = Day::from_number(20_000);

fn drain(fed: &Fed, day: Day) -> Vec<Counted> {
    let (mut counted, lost) = fed.verifier.drain_counts(day, usize::MAX);
    assert_eq!(lost, 0);
    counted.sort_by_key(|counted| format!("{counted:?}"));
    counted
}

fn checked(workspace: Option<u8>, refusal: Option<Refusal>, count: u32) -> Counted {
    Counted::Checks(Checked {
        credential: credential(1),
        organisation: Some(organisation(0)),
        workspace: workspace.map(|number| WorkspaceId::from_bytes([number; 16])),
        api: Some("a".to_owned()),
        refusal,
        count,
    })
}

fn used(name: &str) -> Counted {
    Counted::Permission(credential(1), domain::permission::Permission::new(name).expect("a name"))
}

#[test]
fn refusals_are_counted_by_credential_workspace_and_reason() {
    let fed = Fed::furnished();
    let text = fed.token(1);
    let in_workspace = |path: &'static str| Asked::Request { method: "GET", path };
    assert_eq!(fed.word("a", Some(&text), WRITE), "permission_missing");
    assert_eq!(fed.word("a", Some(&text), WRITE), "permission_missing");
    assert_eq!(fed.word("a", Some(&text), in_workspace("/8/x")), "no_delegation");
    assert_eq!(fed.word("a", Some(&text), in_workspace("/4711/x")), "wrong_workspace");
    assert_eq!(fed.word("a", Some(&text), in_workspace("/7/x")), "allow");
    assert_eq!(fed.word("a", Some("nobody's"), READ), "unknown_credential");
    fed.revoke(1, &text);
    assert_eq!(fed.word("a", Some(&text), READ), "revoked");
    let expected = [
        checked(Some(7), None, 1),
        checked(Some(8), Some(Refusal::NoDelegation), 1),
        checked(None, Some(Refusal::PermissionMissing), 2),
        checked(None, Some(Refusal::Revoked), 1),
        checked(None, Some(Refusal::WrongWorkspace), 1),
        used("a:x:read"),
    ];
    let counted = drain(&fed, DAY);
    assert_eq!(counted.len(), expected.len(), "{counted:?}");
    expected.iter().for_each(|one| assert!(counted.contains(one), "{one:?} {counted:?}"));
    assert_eq!(drain(&fed, DAY), [], "taken once");
}

#[test]
fn a_permission_is_told_once_a_day_and_by_its_own_name() {
    let fed = Fed::furnished();
    let text = fed.token(1);
    let read = || assert_eq!(fed.word("a", Some(&text), READ), "allow");
    read();
    read();
    assert_eq!(fed.word("a", Some(&text), Asked::Identity), "allow");
    assert_eq!(drain(&fed, DAY), [used("a:x:read")]);
    read();
    assert_eq!(drain(&fed, DAY), [], "told today");
    assert_eq!(drain(&fed, DAY.plus(1)), [], "not used on the next day so far");
    read();
    assert_eq!(drain(&fed, DAY.plus(1)), [used("a:x:read")]);
    // Another definition, in which the bits are changed over.
    read();
    fed.apply(&Event::ApiDefined { definition: api("a", true, false) });
    read();
    assert_eq!(drain(&fed, DAY.plus(1)), [used("a:x:read")]);
}

#[test]
fn permissions_of_our_own_surfaces_count_as_used_where_they_are_held() {
    let fed = Fed::furnished();
    fed.apply(&Event::ApiDefined { definition: api("poort", false, false) });
    let text = fed.token(1);
    let presented = Presented { presentation: Presentation::Bearer, text: text.as_str().into(), username: None };
    let asked = fed.verifier.authenticate(Some(&presented), fed.now(), &["poort:x:read", "poort:x:write", "poort:no:such"]);
    assert!(matches!(asked, Ok(Ok(_))));
    assert_eq!(drain(&fed, DAY), [used("poort:x:read")], "it is a member's, who may not write");
    fed.revoke(1, &text);
    assert_eq!(fed.own(&text), "revoked");
    let Counted::Checks(one) = drain(&fed, DAY).remove(0) else { panic!("a refusal") };
    assert_eq!((one.api.as_deref(), one.refusal, one.count), (Some("poort"), Some(Refusal::Revoked), 1));
}

#[test]
fn what_is_done_with_a_key_counts_for_it() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    // One that came with a private key, and one that came without any.
    let (with, without) = (keyed.seal(1, token(fed, 1, 1, 0, Some(1))), keyed.seal(2, token(fed, 2, 1, 0, None)));
    let ask = |text: &str, permission: &str| keyed.ask((Some(&format!("Bearer {text}")), None), Some("7"), permission);
    assert_eq!([ask(&with, "k:x:read"), ask(&without, "k:x:write")], ["allow"; 2]);
    let mut uses = Vec::new();
    fed.verifier.drain_usage(usize::MAX, &mut |usage| uses.push((usage.credential, usage.uses)));
    uses.sort_unstable();
    assert_eq!(uses, [(credential(1), 1), (credential(10_001), 1)]);
    fed.apply(&Event::AccessTokensOfKeyEnded { key: credential(1), generation: 1 });
    assert_eq!(ask(&without, "k:x:read"), "revoked");
    let counted = drain(fed, DAY);
    let checks = |refusal: Option<Refusal>| -> u32 {
        let of = counted.iter().filter_map(|one| if let Counted::Checks(checked) = one { Some(checked) } else { None });
        of.filter(|checked| checked.credential == credential(1) && checked.refusal == refusal).map(|checked| checked.count).sum()
    };
    assert_eq!((checks(None), checks(Some(Refusal::Revoked))), (2, 1), "{counted:?}");
    let permissions = counted.iter().filter(|one| matches!(one, Counted::Permission(id, _) if *id == credential(1))).count();
    assert_eq!(permissions, 2);
    // The slot of a key that is forgotten counts for nobody.
    fed.apply(&Event::OrganisationKeysRevoked { keys: vec![credential(1)], digests: vec![] });
    fed.hands.advance(1_000);
    fed.verifier.sweep(fed.now());
    assert_eq!(fed.verifier.anomalies().unknown, 0);
    assert_eq!(ask(&without, "k:x:read"), "revoked");
    assert_eq!(drain(fed, DAY), []);
}

#[test]
fn threads_lose_nothing_while_the_table_is_replaced() {
    let fed = Arc::new(Fed::furnished());
    for number in 9..40 {
        let (workspace, number) = (WorkspaceId::from_bytes([number; 16]), WorkspaceNumber::new(&number.to_string()).expect("a number"));
        fed.apply(&Event::WorkspaceCreated { workspace, organisation: organisation(0), number });
    }
    let texts: Vec<String> = (1..60).map(|number| fed.token(number)).collect();
    let (mut allowed, rounds) = (0, 20);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for round in 0..rounds {
                        for (place, text) in texts.iter().enumerate() {
                            let path = format!("/{}/x", 9 + (place + round) % 31);
                            assert_eq!(fed.word("a", Some(text), Asked::Request { method: "GET", path: &path }), "allow");
                        }
                    }
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            fed.verifier.renew_counts();
            allowed += sum(&fed);
        }
    });
    allowed += sum(&fed) + sum(&fed);
    assert_eq!(allowed as usize, 4 * rounds * texts.len());
}

fn sum(fed: &Fed) -> u32 {
    let (counted, lost) = fed.verifier.drain_counts(DAY, usize::MAX);
    assert_eq!(lost, 0);
    counted.iter().map(|one| if let Counted::Checks(checked) = one { checked.count } else { 0 }).sum()
}
