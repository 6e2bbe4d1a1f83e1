//! `device_code`: tokens for a device whose person has said yes, once (RFC 8628 section 3.4).

use std::time::Duration;

use domain::authorization::Authorization;
use domain::client::GrantType;
use domain::scope::Identity;
use domain::{Because, ClientRefusal, CredentialId, Digest, Kind, Secret, Timestamp};
use store::{By, DeviceCode, DeviceDecision, DeviceGrant, Outcome, RefreshFamily, Tx};

use super::issue::{From, until};
use super::{Asking, GrantError, NotYet, Tokens, replayed, scope, session_ended};
use crate::change::Work;
use crate::id_token::About;
use crate::{Authority, Context, session};

/// How much longer a device waits that has asked too often, in seconds (RFC 8628 section 3.5).
const SLOWER: u32 = 5;
/// The longest that a device is made to wait between two questions, in seconds.
const SLOWEST: u32 = 60;

/// What is to be done about a device code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// There is no such code for this client, it is over, its grant is ended, or the person said no.
    Refuse(ClientRefusal),
    /// It was used before: what came of it ends.
    Replay,
    /// It asks too often.
    TooFast,
    /// Nobody has answered.
    Pending,
    /// It is redeemed.
    Redeem,
}

/// How it ended.
enum Taking {
    Refused(Because),
    NotYet(NotYet),
    Redeemed(Box<DeviceGrant>),
}

#[derive(Clone)]
struct Draft {
    digest: Digest,
    client: CredentialId,
    key_thumbprint: Option<[u8; 32]>,
    refresh: Option<Digest>,
    /// Whether refresh tokens are bound to the key (RFC 9449 section 5: those of public clients).
    binds: bool,
    family_end: Timestamp,
    idle_until: Timestamp,
}

impl Authority {
    /// Answers a device that asks, with tokens if its person has said yes.
    pub async fn redeem_device_code(
        &self,
        context: &Context,
        asking: &Asking<'_>,
        device_code: &Secret<String>,
        resources: &[String],
    ) -> Result<Tokens, GrantError> {
        let definition = &asking.client.definition;
        let refresh = self.installation.generate(Kind::RefreshToken, &*self.entropy)?;
        let family_end = asking.now.saturating_add(self.lifetimes.refresh_of(&asking.client));
        let draft = Draft {
            digest: Digest::of(device_code.expose().as_bytes()),
            client: asking.client.id,
            key_thumbprint: asking.key_thumbprint,
            refresh: definition.may(GrantType::RefreshToken).then(|| Digest::of(refresh.expose().as_bytes())),
            binds: !definition.is_confidential(),
            family_end,
            idle_until: until(asking.now, self.lifetimes.idle_of(&asking.client), family_end),
        };
        let has_refresh = draft.refresh.is_some();
        let taken = self.commit(context, move |tx, by| {
            let draft = draft.clone();
            Box::pin(async move { take(tx, by, draft).await })
        });
        let allowed = match taken.await?.value {
            Taking::Redeemed(allowed) => allowed,
            Taking::Refused(because) => return Err(because.into()),
            Taking::NotYet(not_yet) => return Err(GrantError::NotYet(not_yet)),
        };
        let authorization = &allowed.request;
        let inactive = || ClientRefusal::PersonInactive.because().of(allowed.person);
        let owner = self.verifier.grant_owner(&allowed.grant)?.filter(super::is_active).ok_or_else(inactive)?;
        let apis = scope::granted(self.verifier.apis(), authorization, resources)?;
        let scopes = scope::consented(&authorization.scope, &apis, &owner);
        let from = From { grant: allowed.grant, family: allowed.family, person: allowed.person, authorization };
        let access = self.issue_access_token(asking, &scopes, Some(from))?;
        let about = About { person: allowed.person, authorization, access_token: &access.text, refreshed: false };
        let id_token = self.id_token_beside(context, asking, &scopes, about).await?;
        Ok(Tokens {
            access_token: access.text,
            expires_in: access.expires_in,
            is_bound: asking.key_thumbprint.is_some(),
            refresh_token: (has_refresh && is_offline(authorization)).then_some(refresh),
            id_token,
            scope: scopes.text(),
        })
    }
}

fn is_offline(authorization: &Authorization) -> bool {
    authorization.scope.split(' ').any(|name| Identity::named(name) == Some(Identity::OfflineAccess))
}

async fn take(tx: &mut Tx<'_>, by: &By, draft: Draft) -> Work<Taking> {
    let refused = |because: Because| Ok(Outcome::Kept(Taking::Refused(because)));
    let Some(code) = tx.device_code(&draft.digest).await? else { return refused(ClientRefusal::NotIssued.into()) };
    let (interval, not_yet) = match decide(&code, &draft, by.at) {
        Decision::Refuse(refusal) => return refused(told(refusal, &code.decision)),
        Decision::Replay => match code.decision {
            DeviceDecision::Allowed(allowed) => return replayed(tx, by, allowed.family, Taking::Refused(used(&allowed))).await,
            _ => return refused(ClientRefusal::CodeUsed.into()),
        },
        Decision::TooFast => ((code.interval_seconds + SLOWER).min(SLOWEST), NotYet::SlowDown),
        Decision::Pending => (code.interval_seconds, NotYet::Pending),
        Decision::Redeem => return redeem(tx, by, code, draft).await,
    };
    tx.poll_device_code(&draft.digest, by.at, interval).await?;
    Ok(Outcome::Kept(Taking::NotYet(not_yet)))
}

/// What is known of a device code that is refused.
fn told(refusal: ClientRefusal, decision: &DeviceDecision) -> Because {
    match (refusal, decision) {
        (ClientRefusal::GrantEnded, DeviceDecision::Allowed(allowed)) => {
            refusal.because().of(allowed.person).about(allowed.grant.as_bytes())
        }
        _ => refusal.because(),
    }
}

fn used(allowed: &DeviceGrant) -> Because {
    ClientRefusal::CodeUsed.because().of(allowed.person).about(allowed.family.as_bytes())
}

async fn redeem(tx: &mut Tx<'_>, by: &By, code: DeviceCode, draft: Draft) -> Work<Taking> {
    let DeviceDecision::Allowed(allowed) = code.decision else {
        return Ok(Outcome::Kept(Taking::Refused(ClientRefusal::NotIssued.into())));
    };
    if session::has_ended(tx, &allowed.request).await? {
        return Ok(Outcome::Kept(Taking::Refused(session_ended(&allowed.request, allowed.person))));
    }
    if !tx.redeem_device_code(&draft.digest, by.at).await? {
        return replayed(tx, by, allowed.family, Taking::Refused(used(&allowed))).await;
    }
    if let Some(refresh) = draft.refresh.filter(|_| is_offline(&allowed.request)) {
        let key_thumbprint = if draft.binds { draft.key_thumbprint } else { None };
        let request = Authorization { key_thumbprint, ..allowed.request.clone() };
        let (id, grant, key) = (allowed.family, allowed.grant, code.key);
        let family = RefreshFamily { id, grant, key, request, created_at: by.at, expires_at: draft.family_end };
        tx.insert_refresh_family(&family).await?;
        tx.insert_refresh_token(&refresh, id, draft.idle_until).await?;
    }
    Ok(Outcome::Kept(Taking::Redeemed(allowed)))
}

fn decide(code: &DeviceCode, draft: &Draft, now: Timestamp) -> Decision {
    // Another client's try, or one with another key, leaves the code as it is: it proves nothing about whose it is.
    if code.key != draft.client {
        return Decision::Refuse(ClientRefusal::NotIssued);
    }
    if code.asked.key_thumbprint.is_some_and(|bound| draft.key_thumbprint != Some(bound)) {
        return Decision::Refuse(ClientRefusal::KeyOther);
    }
    if code.redeemed_at.is_some() {
        return Decision::Replay;
    }
    if code.expires_at <= now {
        return Decision::Refuse(ClientRefusal::DeviceExpired);
    }
    match &code.decision {
        DeviceDecision::Refused => Decision::Refuse(ClientRefusal::PersonRefused),
        _ if is_too_fast(code, now) => Decision::TooFast,
        DeviceDecision::Waiting => Decision::Pending,
        DeviceDecision::Allowed(allowed) if allowed.ended_at.is_some() => Decision::Refuse(ClientRefusal::GrantEnded),
        DeviceDecision::Allowed(_) => Decision::Redeem,
    }
}

fn is_too_fast(code: &DeviceCode, now: Timestamp) -> bool {
    let interval = Duration::from_secs(code.interval_seconds.into());
    code.polled_at.is_some_and(|polled_at| polled_at.saturating_add(interval) > now)
}

#[cfg(test)]
mod tests {
    use domain::authorization::DeviceRequest;
    use domain::{FamilyId, GrantId, PersonId};

    use super::*;

    const KEY: CredentialId = CredentialId::from_bytes([2; 16]);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn allowed(ended_at: Option<Timestamp>) -> DeviceDecision {
        let request = Authorization {
            redirect_uri: None,
            scope: "api1".to_owned(),
            resources: vec![],
            nonce: None,
            code_challenge: None,
            key_thumbprint: None,
            session: None,
            auth_time: at(0),
            acr: None,
            amr: vec![],
        };
        let (grant, family) = (GrantId::from_bytes([1; 16]), FamilyId::from_bytes([3; 16]));
        DeviceDecision::Allowed(Box::new(DeviceGrant { grant, family, request, person: PersonId::from_bytes([4; 16]), ended_at }))
    }

    /// What is decided at second 50 of a code that lasts until second 100.
    fn decided(change: impl FnOnce(&mut DeviceCode, &mut Draft)) -> Decision {
        let address = "192.0.2.1".parse().expect("an address");
        let asked = DeviceRequest { scope: "api1".to_owned(), resources: vec![], key_thumbprint: None, address, user_agent: None };
        let mut code = DeviceCode {
            digest: Digest::of(b"code"),
            key: KEY,
            asked,
            created_at: at(0),
            expires_at: at(100),
            interval_seconds: 5,
            polled_at: None,
            decision: allowed(None),
            redeemed_at: None,
        };
        let mut draft = Draft {
            digest: Digest::of(b"code"),
            client: KEY,
            key_thumbprint: None,
            refresh: None,
            binds: false,
            family_end: at(1_000),
            idle_until: at(1_000),
        };
        change(&mut code, &mut draft);
        decide(&code, &draft, at(50))
    }

    #[test]
    fn each_state_of_a_code_has_its_answer() {
        assert_eq!(decided(|_, _| {}), Decision::Redeem);
        assert_eq!(decided(|code, _| code.decision = DeviceDecision::Waiting), Decision::Pending);
        assert_eq!(decided(|code, _| code.decision = DeviceDecision::Refused), Decision::Refuse(ClientRefusal::PersonRefused));
        assert_eq!(decided(|code, _| code.decision = allowed(Some(at(1)))), Decision::Refuse(ClientRefusal::GrantEnded));
        assert_eq!(decided(|code, _| code.expires_at = at(50)), Decision::Refuse(ClientRefusal::DeviceExpired));
        assert_eq!(decided(|code, _| code.redeemed_at = Some(at(1))), Decision::Replay);
        assert_eq!(decided(|_, draft| draft.client = CredentialId::from_bytes([9; 16])), Decision::Refuse(ClientRefusal::NotIssued));
    }

    #[test]
    fn who_asks_sooner_than_the_interval_is_too_fast() {
        for (polled_at, fast) in [(44, false), (45, false), (46, true), (50, true)] {
            let decision = decided(|code, _| (code.decision, code.polled_at) = (DeviceDecision::Waiting, Some(at(polled_at))));
            assert_eq!(decision, if fast { Decision::TooFast } else { Decision::Pending }, "{polled_at}");
        }
    }

    #[test]
    fn a_code_that_was_asked_with_a_key_is_for_that_key() {
        for (bound, proven, redeems) in
            [(None, None, true), (None, Some(1), true), (Some(1), Some(1), true), (Some(1), None, false), (Some(1), Some(2), false)]
        {
            let decision = decided(|code, draft| {
                code.asked.key_thumbprint = bound.map(|byte| [byte; 32]);
                draft.key_thumbprint = proven.map(|byte| [byte; 32]);
            });
            assert_eq!(decision == Decision::Redeem, redeems, "{bound:?} {proven:?}");
        }
    }
}
