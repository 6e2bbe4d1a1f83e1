//! Signing in with an account of another provider: the one that is linked, or, once, the one with the person's verified address.

use domain::text::Email;
use domain::{Event, PersonId, Timestamp};
use store::{Abort, LinkedAccount, Outcome, UpstreamAccount};

use crate::second_factor::{First, HalfSignIn};
use crate::session::{Proof, SignInAim, SignedIn, Start};
use crate::{Authority, BrowserFacts, Caller, Context, Error, Refusal, SessionLimits};

/// What a provider said, and was verified to have said.
#[derive(Debug, Clone)]
pub struct UpstreamIdentity {
    /// The provider (`iss`).
    pub issuer: String,
    /// Its name for the account (`sub`).
    pub subject: String,
    /// The mail address, only where the provider says that it has verified it.
    pub verified_email: Option<Email>,
    /// When the person proved to the provider who they are.
    pub auth_time: Timestamp,
}

impl Authority {
    /// Signs in whoever has this account. An account that nobody has is linked to the person with its verified address, unless
    /// that person signs in with another account of this provider.
    pub async fn sign_in_upstream(
        &self,
        context: &Context,
        identity: UpstreamIdentity,
        browser: BrowserFacts,
        (limits, aim): (SessionLimits, SignInAim),
    ) -> Result<Result<SignedIn, Refusal>, Error> {
        let UpstreamIdentity { issuer, subject, verified_email, auth_time } = identity;
        let account = UpstreamAccount { issuer, subject };
        let Some(person) = self.person_of(context, account, verified_email).await? else { return Ok(Err(Refusal::NotRight)) };
        let auth_time = auth_time.min(context.now);
        let half = HalfSignIn { person, first: First::Upstream(auth_time), query: aim.query };
        if let Some(waits) = self.second_step_of(context, half, aim.visit).await? {
            return Ok(Ok(SignedIn::SecondStep(waits)));
        }
        let start = Start { person, proof: Proof::Upstream { auth_time }, second: None, browser, limits };
        Ok(self.begin_session(context, start).await?.map(SignedIn::Begun))
    }

    async fn person_of(&self, context: &Context, account: UpstreamAccount, email: Option<Email>) -> Result<Option<PersonId>, Error> {
        let known = account.clone();
        let linked = self.store.read(move |reader| Box::pin(async move { reader.person_of_account(&known).await })).await?;
        if let (Some(person), Some(email)) = (linked, &email) {
            self.prove_by_provider(context, person, email.clone()).await?;
        }
        let Some(email) = email.filter(|_| linked.is_none()) else { return Ok(linked) };
        let found = self.change(context, move |tx, by| {
            let (account, email) = (account.clone(), email.clone());
            Box::pin(async move {
                // Of two at once, one links.
                if let Some(person) = tx.person_of_account(&account).await? {
                    return Ok(Outcome::Unchanged(Some(person)));
                }
                let Some(facts) = tx.sign_in_facts(&email).await? else { return Ok(Outcome::Unchanged(None)) };
                let person = facts.person;
                if tx.account_at(person, &account.issuer).await?.is_some() {
                    return Ok(Outcome::Unchanged(None));
                }
                tx.link_account(person, &account, by.at).await?;
                let by = crate::session::itself(by, person);
                crate::mail_link::proven(tx, &by, person, &email).await?;
                let event = Event::UpstreamLinked { person, provider: account.issuer };
                Ok(Outcome::Changed(Some(person), tx.record(&by, event).await?))
            })
        });
        Ok(found.await?.value)
    }

    /// A provider that says that it has verified somebody's address has proven it, where it is the one that they have here.
    async fn prove_by_provider(&self, context: &Context, person: PersonId, email: Email) -> Result<(), Error> {
        let found = self.store.read(move |reader| Box::pin(async move { reader.person(person).await })).await?;
        if !found.is_some_and(|found| !found.email_verified && crate::mail_link::is_of(&found, &email)) {
            return Ok(());
        }
        self.change(context, move |tx, by| {
            let email = email.clone();
            Box::pin(async move {
                crate::mail_link::proven(tx, &crate::session::itself(by, person), person, &email).await?;
                Ok(tx.recorded().map_or(Outcome::Unchanged(()), |recorded| Outcome::Changed((), recorded)))
            })
        })
        .await
        .map(drop)
    }

    /// The accounts of other providers with which a person signs in, and those that they unlinked.
    pub async fn linked_accounts(&self, caller: &Caller) -> Result<Vec<LinkedAccount>, Error> {
        let Caller::Person(caller) = caller else { return Err(Error::Forbidden) };
        let id = caller.id;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.accounts_of(id).await })).await?)
    }

    /// Lets the caller no longer sign in with their account at this provider. The last way to sign in stays.
    pub async fn unlink_account(&self, context: &Context, issuer: String) -> Result<(), Error> {
        let Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let id = caller.id;
        self.change(context, move |tx, by| {
            let issuer = issuer.clone();
            Box::pin(async move {
                let accounts = tx.accounts_of(id).await?;
                let (this, others): (Vec<_>, Vec<_>) =
                    accounts.into_iter().filter(|account| account.unlinked_at.is_none()).partition(|account| account.issuer == issuer);
                if this.is_empty() {
                    return Err(Abort::Refused(Error::NotFound));
                }
                if others.is_empty() && tx.password_hash(id).await?.is_none() && tx.passkeys_of(id).await?.is_empty() {
                    return Err(Abort::Refused(LAST_WAY));
                }
                tx.unlink_account(id, &issuer, by.at).await?;
                let event = Event::UpstreamUnlinked { person: id, provider: issuer };
                Ok(Outcome::Changed((), tx.record(by, event).await?))
            })
        })
        .await
        .map(drop)
    }

    /// Lets the next signing in at this provider link an account again, which the caller had unlinked.
    pub async fn allow_account_again(&self, context: &Context, issuer: String) -> Result<(), Error> {
        let Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let id = caller.id;
        self.commit(context, move |tx, _| {
            let issuer = issuer.clone();
            Box::pin(async move {
                Ok(match tx.forget_unlinked_account(id, &issuer).await? {
                    true => Outcome::Kept(()),
                    false => return Err(Abort::Refused(Error::NotFound)),
                })
            })
        })
        .await
        .map(drop)
    }
}

const LAST_WAY: Error = Error::Conflict { code: "last_way_in", detail: "this is the only way in which this person can sign in" };
