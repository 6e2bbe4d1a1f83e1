//! `/o/{org}/members/{member}/end`: what stops with a membership, and ending it.

use authority::Error;
use http::StatusCode;

use super::role;
use super::texts::Text;
use super::{below, member, name, path};
use crate::console::confirm::Confirm;
use crate::console::failure::{self, Failure};
use crate::console::form::Form;
use crate::console::page::Link;
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (found, person) = member(&visit).await?;
    let fact = |name: Text, value: String| (visit.say(name).to_owned(), value);
    let title = visit.fill(Text::EndQuestion, &[("name", &name(&visit, &person)), ("organisation", visit.organisation().name.as_str())]);
    let mut facts: Vec<_> = person.email.clone().map(|email| fact(Text::Email, email.into())).into_iter().collect();
    facts.push(fact(Text::Roles, role::in_words(&visit, found.membership.roles)));
    facts.push(fact(Text::TokensStop, found.tokens.to_string()));
    facts.push(fact(Text::AppsStop, found.connections.to_string()));
    let page = Confirm {
        frame: below(&visit, title),
        facts,
        effect: visit.say(Text::EndEffect).to_owned(),
        yes: visit.say(Text::EndDo).to_owned(),
        no: Link::new(visit.to(&path(&visit, "")), visit.say(crate::console::Text::Cancel)),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn end(visit: Visit) -> Answer {
    let (found, person) = member(&visit).await?;
    match visit.authority().remove_member(&visit.context(), found.membership.id).await {
        Ok(_) => {
            let said = visit.fill(Text::Ended, &[("name", &name(&visit, &person))]);
            let own = person.id == visit.person().person.id;
            visit.onward(&if own { "/o".to_owned() } else { path(&visit, "") }, Some(&said))
        }
        Err(Error::Conflict { code: "last_owner", .. }) => {
            let (story, again) = (visit.say(Text::LastOwner), visit.to(&path(&visit, "")));
            Ok(failure::page(&visit.browser, Failure { status: StatusCode::CONFLICT, story, detail: None, again: Some(&again) }))
        }
        Err(error) => Err(visit.refused(&error)),
    }
}
