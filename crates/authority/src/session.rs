//! Signing in, and sessions: who sits at a browser.
//!
//! A session's secret is new after each signing in, so that none that was known before it counts. Whether somebody is
//! suspended or erased, and whether a session was ended, is read from the database with each request.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::authorization::Authorization;
use domain::event::Actor;
use domain::person::{Membership, Person, Settings};
use domain::second_factor::FactorChange;
use domain::session::{Method, Session};
use domain::text::Email;
use domain::{Digest, Event, InteractionId, PasskeyId, PersonId, Secret, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Abort, By, NewSession, Outcome, Recorded, SignInFacts, StoreError, Tx};

use crate::fence::holds;
use crate::new_browser::Newcomer;
use crate::second_factor::{First, HalfSignIn, Second};
use crate::{Authority, BrowserFacts, Changed, Context, Error, logout_notice};

/// 24 bytes are 192 bits, and 32 characters.
const SECRET_BYTES: usize = 24;
/// The longest text that is looked at as a mail address: more is none.
const MAX_EMAIL_BYTES: usize = 1_024;
const MAX_USER_AGENT_CHARACTERS: usize = 200;
/// Until then an access token of an ended session would be good by itself.
const ACCESS_TOKENS_LAST: Duration = Duration::from_secs(domain::access_token::MAX_LIFE_SECONDS as u64);
/// "Last used" is written this often at most.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Since it was last used.
    pub idle: Duration,
    /// Since its person last signed in.
    pub absolute: Duration,
}

/// A try to sign in with a password.
#[derive(Clone)]
pub struct SignIn {
    /// The mail address as it was typed.
    pub email: String,
    /// The password.
    pub password: Secret<String>,
    /// The mark of a browser that is known.
    pub device: Option<Secret<String>>,
    /// The browser.
    pub browser: BrowserFacts,
    /// How long the session lasts.
    pub limits: SessionLimits,
    /// Where it leads, for whoever is asked for more.
    pub aim: SignInAim,
}

/// Where a signing in leads, kept while the second step waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAim {
    /// The browser in which it waits.
    pub visit: Digest,
    /// The sign-in page's query.
    pub query: String,
}

/// Why nobody was signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Mail address or password is not right, or the person is suspended or erased: which of them is not told.
    NotRight,
    /// The person stands behind the fence of a restore, until an operator confirms it.
    Fenced,
    /// Too many tries; from this moment on there is one again.
    TooMany(Timestamp),
    /// What waited for the second step, or for a passkey, is over: from the beginning.
    Over,
    /// The passkey counted backwards, as a copy of it would.
    Suspected,
}

/// How far a try to sign in came.
pub enum SignedIn {
    /// The session began.
    Begun(Begun),
    /// The first means is right, and the person has a second one: this waits for it ([`Authority::finish_sign_in`]).
    SecondStep(InteractionId),
}

/// A session that began.
pub struct Begun {
    /// The session.
    pub session: Session,
    /// The secret for its cookie.
    pub secret: Secret<String>,
    /// The mark by which the browser is known from now on.
    pub device: Secret<String>,
}

/// Who sits at a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInPerson {
    /// The session.
    pub session: Session,
    /// The person, neither suspended nor erased.
    pub person: Person,
    /// Where they are a member, without what stands behind a fence, and without what is withheld.
    pub memberships: Vec<Membership>,
    /// Where they are a member, too, once they have the second factor that is asked for there.
    pub withheld: Vec<Membership>,
    /// How they want pages to be.
    pub settings: Settings,
    /// Whether they were appointed to run the installation.
    pub is_operator: bool,
}

/// Which sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(SessionId),
    /// All but this one.
    Others(SessionId),
    /// All.
    All,
}

/// How far a transaction that begins a session came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Begin {
    /// The folded mail address by which the person signs in comes with it.
    Begun(Session, String),
    NotRight,
    Fenced,
}

/// What must still hold of a person when the session begins.
#[derive(Clone)]
pub(crate) enum Proof {
    /// A passkey, alone: it has counted so far.
    Passkey(PasskeyId, u32),
    /// This is still the hash of the password.
    Password(Option<String>),
    /// The provider was asked.
    Upstream {
        /// When the person proved to it who they are.
        auth_time: Timestamp,
    },
}

/// A second means, and what waited for it in which browser.
pub(crate) type Waited = (Second, (InteractionId, Digest));

/// A session that is to begin.
pub(crate) struct Start {
    pub(crate) person: PersonId,
    pub(crate) proof: Proof,
    /// The second means, and what waited for it.
    pub(crate) second: Option<Waited>,
    pub(crate) browser: BrowserFacts,
    pub(crate) limits: SessionLimits,
}

impl Authority {
    /// Signs somebody in with mail address and password. Whoever is not known costs as much work, and gets the same answer.
    pub async fn sign_in(&self, context: &Context, sign_in: SignIn) -> Result<Result<SignedIn, Refusal>, Error> {
        let SignIn { email, password, device, browser, limits, aim } = sign_in;
        let email = Email::new(&email).map_err(|_| email);
        let account = match &email {
            Ok(email) => email.folded(),
            Err(text) => text.get(..MAX_EMAIL_BYTES).unwrap_or(text).trim().to_ascii_lowercase(),
        };
        let device = device.and_then(|mark| self.known_device(&mark, &account, context.now));
        let charges = Self::charges(browser.address, &account, device.as_deref());
        if let Some(until) = self.store.spend(charges.clone(), context.now).await? {
            return Ok(Err(Refusal::TooMany(until)));
        }
        let facts = match email.ok() {
            Some(email) => self.store.read(move |reader| Box::pin(async move { reader.sign_in_facts(&email).await })).await?,
            None => None,
        };
        let hash = facts.as_ref().and_then(|facts| facts.password_hash.clone());
        let has_password = hash.is_some();
        let matches = self.passwords.matches(password, hash.clone()).await?;
        let Some(SignInFacts { person, .. }) = facts.filter(|_| has_password && matches) else { return Ok(Err(Refusal::NotRight)) };
        let first = First::Password(Digest::of(hash.as_deref().unwrap_or_default().as_bytes()));
        if let Some(waits) = self.second_step_of(context, HalfSignIn { person, first, query: aim.query }, aim.visit).await? {
            self.store.give_back(charges).await?;
            return Ok(Ok(SignedIn::SecondStep(waits)));
        }
        let start = Start { person, proof: Proof::Password(hash), second: None, browser, limits };
        let begun = self.begin_session(context, start).await?;
        if begun.is_ok() {
            self.store.give_back(charges).await?;
        }
        Ok(begun.map(SignedIn::Begun))
    }

    /// What a signing in waits under that needs a second step; nothing where it needs none.
    pub(crate) async fn second_step_of(&self, context: &Context, half: HalfSignIn, visit: Digest) -> Result<Option<InteractionId>, Error> {
        let person = half.person;
        if !self.store.read(move |reader| Box::pin(async move { reader.has_second_factor(person).await })).await? {
            return Ok(None);
        }
        self.wait_for_second_step(half, visit, context.now).await.map(Some)
    }

    /// Begins a session of a person who has proved who they are, and marks the browser as theirs; ends the one of anybody else in it.
    pub(crate) async fn begin_session(&self, context: &Context, start: Start) -> Result<Result<Begun, Refusal>, Error> {
        let mut bytes = [0; SECRET_BYTES];
        self.entropy.fill(&mut bytes)?;
        let secret = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
        let Start { person, proof, second, browser, limits } = start;
        let now = context.now;
        let (first, auth_time) = match proof {
            Proof::Password(_) => (Method::Password, now),
            Proof::Upstream { auth_time } => (Method::Upstream, auth_time),
            Proof::Passkey(..) => (Method::Passkey, now),
        };
        let method = second.map_or(first, |(second, _)| first.and(second.method()));
        let session = Session {
            id: SessionId::generate(now, &*self.entropy)?,
            person,
            created_at: now,
            auth_time,
            method,
            last_seen_at: now,
            expires_at: now.saturating_add(limits.absolute),
            address: browser.address.map(|address| address.to_string()),
            user_agent: browser.user_agent.as_deref().map(shortened),
        };
        let new = NewSession { session, digest: Digest::of(secret.expose().as_bytes()) };
        let newcomer = Newcomer::new(self, &browser, browser.present.as_ref().is_some_and(|present| present.person == person));
        let (same, other) = match browser.present {
            Some(present) if present.person == person => (Some(present), None),
            present => (None, present),
        };
        let begun = self.change(context, move |tx, by| {
            let (new, same, proof, newcomer) = (new.clone(), same.clone(), proof.clone(), newcomer.clone());
            Box::pin(async move {
                let begun = begin(tx, by, new, (same, proof, second)).await?;
                newcomer.tell(tx, &begun, by.at).await?;
                Ok(begun)
            })
        });
        let (session, account) = match begun.await.map(|begun| begun.value) {
            Ok(Begin::Begun(session, account)) => (session, account),
            // Aborted, so that nothing of it was taken.
            Ok(Begin::NotRight) | Err(Error::Forbidden) => return Ok(Err(Refusal::NotRight)),
            Ok(Begin::Fenced) => return Ok(Err(Refusal::Fenced)),
            Err(error) => return Err(error),
        };
        self.letters_written();
        if let Some(other) = other {
            self.end_sessions(context, other.person, Which::One(other.id)).await?;
        }
        Ok(Ok(Begun { session, secret, device: self.mark_device(&account, now)? }))
    }

    /// Who sits at the browser with this secret in its cookie: nobody, where the session is over or its person may not sign in.
    pub async fn session(&self, secret: &Secret<String>, now: Timestamp, limits: SessionLimits) -> Result<Option<SignedInPerson>, Error> {
        let digest = Digest::of(secret.expose().as_bytes());
        let found = self.store.read(move |reader| {
            Box::pin(async move {
                let Some(session) = reader.session(&digest, now, limits.idle).await? else { return Ok(None) };
                let Some(person) = reader.person(session.person).await? else { return Ok(None) };
                let (fence, mut memberships) = (reader.fence().await?, reader.memberships_of(person.id).await?);
                memberships.retain(|membership| !holds(fence.as_ref(), membership.id.as_bytes(), Some(membership.organisation)));
                let lacking = reader.second_factor_lacking(person.id).await?;
                let withheld = memberships.extract_if(.., |membership| lacking.contains(&membership.organisation)).collect();
                let (settings, is_operator) = reader.page_settings(person.id).await?;
                Ok(Some(SignedInPerson { session, person, memberships, withheld, settings, is_operator }))
            })
        });
        let found = found.await?;
        if let Some(SignedInPerson { session, .. }) = &found
            && session.last_seen_at.saturating_add(SEEN_EVERY) <= now
            && let Err(error) = self.store.touch_session(session.id, now).await
        {
            // It is read all the same; at worst it is over too early.
            tracing::debug!(%error, "the last use of a session was not written");
        }
        Ok(found)
    }

    /// A person's live sessions, the last used first.
    pub async fn sessions_of(&self, person: PersonId, now: Timestamp, limits: SessionLimits) -> Result<Vec<Session>, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.sessions_of(person, now, limits.idle).await })).await?)
    }

    /// Ends sessions of a person, and with them what was consented to in them; the clients there are told. Says how many.
    pub async fn end_sessions(&self, context: &Context, person: PersonId, which: Which) -> Result<Changed<u64>, Error> {
        let ended = self.change(context, move |tx, by| {
            Box::pin(async move {
                Ok(match end(tx, by, person, which).await? {
                    (count, Some(recorded)) => Outcome::Changed(count, recorded),
                    (count, None) => Outcome::Unchanged(count),
                })
            })
        });
        let ended = ended.await?;
        self.logout_notices_wait.notify_one();
        Ok(ended)
    }
}

/// Ends sessions of a person, with what was consented to in them, and keeps for the clients there that they are to be told. Says
/// how many.
pub(crate) async fn end(tx: &mut Tx<'_>, by: &By, person: PersonId, which: Which) -> Result<(u64, Option<Recorded>), StoreError> {
    let until = by.at.saturating_add(ACCESS_TOKENS_LAST);
    let mut ended = Vec::new();
    for id in tx.unended_sessions_of(person).await? {
        let meant = match which {
            Which::One(one) => id == one,
            Which::Others(own) => id != own,
            Which::All => true,
        };
        if meant && tx.end_session(id, person, by.at).await? {
            tx.keep_ended(id.as_bytes(), until).await?;
            tx.end_refresh_families_of_session(id, by.at).await?;
            logout_notice::keep(tx, by, person, id).await?;
            ended.push(id);
        }
    }
    if ended.is_empty() {
        return Ok((0, None));
    }
    let count = ended.len() as u64;
    Ok((count, Some(tx.record(by, Event::SessionsEnded { sessions: ended, until }).await?)))
}

async fn begin(
    tx: &mut Tx<'_>,
    by: &By,
    mut new: NewSession,
    (same, proof, second): (Option<Session>, Proof, Option<Waited>),
) -> Result<Outcome<Begin>, Abort<Error>> {
    let id = new.session.person;
    let person = tx.person(id).await?.filter(|person| person.suspended_at.is_none() && person.erased_at.is_none());
    let Some(person) = person else { return Ok(Outcome::Unchanged(Begin::NotRight)) };
    if let Proof::Password(hash) = &proof
        && tx.password_hash(id).await? != *hash
    {
        return Ok(Outcome::Unchanged(Begin::NotRight));
    }
    let fence = tx.fence().await?;
    let memberships = tx.memberships_of(id).await?;
    let confirmed = memberships.iter().any(|membership| !holds(fence.as_ref(), id.as_bytes(), Some(membership.organisation)));
    if !confirmed && holds(fence.as_ref(), id.as_bytes(), None) {
        return Ok(Outcome::Unchanged(Begin::Fenced));
    }
    // Nobody who has a second factor gets a session without it, whoever looked before.
    let proved = match (proof, second) {
        (Proof::Passkey(passkey, counter), _) => Second::Passkey(passkey, counter).take(tx, id, by.at).await?,
        (_, None) => !tx.has_second_factor(id).await?,
        (_, Some((second, (waits, visit)))) => tx.take_interaction(waits, &visit, by.at).await? && second.take(tx, id, by.at).await?,
    };
    if !proved {
        return Err(Abort::Refused(Error::Forbidden));
    }
    let fresh = new.session.clone();
    if let Some(same) = same {
        new.session = Session { id: same.id, created_at: same.created_at, ..fresh.clone() };
        if !tx.renew_session(&new).await? {
            new.session = fresh;
            tx.insert_session(&new).await?;
        }
    } else {
        tx.insert_session(&new).await?;
    }
    if let Some((Second::RecoveryCode(number), _)) = second {
        tx.record(&itself(by, id), Event::SecondFactorChanged { person: id, change: FactorChange::RecoveryCodeUsed(number) }).await?;
    }
    let event = Event::SessionStarted { session: new.session.id, person: id };
    let recorded = tx.record(&itself(by, id), event).await?;
    let account = person.email.as_ref().map(Email::folded).unwrap_or_default();
    Ok(Outcome::Changed(Begin::Begun(new.session, account), recorded))
}

/// Whether the session was ended in which this was consented to. While this transaction lasts, nobody ends it.
pub(crate) async fn has_ended(tx: &mut Tx<'_>, authorization: &Authorization) -> Result<bool, StoreError> {
    let Some(session) = authorization.session else { return Ok(false) };
    // A session that is not there, because its time was over long ago or since a restore, was not ended by anybody.
    Ok(!tx.hold_session(session).await? && tx.is_kept_ended(session.as_bytes()).await?)
}

/// As the act of the person who has just proved who they are, whoever was known when the request came.
pub(crate) fn itself(by: &By, person: PersonId) -> By {
    By { actor: Actor::Person { id: person, credential: None }, ..by.clone() }
}

/// Enough to recognise one's own browser by.
fn shortened(user_agent: &str) -> String {
    user_agent.chars().filter(|character| !character.is_control()).take(MAX_USER_AGENT_CHARACTERS).collect()
}
