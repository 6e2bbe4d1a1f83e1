//! Announcements: made and withdrawn by operators, told to everybody whose credentials use the API.

use domain::announcement::{Announcement, MAX_OF_API, NewAnnouncement};
use domain::letter::{Letter, Recipient};
use domain::organisation_key::MAX_KEYS_OF_ORGANISATION;
use domain::person::Language;
use domain::text::{Email, fold};
use domain::{AnnouncementId, Day, Digest, Event, OrganisationId, PersonId, RequestId, Timestamp};
use store::{Abort, Concerned, KeyConcerned, Outcome, Page, Reader, StoreError, Tx};

use crate::letter::{Letters, members_with};
use crate::{Authority, Caller, Changed, Context, Error, OWN_API, Right};

/// Whoever has used the API in so many days is told.
const USED_WITHIN_DAYS: i32 = 90;
/// So many people are told in one transaction.
const PEOPLE: u32 = 200;
/// So many organisations are.
const ORGANISATIONS: u32 = 20;
/// As many names of credentials stand in a letter; the letter says that there are more.
const NAMES: u32 = 21;
/// All keys of an organisation are looked at, each with its contact.
const KEYS: u32 = MAX_KEYS_OF_ORGANISATION as u32;
/// As many announcements stand on a page at most.
const SHOWN: u32 = 3;

/// What is to be told to one reader, besides the announcement.
#[derive(Clone)]
struct Concern<R> {
    reader: R,
    /// Names of their credentials.
    credentials: Vec<String>,
    /// Keys among these that have a contact.
    contacts: Vec<(Email, Vec<String>)>,
}

impl Authority {
    /// Announces a change of an API: from the answer on its routes say so, and everybody whom it concerns is told.
    pub async fn create_announcement(&self, context: &Context, new: NewAnnouncement) -> Result<Changed<Announcement>, Error> {
        context.caller.require_operator()?;
        if new.api == OWN_API {
            return Err(Error::Conflict { code: "built_in", detail: "the API \"poort\" is built in" });
        }
        let id = AnnouncementId::generate(context.now, &*self.entropy)?;
        let made = self.change(context, move |tx, by| {
            let new = new.clone();
            Box::pin(async move {
                let unknown = || Error::Invalid(vec![("api".to_owned(), "is not the name of an API".to_owned())]);
                let (definition, _) = tx.api(&new.api).await?.ok_or_else(|| Abort::Refused(unknown()))?;
                let checked = new.checked(&definition, by.at).map_err(|problems| Abort::Refused(Error::Invalid(problems)))?;
                if tx.standing_announcements(&checked.api).await? >= MAX_OF_API as u64 {
                    let detail = "this API has 20 announcements: withdraw those that are over first";
                    return Err(Abort::Refused(Error::Conflict { code: "too_many_announcements", detail }));
                }
                let NewAnnouncement { api, title, text, signal } = checked;
                let made = Announcement { id, api, title, text, signal, created_at: by.at, withdrawn_at: None };
                tx.insert_announcement(&made).await?;
                let event = Event::AnnouncementMade { announcement: id, api: made.api.clone(), signal: made.signal.clone() };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(made, recorded))
            })
        });
        let made = made.await?;
        self.announced.notify_one();
        Ok(made)
    }

    /// Withdraws an announcement: answers say nothing of it any more, nor do pages. Who was told, was.
    pub async fn withdraw_announcement(&self, context: &Context, id: AnnouncementId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            Box::pin(async move {
                let found = tx.announcement(id).await?.filter(|found| found.withdrawn_at.is_none());
                let found = found.ok_or(Abort::Refused(Error::NotFound))?;
                tx.withdraw_announcement(id, by.at).await?;
                let recorded = tx.record(by, Event::AnnouncementWithdrawn { announcement: id, api: found.api }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    /// One announcement, withdrawn or not, for operators.
    pub async fn announcement(&self, caller: &Caller, id: AnnouncementId) -> Result<Announcement, Error> {
        caller.require_operator()?;
        self.store.read(move |reader| Box::pin(async move { reader.announcement(id).await })).await?.ok_or(Error::NotFound)
    }

    /// Announcements of an API, or of all, withdrawn ones among them, for operators.
    pub async fn announcements(&self, caller: &Caller, api: Option<String>, page: Page) -> Result<Vec<Announcement>, Error> {
        caller.require_operator()?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.announcements(api.as_deref(), page).await })).await?)
    }

    /// What a person was told that is still current, the last first; each with the title of its API. For their own pages.
    pub async fn announcements_of_person(&self, person: PersonId, now: Timestamp) -> Result<Vec<(Announcement, String)>, Error> {
        self.announcements_for(*person.as_bytes(), now).await
    }

    /// The same of an organisation. For pages of those who manage its credentials.
    pub async fn announcements_of_organisation(
        &self,
        organisation: OrganisationId,
        now: Timestamp,
    ) -> Result<Vec<(Announcement, String)>, Error> {
        self.announcements_for(*organisation.as_bytes(), now).await
    }

    async fn announcements_for(&self, reader: [u8; 16], now: Timestamp) -> Result<Vec<(Announcement, String)>, Error> {
        let found = self.store.read(move |store| Box::pin(async move { store.announcements_for(&reader, now, SHOWN).await })).await?;
        let titled = |made: Announcement| {
            let api = self.verifier.api(&made.api);
            let title = api.map_or_else(|| made.api.clone(), |api| api.definition().title.to_string());
            (made, title)
        };
        Ok(found.into_iter().map(titled).collect())
    }

    /// Returns when an announcement was made on this node since the last time.
    pub async fn announced(&self) {
        self.announced.notified().await;
    }

    /// Tells those of every current announcement who were not told of it: also whoever began to use the API since. Every reader is told
    /// in the transaction that notes so, a part of them in each.
    pub async fn tell_of_announcements(&self, now: Timestamp) -> Result<(), Error> {
        let current = self.store.read(move |reader| Box::pin(async move { reader.current_announcements(now).await })).await?;
        for announcement in current {
            let used_since = Day::of(now).plus(-USED_WITHIN_DAYS);
            let of = Concerned { announcement: announcement.id, api: announcement.api.clone(), now, used_since };
            self.tell_people(&announcement, &of).await?;
            self.tell_organisations(&announcement, &of).await?;
        }
        Ok(self.store.drop_old_readers(now).await?)
    }

    async fn tell_people(&self, announcement: &Announcement, of: &Concerned) -> Result<(), Error> {
        let mut after = [0; 16];
        loop {
            let (wanted, names) = (of.clone(), self.sends_letters());
            let read = self.store.read(move |reader| {
                let wanted = wanted.clone();
                Box::pin(async move {
                    let mut found = Vec::new();
                    for person in reader.people_to_tell(&wanted, after, PEOPLE).await? {
                        let credentials = if names { reader.tokens_concerned(&wanted, person, NAMES).await? } else { Vec::new() };
                        found.push(Concern { reader: person, credentials, contacts: Vec::new() });
                    }
                    Ok(found)
                })
            });
            let found = read.await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = *last.reader.as_bytes();
            let is_all = found.len() < PEOPLE as usize;
            let (letters, telling, api) = (self.letters(), announcement.clone(), self.title_of(announcement));
            let context = self.telling(of.now)?;
            let told = self.commit(&context, move |tx, by| {
                let (found, letters, telling, api) = (found.clone(), letters.clone(), telling.clone(), api.clone());
                Box::pin(async move {
                    if still_stands(tx, &telling).await? {
                        for Concern { reader, credentials, .. } in found {
                            let letter = letter(&telling, &api, credentials, (false, None));
                            tell(tx, &letters, (by.at, telling.id), reader, &letter).await?;
                        }
                    }
                    Ok(Outcome::Kept(()))
                })
            });
            told.await?;
            self.letters_written();
            if is_all {
                return Ok(());
            }
        }
    }

    async fn tell_organisations(&self, announcement: &Announcement, of: &Concerned) -> Result<(), Error> {
        let mut after = [0; 16];
        loop {
            let wanted = of.clone();
            let read = self.store.read(move |reader| {
                let wanted = wanted.clone();
                Box::pin(async move {
                    let (mut found, ids) = (Vec::new(), reader.organisations_to_tell(&wanted, after, ORGANISATIONS).await?);
                    for organisation in &ids {
                        found.extend(concern(reader, &wanted, *organisation).await?);
                    }
                    Ok((found, ids.last().copied(), ids.len() < ORGANISATIONS as usize))
                })
            });
            let (found, last, is_all) = read.await?;
            let Some(last) = last else { return Ok(()) };
            after = *last.as_bytes();
            let (letters, telling, api) = (self.letters(), announcement.clone(), self.title_of(announcement));
            let context = self.telling(of.now)?;
            let told = self.commit(&context, move |tx, by| {
                let (found, letters, telling, api) = (found.clone(), letters.clone(), telling.clone(), api.clone());
                Box::pin(async move {
                    if still_stands(tx, &telling).await? {
                        for concern in found {
                            tell_organisation(tx, (&letters, by.at), (&telling, &api), concern).await?;
                        }
                    }
                    Ok(Outcome::Kept(()))
                })
            });
            told.await?;
            self.letters_written();
            if is_all {
                return Ok(());
            }
        }
    }

    fn telling(&self, now: Timestamp) -> Result<Context, Error> {
        Ok(Context::system(RequestId::generate(now, &*self.entropy)?, now))
    }

    fn title_of(&self, announcement: &Announcement) -> String {
        self.verifier.api(&announcement.api).map_or_else(|| announcement.api.clone(), |api| api.definition().title.to_string())
    }
}

/// Whether it was not withdrawn meanwhile.
async fn still_stands(tx: &mut Tx<'_>, announcement: &Announcement) -> Result<bool, StoreError> {
    Ok(tx.announcement(announcement.id).await?.is_some_and(|found| found.withdrawn_at.is_none()))
}

/// What of an organisation's it concerns, if anything.
async fn concern(reader: &mut Reader<'_>, of: &Concerned, id: OrganisationId) -> Result<Option<Concern<OrganisationId>>, StoreError> {
    let mut credentials = reader.organisation_tokens_concerned(of, id, NAMES).await?;
    let mut contacts: Vec<(Email, Vec<String>)> = Vec::new();
    for KeyConcerned { name, contact } in reader.keys_concerned(of, id, KEYS).await? {
        if let Some(email) = contact {
            match contacts.iter_mut().find(|(known, _)| known.folded() == email.folded()) {
                Some((_, keys)) => keys.push(name.clone()),
                None => contacts.push((email, vec![name.clone()])),
            }
        }
        credentials.push(name);
    }
    credentials.sort_by_key(|name| fold(name));
    contacts.iter_mut().for_each(|(_, keys)| keys.sort_by_key(|name| fold(name)));
    Ok((!credentials.is_empty()).then_some(Concern { reader: id, credentials, contacts }))
}

/// Tells those who manage an organisation's credentials, and the contacts of its keys. Who is told already, for another organisation
/// or with a token of their own, is not told again.
async fn tell_organisation(
    tx: &mut Tx<'_>,
    (letters, now): (&Letters, Timestamp),
    (announcement, api): (&Announcement, &str),
    concern: Concern<OrganisationId>,
) -> Result<(), Abort<Error>> {
    let Concern { reader, credentials, contacts } = concern;
    let Some(organisation) = tx.organisation(reader).await? else { return Ok(()) };
    // Pages of the organisation show it to whoever manages its credentials by then.
    if !tx.note_reader(announcement.id, reader.as_bytes()).await? || !letters.are_sent() {
        return Ok(());
    }
    let owner = Some((reader, organisation.name.to_string()));
    let letter_to = |credentials, is_contact| letter(announcement, api, credentials, (is_contact, owner.clone()));
    let managed = letter_to(credentials, false);
    for manager in members_with(tx, reader, Right::OrganisationKeysWrite).await? {
        tell(tx, letters, (now, announcement.id), manager, &managed).await?;
    }
    for (email, keys) in contacts {
        let letter = letter_to(keys, true);
        if let Some(person) = tx.person_by_email(&email).await? {
            tell(tx, letters, (now, announcement.id), person.id, &letter).await?;
        } else if tx.note_reader(announcement.id, &name_of(&email)).await? {
            letters.write(tx, now, Recipient::Address { email, language: Language::default() }, &letter).await?;
        }
    }
    Ok(())
}

/// Writes to a person who was not told yet.
async fn tell(
    tx: &mut Tx<'_>,
    letters: &Letters,
    (now, announcement): (Timestamp, AnnouncementId),
    person: PersonId,
    letter: &Letter,
) -> Result<(), Abort<Error>> {
    // Another node may have been faster.
    if tx.note_reader(announcement, person.as_bytes()).await? {
        letters.write(tx, now, Recipient::Person(person), letter).await?;
    }
    Ok(())
}

fn letter(
    announcement: &Announcement,
    api: &str,
    credentials: Vec<String>,
    (is_contact, organisation): (bool, Option<(OrganisationId, String)>),
) -> Letter {
    let announcement = Box::new(announcement.clone());
    Letter::Announcement { announcement, api: api.to_owned(), credentials, is_contact, organisation }
}

/// Under what it is kept that an address was told: the address itself is not.
fn name_of(email: &Email) -> [u8; 16] {
    let digest = Digest::of(email.folded().as_bytes());
    let mut name = [0; 16];
    name.copy_from_slice(&digest.as_bytes()[..16]);
    name
}
