//! A person's own mail address: proven, or changed to one that is proven first.

use std::net::IpAddr;

use domain::event::Event;
use domain::letter::{Letter, LinkSecret, Recipient};
use domain::mail_link::MailPurpose;
use domain::person::{Language, Person};
use domain::text::Email;
use domain::{Secret, Timestamp};
use store::{Abort, Outcome, Tx};

use crate::letter::Letters;
use crate::mail_link::{self, LinkOver, LinkUnused};
use crate::organisation::clash;
use crate::{Authority, Caller, Context, Error, allowance};

/// Tells the address that a person has no longer. That nobody may do so unseen is worth a letter to whoever reads mail there.
pub(crate) async fn tell_the_old(
    tx: &mut Tx<'_>,
    letters: &Letters,
    (person, at): (&Person, Timestamp),
    email: &Email,
) -> Result<(), Abort<Error>> {
    let Some(old) = person.email.clone().filter(|_| !mail_link::is_of(person, email)) else { return Ok(()) };
    let language = tx.person_settings(person.id).await?.language.unwrap_or_default();
    letters.write(tx, at, Recipient::Address { email: old, language }, &Letter::AddressChanged { at }).await
}

impl Authority {
    /// Sends a link to the address that the caller says is theirs. Somebody else's costs as much work, and gets the same answer.
    pub async fn ask_for_proof(
        &self,
        context: &Context,
        email: Email,
        (address, language): (Option<IpAddr>, Language),
    ) -> Result<Result<(), Timestamp>, Error> {
        let Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        if let Some(until) = self.store.spend(allowance::asking(address, &email), context.now).await? {
            return Ok(Err(until));
        }
        let (id, drawn, letters) = (caller.id, self.draw_link(context)?, self.letters());
        self.commit(context, move |tx, by| {
            let (drawn, letters, email) = (drawn.clone(), letters.clone(), email.clone());
            Box::pin(async move {
                let is_free = tx.person_by_email(&email).await?.is_none_or(|person| person.id == id);
                let purpose = if is_free { MailPurpose::Verify { person: id } } else { MailPurpose::Nothing };
                let link = drawn.link(email.clone(), purpose, by.at);
                tx.insert_mail_link(&link, &drawn.digest).await?;
                let letter = if is_free {
                    Letter::Verification { secret: LinkSecret::new(drawn.secret), ends_at: link.expires_at }
                } else {
                    Letter::AccountExists
                };
                letters.write(tx, by.at, Recipient::Address { email, language }, &letter).await?;
                Ok(Outcome::Kept(()))
            })
        })
        .await?;
        self.letters_written();
        Ok(Ok(()))
    }

    /// Uses the link that went to an address: it is the caller's from now on. Only who asked for it may: whoever else reads the mail
    /// there would put their address into a stranger's account. Gives the mark by which the browser is known under that address.
    pub async fn prove_address(&self, context: &Context, secret: &Secret<String>) -> Result<Result<Secret<String>, LinkUnused>, Error> {
        let Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let (id, digest, letters) = (caller.id, mail_link::digest(secret), self.letters());
        let proven = self.commit(context, move |tx, by| {
            let letters = letters.clone();
            Box::pin(async move {
                let unused = |unused| Ok(Outcome::Unchanged(Err(unused)));
                let link = match mail_link::open(tx, &digest, by.at).await? {
                    Ok(link) => link,
                    Err(over) => return unused(LinkUnused::Over(over)),
                };
                match link.purpose {
                    MailPurpose::Verify { person } if person == id => {}
                    MailPurpose::Verify { .. } => return unused(LinkUnused::OtherPerson),
                    _ => return unused(LinkUnused::Over(LinkOver::Unknown)),
                }
                let Some(mut person) = mail_link::active(tx, id).await? else { return unused(LinkUnused::Over(LinkOver::Void)) };
                if tx.person_by_email(&link.email).await?.is_some_and(|other| other.id != id) {
                    return unused(LinkUnused::AddressTaken);
                }
                if !tx.use_mail_link(&digest, by.at).await? {
                    return unused(LinkUnused::Over(LinkOver::Used));
                }
                let (is_other, account) = (!mail_link::is_of(&person, &link.email), link.email.folded());
                tell_the_old(tx, &letters, (&person, by.at), &link.email).await?;
                (person.email, person.email_verified) = (Some(link.email), true);
                tx.update_person(&person).await.map_err(clash)?;
                if is_other {
                    tx.withdraw_mail_links_of(id, "reset", by.at).await?;
                    tx.record(by, Event::PersonChanged { person: id }).await?;
                }
                let recorded = tx.record(by, Event::EmailVerified { person: id }).await?;
                Ok::<_, Abort<Error>>(Outcome::Changed(Ok(account), recorded))
            })
        });
        let proven = proven.await?.value;
        self.letters_written();
        proven.map(|account| self.mark_device(&account, context.now)).map_or_else(|unused| Ok(Err(unused)), |mark| mark.map(Ok))
    }
}
