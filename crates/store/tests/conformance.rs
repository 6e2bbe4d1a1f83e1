//! Every verb, on both databases, with the same results; fails for a statement that did not run on one of them.
#![allow(clippy::too_many_lines, unused_braces, reason = "a story is read from top to bottom")]

mod support;

use std::sync::Mutex;

use domain::api::ApiDefinition;
use domain::event::{Event, SecretState, Sequence};
use domain::id::{CredentialId, MembershipId, OrganisationId, PersonId};
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::text::Description;
use domain::{Digest, Timestamp};
use futures_util::future::BoxFuture;
use poort_store::sealing::{MasterKey, NewServerKey, SealingError};
use poort_store::statement::{self, Engine};
use poort_store::{
    Abort, ApiCredential, MembershipRecord, OperatorToken, Outcome, Page, Reader, SnapshotSink, Store, StoreError, TokenRecord, Tx,
    UsageRow, conflict,
};
use support::*;

const ALL: Page = Page::first(100);

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    suite(&format!("sqlite:{}", folder.path().join("poort.db").display())).await;
    assert_eq!(not_run(Engine::Sqlite), Vec::<&str>::new(), "statements that did not run on SQLite");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_postgres() {
    let (url, _server) = postgres_database().await;
    suite(&url).await;
    assert_eq!(not_run(Engine::Postgres), Vec::<&str>::new(), "statements that did not run on PostgreSQL");
}

fn not_run(engine: Engine) -> Vec<&'static str> {
    statement::all().filter(|statement| !statement.has_run_on(engine)).map(|statement| statement.name()).collect()
}

async fn suite(url: &str) {
    migrations(url).await;
    let store = open(url).await;
    organisations(&store).await;
    people(&store).await;
    memberships(&store).await;
    tokens(&store).await;
    secrets_and_rotation(&store).await;
    apis_and_credentials(&store).await;
    settings_answers_usage(&store).await;
    keys(&store).await;
    journal(&store).await;
    erasure(&store).await;
    snapshot(&store).await;
    changes_need_their_event(&store).await;
    one_server(url).await;
}

/// A change without a use case: records that an organisation was renamed.
async fn change<T, F>(store: &Store, work: F) -> Written<T>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
{
    let mut work = Some(work);
    store
        .write(move |tx| {
            let work = work.take().expect("nobody else writes, so it runs once");
            Box::pin(async move {
                let value = work(tx).await?;
                let event = Event::OrganisationRenamed { organisation: OrganisationId::from_bytes([1; 16]) };
                let recorded = tx.record(&by(), event).await?;
                Ok(Outcome::Changed(value, recorded))
            })
        })
        .await
}

macro_rules! write {
    ($store:expr, |$tx:ident| $work:expr) => {
        change($store, move |$tx| Box::pin(async move { $work }))
    };
}

macro_rules! read {
    ($store:expr, |$reader:ident| $work:expr) => {
        $store.read(move |$reader: &mut Reader<'_>| Box::pin(async move { $work })).await.expect("read")
    };
}

async fn done<T: std::fmt::Debug>(change: impl Future<Output = Written<T>>) -> T {
    change.await.expect("written").value
}

async fn migrations(url: &str) {
    // Two processes at the same time: one of them does it.
    let (one, other) = (Store::open(options(url)).await.expect("opened"), Store::open(options(url)).await.expect("opened"));
    let (one, other) = tokio::join!(one.migrate(), other.migrate());
    let (one, other) = (one.expect("migrated"), other.expect("migrated"));
    assert_eq!(one.applied.len() + other.applied.len(), 1);
    assert_eq!(one.already + other.already, 1);
}

async fn organisations(store: &Store) {
    let id = OrganisationId::from_bytes([9; 16]);
    done(write!(store, |tx| { tx.insert_organisation(&organisation("Ghent")).await })).await;
    let clash = organisation("GHENT");
    assert_eq!(conflict(write!(store, |tx| { tx.insert_organisation(&clash.clone()).await }).await), conflict::ORGANISATION_NAME);
    let renamed = name("Gent");
    assert!(!done(write!(store, |tx| { tx.rename_organisation(id, &name("Gent")).await })).await, "unknown");
    let all = read!(store, |reader| { reader.organisations(ALL).await });
    assert_eq!(all.len(), 1);
    let id = all[0].id;
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
    let after = Page { after: Some(*id.as_bytes()), limit: 10 };
    assert_eq!(read!(store, |reader| { reader.organisations(after).await }), vec![]);
}

async fn people(store: &Store) {
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
    assert!(done(write!(store, |tx| { tx.update_person(id, &name("Zeus Ω"), &email("zeus@example.org")).await })).await);
    assert!(!done(write!(store, |tx| { tx.update_person(id, &name("Zeus Ω"), &email("zeus@example.org")).await })).await);
    let at = now();
    for (wish, changes) in [(Some(at), true), (Some(at), false), (None, true), (None, false)] {
        assert_eq!(done(write!(store, |tx| { tx.set_person_suspended(id, wish).await })).await, changes);
        assert_eq!(read!(store, |reader| { reader.person(id).await }).expect("there").suspended_at, wish);
    }
    assert_eq!(read!(store, |reader| { reader.people(ALL, None).await }).len(), 1);
}

async fn memberships(store: &Store) {
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

async fn tokens(store: &Store) {
    let member = member(store, "student").await;
    let (person, home) = (member.person, member.organisation);
    let mut first = token(&member, "laptop");
    first.permissions = Permissions::Only([Permission::new("learning:courses:read").expect("a name")].into());
    first.expires_at = Some(Timestamp::from_unix_seconds(4_000_000_000));
    create(store, &first, digest("first")).await.expect("created");
    let id = first.id;
    assert_eq!(read!(store, |reader| { reader.token(id).await }), Some(first.clone()));
    assert_eq!(read!(store, |reader| { reader.tokens_of_person(person, ALL).await }), vec![first.clone()]);
    assert_eq!(read!(store, |reader| { reader.tokens(ALL, None).await }), vec![first.clone()]);
    assert_eq!(read!(store, |reader| { reader.tokens(ALL, Some(home)).await }), vec![first.clone()]);
    assert_eq!(read!(store, |reader| { reader.count_live_tokens(person).await }), 1);
    let described = Description::new("LAPTOP").expect("a description");
    assert_eq!(read!(store, |reader| { reader.token_described(person, &described).await }), Some(id));
    assert!(read!(store, |reader| { reader.digest_known(&digest("first")).await }));
    assert!(!read!(store, |reader| { reader.digest_known(&digest("other")).await }));
    assert_eq!(conflict(create(store, &token(&member, "Laptop"), digest("second")).await), conflict::PERSONAL_TOKEN_DESCRIPTION);
    assert_eq!(conflict(create(store, &token(&member, "phone"), digest("first")).await), conflict::SECRET_DIGEST);
    let mut orphan = token(&member, "orphan");
    orphan.membership = MembershipId::from_bytes([9; 16]);
    assert_eq!(conflict(create(store, &orphan, digest("orphan")).await), conflict::PARENT);

    let changed = domain::personal_token::PersonalToken {
        description: Description::new("Desktop").expect("a description"),
        permissions: Permissions::Only(Default::default()),
        expires_at: None,
        revision: 2,
        ..first.clone()
    };
    let update = changed.clone();
    assert!(done(write!(store, |tx| { tx.update_token(&update.clone(), 1).await })).await);
    let update = changed.clone();
    assert!(!done(write!(store, |tx| { tx.update_token(&update.clone(), 1).await })).await, "an old revision");
    assert_eq!(read!(store, |reader| { reader.token(id).await }), Some(changed));
    let at = now();
    for (wish, changes) in [(Some(at), true), (Some(at), false), (None, true), (None, false)] {
        assert_eq!(done(write!(store, |tx| { tx.set_token_suspended(id, wish).await })).await, changes);
    }
    let other = token(&member, "phone");
    create(store, &other, digest("phone")).await.expect("created");
    let ids = [id, other.id, CredentialId::from_bytes([9; 16])];
    assert_eq!(done(write!(store, |tx| { tx.revoke_tokens(&ids[1..], at).await })).await, 1);
    assert_eq!(done(write!(store, |tx| { tx.revoke_tokens(&ids[1..], at).await })).await, 0);
    assert_eq!(read!(store, |reader| { reader.token(ids[1]).await }).expect("kept").revoked_at, Some(at));
    assert_eq!(read!(store, |reader| { reader.tokens_of_person(person, ALL).await }).len(), 1);
    // The description of an ended token is free again, its secret is not.
    assert_eq!(conflict(create(store, &token(&member, "phone"), digest("phone")).await), conflict::SECRET_DIGEST);
    create(store, &token(&member, "phone"), digest("phone 2")).await.expect("created");
}

async fn secrets_and_rotation(store: &Store) {
    let member = member(store, "rotator").await;
    let (person, membership) = (member.person, member.id);
    let token = token(&member, "rotated");
    create(store, &token, digest("one")).await.expect("created");
    let id = token.id;
    let end = Timestamp::from_unix_seconds(4_000_000_000);
    let state = |text: &str, not_after| SecretState { digest: digest(text), not_after };
    let (two, old) = (state("two", None), state("one", Some(end)));
    assert!(done(write!(store, |tx| { tx.replace_secret(id, &two, "prtp_two", &old).await })).await);
    assert_eq!(read!(store, |reader| { reader.token_secrets(id).await }), vec![two, old]);
    let there = read!(store, |reader| { reader.token(id).await }).expect("there");
    assert_eq!((there.old_secret_ends_at, there.prefix.as_deref(), there.revision), (Some(end), Some("prtp_two"), 2));
    assert!(read!(store, |reader| { reader.digest_known(&digest("one")).await }));
    assert_eq!(conflict(write!(store, |tx| { tx.replace_secret(id, &old, "x", &two).await }).await), conflict::SECRET_DIGEST);
    let both = vec![(id, digest("one")), (id, digest("two"))];
    let sorted = |mut found: Vec<(CredentialId, Digest)>| {
        found.sort_by_key(|(_, digest)| *digest != self::digest("one"));
        found
    };
    assert_eq!(sorted(read!(store, |reader| { reader.live_token_secrets_of_person(person).await })), both);
    assert_eq!(sorted(read!(store, |reader| { reader.live_token_secrets_of_membership(membership).await })), both);
    // The overlap does not outlive a token whose end comes nearer.
    let nearer = Timestamp::from_unix_seconds(3_900_000_000);
    let update = domain::personal_token::PersonalToken { expires_at: Some(nearer), revision: 3, ..there };
    assert!(done(write!(store, |tx| { tx.update_token(&update.clone(), 2).await })).await);
    assert_eq!(read!(store, |reader| { reader.token(id).await }).expect("there").old_secret_ends_at, Some(nearer));
    // A second rotation drops the first secret at once.
    let three = state("three", None);
    assert!(done(write!(store, |tx| { tx.replace_secret(id, &three, "prtp_three", &two).await })).await);
    assert_eq!(read!(store, |reader| { reader.token_secrets(id).await }).len(), 1, "no overlap was asked for");
    assert!(!read!(store, |reader| { reader.digest_known(&digest("one")).await }));
    let unknown = CredentialId::from_bytes([9; 16]);
    let four = state("four", None);
    assert!(!done(write!(store, |tx| { tx.replace_secret(unknown, &four, "x", &three).await })).await);
}

async fn apis_and_credentials(store: &Store) {
    let definition = |title: &str| -> ApiDefinition {
        ApiDefinition {
            name: "learning".to_owned(),
            title: name(title),
            presentations: vec![domain::presentation::Presentation::Bare],
            accepts_imported: true,
            optional_prefixes: vec!["/nl".to_owned()],
            optional_suffixes: vec![],
            ignores_case: false,
            permissions: vec![],
            routes: vec![],
        }
    };
    let (one, two) = (definition("Learning"), definition("Learning platform"));
    let (put, again) = (one.clone(), two.clone());
    assert_eq!(done(write!(store, |tx| { tx.put_api(&put.clone()).await })).await, 1);
    assert_eq!(done(write!(store, |tx| { tx.put_api(&again.clone()).await })).await, 2);
    assert_eq!(read!(store, |reader| { reader.api("learning").await }), Some((two.clone(), 2)));
    assert_eq!(read!(store, |reader| { reader.apis().await }), vec![(two, 2)]);

    let credential = ApiCredential {
        id: CredentialId::generate(now(), &System).expect("an id"),
        api: "learning".to_owned(),
        description: Description::new("verify").expect("a description"),
        prefix: "prtv_abcd".to_owned(),
        created_at: now(),
        last_used_at: None,
        revoked_at: None,
    };
    let (id, at, insert) = (credential.id, now(), credential.clone());
    done(write!(store, |tx| { tx.insert_api_credential(&insert.clone(), &digest("api")).await })).await;
    assert_eq!(read!(store, |reader| { reader.api_credential(id).await }), Some(credential.clone()));
    assert_eq!(read!(store, |reader| { reader.api_credentials("learning").await }), vec![credential.clone()]);
    assert_eq!(
        conflict(write!(store, |tx| { tx.insert_api_credential(&credential.clone(), &digest("three")).await }).await),
        "secret_digest"
    );
    assert_eq!(done(write!(store, |tx| { tx.revoke_api_credential(id, at).await })).await, Some(digest("api")));
    assert_eq!(done(write!(store, |tx| { tx.revoke_api_credential(id, at).await })).await, None);
    assert_eq!(read!(store, |reader| { reader.api_credentials("learning").await }), vec![]);
    assert!(done(write!(store, |tx| { tx.remove_api("learning").await })).await);
    assert!(!done(write!(store, |tx| { tx.remove_api("learning").await })).await);
    assert_eq!(done(write!(store, |tx| { tx.put_api(&definition_again()).await })).await, 1);

    let operator = OperatorToken {
        id: CredentialId::generate(now(), &System).expect("an id"),
        description: Description::new("first operator").expect("a description"),
        prefix: "prto_abcd".to_owned(),
        created_at: now(),
        last_used_at: None,
        revoked_at: None,
    };
    let (id, insert) = (operator.id, operator.clone());
    done(write!(store, |tx| { tx.insert_operator_token(&insert.clone(), &digest("operator")).await })).await;
    assert_eq!(read!(store, |reader| { reader.operator_token(id).await }), Some(operator.clone()));
    assert_eq!(read!(store, |reader| { reader.operator_tokens().await }), vec![operator.clone()]);
    assert_eq!(conflict(write!(store, |tx| { tx.insert_operator_token(&operator.clone(), &digest("api")).await }).await), "secret_digest");
    assert_eq!(done(write!(store, |tx| { tx.revoke_operator_token(id, at).await })).await, Some(digest("operator")));
    assert_eq!(done(write!(store, |tx| { tx.revoke_operator_token(id, at).await })).await, None);
    let taken = token(&member(store, "taker").await, "taken");
    for secret in ["api", "operator", "three"] {
        assert_eq!(conflict(create(store, &taken, digest(secret)).await), conflict::SECRET_DIGEST, "{secret}");
    }
}

fn definition_again() -> ApiDefinition {
    ApiDefinition {
        name: "geo".to_owned(),
        title: name("Geo"),
        presentations: vec![],
        accepts_imported: false,
        optional_prefixes: vec![],
        optional_suffixes: vec![],
        ignores_case: true,
        permissions: vec![],
        routes: vec![],
    }
}

async fn settings_answers_usage(store: &Store) {
    done(write!(store, |tx| { tx.put_setting("installation", "prt").await })).await;
    done(write!(store, |tx| { tx.put_setting("installation", "abc prt").await })).await;
    assert_eq!(read!(store, |reader| { reader.setting("installation").await }).as_deref(), Some("abc prt"));
    assert!(done(write!(store, |tx| { tx.remove_setting("installation").await })).await);
    assert_eq!(read!(store, |reader| { reader.setting("installation").await }), None);

    let (key, request, at) = (digest("key"), digest("request"), now());
    done(write!(store, |tx| { tx.keep_answer(&key, &digest("earlier"), b"x", at).await })).await;
    done(write!(store, |tx| { tx.keep_answer(&key, &request, b"sealed", at).await })).await;
    let kept = read!(store, |reader| { reader.idempotent_answer(&key, at).await }).expect("kept");
    assert_eq!((kept.request_digest, kept.sealed.as_slice()), (request, b"sealed".as_slice()));
    let later = at.saturating_add(poort_store::KEPT_FOR);
    assert_eq!(read!(store, |reader| { reader.idempotent_answer(&key, later).await }), None);
    store.drop_old_answers(at).await.expect("dropped");
    assert!(read!(store, |reader| { reader.idempotent_answer(&key, at).await }).is_some());
    store.drop_old_answers(later).await.expect("dropped");
    assert_eq!(read!(store, |reader| { reader.idempotent_answer(&key, at).await }), None);

    let token = read!(store, |reader| { reader.tokens(ALL, None).await }).remove(0);
    let used = |seconds: i64, uses: u32, address: Option<&str>| UsageRow {
        credential: token.id,
        last_used_at: Timestamp::from_unix_seconds(seconds),
        uses,
        address: address.map(str::to_owned),
    };
    let batch = vec![used(100, 2, Some("192.0.2.1")), used(300, 3, Some("192.0.2.3")), used(200, 4, Some("192.0.2.2"))];
    store.flush_usage(batch).await.expect("flushed");
    store.flush_usage(vec![used(300, 1, None)]).await.expect("flushed");
    let id = token.id;
    let there = read!(store, |reader| { reader.token(id).await }).expect("there");
    assert_eq!(there.uses, 10);
    assert_eq!(there.last_used_at, Some(Timestamp::from_unix_seconds(300)));
    assert_eq!(there.last_used_from.as_deref(), Some("192.0.2.3"));
}

async fn keys(store: &Store) {
    let (old, new) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
    store.check_master_key(&old).await.expect("the first");
    store.check_master_key(&old).await.expect("the same");
    let refused = store.check_master_key(&new).await;
    assert!(matches!(refused, Err(SealingError::Store(StoreError::Refused(_)))), "{refused:?}");
    for id in ["k1", "k2"] {
        let key = NewServerKey { id, purpose: "answers", algorithm: "aes-256-gcm", plain: b"a key of the server" };
        let row = key.seal(&old, &System, now()).expect("sealed");
        done(write!(store, |tx| { tx.insert_server_key(&row.clone()).await })).await;
    }
    assert!(done(write!(store, |tx| { tx.retire_server_key("k2", now()).await })).await);
    let done = store.rotate_master_key(old.clone(), new.clone(), &System, by()).await.expect("rotated");
    assert_eq!(done.value, 2);
    let rows = read!(store, |reader| { reader.server_keys("answers").await });
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(row.master_key_id, new.id());
        assert_eq!(new.open(&row.id, &row.purpose, &row.sealed).expect("opened").expose(), b"a key of the server");
        assert!(old.open(&row.id, &row.purpose, &row.sealed).is_err());
    }
    store.check_master_key(&new).await.expect("the new one");
    assert!(store.check_master_key(&old).await.is_err(), "the old one");
}

async fn journal(store: &Store) {
    let all = store.tail(Sequence(0), 10_000).await.expect("read");
    assert!(all.iter().zip(1..).all(|(entry, place)| entry.sequence == Sequence(place)), "a gap");
    assert_eq!(read!(store, |reader| { reader.head().await }), all.last().expect("entries").sequence);
    let tokens = read!(store, |reader| { reader.tokens(ALL, None).await });
    let token = tokens.first().expect("a token").clone();
    let (revoked, secret) = (vec![token.id], vec![digest("any")]);
    let event = Event::TokensRevoked { tokens: revoked, digests: secret };
    let recorded = event.clone();
    done(write!(store, |tx| { tx.record(&by(), recorded).await.map(drop) })).await;
    let all = store.tail(Sequence(0), 10_000).await.expect("read");
    for (about, least) in
        [(*token.id.as_bytes(), 1), (*token.person.as_bytes(), 3), (*token.organisation.as_bytes(), 3), (*token.membership.as_bytes(), 2)]
    {
        let oldest = read!(store, |reader| { reader.entries(Sequence(0), Some(about), 1_000).await });
        let mut newest = read!(store, |reader| { reader.entries_before(Sequence(i64::MAX), Some(about), 1_000).await });
        assert!(oldest.len() >= least && oldest.len() < all.len(), "{}", oldest.len());
        newest.reverse();
        assert_eq!(oldest, newest);
        assert!(oldest.iter().any(|entry| entry.event == event), "what happens to a token is in its owner's trail");
    }
    let last = read!(store, |reader| { reader.entries_before(Sequence(i64::MAX), None, 1).await });
    assert_eq!(last, all[all.len() - 1..]);
    assert_eq!(read!(store, |reader| { reader.entries(Sequence(2), None, 2).await }), all[2..4]);
    assert_eq!(read!(store, |reader| { reader.origin(Sequence(1)).await }).as_deref(), Some("192.0.2.7"));
}

async fn erasure(store: &Store) {
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

#[derive(Default)]
struct Counts {
    order: Vec<&'static str>,
    tokens: Vec<(CredentialId, Digest, bool)>,
}

impl Counts {
    fn saw(&mut self, what: &'static str) {
        if self.order.last() != Some(&what) {
            self.order.push(what);
        }
    }
}

impl SnapshotSink for Counts {
    fn organisation(&mut self, _: OrganisationId, suspended: bool) {
        assert!(!suspended);
        self.saw("organisation");
    }
    fn person(&mut self, _: PersonId, _: bool) {
        self.saw("person");
    }
    fn membership(&mut self, membership: &MembershipRecord) {
        assert_ne!(membership.id, MembershipId::from_bytes([9; 16]));
        self.saw("membership");
    }
    fn api(&mut self, definition: ApiDefinition) {
        assert_eq!(definition.name, "geo");
        self.saw("api");
    }
    fn token(&mut self, token: &TokenRecord<'_>) {
        self.saw("token");
        self.tokens.push((token.id, token.secret.digest, token.superseded));
    }
    fn api_credential(&mut self, _: CredentialId, _: &str, _: Digest) {
        panic!("the only one is revoked");
    }
    fn operator_token(&mut self, _: CredentialId, _: Digest) {
        panic!("the only one is revoked");
    }
}

async fn snapshot(store: &Store) {
    let member = member(store, "overlapping").await;
    let token = token(&member, "overlap");
    create(store, &token, digest("before")).await.expect("created");
    let id = token.id;
    let new = SecretState { digest: digest("after"), not_after: None };
    let old = SecretState { digest: digest("before"), not_after: Some(Timestamp::from_unix_seconds(4_000_000_000)) };
    done(write!(store, |tx| { tx.replace_secret(id, &new, "prtp_x", &old).await })).await;
    let head = read!(store, |reader| { reader.head().await });
    let load = |since: Timestamp| async move {
        let poured = store.snapshot(since, |snapshot| {
            let mut counts = Counts::default();
            let sequence = snapshot.pour(&mut counts)?;
            Ok((counts, sequence))
        });
        poured.await.expect("loaded")
    };
    let (counts, sequence) = load(now()).await;
    assert_eq!(sequence, head);
    assert_eq!(counts.order, ["organisation", "person", "membership", "api", "token"]);
    assert!(counts.tokens.contains(&(id, digest("after"), false)));
    assert!(counts.tokens.contains(&(id, digest("before"), true)));
    let (with_ended, _) = load(Timestamp::from_unix_seconds(0)).await;
    assert_eq!(with_ended.tokens.len(), counts.tokens.len() + 1, "the revoked one leaves a tombstone");
    // From here on the feed has no gap, whoever writes.
    static FED: Mutex<Vec<Sequence>> = Mutex::new(Vec::new());
    FED.lock().expect("not poisoned").clear();
    store.feed(std::sync::Arc::new(|entries| FED.lock().expect("not poisoned").extend(entries.iter().map(|entry| entry.sequence))));
    done(write!(store, |tx| { tx.put_setting("a", "b").await })).await;
    assert_eq!(*FED.lock().expect("not poisoned"), [Sequence(head.0 + 1)]);
}

async fn changes_need_their_event(store: &Store) {
    let before = read!(store, |reader| { reader.head().await });
    let unchanged: Written<()> = store
        .write(|tx| {
            Box::pin(async move {
                tx.put_setting("kept", "no").await?;
                tx.record(&by(), Event::ServerKeyCreated { key: "none".to_owned() }).await?;
                Ok(Outcome::Unchanged(()))
            })
        })
        .await;
    assert_eq!(unchanged.expect("nothing to do").sequence, None);
    let refused: Written<()> = store
        .write(|tx| {
            Box::pin(async move {
                tx.put_setting("kept", "no").await?;
                Err(Abort::Refused("no"))
            })
        })
        .await;
    assert!(matches!(refused, Err(poort_store::WriteError::Refused("no"))));
    assert_eq!(read!(store, |reader| { reader.setting("kept").await }), None);
    assert_eq!(read!(store, |reader| { reader.head().await }), before);
    // Evidence of another change is no evidence.
    let recorded = Mutex::new(None);
    let first: Written<poort_store::Recorded> = store
        .write(|tx| {
            Box::pin(async move {
                let recorded = tx.record(&by(), Event::ServerKeyCreated { key: "none".to_owned() }).await?;
                Ok(Outcome::Changed(recorded, recorded))
            })
        })
        .await;
    *recorded.lock().expect("not poisoned") = Some(first.expect("written").value);
    let smuggled: Written<()> = store
        .write(move |tx| {
            let recorded = recorded.lock().expect("not poisoned").expect("there");
            Box::pin(async move {
                tx.put_setting("kept", "no").await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await;
    assert!(matches!(smuggled, Err(poort_store::WriteError::Unavailable(StoreError::Defect(_)))));
    assert_eq!(read!(store, |reader| { reader.setting("kept").await }), None);
}

async fn one_server(url: &str) {
    let exclusive = poort_store::Options { exclusive: true, lease: std::time::Duration::from_millis(50), ..options(url) };
    let server = Store::open(exclusive.clone()).await.expect("the first");
    server.renew_membership().await.expect("held");
    let second = Store::open(exclusive.clone()).await;
    assert!(matches!(second, Err(StoreError::Refused(_))));
    // Maintenance beside it is allowed.
    assert_eq!(open(url).await.migrate().await.expect("nothing to do").applied.len(), 0);
    server.close().await.expect("left");
    let next = Store::open(exclusive).await.expect("free again");
    done(write!(&next, |tx| { tx.put_setting("next", "here").await })).await;
}
