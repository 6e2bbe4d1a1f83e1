//! Invitations: an owner asks somebody to become a member, and whoever has the address does so or does not.
//!
//! Whether the address has an account is nobody's business but its holder's: an invitation goes out the same. Whether its role may
//! be given is judged when it is accepted, once more: whoever invited may be gone by then.

use domain::event::Event;
use domain::letter::{Letter, LinkSecret, Recipient};
use domain::mail_link::MailPurpose;
use domain::person::{Language, Membership, Roles};
use domain::text::{Email, Name};
use domain::{MailLinkId, MembershipId, OrganisationId, PersonId, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Abort, By, MailLink, Outcome, Page, Reader, StoreError, Tx};

use crate::letter::Letters;
use crate::mail_link::{self, Arrival, Drawn, InvitationView, LinkOver, LinkUnused};
use crate::organisation::clash;
use crate::session::itself;
use crate::sign_up::{self, NewAccount};
use crate::{Authority, Begun, Caller, Changed, Context, Error, Right, allowance};

/// Who are invited.
#[derive(Debug, Clone)]
pub struct NewInvitations {
    /// Their addresses.
    pub emails: Vec<Email>,
    /// As what.
    pub roles: Roles,
    /// In which language they are written to.
    pub language: Language,
}

/// An invitation that nobody has accepted or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: MailLinkId,
    /// Who is invited.
    pub email: Email,
    /// Where.
    pub organisation: OrganisationId,
    /// As what.
    pub roles: Roles,
    /// Who invites; nobody, where whoever runs the installation does.
    pub invited_by: Option<PersonId>,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// From this moment on its link does not work.
    pub expires_at: Timestamp,
}

/// Who has become a member, and how they are signed in to their new account.
pub struct Joined {
    /// Where.
    pub organisation: OrganisationId,
    /// The session that began.
    pub begun: Option<Begun>,
}

impl Invitation {
    fn of(link: MailLink) -> Option<Self> {
        let MailPurpose::Join { organisation, roles, invited_by } = link.purpose else { return None };
        let MailLink { id, email, sent_at, expires_at, .. } = link;
        Some(Self { id, email, organisation, roles, invited_by, sent_at, expires_at })
    }
}

impl Authority {
    /// Invites people to an organisation, all or none. Who was invited already gets another link; members are refused
    /// (`emails[N]`). Where too many were invited, says when one more may be.
    pub async fn invite(
        &self,
        context: &Context,
        organisation: OrganisationId,
        new: NewInvitations,
    ) -> Result<Result<Changed<Vec<Invitation>>, Timestamp>, Error> {
        context.caller.require_management(organisation, Right::PeopleWrite)?;
        if !self.sends_letters() {
            return Err(NO_LETTERS);
        }
        for _ in &new.emails {
            if let Some(until) = self.store.spend(vec![allowance::invitation(organisation)], context.now).await? {
                return Ok(Err(until));
            }
        }
        let drawn = new.emails.iter().map(|_| self.draw_link(context)).collect::<Result<Vec<_>, _>>()?;
        let (caller, letters) = (context.caller.clone(), self.letters());
        let invited = self.change(context, move |tx, by| {
            let (caller, letters, new, drawn) = (caller.clone(), letters.clone(), new.clone(), drawn.clone());
            Box::pin(async move {
                let writing = Writing::begin(tx, &caller, (organisation, letters, new.language)).await?;
                refuse_members(tx, organisation, &new.emails).await?;
                let mut invited = Vec::new();
                for (email, drawn) in new.emails.into_iter().zip(drawn) {
                    invited.push(writing.invite(tx, by, (email, new.roles), drawn).await?);
                }
                Ok(match tx.recorded() {
                    Some(recorded) => Outcome::Changed(invited, recorded),
                    None => Outcome::Unchanged(invited),
                })
            })
        });
        let invited = invited.await?;
        self.letters_written();
        Ok(Ok(invited))
    }

    /// An organisation's invitations that nobody has accepted or withdrawn; the time of some may be over.
    pub async fn invitations(&self, caller: &Caller, organisation: OrganisationId, page: Page) -> Result<Vec<Invitation>, Error> {
        caller.require_management(organisation, Right::PeopleRead)?;
        let found = self.store.read(move |reader| Box::pin(async move { reader.invitations(organisation, page).await })).await?;
        Ok(found.into_iter().filter_map(Invitation::of).collect())
    }

    /// One of them.
    pub async fn invitation(&self, caller: &Caller, id: MailLinkId) -> Result<Invitation, Error> {
        let found = self.store.read(move |reader| Box::pin(async move { reader.invitation(id).await })).await?;
        let invitation = found.and_then(Invitation::of).ok_or(Error::NotFound)?;
        caller.require_management(invitation.organisation, Right::PeopleRead)?;
        Ok(invitation)
    }

    /// Sends an invitation once more, with another link, which works for as long as the first one did. The one before works no more.
    pub async fn send_invitation_again(
        &self,
        context: &Context,
        id: MailLinkId,
        language: Language,
    ) -> Result<Result<Invitation, Timestamp>, Error> {
        let found = self.invitation(&context.caller, id).await?;
        let new = NewInvitations { emails: vec![found.email], roles: found.roles, language };
        match self.invite(context, found.organisation, new).await? {
            Ok(sent) => sent.value.into_iter().next().ok_or(Error::NotFound).map(Ok),
            Err(until) => Ok(Err(until)),
        }
    }

    /// Withdraws an invitation: its link works no more.
    pub async fn withdraw_invitation(&self, context: &Context, id: MailLinkId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let found = tx.invitation(id).await?.and_then(Invitation::of).ok_or(Abort::Refused(Error::NotFound))?;
                caller.require_management(found.organisation, Right::PeopleWrite).map_err(Abort::Refused)?;
                if !tx.withdraw_mail_link(id, by.at).await? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let event = Event::InvitationWithdrawn { invitation: id, organisation: found.organisation };
                Ok(Outcome::Changed((), tx.record(by, event).await?))
            })
        })
        .await
    }

    /// Accepts an invitation with the account that is signed in: the one with the address that was invited.
    pub async fn join(&self, context: &Context, secret: &Secret<String>) -> Result<Result<OrganisationId, LinkUnused>, Error> {
        let Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let (person, digest) = (caller.id, mail_link::digest(secret));
        let membership = MembershipId::generate(context.now, &*self.entropy)?;
        let joined = self.commit(context, move |tx, by| {
            Box::pin(async move {
                let unused = |unused| Ok(Outcome::Unchanged(Err(unused)));
                let (link, view) = match accepted(tx, &digest, by.at).await? {
                    Ok(accepted) => accepted,
                    Err(over) => return unused(LinkUnused::Over(over)),
                };
                if view.account != Some(person) {
                    return unused(LinkUnused::OtherPerson);
                }
                if view.is_member {
                    return unused(LinkUnused::AlreadyMember);
                }
                if !tx.use_mail_link(&digest, by.at).await? {
                    return unused(LinkUnused::Over(LinkOver::Used));
                }
                mail_link::proven(tx, by, person, &link.email).await?;
                let member = Membership { id: membership, person, organisation: view.organisation, roles: view.roles, created_at: by.at };
                let recorded = admit(tx, by, member).await?;
                Ok(Outcome::Changed(Ok(view.organisation), recorded))
            })
        });
        Ok(joined.await?.value)
    }

    /// Accepts an invitation with a new account for the address that was invited, and signs in.
    pub async fn join_anew(
        &self,
        context: &Context,
        secret: &Secret<String>,
        (name, password): (Name, Secret<String>),
        arrival: Arrival,
    ) -> Result<Result<Joined, LinkUnused>, Error> {
        let (digest, language) = (mail_link::digest(secret), arrival.language);
        let hash = self.passwords.hash(password, &*self.entropy).await?;
        let person = PersonId::generate(context.now, &*self.entropy)?;
        let membership = MembershipId::generate(context.now, &*self.entropy)?;
        let joined = self.commit(context, move |tx, by| {
            let (name, hash) = (name.clone(), hash.clone());
            Box::pin(async move {
                let unused = |unused| Ok(Outcome::Unchanged(Err(unused)));
                let (link, view) = match accepted(tx, &digest, by.at).await? {
                    Ok(accepted) => accepted,
                    Err(over) => return unused(LinkUnused::Over(over)),
                };
                if view.account.is_some() {
                    return unused(LinkUnused::AddressTaken);
                }
                if !tx.use_mail_link(&digest, by.at).await? {
                    return unused(LinkUnused::Over(LinkOver::Used));
                }
                let by = itself(by, person);
                let new = sign_up::person(person, name, link.email.clone(), by.at);
                sign_up::insert(tx, &by, NewAccount { person: new, hash: hash.clone(), language }).await?;
                tx.record(&by, Event::EmailVerified { person }).await?;
                let member = Membership { id: membership, person, organisation: view.organisation, roles: view.roles, created_at: by.at };
                let recorded = admit(tx, &by, member).await?;
                Ok(Outcome::Changed(Ok((view.organisation, (person, hash))), recorded))
            })
        });
        Ok(match joined.await?.value {
            Ok((organisation, account)) => Ok(Joined { organisation, begun: self.begin_by_link(context, account, arrival).await? }),
            Err(unused) => Err(unused),
        })
    }
}

const NO_LETTERS: Error =
    Error::Conflict { code: "no_mail", detail: "this installation sends no mail: set smtp_server, or make the account yourself" };

/// Invitations that are being written.
struct Writing {
    organisation: OrganisationId,
    name: String,
    invited_by: Option<PersonId>,
    inviter: Option<String>,
    letters: Letters,
    language: Language,
}

impl Writing {
    async fn begin(
        tx: &mut Tx<'_>,
        caller: &Caller,
        (organisation, letters, language): (OrganisationId, Letters, Language),
    ) -> Result<Self, Abort<Error>> {
        let found = tx.organisation(organisation).await?.ok_or(Abort::Refused(Error::NotFound))?;
        let invited_by = if let Caller::Person(person) = caller { Some(person.id) } else { None };
        let inviter = match invited_by {
            Some(id) => tx.person(id).await?.and_then(|person| person.name).map(String::from),
            None => None,
        };
        Ok(Self { organisation, name: found.name.into(), invited_by, inviter, letters, language })
    }

    async fn invite(&self, tx: &mut Tx<'_>, by: &By, (email, roles): (Email, Roles), drawn: Drawn) -> Result<Invitation, Abort<Error>> {
        let purpose = MailPurpose::Join { organisation: self.organisation, roles, invited_by: self.invited_by };
        let mut link = drawn.link(email.clone(), purpose, by.at);
        let before = tx.invitation_of(self.organisation, &email).await?;
        if let Some(before) = before {
            link.id = before.id;
            tx.send_mail_link_again(&link, &drawn.digest).await?;
        } else {
            tx.insert_mail_link(&link, &drawn.digest).await?;
        }
        let to = match tx.person_by_email(&email).await? {
            Some(person) => Recipient::Person(person.id),
            None => Recipient::Address { email, language: self.language },
        };
        let letter = Letter::Invitation {
            organisation: self.name.clone(),
            invited_by: self.inviter.clone(),
            secret: LinkSecret::new(drawn.secret),
            ends_at: link.expires_at,
        };
        self.letters.write(tx, by.at, to, &letter).await?;
        tx.record(by, Event::MemberInvited { invitation: link.id, organisation: self.organisation, roles }).await?;
        Invitation::of(link).ok_or(Abort::Refused(Error::NotFound))
    }
}

async fn refuse_members(tx: &mut Tx<'_>, organisation: OrganisationId, emails: &[Email]) -> Result<(), Abort<Error>> {
    let mut problems = Vec::new();
    for (number, email) in emails.iter().enumerate() {
        if let Some(person) = tx.person_by_email(email).await?
            && tx.membership_of(person.id, organisation).await?.is_some()
        {
            problems.push((format!("emails[{number}]"), "is a member already".to_owned()));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Abort::Refused(Error::Invalid(problems))) }
}

/// The invitation with this secret, and what it leads to, where it works at this moment.
async fn accepted(
    tx: &mut Tx<'_>,
    digest: &domain::Digest,
    now: Timestamp,
) -> Result<Result<(MailLink, InvitationView), LinkOver>, StoreError> {
    let link = match mail_link::open(tx, digest, now).await? {
        Ok(link) => link,
        Err(over) => return Ok(Err(over)),
    };
    if !matches!(link.purpose, MailPurpose::Join { .. }) {
        return Ok(Err(LinkOver::Unknown));
    }
    Ok(judged(tx, &link).await?.map(|view| (link, view)).ok_or(LinkOver::Void))
}

/// What an invitation leads to; nothing, where the organisation is gone or suspended, or whoever invited may not invite any more.
pub(crate) async fn judged(reader: &mut Reader<'_>, link: &MailLink) -> Result<Option<InvitationView>, StoreError> {
    let MailPurpose::Join { organisation, roles, invited_by } = link.purpose else { return Ok(None) };
    let Some(found) = reader.organisation(organisation).await?.filter(|found| found.suspended_at.is_none()) else { return Ok(None) };
    let mut inviter = None;
    if let Some(id) = invited_by {
        let membership = reader.membership_of(id, organisation).await?;
        let may_invite = membership.is_some_and(|membership| Right::PeopleWrite.is_for(membership.roles));
        let Some(person) = mail_link::active(reader, id).await?.filter(|_| may_invite) else { return Ok(None) };
        inviter = person.name;
    }
    let account = reader.person_by_email(&link.email).await?.map(|person| person.id);
    let is_member = match account {
        Some(person) => reader.membership_of(person, organisation).await?.is_some(),
        None => false,
    };
    let (email, name) = (link.email.clone(), found.name);
    Ok(Some(InvitationView { email, organisation, name, roles, invited_by: inviter, account, is_member }))
}

async fn admit(tx: &mut Tx<'_>, by: &By, member: Membership) -> Result<store::Recorded, Abort<Error>> {
    tx.insert_membership(&member).await.map_err(clash)?;
    let Membership { id: membership, person, organisation, roles, .. } = member;
    Ok(tx.record(by, Event::MembershipCreated { membership, person, organisation, roles }).await?)
}
