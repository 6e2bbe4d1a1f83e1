//! Codes of six digits that an app counts from the time (RFC 6238): added with a first code, taken once each, removed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::letter::Factor;
use domain::second_factor::FactorChange;
use domain::{Digest, Event, InteractionId, PersonId, Secret, Timestamp};
use store::sealing::TOTP;
use store::{Abort, Outcome, StoreError, conflict};
use totp_rs::Builder;

use super::{Told, recovery_code};
use crate::error::Outage;
use crate::{Authority, Changed, Context, Error, Waiting};

/// 160 bits, as RFC 4226 section 4 asks for.
const SECRET_BYTES: usize = 20;
/// Where it waits until the app has shown its first code.
const RESUME: &str = "/profile/sign-in/app";

/// An app that is being added.
pub struct TotpUnderWay {
    /// Where it waits.
    pub id: InteractionId,
    /// What the app counts from, in Base32: for who types it.
    pub secret: Secret<String>,
}

/// How adding an app went.
pub enum Added {
    /// It counts from now on. The recovery codes are new where there were none: shown once.
    Done(Option<Vec<Secret<String>>>),
    /// The code is not right.
    NotRight,
    /// Nothing waits under this id any more.
    Over,
}

impl Authority {
    /// Draws what a new app is to count from. It waits in this browser until the app has shown a code.
    pub async fn begin_totp(&self, context: &Context, visit: Digest) -> Result<TotpUnderWay, Error> {
        let person = super::oneself(context)?;
        let mut bytes = [0; SECRET_BYTES];
        self.entropy.fill(&mut bytes)?;
        let sealed = self.keys.seal_with_master(&person.to_string(), TOTP, &bytes, &*self.entropy)?;
        let id = InteractionId::generate(context.now, &*self.entropy)?;
        let waiting = Waiting { resume: RESUME.to_owned(), request: URL_SAFE_NO_PAD.encode(sealed), ..Waiting::default() };
        self.keep_waiting(id, waiting, visit, context.now).await?;
        Ok(TotpUnderWay { id, secret: base32(&bytes) })
    }

    /// What an app is to count from that is being added in this browser.
    pub async fn totp_under_way(&self, context: &Context, id: InteractionId, visit: Digest) -> Result<Option<TotpUnderWay>, Error> {
        let Some((_, secret)) = self.waiting_totp(context, id, visit).await? else { return Ok(None) };
        Ok(Some(TotpUnderWay { id, secret: base32(secret.expose()) }))
    }

    /// Adds the app that shows this code now.
    pub async fn add_totp(&self, context: &Context, (id, visit): (InteractionId, Digest), code: &str) -> Result<Added, Error> {
        let person = super::oneself(context)?;
        let Some((sealed, secret)) = self.waiting_totp(context, id, visit).await? else { return Ok(Added::Over) };
        let Some(last_step) = step_of(secret.expose(), code, context.now) else { return Ok(Added::NotRight) };
        let codes = recovery_code::draw(&*self.entropy)?;
        let digests = recovery_code::digests(person, &codes);
        let row = store::Totp { person, sealed, last_step, created_at: context.now, last_used_at: None };
        let letters = self.letters();
        let added = self.change(context, move |tx, by| {
            let (row, digests, letters) = (row.clone(), digests.clone(), letters.clone());
            Box::pin(async move {
                if !tx.take_interaction(id, &visit, by.at).await? {
                    return Ok(Outcome::Unchanged(None));
                }
                tx.insert_totp(&row).await.map_err(taken)?;
                let told = Told { change: FactorChange::TotpAdded, factor: Factor::Codes, name: None };
                let mut recorded = super::added(tx, by, &letters, (person, told)).await?;
                let are_new = tx.recovery_codes(person).await?.is_none_or(|codes| codes.left == 0);
                if are_new {
                    tx.replace_recovery_codes(person, &digests, by.at).await?;
                    recorded = tx.record(by, Event::SecondFactorChanged { person, change: FactorChange::RecoveryCodesMade }).await?;
                }
                Ok(Outcome::Changed(Some(are_new), recorded))
            })
        });
        let added = added.await?.value;
        self.letters_written();
        Ok(match added {
            Some(are_new) => Added::Done(are_new.then_some(codes)),
            None => Added::Over,
        })
    }

    /// Takes the caller's own app away.
    pub async fn remove_totp(&self, context: &Context) -> Result<Changed<()>, Error> {
        let (person, letters) = (super::oneself(context)?, self.letters());
        let removed = self.change(context, move |tx, by| {
            let letters = letters.clone();
            Box::pin(async move {
                if !tx.delete_totp(person).await? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let told = Told { change: FactorChange::TotpRemoved, factor: Factor::Codes, name: None };
                Ok(Outcome::Changed((), super::removed(tx, by, &letters, (person, told)).await?))
            })
        });
        let removed = removed.await?;
        self.letters_written();
        Ok(removed)
    }

    /// Of which step a code of a person's app is, if it is one of now. Whether it was taken before is decided where it is taken.
    pub(super) async fn totp_step(&self, person: PersonId, code: &str, now: Timestamp) -> Result<Option<i64>, Error> {
        let Some(totp) = self.store.read(move |reader| Box::pin(async move { reader.totp(person).await })).await? else { return Ok(None) };
        let secret = self.keys.open_with_master(&person.to_string(), TOTP, &totp.sealed)?;
        Ok(step_of(secret.expose(), code, now))
    }

    async fn waiting_totp(&self, context: &Context, id: InteractionId, visit: Digest) -> Result<Option<(Vec<u8>, Secret<Vec<u8>>)>, Error> {
        let person = super::oneself(context)?;
        let found = self.interaction(id, visit, context.now).await?.filter(|found| found.resume == RESUME);
        let Some(sealed) = found.and_then(|found| URL_SAFE_NO_PAD.decode(found.request).ok()) else { return Ok(None) };
        // What somebody else began in this browser cannot be opened under this name.
        let opened = self.keys.open_with_master(&person.to_string(), TOTP, &sealed).ok();
        Ok(opened.map(|secret| (sealed, secret)))
    }
}

/// Of which step a code is: of now, or of one before or after (section 5.2). Spaces may stand in it, as apps show it.
fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    let totp = Builder::new().with_secret(totp_rs::Secret::new(secret.into())).build().ok()?;
    let step = totp.check(&code, u64::try_from(now.unix_seconds()).ok()?)?;
    i64::try_from(step).ok()
}

fn base32(secret: &[u8]) -> Secret<String> {
    Secret::new(totp_rs::Secret::new(secret.into()).to_base32())
}

fn taken(error: StoreError) -> Abort<Error> {
    if matches!(error, StoreError::Conflict(conflict::ID)) {
        return Abort::Refused(Error::Conflict { code: "totp_there", detail: "there is an app already" });
    }
    error.into()
}

impl From<store::sealing::SealingError> for Error {
    fn from(error: store::sealing::SealingError) -> Self {
        match error {
            store::sealing::SealingError::Store(error) => error.into(),
            store::sealing::SealingError::Entropy(error) => error.into(),
            _ => Self::Unavailable(Outage::Internal("what an app counts from cannot be opened")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of its eight digits.
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(step_of(b"12345678901234567890", code, at(time)), Some(time / 30), "{time}");
        }
    }

    #[test]
    fn one_step_before_and_after_counts_and_no_other_form() {
        let of = |code: &str, time| step_of(b"12345678901234567890", code, at(time));
        assert_eq!(of("081 804", 1_111_111_109), Some(37_037_036));
        for (later, counts) in [(-60, false), (-30, true), (30, true), (60, false)] {
            assert_eq!(of("081804", 1_111_111_109 + later).is_some(), counts, "{later}");
        }
        for wrong in ["", "81804", "0081804", "+81804", "0818O4", "08180４"] {
            assert_eq!(of(wrong, 1_111_111_109), None, "{wrong}");
        }
    }
}
