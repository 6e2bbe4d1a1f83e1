//! `/o/{org}/keys/{key}/revoke` and `…/private-keys/{private}/end`: what stops, and ending it.

use axum::response::Response;
use domain::CredentialId;
use domain::organisation_key::{OrganisationKey, PrivateKey};

use super::texts::Text;
use super::{below, key, path};
use crate::console::activity::{self, Recent};
use crate::console::confirm::Confirm;
use crate::console::form::Form;
use crate::console::moment::{self, Moment};
use crate::console::page::Link;
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let key = key(&visit).await?;
    let read = visit.authority().connections_of_key(&visit.caller(), key.id).await;
    let connected = read.map_err(|error| visit.refused(&error))?;
    let mut facts = vec![fact(&visit, Text::PublicKey, key.definition.client_id.clone())];
    let used = key.private_keys.iter().filter_map(|private| private.last_used_at).max();
    facts.extend(used.map(|at| fact(&visit, Text::LastUsed, ago(&visit, at))));
    let week = Recent::read(&visit, domain::Kind::OrganisationKey).await?.in_a_week(key.id);
    facts.push((visit.say(activity::Text::Week7).to_owned(), moment::number(week, visit.browser.language)));
    facts.push(fact(&visit, Text::Connected, connected.to_string()));
    let page = Confirm {
        frame: below(&visit, visit.fill(Text::RevokeQuestion, &[("name", key.definition.name.as_str())]), Some(&key)),
        facts,
        effect: visit.say(Text::RevokeEffect).to_owned(),
        yes: visit.say(Text::RevokeDo).to_owned(),
        no: back(&visit, &key),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn revoke(visit: Visit) -> Answer {
    let key = key(&visit).await?;
    let ended = visit.authority().revoke_organisation_key(&visit.context(), key.id).await;
    ended.map_err(|error| visit.refused(&error))?;
    let said = visit.fill(Text::Revoked, &[("name", key.definition.name.as_str())]);
    visit.onward(&path(&visit, ""), Some(&said))
}

pub(in crate::console) async fn show_private(visit: Visit) -> Answer {
    let (key, private) = private(&visit).await?;
    let now = visit.browser.now;
    let others = key.private_keys.iter().any(|other| other.id != private.id && other.ends_at.is_none_or(|end| end > now));
    let mut facts: Vec<_> = private.last_used_at.map(|at| fact(&visit, Text::LastUsed, ago(&visit, at))).into_iter().collect();
    facts.push(fact(&visit, Text::Uses, private.uses.to_string()));
    let page = Confirm {
        frame: below(&visit, visit.fill(Text::EndQuestion, &[("prefix", private.prefix.as_deref().unwrap_or_default())]), Some(&key)),
        facts,
        effect: visit.say(if others { Text::EndEffect } else { Text::EndLast }).to_owned(),
        yes: visit.say(Text::EndDo).to_owned(),
        no: back(&visit, &key),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn end_private(visit: Visit) -> Answer {
    let (key, private) = private(&visit).await?;
    let ended = visit.authority().revoke_private_key(&visit.context(), key.id, private.id).await;
    ended.map_err(|error| visit.refused(&error))?;
    visit.onward(&path(&visit, &format!("/{}", key.id)), Some(visit.say(Text::Ended)))
}

/// The private key that the path names, and whose it is.
async fn private(visit: &Visit) -> Result<(OrganisationKey, PrivateKey), Response> {
    let (id, key) = (visit.parameter::<CredentialId>("private")?, key(visit).await?);
    let found = key.private_keys.iter().find(|private| private.id == id).cloned();
    let found = found.ok_or_else(|| visit.refused(&authority::Error::NotFound))?;
    Ok((key, found))
}

fn back(visit: &Visit, key: &OrganisationKey) -> Link {
    Link::new(visit.to(&path(visit, &format!("/{}", key.id))), visit.say(crate::console::Text::Cancel))
}

fn fact(visit: &Visit, name: Text, value: String) -> (String, String) {
    (visit.say(name).to_owned(), value)
}

fn ago(visit: &Visit, at: domain::Timestamp) -> String {
    Moment::ago(at, visit.browser.now, visit.browser.language).text
}
