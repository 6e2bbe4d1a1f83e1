//! The second step of signing in: after the first means, a person with a second factor is asked for it. Until then there is no session.

use domain::person::Person;
use domain::session::SecondMethod;
use domain::text::Email;
use domain::{Digest, InteractionId, PersonId, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::SecondFactors;
use crate::error::Outage;
use crate::session::{Proof, Start};
use crate::{Authority, Begun, BrowserFacts, Context, Error, Refusal, SessionLimits, Waiting, allowance};

/// The path of the page that goes on with it.
const RESUME: &str = "/sign-in/second-step";

/// What a person has proved so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum First {
    /// The password whose hash has this digest.
    Password(Digest),
    /// Another provider was asked, to which the person proved it then.
    Upstream(Timestamp),
}

/// A signing in of which the second step is to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HalfSignIn {
    pub(crate) person: PersonId,
    pub(crate) first: First,
    /// The sign-in page's query: where it leads.
    pub(crate) query: String,
}

/// A second means that was looked at: it counts if nobody takes it meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// The code of this step.
    Totp(i64),
    /// This recovery code.
    RecoveryCode(u32),
    /// A passkey, and what it counted.
    Passkey(domain::PasskeyId, u32),
}

impl Second {
    pub(crate) const fn method(self) -> SecondMethod {
        match self {
            Self::Totp(_) | Self::RecoveryCode(_) => SecondMethod::Code,
            Self::Passkey(..) => SecondMethod::Passkey,
        }
    }

    /// Takes it; says whether it was there to be taken.
    pub(crate) async fn take(self, tx: &mut Tx<'_>, person: PersonId, at: Timestamp) -> Result<bool, StoreError> {
        match self {
            Self::Totp(step) => tx.take_totp_step(person, step, at).await,
            Self::RecoveryCode(number) => tx.take_recovery_code(person, number, at).await,
            Self::Passkey(id, counter) => tx.count_passkey(id, counter, at).await,
        }
    }
}

/// A signing in that waits for its second step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondStep {
    /// Who.
    pub person: Person,
    /// The sign-in page's query: where it leads.
    pub query: String,
    /// What the person has.
    pub factors: SecondFactors,
    first: First,
}

/// What a person gives in the second step.
#[derive(Clone)]
pub enum SecondProof {
    /// A code of the app.
    Code(Secret<String>),
    /// A recovery code.
    RecoveryCode(Secret<String>),
}

/// The second step.
#[derive(Clone)]
pub struct FinishSignIn {
    /// Under which id it waits.
    pub id: InteractionId,
    /// In which browser.
    pub visit: Digest,
    /// What was given.
    pub proof: SecondProof,
    /// The mark of a browser that is known.
    pub device: Option<Secret<String>>,
    /// The browser.
    pub browser: BrowserFacts,
    /// How long the session lasts.
    pub limits: SessionLimits,
}

impl Authority {
    /// Lets a signing in wait for its second step, in this browser.
    pub(crate) async fn wait_for_second_step(&self, half: HalfSignIn, visit: Digest, now: Timestamp) -> Result<InteractionId, Error> {
        let id = InteractionId::generate(now, &*self.entropy)?;
        let request = serde_json::to_string(&half).map_err(|_| Error::Unavailable(Outage::Internal("a signing in cannot be kept")))?;
        self.keep_waiting(id, Waiting { resume: RESUME.to_owned(), request, ..Waiting::default() }, visit, now).await?;
        Ok(id)
    }

    /// The signing in that waits under this id in this browser for its second step.
    pub async fn second_step(&self, id: InteractionId, visit: Digest, now: Timestamp) -> Result<Option<SecondStep>, Error> {
        let found = self.interaction(id, visit, now).await?.filter(|found| found.resume == RESUME);
        let Some(half) = found.and_then(|found| serde_json::from_str::<HalfSignIn>(&found.request).ok()) else { return Ok(None) };
        let HalfSignIn { person, first, query } = half;
        let read =
            self.store.read(move |reader| Box::pin(async move { Ok((reader.person(person).await?, super::of(reader, person).await?)) }));
        let (person, factors) = read.await?;
        Ok(person.map(|person| SecondStep { person, query, factors, first }))
    }

    /// Signs in whoever has proved the first step and now gives the second. What is not right can be tried again.
    pub async fn finish_sign_in(&self, context: &Context, finish: FinishSignIn) -> Result<Result<Begun, Refusal>, Error> {
        let FinishSignIn { id, visit, proof, device, browser, limits } = finish;
        let Some(step) = self.second_step(id, visit, context.now).await? else { return Ok(Err(Refusal::Over)) };
        let person = step.person.id;
        let account = step.person.email.as_ref().map(Email::folded).unwrap_or_default();
        let charges = match &proof {
            SecondProof::Code(_) => {
                let known = device.and_then(|mark| self.known_device(&mark, &account, context.now));
                allowance::second_step(browser.address, person, known.as_deref())
            }
            // So long that guessing is hopeless: whoever uses up the codes' allowance keeps nobody from these.
            SecondProof::RecoveryCode(_) => allowance::recovery(browser.address),
        };
        if let Some(until) = self.store.spend(charges.clone(), context.now).await? {
            return Ok(Err(Refusal::TooMany(until)));
        }
        let second = match &proof {
            SecondProof::Code(code) => self.totp_step(person, code.expose(), context.now).await?.map(Second::Totp),
            SecondProof::RecoveryCode(code) => self.recovery_code_number(person, code.expose()).await?.map(Second::RecoveryCode),
        };
        let Some(second) = second else { return Ok(Err(Refusal::NotRight)) };
        let begun = self.begin_second(context, (id, visit), &step, (second, browser, limits)).await?;
        if begun.is_ok() {
            self.store.give_back(charges).await?;
        }
        Ok(begun)
    }

    /// Begins the session of a signing in whose second means was looked at.
    pub(super) async fn begin_second(
        &self,
        context: &Context,
        half: (InteractionId, Digest),
        step: &SecondStep,
        (second, browser, limits): (Second, BrowserFacts, SessionLimits),
    ) -> Result<Result<Begun, Refusal>, Error> {
        let person = step.person.id;
        let proof = match step.first {
            First::Upstream(auth_time) => Proof::Upstream { auth_time },
            First::Password(digest) => {
                let hash = self.store.read(move |reader| Box::pin(async move { reader.password_hash(person).await })).await?;
                if hash.as_ref().map(|hash| Digest::of(hash.as_bytes())) != Some(digest) {
                    return Ok(Err(Refusal::Over));
                }
                Proof::Password(hash)
            }
        };
        let start = Start { person, proof, second: Some((second, half)), browser, limits };
        self.begin_session(context, start).await
    }
}
