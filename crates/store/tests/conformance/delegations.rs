//! Delegations: their chains, their lists, their end; and uses by day.

use domain::delegation::{Delegation, DelegationKind, DelegationState};
use domain::text::{Note, Reason};
use domain::{Day, DelegationId, WorkspaceId};
use poort_store::DelegationFilter;

use crate::organisation_tokens::workspace;
use crate::support::*;
use crate::*;

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

fn given(workspace: WorkspaceId, from: OrganisationId, to: OrganisationId) -> Delegation {
    Delegation {
        id: DelegationId::generate(now(), &System).expect("an id"),
        api: "subsurface".to_owned(),
        workspace,
        owner: from,
        from,
        to,
        parent: None,
        depth: 1,
        kind: DelegationKind::Delivering,
        permissions: Permissions::All,
        may_pass_on: true,
        description: Description::new("Soundings north").expect("a description"),
        note: Some(Note::new("for the second contract").expect("a note")),
        created_at: now(),
        opens_at: seconds(1_000),
        ends_at: None,
        closing_announced: false,
        review_at: None,
        accepted_at: Some(now()),
        paused_at: None,
        closed_at: None,
        over_at: None,
        decided_by: None,
        reason: None,
        revision: 1,
    }
}

fn passed_on(parent: &Delegation, to: OrganisationId) -> Delegation {
    let made = given(parent.workspace, parent.to, to);
    Delegation { owner: parent.owner, parent: Some(parent.id), depth: parent.depth + 1, may_pass_on: false, note: None, ..made }
}

async fn make(store: &Store, delegation: &Delegation) -> Written<()> {
    let delegation = delegation.clone();
    store
        .write(move |tx| {
            let delegation = delegation.clone();
            Box::pin(async move {
                tx.insert_delegation(&delegation).await?;
                let recorded = tx.record(&by(), opened(&delegation)).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
}

fn opened(delegation: &Delegation) -> Event {
    Event::DelegationOpened {
        delegation: delegation.id,
        api: delegation.api.clone(),
        workspace: delegation.workspace,
        from: delegation.from,
        to: delegation.to,
        parent: delegation.parent,
        permissions: delegation.permissions.clone(),
        standing: domain::delegation::Standing::Open,
        opens_at: delegation.opens_at,
        not_after: delegation.not_after(),
    }
}

fn ids(found: &[Delegation]) -> Vec<DelegationId> {
    found.iter().map(|delegation| delegation.id).collect()
}

pub(crate) async fn delegations(store: &Store) {
    let (a, b, c) = (
        member(store, "giver").await.organisation,
        member(store, "receiver").await.organisation,
        member(store, "subcontractor").await.organisation,
    );
    let place = workspace(a, "7000");
    let (at, inserted) = (place.id, place.clone());
    done(write!(store, |tx| { tx.insert_workspace(&inserted.clone()).await })).await;
    let top = given(at, a, b);
    let below = passed_on(&top, c);
    make(store, &top).await.expect("made");
    make(store, &below).await.expect("made");
    let (top_id, below_id) = (top.id, below.id);
    assert_eq!(read!(store, |reader| { reader.delegation(below_id).await }), Some(below.clone()));
    assert_eq!(conflict(make(store, &given(at, a, b)).await), conflict::DELEGATION);
    assert_eq!(conflict(make(store, &given(WorkspaceId::from_bytes([9; 16]), a, b)).await), conflict::PARENT);
    let like = given(at, a, b);
    assert_eq!(read!(store, |reader| { reader.live_delegation(&like).await }).map(|found| found.id), Some(top_id));
    assert_eq!(ids(&read!(store, |reader| { reader.delegation_chain(below_id).await })), [top_id, below_id]);
    assert_eq!(ids(&read!(store, |reader| { reader.delegations_under(top_id).await })), [top_id, below_id]);
    assert_eq!(ids(&read!(store, |reader| { reader.delegations_passed_on(top_id, ALL).await })), [below_id]);
    for (api, live) in [("subsurface", true), ("other", false)] {
        assert_eq!(read!(store, |reader| { reader.api_has_delegations(api).await }), live);
    }
    lists(store, at, [a, b, c], [top_id, below_id]).await;
    changes(store, &top).await;
    trail(store, [a, b, c], at, [top_id, below_id]).await;
    closing(store, [&top, &below]).await;
    ending(store, at, a, b).await;
}

async fn lists(store: &Store, at: WorkspaceId, [a, b, c]: [OrganisationId; 3], [top, below]: [DelegationId; 2]) {
    let none = DelegationFilter { live: true, ..DelegationFilter::default() };
    let cases = [
        (none, vec![top, below]),
        (DelegationFilter { workspace: Some(at), ..none }, vec![top, below]),
        (DelegationFilter { from: Some(a), ..none }, vec![top]),
        (DelegationFilter { to: Some(c), ..none }, vec![below]),
        (DelegationFilter { side: Some(a), ..none }, vec![top, below]),
        (DelegationFilter { side: Some(c), ..none }, vec![below]),
        (DelegationFilter { side: Some(c), to: Some(b), ..none }, vec![]),
        (DelegationFilter { side: Some(a), workspace: Some(at), from: Some(b), to: Some(c), live: true }, vec![below]),
        (DelegationFilter { workspace: Some(WorkspaceId::from_bytes([9; 16])), ..none }, vec![]),
    ];
    for (filter, expected) in cases {
        let mut found = ids(&read!(store, |reader| { reader.delegations(filter, ALL).await }));
        found.sort_by_key(|id| *id != top);
        assert_eq!(found, expected, "{filter:?}");
    }
    let first = read!(store, |reader| { reader.delegations(none, Page::first(1)).await }).remove(0).id;
    let after = Page { after: Some(*first.as_bytes()), limit: 10 };
    assert_eq!(read!(store, |reader| { reader.delegations(none, after).await }).len(), 1);
}

async fn changes(store: &Store, made: &Delegation) {
    let id = made.id;
    let changed = Delegation {
        permissions: Permissions::Only(Default::default()),
        may_pass_on: false,
        description: Description::new("Soundings south").expect("a description"),
        note: None,
        opens_at: seconds(2_000),
        ends_at: Some(seconds(4_000_000_000)),
        closing_announced: true,
        review_at: Some(seconds(3_900_000_000)),
        accepted_at: None,
        paused_at: Some(now()),
        decided_by: Some(domain::PersonId::from_bytes([7; 16])),
        reason: Some(Reason::new("done").expect("a reason")),
        revision: 2,
        ..made.clone()
    };
    let update = changed.clone();
    assert!(done(write!(store, |tx| { tx.update_delegation(&update.clone(), 1).await })).await);
    let update = changed.clone();
    assert!(!done(write!(store, |tx| { tx.update_delegation(&update.clone(), 1).await })).await, "an old revision");
    assert_eq!(read!(store, |reader| { reader.delegation(id).await }), Some(changed));
    let due = |until| async move { ids(&read!(store, |reader| { reader.delegations_due(seconds(until), 10).await })) };
    assert_eq!(due(3_899_999_999).await, []);
    assert_eq!(due(3_900_000_000).await, [id]);
    let back = Delegation { revision: 3, ..made.clone() };
    assert!(done(write!(store, |tx| { tx.update_delegation(&back.clone(), 2).await })).await);
}

/// Both sides, whose workspace it is, the workspace and the delegation have an event in their trail.
async fn trail(store: &Store, [a, b, c]: [OrganisationId; 3], at: WorkspaceId, [top, below]: [DelegationId; 2]) {
    for delegation in [top, below] {
        done(store.write(move |tx| {
            Box::pin(async move {
                let recorded = tx.record(&by(), Event::DelegationAccepted { delegation }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        }))
        .await;
    }
    let count = |about: [u8; 16]| async move {
        let entries = read!(store, |reader| { reader.entries(Sequence(0), Some(about), 100).await });
        entries.iter().filter(|entry| matches!(entry.event, Event::DelegationOpened { .. } | Event::DelegationAccepted { .. })).count()
    };
    let cases = [(*a.as_bytes(), 4), (*b.as_bytes(), 4), (*c.as_bytes(), 2), (*at.as_bytes(), 4), (*top.as_bytes(), 2)];
    for (about, expected) in cases {
        assert_eq!(count(about).await, expected);
    }
}

async fn closing(store: &Store, [top, below]: [&Delegation; 2]) {
    let (top_id, below_id, at) = (top.id, below.id, now());
    let closed = Delegation { reason: Some(Reason::new("field work done").expect("a reason")), ..top.clone() };
    let close = closed.clone();
    assert_eq!(done(write!(store, |tx| { tx.close_delegation(&close.clone(), at).await })).await, 2);
    assert_eq!(done(write!(store, |tx| { tx.close_delegation(&closed.clone(), at).await })).await, 0, "closed stays closed");
    for (id, reason) in [(top_id, Some("field work done")), (below_id, None)] {
        let there = read!(store, |reader| { reader.delegation(id).await }).expect("kept");
        assert_eq!((there.closed_at, there.over_at, there.state(at)), (Some(at), Some(at), DelegationState::Closed));
        assert_eq!(there.reason.as_ref().map(Reason::as_str), reason);
    }
    let update = Delegation { revision: 5, ..top.clone() };
    assert!(!done(write!(store, |tx| { tx.update_delegation(&update.clone(), 4).await })).await, "it is over");
    let live = DelegationFilter { live: true, ..DelegationFilter::default() };
    assert_eq!(read!(store, |reader| { reader.delegations(live, ALL).await }), []);
    assert_eq!(read!(store, |reader| { reader.delegations(DelegationFilter::default(), ALL).await }).len(), 2);
    assert_eq!(read!(store, |reader| { reader.delegations_under(top_id).await }), []);
}

/// What is over by its time is marked, with what passes it on; a new one can be given then.
async fn ending(store: &Store, at: WorkspaceId, a: OrganisationId, b: OrganisationId) {
    let c = member(store, "subcontractor-two").await.organisation;
    let lapsing = Delegation { review_at: Some(seconds(5_000)), ..given(at, a, b) };
    let below = passed_on(&lapsing, c);
    make(store, &lapsing).await.expect("what is closed is in nobody's way");
    make(store, &below).await.expect("made");
    let (id, below_id) = (lapsing.id, below.id);
    assert_eq!(store.end_delegations_past_their_end(seconds(4_999)).await.expect("asked"), 0);
    assert_eq!(read!(store, |reader| { reader.delegations_past_their_end(seconds(5_000), 10).await }), [id]);
    assert_eq!(store.end_delegations_past_their_end(seconds(5_000)).await.expect("marked"), 1);
    assert_eq!(store.end_delegations_past_their_end(seconds(5_000)).await.expect("asked"), 0);
    for id in [id, below_id] {
        let there = read!(store, |reader| { reader.delegation(id).await }).expect("kept");
        assert_eq!((there.over_at, there.closed_at, there.state(seconds(5_000))), (Some(seconds(5_000)), None, DelegationState::Ended));
    }
    let again = Delegation { ends_at: Some(seconds(6_000)), ..given(at, a, b) };
    make(store, &again).await.expect("made");
    let id = again.id;
    assert_eq!(done(write!(store, |tx| { tx.end_delegation(id, seconds(6_000)).await })).await, 1);
    make(store, &given(at, a, b)).await.expect("made");
}

pub(crate) async fn usage_by_day(store: &Store, token: CredentialId) {
    let day = |day: i32| Day::from_number(day).begin();
    let used = |at, uses| poort_store::UsageRow { credential: token, last_used_at: at, uses, address: None };
    let nobody = poort_store::UsageRow { credential: CredentialId::from_bytes([9; 16]), ..used(day(100), 1) };
    store.flush_usage(vec![used(day(100), 2), used(day(100), 3), used(day(101), 5), nobody]).await.expect("written");
    let since = |at| async move { read!(store, |reader| { reader.uses_since(token, Day::of(at)).await }) };
    assert_eq!((since(day(100)).await, since(day(101)).await, since(day(102)).await), (10, 5, 0));
    store.keep_usage_days(Day::from_number(101 + poort_store::DAYS_KEPT)).await.expect("dropped");
    assert_eq!(since(day(0)).await, 5);
}
