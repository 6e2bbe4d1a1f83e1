//! Checks that race changes of several words: they never allow what neither the state before nor after allows.
//! Each race also runs with a verifier that takes every reading, which must be caught.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use domain::Timestamp;
use domain::credential::Kind;
use domain::event::{Event, SecretState};

use super::support::{Fed, api, credential, digest, member, membership, only, organisation, owner, person, secret};
use crate::{Asked, Verdict};

const WRITE: Asked<'_> = Asked::Permission("a:x:write");
/// Enough changes for a race that is not guarded to be seen many times over.
const MANY: usize = 20_000;
/// The most changes for which a mutant may stay unseen.
const VERY_MANY: usize = 20_000_000;

/// Applies the events in turns while others ask; gives how many answers were "allow" and how many were given.
fn race(fed: &Fed, text: &str, asked: Asked<'_>, events: &[Event], changes: usize) -> (usize, usize) {
    let (allowed, asked_for, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let verdict = fed.ask("a", Some(text), asked).expect("a lease");
                    allowed.fetch_add(usize::from(matches!(verdict, Verdict::Allow(_))), Ordering::Relaxed);
                    asked_for.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for change in 0..changes {
            fed.apply(&events[change % events.len()]);
            // A mutant is caught by its first mistake; a good one goes on until it was really asked in between.
            if fed.verifier.index.epoch.blind.load(Ordering::Relaxed) && allowed.load(Ordering::Relaxed) > 0 {
                break;
            }
        }
        while asked_for.load(Ordering::Relaxed) < 1_000 && allowed.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    (allowed.into_inner(), asked_for.into_inner())
}

fn never_allows(make: impl Fn() -> (Fed, String, Vec<Event>)) {
    let (fed, text, events) = make();
    let (allowed, asked) = race(&fed, &text, WRITE, &events, MANY);
    assert_eq!(allowed, 0, "of {asked}");

    let (mutant, text, events) = make();
    mutant.verifier.index.epoch.blind.store(true, Ordering::Relaxed);
    let (allowed, asked) = race(&mutant, &text, WRITE, &events, VERY_MANY);
    assert!(allowed > 0, "the mutant was not caught in {asked} checks");
}

#[test]
fn a_person_moves_between_a_suspended_organisation_and_a_lower_role() {
    never_allows(|| {
        let fed = Fed::furnished();
        fed.apply(&Event::OrganisationSuspended { organisation: organisation(0) });
        fed.apply(&Event::MembershipChanged { membership: membership(0), before: member(), roles: owner() });
        let text = fed.token(0);
        // An owner where nothing works, or a member where all does: as neither they may write.
        let to = |from, to, roles| Event::MembershipMoved {
            membership: membership(0),
            from: organisation(from),
            organisation: organisation(to),
            roles,
        };
        (fed, text, vec![to(0, 1, member()), to(1, 0, owner())])
    });
}

#[test]
fn a_token_is_narrowed_while_its_end_is_moved() {
    never_allows(|| {
        let fed = Fed::furnished();
        fed.apply(&Event::MembershipChanged { membership: membership(0), before: member(), roles: owner() });
        let text = fed.token(0);
        let past = Timestamp::from_unix_seconds(super::support::START - 1);
        let change = |not_after, names: &[&str]| Event::TokenChanged {
            token: credential(0),
            secrets: vec![secret(&text, not_after)],
            permissions: only(names),
        };
        let events = vec![change(Some(past), &["a:x:write"]), change(None, &["a:x:read"])];
        fed.apply(&events[1]);
        (fed, text, events)
    });
}

#[test]
fn an_organisation_is_suspended_before_the_rights_come_and_resumed_after_they_went() {
    let fed = Fed::furnished();
    let text = fed.token(0);
    let roles = |before, roles| Event::MembershipChanged { membership: membership(0), before, roles };
    let events = [
        Event::OrganisationSuspended { organisation: organisation(0) },
        roles(member(), owner()),
        Event::PersonSuspended { person: person(0) },
        Event::OrganisationResumed { organisation: organisation(0) },
        Event::OrganisationSuspended { organisation: organisation(0) },
        Event::PersonResumed { person: person(0) },
        roles(owner(), member()),
        Event::OrganisationResumed { organisation: organisation(0) },
    ];
    let (allowed, asked) = race(&fed, &text, WRITE, &events, MANY);
    assert_eq!(allowed, 0, "of {asked}");
}

#[test]
fn an_api_turns_its_bits_round() {
    let fed = Fed::furnished();
    fed.apply(&Event::MembershipChanged { membership: membership(0), before: member(), roles: owner() });
    let text = fed.token(0);
    let secrets = vec![secret(&text, None)];
    fed.apply(&Event::TokenChanged { token: credential(0), secrets, permissions: only(&["a:x:read"]) });
    let events = [true, false].map(|turned| Event::ApiDefined { definition: api("a", turned, false) });
    let (allowed, asked) = race(&fed, &text, WRITE, &events, MANY / 10);
    assert_eq!(allowed, 0, "of {asked}");
}

#[test]
fn a_rotation_never_leaves_a_moment_in_which_neither_or_an_ended_secret_works() {
    let fed = Fed::furnished();
    let texts: Vec<String> = (0..64).map(|number| super::support::text(Kind::PersonalToken, 1_000 + number)).collect();
    fed.token(0);
    let unrotated = fed.verifier.applied();
    let done = AtomicBool::new(false);
    let first = super::support::text(Kind::PersonalToken, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let before = fed.verifier.applied();
                let works = |text: &String| fed.word("a", Some(text), Asked::Identity) == "allow";
                let working = std::iter::once(&first).chain(&texts).filter(|text| works(text)).count();
                // Counted while nothing changed: the newest, and the one before it in its overlap.
                if fed.verifier.applied() == before {
                    assert_eq!(working, if before == unrotated { 1 } else { 2 }, "after {before:?}");
                }
            }
        });
        let mut old = first.clone();
        let mut ended = Vec::new();
        for text in &texts {
            let end = fed.now().saturating_add(std::time::Duration::from_secs(10));
            let (old_state, new) = (secret(&old, Some(end)), SecretState { digest: digest(text), not_after: None });
            fed.apply(&Event::TokenRotated { token: credential(0), old: old_state, new, ended: std::mem::take(&mut ended) });
            assert_eq!(fed.word("a", Some(&old), Asked::Identity), "allow");
            ended.push(digest(&old));
            old = text.clone();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(fed.word("a", Some(&first), Asked::Identity), "revoked");
}

#[test]
fn whoever_stays_is_found_while_others_come_and_go() {
    let fed = Fed::furnished();
    let staying: Vec<String> = (0..50).map(|number| fed.token(number)).collect();
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for start in [0, 25] {
            let (staying, fed, done, asked) = (&staying, &fed, &done, &asked);
            scope.spawn(move || {
                for text in staying.iter().cycle().skip(start) {
                    assert_eq!(fed.word("a", Some(text), Asked::Identity), "allow");
                    asked.fetch_add(1, Ordering::Relaxed);
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        for round in 1..6 {
            let going: Vec<(u32, String)> = (0..300).map(|number| (round * 1_000 + number, fed.token(round * 1_000 + number))).collect();
            for (number, text) in &going {
                fed.revoke(*number, text);
            }
            fed.hands.advance(super::support::TOMBSTONE_SECONDS + 1);
            fed.verifier.sweep(fed.now());
            assert!(going.iter().all(|(_, text)| fed.word("a", Some(text), Asked::Identity) == "unknown_credential"));
        }
        while asked.load(Ordering::Relaxed) < 1_000 {
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(fed.verifier.live_tokens(), 50);
}
