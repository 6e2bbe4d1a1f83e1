//! What the verifier promises, one thing at a time.

use std::net::IpAddr;
use std::time::Duration;

use domain::credential::Kind;
use domain::event::{Event, Sequence};
use domain::permission::Permissions;
use domain::time::{Boottime, Clock as _};
use domain::verify::Owner;

use super::support::{
    Fed, REQUEST, TOMBSTONE_SECONDS, api, credential, digest, member, membership, only, organisation, owner, person, secret, text,
};
use crate::{Applied, Asked, Gap, Question, Verdict};

const READ: Asked<'_> = Asked::Permission("a:x:read");

#[test]
fn every_form_of_question_has_its_answer() {
    let fed = Fed::furnished();
    let token = fed.token(1);
    let bearer = format!("Bearer {token}");
    let changed = format!("{}x", &token[..token.len() - 1]);
    let get = |path| Asked::Request { method: "GET", path };
    let cases = [
        ("a", Some(token.as_str()), READ, "allow"),
        ("a", Some(&bearer), Asked::Identity, "allow"),
        ("a", Some(&bearer), get("/7/x"), "allow"),
        ("a", Some(&bearer), get("/8/x"), "no_delegation"),
        ("a", Some(&bearer), get("/9/x"), "wrong_workspace"),
        ("a", Some(&bearer), get("/"), "allow"),
        ("a", None, get("/"), "anonymous"),
        ("a", Some("  "), get("/"), "anonymous"),
        ("a", None, get("/7/x"), "missing_credential"),
        ("a", None, get("/nothing"), "missing_credential"),
        ("a", None, Asked::Identity, "missing_credential"),
        ("a", Some(&token), get("/nothing"), "permission_missing"),
        ("a", Some(&token), Asked::Permission("a:x:write"), "permission_missing"),
        ("a", Some(&token), Asked::Permission("a:x:none"), "permission_missing"),
        ("none", Some(&token), READ, "wrong_api"),
        ("none", None, READ, "wrong_api"),
        ("a", Some(&changed), get("/"), "malformed_credential"),
        ("a", Some("Token token=x"), get("/"), "malformed_credential"),
        ("a", Some("Bearer a b"), get("/"), "malformed_credential"),
        ("a", Some("student"), get("/"), "unknown_credential"),
        ("b", Some("student"), get("/"), "unknown_credential"),
        ("a", Some(&text(Kind::PersonalToken, 2)), READ, "unknown_credential"),
        ("a", Some(&text(Kind::OperatorToken, 1)), READ, "unknown_credential"),
    ];
    for (api, text, asked, expected) in cases {
        assert_eq!(fed.word(api, text, asked), expected, "{api} {text:?} {asked:?}");
    }
    let Ok(Verdict::Allow(allowed)) = fed.ask("a", Some(&bearer), get("/7/x")) else { panic!("not allowed") };
    assert_eq!((allowed.facts.id, allowed.permissions, allowed.workspace.as_deref()), (credential(1), 0b01, Some("7")));
    assert_eq!(allowed.api.name(), "a");
    let Owner::Member { person: who, organisation: place, .. } = allowed.facts.owner else { panic!("not a member") };
    assert_eq!((who, place), (person(0), organisation(0)));
}

#[test]
fn without_a_lease_there_is_no_answer() {
    let fed = Fed::furnished();
    let token = fed.token(1);
    fed.verifier.lease().end();
    assert_eq!(fed.word("a", Some(&token), READ), "unavailable");
    assert_eq!(fed.word("a", None, READ), "unavailable");
    assert_eq!(fed.own(&token), "unavailable");
    let end = fed.hands.boottime().saturating_add(Duration::from_secs(3));
    fed.verifier.lease().extend_to(end);
    fed.verifier.lease().extend_to(Boottime(2));
    fed.hands.advance(2);
    assert_eq!(fed.word("a", Some(&token), READ), "allow");
    fed.hands.advance(1);
    assert_eq!(fed.word("a", Some(&token), READ), "unavailable");
}

#[test]
fn events_are_applied_once_and_in_order() {
    let fed = Fed::new();
    let event = Event::OrganisationCreated { organisation: organisation(1) };
    let apply = |sequence| fed.verifier.apply(Sequence(sequence), fed.now(), &event);
    assert_eq!(apply(2), Err(Gap { applied: Sequence(0), given: Sequence(2) }));
    assert_eq!(apply(1), Ok(Applied::Now));
    assert_eq!(apply(1), Ok(Applied::Already));
    assert_eq!(fed.verifier.applied(), Sequence(1));
}

#[test]
fn a_load_that_is_not_finished_is_no_knowledge() {
    let fed = Fed::furnished();
    let token = fed.token(1);
    let mut loader = fed.verifier.loader();
    assert_eq!(fed.word("a", Some(&token), READ), "unavailable");
    loader.organisation(organisation(0), false);
    drop(loader);
    assert_eq!(fed.word("a", Some(&token), READ), "unavailable");
    let mut loader = fed.verifier.loader();
    loader.api(api("a", false, false));
    loader.finish(Sequence(40));
    assert_eq!(fed.word("a", Some(&token), READ), "unknown_credential");
    assert_eq!((fed.verifier.applied(), fed.verifier.live_tokens()), (Sequence(40), 0));
}

#[test]
fn imported_credentials_work_where_they_are_taken() {
    let fed = Fed::furnished();
    fed.apply(&Event::TokenCreated {
        token: credential(9),
        membership: membership(0),
        secret: secret("student", None),
        permissions: Permissions::All,
        imported: true,
    });
    assert_eq!(fed.word("b", Some("student"), Asked::Identity), "allow");
    assert_eq!(fed.word("a", Some("student"), Asked::Identity), "unknown_credential");
    assert_eq!(fed.own("student"), "unknown_credential");
}

#[test]
fn a_token_ends_exactly_at_its_end() {
    let fed = Fed::furnished();
    let text = fed.token(1);
    let end = fed.now().saturating_add(Duration::from_secs(5));
    let secrets = vec![secret(&text, Some(end))];
    fed.apply(&Event::TokenChanged { token: credential(1), secrets, permissions: Permissions::All });
    fed.hands.advance(4);
    assert_eq!(fed.word("a", Some(&text), READ), "allow");
    fed.hands.advance(1);
    assert_eq!(fed.word("a", Some(&text), READ), "expired");
    // However long ago that was, its end can still be moved.
    fed.hands.advance(10 * TOMBSTONE_SECONDS);
    fed.verifier.sweep(fed.now());
    fed.apply(&Event::TokenChanged { token: credential(1), secrets: vec![secret(&text, None)], permissions: Permissions::All });
    assert_eq!(fed.word("a", Some(&text), READ), "allow");
}

#[test]
fn tombstones_go_after_their_time_or_when_there_are_too_many() {
    let fed = Fed::with_tombstones(2);
    fed.apply(&Event::ApiDefined { definition: api("a", false, false) });
    let texts: Vec<String> = (0..3).map(|number| fed.token(number)).collect();
    let words = || texts.iter().map(|text| fed.word("a", Some(text), READ)).collect::<Vec<_>>();
    for (number, text) in texts.iter().enumerate() {
        fed.revoke(number as u32, text);
    }
    assert_eq!(words(), ["unknown_credential", "revoked", "revoked"]);
    assert_eq!(fed.verifier.anomalies().dropped_tombstones, 1);
    fed.hands.advance(TOMBSTONE_SECONDS - 1);
    fed.verifier.sweep(fed.now());
    assert_eq!(words()[1], "revoked");
    fed.hands.advance(1);
    fed.verifier.sweep(fed.now());
    assert_eq!(words(), ["unknown_credential"; 3]);
}

#[test]
fn uses_are_counted_drained_once_and_never_inherited() {
    let fed = Fed::furnished();
    let text = fed.token(1);
    let drain = || {
        let mut drained = Vec::new();
        fed.verifier.drain_usage(usize::MAX, &mut |usage| drained.push(usage));
        drained
    };
    let use_from = |address: &str| {
        let address: IpAddr = address.parse().expect("an address");
        let question = Question {
            api: "a",
            authorization: Some(text.as_bytes()),
            api_key: None,
            proof: None,
            asked: READ,
            workspace: None,
            address: Some(address),
            now: fed.now(),
            request: REQUEST,
        };
        let _ = fed.verifier.check(&question);
    };
    use_from("192.0.2.1");
    fed.hands.advance(7);
    use_from("2001:db8::1:2");
    let drained = drain();
    assert_eq!(drained.len(), 1);
    assert_eq!((drained[0].credential, drained[0].uses, drained[0].last_used_at), (credential(1), 2, fed.now()));
    assert_eq!(drained[0].address, "2001:db8::".parse().ok());
    assert_eq!(drain(), []);
    // Denied is not used; and the next credential in the slot begins at nothing.
    assert_eq!(fed.word("a", Some(&text), Asked::Permission("a:x:write")), "permission_missing");
    assert_eq!(drain(), []);
    use_from("192.0.2.1");
    fed.revoke(1, &text);
    fed.hands.advance(TOMBSTONE_SECONDS);
    fed.verifier.sweep(fed.now());
    let next = fed.token(2);
    assert_eq!(drain(), []);
    assert_eq!(fed.word("a", Some(&next), READ), "allow");
    let drained = drain();
    assert_eq!((drained.len(), drained[0].credential, drained[0].uses, drained[0].address), (1, credential(2), 1, None));
}

#[test]
fn poorts_own_surfaces_know_operators_apis_and_people() {
    let fed = Fed::furnished();
    let (operator, asking) = (text(Kind::OperatorToken, 1), text(Kind::ApiCredential, 2));
    fed.apply(&Event::OperatorTokenCreated { credential: credential(1), digest: digest(&operator) });
    fed.apply(&Event::ApiCredentialCreated { credential: credential(2), api: "a".to_owned(), digest: digest(&asking) });
    let token = fed.token(3);
    assert_eq!([&operator, &asking, &token].map(|text| fed.own(text)), ["allow"; 3]);
    assert_eq!(fed.own(&text(Kind::OperatorToken, 9)), "unknown_credential");
    // None of the first two is a credential for an API.
    assert_eq!(fed.word("a", Some(&operator), Asked::Identity), "unknown_credential");
    assert_eq!(fed.word("a", Some(&asking), Asked::Identity), "unknown_credential");
    fed.apply(&Event::PersonSuspended { person: person(0) });
    assert_eq!(fed.own(&token), "owner_inactive");
    fed.apply(&Event::ApiRemoved { api: "a".to_owned() });
    fed.apply(&Event::ApiDefined { definition: api("a", false, false) });
    assert_eq!(fed.own(&asking), "revoked");
    fed.apply(&Event::OperatorTokenRevoked { credential: credential(1), digest: digest(&operator) });
    assert_eq!(fed.own(&operator), "revoked");
}

#[test]
fn permissions_on_poorts_own_surfaces_are_those_of_its_own_api() {
    let fed = Fed::furnished();
    let token = fed.token(1);
    let held = || {
        let presented = domain::presentation::read(Some(token.as_bytes()), None).expect("readable");
        let facts = fed.verifier.authenticate(presented.as_ref(), fed.now(), &[]).expect("a lease").expect("known");
        facts.permissions
    };
    assert_eq!(held(), 0);
    fed.apply(&Event::ApiDefined { definition: api("poort", false, false) });
    assert_eq!(held(), 0b01);
    fed.apply(&Event::MembershipChanged { membership: membership(0), before: member(), roles: owner() });
    assert_eq!(held(), 0b11);
    let secrets = vec![secret(&token, None)];
    fed.apply(&Event::TokenChanged { token: credential(1), secrets, permissions: only(&["poort:x:write"]) });
    assert_eq!(held(), 0b10);
}
