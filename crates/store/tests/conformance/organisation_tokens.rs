//! Workspaces and organisation tokens.

use domain::WorkspaceId;
use domain::organisation_token::{OrganisationToken, Username, bound};
use domain::workspace::{Workspace, WorkspaceNumber};
use poort_store::NewOrganisationToken;

use crate::support::*;
use crate::*;

pub(crate) fn workspace(organisation: OrganisationId, number: &str) -> Workspace {
    Workspace {
        id: WorkspaceId::generate(now(), &System).expect("an id"),
        organisation,
        number: WorkspaceNumber::new(number).expect("a number"),
        name: name("Noord"),
        created_at: now(),
        closed_at: None,
        revision: 1,
    }
}

pub(crate) fn organisation_token(organisation: OrganisationId, api: &str, username: &str) -> OrganisationToken {
    OrganisationToken {
        id: CredentialId::generate(now(), &System).expect("an id"),
        organisation,
        api: api.to_owned(),
        username: Username::imported(username).expect("a username"),
        description: Description::new("field teams").expect("a description"),
        permissions: Permissions::All,
        prefix: Some("prtd_abcd".to_owned()),
        created_at: now(),
        expires_at: None,
        suspended_at: None,
        revoked_at: None,
        old_secret_ends_at: None,
        last_used_at: None,
        last_used_from: None,
        uses: 0,
        exposed_at: None,
        revision: 1,
    }
}

pub(crate) fn secret(token: &OrganisationToken, code: &str) -> Digest {
    bound(&digest(code), &token.api, token.username.as_str())
}

pub(crate) async fn make(store: &Store, token: &OrganisationToken, digest: Digest) -> Written<()> {
    let token = token.clone();
    store
        .write(move |tx| {
            let token = token.clone();
            Box::pin(async move {
                tx.insert_organisation_token(&NewOrganisationToken { token: &token, digest, imported: false }).await?;
                let username_key = domain::organisation_token::username_key(&token.api, token.username.as_str());
                let event = Event::OrganisationTokenCreated {
                    token: token.id,
                    organisation: token.organisation,
                    api: token.api,
                    username_key: domain::event::UsernameKey::from_bytes(username_key),
                    secret: SecretState { digest, not_after: token.expires_at },
                    permissions: token.permissions,
                    imported: false,
                };
                let recorded = tx.record(&by(), event).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
}

pub(crate) async fn workspaces(store: &Store) {
    let home = member(store, "projects").await.organisation;
    let first = workspace(home, "1255");
    let (id, number, insert) = (first.id, first.number.clone(), first.clone());
    done(write!(store, |tx| { tx.insert_workspace(&insert.clone()).await })).await;
    assert_eq!(read!(store, |reader| { reader.workspace(id).await }), Some(first.clone()));
    assert_eq!(read!(store, |reader| { reader.workspace_numbered(&number).await }), Some(first.clone()));
    assert_eq!(read!(store, |reader| { reader.workspaces(ALL, Some(home)).await }), vec![first.clone()]);
    assert_eq!(read!(store, |reader| { reader.workspaces(ALL, None).await }), vec![first.clone()]);
    let other = read!(store, |reader| { reader.organisations(ALL).await }).remove(0).id;
    assert_eq!(read!(store, |reader| { reader.workspaces(ALL, Some(other)).await }), vec![]);
    let again = workspace(other, "1255");
    assert_eq!(conflict(write!(store, |tx| { tx.insert_workspace(&again.clone()).await }).await), conflict::WORKSPACE_NUMBER);
    let orphan = workspace(OrganisationId::from_bytes([9; 16]), "1256");
    assert_eq!(conflict(write!(store, |tx| { tx.insert_workspace(&orphan.clone()).await }).await), conflict::PARENT);

    for changes in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.rename_workspace(id, &name("Zuid")).await })).await, changes);
    }
    let at = now();
    for closes in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.close_workspace(id, at).await })).await, closes);
    }
    assert!(!done(write!(store, |tx| { tx.rename_workspace(id, &name("West")).await })).await, "closed");
    let there = read!(store, |reader| { reader.workspace(id).await }).expect("kept");
    assert_eq!((there.name.as_str(), there.closed_at, there.revision), ("Zuid", Some(at), 3));
    let again = workspace(home, "1255");
    assert_eq!(conflict(write!(store, |tx| { tx.insert_workspace(&again.clone()).await }).await), conflict::WORKSPACE_NUMBER);
    // The event names the workspace only; it is in its organisation's trail all the same.
    let event = Event::WorkspaceClosed { workspace: id };
    let recorded = event.clone();
    done(write!(store, |tx| { tx.record(&by(), recorded).await.map(drop) })).await;
    for about in [*id.as_bytes(), *home.as_bytes()] {
        let trail = read!(store, |reader| { reader.entries(Sequence(0), Some(about), 1_000).await });
        assert!(trail.iter().any(|entry| entry.event == event));
    }
}

pub(crate) async fn organisation_tokens(store: &Store) {
    let member = member(store, "peilwerk").await;
    let home = member.organisation;
    let mut first = organisation_token(home, "subsurface", "0dce6fc98256|123456789|1234");
    first.permissions = Permissions::Only([Permission::new("subsurface:deliveries:create").expect("a name")].into());
    first.expires_at = Some(Timestamp::from_unix_seconds(4_000_000_000));
    let one = secret(&first, "one");
    make(store, &first, one).await.expect("created");
    let (id, username) = (first.id, first.username.clone());
    assert_eq!(read!(store, |reader| { reader.organisation_token(id).await }), Some(first.clone()));
    assert_eq!(read!(store, |reader| { reader.organisation_tokens(ALL, None).await }), vec![first.clone()]);
    assert_eq!(read!(store, |reader| { reader.organisation_tokens(ALL, Some(home)).await }), vec![first.clone()]);
    let nobody = OrganisationId::from_bytes([9; 16]);
    assert_eq!(read!(store, |reader| { reader.organisation_tokens(ALL, Some(nobody)).await }), vec![]);
    assert_eq!(read!(store, |reader| { reader.organisation_token_named("subsurface", &username).await }), Some(id));
    let username = first.username.clone();
    assert_eq!(read!(store, |reader| { reader.organisation_token_named("subsurface-demo", &username).await }), None);
    assert_eq!(read!(store, |reader| { reader.count_live_organisation_tokens(home).await }), 1);
    assert!(read!(store, |reader| { reader.digest_known(&one).await }));

    // One username lives once for each API; a secret is one credential's, of whatever kind.
    let twin = organisation_token(home, "subsurface", "0dce6fc98256|123456789|1234");
    assert_eq!(conflict(make(store, &twin, secret(&twin, "two")).await), conflict::ORGANISATION_TOKEN_USERNAME);
    let twin = organisation_token(home, "subsurface-demo", "0dce6fc98256|123456789|1234");
    make(store, &twin, secret(&twin, "one")).await.expect("another API");
    let other = organisation_token(home, "subsurface", "other");
    assert_eq!(conflict(make(store, &other, one).await), conflict::SECRET_DIGEST);
    assert_eq!(conflict(create(store, &token(&member, "smuggled"), one).await), conflict::SECRET_DIGEST);
    create(store, &token(&member, "personal"), digest("personal")).await.expect("created");
    assert_eq!(conflict(make(store, &other, digest("personal")).await), conflict::SECRET_DIGEST);
    let orphan = organisation_token(nobody, "subsurface", "orphan");
    assert_eq!(conflict(make(store, &orphan, secret(&orphan, "x")).await), conflict::PARENT);

    let changed = OrganisationToken {
        description: Description::new("office").expect("a description"),
        permissions: Permissions::Only(Default::default()),
        expires_at: None,
        revision: 2,
        ..first.clone()
    };
    for (expected, done_so) in [(1, true), (1, false)] {
        let update = changed.clone();
        assert_eq!(done(write!(store, |tx| { tx.update_organisation_token(&update.clone(), expected).await })).await, done_so);
    }
    assert_eq!(read!(store, |reader| { reader.organisation_token(id).await }), Some(changed));
    let at = now();
    for (wish, changes) in [(Some(at), true), (Some(at), false), (None, true), (None, false)] {
        assert_eq!(done(write!(store, |tx| { tx.set_organisation_token_suspended(id, wish).await })).await, changes);
    }
}

pub(crate) async fn rotation_and_end(store: &Store) {
    let home = member(store, "driller").await.organisation;
    let token = organisation_token(home, "geology", "driller-01");
    let id = token.id;
    let (one, two, three) = (secret(&token, "one"), secret(&token, "two"), secret(&token, "three"));
    make(store, &token, one).await.expect("created");
    let end = Timestamp::from_unix_seconds(4_000_000_000);
    let (new, old) = (SecretState { digest: two, not_after: None }, SecretState { digest: one, not_after: Some(end) });
    assert!(done(write!(store, |tx| { tx.replace_organisation_token_secret(id, &new, "prtd_two", &old).await })).await);
    assert_eq!(read!(store, |reader| { reader.organisation_token_secrets(id).await }), vec![new, old]);
    let there = read!(store, |reader| { reader.organisation_token(id).await }).expect("there");
    assert_eq!((there.old_secret_ends_at, there.prefix.as_deref(), there.revision), (Some(end), Some("prtd_two"), 2));
    let again = write!(store, |tx| { tx.replace_organisation_token_secret(id, &old, "x", &new).await });
    assert_eq!(conflict(again.await), conflict::SECRET_DIGEST);
    let nearer = Timestamp::from_unix_seconds(3_900_000_000);
    let update = OrganisationToken { expires_at: Some(nearer), revision: 3, ..there };
    assert!(done(write!(store, |tx| { tx.update_organisation_token(&update.clone(), 2).await })).await);
    assert_eq!(read!(store, |reader| { reader.organisation_token(id).await }).expect("there").old_secret_ends_at, Some(nearer));
    let last = SecretState { digest: three, not_after: None };
    assert!(done(write!(store, |tx| { tx.replace_organisation_token_secret(id, &last, "prtd_three", &new).await })).await);
    assert_eq!(read!(store, |reader| { reader.organisation_token_secrets(id).await }).len(), 1, "no overlap was asked for");
    let unknown = CredentialId::from_bytes([9; 16]);
    let four = SecretState { digest: secret(&token, "four"), not_after: None };
    assert!(!done(write!(store, |tx| { tx.replace_organisation_token_secret(unknown, &four, "x", &last).await })).await);
    assert_eq!(read!(store, |reader| { reader.organisation_token_secrets(unknown).await }), vec![]);

    assert!(read!(store, |reader| { reader.api_has_organisation_tokens("geology").await }));
    let at = now();
    for ends in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.revoke_organisation_token(id, at).await })).await, ends);
    }
    assert!(!read!(store, |reader| { reader.api_has_organisation_tokens("geology").await }));
    assert_eq!(read!(store, |reader| { reader.organisation_token(id).await }).expect("kept").revoked_at, Some(at));
    assert_eq!(read!(store, |reader| { reader.organisation_tokens(ALL, Some(home)).await }), vec![]);
    // The username of an ended token is free again, its secret is not.
    let next = organisation_token(home, "geology", "driller-01");
    assert_eq!(conflict(make(store, &next, three).await), conflict::SECRET_DIGEST);
    make(store, &next, secret(&next, "fresh")).await.expect("created");
    assert_eq!(read!(store, |reader| { reader.count_organisation_tokens_ever(home, "geology").await }), 2);
    let event = Event::TokensRevoked { tokens: vec![id], digests: vec![three] };
    let recorded = event.clone();
    done(write!(store, |tx| { tx.record(&by(), recorded).await.map(drop) })).await;
    for about in [*id.as_bytes(), *home.as_bytes()] {
        let trail = read!(store, |reader| { reader.entries(Sequence(0), Some(about), 1_000).await });
        assert!(trail.iter().any(|entry| entry.event == event), "what happens to a token is in its organisation's trail");
    }
}

/// A rotated token whose old secret still works, for the snapshot.
pub(crate) async fn overlapping(store: &Store) -> (CredentialId, [Digest; 2]) {
    let home = member(store, "rotating").await.organisation;
    let token = organisation_token(home, "geology", "rotating-01");
    let (id, before, after) = (token.id, secret(&token, "before"), secret(&token, "after"));
    make(store, &token, before).await.expect("created");
    let (new, end) = (SecretState { digest: after, not_after: None }, Timestamp::from_unix_seconds(4_000_000_000));
    let old = SecretState { digest: before, not_after: Some(end) };
    done(write!(store, |tx| { tx.replace_organisation_token_secret(id, &new, "prtd_x", &old).await })).await;
    (id, [after, before])
}
