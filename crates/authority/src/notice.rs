//! Telling people of credentials and delegations that end by themselves: 30, 7 and 1 days before, once each, whichever node looks first;
//! of delegations also when it has happened.

use std::time::Duration;

use domain::letter::{Ending, Letter, Recipient, Turn};
use domain::person::Language;
use domain::text::Email;
use domain::{CredentialId, DelegationId, OrganisationId, RequestId, Timestamp};
use futures_util::future::BoxFuture;
use store::{Abort, DelegationEnding, EndingCredential, EndingPrivateKey, EndingWithin, Outcome, Reader, StoreError, Tx};

use crate::letter::{Letters, members_with};
use crate::{Authority, Context, Error, Right};

const DAY: Duration = Duration::from_secs(86_400);
/// How many days before the end it is told, each with the days of the next one.
const NOTICES: [(u32, u32); 3] = [(30, 7), (7, 1), (1, 0)];
/// So many days more a credential must be made for: whoever makes one for a week knows that it ends within one.
const LONGER_BY: u32 = 2;
/// A delegation that ended longer ago is no news: the server was off, or sent no letters.
const OVER_FOR: Duration = Duration::from_secs(2 * 86_400);
/// How many are read at once.
const PART: u32 = 200;

impl Authority {
    /// Writes the letters that are due about credentials that end by themselves. Where none are sent, none.
    pub async fn tell_of_endings(&self, now: Timestamp) -> Result<(), Error> {
        if !self.sends_letters() {
            return Ok(());
        }
        for (days, next) in NOTICES {
            let within = EndingWithin {
                after: now.saturating_add(DAY * next),
                until: now.saturating_add(DAY * days),
                span: DAY * (days + LONGER_BY),
                days,
            };
            for kind in [Ending::PersonalToken, Ending::OrganisationToken] {
                self.tell_all(days, now, move |reader| read_endings(reader, kind, within)).await?;
            }
            self.tell_all(days, now, move |reader| read_keys(reader, within)).await?;
            for how in [DelegationEnding::Ends, DelegationEnding::Lapses] {
                self.tell_all(days, now, move |reader| read_delegations(reader, how, within)).await?;
            }
        }
        let lately = EndingWithin { after: now.saturating_sub(OVER_FOR), until: now, span: Duration::ZERO, days: 0 };
        self.tell_all(0, now, move |reader| read_delegations(reader, DelegationEnding::Over, lately)).await?;
        let (until, used_after) = (now.saturating_add(DAY), now.saturating_sub(DAY));
        self.tell_all(0, now, move |reader| read_old_keys(reader, (now, until), used_after)).await?;
        self.letters_written();
        // Longer than what is over is looked for, so that it is not told again.
        Ok(self.store.drop_old_notices(now.saturating_sub(OVER_FOR * 2)).await?)
    }

    /// Tells of all that a reading finds, a part at a time: what was told is not found again.
    async fn tell_all<F>(&self, days: u32, now: Timestamp, read: F) -> Result<(), Error>
    where
        F: for<'a> Fn(&'a mut Reader<'_>) -> BoxFuture<'a, Result<Vec<Found>, StoreError>> + Copy + Send + Sync + 'static,
    {
        loop {
            let found = self.store.read(read).await?;
            let is_all = found.len() < PART as usize;
            if !found.is_empty() {
                let (context, letters) = (Context::system(RequestId::generate(now, &*self.entropy)?, now), self.letters());
                let told = self.commit(&context, move |tx, by| {
                    let (found, letters) = (found.clone(), letters.clone());
                    Box::pin(async move {
                        for found in &found {
                            // Another node may have been faster.
                            if tx.note_told(found.id, found.ends_at, days).await? {
                                found.tell(tx, &letters, by.at).await?;
                            }
                        }
                        Ok(Outcome::Kept(()))
                    })
                });
                told.await?;
            }
            if is_all {
                return Ok(());
            }
        }
    }
}

/// Something that ends, of which is to be told.
#[derive(Clone)]
struct Found {
    id: CredentialId,
    ends_at: Timestamp,
    what: What,
}

#[derive(Clone)]
enum What {
    Credential(EndingCredential),
    Key(EndingPrivateKey),
    OldKey(EndingPrivateKey),
    Delegation(DelegationId, DelegationEnding),
}

fn read_endings<'a>(reader: &'a mut Reader<'_>, kind: Ending, within: EndingWithin) -> BoxFuture<'a, Result<Vec<Found>, StoreError>> {
    Box::pin(async move {
        let rows = reader.ending_credentials(kind, within, PART).await?;
        Ok(rows.into_iter().map(|row| Found { id: row.id, ends_at: row.ends_at, what: What::Credential(row) }).collect())
    })
}

fn read_keys<'a>(reader: &'a mut Reader<'_>, within: EndingWithin) -> BoxFuture<'a, Result<Vec<Found>, StoreError>> {
    Box::pin(async move {
        let rows = reader.ending_private_keys(within, PART).await?;
        Ok(rows.into_iter().map(|row| Found { id: row.id, ends_at: row.ends_at, what: What::Key(row) }).collect())
    })
}

fn read_old_keys<'a>(
    reader: &'a mut Reader<'_>,
    within: (Timestamp, Timestamp),
    used_after: Timestamp,
) -> BoxFuture<'a, Result<Vec<Found>, StoreError>> {
    Box::pin(async move {
        let rows = reader.old_keys_still_used(within, used_after, PART).await?;
        Ok(rows.into_iter().map(|row| Found { id: row.id, ends_at: row.ends_at, what: What::OldKey(row) }).collect())
    })
}

fn read_delegations<'a>(
    reader: &'a mut Reader<'_>,
    how: DelegationEnding,
    within: EndingWithin,
) -> BoxFuture<'a, Result<Vec<Found>, StoreError>> {
    Box::pin(async move {
        let rows = reader.ending_delegations(how, within, PART).await?;
        let found = |(id, ends_at): (DelegationId, Timestamp)| {
            // Ids are of all kinds of things, so that no two are the same.
            Found { id: CredentialId::from_bytes(*id.as_bytes()), ends_at, what: What::Delegation(id, how) }
        };
        Ok(rows.into_iter().map(found).collect())
    })
}

impl Found {
    async fn tell(&self, tx: &mut Tx<'_>, letters: &Letters, now: Timestamp) -> Result<(), Abort<Error>> {
        match self.what.clone() {
            What::Credential(EndingCredential { kind, id, name, ends_at, person, organisation }) => {
                let letter = |organisation| Letter::CredentialEnds { credential: kind, id, name, organisation, ends_at };
                if let Some(person) = person {
                    return letters.write(tx, now, Recipient::Person(person), &letter(None)).await;
                }
                let Some(organisation) = working(tx, organisation).await? else { return Ok(()) };
                let managers = members_with(tx, organisation.0, Right::OrganisationTokensWrite).await?;
                letters.write_all(tx, now, managers, &letter(Some(organisation))).await
            }
            What::Key(found) => {
                let EndingPrivateKey { key: id, name, organisation, contact, ends_at, .. } = found;
                let Some(organisation) = working(tx, Some(organisation)).await? else { return Ok(()) };
                let (managed, letter) = (organisation.0, Letter::KeyEnds { id, name, organisation, ends_at });
                tell_of_key(tx, letters, now, (managed, contact), &letter).await
            }
            What::Delegation(id, how) => {
                let Some(delegation) = tx.delegation(id).await? else { return Ok(()) };
                let turn = match how {
                    DelegationEnding::Ends => Turn::WillEnd { at: self.ends_at },
                    DelegationEnding::Lapses => Turn::WillLapse { at: self.ends_at },
                    DelegationEnding::Over if delegation.closing_announced => Turn::Closed,
                    DelegationEnding::Over => Turn::Ended,
                };
                crate::delegation::tell(tx, now, letters, (&delegation, turn)).await
            }
            What::OldKey(found) => {
                let EndingPrivateKey { key: id, name, organisation, contact, ends_at, at, .. } = found;
                let Some(organisation) = working(tx, Some(organisation)).await? else { return Ok(()) };
                let (managed, letter) = (organisation.0, Letter::OldKeyStillUsed { id, name, organisation, ends_at, last_used_at: at });
                tell_of_key(tx, letters, now, (managed, contact), &letter).await
            }
        }
    }
}

/// Writes to the contact of a key and to those who manage it; who is both gets one letter.
async fn tell_of_key(
    tx: &mut Tx<'_>,
    letters: &Letters,
    now: Timestamp,
    (organisation, contact): (OrganisationId, Option<Email>),
    letter: &Letter,
) -> Result<(), Abort<Error>> {
    let managers = members_with(tx, organisation, Right::OrganisationKeysWrite).await?;
    if let Some(email) = contact {
        let known = tx.person_by_email(&email).await?;
        if !known.is_some_and(|person| managers.contains(&person.id)) {
            letters.write(tx, now, Recipient::Address { email, language: Language::default() }, letter).await?;
        }
    }
    letters.write_all(tx, now, managers, letter).await
}

/// The organisation with its name, unless nothing of it works anyway.
async fn working(tx: &mut Tx<'_>, id: Option<OrganisationId>) -> Result<Option<(OrganisationId, String)>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let found = tx.organisation(id).await?.filter(|found| found.suspended_at.is_none());
    Ok(found.map(|found| (id, found.name.to_string())))
}
