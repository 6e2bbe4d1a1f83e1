//! `/profile/sign-in/passkeys`: a passkey is made on the person's own device and given a name, or taken away.

use askama::Template;
use authority::{Error, Passkey, PasskeyAdded, PasskeyAnswer};
use axum::response::Response;
use domain::PasskeyId;
use domain::text::Name;
use jose::passkey::RelyingParty;

use super::{Text, back, factors, frame};
use crate::console::confirm::Confirm;
use crate::console::form::Form;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};
use crate::console::{failure, passkey, user_agent};

/// The longest name, in characters.
const MAX_NAME: usize = 60;

#[derive(Template)]
#[template(path = "console/factor/passkey.html")]
struct View {
    frame: Frame,
    form: Form,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    relying_party(&visit)?;
    let name = visit.browser.user_agent.as_deref().and_then(user_agent::named).unwrap_or_default();
    let form = Form::new(&visit, &[("name", &name)]);
    visit.page(&View { frame: frame(&visit, visit.say(Text::AddPasskey)), form })
}

/// What the device is to answer: in JSON, for the page's module.
pub(in crate::console) async fn options(visit: Visit) -> Answer {
    let rp = relying_party(&visit)?;
    let begun = visit.authority().begin_passkey(&visit.context(), visit.browser.visit()).await;
    let challenge = begun.map_err(|error| visit.refused(&error))?;
    Ok(passkey::json_answer(&visit.browser, &passkey::making(&visit.console, &rp, &challenge)))
}

pub(in crate::console) async fn add(visit: Visit) -> Answer {
    let rp = relying_party(&visit)?;
    let mut form = Form::new(&visit, &[]);
    let typed = form.value("name").trim().to_owned();
    let fits = if typed.chars().count() <= MAX_NAME { Name::new(&typed).ok() } else { None };
    let name = form.take("name", fits.ok_or(()), visit.say(Text::PasskeyNameWrong));
    let answer = form.value("passkey").to_owned();
    if let Some(name) = name {
        let answer = PasskeyAnswer { text: &answer, visit: visit.browser.visit(), rp: &rp };
        match visit.authority().add_passkey(&visit.context(), answer, &name).await {
            Ok(PasskeyAdded::Done) => return added(&visit).await,
            Ok(PasskeyAdded::NotRight) => form.refuse("name", visit.say(Text::PasskeyNotMade)),
            Ok(PasskeyAdded::Over) => form.refuse("name", visit.say(Text::PasskeyOver)),
            Err(error) => form.refused(&visit, error, &[("too_many_passkeys", "name", Text::TooManyPasskeys)])?,
        }
    }
    visit.again(&View { frame: frame(&visit, visit.say(Text::AddPasskey)), form })
}

/// Back to the block; with the first, recovery codes are to be made.
async fn added(visit: &Visit) -> Answer {
    if factors(visit).await?.recovery_codes_left() == 0 {
        return visit.onward("/profile/sign-in/recovery-codes", Some(visit.say(Text::PasskeyAddedFirst)));
    }
    visit.onward("/profile/sign-in", Some(visit.say(Text::PasskeyAdded)))
}

/// `/profile/sign-in/passkeys/{passkey}/remove`.
pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    let factors = factors(&visit).await?;
    let passkey = own(&visit, &factors.passkeys)?;
    let is_last = factors.totp.is_none() && factors.passkeys.len() == 1;
    let effect = if is_last { Text::RemoveLast } else { Text::RemovePasskeyEffect };
    let page = Confirm {
        frame: frame(&visit, &visit.fill(Text::RemovePasskeyQuestion, &[("name", &passkey.name)])),
        facts: Vec::new(),
        effect: visit.say(effect).to_owned(),
        yes: visit.say(Text::RemovePasskey).to_owned(),
        no: back(&visit),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn remove(visit: Visit) -> Answer {
    let factors = factors(&visit).await?;
    let passkey = own(&visit, &factors.passkeys)?;
    let removed = visit.authority().remove_passkey(&visit.context(), passkey.id).await;
    if !matches!(removed, Err(Error::NotFound)) {
        removed.map_err(|error| visit.refused(&error))?;
    }
    let said = visit.fill(Text::PasskeyRemoved, &[("name", &passkey.name)]);
    visit.onward("/profile/sign-in", Some(&said))
}

fn own<'p>(visit: &Visit, passkeys: &'p [Passkey]) -> Result<&'p Passkey, Response> {
    let id: PasskeyId = visit.parameter("passkey")?;
    passkeys.iter().find(|passkey| passkey.id == id).ok_or_else(|| failure::not_found(&visit.browser))
}

/// Who we are towards devices. Where browsers make no passkeys, there is no such page.
fn relying_party(visit: &Visit) -> Result<RelyingParty, Response> {
    visit.console.relying_party().cloned().ok_or_else(|| failure::not_found(&visit.browser))
}
