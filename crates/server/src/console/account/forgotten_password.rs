//! `/forgotten-password`: asking for a link to choose another one. The answer is always the same.

use super::{Asks, Gate, Text, email, no_mail};
use crate::console::form::Form;
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    if !visit.authority().sends_letters() {
        return Ok(no_mail(&visit, Text::Forgotten));
    }
    let own = visit.browser.signed_in.as_ref().and_then(|person| person.person.email.clone()).map(String::from).unwrap_or_default();
    let form = Form::new(&visit, &[("email", &own)]);
    visit.page(&view(&visit, form))
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    if !visit.authority().sends_letters() {
        return Ok(no_mail(&visit, Text::Forgotten));
    }
    let mut form = Form::new(&visit, &[]);
    let Some(email) = email(&visit, &mut form) else { return visit.again(&view(&visit, form)) };
    let asked = visit.authority().forgot_password(&visit.browser.context(), email, Some(visit.browser.address)).await;
    match asked.map_err(|error| visit.refused(&error))? {
        Ok(()) => visit.onward("/forgotten-password/sent", None),
        Err(until) => visit.too_many(until, (form, "email"), |form| view(&visit, form)),
    }
}

fn view(visit: &Visit, form: Form) -> Gate {
    let gate = Gate::new(visit, Text::Forgotten, Text::ForgottenDo).say(visit.say(Text::ForgottenStory));
    gate.ask(form, Asks { email: true, ..Asks::default() }).link("/sign-in", visit.say(Text::BackToSignIn))
}
