//! Organisations, people, memberships; and that a person can be erased.

use crate::support::*;
use crate::*;

pub(crate) async fn organisations(store: &Store) {
    let id = OrganisationId::from_bytes([9; 16]);
    done(write!(store, |tx| { tx.insert_organisation(&organisation("Ghent")).await })).await;
    let clash = organisation("GHENT");
    assert_eq!(conflict(write!(store, |tx| { tx.insert_organisation(&clash.clone()).await }).await), conflict::ORGANISATION_NAME);
    let renamed = name("Gent");
    assert!(!done(write!(store, |tx| { tx.rename_organisation(id, &name("Gent")).await })).await, "unknown");
    let all = read!(store, |reader| { reader.organisations(ALL).await });
    assert_eq!(all.len(), 1);
    let id = all[0].id;
    assert_eq!(read!(store, |reader| { reader.organisation_named(&name("GHENT")).await }).map(|found| found.id), Some(id));
    assert!(done(write!(store, |tx| { tx.rename_organisation(id, &renamed.clone()).await })).await);
    assert!(!done(write!(store, |tx| { tx.rename_organisation(id, &name("Gent")).await })).await);
    let at = now();
    for (wish, changes) in [(Some(at), true), (Some(at), false), (None, true), (None, false)] {
        assert_eq!(done(write!(store, |tx| { tx.set_organisation_suspended(id, wish).await })).await, changes);
        let there = read!(store, |reader| { reader.organisation(id).await }).expect("there");
        assert_eq!(there.suspended_at, wish);
        assert_eq!(there.name.as_str(), "Gent");
    }
    assert_eq!(read!(store, |reader| { reader.organisation(OrganisationId::from_bytes([9; 16])).await }), None);
    let found = async |part: &'static str, suspended| read!(store, |reader| { reader.find_organisations(part, suspended, 10).await }).len();
    assert_eq!([found("EN", false).await, found("", false).await, found("%", false).await, found("e_t", false).await], [1, 1, 0, 0]);
    assert_eq!(found("", true).await, 0);
    let after = Page { after: Some(*id.as_bytes()), limit: 10 };
    assert_eq!(read!(store, |reader| { reader.organisations(after).await }), vec![]);
}

pub(crate) async fn people(store: &Store) {
    let zeus = person("zeus");
    let (id, inserted) = (zeus.id, zeus.clone());
    done(write!(store, |tx| { tx.insert_person(&inserted.clone(), Some("hash".to_owned())).await })).await;
    assert_eq!(read!(store, |reader| { reader.person(id).await }), Some(zeus.clone()));
    assert_eq!(read!(store, |reader| { reader.person_by_email(&email("ZEUS@Example.ORG")).await }), Some(zeus.clone()));
    assert_eq!(read!(store, |reader| { reader.password_hash(id).await }).as_deref(), Some("hash"));
    assert_eq!(read!(store, |reader| { reader.password_hash(PersonId::from_bytes([9; 16])).await }), None);
    assert!(done(write!(store, |tx| { tx.set_password_hash(id, None).await })).await);
    assert_eq!(read!(store, |reader| { reader.password_hash(id).await }), None);
    let clash = write!(store, |tx| {
        let mut other = person("Zeus");
        other.name = None;
        tx.insert_person(&other, None).await
    });
    assert_eq!(conflict(clash.await), conflict::PERSON_EMAIL);
    let again = zeus.clone();
    let clash = write!(store, |tx| {
        let mut again = again.clone();
        again.email = None;
        tx.insert_person(&again, None).await
    });
    assert_eq!(conflict(clash.await), conflict::ID);
    let changed = domain::person::Person { name: Some(name("Zeus Ω")), ..zeus.clone() };
    for changes in [true, false] {
        let changed = changed.clone();
        assert_eq!(done(write!(store, |tx| { tx.update_person(&changed.clone()).await })).await, changes);
    }
    for (address, verifies) in [("hades@example.org", false), ("ZEUS@example.org", true), ("zeus@example.org", false)] {
        assert_eq!(done(write!(store, |tx| { tx.verify_email(id, &email(address)).await })).await, verifies);
    }
    assert!(read!(store, |reader| { reader.person(id).await }).expect("there").email_verified);
    let at = now();
    for (wish, changes) in [(Some(at), true), (Some(at), false), (None, true), (None, false)] {
        assert_eq!(done(write!(store, |tx| { tx.set_person_suspended(id, wish).await })).await, changes);
        assert_eq!(read!(store, |reader| { reader.person(id).await }).expect("there").suspended_at, wish);
    }
    assert_eq!(read!(store, |reader| { reader.people(ALL, None).await }).len(), 1);
}

pub(crate) async fn memberships(store: &Store) {
    let member = member(store, "staff").await;
    let (id, person, home) = (member.id, member.person, member.organisation);
    assert_eq!(read!(store, |reader| { reader.membership(id).await }), Some(member.clone()));
    assert_eq!(read!(store, |reader| { reader.membership_of(person, home).await }), Some(member.clone()));
    assert_eq!(read!(store, |reader| { reader.members(home, ALL).await }), vec![member.clone()]);
    assert_eq!(read!(store, |reader| { reader.people(ALL, Some(home)).await }).len(), 1);
    let again = member.clone();
    let clash = write!(store, |tx| {
        let again = domain::person::Membership { id: MembershipId::from_bytes([3; 16]), ..again.clone() };
        tx.insert_membership(&again).await
    });
    assert_eq!(conflict(clash.await), conflict::MEMBERSHIP);
    let orphan = member.clone();
    let clash = write!(store, |tx| {
        let orphan = domain::person::Membership {
            id: MembershipId::from_bytes([3; 16]),
            organisation: OrganisationId::from_bytes([8; 16]),
            ..orphan.clone()
        };
        tx.insert_membership(&orphan).await
    });
    assert_eq!(conflict(clash.await), conflict::PARENT);
    assert_eq!(read!(store, |reader| { reader.count_owners(home).await }), 0);
    let owner = Roles::NONE.with(Role::Owner).with(Role::Member);
    assert!(done(write!(store, |tx| { tx.set_roles(id, owner).await })).await);
    assert!(!done(write!(store, |tx| { tx.set_roles(id, owner).await })).await);
    assert_eq!(read!(store, |reader| { reader.count_owners(home).await }), 1);
    let elsewhere = read!(store, |reader| { reader.organisations(ALL).await })[0].id;
    assert_ne!(elsewhere, home);
    assert!(done(write!(store, |tx| { tx.move_membership(id, elsewhere, Roles::NONE).await })).await);
    let moved = read!(store, |reader| { reader.membership(id).await }).expect("there");
    assert_eq!((moved.organisation, moved.roles), (elsewhere, Roles::NONE));
    assert!(done(write!(store, |tx| { tx.delete_membership(id).await })).await);
    assert!(!done(write!(store, |tx| { tx.delete_membership(id).await })).await);
    assert_eq!(read!(store, |reader| { reader.membership(id).await }), None);
    assert_eq!(read!(store, |reader| { reader.memberships_of(person).await }), vec![]);
    // An ended membership is no hindrance to a new one.
    done(write!(store, |tx| {
        let again = domain::person::Membership { id: MembershipId::from_bytes([4; 16]), ..moved.clone() };
        tx.insert_membership(&again).await
    }))
    .await;
}

pub(crate) async fn erasure(store: &Store) {
    let member = member(store, "erased").await;
    let (person, at) = (member.person, now());
    let token = token(&member, "gone");
    create(store, &token, digest("gone")).await.expect("created");
    let usage = UsageRow { credential: token.id, last_used_at: at, uses: 1, address: Some("192.0.2.9".to_owned()) };
    store.flush_usage(vec![usage]).await.expect("flushed");
    assert!(done(write!(store, |tx| { tx.erase_person(person, at).await })).await);
    assert!(!done(write!(store, |tx| { tx.erase_person(person, at).await })).await);
    let there = read!(store, |reader| { reader.person(person).await }).expect("the row stays");
    assert_eq!((there.name, there.email, there.erased_at), (None, None, Some(at)));
    assert_eq!(read!(store, |reader| { reader.password_hash(person).await }), None);
    let id = token.id;
    assert_eq!(read!(store, |reader| { reader.token(id).await }).expect("there").last_used_from, None);
    let about = *person.as_bytes();
    for entry in read!(store, |reader| { reader.entries(Sequence(0), Some(about), 100).await }) {
        if entry.event == (Event::PersonCreated { person }) {
            let sequence = entry.sequence;
            assert_eq!(read!(store, |reader| { reader.origin(sequence).await }), None);
        }
    }
    let text = serde_json::to_string(&store.tail(Sequence(0), 10_000).await.expect("read")).expect("JSON");
    for personal in ["example.org", "erased@", "zeus", "Ghent", "student", "laptop", "192.0.2", "argon2"] {
        assert!(!text.contains(personal), "the journal holds {personal}");
    }
}
