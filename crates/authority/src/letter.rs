//! Letters: written in the transaction of what they tell, sealed, and sent later by one node.
//!
//! A letter may hold a link that works once, so it waits sealed under a server key and goes when it was sent. That the sender made the
//! link's secret instead would keep even less; but a mail server that took a letter and did not get to say so is asked once more, and
//! then the second letter's link would end the one of the first, which has arrived.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::entropy::Entropy;
use domain::letter::{Letter, Recipient};
use domain::person::Language;
use domain::text::Email;
use domain::{LetterId, OrganisationId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{LetterRow, Page, Reader, StoreError, Tx, WaitingLetters};
use zeroize::Zeroizing;

use crate::cipher::{self, Cipher, NonceBytes};
use crate::error::Outage;
use crate::server_key::OpenKey;
use crate::{Authority, Error, KeyRing, Purpose, Right};

/// After how many seconds a letter is tried once more: ever later, then every six hours.
const AGAIN_AFTER_SECONDS: [u64; 7] = [60, 300, 900, 3_600, 7_200, 14_400, 21_600];
/// When a letter is given up: mail servers that are down are up again by then, and the news is old.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(2 * 86_400);

/// Writes letters in a transaction. After the commit, whoever has written some calls [`Authority::letters_written`].
#[derive(Clone)]
pub(crate) struct Letters {
    keys: Arc<KeyRing>,
    entropy: Arc<dyn Entropy>,
    are_sent: bool,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed<L> {
    to: Recipient,
    letter: L,
}

/// A letter that whoever got this is to send now.
pub struct DueLetter {
    /// Its id, the same at each try.
    pub id: LetterId,
    /// To which address.
    pub address: Email,
    /// The reader's name, where it is a person with one.
    pub name: Option<String>,
    /// In which language.
    pub language: Language,
    /// What it tells.
    pub letter: Letter,
    /// When it was written.
    pub written_at: Timestamp,
    give_up_at: Timestamp,
    next_at: Timestamp,
}

/// What becomes of a letter that could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterUnsent {
    /// It is tried once more.
    Again,
    /// It never will be sent.
    GivenUp,
}

/// How many members are read at once.
const PART: u32 = 500;

/// The members of an organisation whose roles let them have this right.
pub(crate) async fn members_with(reader: &mut Reader<'_>, organisation: OrganisationId, right: Right) -> Result<Vec<PersonId>, StoreError> {
    let (mut page, mut found) = (Page::first(PART), Vec::new());
    loop {
        let part = reader.members(organisation, page).await?;
        page.after = part.last().map(|last| *last.id.as_bytes());
        let is_all = part.len() < PART as usize;
        found.extend(part.iter().filter(|member| right.is_for(member.roles)).map(|member| member.person));
        if is_all {
            return Ok(found);
        }
    }
}

impl Letters {
    /// Whether letters are sent: where they are not, nobody need be looked for.
    pub(crate) fn are_sent(&self) -> bool {
        self.are_sent
    }

    /// Writes a letter to each of these people.
    pub(crate) async fn write_all(
        &self,
        tx: &mut Tx<'_>,
        at: Timestamp,
        to: Vec<PersonId>,
        letter: &Letter,
    ) -> Result<(), store::Abort<Error>> {
        for person in to {
            self.write(tx, at, Recipient::Person(person), letter).await?;
        }
        Ok(())
    }

    /// Writes a letter, where letters are sent at all: it goes with this transaction.
    pub(crate) async fn write(&self, tx: &mut Tx<'_>, at: Timestamp, to: Recipient, letter: &Letter) -> Result<(), store::Abort<Error>> {
        if !self.are_sent {
            return Ok(());
        }
        let id = LetterId::generate(at, &*self.entropy).map_err(Error::from).map_err(store::Abort::Refused)?;
        let given_up = at.saturating_add(GIVEN_UP_AFTER);
        let give_up_at = letter.over_at().map_or(given_up, |over| over.min(given_up));
        let person = if let Recipient::Person(person) = &to { Some(*person) } else { None };
        let sealed = self.seal(id, &Sealed { to, letter }).map_err(store::Abort::Refused)?;
        Ok(tx.insert_letter(&LetterRow { id, person, sealed, created_at: at, give_up_at, attempts: 0 }).await?)
    }

    fn seal<L: Serialize>(&self, id: LetterId, sealed: &Sealed<L>) -> Result<Vec<u8>, Error> {
        let server = self.keys.active(Purpose::Sealing).ok_or(Error::Unavailable(Outage::Internal("no key to seal with")))?;
        let mut nonce = NonceBytes::default();
        self.entropy.fill(&mut nonce)?;
        let plain = Zeroizing::new(serde_json::to_vec(sealed).map_err(|_| BROKEN)?);
        let sealed = cipher_of(&server, id).and_then(|cipher| cipher.seal(nonce, &[], plain));
        sealed.and_then(|sealed| cipher::labelled(&server, &sealed)).ok_or(BROKEN)
    }
}

const BROKEN: Error = Error::Unavailable(Outage::Internal("a letter cannot be sealed or opened"));

fn open(keys: &KeyRing, id: LetterId, sealed: &[u8]) -> Result<Sealed<Letter>, Error> {
    let (server, sealed) = cipher::unlabelled(keys, sealed).ok_or(BROKEN)?;
    let plain = cipher_of(&server, id).and_then(|cipher| cipher.open(&[], sealed)).ok_or(BROKEN)?;
    serde_json::from_slice(&plain).map_err(|_| BROKEN)
}

/// The cipher under a key that belongs to one letter: put in another's place, it cannot be opened.
fn cipher_of(server: &OpenKey, id: LetterId) -> Option<Cipher> {
    Cipher::derive(b"poort letter", server.plain(), id.as_bytes())
}

impl Authority {
    /// What writes letters.
    pub(crate) fn letters(&self) -> Letters {
        Letters { keys: self.keys.clone(), entropy: self.entropy.clone(), are_sent: self.sends_letters }
    }

    /// Whether letters are sent at all. Where they are not, none is written, and what needs one cannot be offered.
    pub fn sends_letters(&self) -> bool {
        self.sends_letters
    }

    /// After the commit of a change that may have written letters: they are sent at once.
    pub(crate) fn letters_written(&self) {
        self.letters_wait.notify_one();
    }

    /// Returns when letters may have been written on this node since the last time.
    pub async fn letters_wait(&self) {
        self.letters_wait.notified().await;
    }

    /// The letters that are due at this moment, at most `limit`: on every node the same.
    pub async fn due_letters(&self, now: Timestamp, limit: u32) -> Result<Vec<LetterRow>, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.due_letters(now, limit).await })).await?)
    }

    /// How many letters wait.
    pub async fn waiting_letters(&self) -> Result<WaitingLetters, Error> {
        Ok(self.store.read(|reader| Box::pin(async move { reader.waiting_letters().await })).await?)
    }

    /// Takes a letter, so that no other node sends it meanwhile, and opens it. Whoever gets it has a minute. Nothing, where another
    /// has taken it, or there is nobody to send it to any more, or it is given up.
    pub async fn claim_letter(&self, row: LetterRow, now: Timestamp) -> Result<Option<DueLetter>, Error> {
        if row.give_up_at <= now {
            self.store.drop_letter(row.id).await?;
            self.meters.letters_given_up.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(letter = %row.id, written_at = %row.created_at, "a letter was not sent in time: given up");
            return Ok(None);
        }
        let tries = usize::try_from(row.attempts).unwrap_or(usize::MAX).min(AGAIN_AFTER_SECONDS.len() - 1);
        let next_at = now.saturating_add(Duration::from_secs(AGAIN_AFTER_SECONDS[tries])).min(row.give_up_at);
        // The last try has its minute, too.
        let next_at = next_at.max(now.saturating_add(Duration::from_secs(AGAIN_AFTER_SECONDS[0])));
        if !self.store.claim_letter(row.id, row.attempts, next_at).await? {
            return Ok(None);
        }
        let Ok(Sealed { to, letter }) = open(&self.keys, row.id, &row.sealed) else {
            self.store.drop_letter(row.id).await?;
            self.meters.letters_given_up.fetch_add(1, Ordering::Relaxed);
            tracing::error!(letter = %row.id, "a letter cannot be opened: its server key is gone, or the row was changed");
            return Ok(None);
        };
        let reader = if self.is_withdrawn(&letter).await? { None } else { self.reader_of(to).await? };
        let Some((address, name, language)) = reader else {
            self.store.drop_letter(row.id).await?;
            return Ok(None);
        };
        let (id, written_at, give_up_at) = (row.id, row.created_at, row.give_up_at);
        Ok(Some(DueLetter { id, address, name, language, letter, written_at, give_up_at, next_at }))
    }

    /// Whether it tells of an announcement that was withdrawn since.
    async fn is_withdrawn(&self, letter: &Letter) -> Result<bool, Error> {
        let Letter::Announcement { announcement, .. } = letter else { return Ok(false) };
        let id = announcement.id;
        let found = self.store.read(move |reader| Box::pin(async move { reader.announcement(id).await })).await?;
        Ok(found.is_none_or(|found| found.withdrawn_at.is_some()))
    }

    /// Address, name and language; nothing of whoever was erased, or is suspended.
    async fn reader_of(&self, to: Recipient) -> Result<Option<(Email, Option<String>, Language)>, Error> {
        let id = match to {
            Recipient::Address { email, language } => return Ok(Some((email, None, language))),
            Recipient::Person(id) => id,
        };
        let read = self.store.read(move |reader| {
            Box::pin(async move { Ok((reader.person(id).await?, reader.person_settings(id).await?.language.unwrap_or_default())) })
        });
        let (person, language) = read.await?;
        let person = person.filter(|person| person.suspended_at.is_none());
        Ok(person.and_then(|person| Some((person.email?, person.name.map(String::from), language))))
    }

    /// The letter was sent.
    pub async fn letter_sent(&self, due: &DueLetter) -> Result<(), Error> {
        self.meters.letters_sent.fetch_add(1, Ordering::Relaxed);
        Ok(self.store.drop_letter(due.id).await?)
    }

    /// The letter could not be sent: it is tried again, ever later, unless the cause will not go away (`forever`) or its time is over.
    pub async fn letter_failed(&self, due: &DueLetter, forever: bool) -> Result<LetterUnsent, Error> {
        self.meters.letters_failed.fetch_add(1, Ordering::Relaxed);
        if !forever && due.next_at < due.give_up_at {
            return Ok(LetterUnsent::Again);
        }
        self.store.drop_letter(due.id).await?;
        self.meters.letters_given_up.fetch_add(1, Ordering::Relaxed);
        Ok(LetterUnsent::GivenUp)
    }

    /// Writes a letter to somebody, as a change of its own; for trying, and where nothing else changes.
    pub async fn write_letter(&self, context: &crate::Context, to: Recipient, letter: Letter) -> Result<(), Error> {
        let letters = self.letters();
        self.commit(context, move |tx, by| {
            let (letters, to, letter) = (letters.clone(), to.clone(), letter.clone());
            Box::pin(async move {
                letters.write(tx, by.at, to, &letter).await?;
                Ok(store::Outcome::Kept(()))
            })
        })
        .await?;
        self.letters_written();
        Ok(())
    }
}
