//! `/profile/sign-in/passkeys`: a passkey is made on the person's own device and given a name, or taken away.

use askama::Template;
use authority::{Error, Passkey, PasskeyAdded, PasskeyAnswer};
use axum::response::Response;
use domain::PasskeyId;
use domain::text::Name;
use jose::passkey::RelyingParty;

use super::{Text, back, factors, frame, onward_to};
use crate::console::confirm::Confirm;
use crate::console::form::Form;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};
use crate::console::{failure, passkey, user_agent};
use crate::outbound::encoded;

/// The longest name, in characters.
const MAX_NAME: usize = 60;

#[derive(Template)]
#[template(path = "console/factor/passkey.html")]
struct View {
    frame: Frame,
    form: Form,
    /// What is said to whoever was led here with a new account.
    offer: Option<&'static str>,
    /// For whoever makes none.
    otherwise: Link,
}

/// Where somebody goes who has just got an account, and then to this page: to make a passkey first, where browsers make them here.
pub(in crate::console) fn offered(visit: &Visit, path: &str) -> String {
    match visit.console.relying_party() {
        Some(_) => format!("/profile/sign-in/passkeys/new?{}", encoded(&[("next", path)])),
        None => path.to_owned(),
    }
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    relying_party(&visit)?;
    let name = visit.browser.user_agent.as_deref().and_then(user_agent::named).unwrap_or_default();
    let form = Form::new(&visit, &[("name", &name)]);
    visit.page(&view(&visit, form))
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
    let name = named(&visit, &mut form);
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
    visit.again(&view(&visit, form))
}

fn view(visit: &Visit, form: Form) -> View {
    let Some(path) = onward_to(visit) else {
        return View { frame: frame(visit, visit.say(Text::AddPasskey)), form, offer: None, otherwise: back(visit) };
    };
    let otherwise = Link::new(visit.to(path), visit.say(Text::NotNow));
    View { frame: Frame::below(visit, visit.say(Text::OfferPasskey), &[]), form, offer: Some(visit.say(Text::OfferAbout)), otherwise }
}

/// The name that was typed.
pub(super) fn named(visit: &Visit, form: &mut Form) -> Option<Name> {
    let typed = form.value("name").trim().to_owned();
    let fits = if typed.chars().count() <= MAX_NAME { Name::new(&typed).ok() } else { None };
    form.take("name", fits.ok_or(()), visit.say(Text::PasskeyNameWrong))
}

/// Back to the block; with the first, recovery codes are to be made.
async fn added(visit: &Visit) -> Answer {
    let next = onward_to(visit);
    if factors(visit).await?.recovery_codes_left() == 0 {
        let query = next.map(|next| format!("?{}", encoded(&[("next", next)]))).unwrap_or_default();
        return visit.onward(&format!("/profile/sign-in/recovery-codes{query}"), Some(visit.say(Text::PasskeyAddedFirst)));
    }
    visit.onward(next.unwrap_or("/profile/sign-in"), Some(visit.say(Text::PasskeyAdded)))
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

/// The one that the path names.
pub(super) fn own<'p>(visit: &Visit, passkeys: &'p [Passkey]) -> Result<&'p Passkey, Response> {
    let id: PasskeyId = visit.parameter("passkey")?;
    passkeys.iter().find(|passkey| passkey.id == id).ok_or_else(|| failure::not_found(&visit.browser))
}

/// Who we are towards devices. Where browsers make no passkeys, there is no such page.
fn relying_party(visit: &Visit) -> Result<RelyingParty, Response> {
    visit.console.relying_party().cloned().ok_or_else(|| failure::not_found(&visit.browser))
}
