//! `/sign-up`: asking for an account. The answer is always the same.

use authority::SignUp;
use axum::response::Response;
use http::StatusCode;

use super::{Asks, Gate, Text, email, message, name, no_mail, password};
use crate::console::form::Form;
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    closed(&visit)?;
    if visit.browser.signed_in.is_some() {
        return visit.onward("/profile", None);
    }
    let form = Form::new(&visit, &[]);
    visit.page(&view(&visit, form))
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    closed(&visit)?;
    let mut form = Form::new(&visit, &[]);
    let (name, email) = (name(&visit, &mut form), email(&visit, &mut form));
    let known = [form.value("name").to_owned(), form.value("email").to_owned(), visit.console.installation().to_owned()];
    let password = password(&visit, &mut form, &known.each_ref().map(String::as_str));
    let (Some(name), Some(email), Some(password)) = (name, email, password) else { return visit.again(&view(&visit, form)) };
    let browser = &visit.browser;
    let new = SignUp { name, email, password, visit: browser.visit(), address: Some(browser.address), language: browser.language.into() };
    match visit.authority().sign_up(&browser.context(), new).await.map_err(|error| visit.refused(&error))? {
        Ok(()) => visit.onward("/sign-up/sent", None),
        Err(until) => visit.too_many(until, (form, "email"), |form| view(&visit, form)),
    }
}

/// The page where nobody may make an account, if nobody may.
fn closed(visit: &Visit) -> Result<(), Response> {
    if !visit.console.sign_up_is_open() {
        return Err(message(visit, StatusCode::OK, (Text::SignUp, visit.say(Text::SignUpClosed)), None));
    }
    if visit.authority().sends_letters() { Ok(()) } else { Err(no_mail(visit, Text::SignUp)) }
}

fn view(visit: &Visit, form: Form) -> Gate {
    let asks = Asks { name: true, email: true, password: true, ..Asks::default() };
    Gate::new(visit, Text::SignUp, Text::SignUpDo).ask(form, asks).link("/sign-in", visit.say(Text::HaveAccount))
}
