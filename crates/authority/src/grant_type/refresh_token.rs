//! `refresh_token`: further access tokens (RFC 6749 section 6, RFC 9700 section 4.14).
//!
//! Where tokens rotate, each gives its successor; for some seconds it gives the same one again, so that a client whose request was
//! sent twice, or whose answer was lost, goes on. The successor is kept sealed under a key made of the token that it follows:
//! whoever reads the database learns nothing. After that time a use is a replay, and ends the family.

use domain::authorization::Authorization;
use domain::{Because, ClientRefusal, CredentialId, Digest, Kind, PersonId, Secret, Timestamp};
use store::{By, Outcome, RefreshToken, Tx};
use zeroize::Zeroizing;

use super::issue::{From, until};
use super::{Asking, GrantError, Tokens, replayed, scope, session_ended};
use crate::change::Work;
use crate::cipher::{Cipher, NonceBytes};
use crate::error::Outage;
use crate::id_token::About;
use crate::{Authority, Context, Error};

/// Idle times are written when they would move by more than this part of them: a refresh without rotation mostly writes nothing.
const IDLE_STEPS: u32 = 50;

/// What comes with a refresh token.
#[derive(Clone)]
pub struct RefreshRequest {
    /// The refresh token.
    pub token: Secret<String>,
    /// The scopes that the access token is to have; less than were granted, for this once.
    pub scope: Option<String>,
    /// Which of the resources that were granted it is to be for.
    pub resources: Vec<String>,
}

/// What is to be done about a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Nothing: there is no such token for this client, or it is over.
    Refuse(ClientRefusal),
    /// It is used after another took its place.
    Replay,
    /// It gives the same successor once more.
    Repeat,
    /// It is good.
    Go,
}

/// What decides beside the row.
#[derive(Debug, Clone, Copy)]
struct Terms {
    client: CredentialId,
    key_thumbprint: Option<[u8; 32]>,
    overlap: std::time::Duration,
}

enum Taking {
    Refused(Because),
    /// The successor, sealed.
    Successor(Vec<u8>),
}

impl Authority {
    /// An access token for a refresh token, and its successor where it rotates.
    pub async fn refresh(&self, context: &Context, asking: &Asking<'_>, request: RefreshRequest) -> Result<Tokens, GrantError> {
        if asking.client.definition.requires_dpop && asking.key_thumbprint.is_none() {
            return Err(ClientRefusal::ProofNeeded.into());
        }
        let digest = Digest::of(request.token.expose().as_bytes());
        let terms = Terms { client: asking.client.id, key_thumbprint: asking.key_thumbprint, overlap: self.lifetimes.refresh_overlap };
        let row = self.store.read(move |reader| Box::pin(async move { reader.refresh_token(&digest).await })).await?;
        let row = row.ok_or(ClientRefusal::NotIssued)?;
        let decision = decide(&row, &terms, asking.now);
        if let Decision::Refuse(refusal) = decision {
            return Err(told(refusal, &row).into());
        }
        let authorization = &row.family.request;
        let mut granted = None;
        if decision != Decision::Replay {
            self.check_session(authorization, row.person)?;
            let owner = self.verifier.grant_owner(&row.family.grant)?.filter(super::is_active);
            let owner = owner.ok_or_else(|| ClientRefusal::PersonInactive.because().of(row.person))?;
            let apis = scope::granted(self.verifier.apis(), authorization, &request.resources)?;
            let all = scope::consented(&authorization.scope, &apis, &owner);
            granted = Some(match &request.scope {
                Some(named) => scope::narrowed(named, &apis, &all)?,
                None => all,
            });
        }
        let successor = self.succeed(context, (&row, digest), (asking, &terms), &request.token).await?;
        // A replay never comes here.
        let scopes = granted.ok_or_else(|| told(ClientRefusal::RefreshReplayed, &row))?;
        let from = From { grant: row.family.grant, family: row.family.id, person: row.person, authorization };
        let access = self.issue_access_token(asking, &scopes, Some(from))?;
        let about = About { person: row.person, authorization, access_token: &access.text, refreshed: true };
        let id_token = self.id_token_beside(context, asking, &scopes, about).await?;
        Ok(Tokens {
            access_token: access.text,
            expires_in: access.expires_in,
            is_bound: asking.key_thumbprint.is_some(),
            refresh_token: Some(successor.unwrap_or(request.token)),
            id_token,
            scope: scopes.text(),
        })
    }

    /// Whoever signs out everywhere signs out of what was consented to there.
    fn check_session(&self, authorization: &Authorization, person: PersonId) -> Result<(), GrantError> {
        let ended = match &authorization.session {
            Some(session) => self.verifier.was_ended(session.as_bytes())?,
            None => false,
        };
        if ended { Err(session_ended(authorization, person).into()) } else { Ok(()) }
    }

    /// The token that takes the place of this one, where one does. The row is judged once more in the transaction.
    async fn succeed(
        &self,
        context: &Context,
        (row, digest): (&RefreshToken, Digest),
        (asking, terms): (&Asking<'_>, &Terms),
        presented: &Secret<String>,
    ) -> Result<Option<Secret<String>>, GrantError> {
        let idle_until = until(asking.now, self.lifetimes.idle_of(&asking.client), row.family.expires_at);
        if !asking.client.definition.rotates() && row.rotated_at.is_none() {
            let step = self.lifetimes.idle_of(&asking.client) / IDLE_STEPS;
            if row.idle_until.saturating_add(step) < idle_until {
                self.store.touch_refresh_token(digest, idle_until).await?;
            }
            return Ok(None);
        }
        let next = self.installation.generate(Kind::RefreshToken, &*self.entropy)?;
        let mut nonce = NonceBytes::default();
        self.entropy.fill(&mut nonce)?;
        let sealed = seal(presented, &next, nonce)?;
        let (new, terms) = ((Digest::of(next.expose().as_bytes()), sealed, idle_until), *terms);
        let taken = self.commit(context, move |tx, by| {
            let new = new.clone();
            Box::pin(async move { take(tx, by, (digest, terms), new).await })
        });
        match taken.await?.value {
            Taking::Refused(because) => Err(because.into()),
            Taking::Successor(sealed) => Ok(Some(open(presented, &sealed)?)),
        }
    }
}

async fn take(
    tx: &mut Tx<'_>,
    by: &By,
    (digest, terms): (Digest, Terms),
    (next, sealed, idle_until): (Digest, Vec<u8>, Timestamp),
) -> Work<Taking> {
    let refused = |because: Because| Ok(Outcome::Kept(Taking::Refused(because)));
    let Some(mut row) = tx.refresh_token(&digest).await? else { return refused(ClientRefusal::NotIssued.into()) };
    let successor = row.successor.take();
    match (decide(&row, &terms, by.at), successor) {
        (Decision::Refuse(refusal), _) => refused(told(refusal, &row)),
        (Decision::Repeat, None) => refused(told(ClientRefusal::RefreshEnded, &row)),
        (Decision::Replay, _) => replayed(tx, by, row.family.id, Taking::Refused(told(ClientRefusal::RefreshReplayed, &row))).await,
        (Decision::Repeat, Some(successor)) => Ok(Outcome::Kept(Taking::Successor(successor))),
        (Decision::Go, _) => {
            if !tx.rotate_refresh_token(&digest, by.at, &sealed).await? {
                return refused(told(ClientRefusal::RefreshEnded, &row));
            }
            tx.insert_refresh_token(&next, row.family.id, idle_until).await?;
            Ok(Outcome::Kept(Taking::Successor(sealed)))
        }
    }
}

/// What is known of a refresh token that is refused. Of another client's, nothing: whoever shows it is not told that it is one.
fn told(refusal: ClientRefusal, row: &RefreshToken) -> Because {
    match refusal {
        ClientRefusal::NotIssued => refusal.because(),
        ClientRefusal::GrantEnded => refusal.because().of(row.person).about(row.family.grant.as_bytes()),
        _ => refusal.because().of(row.person).about(row.family.id.as_bytes()),
    }
}

fn decide(row: &RefreshToken, terms: &Terms, now: Timestamp) -> Decision {
    // Another client's try leaves it as it is.
    if row.family.key != terms.client {
        return Decision::Refuse(ClientRefusal::NotIssued);
    }
    if row.family.request.key_thumbprint.is_some_and(|bound| terms.key_thumbprint != Some(bound)) {
        return Decision::Refuse(ClientRefusal::KeyOther);
    }
    if row.grant_ended_at.is_some() {
        return Decision::Refuse(ClientRefusal::GrantEnded);
    }
    if row.family.expires_at <= now {
        return Decision::Refuse(ClientRefusal::RefreshExpired);
    }
    match row.rotated_at {
        // Also where the family is ended already: then whoever is told so has waited for it.
        Some(at) if at.saturating_add(terms.overlap) <= now => Decision::Replay,
        _ if row.ended_at.is_some() => Decision::Refuse(ClientRefusal::RefreshEnded),
        Some(_) => Decision::Repeat,
        None if row.idle_until <= now => Decision::Refuse(ClientRefusal::RefreshIdle),
        None => Decision::Go,
    }
}

const FAILED: Error = Error::Unavailable(Outage::Internal("a refresh token could not be sealed or opened"));

/// Under a key that it takes the presented token to make; of that the database has only SHA-256.
fn cipher(presented: &Secret<String>) -> Option<Cipher> {
    Cipher::derive(b"poort refresh token", presented.expose().as_bytes(), b"successor")
}

fn seal(presented: &Secret<String>, next: &Secret<String>, nonce: NonceBytes) -> Result<Vec<u8>, Error> {
    let plain = Zeroizing::new(next.expose().as_bytes().to_vec());
    cipher(presented).and_then(|cipher| cipher.seal(nonce, &[], plain)).ok_or(FAILED)
}

fn open(presented: &Secret<String>, sealed: &[u8]) -> Result<Secret<String>, Error> {
    let plain = cipher(presented).and_then(|cipher| cipher.open(&[], sealed)).ok_or(FAILED)?;
    Ok(Secret::new(std::str::from_utf8(&plain).map_err(|_| FAILED)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{FamilyId, GrantId, PersonId};
    use store::RefreshFamily;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_unix_seconds(second)
    }

    fn row() -> RefreshToken {
        let request = serde_json::from_str(r#"{"scope":"api1","auth_time":"1970-01-01T00:00:00Z"}"#).expect("an authorization");
        let family = RefreshFamily {
            id: FamilyId::from_bytes([1; 16]),
            grant: GrantId::from_bytes([1; 16]),
            key: CredentialId::from_bytes([2; 16]),
            request,
            created_at: second(0),
            expires_at: second(1_000),
        };
        let (idle_until, person) = (second(500), PersonId::from_bytes([3; 16]));
        RefreshToken { idle_until, rotated_at: None, successor: None, family, ended_at: None, person, grant_ended_at: None }
    }

    fn decided(now: i64, change: impl FnOnce(&mut RefreshToken)) -> Decision {
        let terms = Terms { client: CredentialId::from_bytes([2; 16]), key_thumbprint: Some([7; 32]), overlap: Duration::from_secs(10) };
        let mut row = row();
        change(&mut row);
        decide(&row, &terms, second(now))
    }

    #[test]
    fn a_token_is_good_once_and_for_its_client() {
        assert_eq!(decided(100, |_| {}), Decision::Go);
        assert_eq!(decided(500, |_| {}), Decision::Refuse(ClientRefusal::RefreshIdle));
        assert_eq!(decided(1_000, |row| row.idle_until = second(2_000)), Decision::Refuse(ClientRefusal::RefreshExpired));
        assert_eq!(decided(100, |row| row.family.key = CredentialId::from_bytes([9; 16])), Decision::Refuse(ClientRefusal::NotIssued));
        assert_eq!(decided(100, |row| row.ended_at = Some(second(1))), Decision::Refuse(ClientRefusal::RefreshEnded));
        assert_eq!(decided(100, |row| row.grant_ended_at = Some(second(1))), Decision::Refuse(ClientRefusal::GrantEnded));
        assert_eq!(decided(100, |row| row.family.request.key_thumbprint = Some([7; 32])), Decision::Go);
        assert_eq!(decided(100, |row| row.family.request.key_thumbprint = Some([8; 32])), Decision::Refuse(ClientRefusal::KeyOther));
    }

    #[test]
    fn a_double_request_is_repeated_and_a_replay_is_not() {
        let rotated = |row: &mut RefreshToken| row.rotated_at = Some(second(100));
        assert_eq!(decided(109, rotated), Decision::Repeat);
        assert_eq!(decided(110, rotated), Decision::Replay);
        let ended = |row: &mut RefreshToken| (row.rotated_at, row.ended_at) = (Some(second(100)), Some(second(101)));
        assert_eq!(decided(105, ended), Decision::Refuse(ClientRefusal::RefreshEnded));
        assert_eq!(decided(120, ended), Decision::Replay);
    }

    #[test]
    fn only_the_holder_opens_the_successor() {
        let (presented, next) = (Secret::new("prtr_one".to_owned()), Secret::new("prtr_two".to_owned()));
        let sealed = seal(&presented, &next, [5; 12]).expect("sealed");
        assert_eq!(open(&presented, &sealed).expect("opened").expose(), "prtr_two");
        assert!(open(&next, &sealed).is_err());
        assert!(open(&presented, &sealed[..20]).is_err());
    }
}
