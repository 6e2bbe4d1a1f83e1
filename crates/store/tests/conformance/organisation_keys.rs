//! Organisation keys, private keys and grants.

use domain::client::{ApplicationType, ClientAuthentication, ClientDefinition, GrantType, Profile, Registration};
use domain::grant::Grant;
use domain::organisation_key::{OrganisationKey, PrivateKeyState};
use domain::{FamilyId, GrantId, WorkspaceId};
use poort_store::{NewAuthorizationCode, NewOrganisationKey, PushedRequest};

use crate::support::*;
use crate::*;

pub(crate) fn organisation_key(organisation: OrganisationId, client_id: &str) -> OrganisationKey {
    let definition = ClientDefinition {
        client_id: client_id.to_owned(),
        name: name("Koppeling"),
        registration: Registration::Organisation,
        application_type: ApplicationType::Web,
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        post_logout_redirect_uris: vec![],
        cors_origins: vec![],
        grant_types: vec![GrantType::ClientCredentials],
        permissions: Permissions::All,
        default_scopes: vec![],
        authentication: vec![ClientAuthentication::ClientSecretBasic],
        profile: Profile::Default,
        jwks: None,
        jwks_uri: None,
        id_token_algorithm: None,
        requires_pushed_requests: false,
        requires_dpop: false,
        rotates_refresh_tokens: None,
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        client_uri: None,
    };
    OrganisationKey {
        id: CredentialId::generate(now(), &System).expect("an id"),
        organisation: Some(organisation),
        workspace: None,
        definition,
        contact: Some(email("beheer@koppeling.example")),
        private_keys: vec![],
        access_token_exposed_at: None,
        created_at: now(),
        suspended_at: None,
        revoked_at: None,
        revision: 1,
    }
}

fn private_key(text: &str) -> PrivateKeyState {
    PrivateKeyState { id: CredentialId::generate(now(), &System).expect("an id"), digest: digest(text), not_after: None }
}

pub(crate) async fn organisation_keys(store: &Store) {
    let home = member(store, "keys").await;
    let first = organisation_key(home.organisation, "prtk_one");
    let (id, row, state) = (first.id, first.clone(), private_key("private one"));
    let insert = |key: OrganisationKey, registration: Option<Digest>, unused_until: Option<Timestamp>| async move {
        write!(store, |tx| {
            let key = key.clone();
            let new = NewOrganisationKey { key: &key, imported: false, registration, unused_until };
            tx.insert_organisation_key(&new).await
        })
        .await
    };
    done(insert(row.clone(), None, None)).await;
    done(write!(store, |tx| { tx.insert_private_key(id, &state, Some("prts_abcd"), now()).await })).await;
    assert_eq!(
        conflict(write!(store, |tx| { tx.insert_private_key(id, &private_key("private one"), None, now()).await }).await),
        conflict::SECRET_DIGEST
    );
    let found = read!(store, |reader| { reader.organisation_key(id).await }).expect("there");
    assert_eq!((found.private_keys[0].id, found.private_keys[0].prefix.as_deref()), (state.id, Some("prts_abcd")));
    assert_eq!(OrganisationKey { private_keys: vec![], ..found.clone() }, first);
    let again = organisation_key(home.organisation, "prtk_one");
    assert_eq!(conflict(insert(again, None, None).await), conflict::CLIENT_ID);
    assert_eq!(read!(store, |reader| { reader.organisation_keys(ALL, Some(home.organisation), None).await }), vec![found.clone()]);
    assert_eq!(read!(store, |reader| { reader.organisation_keys(ALL, None, None).await }), vec![found]);
    let elsewhere = WorkspaceId::generate(now(), &System).expect("an id");
    for organisation in [None, Some(home.organisation)] {
        assert_eq!(read!(store, |reader| { reader.organisation_keys(ALL, organisation, Some(elsewhere)).await }), vec![]);
    }
    assert_eq!(read!(store, |reader| { reader.organisation_key_named("prtk_one").await }), Some(id));
    assert_eq!(read!(store, |reader| { reader.organisation_key_named("prtk_none").await }), None);
    assert_eq!(read!(store, |reader| { reader.count_live_organisation_keys(home.organisation).await }), 1);

    for changes in [true, false] {
        let mut changed = first.clone();
        changed.definition.name = name("Andere naam");
        assert_eq!(done(write!(store, |tx| { tx.update_organisation_key(&changed, 1).await })).await, changes);
    }
    let (next, end) = (private_key("private two"), Timestamp::from_unix_seconds(now().unix_seconds() + 60));
    done(write!(store, |tx| { tx.insert_private_key(id, &next, None, now()).await })).await;
    assert!(done(write!(store, |tx| { tx.supersede_private_key(state.id, end).await })).await);
    let states = read!(store, |reader| { reader.private_key_states(id).await });
    assert_eq!(states, [next, PrivateKeyState { not_after: Some(end), ..state }]);
    for changes in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.end_private_key(state.id, now()).await })).await, changes);
    }
    assert!(done(write!(store, |tx| { tx.touch_organisation_key(id).await })).await);
    for (at, changes) in [(Some(now()), true), (Some(now()), false), (None, true), (None, false)] {
        assert_eq!(done(write!(store, |tx| { tx.set_organisation_key_suspended(id, at).await })).await, changes);
    }
    for generation in [1, 2] {
        assert_eq!(done(write!(store, |tx| { tx.raise_generation(id).await })).await, Some(generation));
    }
    grants(store, home.clone(), id).await;
    registrations(store, home.organisation).await;
    // The event names the key only; it is in its organisation's trail all the same.
    let event = Event::OrganisationKeySuspended { key: id };
    let recorded = event.clone();
    done(write!(store, |tx| { tx.record(&by(), recorded).await.map(drop) })).await;
    let trail = read!(store, |reader| { reader.entries(Sequence(0), Some(*home.organisation.as_bytes()), 1_000).await });
    assert!(trail.iter().any(|entry| entry.event == event));
}

async fn grants(store: &Store, home: domain::person::Membership, key: CredentialId) {
    let grant = Grant {
        id: GrantId::generate(now(), &System).expect("an id"),
        person: home.person,
        membership: home.id,
        organisation: home.organisation,
        key,
        scopes: vec!["api1".to_owned()],
        created_at: now(),
        updated_at: now(),
        ended_at: None,
    };
    let (id, row) = (grant.id, grant.clone());
    done(write!(store, |tx| { tx.insert_grant(&row.clone()).await })).await;
    let again = Grant { id: GrantId::generate(now(), &System).expect("an id"), ..grant.clone() };
    assert_eq!(conflict(write!(store, |tx| { tx.insert_grant(&again.clone()).await }).await), conflict::GRANT);
    assert_eq!(read!(store, |reader| { reader.live_grant(home.id, key).await }), Some(grant.clone()));
    assert_eq!(read!(store, |reader| { reader.grants_of(home.person, ALL).await }), vec![grant.clone()]);
    assert_eq!(read!(store, |reader| { reader.live_grants_of_key(key).await }), vec![id]);
    assert_eq!(read!(store, |reader| { reader.live_grants_of_membership(home.id).await }), vec![id]);
    let wider = Grant { scopes: vec!["api1".to_owned(), "openid".to_owned()], ..grant.clone() };
    let row = wider.clone();
    assert!(done(write!(store, |tx| { tx.update_grant(&row.clone()).await })).await);
    assert_eq!(read!(store, |reader| { reader.grant(id).await }), Some(wider));
    let ended = Grant { id: GrantId::generate(now(), &System).expect("an id"), ..grant.clone() };
    for changes in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.end_grant(id, now()).await })).await, changes);
    }
    let live = ended.id;
    done(write!(store, |tx| { tx.insert_grant(&ended.clone()).await })).await;
    codes_and_pushed_requests(store, live, key).await;
    let long_ago = Timestamp::from_unix_seconds(1);
    for (id, until) in [([1; 16], long_ago), ([2; 16], Timestamp::from_unix_seconds(now().unix_seconds() + 60))] {
        for changes in [true, false] {
            assert_eq!(done(write!(store, |tx| { tx.keep_ended(&id, until).await })).await, changes);
        }
    }
    store.drop_old_ended(now()).await.expect("dropped");
    assert!(done(write!(store, |tx| { tx.keep_ended(&[1; 16], long_ago).await })).await, "it was forgotten");
    store.drop_old_ended(now()).await.expect("dropped");
}

async fn codes_and_pushed_requests(store: &Store, grant: GrantId, key: CredentialId) {
    let later = |seconds| Timestamp::from_unix_seconds(now().unix_seconds() + seconds);
    let family = FamilyId::generate(now(), &System).expect("an id");
    let (request, expires_at) = ("{}".to_owned(), later(60));
    let new = NewAuthorizationCode { digest: digest("code"), grant, key, family, request, expires_at };
    assert_eq!(read!(store, |reader| { reader.is_code_redeemed(&digest("code")).await }), None);
    let row = new.clone();
    done(write!(store, |tx| { tx.insert_authorization_code(&row).await })).await;
    assert_eq!(read!(store, |reader| { reader.is_code_redeemed(&digest("code")).await }), Some(false));
    assert_eq!(conflict(write!(store, |tx| { tx.insert_authorization_code(&new).await }).await), conflict::ID);

    let (pushed, at) = (PushedRequest { key, request: "{}".to_owned() }, digest("pushed"));
    store.insert_pushed_request(at, pushed.clone(), later(90)).await.expect("kept");
    assert_eq!(read!(store, |reader| { reader.pushed_request(&at, now()).await }), Some(pushed));
    assert_eq!(read!(store, |reader| { reader.pushed_request(&at, Timestamp::from_unix_seconds(now().unix_seconds() + 90)).await }), None);
    for uses in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.use_pushed_request(&at, now()).await })).await, uses);
    }
    assert_eq!(read!(store, |reader| { reader.pushed_request(&at, now()).await }), None);
    store.drop_old_pushed_requests(later(90)).await.expect("dropped");
}

async fn registrations(store: &Store, organisation: OrganisationId) {
    let mut own = organisation_key(organisation, "prtk_own");
    (own.organisation, own.definition.registration) = (None, Registration::Dynamic);
    let (id, soon) = (own.id, now());
    done(write!(store, |tx| {
        let own = own.clone();
        let new = NewOrganisationKey { key: &own, imported: false, registration: Some(digest("own")), unused_until: Some(soon) };
        tx.insert_organisation_key(&new).await
    }))
    .await;
    assert_eq!(read!(store, |reader| { reader.registration_digest(id).await }), Some(digest("own")));
    assert_eq!(read!(store, |reader| { reader.unused_organisation_keys(soon, 10).await }), vec![id]);
    for changes in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.mark_organisation_key_used(id).await })).await, changes);
    }
    for changes in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.revoke_organisation_key(id, now()).await })).await, changes);
    }
    assert_eq!(read!(store, |reader| { reader.registration_digest(id).await }), None);
}
