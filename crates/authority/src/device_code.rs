//! Devices without a browser: they get a pair of codes, a person types one and answers (RFC 8628).
//!
//! A user code is 8 of 20 consonants: 34.5 bits. Whoever tries to hit one must be signed in and has 10 tries at once, then one a
//! minute: about 20 while one lives. With 10,000 devices waiting, that is a chance of 1 in 128,000.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::authorization::{Authorization, DeviceRequest};
use domain::scope::ScopeSet;
use domain::{ClientRefusal, CredentialId, Digest, FamilyId, GrantId, Kind, MembershipId, PersonId, Secret, Timestamp};
use store::{Abort, By, DeviceCode, DeviceDecision, NewDeviceCode, NewDeviceGrant, Outcome, Tx};
use verifier::Client;

use crate::authorize::{Committed, Consented, asked, granted, works};
use crate::change::Work;
use crate::error::Outage;
use crate::grant_type::{GrantError, meant};
use crate::{Authority, Context, Error, allowance, logout_notice};

/// How long a device code lasts, in seconds.
pub const DEVICE_SECONDS: u32 = 600;
/// How long a device waits between two questions, in seconds (RFC 8628 section 3.2).
pub const DEVICE_INTERVAL: u32 = 5;
/// Letters that nobody mistakes, and that make no words (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const USER_CODE_LETTERS: usize = 8;
/// How many characters of what a device calls itself are kept.
const MAX_USER_AGENT: usize = 200;
/// How often another user code is drawn where somebody has the one that was drawn.
const DRAWS: usize = 4;

/// What a device asks for.
pub struct NewDevice {
    /// The scopes that it names.
    pub scope: Option<String>,
    /// The resources that it names.
    pub resources: Vec<String>,
    /// The key that it proves: only with this key it gets anything.
    pub key_thumbprint: Option<[u8; 32]>,
    /// Where it is.
    pub address: IpAddr,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// What a device gets first.
pub struct DevicePair {
    /// What it asks with.
    pub device_code: Secret<String>,
    /// What the person types, as it is shown: `WDJB-MJHT`.
    pub user_code: String,
}

/// A device that waits for a person.
#[derive(Debug, Clone)]
pub struct WaitingDevice {
    /// Its code, by its digest.
    pub digest: Digest,
    /// Which client it runs.
    pub client: Arc<Client>,
    /// What it asks for.
    pub scope: ScopeSet,
    /// The same in its words, and from where.
    pub asked: DeviceRequest,
    /// When it asked.
    pub asked_at: Timestamp,
}

impl WaitingDevice {
    /// Whether it is in the network of this address.
    pub fn is_near(&self, address: IpAddr) -> bool {
        allowance::network(self.asked.address) == allowance::network(address)
    }
}

/// What a person answers.
#[derive(Clone)]
pub struct DeviceAnswer {
    /// The device, by the digest of its code.
    pub digest: Digest,
    /// Its client.
    pub key: CredentialId,
    /// Who answers.
    pub person: PersonId,
    /// As which member, and what is kept with the code: nothing where it is refused.
    pub allowed: Option<(MembershipId, Authorization)>,
}

impl Authority {
    /// Keeps the request of a device. The moment: too many have begun at its address, until then.
    pub async fn begin_device(&self, client: &Client, new: NewDevice, now: Timestamp) -> Result<Result<DevicePair, Timestamp>, GrantError> {
        let NewDevice { scope, resources, key_thumbprint, address, user_agent } = new;
        if let Some(until) = self.store.spend(vec![allowance::device(address)], now).await? {
            return Ok(Err(until));
        }
        let apis = self.verifier.apis();
        meant(apis.clone(), &resources)?;
        let scope = asked(&client.definition, scope.as_deref(), &resources, &apis).map_err(|_| ClientRefusal::ScopeWrong)?.text();
        let user_agent = user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect());
        let asked = DeviceRequest { scope, resources, key_thumbprint, address: address.to_canonical(), user_agent };
        let device_code = self.installation.generate(Kind::DeviceCode, &*self.entropy)?;
        for _ in 0..DRAWS {
            let letters = self.draw_letters()?;
            let new = NewDeviceCode {
                digest: Digest::of(device_code.expose().as_bytes()),
                user_code: user_code_digest(&letters),
                key: client.id,
                asked: asked.clone(),
                created_at: now,
                expires_at: now.saturating_add(Duration::from_secs(DEVICE_SECONDS.into())),
                interval_seconds: DEVICE_INTERVAL,
            };
            if self.store.insert_device_code(new).await? {
                return Ok(Ok(DevicePair { device_code, user_code: shown(&letters) }));
            }
        }
        Err(Error::Unavailable(Outage::Internal("no user code is free")).into())
    }
}

/// What came of a code that somebody typed.
pub enum Typed {
    /// It is nobody's, or it is too late.
    Unknown,
    /// Too many were typed: there is another try at this moment.
    TooMany(Timestamp),
    /// The device that waits.
    Waiting(Box<WaitingDevice>),
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceAnswered {
    /// The device is told when it asks next.
    Done,
    /// It was answered otherwise, or it is too late.
    Over,
    /// The person, the membership or the client does not work any more.
    Gone,
}

impl Authority {
    /// Looks for the device that somebody typed the code of. Counted, right or wrong.
    pub async fn device_typed(&self, typed: &str, (person, address): (PersonId, IpAddr), now: Timestamp) -> Result<Typed, Error> {
        let charges = allowance::typing(address, person);
        if let Some(until) = self.store.spend(charges, now).await? {
            return Ok(Typed::TooMany(until));
        }
        let Some(letters) = letters_of(typed) else { return Ok(Typed::Unknown) };
        let digest = user_code_digest(&letters);
        let code = self.store.read(move |reader| Box::pin(async move { reader.device_code_typed(&digest, now).await })).await?;
        Ok(self.waiting(code)?.map_or(Typed::Unknown, |device| Typed::Waiting(Box::new(device))))
    }

    /// The device that somebody has typed the code of, until it is over; also once it was answered.
    pub async fn found_device(&self, digest: Digest, now: Timestamp) -> Result<Option<WaitingDevice>, Error> {
        let code = self.store.read(move |reader| Box::pin(async move { reader.device_code(&digest).await })).await?;
        self.waiting(code.filter(|code| code.expires_at > now))
    }

    fn waiting(&self, code: Option<DeviceCode>) -> Result<Option<WaitingDevice>, Error> {
        let Some(code) = code else { return Ok(None) };
        let known = self.verifier.client_of(&code.key)?.filter(|known| known.works.is_ok());
        let scope = ScopeSet::read(&code.asked.scope, &self.verifier.apis()).ok();
        let device = |(known, scope): (verifier::KnownClient, ScopeSet)| WaitingDevice {
            digest: code.digest,
            client: known.client,
            scope,
            asked_at: code.created_at,
            asked: code.asked,
        };
        Ok(known.zip(scope).map(device))
    }

    /// Writes what a person has answered; with a yes also the grant. When this returns, the grant is known to every node, or to those
    /// that can be reached within half a second.
    pub async fn answer_device(&self, context: &Context, answer: DeviceAnswer) -> Result<DeviceAnswered, Error> {
        let now = context.now;
        let (grant, family) = (GrantId::generate(now, &*self.entropy)?, FamilyId::generate(now, &*self.entropy)?);
        let committed = self.change(context, move |tx, by| {
            let answer = answer.clone();
            Box::pin(async move { commit(tx, by, answer, (grant, family)).await })
        });
        Ok(match committed.await?.value {
            Committed::Issued => DeviceAnswered::Done,
            Committed::Over => DeviceAnswered::Over,
            Committed::Gone => DeviceAnswered::Gone,
        })
    }

    fn draw_letters(&self) -> Result<String, Error> {
        let mut letters = String::with_capacity(USER_CODE_LETTERS);
        while letters.len() < USER_CODE_LETTERS {
            let mut bytes = [0; 2 * USER_CODE_LETTERS];
            self.entropy.fill(&mut bytes)?;
            // 240 is the largest multiple of 20 in a byte: what is above it would favour some letters.
            let drawn = bytes.iter().filter(|byte| **byte < 240).map(|byte| LETTERS[usize::from(byte % 20)] as char);
            letters.extend(drawn.take(USER_CODE_LETTERS - letters.len()));
        }
        Ok(letters)
    }
}

async fn commit(tx: &mut Tx<'_>, by: &By, answer: DeviceAnswer, (grant, family): (GrantId, FamilyId)) -> Work<Committed> {
    let code = tx.device_code(&answer.digest).await?.filter(|code| code.key == answer.key && code.expires_at > by.at);
    let Some(code) = code else { return Ok(Outcome::Unchanged(Committed::Over)) };
    if code.decision != DeviceDecision::Waiting {
        let same = is_same(&code.decision, &answer);
        return Ok(Outcome::Unchanged(if same { Committed::Issued } else { Committed::Over }));
    }
    let Some((membership, authorization)) = answer.allowed else {
        tx.refuse_device(&answer.digest, by.at).await?;
        return Ok(Outcome::Kept(Committed::Issued));
    };
    let request = serde_json::to_string(&authorization)
        .map_err(|_| Abort::Refused(Error::Unavailable(Outage::Internal("an authorization could not be written"))))?;
    let scopes = authorization.scope.split(' ').map(str::to_owned).collect();
    let (person, key) = (answer.person, answer.key);
    let consented = Consented { person, membership, key, scopes, authorization, pushed: None, form: None };
    if !works(tx, &consented).await? {
        return Ok(Outcome::Unchanged(Committed::Gone));
    }
    let (grant, recorded) = granted(tx, by, &consented, grant).await?;
    logout_notice::remember(tx, &consented.authorization, key).await?;
    tx.allow_device(&answer.digest, by.at, &NewDeviceGrant { grant, family, request }).await?;
    tx.mark_organisation_key_used(key).await?;
    Ok(match recorded {
        Some(recorded) => Outcome::Changed(Committed::Issued, recorded),
        None => Outcome::Kept(Committed::Issued),
    })
}

/// Whether a form that was sent twice says what it said before.
fn is_same(decision: &DeviceDecision, answer: &DeviceAnswer) -> bool {
    match decision {
        DeviceDecision::Waiting => false,
        DeviceDecision::Allowed(allowed) => answer.allowed.is_some() && allowed.person == answer.person,
        DeviceDecision::Refused => answer.allowed.is_none(),
    }
}

/// What somebody typed, as it was drawn: letters have no case, and what is between them does not count (RFC 8628 section 6.1).
fn letters_of(typed: &str) -> Option<String> {
    let letters: String =
        typed.chars().filter(|character| character.is_alphanumeric()).take(40).map(|letter| letter.to_ascii_uppercase()).collect();
    (letters.len() == USER_CODE_LETTERS && letters.bytes().all(|letter| LETTERS.contains(&letter))).then_some(letters)
}

/// As people are shown it.
fn shown(letters: &str) -> String {
    let (first, second) = letters.split_at(USER_CODE_LETTERS / 2);
    format!("{first}-{second}")
}

/// What somebody typed as it was shown to them, if it can be one.
pub fn read_user_code(typed: &str) -> Option<String> {
    letters_of(typed).map(|letters| shown(&letters))
}

fn user_code_digest(letters: &str) -> Digest {
    Digest::of(&[b"poort user code\0".as_slice(), letters.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_has_no_case_and_no_punctuation() {
        for typed in ["WDJBMJHT", "wdjb-mjht", " wdjb mjht ", "w.d.j.b/MJHT"] {
            assert_eq!(letters_of(typed).as_deref(), Some("WDJBMJHT"), "{typed}");
        }
        for bad in ["", "WDJB-MJH", "WDJB-MJHTT", "ADJB-MJHT", "WDJB-MJH1", "ẄDJB-MJHT"] {
            assert_eq!(letters_of(bad), None, "{bad}");
        }
    }
}
