//! `/profile/tokens/{token}/delete`: what stops, and ending it.

use domain::CredentialId;
use domain::personal_token::PersonalToken;

use super::texts::Text;
use crate::console::activity::{self, Recent};
use crate::console::confirm::Confirm;
use crate::console::form::Form;
use crate::console::moment::{self, Moment};
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let read = visit.authority().token(&visit.caller(), visit.parameter("token")?).await;
    let token = read.map_err(|error| visit.refused(&error))?;
    let trail = [("/profile", visit.say(crate::console::Text::MyProfile)), ("/profile/tokens", visit.say(crate::console::Text::ApiTokens))];
    let title = visit.fill(Text::DeleteQuestion, &[("description", token.description.as_str())]);
    let effect = if token.last_used_at.is_some() { Text::DeleteEffect } else { Text::DeleteUnused };
    let page = Confirm {
        frame: Frame::below(&visit, title, &trail),
        facts: facts(&visit, &token, Recent::read(&visit, domain::Kind::PersonalToken).await?.in_a_week(token.id)),
        effect: visit.say(effect).to_owned(),
        yes: visit.say(Text::DeleteDo).to_owned(),
        no: Link::new(visit.to("/profile/tokens"), visit.say(crate::console::Text::Cancel)),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn delete(visit: Visit) -> Answer {
    let id: CredentialId = visit.parameter("token")?;
    let token = visit.authority().token(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    let ended = visit.authority().revoke_token(&visit.context(), id).await;
    ended.map_err(|error| visit.refused(&error))?;
    let said = visit.fill(Text::Deleted, &[("description", token.description.as_str())]);
    visit.onward("/profile/tokens", Some(&said))
}

fn facts(visit: &Visit, token: &PersonalToken, week: u64) -> Vec<(String, String)> {
    let fact = |name: Text, value: String| (visit.say(name).to_owned(), value);
    let week = (visit.say(activity::Text::Week7).to_owned(), moment::number(week, visit.browser.language));
    let Some(used) = token.last_used_at else { return Vec::new() };
    let used = Moment::ago(used, visit.browser.now, visit.browser.language).text;
    let mut facts = vec![fact(Text::LastUsed, used), week];
    facts.extend(token.last_used_from.clone().map(|address| fact(Text::From, address)));
    facts
}
