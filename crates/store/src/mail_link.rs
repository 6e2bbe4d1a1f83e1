//! Links that somebody gets by mail: kept by digest, used once.

use domain::credential::Digest;
use domain::id::{MailLinkId, OrganisationId, PersonId};
use domain::mail_link::MailPurpose;
use domain::text::Email;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, email, purpose, created_at, sent_at, expires_at, used_at, withdrawn_at FROM mail_link "
    };
}

statements! {
    INSERT_MAIL_LINK = "INSERT INTO mail_link (id, digest, email, email_folded, kind, purpose, person, organisation, created_at, sent_at,
        expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)";
    MAIL_LINK = concat!(columns!(), "WHERE digest = $1");
    INVITATION = concat!(columns!(), "WHERE id = $1 AND kind = 'join' AND used_at IS NULL AND withdrawn_at IS NULL");
    // Those whose time is over are still there, to be sent once more.
    INVITATIONS = concat!(columns!(), "WHERE organisation = $1 AND kind = 'join' AND used_at IS NULL AND withdrawn_at IS NULL AND id > $2
        ORDER BY id LIMIT $3");
    INVITATION_OF = concat!(columns!(), "WHERE organisation = $1 AND email_folded = $2 AND kind = 'join' AND used_at IS NULL
        AND withdrawn_at IS NULL ORDER BY id LIMIT 1");
    // Whoever changes the row is the one who uses it; what it was for is forgotten then.
    USE_MAIL_LINK = "UPDATE mail_link SET used_at = $2, purpose = $3
        WHERE digest = $1 AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2";
    SEND_AGAIN = "UPDATE mail_link SET digest = $2, purpose = $3, sent_at = $4, expires_at = $5
        WHERE id = $1 AND used_at IS NULL AND withdrawn_at IS NULL";
    WITHDRAW_MAIL_LINK = "UPDATE mail_link SET withdrawn_at = $2 WHERE id = $1 AND used_at IS NULL AND withdrawn_at IS NULL";
    WITHDRAW_MAIL_LINKS_OF = "UPDATE mail_link SET withdrawn_at = $2
        WHERE person = $1 AND kind = $3 AND used_at IS NULL AND withdrawn_at IS NULL";
    ERASE_MAIL_LINKS = "DELETE FROM mail_link WHERE person = $1
        OR email_folded = (SELECT email_folded FROM person WHERE person.id = $1)";
    DROP_OLD_MAIL_LINKS = "DELETE FROM mail_link WHERE expires_at <= $1";
}

/// A link that somebody got by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLink {
    /// Its id, which says nothing to anybody.
    pub id: MailLinkId,
    /// The address that it was sent to.
    pub email: Email,
    /// What it is for; nothing any more once it was used.
    pub purpose: MailPurpose,
    /// When it was first sent.
    pub created_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// From this moment on it does not work.
    pub expires_at: Timestamp,
    /// When it was used, if it was.
    pub used_at: Option<Timestamp>,
    /// When it was withdrawn, if it was.
    pub withdrawn_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// The link with this secret, whatever became of it.
    pub async fn mail_link(&mut self, digest: &Digest) -> Result<Option<MailLink>, StoreError> {
        self.executor.row(&MAIL_LINK, &params![digest]).await?.map(mail_link).transpose()
    }

    /// An invitation that nobody has used or withdrawn; its time may be over.
    pub async fn invitation(&mut self, id: MailLinkId) -> Result<Option<MailLink>, StoreError> {
        self.executor.row(&INVITATION, &params![&id]).await?.map(mail_link).transpose()
    }

    /// An organisation's invitations that nobody has used or withdrawn, a part at a time.
    pub async fn invitations(&mut self, organisation: OrganisationId, page: Page) -> Result<Vec<MailLink>, StoreError> {
        let rows = self.executor.rows(&INVITATIONS, &params![&organisation, page.start(), page.limit]).await?;
        rows.into_iter().map(mail_link).collect()
    }

    /// The invitation of this address to an organisation.
    pub async fn invitation_of(&mut self, organisation: OrganisationId, email: &Email) -> Result<Option<MailLink>, StoreError> {
        self.executor.row(&INVITATION_OF, &params![&organisation, &email.folded()]).await?.map(mail_link).transpose()
    }
}

impl Tx<'_> {
    /// Keeps a link.
    pub async fn insert_mail_link(&mut self, link: &MailLink, digest: &Digest) -> Result<(), StoreError> {
        let MailLink { id, email, purpose, created_at, expires_at, .. } = link;
        let (person, organisation) = (purpose.person(), purpose.organisation());
        let (folded, text) = (email.folded(), written(purpose)?);
        let params = params![
            id,
            digest,
            email.as_str(),
            &folded,
            purpose.kind(),
            &text,
            person.as_ref(),
            organisation.as_ref(),
            *created_at,
            *expires_at,
        ];
        self.executor.execute(&INSERT_MAIL_LINK, &params).await.map(drop)
    }

    /// Uses a link: of several that try, one is told that it may.
    pub async fn use_mail_link(&mut self, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
        let forgotten = written(&MailPurpose::Nothing)?;
        Ok(self.executor.execute(&USE_MAIL_LINK, &params![digest, at, &forgotten]).await? > 0)
    }

    /// Gives a link another secret and more time; says whether nobody had used or withdrawn it.
    pub async fn send_mail_link_again(&mut self, link: &MailLink, digest: &Digest) -> Result<bool, StoreError> {
        let text = written(&link.purpose)?;
        Ok(self.executor.execute(&SEND_AGAIN, &params![&link.id, digest, &text, link.sent_at, link.expires_at]).await? > 0)
    }

    /// Withdraws a link; says whether nobody had used or withdrawn it.
    pub async fn withdraw_mail_link(&mut self, id: MailLinkId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&WITHDRAW_MAIL_LINK, &params![&id, at]).await? > 0)
    }

    /// Withdraws the links of a kind that are about a person; says how many.
    pub async fn withdraw_mail_links_of(&mut self, person: PersonId, kind: &str, at: Timestamp) -> Result<u64, StoreError> {
        self.executor.execute(&WITHDRAW_MAIL_LINKS_OF, &params![&person, at, kind]).await
    }

    /// Forgets the links that are about a person, or went to the address that they still have.
    pub(crate) async fn erase_mail_links(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.executor.execute(&ERASE_MAIL_LINKS, &params![&person]).await.map(drop)
    }
}

impl Store {
    /// Forgets links whose time was over at this moment. Not journalled.
    pub async fn drop_old_mail_links(&self, before: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_OLD_MAIL_LINKS, &params![before]).await.map(drop) })).await
    }
}

fn written(purpose: &MailPurpose) -> Result<String, StoreError> {
    serde_json::to_string(purpose).map_err(|_| StoreError::defect("what a link is for cannot be written"))
}

fn mail_link(mut row: Row) -> Result<MailLink, StoreError> {
    Ok(MailLink {
        id: row.take()?,
        email: row.parse(Email::new)?,
        purpose: row.json()?,
        created_at: row.take()?,
        sent_at: row.take()?,
        expires_at: row.take()?,
        used_at: row.take()?,
        withdrawn_at: row.take()?,
    })
}
