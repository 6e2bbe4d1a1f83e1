//! Lines of audit logs, what things are called, and the people who run the installation.

use domain::event::Actor;
use poort_store::{AuditFilter, AuditRow, By, INSTALLATION};

use crate::support::*;
use crate::*;

fn filter(owner: [u8; 16]) -> AuditFilter {
    let before = (Timestamp::from_unix_microseconds(i64::MAX), Sequence(i64::MAX));
    AuditFilter { owner, from: Timestamp::from_unix_seconds(0), before, action: None, actor: None }
}

async fn lines(store: &Store, filter: AuditFilter) -> Vec<AuditRow> {
    read!(store, |reader| { reader.audit_lines(&filter, 10_000).await })
}

pub(crate) async fn audit(store: &Store) {
    let (own, other) = (member(store, "auditor").await, member(store, "stranger").await);
    for (number, person) in [own.person, other.person].into_iter().enumerate() {
        let by = By { actor: Actor::Person { id: person, credential: None }, ..by() };
        let membership = own.id;
        let at = By { at: Timestamp::from_unix_seconds(4_000_000_000 + number as i64), ..by };
        done(store.write(move |tx| {
            let by = at.clone();
            Box::pin(async move {
                let event = Event::MembershipChanged { membership, before: Roles::NONE, roles: Roles::NONE.with(Role::AuditReader) };
                Ok::<_, Abort<&'static str>>(Outcome::Changed((), tx.record(&by, event).await?))
            })
        }))
        .await;
    }
    while store.write_audit_lines().await.expect("written") {}
    assert_eq!(read!(store, |reader| { reader.audit_backlog().await }), 0);
    assert!(!store.write_audit_lines().await.expect("nothing is left"));

    let all = lines(store, filter(INSTALLATION)).await;
    assert_eq!(all.len(), store.tail(Sequence(0), 10_000).await.expect("read").len(), "every change stands in the whole log");
    assert!(all.is_sorted_by_key(|row| std::cmp::Reverse((row.entry.at, row.entry.sequence))), "the newest comes first");
    let of_organisation = filter(*own.organisation.as_bytes());
    let there = lines(store, of_organisation.clone()).await;
    assert_eq!(
        (there[0].action.as_str(), there[0].acting),
        ("member.role_changed", Some(other.organisation)),
        "only its organisation is told"
    );
    assert_eq!((there[1].acting, there[1].address.as_deref()), (None, Some("192.0.2.7")));
    let narrow = AuditFilter { action: Some("member.role_changed".to_owned()), ..of_organisation.clone() };
    assert_eq!(lines(store, narrow.clone()).await, there[..2]);
    let by_own = AuditFilter { actor: Some(own.person), ..of_organisation.clone() };
    assert_eq!(lines(store, by_own.clone()).await, there[1..2]);
    assert_eq!(lines(store, AuditFilter { actor: Some(own.person), ..narrow.clone() }).await, there[1..2]);
    let before = (there[0].entry.at, there[0].entry.sequence);
    assert_eq!(lines(store, AuditFilter { before, ..narrow.clone() }).await, there[1..2]);
    assert_eq!(lines(store, AuditFilter { from: there[0].entry.at, ..narrow }).await, there[..1]);
    let of_person = lines(store, filter(*own.person.as_bytes())).await;
    assert_eq!((of_person[0].acting, of_person[1].acting), (Some(other.organisation), None));
    let of_other = lines(store, filter(*other.person.as_bytes())).await;
    assert_eq!(of_other[0].entry, there[0].entry, "whoever did it has it in their log");

    labels(store, &own).await;
    ended(store).await;
    contact(store, own.organisation).await;
    operators(store, own.person).await;
    views(store, &own).await;
}

/// A look is found while it is open, and its reason stands beside the change.
async fn views(store: &Store, own: &domain::person::Membership) {
    let reason = domain::text::Reason::new("report 4711").expect("a reason");
    let (id, organisation, person) = (domain::ViewId::from_bytes([7; 16]), own.organisation, own.person);
    let begun_at = now();
    let part = domain::view::ViewedPart::Members;
    let view = poort_store::View { id, organisation, person, part, reason: reason.clone(), begun_at };
    let by = By { request: domain::RequestId::from_bytes([0x47; 16]), at: Timestamp::from_unix_seconds(4_100_000_000), ..by() };
    let wish = view.clone();
    done(write!(store, |tx| {
        tx.insert_organisation_view(&wish, Timestamp::from_unix_seconds(0)).await?;
        tx.give_change_reason(&by, &wish.reason).await?;
        tx.give_change_reason(&by, &wish.reason).await?;
        tx.record(&by, Event::OrganisationViewed { organisation, part }).await.map(drop)
    }))
    .await;
    assert_eq!(read!(store, |reader| { reader.organisation_view(id, begun_at).await }), Some(view.clone()));
    let later = Timestamp::from_unix_microseconds(begun_at.unix_microseconds() + 1);
    assert_eq!(read!(store, |reader| { reader.organisation_view(id, later).await }), None);
    while store.write_audit_lines().await.expect("written") {}
    let narrow = AuditFilter { action: Some("operator.acted".to_owned()), ..filter(*organisation.as_bytes()) };
    let lines = read!(store, |reader| { reader.audit_lines(&narrow, 5).await });
    assert_eq!(lines[0].reason.as_deref(), Some("report 4711"));
    let next = poort_store::View { id: domain::ViewId::from_bytes([8; 16]), ..view };
    done(write!(store, |tx| { tx.insert_organisation_view(&next, later).await })).await;
    assert_eq!(read!(store, |reader| { reader.organisation_view(id, Timestamp::from_unix_seconds(0)).await }), None, "forgotten");
}

async fn labels(store: &Store, own: &domain::person::Membership) {
    let label = async |id: [u8; 16]| read!(store, |reader| { reader.label(id).await });
    let membership = label(*own.id.as_bytes()).await.expect("a membership");
    assert_eq!((membership.kind.as_str(), membership.name.as_deref()), ("membership", Some("auditor")));
    assert_eq!((membership.organisation, membership.person), (Some(own.organisation), Some(own.person)));
    assert_eq!(label([0xee; 16]).await, None);
    let mut kinds = std::collections::BTreeSet::new();
    for entry in store.tail(Sequence(0), 10_000).await.expect("read") {
        for id in poort_store::named(&entry.event) {
            kinds.extend(label(id).await.map(|label| label.kind));
        }
    }
    for kind in ["token", "workspace", "delegation"] {
        assert!(kinds.contains(kind), "{kind} among {kinds:?}");
    }
}

async fn operators(store: &Store, person: PersonId) {
    let is = async || read!(store, |reader| { reader.is_operator(person).await });
    assert!(!is().await);
    let at = now();
    assert!(done(write!(store, |tx| { tx.appoint_operator(person, at).await })).await);
    assert!(!done(write!(store, |tx| { tx.appoint_operator(person, at).await })).await, "already");
    assert!(is().await && read!(store, |reader| { reader.page_settings(person).await }).1);
    assert_eq!(read!(store, |reader| { reader.operators().await }), vec![(person, at)]);
    done(write!(store, |tx| { tx.set_person_suspended(person, Some(now())).await })).await;
    assert!(!is().await, "whoever is suspended runs nothing");
    done(write!(store, |tx| { tx.set_person_suspended(person, None).await })).await;
    assert!(done(write!(store, |tx| { tx.dismiss_operator(person).await })).await);
    assert!(!done(write!(store, |tx| { tx.dismiss_operator(person).await })).await && !is().await);
}

/// What was ended is listed, the last one first, since a moment and so many at most.
async fn ended(store: &Store) {
    let member = member(store, "tidy").await;
    let since = Timestamp::from_unix_seconds(0);
    let none = read!(store, |reader| {
        let personal = reader.ended_personal_tokens(member.person, since, 10).await?;
        let organisation = reader.ended_organisation_tokens(member.organisation, since, 10).await?;
        Ok((personal, organisation, reader.ended_keys(member.organisation, since, 10).await?))
    });
    assert_eq!(none, (vec![], vec![], vec![]));
}

async fn contact(store: &Store, id: OrganisationId) {
    let there = async || read!(store, |reader| { reader.organisation_contact(id).await });
    assert_eq!(there().await, (None, None));
    assert!(done(write!(store, |tx| { tx.set_organisation_contact(id, Some(&email("office@example.org"))).await })).await);
    assert!(!done(write!(store, |tx| { tx.set_organisation_contact(id, Some(&email("office@example.org"))).await })).await);
    let reason = domain::text::Reason::new("report 4711").expect("a reason");
    let given = reason.clone();
    done(write!(store, |tx| {
        tx.give_suspension_reason(id, Some(&given)).await?;
        tx.set_organisation_suspended(id, Some(now())).await?;
        tx.give_suspension_reason(id, Some(&given)).await
    }))
    .await;
    assert_eq!(there().await, (Some(email("office@example.org")), Some(reason)));
    done(write!(store, |tx| { tx.set_organisation_suspended(id, None).await })).await;
    assert!(done(write!(store, |tx| { tx.set_organisation_contact(id, None).await })).await);
    assert_eq!(there().await, (None, None));
}
