//! What a person proves who they are with besides a password: an app that shows codes, passkeys, and recovery codes for who lost both.
//!
//! Whoever has one is asked for it after every password, and after every signing in at another provider. A changed password takes none
//! away. Where everything is lost, an operator does ([`Authority::remove_second_factors`]).

pub(crate) mod again;
mod passkey;
mod passkey_name;
pub(crate) mod policy;
mod recovery_code;
mod second_step;
mod totp;

use domain::letter::{Factor, Letter, Recipient};
use domain::second_factor::FactorChange;
use domain::{Event, PersonId};
use store::{Abort, By, Outcome, Recorded, StoreError, Tx};

use crate::letter::Letters;
use crate::{Authority, Caller, Changed, Context, Error};

pub use passkey::{PasskeyAdded, PasskeyAnswer, PasskeyChallenge};
pub use policy::SECOND_FACTOR_REQUIRED;
pub use recovery_code::RECOVERY_CODES;
pub use second_step::{FinishSignIn, SecondProof, SecondStep};
pub use store::{Passkey, RecoveryCodes};
pub use totp::{Added, TotpUnderWay};

pub(crate) use second_step::{First, HalfSignIn, Second};

/// What a person has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// The app that shows codes.
    pub totp: Option<TotpFacts>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<Passkey>,
    /// The recovery codes.
    pub recovery_codes: Option<RecoveryCodes>,
}

/// What is told of an app that shows codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotpFacts {
    /// Since when.
    pub created_at: domain::Timestamp,
    /// When a code of it was last taken to sign in.
    pub last_used_at: Option<domain::Timestamp>,
}

impl SecondFactors {
    /// Whether the person is asked for one.
    pub fn is_any(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    /// How many recovery codes are left.
    pub fn recovery_codes_left(&self) -> u32 {
        self.recovery_codes.map_or(0, |codes| codes.left)
    }
}

impl Authority {
    /// What a person has. Whose it may be told is the caller's part: pages show it to the person.
    pub async fn second_factors(&self, person: PersonId) -> Result<SecondFactors, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { of(reader, person).await })).await?)
    }

    /// Whether a person is asked for a second factor.
    pub async fn has_second_factor(&self, person: PersonId) -> Result<bool, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.has_second_factor(person).await })).await?)
    }

    /// Takes everything of a person away, who can then sign in with the password alone: for who lost all of it. An operator does this,
    /// who has made sure that it is the person who asks. The person's sessions end.
    pub async fn remove_second_factors(&self, context: &Context, person: PersonId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        let letters = self.letters();
        let changed = self.change(context, move |tx, by| {
            let letters = letters.clone();
            Box::pin(async move {
                if tx.person(person).await?.is_none_or(|person| person.erased_at.is_some()) {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let had = of(tx, person).await?;
                if !tx.delete_second_factors(person).await? {
                    return Ok(Outcome::Unchanged(()));
                }
                let passkeys = had.passkeys.into_iter().map(|passkey| (Factor::Passkey, Some(passkey.name)));
                for (factor, name) in passkeys.chain(had.totp.map(|_| (Factor::Codes, None))) {
                    letters.write(tx, by.at, Recipient::Person(person), &Letter::FactorRemoved { factor, name, at: by.at }).await?;
                }
                crate::session::end(tx, by, person, crate::Which::All).await?;
                Ok(Outcome::Changed((), tx.record(by, Event::SecondFactorChanged { person, change: FactorChange::AllRemoved }).await?))
            })
        });
        let changed = changed.await?;
        self.letters_written();
        self.logout_notices_wait.notify_one();
        Ok(changed)
    }
}

/// What a person has.
pub(crate) async fn of(reader: &mut store::Reader<'_>, person: PersonId) -> Result<SecondFactors, StoreError> {
    let totp = reader.totp(person).await?.map(|totp| TotpFacts { created_at: totp.created_at, last_used_at: totp.last_used_at });
    let (passkeys, recovery_codes) = (reader.passkeys_of(person).await?, reader.recovery_codes(person).await?);
    Ok(SecondFactors { totp, passkeys, recovery_codes })
}

/// Who changes their own: somebody who has signed in.
fn oneself(context: &Context) -> Result<PersonId, Error> {
    match &context.caller {
        Caller::Person(caller) if caller.with.credential().is_none() => Ok(caller.id),
        _ => Err(Error::Forbidden),
    }
}

/// Records that one was added, and tells the person.
async fn added(tx: &mut Tx<'_>, by: &By, letters: &Letters, (person, what): (PersonId, Told)) -> Result<Recorded, Abort<Error>> {
    let Told { change, factor, name } = what;
    letters.write(tx, by.at, Recipient::Person(person), &Letter::FactorAdded { factor, name, at: by.at }).await?;
    Ok(tx.record(by, Event::SecondFactorChanged { person, change }).await?)
}

/// Records that one is gone, and tells the person. Recovery codes stand in for others: with the last one they go, too.
async fn removed(tx: &mut Tx<'_>, by: &By, letters: &Letters, (person, what): (PersonId, Told)) -> Result<Recorded, Abort<Error>> {
    let Told { change, factor, name } = what;
    if !of(tx, person).await?.is_any() {
        tx.delete_recovery_codes(person).await?;
    }
    letters.write(tx, by.at, Recipient::Person(person), &Letter::FactorRemoved { factor, name, at: by.at }).await?;
    Ok(tx.record(by, Event::SecondFactorChanged { person, change }).await?)
}

/// What is told of a change.
struct Told {
    change: FactorChange,
    factor: Factor,
    name: Option<String>,
}
