//! Personal tokens, their secrets, and the snapshot that an index is made of.

use crate::support::*;
use crate::*;

pub(crate) async fn tokens(store: &Store) {
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

pub(crate) async fn secrets_and_rotation(store: &Store) {
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

#[derive(Default)]
pub(crate) struct Counts {
    order: Vec<&'static str>,
    tokens: Vec<(CredentialId, Digest, bool)>,
    organisation_tokens: Vec<(CredentialId, Digest, bool)>,
    delegations: Vec<DelegationId>,
    keys: Vec<(CredentialId, usize)>,
    pub(crate) announcements: Vec<(domain::AnnouncementId, String)>,
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
    fn announcement(&mut self, id: domain::AnnouncementId, api: &str, _: domain::announcement::Signal) {
        self.announcements.push((id, api.to_owned()));
    }
    fn token(&mut self, token: &TokenRecord<'_>) {
        self.saw("token");
        self.tokens.push((token.id, token.secret.digest, token.superseded));
    }
    fn organisation_key(&mut self, key: &domain::organisation_key::OrganisationKeyRecord) {
        self.saw("organisation_key");
        self.keys.push((key.id, key.private_keys.len()));
    }
    fn grant(&mut self, _: &domain::grant::GrantRecord) {
        self.saw("grant");
    }
    fn ended(&mut self, _: [u8; 16], _: Timestamp) {
        self.saw("ended");
    }
    fn workspace(&mut self, workspace: &WorkspaceRecord) {
        assert_eq!(workspace.closed, workspace.number == "1255");
        self.saw("workspace");
    }
    fn delegation(&mut self, delegation: &DelegationRecord<'_>) {
        self.saw("delegation");
        assert!(delegation.parent.is_none_or(|parent| self.delegations.contains(&parent)), "parents come first");
        let closed = delegation.standing == domain::delegation::Standing::Closed;
        assert_eq!((delegation.api, closed), ("subsurface", delegation.closed_at.is_some()));
        self.delegations.push(delegation.id);
    }
    fn organisation_token(&mut self, token: &OrganisationTokenRecord<'_>) {
        self.saw("organisation token");
        assert!(["subsurface", "subsurface-demo", "geology", "news"].contains(&token.api));
        self.organisation_tokens.push((token.id, token.secret.digest, token.superseded));
    }
    fn api_credential(&mut self, _: CredentialId, _: &str, _: Digest) {
        panic!("the only one is revoked");
    }
    fn operator_token(&mut self, _: CredentialId, _: Digest) {
        panic!("the only one is revoked");
    }
    fn fence(&mut self, fence: &domain::Fence) {
        assert_eq!(fence.confirmed.len(), 2);
    }
}

pub(crate) async fn snapshot(store: &Store) {
    let member = member(store, "overlapping").await;
    let token = token(&member, "overlap");
    create(store, &token, digest("before")).await.expect("created");
    let id = token.id;
    let new = SecretState { digest: digest("after"), not_after: None };
    let old = SecretState { digest: digest("before"), not_after: Some(Timestamp::from_unix_seconds(4_000_000_000)) };
    done(write!(store, |tx| { tx.replace_secret(id, &new, "prtp_x", &old).await })).await;
    let (overlapping, [after, before]) = overlapping(store).await;
    usage_by_day(store, overlapping).await;
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
    assert_eq!(
        counts.order,
        [
            "organisation",
            "person",
            "membership",
            "api",
            "workspace",
            "delegation",
            "token",
            "organisation token",
            "organisation_key",
            "grant",
            "ended"
        ]
    );
    assert_eq!(counts.keys.iter().map(|(_, private_keys)| *private_keys).collect::<Vec<_>>(), [1], "the ended private key is left out");
    assert_eq!(counts.delegations.len(), 1);
    assert!(counts.tokens.contains(&(id, digest("after"), false)));
    assert!(counts.tokens.contains(&(id, digest("before"), true)));
    assert!(counts.organisation_tokens.contains(&(overlapping, after, false)));
    assert!(counts.organisation_tokens.contains(&(overlapping, before, true)));
    let (with_ended, _) = load(Timestamp::from_unix_seconds(0)).await;
    assert_eq!(with_ended.tokens.len(), counts.tokens.len() + 1, "the revoked one leaves a tombstone");
    assert_eq!(with_ended.organisation_tokens.len(), counts.organisation_tokens.len() + 1);
    assert_eq!(with_ended.delegations.len(), 6);
    // From here on the feed has no gap, whoever writes.
    static FED: Mutex<Vec<Sequence>> = Mutex::new(Vec::new());
    FED.lock().expect("not poisoned").clear();
    store.feed(std::sync::Arc::new(|entries| FED.lock().expect("not poisoned").extend(entries.iter().map(|entry| entry.sequence))));
    done(write!(store, |tx| { tx.put_setting("a", "b").await })).await;
    assert_eq!(*FED.lock().expect("not poisoned"), [Sequence(head.0 + 1)]);
}
