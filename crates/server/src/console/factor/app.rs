//! `/profile/sign-in/app`: an app that shows codes is added, with a QR code and a first code, or taken away.

use askama::Template;
use authority::{Added, Error, TotpUnderWay};
use axum::response::Response;
use domain::InteractionId;
use domain::text::Email;

use super::qr::Qr;
use super::{Text, back, factors, frame, ticket};
use crate::console::confirm::Confirm;
use crate::console::failure;
use crate::console::form::Form;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};
use crate::outbound::encoded;

#[derive(Template)]
#[template(path = "console/factor/app.html")]
struct Begin {
    frame: Frame,
    form: Form,
}

#[derive(Template)]
#[template(path = "console/factor/new_app.html")]
struct View {
    frame: Frame,
    form: Form,
    qr: Option<Qr>,
    secret: String,
    waits: String,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    if factors(&visit).await?.totp.is_some() {
        return visit.onward("/profile/sign-in", Some(visit.say(Text::AppThere)));
    }
    visit.page(&Begin { frame: frame(&visit, visit.say(Text::AddApp)), form: Form::new(&visit, &[]) })
}

/// Shows what the app is to count from, or takes the app's first code.
pub(in crate::console) async fn add(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let (visitor, context) = (visit.browser.visit(), visit.context());
    let Ok(id) = form.value("waits").parse::<InteractionId>() else {
        if factors(&visit).await?.totp.is_some() {
            return visit.onward("/profile/sign-in", Some(visit.say(Text::AppThere)));
        }
        let begun = visit.authority().begin_totp(&context, visitor).await.map_err(|error| visit.refused(&error))?;
        return visit.page(&view(&visit, form, &begun));
    };
    match visit.authority().add_totp(&context, (id, visitor), form.value("code")).await {
        Ok(Added::Done(Some(codes))) => ticket(&visit, Text::AppReady, &codes),
        Ok(Added::Done(None)) => visit.onward("/profile/sign-in", Some(visit.say(Text::AppAdded))),
        Ok(Added::NotRight) => {
            form.refuse("code", visit.say(Text::CodeWrong));
            let waiting = visit.authority().totp_under_way(&context, id, visitor).await.map_err(|error| visit.refused(&error))?;
            let waiting = waiting.ok_or_else(|| failure::interaction_over(&visit.browser))?;
            visit.again(&view(&visit, form, &waiting))
        }
        Ok(Added::Over) => Err(failure::interaction_over(&visit.browser)),
        Err(Error::Conflict { code: "totp_there", .. }) => visit.onward("/profile/sign-in", Some(visit.say(Text::AppThere))),
        Err(error) => Err(visit.refused(&error)),
    }
}

fn view(visit: &Visit, form: Form, waiting: &TotpUnderWay) -> View {
    let mut frame = frame(visit, visit.say(Text::AddApp));
    // It is the answer to a form: there is none in another language.
    frame.other = None;
    let secret = waiting.secret.expose();
    // In groups of four, for who types it.
    let groups: Vec<&str> = (0..secret.len()).step_by(4).map(|at| &secret[at..(at + 4).min(secret.len())]).collect();
    View { frame, form, qr: Qr::of(&address(visit, secret)), secret: groups.join(" "), waits: waiting.id.to_string() }
}

/// The address that apps read (Google Authenticator, "Key Uri Format"); without a colon in the names, which would end them.
fn address(visit: &Visit, secret: &str) -> String {
    let plain = |text: &str| encoded(&[("", &text.replace(':', " "))])[1..].replace('+', "%20");
    let issuer = plain(&visit.console.look().name);
    let account = visit.person().person.email.as_ref().map_or("", Email::as_str);
    format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", plain(account))
}

/// `/profile/sign-in/app/remove`.
pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    let factors = factors(&visit).await?;
    if factors.totp.is_none() {
        return Err(failure::not_found(&visit.browser));
    }
    let effect = if factors.passkeys.is_empty() { Text::RemoveLast } else { Text::RemoveAppEffect };
    let page = Confirm {
        frame: frame(&visit, visit.say(Text::RemoveAppQuestion)),
        facts: Vec::new(),
        effect: visit.say(effect).to_owned(),
        yes: visit.say(Text::RemoveApp).to_owned(),
        no: back(&visit),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn remove(visit: Visit) -> Result<Response, Response> {
    visit.authority().remove_totp(&visit.context()).await.map_err(|error| visit.refused(&error))?;
    visit.onward("/profile/sign-in", Some(visit.say(Text::AppRemoved)))
}
