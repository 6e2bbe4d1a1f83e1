//! Passkeys (Web Authentication): made, used to sign in or for the second step, removed.
//!
//! What a device is to answer waits as an interaction of the browser: the challenge begins with its id, and whoever answers takes it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::letter::Factor;
use domain::person::Person;
use domain::second_factor::FactorChange;
use domain::text::Name;
use domain::{Digest, Event, InteractionId, PasskeyId, PersonId};
use jose::passkey::{Assertion, Attestation, RelyingParty};
use serde::{Deserialize, Serialize};
use store::{Abort, Outcome, Passkey, StoreError, conflict};

use super::{Second, SecondStep, Told};
use crate::error::Outage;
use crate::session::{Proof, Start};
use crate::{Authority, Begun, BrowserFacts, Changed, Context, Error, Refusal, SessionLimits, allowance};

/// As many may a person have.
const MAX_PASSKEYS: usize = 20;
/// After the id, 256 bits that nobody can foresee (section 13.4.3 of the standard asks for 128).
const RANDOM_BYTES: usize = 32;
/// What waits for a device's answer. No page goes on with it by this name.
const RESUME: &str = "/passkey";

/// What a device is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyChallenge {
    /// The challenge.
    pub challenge: Vec<u8>,
    /// Who is meant; nobody where the device is to say who it is.
    pub person: Option<Person>,
    /// The passkeys that the person has.
    pub known: Vec<Passkey>,
}

/// What a device is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    /// To make a passkey for this person.
    Add(PersonId),
    /// To say who it is.
    SignIn,
    /// To prove that it is this person who waits here for the second step.
    SecondStep(InteractionId, PersonId),
}

#[derive(Serialize, Deserialize)]
struct Waiting {
    challenge: String,
    purpose: Purpose,
}

/// A device's answer, as the browser gives it.
#[derive(Clone, Copy)]
pub struct PasskeyAnswer<'a> {
    /// In JSON (`PublicKeyCredential.toJSON`).
    pub text: &'a str,
    /// The browser's mark.
    pub visit: Digest,
    /// Who we are.
    pub rp: &'a RelyingParty,
}

/// How adding a passkey went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyAdded {
    /// It counts from now on.
    Done,
    /// The device's answer does not count, or it is known already.
    NotRight,
    /// Nothing waits for it any more.
    Over,
}

impl Authority {
    /// What a device is to answer that makes a passkey for the caller.
    pub async fn begin_passkey(&self, context: &Context, visit: Digest) -> Result<PasskeyChallenge, Error> {
        let person = super::oneself(context)?;
        let challenge = self.challenge(context, visit, Purpose::Add(person)).await?;
        let read =
            self.store.read(move |reader| Box::pin(async move { Ok((reader.person(person).await?, reader.passkeys_of(person).await?)) }));
        let (person, known) = read.await?;
        Ok(PasskeyChallenge { challenge, person, known })
    }

    /// What a device is to answer that signs somebody in: whoever it is. Says when it may be asked for again, where that was too often.
    pub async fn begin_passkey_sign_in(
        &self,
        context: &Context,
        browser: &BrowserFacts,
        visit: Digest,
    ) -> Result<Result<PasskeyChallenge, Refusal>, Error> {
        if let Some(until) = self.store.spend(allowance::challenge(browser.address), context.now).await? {
            return Ok(Err(Refusal::TooMany(until)));
        }
        let challenge = self.challenge(context, visit, Purpose::SignIn).await?;
        Ok(Ok(PasskeyChallenge { challenge, person: None, known: Vec::new() }))
    }

    /// The same for the second step of a signing in that waits here.
    pub async fn begin_passkey_step(
        &self,
        context: &Context,
        (id, visit): (InteractionId, Digest),
        step: &SecondStep,
    ) -> Result<PasskeyChallenge, Error> {
        let challenge = self.challenge(context, visit, Purpose::SecondStep(id, step.person.id)).await?;
        Ok(PasskeyChallenge { challenge, person: Some(step.person.clone()), known: step.factors.passkeys.clone() })
    }

    /// Adds a passkey that a device has made for the caller.
    pub async fn add_passkey(&self, context: &Context, answer: PasskeyAnswer<'_>, name: &Name) -> Result<PasskeyAdded, Error> {
        let person = super::oneself(context)?;
        let Ok(attestation) = Attestation::read(answer.text) else { return Ok(PasskeyAdded::NotRight) };
        let challenge = attestation.challenge().unwrap_or_default();
        if self.taken(context, answer.visit, &challenge).await? != Some(Purpose::Add(person)) {
            return Ok(PasskeyAdded::Over);
        }
        let made = match attestation.verify(answer.rp, &challenge) {
            Ok(made) => made,
            Err(refusal) => {
                tracing::info!(cause = %refusal, request = %context.request, "a passkey was not taken");
                return Ok(PasskeyAdded::NotRight);
            }
        };
        let passkey = Passkey {
            id: PasskeyId::generate(context.now, &*self.entropy)?,
            person,
            credential: made.credential,
            public_key: made.public_key,
            counter: made.counter,
            name: name.as_str().to_owned(),
            transports: made.transports,
            is_synced: made.is_synced,
            created_at: context.now,
            last_used_at: None,
            suspected_at: None,
        };
        let letters = self.letters();
        let added = self.change(context, move |tx, by| {
            let (passkey, letters) = (passkey.clone(), letters.clone());
            Box::pin(async move {
                if tx.passkeys_of(person).await?.len() >= MAX_PASSKEYS {
                    return Err(Abort::Refused(Error::Conflict { code: "too_many_passkeys", detail: "there are enough passkeys" }));
                }
                tx.insert_passkey(&passkey).await.map_err(taken_already)?;
                let change = FactorChange::PasskeyAdded(passkey.id);
                let told = Told { change, factor: Factor::Passkey, name: Some(passkey.name) };
                Ok(Outcome::Changed((), super::added(tx, by, &letters, (person, told)).await?))
            })
        });
        let added = added.await;
        self.letters_written();
        match added {
            Ok(_) => Ok(PasskeyAdded::Done),
            Err(Error::Conflict { code: KNOWN, .. }) => Ok(PasskeyAdded::NotRight),
            Err(error) => Err(error),
        }
    }

    /// Takes one of the caller's own passkeys away.
    pub async fn remove_passkey(&self, context: &Context, id: PasskeyId) -> Result<Changed<()>, Error> {
        let (person, letters) = (super::oneself(context)?, self.letters());
        let removed = self.change(context, move |tx, by| {
            let letters = letters.clone();
            Box::pin(async move {
                let name = tx.passkeys_of(person).await?.into_iter().find(|passkey| passkey.id == id).map(|passkey| passkey.name);
                if !tx.delete_passkey(id, person).await? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let told = Told { change: FactorChange::PasskeyRemoved(id), factor: Factor::Passkey, name };
                Ok(Outcome::Changed((), super::removed(tx, by, &letters, (person, told)).await?))
            })
        });
        let removed = removed.await?;
        self.letters_written();
        Ok(removed)
    }

    /// Signs in whoever holds this passkey: alone, or where somebody waits for the second step.
    pub async fn sign_in_with_passkey(
        &self,
        context: &Context,
        answer: PasskeyAnswer<'_>,
        (browser, limits): (BrowserFacts, SessionLimits),
    ) -> Result<Result<Begun, Refusal>, Error> {
        let charges = allowance::recovery(browser.address);
        if let Some(until) = self.store.spend(charges.clone(), context.now).await? {
            return Ok(Err(Refusal::TooMany(until)));
        }
        let (passkey, counter, purpose) = match self.judged(context, answer).await? {
            Ok(judged) => judged,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let begun = match purpose {
            Purpose::SecondStep(half, _) => {
                let Some(step) = self.second_step(half, answer.visit, context.now).await? else { return Ok(Err(Refusal::Over)) };
                self.begin_second(context, (half, answer.visit), &step, (Second::Passkey(passkey.id, counter), browser, limits)).await?
            }
            _ => {
                let person = passkey.person;
                let start = Start { person, proof: Proof::Passkey(passkey.id, counter), second: None, browser, limits };
                self.begin_session(context, start).await?
            }
        };
        if begun.is_ok() {
            self.store.give_back(charges).await?;
        }
        Ok(begun)
    }

    /// Whose passkey answered what was asked in this browser, and what it counted.
    async fn judged(&self, context: &Context, answer: PasskeyAnswer<'_>) -> Result<Result<(Passkey, u32, Purpose), Refusal>, Error> {
        let Ok(assertion) = Assertion::read(answer.text) else { return Ok(Err(Refusal::NotRight)) };
        let challenge = assertion.challenge().unwrap_or_default();
        let purpose = match self.taken(context, answer.visit, &challenge).await? {
            None | Some(Purpose::Add(_)) => return Ok(Err(Refusal::Over)),
            Some(purpose) => purpose,
        };
        let name = assertion.credential.clone();
        let found = self.store.read(move |reader| Box::pin(async move { reader.passkey_by_credential(&name).await })).await?;
        // Section 7.2: it is of whom it says, and where somebody is meant, of that one.
        let says = assertion.user_handle.as_deref();
        let is_meant = |passkey: &Passkey| match purpose {
            Purpose::SecondStep(_, person) => passkey.person == person && says.is_none_or(|says| says == person.as_bytes()),
            _ => says == Some(passkey.person.as_bytes()),
        };
        let Some(passkey) = found.filter(is_meant) else { return Ok(Err(Refusal::NotRight)) };
        let counter = match assertion.verify(answer.rp, &challenge, &passkey.public_key) {
            Ok(counter) => counter,
            Err(refusal) => {
                tracing::info!(cause = %refusal, request = %context.request, "a passkey signed nobody in");
                return Ok(Err(Refusal::NotRight));
            }
        };
        // Section 6.1.1: where it counts at all, it counts upwards. Two that count apart are copies of one.
        let went_back = (counter > 0 || passkey.counter > 0) && counter <= passkey.counter;
        if went_back || passkey.suspected_at.is_some() {
            self.suspect(context, &passkey).await?;
            return Ok(Err(Refusal::Suspected));
        }
        Ok(Ok((passkey, counter, purpose)))
    }

    async fn suspect(&self, context: &Context, passkey: &Passkey) -> Result<(), Error> {
        let (id, person) = (passkey.id, passkey.person);
        let marked = self.change(context, move |tx, by| {
            Box::pin(async move {
                if !tx.suspect_passkey(id, by.at).await? {
                    return Ok(Outcome::Unchanged(()));
                }
                Ok(Outcome::Changed(
                    (),
                    tx.record(by, Event::SecondFactorChanged { person, change: FactorChange::PasskeySuspected(id) }).await?,
                ))
            })
        });
        marked.await.map(drop)
    }

    async fn challenge(&self, context: &Context, visit: Digest, purpose: Purpose) -> Result<Vec<u8>, Error> {
        let id = InteractionId::generate(context.now, &*self.entropy)?;
        let mut random = [0; RANDOM_BYTES];
        self.entropy.fill(&mut random)?;
        let challenge = [id.as_bytes().as_slice(), &random].concat();
        let waiting = Waiting { challenge: URL_SAFE_NO_PAD.encode(&challenge), purpose };
        let request = serde_json::to_string(&waiting).map_err(|_| Error::Unavailable(Outage::Internal("a challenge cannot be kept")))?;
        let waiting = crate::Waiting { resume: RESUME.to_owned(), request, ..crate::Waiting::default() };
        self.keep_waiting(id, waiting, visit, context.now).await?;
        Ok(challenge)
    }

    /// What this was the challenge for, in this browser: once, whatever becomes of the answer.
    async fn taken(&self, context: &Context, visit: Digest, challenge: &[u8]) -> Result<Option<Purpose>, Error> {
        let Some((id, _)) = challenge.split_first_chunk::<16>() else { return Ok(None) };
        let id = InteractionId::from_bytes(*id);
        let found = self.interaction(id, visit, context.now).await?.filter(|found| found.resume == RESUME);
        let Some(found) = found else { return Ok(None) };
        if !self.take_interaction(id, visit, context.now).await? {
            return Ok(None);
        }
        let waiting: Option<Waiting> = serde_json::from_str(&found.request).ok();
        Ok(waiting.filter(|waiting| waiting.challenge == URL_SAFE_NO_PAD.encode(challenge)).map(|waiting| waiting.purpose))
    }
}

const KNOWN: &str = "passkey_known";

fn taken_already(error: StoreError) -> Abort<Error> {
    if matches!(error, StoreError::Conflict(conflict::PASSKEY)) {
        return Abort::Refused(Error::Conflict { code: KNOWN, detail: "this passkey is known already" });
    }
    error.into()
}
