//! Links that somebody gets by mail: found by their secret, looked at without using them up, used once.
//!
//! Programs that read mail open the links in it. So looking changes nothing: a link is used by the form of its page, in one
//! transaction with what it is for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::mail_link::MailPurpose;
use domain::person::{Language, Person, Roles};
use domain::text::{Email, Name};
use domain::{Digest, Event, MailLinkId, OrganisationId, PersonId, Secret, Timestamp};
use store::{By, MailLink, Reader, StoreError, Tx};

use crate::{Authority, Begun, BrowserFacts, Context, Error, SessionLimits, invitation};

/// 24 bytes are 192 bits, and 32 characters.
const SECRET_BYTES: usize = 24;

/// Why a link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkOver {
    /// There is no such link: it was mistyped, or replaced by a newer one.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was used.
    Used,
    /// It was withdrawn.
    Withdrawn,
    /// What it was for has changed: the account, the organisation, or whoever invited.
    Void,
}

/// Why a link was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkUnused {
    /// It does not work.
    Over(LinkOver),
    /// In another browser than the one in which it was asked for, a password must be chosen.
    PasswordNeeded,
    /// An account with its address was made meanwhile.
    AddressTaken,
    /// It is for somebody else than who is signed in.
    OtherPerson,
    /// Who is signed in is a member already.
    AlreadyMember,
}

/// What a link is for, as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkView {
    /// It makes an account.
    SignUp {
        /// With this address.
        email: Email,
        /// For whoever calls themselves so.
        name: Name,
        /// Whether this is the browser in which it was asked for.
        same_browser: bool,
    },
    /// It proves an address.
    Verify {
        /// Which.
        email: Email,
        /// Whose it then is.
        person: PersonId,
    },
    /// It lets somebody choose another password.
    Reset {
        /// The address of the account.
        email: Email,
    },
    /// It makes somebody a member.
    Join(Box<InvitationView>),
    /// Nothing.
    Over(LinkOver),
}

/// An invitation, as whoever has it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationView {
    /// Who is invited.
    pub email: Email,
    /// Where.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: Name,
    /// As what.
    pub roles: Roles,
    /// The name of who invites; nobody's, where whoever runs the installation does.
    pub invited_by: Option<Name>,
    /// Who has an account with this address, if anybody.
    pub account: Option<PersonId>,
    /// Whether they are a member already.
    pub is_member: bool,
}

/// The browser in which a link is used.
#[derive(Clone)]
pub struct Arrival {
    /// What ties things to it.
    pub visit: Digest,
    /// In which language its pages are.
    pub language: Language,
    /// The browser.
    pub browser: BrowserFacts,
    /// How long the session lasts that begins with it.
    pub limits: SessionLimits,
}

/// A link that is about to be sent.
#[derive(Clone)]
pub(crate) struct Drawn {
    pub(crate) id: MailLinkId,
    pub(crate) secret: Secret<String>,
    pub(crate) digest: Digest,
}

impl Drawn {
    /// The link for this purpose, from this moment on.
    pub(crate) fn link(&self, email: Email, purpose: MailPurpose, at: Timestamp) -> MailLink {
        let expires_at = at.saturating_add(purpose.life());
        MailLink { id: self.id, email, purpose, created_at: at, sent_at: at, expires_at, used_at: None, withdrawn_at: None }
    }
}

pub(crate) fn digest(secret: &Secret<String>) -> Digest {
    Digest::of(secret.expose().as_bytes())
}

/// The link with this secret, where it works at this moment.
pub(crate) async fn open(reader: &mut Reader<'_>, digest: &Digest, now: Timestamp) -> Result<Result<MailLink, LinkOver>, StoreError> {
    Ok(match reader.mail_link(digest).await? {
        None => Err(LinkOver::Unknown),
        Some(link) if link.used_at.is_some() => Err(LinkOver::Used),
        Some(link) if link.withdrawn_at.is_some() => Err(LinkOver::Withdrawn),
        Some(link) if link.expires_at <= now => Err(LinkOver::Expired),
        Some(link) => Ok(link),
    })
}

/// The person whom a link is about, who may still sign in.
pub(crate) async fn active(reader: &mut Reader<'_>, id: PersonId) -> Result<Option<Person>, StoreError> {
    Ok(reader.person(id).await?.filter(|person| person.suspended_at.is_none() && person.erased_at.is_none()))
}

/// Whether this is the person's address at this moment.
pub(crate) fn is_of(person: &Person, email: &Email) -> bool {
    person.email.as_ref().is_some_and(|own| own.folded() == email.folded())
}

/// Marks an address as proven by whoever has just used a link that went there.
pub(crate) async fn proven(tx: &mut Tx<'_>, by: &By, person: PersonId, email: &Email) -> Result<(), StoreError> {
    if tx.verify_email(person, email).await? {
        tx.record(by, Event::EmailVerified { person }).await?;
    }
    Ok(())
}

impl Authority {
    /// What the link with this secret is for, for this browser. Nothing is changed by looking.
    pub async fn mail_link(&self, secret: &Secret<String>, visit: Digest, now: Timestamp) -> Result<LinkView, Error> {
        let digest = digest(secret);
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                match open(reader, &digest, now).await? {
                    Ok(link) => view(reader, link, visit).await,
                    Err(over) => Ok(LinkView::Over(over)),
                }
            })
        });
        Ok(read.await?)
    }

    pub(crate) fn draw_link(&self, context: &Context) -> Result<Drawn, Error> {
        let mut bytes = [0; SECRET_BYTES];
        self.entropy.fill(&mut bytes)?;
        let secret = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
        Ok(Drawn { id: MailLinkId::generate(context.now, &*self.entropy)?, digest: digest(&secret), secret })
    }

    /// Signs in whoever has just chosen a password by a link.
    pub(crate) async fn begin_by_link(
        &self,
        context: &Context,
        (person, hash): (PersonId, String),
        arrival: Arrival,
    ) -> Result<Option<Begun>, Error> {
        let Arrival { browser, limits, .. } = arrival;
        let start = crate::session::Start { person, proof: crate::session::Proof::Password(Some(hash)), second: None, browser, limits };
        Ok(self.begin_session(context, start).await?.ok())
    }
}

async fn view(reader: &mut Reader<'_>, link: MailLink, visit: Digest) -> Result<LinkView, StoreError> {
    let email = link.email.clone();
    Ok(match &link.purpose {
        MailPurpose::SignUp { name, visit: own, .. } => LinkView::SignUp { email, name: name.clone(), same_browser: *own == visit },
        MailPurpose::Verify { person } => match active(reader, *person).await? {
            Some(_) => LinkView::Verify { email, person: *person },
            None => LinkView::Over(LinkOver::Void),
        },
        MailPurpose::Reset { person } => match active(reader, *person).await?.filter(|person| is_of(person, &email)) {
            Some(_) => LinkView::Reset { email },
            None => LinkView::Over(LinkOver::Void),
        },
        MailPurpose::Join { .. } => match invitation::judged(reader, &link).await? {
            Some(view) => LinkView::Join(Box::new(view)),
            None => LinkView::Over(LinkOver::Void),
        },
        MailPurpose::Nothing => LinkView::Over(LinkOver::Unknown),
    })
}
