//! `/new-password/{link}`: choosing another password by a link that came by mail.

use authority::{LinkOver, LinkView};
use domain::text::Email;
use http::StatusCode;

use super::{Asks, Gate, Text, found, message, over, password, unused, without_session};
use crate::console::form::Form;
use crate::console::visit::{Answer, Visit};

const AGAIN: Option<(&str, Text)> = Some(("/forgotten-password", Text::NewLink));

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    match found(&visit).await? {
        (_, LinkView::Reset { email }) => {
            let form = Form::new(&visit, &[]);
            visit.page(&view(&visit, form, email))
        }
        (_, LinkView::Over(why)) => Ok(over(&visit, why, AGAIN)),
        _ => Ok(over(&visit, LinkOver::Unknown, AGAIN)),
    }
}

pub(in crate::console) async fn choose(visit: Visit) -> Answer {
    let (secret, email) = match found(&visit).await? {
        (secret, LinkView::Reset { email }) => (secret, email),
        (_, LinkView::Over(why)) => return Ok(over(&visit, why, AGAIN)),
        _ => return Ok(over(&visit, LinkOver::Unknown, AGAIN)),
    };
    let mut form = Form::new(&visit, &[]);
    let known = [email.as_str(), visit.console.installation()];
    let Some(password) = password(&visit, &mut form, &known) else { return visit.again(&view(&visit, form, email)) };
    let context = authority::Context { caller: authority::Caller::System, ..visit.browser.context() };
    match visit.authority().reset_password(&context, &secret, password).await.map_err(|error| visit.refused(&error))? {
        Ok(()) => visit.onward("/password-changed", None).map(|response| without_session(&visit, response)),
        Err(why) => Ok(unused(&visit, why, AGAIN)),
    }
}

/// `/password-changed`.
pub(in crate::console) async fn done(visit: Visit) -> Answer {
    let link = Some(("/sign-in".to_owned(), visit.say(Text::ToSignIn).to_owned()));
    Ok(message(&visit, StatusCode::OK, (Text::PasswordIsChanged, visit.say(Text::SignedOutEverywhere)), link))
}

fn view(visit: &Visit, form: Form, email: Email) -> Gate {
    let gate = Gate::new(visit, Text::NewPassword, Text::NewPasswordDo).say(visit.say(Text::NewPasswordEffect));
    gate.ask(form, Asks { account: Some(email), password: true, ..Asks::default() })
}
