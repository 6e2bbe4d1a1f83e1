//! What each event of the journal does to the index.

use domain::CredentialId;
use domain::credential::{Digest, Kind};
use domain::delegation::Standing;
use domain::event::{Event, SecretState};
use domain::fence::Scope;
use domain::permission::Permissions;
use domain::verify::State;

use crate::MembershipRecord;
use crate::catalogue::ALL;
use crate::client_writer;
use crate::credential::Record;
use crate::delegations::{DelegationChange, DelegationRecord, WorkspaceRecord};
use crate::fence::Fenced;
use crate::index::Index;
use crate::seconds;
use crate::writer::Writer;

/// Applies one event; whatever it changes appears at once.
pub(crate) fn apply(writer: &mut Writer, index: &Index, at: u32, event: &Event) {
    change(writer, index, at, event);
    bound_tombstones(writer, index);
}

fn change(writer: &mut Writer, index: &Index, at: u32, event: &Event) {
    match event {
        Event::OrganisationCreated { organisation: id } | Event::OrganisationResumed { organisation: id } => {
            writer.organisation(index, *id, true)
        }
        Event::OrganisationSuspended { organisation } => writer.organisation(index, *organisation, false),
        Event::PersonCreated { person } | Event::PersonResumed { person } => writer.person(index, *person, true),
        Event::PersonSuspended { person } | Event::PersonErased { person } => writer.person(index, *person, false),
        Event::MembershipCreated { .. } | Event::MembershipChanged { .. } | Event::MembershipMoved { .. } => {
            apply_membership(writer, index, event)
        }
        Event::MembershipEnded { membership, .. } => writer.end_membership(index, *membership),
        Event::ApiDefined { definition } => writer.define_api(index, definition),
        Event::ApiRemoved { api } => writer.remove_api(index, api, at),
        Event::AnnouncementMade { .. } | Event::AnnouncementWithdrawn { .. } => announce(writer, index, event),
        Event::TokenCreated { .. } => create_personal_token(writer, index, event),
        Event::TokenChanged { secrets, permissions, .. } => change_token(writer, index, secrets, permissions),
        Event::TokenRotated { old, new, ended, .. } => rotate_token(writer, index, at, (old, new, ended)),
        Event::TokenSuspended { .. } | Event::TokenResumed { .. } => pause_token(writer, index, event),
        Event::TokensRevoked { digests, .. } => revoke(writer, index, at, digests),
        Event::ApiCredentialCreated { .. } | Event::OperatorTokenCreated { .. } => create_service_credential(writer, index, event),
        Event::ApiCredentialRevoked { digest, .. } | Event::OperatorTokenRevoked { digest, .. } => revoke(writer, index, at, &[*digest]),
        Event::Restored { newest, fenced: true, .. } => writer.fence(index, Some(Fenced::around(*newest))),
        Event::RestoreConfirmed { scope } => confirm(writer, index, scope),
        Event::OrganisationTokenCreated { .. }
        | Event::WorkspaceCreated { .. }
        | Event::WorkspaceClosed { .. }
        | Event::DelegationsClosed { .. }
        | Event::DelegationOpened { .. }
        | Event::DelegationAccepted { .. }
        | Event::DelegationPaused { .. }
        | Event::DelegationResumed { .. }
        | Event::DelegationChanged { .. }
        | Event::DelegationConfirmed { .. }
        | Event::DelegationClosingAnnounced { .. } => apply_place(writer, index, at, event),
        Event::OrganisationKeyCreated { .. }
        | Event::OrganisationKeyChanged { .. }
        | Event::OrganisationKeyRotated { .. }
        | Event::PrivateKeyRevoked { .. }
        | Event::OrganisationKeySuspended { .. }
        | Event::OrganisationKeyResumed { .. }
        | Event::OrganisationKeysRevoked { .. }
        | Event::AccessTokensOfKeyEnded { .. }
        | Event::GrantMade { .. }
        | Event::GrantsEnded { .. }
        | Event::FamiliesEnded { .. }
        | Event::SessionsEnded { .. }
        | Event::AccessTokenRevoked { .. } => client_writer::apply(writer, index, at, event),
        Event::Restored { fenced: false, .. }
        | Event::SessionStarted { .. }
        | Event::PasswordChanged { .. }
        | Event::UpstreamLinked { .. }
        | Event::UpstreamUnlinked { .. }
        | Event::SecondFactorChanged { .. }
        | Event::OrganisationRenamed { .. }
        | Event::WorkspaceRenamed { .. }
        | Event::PersonChanged { .. }
        | Event::ServerKeyCreated { .. }
        | Event::ServerKeyActivated { .. }
        | Event::ServerKeyEnded { .. }
        | Event::MasterKeyRotated { .. }
        | Event::AuditExported { .. }
        | Event::OperatorAppointed { .. }
        | Event::OperatorDismissed { .. }
        | Event::InstallationChanged { .. } => {}
        Event::OrganisationChanged { .. } | Event::OrganisationViewed { .. } | Event::SecondFactorPolicyChanged { .. } => {}
        Event::EmailVerified { .. } | Event::MemberInvited { .. } | Event::InvitationWithdrawn { .. } => {}
    }
}

fn announce(writer: &mut Writer, index: &Index, event: &Event) {
    match event {
        Event::AnnouncementMade { announcement, api, signal } => writer.announce(index, api, *announcement, signal.clone()),
        Event::AnnouncementWithdrawn { announcement, api } => writer.withdraw(index, api, *announcement),
        _ => {}
    }
}

fn pause_token(writer: &mut Writer, index: &Index, event: &Event) {
    match event {
        Event::TokenSuspended { digests, .. } => pause(writer, index, digests, State::Suspended),
        Event::TokenResumed { digests, .. } => pause(writer, index, digests, State::Live),
        _ => {}
    }
}

/// Applies an event of a membership that goes on.
fn apply_membership(writer: &mut Writer, index: &Index, event: &Event) {
    match event {
        Event::MembershipCreated { membership, person, organisation, roles } => {
            let record = MembershipRecord { id: *membership, person: *person, organisation: *organisation, roles: *roles };
            writer.membership(index, &record);
        }
        Event::MembershipChanged { membership, roles, .. } => writer.change_membership(index, *membership, None, *roles),
        Event::MembershipMoved { membership, organisation, roles, .. } => {
            writer.change_membership(index, *membership, Some(*organisation), *roles);
        }
        _ => {}
    }
}

fn create_service_credential(writer: &mut Writer, index: &Index, event: &Event) {
    match event {
        Event::ApiCredentialCreated { credential, api, digest } => {
            let (kind, parent) = (Kind::ApiCredential, Writer::api_number(index, api));
            create(writer, index, digest, &Record { kind, parent, ..blank(*credential) });
        }
        Event::OperatorTokenCreated { credential, digest } => {
            create(writer, index, digest, &Record { kind: Kind::OperatorToken, ..blank(*credential) });
        }
        _ => {}
    }
}

fn create_personal_token(writer: &mut Writer, index: &Index, event: &Event) {
    let Event::TokenCreated { token, membership, secret, permissions, imported } = event else { return };
    let parent = writer.memberships.find(membership.as_bytes(), index, &index.membership_ids).unwrap_or(0);
    writer.anomalies += u64::from(parent == 0);
    create_token(writer, index, Record { parent, imported: *imported, ..blank(*token) }, secret, permissions);
}

/// Applies an event of what tells where an organisation may work.
fn apply_place(writer: &mut Writer, index: &Index, at: u32, event: &Event) {
    match event {
        Event::OrganisationTokenCreated { token, organisation, api, username_key, secret, permissions, imported } => {
            let parent = writer.account(index, username_key.as_bytes(), *organisation, api);
            let new = Record { kind: Kind::OrganisationToken, parent, imported: *imported, ..blank(*token) };
            create_token(writer, index, new, secret, permissions);
        }
        Event::WorkspaceCreated { workspace, organisation, number } => {
            let record = WorkspaceRecord { id: *workspace, organisation: *organisation, number: number.as_str(), closed: false };
            writer.workspace(index, &record);
        }
        Event::WorkspaceClosed { workspace } => writer.close_workspace(index, *workspace),
        Event::DelegationsClosed { delegations } => writer.close_delegations(index, delegations, at),
        _ => apply_delegation(writer, index, event),
    }
}

/// Applies an event of one delegation.
fn apply_delegation(writer: &mut Writer, index: &Index, event: &Event) {
    let standing = |standing| DelegationChange { standing: Some(standing), ..DelegationChange::default() };
    let until = |not_after| DelegationChange { not_after: Some(not_after), ..DelegationChange::default() };
    let (delegation, change) = match event {
        Event::DelegationOpened { delegation, api, workspace, from, to, parent, permissions, standing, opens_at, not_after } => {
            let (id, workspace, from, to, parent) = (*delegation, *workspace, *from, *to, *parent);
            let (standing, opens_at, not_after, closed_at) = (*standing, *opens_at, *not_after, None);
            let record = DelegationRecord { id, api, workspace, from, to, parent, permissions, standing, opens_at, not_after, closed_at };
            return writer.delegation(index, &record);
        }
        Event::DelegationAccepted { delegation } | Event::DelegationResumed { delegation } => (delegation, standing(Standing::Open)),
        Event::DelegationPaused { delegation } => (delegation, standing(Standing::Paused)),
        Event::DelegationChanged { delegation, permissions, opens_at, not_after } => {
            let (permissions, opens_at, not_after) = (Some(permissions), Some(*opens_at), Some(*not_after));
            (delegation, DelegationChange { standing: None, permissions, opens_at, not_after })
        }
        Event::DelegationConfirmed { delegation, not_after } => (delegation, until(*not_after)),
        Event::DelegationClosingAnnounced { delegation, not_after } => (delegation, until(Some(*not_after))),
        _ => return,
    };
    writer.change_delegation(index, *delegation, &change);
}

/// Lets a part of what a restore has fenced in out.
fn confirm(writer: &mut Writer, index: &Index, scope: &Scope) {
    let fence = index.load().fence.clone();
    writer.fence(index, fence.and_then(|fence| fence.confirm(scope)));
}

/// A live credential of nobody's.
pub(crate) fn blank(id: CredentialId) -> Record {
    Record {
        id: *id.as_bytes(),
        parent: 0,
        set: ALL,
        kind: Kind::PersonalToken,
        state: State::Live,
        imported: false,
        superseded: false,
        until: 0,
    }
}

fn create_token(writer: &mut Writer, index: &Index, token: Record, secret: &SecretState, permissions: &Permissions) {
    let Some(set) = writer.sets.take(permissions, &index.load().catalogue) else { return writer.anomaly() };
    create(writer, index, &secret.digest, &Record { set, until: seconds::pack_option(secret.not_after), ..token });
}

pub(crate) fn create(writer: &mut Writer, index: &Index, digest: &Digest, record: &Record) {
    let Some(place) = writer.prepare(index, digest) else { return writer.sets.give(record.set) };
    let window = index.epoch.window();
    let before = writer.place(index, &place, record);
    drop(window);
    if let Some(set) = before {
        writer.sets.give(set);
    }
}

/// Gives entries other permissions, and leaves their ends.
pub(crate) fn change_secrets(writer: &mut Writer, index: &Index, digests: &[Digest], permissions: &Permissions) {
    let until = |digest: &Digest| index.slot(&crate::credential::words(digest)).map_or(0, |slot| index.entries.entry(slot).read().until);
    let secrets: Vec<SecretState> =
        digests.iter().map(|digest| SecretState { digest: *digest, not_after: seconds::unpack(until(digest)) }).collect();
    change_token(writer, index, &secrets, permissions);
}

fn change_token(writer: &mut Writer, index: &Index, secrets: &[SecretState], permissions: &Permissions) {
    let mut changes = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let Some(slot) = writer.find(index, &secret.digest) else { continue };
        let before = index.entries.entry(slot).read();
        let Some(set) = writer.sets.take(permissions, &index.load().catalogue) else { return writer.anomaly() };
        let until = if before.state == State::Revoked { before.until } else { seconds::pack_option(secret.not_after) };
        changes.push((slot, before.set, Record { set, until, ..before }));
    }
    let window = index.epoch.window();
    for (slot, _, after) in &changes {
        index.entries.entry(*slot).write(after);
    }
    drop(window);
    for (slot, set, after) in changes {
        writer.sets.give(set);
        if after.superseded && after.state != State::Revoked && after.until != 0 {
            writer.overlaps.push(std::cmp::Reverse((after.until, slot)));
        }
    }
}

/// The new secret gets what the old one has, no more; the old one gets its end.
pub(crate) fn rotate_token(writer: &mut Writer, index: &Index, at: u32, (old, new, ended): (&SecretState, &SecretState, &[Digest])) {
    let Some(old_slot) = writer.find(index, &old.digest) else { return };
    let before = index.entries.entry(old_slot).read();
    let set = writer.sets.retake(before.set);
    let Some(place) = writer.prepare(index, &new.digest) else { return writer.sets.give(set) };
    let ended: Vec<u32> = ended.iter().filter_map(|digest| index.slot(&crate::credential::words(digest))).collect();
    let window = index.epoch.window();
    let after = Record { set, superseded: false, until: seconds::pack_option(new.not_after), ..before };
    let replaced = writer.place(index, &place, &after);
    if before.state != State::Revoked {
        let until = seconds::pack_option(old.not_after);
        index.entries.entry(old_slot).write(&Record { superseded: true, until, ..before });
        if until != 0 {
            writer.overlaps.push(std::cmp::Reverse((until, old_slot)));
        }
    }
    for slot in ended {
        writer.revoke(index, slot, at);
    }
    drop(window);
    if let Some(set) = replaced {
        writer.sets.give(set);
    }
}

fn pause(writer: &mut Writer, index: &Index, digests: &[Digest], state: State) {
    let slots: Vec<u32> = digests.iter().filter_map(|digest| writer.find(index, digest)).collect();
    let _window = index.epoch.window();
    for slot in slots {
        let entry = index.entries.entry(slot);
        let record = entry.read();
        if record.state != State::Revoked {
            entry.write(&Record { state, ..record });
        }
    }
}

pub(crate) fn revoke(writer: &mut Writer, index: &Index, at: u32, digests: &[Digest]) {
    // An old secret whose overlap was swept is named too, but not known any more.
    let slots: Vec<u32> = digests.iter().filter_map(|digest| index.slot(&crate::credential::words(digest))).collect();
    let _window = index.epoch.window();
    for slot in slots {
        writer.revoke(index, slot, at);
    }
}

fn bound_tombstones(writer: &mut Writer, index: &Index) {
    while writer.tombstones.len() > writer.max_tombstones {
        let Some((at, slot)) = writer.tombstones.pop_front() else { return };
        if is_tombstone(index, slot, at) {
            writer.remove(index, slot);
            writer.dropped_tombstones += 1;
        }
    }
}

fn is_tombstone(index: &Index, slot: u32, at: u32) -> bool {
    let record = index.entries.entry(slot).read();
    record.state == State::Revoked && record.until == at
}

/// Removes tombstones, closed delegations and overlaps that ended at `end` or before, no more than `most`.
/// Gives whether there may be more.
pub(crate) fn sweep(writer: &mut Writer, index: &Index, end: u32, most: usize) -> bool {
    for _ in 0..most {
        if let Some(&(at, slot)) = writer.tombstones.front().filter(|(at, _)| *at <= end) {
            writer.tombstones.pop_front();
            if is_tombstone(index, slot, at) {
                writer.remove(index, slot);
            }
        } else if let Some(&(_, slot)) = writer.closed_delegations.front().filter(|(at, _)| *at <= end) {
            writer.closed_delegations.pop_front();
            writer.remove_delegation(index, slot);
        } else if let Some(&(_, key)) = writer.revoked_clients.front().filter(|(at, _)| *at <= end) {
            writer.revoked_clients.pop_front();
            writer.remove_client(index, &key);
        } else if let Some(&std::cmp::Reverse((until, slot))) = writer.overlaps.peek().filter(|next| next.0.0 <= end) {
            writer.overlaps.pop();
            let record = index.entries.entry(slot).read();
            // Revoked meanwhile: its tombstone stays for its own time.
            if record.superseded && record.state != State::Revoked && record.until == until {
                writer.remove(index, slot);
            }
        } else {
            return false;
        }
    }
    true
}
