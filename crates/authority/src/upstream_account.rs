//! Signing in with an account of another provider: the one that is linked, or, once, the one with the person's verified address.

use domain::text::Email;
use domain::{Event, InteractionId, PersonId, Secret, Timestamp};
use store::{Outcome, UpstreamAccount};

use crate::second_factor::{First, HalfSignIn};
use crate::session::{Proof, SignInAim, Start};
use crate::{Authority, BrowserFacts, Context, Error, Refusal, SessionLimits};

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

/// How far a signing in with an account of another provider came.
pub enum SignedInUpstream {
    /// The session began; its secret.
    Begun(Secret<String>),
    /// The person has a second factor: this waits for it.
    SecondStep(InteractionId),
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
    ) -> Result<Result<SignedInUpstream, Refusal>, Error> {
        let UpstreamIdentity { issuer, subject, verified_email, auth_time } = identity;
        let account = UpstreamAccount { issuer, subject };
        let Some(person) = self.person_of(context, account, verified_email).await? else { return Ok(Err(Refusal::NotRight)) };
        let auth_time = auth_time.min(context.now);
        let half = HalfSignIn { person, first: First::Upstream(auth_time), query: aim.query };
        if let Some(waits) = self.second_step_of(context, half, aim.visit).await? {
            return Ok(Ok(SignedInUpstream::SecondStep(waits)));
        }
        let start = Start { person, proof: Proof::Upstream { auth_time }, second: None, browser, limits };
        Ok(self.begin_session(context, start).await?.map(|(_, secret)| SignedInUpstream::Begun(secret)))
    }

    async fn person_of(&self, context: &Context, account: UpstreamAccount, email: Option<Email>) -> Result<Option<PersonId>, Error> {
        let known = account.clone();
        let linked = self.store.read(move |reader| Box::pin(async move { reader.person_of_account(&known).await })).await?;
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
                let event = Event::UpstreamLinked { person, provider: account.issuer };
                Ok(Outcome::Changed(Some(person), tx.record(&crate::session::itself(by, person), event).await?))
            })
        });
        Ok(found.await?.value)
    }
}
