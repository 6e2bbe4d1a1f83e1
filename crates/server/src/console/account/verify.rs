//! `/verify/{link}`: somebody has the letter that went to an address. It makes the account that was asked for, or the address theirs.

use authority::{LinkOver, LinkUnused, LinkView};
use axum::response::Response;
use domain::text::{Email, Name};
use http::StatusCode;

use super::{Asks, Gate, Text, arrival, found, message, over, password, to_sign_in, unused, welcome};
use crate::console::cookie::Cookie;
use crate::console::form::Form;
use crate::console::page::see_other;
use crate::console::visit::{Answer, Visit};

/// A link that makes an account.
struct New {
    email: Email,
    name: Name,
    same_browser: bool,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    match found(&visit).await?.1 {
        LinkView::SignUp { email, name, same_browser } => {
            let form = Form::new(&visit, &[]);
            visit.page(&account(&visit, form, &New { email, name, same_browser }))
        }
        LinkView::Verify { email, person } => {
            of_whoever_asked(&visit, person)?;
            let form = Form::new(&visit, &[]);
            let gate = Gate::new(&visit, Text::Verify, Text::VerifyDo).say(visit.fill(Text::VerifyStory, &[("email", email.as_str())]));
            visit.page(&gate.ask(form, Asks::default()))
        }
        LinkView::Over(why) => Ok(over(&visit, why, again(&visit))),
        _ => Ok(over(&visit, LinkOver::Unknown, again(&visit))),
    }
}

pub(in crate::console) async fn confirm(visit: Visit) -> Answer {
    let (secret, view) = found(&visit).await?;
    match view {
        LinkView::SignUp { email, name, same_browser } => {
            let new = New { email, name, same_browser };
            let mut form = Form::new(&visit, &[]);
            let mut chosen = None;
            if !new.same_browser {
                chosen = password(&visit, &mut form, &[new.email.as_str(), new.name.as_str(), visit.console.installation()]);
                if chosen.is_none() {
                    return visit.again(&account(&visit, form, &new));
                }
            }
            let context = authority::Context { caller: authority::Caller::System, ..visit.browser.context() };
            let made = visit.authority().finish_sign_up(&context, &secret, chosen, arrival(&visit)).await;
            match made.map_err(|error| visit.refused(&error))? {
                Ok(begun) => Ok(welcome(&visit, begun.as_ref(), "/profile")),
                Err(LinkUnused::PasswordNeeded) => visit.again(&account(&visit, form, &New { same_browser: false, ..new })),
                Err(why) => Ok(unused(&visit, why, again(&visit))),
            }
        }
        LinkView::Verify { person, .. } => {
            of_whoever_asked(&visit, person)?;
            let proven = visit.authority().prove_address(&visit.browser.context(), &secret).await;
            match proven.map_err(|error| visit.refused(&error))? {
                Ok(mark) => {
                    let mut response = visit.onward("/profile", Some(visit.say(Text::Verified)))?;
                    visit.browser.set(&mut response, Cookie::Device, mark.expose());
                    Ok(response)
                }
                Err(why) => Ok(unused(&visit, why, again(&visit))),
            }
        }
        LinkView::Over(why) => Ok(over(&visit, why, again(&visit))),
        _ => Ok(over(&visit, LinkOver::Unknown, again(&visit))),
    }
}

/// Where another link is to be had.
fn again(visit: &Visit) -> Option<(&'static str, Text)> {
    Some(if visit.browser.signed_in.is_some() { ("/profile/email", Text::NewLink) } else { ("/sign-up", Text::NewLink) })
}

/// Lets the person who asked for the link go on: whoever else has the letter would put their address into a stranger's account.
fn of_whoever_asked(visit: &Visit, person: domain::PersonId) -> Result<(), Response> {
    match &visit.browser.signed_in {
        Some(signed_in) if signed_in.person.id == person => Ok(()),
        Some(_) => {
            let link = Some((to_sign_in(&visit.to(&visit.path), true), visit.say(Text::OtherSignIn).to_owned()));
            Err(message(visit, StatusCode::FORBIDDEN, (Text::LinkOverTitle, visit.say(Text::OtherAccount)), link))
        }
        None => Err(visit.browser.answer(see_other(&to_sign_in(&visit.to(&visit.path), false)))),
    }
}

fn account(visit: &Visit, form: Form, new: &New) -> Gate {
    let story = visit.fill(Text::AccountStory, &[("name", new.name.as_str()), ("email", new.email.as_str())]);
    let mut gate = Gate::new(visit, Text::Verify, Text::AccountDo).say(story);
    if !new.same_browser {
        gate = gate.say(visit.say(Text::OtherBrowser));
    }
    let account = (!new.same_browser).then(|| new.email.clone());
    gate.ask(form, Asks { password: !new.same_browser, account, ..Asks::default() })
}
