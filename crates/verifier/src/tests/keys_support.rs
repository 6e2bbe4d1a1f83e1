//! Organisation keys, grants and access tokens by number, for the tests of both.

use std::sync::Arc;

use domain::access_token::{AccessToken, ApiTag, Few, Granted, Parent};
use domain::api::{Api, ApiDefinition};
use domain::client::ClientDefinition;
use domain::credential::Kind;
use domain::event::Event;
use domain::organisation_key::PrivateKeyState;
use domain::permission::Permissions;
use domain::{CredentialId, GrantId, Timestamp, WorkspaceId};

use super::support::{Fed, REQUEST, Shelf, credential, digest, organisation, text};
use crate::{Asked, Question, Unavailable, Verdict};

/// The API that takes keys and access tokens: in `turned`, its two permissions are changed over.
pub(super) fn vault(turned: bool) -> ApiDefinition {
    let (read, write) =
        (serde_json::json!({"name": "k:x:read", "title": "Read"}), serde_json::json!({"name": "k:x:write", "title": "Write"}));
    serde_json::from_value(serde_json::json!({
        "name": "k", "title": "Keys", "presentations": ["bearer", "api_key", "basic"], "accepts_imported": true,
        "credentials": ["organisation_key", "access_token"],
        "permissions": if turned { [write, read] } else { [read, write] },
        "scopes": [{"name": "all", "title": "All"}, {"name": "reading", "title": "Read", "permissions": ["k:x:read"]}],
    }))
    .expect("a definition")
}

pub(super) fn client_id(number: u32) -> String {
    text(Kind::ClientId, number)
}

pub(super) fn definition(number: u32, permissions: Permissions) -> ClientDefinition {
    let mut definition: ClientDefinition = serde_json::from_value(serde_json::json!({
        "client_id": client_id(number), "name": "Key", "registration": "organisation", "application_type": "web", "redirect_uris": [],
        "grant_types": ["client_credentials"], "permissions": "all", "authentication": ["client_secret_basic"],
    }))
    .expect("a definition");
    definition.permissions = permissions;
    definition
}

/// The private key with this number; its id is another one than that of the key.
pub(super) fn private_key(number: u32, not_after: Option<Timestamp>) -> PrivateKeyState {
    PrivateKeyState { id: credential(10_000 + number), digest: digest(&private_text(number)), not_after }
}

pub(super) fn private_text(number: u32) -> String {
    text(Kind::OrganisationKey, number)
}

pub(super) fn grant(number: u32) -> GrantId {
    GrantId::from_bytes(*credential(20_000 + number).as_bytes())
}

pub(super) fn workspace(number: u8) -> WorkspaceId {
    WorkspaceId::from_bytes([number; 16])
}

/// What a key's access token says that was issued now for the scope `all`.
pub(super) fn token(fed: &Fed, serial: u32, key: u32, generation: u32, secret: Option<u32>) -> AccessToken {
    let api = Api::new(vault(false)).expect("valid");
    let granted = Granted { api: ApiTag::of("k"), scopes: 1, permissions: 0, vocabulary: api.vocabulary() };
    AccessToken {
        serial: credential(30_000 + serial),
        issued_at: fed.now(),
        expires_at: fed.now().saturating_add(std::time::Duration::from_secs(3_600)),
        key: Parent { id: credential(key), generation },
        secret: secret.map(|number| private_key(number, None).id),
        grant: None,
        subject: None,
        exchanged: Few::EMPTY,
        exchanged_secrets: Few::EMPTY,
        session: None,
        family: None,
        key_thumbprint: None,
        identity: 0,
        audiences: Few::of([granted]).expect("one"),
        actors: Few::EMPTY,
    }
}

/// A furnished verifier with the API of keys, and what its access tokens say.
pub(super) struct Keyed {
    pub(super) fed: Fed,
    pub(super) shelf: Arc<Shelf>,
}

impl Keyed {
    pub(super) fn new() -> Self {
        let shelf = Arc::new(Shelf::default());
        let fed = Fed::opening(&shelf).furnish();
        fed.apply(&Event::ApiDefined { definition: vault(false) });
        Self { fed, shelf }
    }

    /// Makes a key of organisation `number / 100` with one private key of its number; in a workspace only, where one is given.
    pub(super) fn key(&self, number: u32, only: Option<u8>) -> CredentialId {
        self.fed.apply(&Event::OrganisationKeyCreated {
            key: credential(number),
            organisation: Some(organisation(number / 100)),
            workspace: only.map(workspace),
            definition: definition(number, Permissions::All),
            private_key: Some(private_key(number, None)),
            imported: false,
        });
        credential(number)
    }

    /// Seals what a token says.
    pub(super) fn seal(&self, number: u32, token: AccessToken) -> String {
        self.shelf.seal(number, token)
    }

    pub(super) fn ask(&self, headers: (Option<&str>, Option<&str>), workspace: Option<&str>, permission: &str) -> &'static str {
        let question = Question {
            api: "k",
            authorization: headers.0.map(str::as_bytes),
            api_key: headers.1.map(str::as_bytes),
            proof: None,
            asked: Asked::Permission(permission),
            workspace,
            address: None,
            now: self.fed.now(),
            request: REQUEST,
        };
        match self.fed.verifier.check(&question) {
            Ok(Verdict::Allow(_)) => "allow",
            Ok(Verdict::Anonymous { .. }) => "anonymous",
            Ok(Verdict::Deny(denied)) => denied.refusal.code(),
            Err(Unavailable) => "unavailable",
        }
    }

    /// The answer to a private key alone.
    pub(super) fn private(&self, number: u32) -> &'static str {
        self.ask((None, Some(&private_text(number))), None, "k:x:read")
    }

    /// The answer to an access token.
    pub(super) fn bearer(&self, text: &str) -> &'static str {
        self.ask((Some(&format!("Bearer {text}")), None), None, "k:x:read")
    }

    pub(super) fn rotate(&self, key: u32, old: PrivateKeyState, new: u32, ended: Vec<PrivateKeyState>) {
        let new = private_key(new, None);
        self.fed.apply(&Event::OrganisationKeyRotated { key: credential(key), old: Some(old), new, ended });
    }
}
