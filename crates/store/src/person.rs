//! People: the one place of names, mail addresses and password hashes.

use domain::id::{OrganisationId, PersonId};
use domain::person::{Language, Person, Settings, Theme};
use domain::text::{Email, Name};
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT person.id, person.name, person.email, person.email_verified, person.created_at, person.suspended_at, person.erased_at FROM person "
    };
}

statements! {
    INSERT_PERSON = "INSERT INTO person (id, name, email, email_folded, password_hash, created_at, suspended_at, erased_at,
        email_verified) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    PERSON = concat!(columns!(), "WHERE id = $1");
    PERSON_BY_EMAIL = concat!(columns!(), "WHERE email_folded = $1");
    PEOPLE = concat!(columns!(), "WHERE id > $1 ORDER BY id LIMIT $2");
    PEOPLE_OF_ORGANISATION = concat!(columns!(), "JOIN membership ON membership.person = person.id
        WHERE membership.organisation = $1 AND membership.ended = 0 AND person.id > $2 ORDER BY person.id LIMIT $3");
    UPDATE_PERSON = "UPDATE person SET name = $2, email = $3, email_folded = $4, email_verified = $5
        WHERE id = $1 AND erased_at IS NULL AND (name <> $2 OR email <> $3 OR email_verified <> $5)";
    VERIFY_EMAIL = "UPDATE person SET email_verified = 1 WHERE id = $1 AND email_folded = $2 AND email_verified = 0";
    SUSPEND_PERSON = "UPDATE person SET suspended_at = $2 WHERE id = $1 AND suspended_at IS NULL AND erased_at IS NULL";
    RESUME_PERSON = "UPDATE person SET suspended_at = NULL WHERE id = $1 AND suspended_at IS NOT NULL AND erased_at IS NULL";
    ERASE_PERSON = "UPDATE person SET name = NULL, email = NULL, email_folded = NULL, email_verified = 0, password_hash = NULL, language = NULL, theme = NULL, signed_in_at = NULL, erased_at = $2
        WHERE id = $1 AND erased_at IS NULL";
    // What the person asked for, and what others asked for about them or their tokens.
    ERASE_ORIGINS = "DELETE FROM journal_origin WHERE person = $1 OR seq IN (SELECT seq FROM journal_subject
        WHERE subject = $1 OR subject IN (SELECT id FROM membership WHERE person = $1))";
    ERASE_USAGE = "UPDATE credential_usage SET last_used_from = NULL
        WHERE credential IN (SELECT id FROM personal_token WHERE person = $1)";
    PASSWORD_HASH = "SELECT password_hash FROM person WHERE id = $1";
    PERSON_SETTINGS = "SELECT language, theme FROM person WHERE id = $1";
    PAGE_SETTINGS = "SELECT language, theme, (SELECT COUNT(*) FROM operator WHERE operator.person = person.id) FROM person WHERE id = $1";
    SET_PERSON_SETTINGS = "UPDATE person SET language = $2, theme = $3 WHERE id = $1 AND erased_at IS NULL";
    // Once: what is remembered then is where somebody was first seen.
    NOTE_SIGNED_IN = "UPDATE person SET signed_in_at = $2, language = COALESCE(language, $3) WHERE id = $1 AND signed_in_at IS NULL";
    SET_PASSWORD_HASH = "UPDATE person SET password_hash = $2 WHERE id = $1 AND erased_at IS NULL";
}

impl Reader<'_> {
    /// A person.
    pub async fn person(&mut self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.executor.row(&PERSON, &params![&id]).await?.map(person).transpose()
    }

    /// The person with this mail address, compared without regard to case.
    pub async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>, StoreError> {
        self.executor.row(&PERSON_BY_EMAIL, &params![&email.folded()]).await?.map(person).transpose()
    }

    /// People, of one organisation or all, a part at a time; erased ones among them.
    pub async fn people(&mut self, page: Page, organisation: Option<OrganisationId>) -> Result<Vec<Person>, StoreError> {
        let rows = match organisation {
            None => self.executor.rows(&PEOPLE, &params![page.start(), page.limit]).await?,
            Some(id) => self.executor.rows(&PEOPLE_OF_ORGANISATION, &params![&id, page.start(), page.limit]).await?,
        };
        rows.into_iter().map(person).collect()
    }

    /// How a person wants pages and letters to be.
    pub async fn person_settings(&mut self, id: PersonId) -> Result<Settings, StoreError> {
        let row = self.executor.row(&PERSON_SETTINGS, &params![&id]).await?;
        row.map_or(Ok(Settings::default()), |mut row| settings(&mut row))
    }

    /// The same, and whether the person was appointed to run the installation.
    pub async fn page_settings(&mut self, id: PersonId) -> Result<(Settings, bool), StoreError> {
        let Some(mut row) = self.executor.row(&PAGE_SETTINGS, &params![&id]).await? else { return Ok((Settings::default(), false)) };
        Ok((settings(&mut row)?, row.take::<i64>()? > 0))
    }

    /// The hash of a person's password, if they have one.
    pub async fn password_hash(&mut self, id: PersonId) -> Result<Option<String>, StoreError> {
        let row = self.executor.row(&PASSWORD_HASH, &params![&id]).await?;
        Ok(row.map(|mut row| row.take::<Option<String>>()).transpose()?.flatten())
    }
}

impl Tx<'_> {
    /// Makes a person known. Conflicts: `person_email`, `id`.
    pub async fn insert_person(&mut self, person: &Person, password_hash: Option<String>) -> Result<(), StoreError> {
        let folded = person.email.as_ref().map(Email::folded);
        let params = params![
            &person.id,
            person.name.as_ref().map(Name::as_str),
            person.email.as_ref().map(Email::as_str),
            folded.as_deref(),
            password_hash.as_deref(),
            person.created_at,
            person.suspended_at,
            person.erased_at,
            person.email_verified,
        ];
        self.executor.execute(&INSERT_PERSON, &params).await.map(drop)
    }

    /// Changes name, mail address and whether that is proven; says whether anything changed. Conflict: `person_email`.
    pub async fn update_person(&mut self, person: &Person) -> Result<bool, StoreError> {
        let Person { id, name, email, email_verified, .. } = person;
        let folded = email.as_ref().map(Email::folded);
        let (name, email) = (name.as_ref().map(Name::as_str), email.as_ref().map(Email::as_str));
        let params = params![id, name, email, folded.as_deref(), *email_verified];
        Ok(self.executor.execute(&UPDATE_PERSON, &params).await? > 0)
    }

    /// Marks the mail address as proven, if it is still the person's; says whether it was not before.
    pub async fn verify_email(&mut self, id: PersonId, email: &Email) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&VERIFY_EMAIL, &params![&id, &email.folded()]).await? > 0)
    }

    /// Suspends from this moment on, or resumes; says whether anything changed.
    pub async fn set_person_suspended(&mut self, id: PersonId, at: Option<Timestamp>) -> Result<bool, StoreError> {
        let changed = match at {
            Some(at) => self.executor.execute(&SUSPEND_PERSON, &params![&id, at]).await?,
            None => self.executor.execute(&RESUME_PERSON, &params![&id]).await?,
        };
        Ok(changed > 0)
    }

    /// Erases name, mail address, password hash and network addresses; says whether the person was there and not yet
    /// erased. The id stays, so that the journal stays whole. Ending the person's tokens is the use case's part.
    pub async fn erase_person(&mut self, id: PersonId, at: Timestamp) -> Result<bool, StoreError> {
        self.erase_mail_links(id).await?;
        let erased = self.executor.execute(&ERASE_PERSON, &params![&id, at]).await? > 0;
        if erased {
            self.executor.execute(&ERASE_ORIGINS, &params![&id]).await?;
            self.executor.execute(&ERASE_USAGE, &params![&id]).await?;
            self.erase_sessions(id).await?;
            self.erase_accounts(id).await?;
            self.erase_letters(id).await?;
            self.erase_reader(id).await?;
            self.delete_second_factors(id).await?;
        }
        Ok(erased)
    }

    /// Remembers how a person wants pages and letters to be.
    pub async fn set_person_settings(&mut self, id: PersonId, settings: Settings) -> Result<(), StoreError> {
        let params = params![&id, settings.language.map(Language::tag), settings.theme.map(Theme::name)];
        self.executor.execute(&SET_PERSON_SETTINGS, &params).await.map(drop)
    }

    /// Notes that a person has signed in, and the language of the page, unless theirs is known; says whether it was the first time.
    pub async fn note_signed_in(&mut self, id: PersonId, at: Timestamp, language: Option<Language>) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&NOTE_SIGNED_IN, &params![&id, at, language.map(Language::tag)]).await? > 0)
    }

    /// Sets or removes the hash of a person's password; says whether the person is there and not erased.
    pub async fn set_password_hash(&mut self, id: PersonId, hash: Option<&str>) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&SET_PASSWORD_HASH, &params![&id, hash]).await? > 0)
    }
}

fn settings(row: &mut Row) -> Result<Settings, StoreError> {
    let (language, theme): (Option<String>, Option<String>) = (row.take()?, row.take()?);
    Ok(Settings { language: language.as_deref().and_then(Language::tagged), theme: theme.as_deref().and_then(Theme::named) })
}

fn person(mut row: Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: row.take()?,
        name: row.parse_optional(Name::new)?,
        email: row.parse_optional(Email::new)?,
        email_verified: row.take()?,
        created_at: row.take()?,
        suspended_at: row.take()?,
        erased_at: row.take()?,
    })
}
