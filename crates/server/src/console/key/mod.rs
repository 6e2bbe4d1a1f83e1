//! An organisation's API keys: the list, making one, what is known of each, changing, rotating, pausing and ending it.

mod address;
pub(super) mod detail;
pub(super) mod edit;
mod list;
pub(super) mod new;
mod proof;
mod purpose;
mod reach;
pub(super) mod revoke;
pub(super) mod rotate;
mod texts;

use authority::{Error, IssuedOrganisationKey, Page, Right};
use axum::response::Response;
use domain::client::GrantType;
use domain::organisation_key::{MAX_KEYS_OF_ORGANISATION, OrganisationKey};
use domain::text::{Email, Name};
use domain::{CredentialId, Secret};

pub(super) use list::list;

use super::form::Form;
use super::page::{Frame, Link};
use super::ticket::{self, Sample, Shown, Ticket};
use super::visit::{Answer, Visit};
use super::{menu, organisation};
use texts::Text;

/// Who may look at keys.
pub(super) const READ: &[Right] = &[Right::OrganisationKeysRead];
/// Who may make, change and end them.
pub(super) const WRITE: &[Right] = &[Right::OrganisationKeysWrite];
/// All of them: a list that is not whole cannot be put in order.
const ALL: Page = Page { after: None, limit: MAX_KEYS_OF_ORGANISATION as u32 };
/// For how many days a private key usually works.
const USUAL_DAYS: &str = "365";
const MIN_NAME: usize = 3;
const MAX_NAME: usize = 80;

/// The documented address: to the keys of the only organisation whose keys the person may see, else to the list of organisations.
pub(super) async fn documented(visit: Visit) -> Answer {
    let mut may = visit.person().memberships.iter().filter(|membership| menu::is_member_for(READ, membership));
    match (may.next(), may.next()) {
        (Some(only), None) => visit.onward(&format!("/o/{}/keys", only.organisation), None),
        _ => visit.onward("/o", None),
    }
}

/// The path of the list, or of what is below it.
fn path(visit: &Visit, below: &str) -> String {
    format!("/o/{}/keys{below}", visit.organisation().id)
}

/// The key that the path names.
async fn key(visit: &Visit) -> Result<OrganisationKey, Response> {
    let id: CredentialId = visit.parameter("key")?;
    visit.authority().organisation_key(&visit.caller(), id).await.map_err(|error| visit.refused(&error))
}

/// The frame of a page below the list, or below a key.
fn below(visit: &Visit, title: impl Into<String>, key: Option<&OrganisationKey>) -> Frame {
    let (of, membership) = visit.place.as_ref().expect("a page of an organisation");
    let (list, of_key) = (path(visit, ""), key.map(|key| (path(visit, &format!("/{}", key.id)), key.definition.name.as_str())));
    let home = organisation::first_page(membership).unwrap_or_default();
    let mut trail = vec![(home.as_str(), of.name.as_str()), (list.as_str(), visit.say(super::Text::ApiKeys))];
    trail.extend(of_key.iter().map(|(path, name)| (path.as_str(), *name)));
    Frame::below(visit, title, &trail)
}

/// The name that the form gives; it must differ from those of the organisation's other keys.
async fn name(visit: &Visit, form: &mut Form, own: Option<CredentialId>) -> Result<Option<Name>, Response> {
    let text = form.value("name").trim().to_owned();
    let fits = if (MIN_NAME..=MAX_NAME).contains(&text.chars().count()) { Name::new(&text).ok() } else { None };
    let Some(name) = form.take("name", fits.ok_or(()), visit.say(Text::NameWrong)) else { return Ok(None) };
    let others = list::read(visit).await?;
    if others.iter().any(|key| Some(key.id) != own && key.definition.name.folded() == name.folded()) {
        form.refuse("name", visit.fill(Text::NameTaken, &[("name", name.as_str())]));
    }
    Ok(Some(name))
}

/// Whom to write to about the key; nobody, where the field is empty.
fn contact(visit: &Visit, form: &mut Form) -> Option<Email> {
    let text = form.value("contact").trim().to_owned();
    if text.is_empty() { None } else { form.take("contact", Email::new(&text), visit.say(Text::WriteToWrong)) }
}

/// The page with a key's private key; a key without one is told on its own page.
fn ready(visit: &Visit, issued: &IssuedOrganisationKey) -> Answer {
    let (key, client) = (&issued.key, &issued.key.definition);
    let detail = path(visit, &format!("/{}", key.id));
    let named = [("name", client.name.as_str())];
    let Some(private) = &issued.private_key else { return visit.onward(&detail, Some(&visit.fill(Text::MadePublic, &named))) };
    let page = Ticket {
        frame: Frame::below(visit, visit.fill(Text::Ready, &named), &[]),
        story: visit.say(Text::Once).to_owned(),
        secrets: vec![
            Shown { label: visit.say(Text::PublicKey).to_owned(), value: client.client_id.clone() },
            Shown { label: visit.say(Text::PrivateKey).to_owned(), value: Secret::expose(private).clone() },
        ],
        samples: samples(visit, key),
        settings: "CLIENT_ID CLIENT_SECRET",
        first_use: None,
        done: Link::new(visit.to(&detail), visit.say(Text::Kept)),
    };
    page.show(visit)
}

/// Where the form was sent once more.
fn show_again(visit: &Visit, error: Error) -> Result<Response, Error> {
    let link = Link::new(visit.to(&path(visit, "")), visit.say(super::Text::ApiKeys));
    ticket::shown_before(visit, error, (visit.say(Text::ShownTitle), visit.say(Text::ShownBefore)), link)
}

/// How to try the key: for itself, or where an app that people sign in with finds everything. The private key is on no command line.
fn samples(visit: &Visit, key: &OrganisationKey) -> Vec<Sample> {
    let base = visit.console.base_url();
    let code = if key.definition.may(GrantType::ClientCredentials) {
        format!(
            "read -rs KEY    # {}\nprintf 'user = \"{}:%s\"' \"$KEY\" |\n  curl -K - -d grant_type=client_credentials {base}/connect/token",
            visit.say(Text::Paste),
            key.definition.client_id
        )
    } else {
        format!("curl {base}/.well-known/openid-configuration")
    };
    vec![Sample { tool: "curl", name: "curl", code }]
}
