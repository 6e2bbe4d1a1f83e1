//! What credentials did by day, as their owners and whoever leads a workspace look at it.

use domain::{Day, Refusal, WorkspaceId};
use poort_store::{CheckRow, CountRow, Holder, NewOrganisationKey};

use super::organisation_keys::organisation_key;
use super::organisation_tokens::{make as make_organisation_token, organisation_token, secret, workspace};
use crate::support::*;
use crate::*;

const FIRST: Day = Day::from_number(30_000);

pub(crate) async fn activity(store: &Store) {
    let member = member(store, "active").await;
    let (person, home) = (member.person, member.organisation);
    let (personal, own) = (token(&member, "active"), organisation_token(home, "geology", "active-01"));
    create(store, &personal, digest("active")).await.expect("created");
    make_organisation_token(store, &own, secret(&own, "active")).await.expect("created");
    let key = organisation_key(home, "prtk_active");
    let (row, private) = (key.clone(), CredentialId::from_bytes([0x55; 16]));
    let state = domain::organisation_key::PrivateKeyState { id: private, digest: digest("active private"), not_after: None };
    done(write!(store, |tx| {
        let new = NewOrganisationKey { key: &row, imported: false, registration: None, unused_until: None };
        tx.insert_organisation_key(&new).await?;
        tx.insert_private_key(row.id, &state, None, row.created_at).await
    }))
    .await;
    let place = workspace(home, "70001");
    let site = place.id;
    done(write!(store, |tx| { tx.insert_workspace(&place.clone()).await })).await;
    store.keep_usage_days(FIRST.plus(-1)).await.expect("begun");
    store.keep_usage_days(FIRST).await.expect("begun before");
    counted(store, (personal.id, own.id, key.id, private), (home, site)).await;

    let days = (FIRST, FIRST.plus(1));
    let of_person = Holder::Person(person);
    let all = Holder::Organisation { organisation: home, people: true, tokens: true, keys: true };
    let only_keys = Holder::Organisation { organisation: home, people: false, tokens: false, keys: true };
    let lines = |holder: Holder, place: Option<WorkspaceId>| async move {
        let rows = read!(store, |reader| { reader.activity(&holder, days, place).await });
        rows.iter().map(|row| (row.credential, row.day.number() - FIRST.number(), row.refusal, row.requests)).collect::<Vec<_>>()
    };
    assert_eq!(lines(of_person, None).await, [(personal.id, 0, None, 5), (personal.id, 1, None, 7)]);
    assert_eq!(lines(of_person, Some(site)).await, []);
    let expired = Some(Refusal::DelegationClosed);
    // What the private key was used for counts for its key.
    assert_eq!(lines(only_keys, None).await, [(key.id, 0, None, 13)]);
    assert_eq!(lines(only_keys, Some(site)).await, [(key.id, 0, None, 3)]);
    let everything = lines(all, None).await;
    assert_eq!(everything.len(), 4);
    assert!(everything.contains(&(own.id, 1, expired, 9)), "{everything:?}");

    let names = |holder: Holder| async move {
        let active = read!(store, |reader| { reader.active_credentials(&holder, days).await });
        active.into_iter().map(|one| (one.kind.name(), one.label)).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(of_person).await.len(), 1);
    let there = names(all).await;
    assert!(there.contains(&("organisation_key", "Koppeling".to_owned())) && there.len() == 3, "{there:?}");
    let worked_in = |holder: Holder| async move { read!(store, |reader| { reader.worked_in(&holder, days).await }) };
    assert_eq!((worked_in(all).await, worked_in(of_person).await), (vec![(site, "70001".to_owned())], vec![]));

    let in_workspaces = read!(store, |reader| { reader.activity_in_workspaces(home, days).await });
    let told: Vec<_> = in_workspaces.iter().map(|row| (row.organisation, row.refusal, row.requests, row.api.as_str())).collect();
    assert_eq!(told, [(Some(home), None, 3, "geology"), (Some(home), expired, 9, "geology")]);
    let done = read!(store, |reader| { reader.work_in_workspace(site, days).await });
    assert_eq!(done.iter().map(|row| (row.organisation, row.requests)).collect::<Vec<_>>(), [(Some(home), 3)], "accepted ones");
    assert_eq!(read!(store, |reader| { reader.work_elsewhere(home, days).await }), [], "it got no delegation");

    let permission = Permission::new("geology:reports:read").expect("a name");
    let used = |holder: Holder| async move { read!(store, |reader| { reader.permissions_used(&holder, days).await }) };
    assert_eq!(used(of_person).await, [(personal.id, permission.clone(), FIRST.plus(1))]);
    assert_eq!(used(all).await.len(), 1);
    let (id, uses) = (personal.id, |since: Day| read_permissions(store, personal.id, since));
    assert_eq!((uses(FIRST.plus(1)).await, uses(FIRST.plus(2)).await), (vec![(permission, FIRST.plus(1))], vec![]), "{id}");
    assert_eq!(read!(store, |reader| { reader.uncounted(days).await }), 5);
    assert!(read!(store, |reader| { reader.counted_since().await }).is_some_and(|since| since < FIRST), "the first day stays");
    store.keep_usage_days(FIRST.plus(1 + poort_store::DAYS_KEPT)).await.expect("dropped");
    assert_eq!(lines(of_person, None).await, [(personal.id, 1, None, 7)]);
    assert_eq!(read!(store, |reader| { reader.uncounted(days).await }), 3);
}

async fn read_permissions(store: &Store, id: CredentialId, since: Day) -> Vec<(Permission, Day)> {
    read!(store, |reader| { reader.permission_uses(id, since).await })
}

/// What two nodes have counted, the second one later.
async fn counted(
    store: &Store,
    (personal, own, key, private): (CredentialId, CredentialId, CredentialId, CredentialId),
    (home, site): (OrganisationId, WorkspaceId),
) {
    let used = |credential, day: i32, uses| UsageRow { credential, last_used_at: FIRST.plus(day).begin(), uses, address: None };
    store.flush_usage(vec![used(personal, 0, 2), used(key, 0, 12), used(private, 0, 1)]).await.expect("written");
    store.flush_usage(vec![used(personal, 0, 3), used(personal, 1, 7)]).await.expect("written");
    let row = |credential, day: i32, refusal| CheckRow {
        credential,
        day: FIRST.plus(day),
        workspace: Some(site),
        api: Some("geology".to_owned()),
        refusal,
        organisation: Some(home),
    };
    let permission = Permission::new("geology:reports:read").expect("a name");
    let closed = row(own, 1, Some(Refusal::DelegationClosed));
    let first = vec![
        CountRow::Checks(row(key, 0, None), 3),
        CountRow::Checks(closed.clone(), 4),
        CountRow::Permission(personal, permission.clone(), FIRST.plus(1)),
        CountRow::Uncounted(FIRST, 2),
        CountRow::Uncounted(FIRST.plus(1), 3),
    ];
    store.flush_counts(first).await.expect("written");
    store.flush_counts(vec![CountRow::Checks(closed, 5), CountRow::Permission(personal, permission, FIRST)]).await.expect("written");
}
