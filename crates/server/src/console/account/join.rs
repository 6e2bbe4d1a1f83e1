//! `/invitation/{link}`: becoming a member, with an account that is there or with a new one.

use authority::{InvitationView, LinkOver, LinkUnused, LinkView};
use axum::response::Response;
use http::StatusCode;

use super::{Asks, Gate, Text, arrival, found, message, name, over, password, to_sign_in, unused, welcome};
use crate::console::form::Form;
use crate::console::member;
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (_, view) = invited(&visit).await?;
    let gate = gate(&visit, &view);
    match (&visit.browser.signed_in, view.account) {
        (None, None) => {
            let form = Form::new(&visit, &[]);
            visit.page(&anew(&visit, gate, form, &view))
        }
        (None, Some(_)) => visit.page(&gate.link(to_sign_in(&visit.to(&visit.path), false), visit.say(Text::SignInToJoin))),
        (Some(_), _) => {
            let form = Form::new(&visit, &[]);
            visit.page(&gate.ask(form, Asks::default()))
        }
    }
}

pub(in crate::console) async fn join(visit: Visit) -> Answer {
    let (secret, view) = invited(&visit).await?;
    if visit.browser.signed_in.is_some() {
        let joined = visit.authority().join(&visit.browser.context(), &secret).await.map_err(|error| visit.refused(&error))?;
        return match joined {
            Ok(organisation) => {
                let said = visit.fill(Text::Joined, &[("organisation", view.name.as_str())]);
                visit.onward(&format!("/o/{organisation}"), Some(&said))
            }
            Err(LinkUnused::AlreadyMember) => Err(already(&visit, &view)),
            Err(why) => Ok(unused(&visit, why, None)),
        };
    }
    if view.account.is_some() {
        return Ok(unused(&visit, LinkUnused::AddressTaken, None));
    }
    let mut form = Form::new(&visit, &[]);
    let name = name(&visit, &mut form);
    let known = [form.value("name").to_owned(), view.email.as_str().to_owned(), visit.console.installation().to_owned()];
    let password = password(&visit, &mut form, &known.each_ref().map(String::as_str));
    let (Some(name), Some(password)) = (name, password) else {
        return visit.again(&anew(&visit, gate(&visit, &view), form, &view));
    };
    let context = authority::Context { caller: authority::Caller::System, ..visit.browser.context() };
    let joined = visit.authority().join_anew(&context, &secret, (name, password), arrival(&visit)).await;
    match joined.map_err(|error| visit.refused(&error))? {
        Ok(joined) => Ok(welcome(&visit, joined.begun.as_ref(), &format!("/o/{}", joined.organisation))),
        Err(why) => Ok(unused(&visit, why, None)),
    }
}

/// The invitation, where whoever is signed in may accept it.
async fn invited(visit: &Visit) -> Result<(domain::Secret<String>, InvitationView), Response> {
    let (secret, view) = match found(visit).await? {
        (secret, LinkView::Join(view)) => (secret, *view),
        (_, LinkView::Over(LinkOver::Void)) => {
            return Err(message(visit, StatusCode::GONE, (Text::LinkOverTitle, visit.say(Text::InvitationVoid)), None));
        }
        (_, LinkView::Over(why)) => return Err(over(visit, why, None)),
        _ => return Err(over(visit, LinkOver::Unknown, None)),
    };
    let Some(signed_in) = &visit.browser.signed_in else { return Ok((secret, view)) };
    if view.account != Some(signed_in.person.id) {
        let own = signed_in.person.email.clone().map(String::from).unwrap_or_default();
        let story = visit.fill(Text::OtherAddress, &[("email", view.email.as_str()), ("own", &own)]);
        let link = match view.account {
            Some(_) => (to_sign_in(&visit.to(&visit.path), true), visit.say(Text::OtherSignIn).to_owned()),
            None => ("/sign-out".to_owned(), visit.say(crate::console::Text::SignOut).to_owned()),
        };
        return Err(message(visit, StatusCode::FORBIDDEN, (Text::Invitation, &story), Some(link)));
    }
    if view.is_member {
        return Err(already(visit, &view));
    }
    Ok((secret, view))
}

fn already(visit: &Visit, view: &InvitationView) -> Response {
    let story = visit.fill(Text::AlreadyMember, &[("organisation", view.name.as_str())]);
    let link = (visit.to(&format!("/o/{}", view.organisation)), view.name.to_string());
    message(visit, StatusCode::CONFLICT, (Text::Invitation, &story), Some(link))
}

fn gate(visit: &Visit, view: &InvitationView) -> Gate {
    let organisation = view.name.as_str();
    let story = match &view.invited_by {
        Some(person) => visit.fill(Text::InvitedBy, &[("person", person.as_str()), ("organisation", organisation)]),
        None => visit.fill(Text::Invited, &[("organisation", organisation)]),
    };
    let roles = visit.fill(Text::InvitedAs, &[("roles", &member::roles_in_words(visit, view.roles))]);
    Gate::new(visit, Text::Invitation, Text::JoinDo).say(story).say(roles)
}

fn anew(visit: &Visit, gate: Gate, form: Form, view: &InvitationView) -> Gate {
    let asks = Asks { name: true, account: Some(view.email.clone()), password: true, ..Asks::default() };
    gate.say(visit.say(Text::NewAccount)).ask(form, asks)
}
