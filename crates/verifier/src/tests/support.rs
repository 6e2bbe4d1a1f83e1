//! What the tests share: a clock by hand, credentials by number, a verifier with an event log.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::access_token::AccessToken;
use domain::api::ApiDefinition;
use domain::credential::{Digest, Installation, Kind};
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{Event, SecretState, Sequence};
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::presentation::{Presentation, Presented};
use domain::time::{Boottime, Clock};
use domain::workspace::WorkspaceNumber;
use domain::{CredentialId, MembershipId, OrganisationId, PersonId, RequestId, Timestamp, WorkspaceId};

use crate::{AccessTokens, Applied, Asked, Opener, Proof, Proving, Question, Settings, Unavailable, Verdict, Verifier};

/// The id of every request in these tests.
pub(super) const REQUEST: RequestId = RequestId::from_bytes([8; 16]);
/// The start of all tests' time.
pub(super) const START: i64 = 1_790_000_000;
pub(super) const TOMBSTONE_SECONDS: u32 = 100;

pub(super) struct Hands {
    seconds: AtomicI64,
    boottime: AtomicU64,
}

impl Hands {
    pub(super) fn advance(&self, seconds: u32) {
        self.seconds.fetch_add(seconds.into(), Ordering::Relaxed);
        self.boottime.fetch_add(u64::from(seconds) * 1_000_000_000, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.seconds.load(Ordering::Relaxed))
    }
    fn boottime(&self) -> Boottime {
        Boottime(self.boottime.load(Ordering::Relaxed))
    }
}

struct Numbered(AtomicU64);

impl Entropy for Numbered {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for byte in buffer {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = ((mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb) >> 56) as u8;
        }
        Ok(())
    }
}

pub(super) fn installation() -> Installation {
    Installation::new("prt").expect("a prefix")
}

/// The text of a credential of ours.
pub(super) fn text(kind: Kind, number: u32) -> String {
    let entropy = Numbered(AtomicU64::new(u64::from(number) << 32 | u64::from(kind.letter())));
    installation().generate(kind, &entropy).expect("entropy").expose().clone()
}

pub(super) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn bytes(what: u8, number: u32) -> [u8; 16] {
    let mut bytes = [what; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub(super) fn organisation(number: u32) -> OrganisationId {
    OrganisationId::from_bytes(bytes(1, number))
}

pub(super) fn person(number: u32) -> PersonId {
    PersonId::from_bytes(bytes(2, number))
}

pub(super) fn membership(number: u32) -> MembershipId {
    MembershipId::from_bytes(bytes(3, number))
}

pub(super) fn credential(number: u32) -> CredentialId {
    CredentialId::from_bytes(bytes(4, number))
}

pub(super) fn owner() -> Roles {
    Roles::NONE.with(Role::Owner)
}

pub(super) fn member() -> Roles {
    Roles::NONE.with(Role::Member)
}

pub(super) fn only(names: &[&str]) -> Permissions {
    Permissions::Only(names.iter().map(|name| Permission::new(name).expect("a name")).collect::<BTreeSet<_>>())
}

pub(super) fn secret(text: &str, not_after: Option<Timestamp>) -> SecretState {
    SecretState { digest: digest(text), not_after }
}

/// An API `a` with `a:x:read` for all and `a:x:write` for owners; turned round, the bits are changed over.
pub(super) fn api(name: &str, turned: bool, accepts_imported: bool) -> ApiDefinition {
    let read = serde_json::json!({"name": format!("{name}:x:read"), "title": "Read"});
    let write = serde_json::json!({"name": format!("{name}:x:write"), "title": "Write", "roles": ["owner"]});
    let permissions = if turned { [write, read] } else { [read, write] };
    serde_json::from_value(serde_json::json!({
        "name": name, "title": "An API", "presentations": ["bare", "bearer"], "accepts_imported": accepts_imported,
        "permissions": permissions,
        "routes": [
            {"method": "GET", "path": "/", "public": true},
            {"method": "GET", "path": "/{project}/x", "permission": format!("{name}:x:read"), "workspace": "project"},
        ],
    }))
    .expect("a definition")
}

/// What access tokens say, by their texts: stands for the seal.
#[derive(Default)]
pub(super) struct Shelf(std::sync::Mutex<std::collections::HashMap<String, AccessToken>>);

impl Shelf {
    /// The text of an access token.
    pub(super) fn seal(&self, number: u32, token: AccessToken) -> String {
        let text = text(Kind::AccessToken, number);
        self.0.lock().expect("a shelf").insert(text.clone(), token);
        text
    }
}

impl AccessTokens for Shelf {
    fn open(&self, text: &str) -> Option<AccessToken> {
        self.0.lock().expect("a shelf").get(text).copied()
    }

    fn prove(&self, proof: &Proof<'_>, _: &Proving<'_>) -> Option<[u8; 32]> {
        proof.value.try_into().ok()
    }
}

/// A verifier that is fed events as the journal would feed it.
pub(super) struct Fed {
    pub(super) verifier: Verifier,
    pub(super) hands: Arc<Hands>,
}

impl Fed {
    pub(super) fn new() -> Self {
        Self::with_tombstones(1_000)
    }

    pub(super) fn with_tombstones(max_tombstones: usize) -> Self {
        Self::with(max_tombstones, None)
    }

    /// One that opens the access tokens which are put on the shelf.
    pub(super) fn opening(shelf: &Arc<Shelf>) -> Self {
        Self::with(1_000, Some(Opener(shelf.clone())))
    }

    fn with(max_tombstones: usize, access_tokens: Option<Opener>) -> Self {
        let hands = Arc::new(Hands { seconds: AtomicI64::new(START), boottime: AtomicU64::new(1) });
        let settings =
            Settings { installations: vec![installation()], tombstone_seconds: TOMBSTONE_SECONDS, max_tombstones, access_tokens };
        let verifier = Verifier::new(hands.clone(), settings);
        verifier.lease().hold();
        Self { verifier, hands }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.hands.now()
    }

    pub(super) fn apply(&self, event: &Event) {
        let next = Sequence(self.verifier.applied().0 + 1);
        assert_eq!(self.verifier.apply(next, self.now(), event), Ok(Applied::Now));
    }

    /// Organisations 0 and 1 with workspaces 7 and 8, person 0, a member of organisation 0, and the APIs `a` and `b`.
    pub(super) fn furnished() -> Self {
        Self::new().furnish()
    }

    pub(super) fn furnish(self) -> Self {
        let fed = self;
        for number in 0..2 {
            fed.apply(&Event::OrganisationCreated { organisation: organisation(number) });
        }
        fed.apply(&Event::PersonCreated { person: person(0) });
        let (membership, person, organisation) = (membership(0), person(0), organisation(0));
        fed.apply(&Event::MembershipCreated { membership, person, organisation, roles: member() });
        fed.apply(&Event::ApiDefined { definition: api("a", false, false) });
        fed.apply(&Event::ApiDefined { definition: api("b", false, true) });
        for (owner, number) in [(0, "7"), (1, "8")] {
            let (workspace, number) = (WorkspaceId::from_bytes([7 + owner as u8; 16]), WorkspaceNumber::new(number).expect("a number"));
            fed.apply(&Event::WorkspaceCreated { workspace, organisation: self::organisation(owner), number });
        }
        fed
    }

    /// Makes a token of membership 0 with everything and without an end.
    pub(super) fn token(&self, number: u32) -> String {
        let text = text(Kind::PersonalToken, number);
        self.apply(&Event::TokenCreated {
            token: credential(number),
            membership: membership(0),
            secret: secret(&text, None),
            permissions: Permissions::All,
            imported: false,
        });
        text
    }

    pub(super) fn revoke(&self, number: u32, text: &str) {
        self.apply(&Event::TokensRevoked { tokens: vec![credential(number)], digests: vec![digest(text)] });
    }

    pub(super) fn ask<'a>(&self, api: &'a str, text: Option<&'a str>, asked: Asked<'a>) -> Result<Verdict<'a>, Unavailable> {
        let authorization = text.map(str::as_bytes);
        self.verifier.check(&Question {
            api,
            authorization,
            api_key: None,
            proof: None,
            asked,
            workspace: None,
            address: None,
            now: self.now(),
            request: REQUEST,
        })
    }

    /// The word for the answer: `allow`, `anonymous`, or the refusal's code.
    pub(super) fn word<'a>(&self, api: &'a str, text: Option<&'a str>, asked: Asked<'a>) -> &'static str {
        match self.ask(api, text, asked) {
            Ok(Verdict::Allow(_)) => "allow",
            Ok(Verdict::Anonymous { .. }) => "anonymous",
            Ok(Verdict::Deny(denied)) => denied.refusal.code(),
            Err(Unavailable) => "unavailable",
        }
    }

    /// The word for the answer of Poort's own surfaces.
    pub(super) fn own(&self, text: &str) -> &'static str {
        let presented = Presented { presentation: Presentation::Bearer, text: text.into(), username: None };
        match self.verifier.authenticate(Some(&presented), self.now(), &[]) {
            Ok(Ok(_)) => "allow",
            Ok(Err(refusal)) => refusal.code(),
            Err(Unavailable) => "unavailable",
        }
    }
}
