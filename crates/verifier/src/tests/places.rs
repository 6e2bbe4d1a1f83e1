//! Organisation tokens, workspaces and delegations: cases by hand.

use base64::Engine as _;
use domain::api::ApiDefinition;
use domain::credential::{Digest, Kind};
use domain::delegation::Standing;
use domain::event::{Event, SecretState, Sequence, UsernameKey};
use domain::fence::Scope;
use domain::organisation_token::{bound, username_key};
use domain::permission::Permissions;
use domain::workspace::WorkspaceNumber;
use domain::{CredentialId, DelegationId, Timestamp, WorkspaceId};

use super::support::{Fed, REQUEST, TOMBSTONE_SECONDS, credential, only, organisation, text};
use crate::{Asked, Question, Verdict};

pub(super) const APIS: [&str; 2] = ["a", "b"];
pub(super) const ORGANISATIONS: u32 = 4;
pub(super) const WORKSPACES: u32 = 3;

pub(super) fn definition(name: &str) -> ApiDefinition {
    serde_json::from_value(serde_json::json!({
        "name": name, "title": "An API", "presentations": ["basic", "bearer"], "credentials": ["organisation_token"],
        "accepts_imported": true,
        "permissions": [{"name": format!("{name}:x:read"), "title": "Read"}, {"name": format!("{name}:x:write"), "title": "Write"}],
        "routes": [{"method": "GET", "path": "/{project}/x", "permission": format!("{name}:x:read"), "workspace": "project"}],
    }))
    .expect("a definition")
}

pub(super) fn workspace(number: u32) -> WorkspaceId {
    WorkspaceId::from_bytes([number as u8 + 1; 16])
}

pub(super) fn delegation(number: u32) -> DelegationId {
    let mut bytes = [9; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    DelegationId::from_bytes(bytes)
}

pub(super) fn number(workspace: u32) -> String {
    format!("{}", 1255 + workspace)
}

pub(super) fn basic(username: &str, code: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{code}")))
}

pub(super) fn username(owner: u32) -> String {
    format!("supplier-{owner}")
}

pub(super) fn code(owner: u32, api: usize) -> String {
    text(Kind::OrganisationToken, owner * 10 + api as u32)
}

fn created(owner: u32, api: usize, permissions: Permissions) -> Event {
    let digest = bound(&Digest::of(code(owner, api).as_bytes()), APIS[api], &username(owner));
    Event::OrganisationTokenCreated {
        token: credential(owner * 10 + api as u32),
        organisation: organisation(owner),
        api: APIS[api].to_owned(),
        username_key: UsernameKey::from_bytes(username_key(APIS[api], &username(owner))),
        secret: SecretState { digest, not_after: None },
        permissions,
        imported: false,
    }
}

/// Organisations, two APIs, a workspace of each of the first organisations, a token of each organisation for each API.
pub(super) fn furnished() -> Fed {
    let fed = Fed::new();
    for owner in 0..ORGANISATIONS {
        fed.apply(&Event::OrganisationCreated { organisation: organisation(owner) });
    }
    for api in APIS {
        fed.apply(&Event::ApiDefined { definition: definition(api) });
    }
    for place in 0..WORKSPACES {
        let number = WorkspaceNumber::new(&number(place)).expect("a number");
        fed.apply(&Event::WorkspaceCreated { workspace: workspace(place), organisation: organisation(place), number });
    }
    for owner in 0..ORGANISATIONS {
        for api in 0..APIS.len() {
            fed.apply(&created(owner, api, Permissions::All));
        }
    }
    fed
}

/// The answer to a header: the permissions that are held there, or the refusal's code.
pub(super) fn ask(fed: &Fed, api: &str, header: &str, place: Option<&str>, asked: Asked<'_>) -> Result<u64, &'static str> {
    let authorization = Some(header.as_bytes());
    let question = Question {
        api,
        authorization,
        api_key: None,
        proof: None,
        asked,
        workspace: place,
        address: None,
        now: fed.now(),
        request: REQUEST,
    };
    match fed.verifier.check(&question).expect("a lease") {
        Verdict::Allow(allowed) => Ok(allowed.permissions),
        Verdict::Deny(denied) => Err(denied.refusal.code()),
        Verdict::Anonymous { .. } => Err("anonymous"),
    }
}

fn opened(id: u32, place: u32, (from, to): (u32, u32), parent: Option<u32>) -> Event {
    Event::DelegationOpened {
        delegation: delegation(id),
        api: "a".to_owned(),
        workspace: workspace(place),
        from: organisation(from),
        to: organisation(to),
        parent: parent.map(delegation),
        permissions: Permissions::All,
        standing: Standing::Open,
        opens_at: Timestamp::from_unix_seconds(0),
        not_after: None,
    }
}

fn read(fed: &Fed, owner: u32, place: u32) -> Result<u64, &'static str> {
    ask(fed, "a", &basic(&username(owner), &code(owner, 0)), Some(&number(place)), Asked::Permission("a:x:read"))
}

#[test]
fn both_halves_and_the_api_must_fit() {
    let fed = furnished();
    let identity = |api: usize, name: &str, code: &str| ask(&fed, APIS[api], &basic(name, code), None, Asked::Identity);
    assert_eq!(identity(0, "supplier-0", &code(0, 0)), Ok(u64::MAX));
    assert_eq!(identity(0, "supplier-0", &code(1, 0)), Err("wrong_code"), "halves of two tokens");
    assert_eq!(identity(0, "supplier-9", &code(0, 0)), Err("unknown_credential"));
    assert_eq!(identity(1, "supplier-0", &code(0, 0)), Err("wrong_code"), "its username is known there, with another code");
    assert_eq!(identity(0, "supplier-0", "password"), Err("wrong_code"));
    assert_eq!(identity(0, "supplier-9", "password"), Err("unknown_credential"));
    assert_eq!(identity(0, "supplier-0", &code(0, 0)[..40]), Err("malformed_credential"));
    assert_eq!(ask(&fed, "a", &format!("Bearer {}", code(0, 0)), None, Asked::Identity), Err("unknown_credential"), "without its username");
}

#[test]
fn an_imported_digest_works_at_once() {
    let fed = furnished();
    let (name, password) = ("0dce6fc98256|123456789|1234", "cf573933d8be536a8ad18edfe4f69bd0");
    let digest = bound(&Digest::of(password.as_bytes()), "a", name);
    fed.apply(&Event::OrganisationTokenCreated {
        token: credential(99),
        organisation: organisation(0),
        api: "a".to_owned(),
        username_key: UsernameKey::from_bytes(username_key("a", name)),
        secret: SecretState { digest, not_after: None },
        permissions: only(&["a:x:read"]),
        imported: true,
    });
    assert_eq!(ask(&fed, "a", &basic(name, password), Some("1255"), Asked::Permission("a:x:read")), Ok(0b01));
    assert_eq!(ask(&fed, "a", &basic(name, password), Some("1255"), Asked::Permission("a:x:write")), Err("permission_missing"));
    assert_eq!(ask(&fed, "b", &basic(name, password), None, Asked::Identity), Err("unknown_credential"));
}

#[test]
fn a_token_works_at_home_and_where_a_delegation_is_open() {
    let fed = furnished();
    assert!(read(&fed, 0, 0).is_ok(), "its own workspace");
    assert_eq!(read(&fed, 3, 0), Err("no_delegation"));
    assert_eq!(read(&fed, 3, 70), Err("wrong_workspace"));
    fed.apply(&opened(1, 0, (0, 1), None));
    fed.apply(&opened(2, 0, (1, 3), Some(1)));
    assert!(read(&fed, 3, 0).is_ok(), "passed on");
    assert_eq!(read(&fed, 3, 1), Err("no_delegation"), "another workspace");
    let path = Asked::Request { method: "GET", path: "/1255/x" };
    let header = basic(&username(3), &code(3, 0));
    assert!(ask(&fed, "a", &header, None, path).is_ok(), "the path names the workspace");
    assert_eq!(ask(&fed, "b", &basic(&username(3), &code(3, 1)), None, path), Err("no_delegation"), "another API");

    fed.apply(&Event::OrganisationSuspended { organisation: organisation(1) });
    assert_eq!(read(&fed, 3, 0), Err("delegation_paused"), "who passed it on is suspended");
    assert_eq!(read(&fed, 1, 0), Err("organisation_suspended"));
    fed.apply(&Event::OrganisationResumed { organisation: organisation(1) });
    fed.apply(&Event::DelegationPaused { delegation: delegation(1) });
    assert_eq!((read(&fed, 1, 0), read(&fed, 3, 0)), (Err("delegation_paused"), Err("delegation_paused")));
    fed.apply(&Event::DelegationResumed { delegation: delegation(1) });
    fed.apply(&Event::DelegationChanged {
        delegation: delegation(1),
        permissions: only(&["a:x:write"]),
        opens_at: Timestamp::from_unix_seconds(0),
        not_after: None,
    });
    assert_eq!(read(&fed, 3, 0), Err("permission_missing"), "narrowed above it");
    fed.apply(&Event::DelegationsClosed { delegations: vec![delegation(1), delegation(2)] });
    assert_eq!((read(&fed, 1, 0), read(&fed, 3, 0)), (Err("delegation_closed"), Err("delegation_closed")));
    fed.apply(&opened(3, 0, (0, 3), None));
    assert!(read(&fed, 3, 0).is_ok(), "a new one works again");
    fed.apply(&Event::WorkspaceClosed { workspace: workspace(0) });
    assert_eq!((read(&fed, 3, 0), read(&fed, 0, 0)), (Err("wrong_workspace"), Err("wrong_workspace")));
}

#[test]
fn a_username_goes_to_another_organisation_after_its_token_ended() {
    let fed = furnished();
    let digest = bound(&Digest::of(code(0, 0).as_bytes()), "a", &username(0));
    fed.apply(&Event::TokensRevoked { tokens: vec![credential(0)], digests: vec![digest] });
    let header = basic(&username(0), &code(0, 0));
    assert_eq!(ask(&fed, "a", &header, Some("1255"), Asked::Identity), Err("revoked"));
    let new = text(Kind::OrganisationToken, 77);
    fed.apply(&Event::OrganisationTokenCreated {
        token: credential(77),
        organisation: organisation(1),
        api: "a".to_owned(),
        username_key: UsernameKey::from_bytes(username_key("a", &username(0))),
        secret: SecretState { digest: bound(&Digest::of(new.as_bytes()), "a", &username(0)), not_after: None },
        permissions: Permissions::All,
        imported: false,
    });
    assert_eq!(ask(&fed, "a", &header, Some("1255"), Asked::Identity), Err("revoked"));
    assert_eq!(ask(&fed, "a", &basic(&username(0), &new), Some("1255"), Asked::Identity), Err("no_delegation"));
    assert!(ask(&fed, "a", &basic(&username(0), &new), Some("1256"), Asked::Identity).is_ok());
    fed.hands.advance(TOMBSTONE_SECONDS + 1);
    fed.verifier.sweep(fed.now());
    assert_eq!(ask(&fed, "a", &header, None, Asked::Identity), Err("wrong_code"));
}

#[test]
fn a_delegation_of_a_backup_is_held_until_its_giver_is_confirmed() {
    let fed = furnished();
    fed.apply(&opened(1, 0, (0, 1), None));
    let newest = CredentialId::from_bytes(*delegation(1).as_bytes());
    fed.apply(&Event::Restored { newest, backup: Sequence(1), fenced: true });
    let confirm = |who: u32| fed.apply(&Event::RestoreConfirmed { scope: Scope::Organisation { organisation: organisation(who) } });
    assert_eq!(read(&fed, 1, 0), Err("suspended"), "the token itself is held");
    confirm(1);
    assert_eq!(read(&fed, 1, 0), Err("delegation_paused"), "its giver may have closed it since");
    confirm(0);
    assert!(read(&fed, 1, 0).is_ok());
}
