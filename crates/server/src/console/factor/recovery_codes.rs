//! `/profile/sign-in/recovery-codes`: other codes for who loses app and passkeys, shown once.

use askama::Template;
use authority::Error;

use super::{Text, factors, frame, onward_to, ticket};
use crate::console::failure;
use crate::console::form::Form;
use crate::console::page::{Frame, Link};
use crate::console::ticket::shown_before;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/factor/recovery_codes.html")]
struct View {
    frame: Frame,
    form: Form,
    has_codes: bool,
    no: String,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let factors = factors(&visit).await?;
    if !factors.is_any() {
        return Err(failure::not_found(&visit.browser));
    }
    let form = Form::new(&visit, &[]).once(&visit)?;
    let (frame, no) = (frame(&visit, visit.say(Text::MakeCodes)), visit.to(onward_to(&visit).unwrap_or("/profile/sign-in")));
    visit.page(&View { frame, form, has_codes: factors.recovery_codes_left() > 0, no })
}

pub(in crate::console) async fn make(visit: Visit) -> Answer {
    match visit.authority().make_recovery_codes(&visit.once()?).await {
        Ok(made) => ticket(&visit, Text::CodesReady, &made.value),
        Err(Error::Conflict { code: "no_second_factor", .. }) => Err(failure::not_found(&visit.browser)),
        Err(error) => {
            let link = Link::new(visit.to("/profile/sign-in"), visit.say(crate::console::Text::SigningIn));
            let told = (visit.say(Text::CodesShownTitle), visit.say(Text::CodesShown));
            shown_before(&visit, error, told, link).map_err(|error| visit.refused(&error))
        }
    }
}
