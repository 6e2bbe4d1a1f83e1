//! Announcements of APIs' owners, whom they concern, and who was told.

use domain::announcement::{Announcement, Signal};
use domain::client::ClientDefinition;
use domain::id::{AnnouncementId, OrganisationId, PersonId};
use domain::text::Email;
use domain::time::Timestamp;
use domain::{Day, permission::Permissions};

use crate::Store;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::usage::number;
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT a.id, a.api, a.title, a.text, a.signal, a.created_at, a.withdrawn_at FROM announcement a "
    };
}

// A live personal token that may do something on the API by name, or has done so lately. $2 is the moment, $3 the pattern of the
// API's permissions in a set, $4 that of their names, $5 the first day that counts.
macro_rules! token_concerned {
    () => {
        "t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND m.ended = 0 AND (t.permissions LIKE $3
        OR EXISTS (SELECT 1 FROM permission_use u WHERE u.credential = t.id AND u.permission LIKE $4 AND u.day >= $5)) "
    };
}

// The same of an organisation key, whichever of its private keys was used; $3 is looked for in the whole definition.
macro_rules! key_used {
    () => {
        "EXISTS (SELECT 1 FROM permission_use u WHERE u.permission LIKE $4 AND u.day >= $5 AND (u.credential = k.id
        OR u.credential IN (SELECT p.id FROM private_key p WHERE p.organisation_key = k.id))) "
    };
}

statements! {
    INSERT_ANNOUNCEMENT = "INSERT INTO announcement (id, api, title, text, signal, created_at, told_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    ANNOUNCEMENT = concat!(columns!(), "WHERE a.id = $1");
    ANNOUNCEMENTS = concat!(columns!(), "WHERE a.id > $1 ORDER BY a.id LIMIT $2");
    ANNOUNCEMENTS_OF_API = concat!(columns!(), "WHERE a.api = $1 AND a.id > $2 ORDER BY a.id LIMIT $3");
    CURRENT_ANNOUNCEMENTS = concat!(columns!(), "WHERE a.withdrawn_at IS NULL AND a.told_until > $1 ORDER BY a.id");
    ANNOUNCEMENTS_FOR = concat!(columns!(), "JOIN announcement_reader r ON r.announcement = a.id
        WHERE r.reader = $1 AND a.withdrawn_at IS NULL AND a.told_until > $2 ORDER BY a.id DESC LIMIT $3");
    STANDING_ANNOUNCEMENTS = "SELECT COUNT(*) FROM announcement WHERE api = $1 AND withdrawn_at IS NULL";
    WITHDRAW_ANNOUNCEMENT = "UPDATE announcement SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL";
    WITHDRAW_ANNOUNCEMENTS_OF = "UPDATE announcement SET withdrawn_at = $2 WHERE api = $1 AND withdrawn_at IS NULL";
    NOTE_READER = "INSERT INTO announcement_reader (reader, announcement) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    ERASE_READER = "DELETE FROM announcement_reader WHERE reader = $1";
    DROP_OLD_READERS = "DELETE FROM announcement_reader WHERE announcement IN
        (SELECT id FROM announcement WHERE withdrawn_at IS NOT NULL OR told_until <= $1)";
    PEOPLE_TO_TELL = concat!("SELECT DISTINCT t.person FROM personal_token t JOIN membership m ON m.id = t.membership
        WHERE t.person > $1 AND ", token_concerned!(), "AND NOT EXISTS
        (SELECT 1 FROM announcement_reader r WHERE r.reader = t.person AND r.announcement = $6) ORDER BY t.person LIMIT $7");
    TOKENS_CONCERNED = concat!("SELECT t.description FROM personal_token t JOIN membership m ON m.id = t.membership
        WHERE t.person = $1 AND ", token_concerned!(), "ORDER BY t.id LIMIT $6");
    ORGANISATIONS_TO_TELL = concat!("SELECT o.id FROM organisation o WHERE o.id > $1 AND o.suspended_at IS NULL AND (EXISTS
        (SELECT 1 FROM organisation_token t WHERE t.organisation = o.id AND t.api = $8 AND t.revoked_at IS NULL
            AND (t.expires_at IS NULL OR t.expires_at > $2))
        OR EXISTS (SELECT 1 FROM organisation_key k WHERE k.organisation = o.id AND k.revoked_at IS NULL
            AND (k.definition LIKE $3 OR ", key_used!(), ")))
        AND NOT EXISTS (SELECT 1 FROM announcement_reader r WHERE r.reader = o.id AND r.announcement = $6) ORDER BY o.id LIMIT $7");
    ORGANISATION_TOKENS_CONCERNED = "SELECT t.username FROM organisation_token t WHERE t.organisation = $1 AND t.api = $3
        AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) ORDER BY t.id LIMIT $4";
    KEYS_CONCERNED = concat!("SELECT k.definition, k.contact, CASE WHEN ", key_used!(), "THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
        FROM organisation_key k WHERE k.organisation = $1 AND k.created_at <= $2 AND k.revoked_at IS NULL AND (k.definition LIKE $3
        OR ", key_used!(), ") ORDER BY k.id LIMIT $6");
    SNAPSHOT_ANNOUNCEMENTS = "SELECT id, api, signal FROM announcement WHERE withdrawn_at IS NULL ORDER BY id";
}

/// Whom an announcement concerns.
#[derive(Debug, Clone)]
pub struct Concerned {
    /// Which announcement.
    pub announcement: AnnouncementId,
    /// The API's name.
    pub api: String,
    /// The moment at which credentials must be live.
    pub now: Timestamp,
    /// What was used on this day or later counts.
    pub used_since: Day,
}

/// An organisation key that an announcement concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyConcerned {
    /// What it is called.
    pub name: String,
    /// Whom to write to about it.
    pub contact: Option<Email>,
}

impl Concerned {
    /// How the API's permissions stand in a set, after a quotation mark, and how they begin. An API's name has nothing that a pattern
    /// reads otherwise.
    fn patterns(&self) -> (String, String) {
        (format!("%\"{}:%", self.api), format!("{}:%", self.api))
    }
}

impl Reader<'_> {
    /// An announcement, withdrawn or not.
    pub async fn announcement(&mut self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.executor.row(&ANNOUNCEMENT, &params![&id]).await?.map(announcement).transpose()
    }

    /// Announcements, of one API or of all, withdrawn ones among them; the first made first.
    pub async fn announcements(&mut self, api: Option<&str>, page: Page) -> Result<Vec<Announcement>, StoreError> {
        let rows = match api {
            Some(api) => self.executor.rows(&ANNOUNCEMENTS_OF_API, &params![api, page.start(), page.limit]).await?,
            None => self.executor.rows(&ANNOUNCEMENTS, &params![page.start(), page.limit]).await?,
        };
        rows.into_iter().map(announcement).collect()
    }

    /// Those that people are told of at this moment.
    pub async fn current_announcements(&mut self, now: Timestamp) -> Result<Vec<Announcement>, StoreError> {
        self.executor.rows(&CURRENT_ANNOUNCEMENTS, &params![now]).await?.into_iter().map(announcement).collect()
    }

    /// Those that a person or an organisation was told of and that are current, the last made first; at most `limit`.
    pub async fn announcements_for(&mut self, reader: &[u8; 16], now: Timestamp, limit: u32) -> Result<Vec<Announcement>, StoreError> {
        self.executor.rows(&ANNOUNCEMENTS_FOR, &params![reader, now, limit]).await?.into_iter().map(announcement).collect()
    }

    /// How many announcements of an API are not withdrawn.
    pub async fn standing_announcements(&mut self, api: &str) -> Result<u64, StoreError> {
        self.executor.row(&STANDING_ANNOUNCEMENTS, &params![api]).await?.map_or(Ok(0), |mut row| row.take())
    }

    /// People with a personal token that it concerns who were not told, after one of them, at most `limit`.
    pub async fn people_to_tell(&mut self, of: &Concerned, after: [u8; 16], limit: u32) -> Result<Vec<PersonId>, StoreError> {
        let Concerned { announcement, now, used_since, .. } = of;
        let (in_set, by_name) = of.patterns();
        let params = params![&after, *now, &in_set, &by_name, number(*used_since), announcement, limit];
        self.executor.rows(&PEOPLE_TO_TELL, &params).await?.into_iter().map(|mut row| row.take()).collect()
    }

    /// The descriptions of a person's tokens that it concerns, at most `limit`.
    pub async fn tokens_concerned(&mut self, of: &Concerned, person: PersonId, limit: u32) -> Result<Vec<String>, StoreError> {
        let Concerned { now, used_since, .. } = of;
        let (in_set, by_name) = of.patterns();
        let params = params![&person, *now, &in_set, &by_name, number(*used_since), limit];
        self.executor.rows(&TOKENS_CONCERNED, &params).await?.into_iter().map(|mut row| row.take()).collect()
    }

    /// Organisations with a token or key that it concerns that were not told, after one of them, at most `limit`. A few more may be
    /// among them: what it says of their keys only looks like a permission.
    pub async fn organisations_to_tell(&mut self, of: &Concerned, after: [u8; 16], limit: u32) -> Result<Vec<OrganisationId>, StoreError> {
        let Concerned { announcement, api, now, used_since } = of;
        let (in_set, by_name) = of.patterns();
        let params = params![&after, *now, &in_set, &by_name, number(*used_since), announcement, limit, api];
        self.executor.rows(&ORGANISATIONS_TO_TELL, &params).await?.into_iter().map(|mut row| row.take()).collect()
    }

    /// The usernames of an organisation's tokens that it concerns, at most `limit`.
    pub async fn organisation_tokens_concerned(
        &mut self,
        of: &Concerned,
        organisation: OrganisationId,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let rows = self.executor.rows(&ORGANISATION_TOKENS_CONCERNED, &params![&organisation, of.now, &of.api, limit]).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }

    /// An organisation's keys that it concerns, at most `limit`.
    pub async fn keys_concerned(
        &mut self,
        of: &Concerned,
        organisation: OrganisationId,
        limit: u32,
    ) -> Result<Vec<KeyConcerned>, StoreError> {
        let Concerned { api, now, used_since, .. } = of;
        let (in_set, by_name) = of.patterns();
        let params = params![&organisation, *now, &in_set, &by_name, number(*used_since), limit];
        let mut found = Vec::new();
        for mut row in self.executor.rows(&KEYS_CONCERNED, &params).await? {
            let definition: ClientDefinition = row.json()?;
            let contact = row.parse_optional(Email::new)?;
            let is_used = row.take::<i64>()? > 0;
            let names = |permissions: &Permissions| match permissions {
                Permissions::All => false,
                Permissions::Only(names) => names.iter().any(|name| name.api() == api),
            };
            if is_used || names(&definition.permissions) {
                found.push(KeyConcerned { name: definition.name.to_string(), contact });
            }
        }
        Ok(found)
    }
}

impl Tx<'_> {
    /// Makes an announcement.
    pub async fn insert_announcement(&mut self, new: &Announcement) -> Result<(), StoreError> {
        let Announcement { id, api, title, text, signal, created_at, .. } = new;
        let (title, text, signal) = (json(title)?, json(text)?, json(signal)?);
        let params = params![id, api, &title, &text, &signal, *created_at, new.told_until()];
        self.executor.execute(&INSERT_ANNOUNCEMENT, &params).await.map(drop)
    }

    /// Withdraws an announcement; says whether it was not withdrawn before.
    pub async fn withdraw_announcement(&mut self, id: AnnouncementId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&WITHDRAW_ANNOUNCEMENT, &params![&id, at]).await? > 0)
    }

    /// Withdraws all announcements of an API.
    pub async fn withdraw_announcements_of(&mut self, api: &str, at: Timestamp) -> Result<(), StoreError> {
        self.executor.execute(&WITHDRAW_ANNOUNCEMENTS_OF, &params![api, at]).await.map(drop)
    }

    /// Notes that a person, an organisation or a contact is told; says whether they were not before.
    pub async fn note_reader(&mut self, announcement: AnnouncementId, reader: &[u8; 16]) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&NOTE_READER, &params![reader, &announcement]).await? > 0)
    }

    /// Forgets what a person was told.
    pub(crate) async fn erase_reader(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.executor.execute(&ERASE_READER, &params![&person]).await.map(drop)
    }
}

impl Store {
    /// Forgets who was told of what is not current any more. Not journalled.
    pub async fn drop_old_readers(&self, now: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_OLD_READERS, &params![now]).await.map(drop) })).await
    }
}

/// What the index needs of announcements.
pub(crate) async fn standing(executor: &mut Executor<'_>) -> Result<Vec<(AnnouncementId, String, Signal)>, StoreError> {
    let rows = executor.rows(&SNAPSHOT_ANNOUNCEMENTS, &params![]).await?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?, row.json()?))).collect()
}

fn announcement(mut row: Row) -> Result<Announcement, StoreError> {
    Ok(Announcement {
        id: row.take()?,
        api: row.take()?,
        title: row.json()?,
        text: row.json()?,
        signal: row.json()?,
        created_at: row.take()?,
        withdrawn_at: row.take()?,
    })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::defect(error.to_string()))
}
