//! `/o/{org}/options/tokens/{token}/delete`: what stops, and ending it.

use axum::response::Response;
use domain::CredentialId;
use domain::organisation_token::OrganisationToken;

use super::texts::Text;
use super::{OPTIONS, title_of};
use crate::console::activity::{self, Recent};
use crate::console::confirm::Confirm;
use crate::console::form::Form;
use crate::console::moment::{self, Moment};
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let token = found(&visit).await?;
    let options = visit.at(OPTIONS);
    let trail = [("/o", visit.say(crate::console::Text::MyOrganisation)), (&options, visit.say(crate::console::Text::Options))];
    let effect = if token.last_used_at.is_some() { Text::DeleteEffect } else { Text::DeleteUnused };
    let page = Confirm {
        frame: Frame::below(&visit, visit.fill(Text::DeleteQuestion, &[("username", token.username.as_str())]), &trail),
        facts: facts(&visit, &token, Recent::read(&visit, domain::Kind::OrganisationToken).await?.in_a_week(token.id)),
        effect: visit.say(effect).to_owned(),
        yes: visit.say(Text::DeleteDo).to_owned(),
        no: Link::new(visit.to(&options), visit.say(crate::console::Text::Cancel)),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn delete(visit: Visit) -> Answer {
    let token = found(&visit).await?;
    let ended = visit.authority().revoke_organisation_token(&visit.context(), token.id).await;
    ended.map_err(|error| visit.refused(&error))?;
    let said = visit.fill(Text::Deleted, &[("username", token.username.as_str())]);
    visit.onward(&visit.at(OPTIONS), Some(&said))
}

async fn found(visit: &Visit) -> Result<OrganisationToken, Response> {
    let id: CredentialId = visit.parameter("token")?;
    visit.authority().organisation_token(&visit.caller(), id).await.map_err(|error| visit.refused(&error))
}

fn facts(visit: &Visit, token: &OrganisationToken, week: u64) -> Vec<(String, String)> {
    let fact = |name: Text, value: String| (visit.say(name).to_owned(), value);
    let mut facts = vec![fact(Text::Description, token.description.to_string()), fact(Text::Api, title_of(visit, &token.api))];
    if let Some(used) = token.last_used_at {
        facts.push(fact(Text::LastUsed, Moment::ago(used, visit.browser.now, visit.browser.language).text));
        facts.push((visit.say(activity::Text::Week7).to_owned(), moment::number(week, visit.browser.language)));
    }
    facts.extend(token.last_used_from.clone().map(|address| fact(Text::From, address)));
    facts
}
