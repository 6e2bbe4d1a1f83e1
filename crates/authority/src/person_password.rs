//! A person's password: forgotten, chosen anew by a link, changed, set for the first time.
//!
//! Whoever changes a password may do so because somebody else knows it: every other session ends with it, and what programs got in
//! them. Other ways to prove who one is stay as they are.

use std::net::IpAddr;

use domain::event::Event;
use domain::letter::{Letter, LinkSecret, Recipient};
use domain::mail_link::MailPurpose;
use domain::text::Email;
use domain::{PersonId, Secret, SessionId, Timestamp};
use store::{Abort, By, Outcome, Recorded, Tx};

use crate::grant_type::end_family;
use crate::mail_link::{self, LinkOver, LinkUnused};
use crate::session::{self, itself};
use crate::{Authority, Caller, Context, Error, Which, With, allowance};

const RESET: &str = "reset";

impl Authority {
    /// Sends a link to whoever has an account with this address; who has none costs as much work, and gets the same answer. Where too
    /// many asked, says when one more may.
    pub async fn forgot_password(&self, context: &Context, email: Email, address: Option<IpAddr>) -> Result<Result<(), Timestamp>, Error> {
        if let Some(until) = self.store.spend(allowance::asking(address, &email), context.now).await? {
            return Ok(Err(until));
        }
        let (drawn, letters) = (self.draw_link(context)?, self.letters());
        self.commit(context, move |tx, by| {
            let (drawn, letters, email) = (drawn.clone(), letters.clone(), email.clone());
            Box::pin(async move {
                let person = tx.sign_in_facts(&email).await?.map(|facts| facts.person);
                let purpose = person.map_or(MailPurpose::Nothing, |person| MailPurpose::Reset { person });
                let link = drawn.link(email, purpose, by.at);
                tx.insert_mail_link(&link, &drawn.digest).await?;
                if let Some(person) = person {
                    let letter = Letter::ForgottenPassword { secret: LinkSecret::new(drawn.secret), ends_at: link.expires_at };
                    letters.write(tx, by.at, Recipient::Person(person), &letter).await?;
                }
                Ok(Outcome::Kept(()))
            })
        })
        .await?;
        self.letters_written();
        Ok(Ok(()))
    }

    /// Uses the link of a forgotten password: sets this one, ends every session of the person and tells them by mail.
    pub async fn reset_password(
        &self,
        context: &Context,
        secret: &Secret<String>,
        password: Secret<String>,
    ) -> Result<Result<(), LinkUnused>, Error> {
        let digest = mail_link::digest(secret);
        let hash = self.passwords.hash(password, &*self.entropy).await?;
        let letters = self.letters();
        let set = self.commit(context, move |tx, by| {
            let (hash, letters) = (hash.clone(), letters.clone());
            Box::pin(async move {
                let unused = |over| Ok(Outcome::Unchanged(Err(LinkUnused::Over(over))));
                let link = match mail_link::open(tx, &digest, by.at).await? {
                    Ok(link) => link,
                    Err(over) => return unused(over),
                };
                let MailPurpose::Reset { person } = link.purpose else { return unused(LinkOver::Unknown) };
                let found = mail_link::active(tx, person).await?;
                if !found.is_some_and(|person| mail_link::is_of(&person, &link.email)) {
                    return unused(LinkOver::Void);
                }
                if !tx.use_mail_link(&digest, by.at).await? {
                    return unused(LinkOver::Used);
                }
                let by = itself(by, person);
                mail_link::proven(tx, &by, person, &link.email).await?;
                let recorded = set(tx, &by, (person, &hash), None).await?;
                letters.write(tx, by.at, Recipient::Person(person), &Letter::PasswordChanged { at: by.at }).await?;
                Ok(Outcome::Changed(Ok(()), recorded))
            })
        });
        let set = set.await?.value;
        self.letters_written();
        self.logout_notices_wait.notify_one();
        Ok(set)
    }

    /// Sets the caller's own password, in a session that goes on; every other one ends.
    pub async fn change_password(&self, context: &Context, password: Secret<String>) -> Result<(), Error> {
        let Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let With::Session(session) = caller.with else { return Err(Error::Forbidden) };
        let (id, hash, letters) = (caller.id, self.passwords.hash(password, &*self.entropy).await?, self.letters());
        self.commit(context, move |tx, by| {
            let (hash, letters) = (hash.clone(), letters.clone());
            Box::pin(async move {
                if mail_link::active(tx, id).await?.is_none() {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let recorded = set(tx, by, (id, &hash), Some(session)).await?;
                letters.write(tx, by.at, Recipient::Person(id), &Letter::PasswordChanged { at: by.at }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await?;
        self.letters_written();
        self.logout_notices_wait.notify_one();
        Ok(())
    }

    /// Whether a person can sign in with a password.
    pub async fn has_password(&self, id: PersonId) -> Result<bool, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.password_hash(id).await })).await?.is_some())
    }
}

/// Sets a password; of the sessions, and what programs got in them, only this one stays.
async fn set(tx: &mut Tx<'_>, by: &By, (person, hash): (PersonId, &str), stays: Option<SessionId>) -> Result<Recorded, Abort<Error>> {
    if !tx.set_password_hash(person, Some(hash)).await? {
        return Err(Abort::Refused(Error::NotFound));
    }
    tx.withdraw_mail_links_of(person, RESET, by.at).await?;
    session::end(tx, by, person, stays.map_or(Which::All, Which::Others)).await?;
    // Those of sessions that were over by their time, and are forgotten.
    for (family, session) in tx.live_refresh_families_of(person, by.at).await? {
        if stays.is_none() || session != stays {
            end_family(tx, by, family).await?;
        }
    }
    Ok(tx.record(by, Event::PasswordChanged { person }).await?)
}
