//! `/o/{org}/keys/{key}/edit`: another name, other redirect URIs and origins.

use askama::Template;
use authority::{ClientRequest, Error, OrganisationKeyUpdate};
use axum::response::Response;
use domain::client::{ApplicationType, GrantType};
use domain::organisation_key::OrganisationKey;

use super::texts::Text;
use super::{address, below, contact, key, name, path};
use crate::console::form::Form;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/key/edit.html")]
struct View {
    frame: Frame,
    form: Form,
    back: String,
    revision: i64,
    for_people: bool,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let key = key(&visit).await?;
    let (uris, origins) = (key.definition.redirect_uris.join("\n"), key.definition.cors_origins.join("\n"));
    let contact = key.contact.as_ref().map_or("", |email| email.as_str());
    let now = [("name", key.definition.name.as_str()), ("contact", contact), ("redirect_uris", &uris), ("cors_origins", &origins)];
    let form = Form::new(&visit, &now);
    visit.page(&view(&visit, form, &key))
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let key = key(&visit).await?;
    let mut form = Form::new(&visit, &[]);
    let Some(update) = read(&visit, &mut form, &key).await? else { return visit.again(&view(&visit, form, &key)) };
    match visit.authority().update_organisation_key(&visit.context(), key.id, update).await {
        Ok(changed) => {
            let said = visit.fill(Text::Saved, &[("name", changed.value.definition.name.as_str())]);
            visit.onward(&path(&visit, &format!("/{}", key.id)), Some(&said))
        }
        Err(Error::Stale) => {
            form.refuse("name", visit.say(Text::Stale));
            visit.again(&view(&visit, form, &key))
        }
        // A profile may ask for more than the form looks at.
        Err(Error::Invalid(_)) => {
            form.refuse(if is_for_people(&key) { "redirect_uris" } else { "name" }, visit.say(Text::Unfit));
            visit.again(&view(&visit, form, &key))
        }
        Err(error) => Err(visit.refused(&error)),
    }
}

async fn read(visit: &Visit, form: &mut Form, key: &OrganisationKey) -> Result<Option<OrganisationKeyUpdate>, Response> {
    let name = name(visit, form, Some(key.id)).await?;
    let mut client = ClientRequest { name, ..ClientRequest::default() };
    if is_for_people(key) {
        let is_public = !key.definition.is_confidential();
        let allowed = if is_public { ApplicationType::Native } else { key.definition.application_type };
        client.redirect_uris = address::redirect_uris(visit, form, allowed);
        client.cors_origins = address::origins(visit, form);
        if is_public && client.redirect_uris.as_deref().is_some_and(address::is_native) {
            client.application_type = Some(ApplicationType::Native);
        }
    }
    let contact = Some(contact(visit, form));
    let expected_revision = Some(form.value("revision").parse().unwrap_or_default());
    Ok(form.is_good().then_some(OrganisationKeyUpdate { expected_revision, contact, client, ..OrganisationKeyUpdate::default() }))
}

/// Whether people sign in with it: only then does it have addresses.
fn is_for_people(key: &OrganisationKey) -> bool {
    key.definition.may(GrantType::AuthorizationCode)
}

fn view(visit: &Visit, form: Form, key: &OrganisationKey) -> View {
    View {
        frame: below(visit, visit.fill(Text::EditQuestion, &[("name", key.definition.name.as_str())]), Some(key)),
        form,
        back: visit.to(&path(visit, &format!("/{}", key.id))),
        revision: key.revision,
        for_people: is_for_people(key),
    }
}
