//! The first start: the installation's prefix, its first operator token, its set-up code; later the set-up itself.

use domain::credential::Installation;
use domain::organisation::Organisation;
use domain::person::{Membership, Person, Role, Roles};
use domain::personal_token::PersonalToken;
use domain::text::{Description, Email, Name};
use domain::{CredentialId, Digest, Event, Kind, MembershipId, OrganisationId, PersonId, Secret};
use store::{Abort, Outcome, Store};

use crate::credential::insert_operator_token;
use crate::organisation::clash;
use crate::{Authority, Changed, Context, Error, IssuedToken, NewCredential};

const INSTALLATION: &str = "installation";
pub(crate) const SET_UP_DIGEST: &str = "set_up_code_digest";
/// What the setting holds once the code was used.
pub(crate) const USED: &str = "used";

/// What the first start made. Both are shown or written once.
pub struct Installed {
    /// The first operator token.
    pub operator_token: Secret<String>,
    /// The code of the set-up link.
    pub set_up_code: Secret<String>,
}

/// What the set-up page asks for.
#[derive(Clone)]
pub struct SetUp {
    /// The first organisation.
    pub organisation: Name,
    /// Its owner's name.
    pub name: Name,
    /// Its owner's mail address.
    pub email: Email,
    /// Its owner's password.
    pub password: Secret<String>,
}

/// The prefixes of an installation: the present one first, then earlier ones, which stay recognised.
/// Empty before the first start.
pub async fn installations(store: &Store) -> Result<Vec<Installation>, Error> {
    let text = store.read(|reader| Box::pin(async move { reader.setting(INSTALLATION).await })).await?;
    Ok(text.iter().flat_map(|text| text.split(' ')).filter_map(|prefix| Installation::new(prefix).ok()).collect())
}

impl Authority {
    /// The first start. `keep` is handed the operator token before it counts, so that it can be written to a file: an
    /// interrupted first start begins anew. Nothing where the installation exists.
    pub async fn install(
        &self,
        context: &Context,
        keep: impl FnOnce(&Secret<String>) -> std::io::Result<()>,
    ) -> Result<Option<Installed>, Error> {
        if !installations(&self.store).await?.is_empty() {
            return Ok(None);
        }
        let description = Description::new("first operator token").map_err(|problem| Error::invalid("description", problem))?;
        let issued = self.draw(context, Kind::OperatorToken, None, NewCredential { description })?;
        keep(&issued.secret).map_err(|_| Error::invalid("data", "the operator token cannot be written to its file"))?;
        let operator_token = issued.secret.clone();
        let set_up_code = self.draw_set_up_code()?;
        let code_digest = digest_text(set_up_code.expose());
        let (installation, own) = (self.installation, crate::api::own_definition()?);
        let made = self.change(context, move |tx, by| {
            let (issued, code_digest, own) = (issued.clone(), code_digest.clone(), own.clone());
            Box::pin(async move {
                // Two nodes may start for the first time together.
                if tx.setting(INSTALLATION).await?.is_some() {
                    return Ok(Outcome::Unchanged(false));
                }
                tx.put_setting(INSTALLATION, installation.as_str()).await?;
                tx.put_setting(SET_UP_DIGEST, &code_digest).await?;
                tx.put_api(&own).await?;
                tx.record(by, Event::ApiDefined { definition: own }).await?;
                let recorded = insert_operator_token(tx, by, &issued).await?;
                Ok(Outcome::Changed(true, recorded))
            })
        });
        Ok(made.await?.value.then_some(Installed { operator_token, set_up_code }))
    }

    /// Whether this is the set-up code and it was not used yet.
    pub async fn set_up_open(&self, code: &str) -> Result<bool, Error> {
        let digest = digest_text(code);
        let kept = self.store.read(|reader| Box::pin(async move { reader.setting(SET_UP_DIGEST).await })).await?;
        Ok(kept.is_some_and(|kept| kept == digest))
    }

    /// Uses the set-up code: makes the first organisation, its owner and a first personal token. The code ends with it. The owner is the
    /// first operator, too: the code is printed once, where the server was started, by whoever can read the operator token beside it,
    /// so that nobody gets more than they could take; and without one, no page for operators could be opened at all.
    pub async fn set_up(&self, context: &Context, code: &str, set_up: SetUp) -> Result<Changed<IssuedToken>, Error> {
        let password_hash = self.passwords.hash(set_up.password.clone(), &*self.entropy).await?;
        let now = context.now;
        let organisation = Organisation {
            id: OrganisationId::generate(now, &*self.entropy)?,
            name: set_up.organisation,
            created_at: now,
            suspended_at: None,
        };
        let (name, email) = (Some(set_up.name), Some(set_up.email));
        let id = PersonId::generate(now, &*self.entropy)?;
        let person = Person { id, name, email, email_verified: false, created_at: now, suspended_at: None, erased_at: None };
        let roles = Roles::NONE.with(Role::Owner).with(Role::Member);
        let membership_id = MembershipId::generate(now, &*self.entropy)?;
        let membership = Membership { id: membership_id, person: person.id, organisation: organisation.id, roles, created_at: now };
        let secret = self.installation.generate(Kind::PersonalToken, &*self.entropy)?;
        let token = first_token(CredentialId::generate(now, &*self.entropy)?, &membership, &secret)?;
        let digest = Digest::of(secret.expose().as_bytes());
        let code_digest = digest_text(code);
        self.change(context, move |tx, by| {
            let (organisation, person, membership) = (organisation.clone(), person.clone(), membership.clone());
            let (token, secret, code_digest, password_hash) = (token.clone(), secret.clone(), code_digest.clone(), password_hash.clone());
            Box::pin(async move {
                if tx.setting(SET_UP_DIGEST).await? != Some(code_digest) {
                    return Err(Abort::Refused(Error::NotFound));
                }
                tx.put_setting(SET_UP_DIGEST, USED).await?;
                tx.insert_organisation(&organisation).await.map_err(clash)?;
                tx.record(by, Event::OrganisationCreated { organisation: organisation.id }).await?;
                tx.insert_person(&person, Some(password_hash)).await.map_err(clash)?;
                tx.record(by, Event::PersonCreated { person: person.id }).await?;
                tx.insert_membership(&membership).await.map_err(clash)?;
                let Membership { id, person, organisation, roles, .. } = membership;
                tx.record(by, Event::MembershipCreated { membership: id, person, organisation, roles }).await?;
                tx.appoint_operator(person, by.at).await?;
                tx.record(by, Event::OperatorAppointed { person }).await?;
                let recorded = crate::personal_token::insert(tx, by, &token, digest, false).await?;
                Ok(Outcome::Changed(IssuedToken { token, secret }, recorded))
            })
        })
        .await
    }

    /// Remembers the present prefix of the installation beside the earlier ones, which stay recognised.
    pub async fn remember_installation(&self, context: &Context) -> Result<(), Error> {
        let mut known = installations(&self.store).await?;
        if known.first() == Some(&self.installation) {
            return Ok(());
        }
        known.retain(|earlier| *earlier != self.installation);
        known.insert(0, self.installation);
        let text = known.iter().map(Installation::as_str).collect::<Vec<_>>().join(" ");
        let prefix = self.installation.as_str().to_owned();
        self.change(context, move |tx, by| {
            let (text, prefix) = (text.clone(), prefix.clone());
            Box::pin(async move {
                tx.put_setting(INSTALLATION, &text).await?;
                let recorded = tx.record(by, Event::InstallationChanged { prefix }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await?;
        Ok(())
    }

    fn draw_set_up_code(&self) -> Result<Secret<String>, Error> {
        let mut bytes = [0; 24];
        self.entropy.fill(&mut bytes)?;
        use base64::Engine as _;
        Ok(Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
    }
}

fn first_token(id: CredentialId, membership: &Membership, secret: &Secret<String>) -> Result<PersonalToken, Error> {
    let description = Description::new("made at set-up").map_err(|problem| Error::invalid("description", problem))?;
    let prefix = domain::credential::format::shown_prefix(secret.expose()).to_owned();
    Ok(PersonalToken::made(id, membership, description, Some(prefix), membership.created_at))
}

fn digest_text(code: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(Digest::of(code.as_bytes()).as_bytes())
}
