//! Endings that the database has lost and a node still knows, made again under new numbers.

use domain::event::{Class, Entry, Event};
use store::{Abort, By, Outcome, Store, StoreError, WriteError};

use crate::again;

/// What became of lost changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// All that had ended is ended again, or still is; of the others, so many, nothing is left.
    Anew {
        /// How many made something, or let something work again: these have to be asked for again.
        gone: usize,
    },
    /// Among them are some that cannot be made again without perhaps undoing what was changed since: somebody has to look.
    NotAll,
}

/// Makes the endings among lost changes again, in one transaction, in the place where they find themselves now. Whatever was
/// ended in the meantime stays so: nothing here lets anything work.
pub async fn publish_anew(store: &Store, by: &By, lost: &[Entry]) -> Result<Published, StoreError> {
    let Some(endings) = endings(lost) else { return Ok(Published::NotAll) };
    let gone = lost.iter().filter(|entry| entry.event.class() != Class::Ending).count();
    let by = by.clone();
    let written = store.write(move |tx| {
        let (by, endings) = (by.clone(), endings.clone());
        Box::pin(async move {
            for event in &endings {
                again::apply(tx, &by, event).await?;
            }
            Ok::<_, Abort<std::convert::Infallible>>(
                tx.recorded().map_or(Outcome::Unchanged(()), |recorded| Outcome::Changed((), recorded)),
            )
        })
    });
    match written.await {
        Ok(_) => Ok(Published::Anew { gone }),
        Err(WriteError::Unavailable(error)) => Err(error),
        Err(WriteError::Refused(never)) => match never {},
    }
}

/// What is ended by these changes in the end; nothing where one of them narrows something in a way that may have been
/// changed otherwise since.
fn endings(lost: &[Entry]) -> Option<Vec<Event>> {
    let mut endings: Vec<Event> = Vec::new();
    for entry in lost {
        match &entry.event {
            Event::OrganisationSuspended { .. }
            | Event::PersonSuspended { .. }
            | Event::PersonErased { .. }
            | Event::MembershipEnded { .. }
            | Event::TokenSuspended { .. }
            | Event::TokensRevoked { .. }
            | Event::ApiCredentialRevoked { .. }
            | Event::OrganisationKeySuspended { .. }
            | Event::OrganisationKeysRevoked { .. }
            | Event::PrivateKeyRevoked { .. }
            | Event::AccessTokensOfKeyEnded { .. }
            | Event::GrantsEnded { .. }
            | Event::FamiliesEnded { .. }
            | Event::AccessTokenRevoked { .. }
            | Event::SessionsEnded { .. }
            | Event::OperatorTokenRevoked { .. }
            | Event::OperatorDismissed { .. }
            | Event::UpstreamUnlinked { .. }
            | Event::ServerKeyEnded { .. } => endings.push(entry.event.clone()),
            // What was paused and let work again works; that it does is not published: it may have been paused again since.
            Event::OrganisationResumed { organisation: id } => {
                endings.retain(|event| !matches!(event, Event::OrganisationSuspended { organisation } if organisation == id));
            }
            Event::PersonResumed { person: id } => {
                endings.retain(|event| !matches!(event, Event::PersonSuspended { person } if person == id));
            }
            Event::TokenResumed { token: id, .. } => {
                endings.retain(|event| !matches!(event, Event::TokenSuspended { token, .. } if token == id));
            }
            Event::OrganisationKeyResumed { key: id } => {
                endings.retain(|event| !matches!(event, Event::OrganisationKeySuspended { key } if key == id));
            }
            other if other.class() == Class::Ending => return None,
            _ => {}
        }
    }
    Some(endings)
}

#[cfg(test)]
mod tests {
    use domain::event::{Actor, Sequence};
    use domain::person::Roles;
    use domain::{CredentialId, MembershipId, PersonId, RequestId, Timestamp};

    use super::*;

    #[test]
    fn only_what_ends_something_is_published_and_never_a_resumption() {
        let entry = |event| Entry {
            sequence: Sequence(1),
            at: Timestamp::from_unix_seconds(0),
            actor: Actor::System,
            request: RequestId::from_bytes([0; 16]),
            event,
        };
        let (token, person) = (CredentialId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        let suspended = Event::TokenSuspended { token, digests: Vec::new() };
        let resumed = Event::TokenResumed { token, digests: Vec::new() };
        let revoked = Event::TokensRevoked { tokens: vec![token], digests: Vec::new() };
        let created = Event::PersonCreated { person };
        let narrowed = Event::MembershipChanged { membership: MembershipId::from_bytes([3; 16]), before: Roles::NONE, roles: Roles::NONE };
        for (lost, wanted) in [
            (vec![created, suspended.clone()], Some(vec![suspended.clone()])),
            (vec![suspended.clone(), resumed.clone()], Some(vec![])),
            (vec![resumed, suspended.clone(), revoked.clone()], Some(vec![suspended, revoked.clone()])),
            (vec![revoked, narrowed], None),
        ] {
            assert_eq!(endings(&lost.into_iter().map(entry).collect::<Vec<_>>()), wanted);
        }
    }
}
