//! Organisation keys and access tokens, one thing at a time.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access_token::{AccessToken, Few, Granted, Parent};
use domain::event::{Event, Sequence};
use domain::fence::Scope;
use domain::permission::Permissions;
use domain::verify::Owner;
use domain::{CredentialId, FamilyId, Refusal, SessionId};

use super::keys_support::{Keyed, client_id, definition, grant, private_key, private_text, token, vault, workspace};
use super::support::{REQUEST, TOMBSTONE_SECONDS, credential, digest, membership, only, organisation, person};
use crate::{Asked, Proof, Question, Verdict};

fn basic(name: &str, text: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{text}")))
}

#[test]
fn both_halves_are_of_one_key() {
    let keyed = Keyed::new();
    keyed.key(1, None);
    keyed.key(2, None);
    let (one, two) = (private_text(1), private_text(2));
    let cases = [
        (basic(&client_id(1), &one), "allow"),
        (basic(&one, &one), "allow"),
        (basic(&client_id(2), &one), "wrong_code"),
        (basic(&two, &one), "unknown_credential"),
        (basic("", &one), "unknown_credential"),
        (basic("nobody", &one), "unknown_credential"),
        (basic(&client_id(1), &private_text(3)), "wrong_code"),
        (basic(&client_id(1), &client_id(1)), "wrong_code"),
        (format!("Bearer {one}"), "malformed_credential"),
        // A private key is no Bearer token.
        (format!("Bearer {}", client_id(1)), "unknown_credential"),
    ];
    for (authorization, expected) in cases {
        let given = keyed.ask((Some(&authorization), None), None, "k:x:read");
        assert_eq!(given, expected, "{authorization}");
    }
    assert_eq!((keyed.private(1), keyed.private(2), keyed.private(3)), ("allow", "allow", "unknown_credential"));
    assert_eq!(keyed.ask((Some(&basic(&client_id(1), &one)), Some(&one)), None, "k:x:read"), "malformed_credential");
}

#[test]
fn a_key_of_a_workspace_sees_that_one_only() {
    let keyed = Keyed::new();
    // Workspace 7 is of organisation 0, 8 of organisation 1.
    keyed.key(1, None);
    keyed.key(2, Some(7));
    keyed.key(101, None);
    for (key, seen) in [
        (1, ["allow", "no_delegation", "wrong_workspace"]),
        (2, ["allow", "wrong_workspace", "wrong_workspace"]),
        (101, ["no_delegation", "allow", "wrong_workspace"]),
    ] {
        for (number, expected) in ["7", "8", "9"].into_iter().zip(seen) {
            assert_eq!(keyed.ask((None, Some(&private_text(key))), Some(number), "k:x:read"), expected, "{key} {number}");
            let text = keyed.seal(key * 10 + 1, token(&keyed.fed, key, key, 0, Some(key)));
            assert_eq!(keyed.ask((Some(&format!("Bearer {text}")), None), Some(number), "k:x:read"), expected, "token of {key} {number}");
        }
    }
    // The key gets another workspace: one that its organisation does not have.
    let definition = definition(2, Permissions::All);
    keyed.fed.apply(&Event::OrganisationKeyChanged { key: credential(2), workspace: Some(workspace(8)), definition });
    assert_eq!(keyed.ask((None, Some(&private_text(2))), Some("7"), "k:x:read"), "wrong_workspace");
    assert_eq!(keyed.ask((None, Some(&private_text(2))), Some("8"), "k:x:read"), "no_delegation");
}

#[test]
fn private_keys_end_one_by_one_with_what_came_with_them() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    let first = keyed.seal(1, token(fed, 1, 1, 0, Some(1)));
    let asserted = keyed.seal(2, token(fed, 2, 1, 0, None));
    let end = fed.now().saturating_add(Duration::from_secs(60));
    keyed.rotate(1, private_key(1, Some(end)), 2, vec![]);
    let second = keyed.seal(3, token(fed, 3, 1, 0, Some(2)));
    assert_eq!([keyed.private(1), keyed.private(2)], ["allow"; 2]);
    assert_eq!([&first, &second, &asserted].map(|text| keyed.bearer(text)), ["allow"; 3]);
    // A second rotation within the overlap ends the first one, and its tokens, at once.
    keyed.rotate(1, private_key(2, Some(end)), 3, vec![private_key(1, Some(end))]);
    assert_eq!([keyed.private(1), keyed.private(2), keyed.private(3)], ["revoked", "allow", "allow"]);
    assert_eq!([&first, &second, &asserted].map(|text| keyed.bearer(text)), ["revoked", "allow", "allow"]);
    fed.hands.advance(60);
    assert_eq!([keyed.private(2), keyed.private(3)], ["expired", "allow"]);
    fed.apply(&Event::PrivateKeyRevoked { key: credential(1), private_key: private_key(3, None) });
    assert_eq!((keyed.private(3), keyed.bearer(&asserted)), ("revoked", "allow"));
    fed.apply(&Event::PrivateKeyRevoked { key: credential(1), private_key: private_key(2, Some(end)) });
    assert_eq!(keyed.bearer(&second), "revoked");
    // Nothing is left, so a new one comes without an old one.
    let new = private_key(4, None);
    fed.apply(&Event::OrganisationKeyRotated { key: credential(1), old: None, new, ended: vec![] });
    assert_eq!((keyed.private(4), keyed.bearer(&second)), ("allow", "revoked"));
    fed.hands.advance(10 * TOMBSTONE_SECONDS);
    fed.verifier.sweep(fed.now());
    assert_eq!(
        [1, 2, 3, 4].map(|number| keyed.private(number)),
        ["unknown_credential", "unknown_credential", "unknown_credential", "allow"]
    );
    assert_eq!(fed.verifier.anomalies().unknown, 0);
}

#[test]
fn a_pause_and_an_end_reach_everything_of_a_key() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    let text = keyed.seal(1, token(fed, 1, 1, 0, Some(1)));
    let both = || (keyed.private(1), keyed.bearer(&text));
    let looked = || fed.verifier.look_into(&text, fed.now()).expect("a lease").expect("ours").works;
    let client = || fed.verifier.client(&client_id(1)).expect("a lease").map(|known| known.works);
    assert_eq!((both(), looked(), client()), (("allow", "allow"), Ok(()), Some(Ok(()))));
    fed.apply(&Event::OrganisationKeySuspended { key: credential(1) });
    assert_eq!((both(), looked(), client()), (("suspended", "suspended"), Err(Refusal::Suspended), Some(Err(Refusal::Suspended))));
    fed.apply(&Event::OrganisationKeyResumed { key: credential(1) });
    assert_eq!(both(), ("allow", "allow"));
    fed.apply(&Event::OrganisationSuspended { organisation: organisation(0) });
    let stopped = Refusal::OrganisationSuspended;
    assert_eq!(both(), ("organisation_suspended", "organisation_suspended"));
    assert_eq!((looked(), client()), (Err(stopped), Some(Err(stopped))), "introspection and the token endpoint say the same");
    fed.apply(&Event::OrganisationResumed { organisation: organisation(0) });
    assert_eq!(both(), ("allow", "allow"));
    fed.apply(&Event::AccessTokensOfKeyEnded { key: credential(1), generation: 1 });
    assert_eq!(both(), ("allow", "revoked"));
    let later = keyed.seal(2, token(fed, 2, 1, 1, Some(1)));
    assert_eq!(keyed.bearer(&later), "allow");
    let digests = vec![digest(&private_text(1))];
    fed.apply(&Event::OrganisationKeysRevoked { keys: vec![credential(1)], digests });
    assert_eq!((both(), keyed.bearer(&later), looked()), (("revoked", "revoked"), "revoked", Err(Refusal::Revoked)));
    assert_eq!(client(), Some(Err(Refusal::Revoked)));
    fed.hands.advance(10 * TOMBSTONE_SECONDS);
    fed.verifier.sweep(fed.now());
    assert_eq!((keyed.private(1), keyed.bearer(&later), client()), ("unknown_credential", "revoked", None));
    assert_eq!(fed.verifier.anomalies().unknown, 0);
}

/// A token that acts for person 0, a member of organisation 0, got by a key of organisation 1.
fn for_person(keyed: &Keyed, number: u32) -> AccessToken {
    let fed = &keyed.fed;
    fed.apply(&Event::GrantMade { grant: grant(number), membership: membership(0), key: credential(101) });
    let parent = Parent { id: grant(number), generation: 0 };
    AccessToken { grant: Some(parent), ..token(fed, number, 101, 0, None) }
}

#[test]
fn a_grant_is_its_persons() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(101, Some(8));
    let text = keyed.seal(1, for_person(&keyed, 1));
    let Ok(Some(looked)) = fed.verifier.look_into(&text, fed.now()) else { panic!("not ours") };
    let Owner::Member { person: who, organisation: of, .. } = looked.facts.owner else { panic!("not a person's") };
    assert_eq!((who, of), (person(0), organisation(0)));
    // In the person's organisation, whatever workspace of its own the client is limited to.
    let bearer = format!("Bearer {text}");
    assert_eq!(keyed.ask((Some(&bearer), None), Some("7"), "k:x:read"), "allow");
    assert_eq!(keyed.ask((Some(&bearer), None), Some("8"), "k:x:read"), "no_delegation");
    let both_ways: [(Event, Event, &str); 4] = [
        (Event::PersonSuspended { person: person(0) }, Event::PersonResumed { person: person(0) }, "owner_inactive"),
        (
            Event::OrganisationSuspended { organisation: organisation(0) },
            Event::OrganisationResumed { organisation: organisation(0) },
            "organisation_suspended",
        ),
        (
            Event::OrganisationSuspended { organisation: organisation(1) },
            Event::OrganisationResumed { organisation: organisation(1) },
            "organisation_suspended",
        ),
        (Event::OrganisationKeySuspended { key: credential(101) }, Event::OrganisationKeyResumed { key: credential(101) }, "suspended"),
    ];
    for (end, begin, expected) in both_ways {
        fed.apply(&end);
        assert_eq!(keyed.bearer(&text), expected, "{end:?}");
        assert!(fed.verifier.look_into(&text, fed.now()).expect("a lease").expect("ours").works.is_err(), "{end:?}");
        fed.apply(&begin);
        assert_eq!(keyed.bearer(&text), "allow", "{begin:?}");
    }
    fed.apply(&Event::GrantsEnded { grants: vec![grant(1)] });
    assert_eq!(keyed.bearer(&text), "revoked");
    assert_eq!(fed.verifier.grant_owner(&grant(1)).expect("a lease"), None);
    let again = keyed.seal(2, for_person(&keyed, 2));
    let (membership, person, organisation) = (membership(0), person(0), organisation(0));
    fed.apply(&Event::MembershipEnded { membership, person, organisation });
    assert_eq!(keyed.bearer(&again), "owner_inactive");
    assert_eq!(fed.verifier.anomalies().unknown, 0);
}

#[test]
fn single_tokens_families_and_sessions_end_until_they_would_have_anyway() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    let (family, session) = (FamilyId::from_bytes([6; 16]), SessionId::from_bytes([7; 16]));
    let base = token(fed, 1, 1, 0, Some(1));
    let serial = |number: u32| credential(30_000 + number);
    let texts = [
        keyed.seal(1, base),
        keyed.seal(2, AccessToken { serial: serial(2), exchanged: Few::of([base.serial]).expect("one"), ..base }),
        keyed.seal(3, AccessToken { serial: serial(3), family: Some(family), ..base }),
        keyed.seal(4, AccessToken { serial: serial(4), session: Some(session), ..base }),
        keyed.seal(5, AccessToken { serial: serial(5), ..base }),
    ];
    let words = || texts.each_ref().map(|text| keyed.bearer(text));
    let until = base.expires_at;
    assert_eq!(words(), ["allow"; 5]);
    fed.apply(&Event::AccessTokenRevoked { serial: base.serial, until });
    assert_eq!(words(), ["revoked", "revoked", "allow", "allow", "allow"]);
    fed.apply(&Event::FamiliesEnded { families: vec![family], until });
    fed.apply(&Event::SessionsEnded { sessions: vec![session], until });
    assert_eq!(words(), ["revoked", "revoked", "revoked", "revoked", "allow"]);
    // A sweep forgets nothing too soon.
    fed.hands.advance(3_599);
    fed.verifier.sweep(fed.now());
    assert_eq!(words(), ["revoked", "revoked", "revoked", "revoked", "allow"]);
    fed.hands.advance(1);
    fed.verifier.sweep(fed.now());
    assert!(words().iter().all(|word| matches!(*word, "expired" | "revoked")), "{:?}", words());
    assert_eq!(words()[4], "expired");
}

#[test]
fn what_was_granted_is_read_in_the_lists_that_it_was_granted_in() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    let all = token(fed, 1, 1, 0, Some(1));
    let Some(granted) = all.audiences.iter().next() else { panic!("none") };
    let reading = AccessToken { audiences: Few::of([Granted { scopes: 2, ..granted }]).expect("one"), ..all };
    let elsewhere =
        AccessToken { audiences: Few::of([Granted { api: domain::access_token::ApiTag::of("a"), ..granted }]).expect("one"), ..all };
    let (all, reading, elsewhere) = (keyed.seal(1, all), keyed.seal(2, reading), keyed.seal(3, elsewhere));
    let ask = |text: &str, permission| keyed.ask((Some(&format!("Bearer {text}")), None), None, permission);
    assert_eq!([ask(&all, "k:x:read"), ask(&all, "k:x:write")], ["allow"; 2]);
    assert_eq!([ask(&reading, "k:x:read"), ask(&reading, "k:x:write")], ["allow", "permission_missing"]);
    assert_eq!(ask(&elsewhere, "k:x:read"), "unknown_credential", "it is for another API");
    // What the key may do at most bounds every token of it, at once.
    let narrow = definition(1, only(&["k:x:write"]));
    fed.apply(&Event::OrganisationKeyChanged { key: credential(1), workspace: None, definition: narrow });
    assert_eq!([ask(&all, "k:x:read"), ask(&all, "k:x:write")], ["permission_missing", "allow"]);
    assert_eq!((keyed.private(1), ask(&reading, "k:x:read")), ("permission_missing", "permission_missing"));
    let wide = definition(1, Permissions::All);
    fed.apply(&Event::OrganisationKeyChanged { key: credential(1), workspace: None, definition: wide });
    // Under other lists the same bits are other permissions: nothing is granted. A private key is not bound to lists.
    fed.apply(&Event::ApiDefined { definition: vault(true) });
    assert_eq!([ask(&all, "k:x:read"), ask(&reading, "k:x:write")], ["permission_missing"; 2]);
    assert_eq!(keyed.private(1), "allow");
    fed.apply(&Event::ApiDefined { definition: vault(false) });
    assert_eq!(ask(&all, "k:x:read"), "allow");
}

#[test]
fn a_token_for_a_key_works_with_its_proof_only() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    let plain = token(fed, 1, 1, 0, Some(1));
    let (bound, plain) = (keyed.seal(2, AccessToken { key_thumbprint: Some([9; 32]), ..plain }), keyed.seal(1, plain));
    let ask = |authorization: String, proof: Option<[u8; 32]>| {
        let question = Question {
            api: "k",
            authorization: Some(authorization.as_bytes()),
            api_key: None,
            proof: proof.as_ref().map(|value| Proof { value, method: "GET", uri: "https://api.example/x" }),
            asked: Asked::Permission("k:x:read"),
            workspace: None,
            address: None,
            now: fed.now(),
            request: REQUEST,
        };
        matches!(fed.verifier.check(&question), Ok(Verdict::Allow(_)))
    };
    for (authorization, proof, expected) in [
        (format!("DPoP {bound}"), Some([9; 32]), true),
        (format!("DPoP {bound}"), Some([8; 32]), false),
        (format!("DPoP {bound}"), None, false),
        (format!("Bearer {bound}"), Some([9; 32]), false),
        (format!("DPoP {plain}"), Some([9; 32]), false),
        (format!("Bearer {plain}"), None, true),
    ] {
        assert_eq!(ask(authorization.clone(), proof), expected, "{authorization} {proof:?}");
    }
    let mut used = 0;
    fed.verifier.drain_usage(usize::MAX, &mut |usage| used += usage.uses);
    let checks = fed.verifier.checks().into_iter().find(|checks| checks.api == "k").expect("counted");
    let refused = checks.refused.iter().find(|(refusal, _)| *refusal == Refusal::ProofMissing).map(|(_, count)| *count);
    assert_eq!((used, checks.allowed, refused), (2, 2, Some(4)), "what was refused was not used");
}

#[test]
fn whoever_exchanges_a_token_sees_no_more_than_both() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    keyed.key(2, Some(7));
    keyed.key(101, None);
    fed.apply(&Event::WorkspaceCreated {
        workspace: workspace(9),
        organisation: organisation(0),
        number: domain::workspace::WorkspaceNumber::new("9").expect("a number"),
    });
    keyed.key(3, Some(9));
    let exchanged = |number: u32, by: u32, of: u32| {
        let subject = Some(Parent { id: credential(of), generation: 0 });
        keyed.seal(number, AccessToken { subject, ..token(fed, number, by, 0, None) })
    };
    let ask = |text: &str, place: &str| keyed.ask((Some(&format!("Bearer {text}")), None), Some(place), "k:x:read");
    let (wide, narrow, neither, foreign) = (exchanged(1, 2, 1), exchanged(2, 1, 2), exchanged(3, 2, 3), exchanged(4, 101, 2));
    assert_eq!([ask(&wide, "7"), ask(&wide, "9")], ["allow", "wrong_workspace"], "the one who acts is limited");
    assert_eq!([ask(&narrow, "7"), ask(&narrow, "9")], ["allow", "wrong_workspace"], "the one for whom is limited");
    assert_eq!([ask(&neither, "7"), ask(&neither, "9")], ["revoked"; 2]);
    assert_eq!([ask(&foreign, "7"), ask(&foreign, "8")], ["allow", "wrong_workspace"], "it acts for organisation 0");
    fed.apply(&Event::OrganisationSuspended { organisation: organisation(1) });
    assert_eq!(ask(&foreign, "7"), "organisation_suspended", "of the one who acts");
    fed.apply(&Event::AccessTokensOfKeyEnded { key: credential(2), generation: 1 });
    assert_eq!([ask(&narrow, "7"), ask(&wide, "7")], ["revoked"; 2], "the tokens of either end it");
}

#[test]
fn behind_a_fence_keys_and_grants_wait_for_their_own_organisations() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    keyed.key(101, None);
    let own = keyed.seal(1, token(fed, 1, 1, 0, None));
    let theirs = keyed.seal(2, for_person(&keyed, 2));
    let newest = CredentialId::from_bytes([0xfe; 16]);
    fed.apply(&Event::Restored { backup: Sequence(1), newest, fenced: true });
    let words = || (keyed.private(1), keyed.bearer(&own), keyed.bearer(&theirs));
    assert_eq!(words(), ("suspended", "suspended", "suspended"));
    // The client's organisation has looked, the person's has not: whether the person ended the grant is not known.
    fed.apply(&Event::RestoreConfirmed { scope: Scope::Organisation { organisation: organisation(1) } });
    assert_eq!(words(), ("suspended", "suspended", "suspended"));
    fed.apply(&Event::RestoreConfirmed { scope: Scope::Organisation { organisation: organisation(0) } });
    assert_eq!(words(), ("allow", "allow", "allow"));
}

#[test]
fn uses_are_counted_for_the_private_key_that_a_token_came_with() {
    let keyed = Keyed::new();
    let fed = &keyed.fed;
    keyed.key(1, None);
    let end = fed.now().saturating_add(Duration::from_secs(60));
    let first = keyed.seal(1, token(fed, 1, 1, 0, Some(1)));
    keyed.rotate(1, private_key(1, Some(end)), 2, vec![]);
    let drain = || {
        let mut drained = Vec::new();
        fed.verifier.drain_usage(usize::MAX, &mut |usage| drained.push((usage.credential, usage.uses)));
        drained.sort_unstable();
        drained
    };
    assert_eq!([keyed.private(2), keyed.bearer(&first), keyed.bearer(&first)], ["allow"; 3]);
    assert_eq!(drain(), [(private_key(1, None).id, 2), (private_key(2, None).id, 1)]);
    let client = fed.verifier.client(&client_id(1)).expect("a lease").expect("known").client;
    for (text, expected) in [
        (private_text(2), Ok(private_key(2, None).id)),
        (private_text(1), Ok(private_key(1, None).id)),
        (private_text(3), Err(Refusal::WrongCode)),
    ] {
        let used = fed.verifier.authenticate_client(&client, &text, fed.now()).expect("a lease");
        assert_eq!(used.map(|used| used.id), expected);
    }
    assert_eq!(drain().len(), 2);
    fed.hands.advance(60);
    let used = fed.verifier.authenticate_client(&client, &private_text(1), fed.now()).expect("a lease");
    assert_eq!(used, Err(Refusal::Expired));
}
