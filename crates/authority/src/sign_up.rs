//! Making an account for oneself: a link proves the address before there is one.
//!
//! Nothing tells whether an address has an account already: the answer, and the work for it, are the same, and what differs goes by
//! mail to whoever has the address. Until the link is used there is no account that could be in somebody's way.

use std::net::IpAddr;

use domain::event::Event;
use domain::letter::{Letter, LinkSecret, Recipient};
use domain::mail_link::MailPurpose;
use domain::person::{Language, Person, Settings};
use domain::text::{Email, Name};
use domain::{Digest, PersonId, Secret, Timestamp};
use store::{Abort, By, Outcome, Tx};

use crate::change::Work;
use crate::mail_link::{self, Arrival, LinkUnused};
use crate::organisation::clash;
use crate::session::itself;
use crate::{Authority, Begun, Context, Error, allowance};

/// What somebody asks for.
#[derive(Clone)]
pub struct SignUp {
    /// What they call themselves.
    pub name: Name,
    /// Their mail address.
    pub email: Email,
    /// The password that they chose.
    pub password: Secret<String>,
    /// Their browser: only in this one the password counts.
    pub visit: Digest,
    /// From where they ask.
    pub address: Option<IpAddr>,
    /// In which language they read.
    pub language: Language,
}

/// What a link makes: an account and how it is signed in to.
#[derive(Clone)]
pub(crate) struct NewAccount {
    pub(crate) person: Person,
    pub(crate) hash: String,
    pub(crate) language: Language,
}

impl Authority {
    /// Sends a link to whoever wants an account; who has one is told that instead. Where too many asked, says when one more may.
    pub async fn sign_up(&self, context: &Context, new: SignUp) -> Result<Result<(), Timestamp>, Error> {
        let SignUp { name, email, password, visit, address, language } = new;
        if let Some(until) = self.store.spend(allowance::asking(address, &email), context.now).await? {
            return Ok(Err(until));
        }
        let password_hash = self.passwords.hash(password, &*self.entropy).await?;
        let purpose = MailPurpose::SignUp { name, password_hash, visit };
        let (drawn, letters) = (self.draw_link(context)?, self.letters());
        self.commit(context, move |tx, by| {
            let (drawn, letters, email, purpose) = (drawn.clone(), letters.clone(), email.clone(), purpose.clone());
            Box::pin(async move {
                let known = tx.person_by_email(&email).await?;
                let purpose = if known.is_some() { MailPurpose::Nothing } else { purpose };
                let link = drawn.link(email.clone(), purpose, by.at);
                tx.insert_mail_link(&link, &drawn.digest).await?;
                let letter = match known {
                    Some(_) => Letter::AccountExists,
                    None => Letter::Verification { secret: LinkSecret::new(drawn.secret), ends_at: link.expires_at },
                };
                letters.write(tx, by.at, Recipient::Address { email, language }, &letter).await?;
                Ok(Outcome::Kept(()))
            })
        })
        .await?;
        self.letters_written();
        Ok(Ok(()))
    }

    /// Uses the link of a sign-up: makes the account and signs in. `chosen` is a password that was chosen just now; without one the
    /// password that was chosen at the sign-up counts, in the same browser only.
    pub async fn finish_sign_up(
        &self,
        context: &Context,
        secret: &Secret<String>,
        chosen: Option<Secret<String>>,
        arrival: Arrival,
    ) -> Result<Result<Option<Begun>, LinkUnused>, Error> {
        let chosen = match chosen {
            Some(password) => Some(self.passwords.hash(password, &*self.entropy).await?),
            None => None,
        };
        let (digest, id) = (mail_link::digest(secret), PersonId::generate(context.now, &*self.entropy)?);
        let (visit, language) = (arrival.visit, arrival.language);
        let made = self.commit(context, move |tx, by| {
            let chosen = chosen.clone();
            Box::pin(async move {
                let link = match mail_link::open(tx, &digest, by.at).await? {
                    Ok(link) => link,
                    Err(over) => return Ok(Outcome::Unchanged(Err(LinkUnused::Over(over)))),
                };
                let MailPurpose::SignUp { name, password_hash, visit: own } = link.purpose else {
                    return Ok(Outcome::Unchanged(Err(LinkUnused::Over(mail_link::LinkOver::Unknown))));
                };
                let Some(hash) = chosen.or((own == visit).then_some(password_hash)) else {
                    return Ok(Outcome::Unchanged(Err(LinkUnused::PasswordNeeded)));
                };
                if tx.person_by_email(&link.email).await?.is_some() {
                    return Ok(Outcome::Unchanged(Err(LinkUnused::AddressTaken)));
                }
                let account = NewAccount { person: person(id, name, link.email, by.at), hash, language };
                make(tx, by, (&digest, account)).await
            })
        });
        match made.await?.value {
            Ok(made) => Ok(Ok(self.begin_by_link(context, made, arrival).await?)),
            Err(unused) => Ok(Err(unused)),
        }
    }
}

/// Somebody whose address is proven.
pub(crate) fn person(id: PersonId, name: Name, email: Email, at: Timestamp) -> Person {
    Person { id, name: Some(name), email: Some(email), email_verified: true, created_at: at, suspended_at: None, erased_at: None }
}

async fn make(tx: &mut Tx<'_>, by: &By, (digest, account): (&Digest, NewAccount)) -> Work<Result<(PersonId, String), LinkUnused>> {
    if !tx.use_mail_link(digest, by.at).await? {
        return Ok(Outcome::Unchanged(Err(LinkUnused::Over(mail_link::LinkOver::Used))));
    }
    let (id, hash) = (account.person.id, account.hash.clone());
    insert(tx, by, account).await?;
    let recorded = tx.record(&itself(by, id), Event::EmailVerified { person: id }).await?;
    Ok(Outcome::Changed(Ok((id, hash)), recorded))
}

/// Makes an account known, by whoever it is of.
pub(crate) async fn insert(tx: &mut Tx<'_>, by: &By, account: NewAccount) -> Result<(), Abort<Error>> {
    let NewAccount { person, hash, language } = account;
    tx.insert_person(&person, Some(hash)).await.map_err(clash)?;
    tx.set_person_settings(person.id, Settings { language: Some(language), theme: None }).await?;
    tx.record(&itself(by, person.id), Event::PersonCreated { person: person.id }).await?;
    Ok(())
}
