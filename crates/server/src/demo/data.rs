//! The demo's data: an organisation, three people with imported tokens, the learning API, and what a visitor needs to begin;
//! the worlds of the other APIs stand in files of their own.

use std::path::Path;

use authority::{Authority, Context, Error, ImportRow, NewCredential, NewOrganisation, NewPerson, NewToken, Page};
use domain::api::ApiDefinition;
use domain::permission::Permissions;
use domain::person::{Role, Roles};
use domain::text::{Description, Email, InvalidText, Name};
use domain::{Digest, OrganisationId, PersonId, Secret};
use portals::learning::{self, DemoPeople, Learning};
use portals::privacy::Privacy;
use serde::{Deserialize, Serialize};

use super::{privacy, world};
use crate::node::{Node, StartError, System, write_private};

const ORGANISATION: &str = "Demo-universiteit";
/// Account name, which is also the imported token; name; roles.
const PEOPLE: [(&str, &str, Roles); 3] = [
    ("zeus", "Zeus Olympos", Roles::NONE.with(Role::Owner).with(Role::Member)),
    ("staff", "Stef Staf", Roles::NONE.with(Role::Member)),
    ("student", "Sam Student", Roles::NONE.with(Role::Member)),
];

/// What the demo shows and writes to its ready file.
pub(super) struct Made {
    pub(super) begun: Begun,
    pub(super) subsurface: world::Made,
    pub(super) privacy: privacy::Made,
}

/// The portals that are given data.
pub(super) struct Portals<'p> {
    pub(super) learning: &'p Learning,
    pub(super) privacy: &'p Privacy,
    /// Where the privacy API is.
    pub(super) privacy_url: &'p str,
}

/// What a visitor of the learning platform begins with.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) operator_token: String,
    pub(super) api_credential: String,
    pub(super) token: String,
    pub(super) email: String,
    pub(super) password: String,
}

/// The same as it is kept, in one file that only its owner can read, so that a second start shows the same without making
/// anything twice.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    begun: Begun,
    /// Absent in a folder that an earlier version filled.
    subsurface: Option<world::Made>,
    /// As that.
    privacy: Option<privacy::Made>,
}

/// Makes what is not there yet.
pub(super) async fn fill(node: &Node, system: &System, portals: Portals<'_>) -> Result<Made, StartError> {
    let file = node.config.data.join("demo-secrets.json");
    let (begun, subsurface, privacy) = match read(&file)? {
        Some(Kept { begun, subsurface, privacy }) => (Some(begun), subsurface, privacy),
        None => (None, None, None),
    };
    let authority = &node.authority;
    let context = system.context()?;
    define(authority, &context, learning::definition()).await?;
    define(authority, &context, privacy::definition(portals.privacy_url)).await?;
    world::define_apis(authority, &context).await?;
    let is_whole = begun.is_some() && subsurface.is_some() && privacy.is_some();
    let begun = match begun {
        Some(begun) => begun,
        None => begin(node, system, &context, portals.learning).await?,
    };
    appoint(authority, &context).await?;
    let password = Secret::new(begun.password.clone());
    let subsurface = match subsurface {
        Some(made) => made,
        None => world::fill(authority, &context, &password).await?,
    };
    let privacy = match privacy {
        Some(made) => made,
        None => privacy::fill(authority, &context, portals.privacy, &password).await?,
    };
    if !is_whole {
        let kept = Kept { begun: begun.clone(), subsurface: Some(subsurface.clone()), privacy: Some(privacy.clone()) };
        let text = serde_json::to_string_pretty(&kept).map_err(|error| StartError::Configuration(error.to_string()))?;
        write_private(&file, &Secret::new(text)).map_err(StartError::file(&file))?;
    }
    Ok(Made { begun, subsurface, privacy })
}

/// Who runs the demo's installation: the first of its people.
pub(super) fn operator() -> Result<Email, StartError> {
    email(PEOPLE[0].0)
}

async fn appoint(authority: &Authority, context: &Context) -> Result<(), StartError> {
    let found = authority.person_by_email(&context.caller, operator()?).await?.ok_or(StartError::Install(Error::NotFound))?;
    authority.appoint_operator(context, found.id).await?;
    Ok(())
}

/// The learning platform's people, and what they begin with.
async fn begin(node: &Node, system: &System, context: &Context, learning: &Learning) -> Result<Begun, StartError> {
    let authority = &node.authority;
    let password = drawn_password(system)?;
    let organisation = organisation(authority, context, ORGANISATION).await?;
    let mut ids = Vec::new();
    for (account, name, roles) in PEOPLE {
        ids.push(
            person(
                authority,
                context,
                account,
                NewPerson {
                    email_verified: false,
                    name: Name::new(name).map_err(own_text)?,
                    email: email(account)?,
                    password: Some(password.clone()),
                    member_of: Some((organisation, roles)),
                },
            )
            .await?,
        );
    }
    let [zeus, staff, student] = ids[..] else { return Err(StartError::Configuration("the demo has three people".to_owned())) };
    learning.seed(&DemoPeople { zeus, staff, student }, context.now).await.map_err(|error| StartError::Configuration(error.to_string()))?;
    import(authority, context).await?;
    Ok(Begun {
        operator_token: operator_token(node)?,
        api_credential: api_credential(authority, context).await?,
        token: token(authority, context, student).await?,
        email: email("student")?.into(),
        password: password.expose().clone(),
    })
}

/// Makes an API known, or gives it the definition of this version.
pub(super) async fn define(authority: &Authority, context: &Context, definition: ApiDefinition) -> Result<(), StartError> {
    match authority.api(&context.caller, definition.name.clone()).await {
        Ok((there, _)) if there == definition => Ok(()),
        Ok(_) | Err(Error::NotFound) => Ok(authority.put_api(context, definition, None).await.map(drop)?),
        Err(error) => Err(error.into()),
    }
}

/// The organisation with this name, made if it is not there.
pub(super) async fn organisation(authority: &Authority, context: &Context, name: &str) -> Result<OrganisationId, StartError> {
    let name = Name::new(name).map_err(own_text)?;
    match authority.create_organisation(context, NewOrganisation { name: name.clone() }).await {
        Ok(made) => Ok(made.value.id),
        // A start that was broken off made it already.
        Err(Error::Conflict { .. }) => {
            let all = authority.organisations(&context.caller, Page::first(200)).await?;
            let there = all.into_iter().find(|organisation| organisation.name.folded() == name.folded());
            there.map(|organisation| organisation.id).ok_or(StartError::Install(Error::NotFound))
        }
        Err(error) => Err(error.into()),
    }
}

/// The person with this account's mail address, made if it is not there.
pub(super) async fn person(authority: &Authority, context: &Context, account: &str, new: NewPerson) -> Result<PersonId, StartError> {
    match authority.create_person(context, new).await {
        Ok(made) => Ok(made.value.id),
        Err(Error::Conflict { .. }) => {
            let there = authority.person_by_email(&context.caller, email(account)?).await?;
            there.map(|person| person.id).ok_or(StartError::Install(Error::NotFound))
        }
        Err(error) => Err(error.into()),
    }
}

/// The tokens that clients' own test suites know, imported as digests.
async fn import(authority: &Authority, context: &Context) -> Result<(), StartError> {
    let mut rows = Vec::new();
    for (account, ..) in PEOPLE {
        rows.push(ImportRow {
            person: None,
            email: Some(email(account)?),
            description: Description::new(&format!("imported: {account}")).map_err(own_text)?,
            digest: Digest::of(account.as_bytes()),
            expires_at: None,
            permissions: Permissions::All,
        });
    }
    let report = authority.import_tokens(context, rows).await?;
    match report.0.rejected.first() {
        None => Ok(()),
        Some(rejected) => Err(StartError::Configuration(format!("a demo token was not imported: {}", rejected.detail))),
    }
}

async fn api_credential(authority: &Authority, context: &Context) -> Result<String, StartError> {
    let description = Description::new("demo: the learning API").map_err(own_text)?;
    let api = learning::definition().name;
    Ok(authority.create_api_credential(context, api, NewCredential { description }).await?.value.secret.expose().clone())
}

async fn token(authority: &Authority, context: &Context, student: PersonId) -> Result<String, StartError> {
    let new = |description: &str| -> Result<NewToken, StartError> {
        let description = Description::new(description).map_err(own_text)?;
        Ok(NewToken { description, expires_at: None, permissions: Permissions::All, organisation: None })
    };
    let made = match authority.create_token(context, student, new("demo")?).await {
        // A start that was broken off made it, and nobody knows its text.
        Err(Error::Conflict { .. }) => authority.create_token(context, student, new(&format!("demo {}", context.now))?).await?,
        other => other?,
    };
    Ok(made.value.secret.expose().clone())
}

fn operator_token(node: &Node) -> Result<String, StartError> {
    let file = crate::node::operator_token_file(&node.config);
    Ok(std::fs::read_to_string(&file).map_err(StartError::file(&file))?.trim_end().to_owned())
}

fn read(file: &Path) -> Result<Option<Kept>, StartError> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StartError::file(file)(error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| StartError::Configuration(format!("{}: {error}", file.display())))
}

/// The mail address of an account.
pub(super) fn email(account: &str) -> Result<Email, StartError> {
    Email::new(&format!("{account}@example.org")).map_err(own_text)
}

pub(super) fn own_text(problem: InvalidText) -> StartError {
    StartError::Configuration(format!("the demo's own texts: {problem}"))
}

/// Twenty characters of 32: 100 bits.
fn drawn_password(system: &System) -> Result<Secret<String>, StartError> {
    let mut bytes = [0; 20];
    system.entropy.fill(&mut bytes)?;
    Ok(Secret::new(bytes.iter().map(|byte| b"abcdefghijkmnpqrstuvwxyz23456789"[usize::from(byte % 32)] as char).collect()))
}
