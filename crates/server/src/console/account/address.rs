//! `/profile/email`: proving one's mail address, or another one, which is one's own once it is proven.

use askama::Template;
use axum::response::Response;

use super::{Text, email, no_mail};
use crate::console::form::Form;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/account/address.html")]
struct View {
    frame: Frame,
    form: Form,
    is_proven: bool,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    sends(&visit)?;
    let own = visit.person().person.email.clone().map(String::from).unwrap_or_default();
    let form = Form::new(&visit, &[("email", &own)]);
    visit.page(&view(&visit, form))
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    sends(&visit)?;
    let mut form = Form::new(&visit, &[]);
    let Some(email) = email(&visit, &mut form) else { return visit.again(&view(&visit, form)) };
    let browser = &visit.browser;
    let asked = visit.authority().ask_for_proof(&visit.context(), email.clone(), (Some(browser.address), browser.language.into())).await;
    match asked.map_err(|error| visit.refused(&error))? {
        Ok(()) => visit.onward("/profile", Some(&visit.fill(Text::ProofSent, &[("email", email.as_str())]))),
        Err(until) => visit.too_many(until, (form, "email"), |form| view(&visit, form)),
    }
}

fn sends(visit: &Visit) -> Result<(), Response> {
    if visit.authority().sends_letters() { Ok(()) } else { Err(no_mail(visit, Text::OwnAddress)) }
}

fn view(visit: &Visit, form: Form) -> View {
    let trail = [("/profile", visit.say(crate::console::Text::MyProfile))];
    let is_proven = visit.person().person.email_verified;
    View { frame: Frame::below(visit, visit.say(Text::OwnAddress), &trail), form, is_proven }
}
