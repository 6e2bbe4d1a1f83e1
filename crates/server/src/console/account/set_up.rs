//! `/set-up/{code}`: a one-time link, printed at the first start, that makes the first organisation and its owner, and signs in.

use authority::{Context, Error, SetUp, SignIn, SignInAim, SignedIn};
use axum::response::Response;
use domain::Secret;
use domain::text::Name;
use http::StatusCode;

use super::{Asks, Gate, Text, email, message, name, password};
use crate::console::cookie::Cookie;
use crate::console::factor::passkeys::offered;
use crate::console::form::Form;
use crate::console::page::{Frame, Link};
use crate::console::ticket::{Shown, Ticket};
use crate::console::visit::{Answer, Visit};

/// What a use case refuses, the field that it is about, and what to say.
const KNOWN: [(&str, &str, Text); 2] =
    [("name_taken", "organisation", Text::OrganisationTaken), ("email_taken", "email", Text::EmailTaken)];

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    open(&visit).await?;
    let form = Form::new(&visit, &[]);
    visit.page(&view(&visit, form))
}

pub(in crate::console) async fn make(visit: Visit) -> Answer {
    let code = open(&visit).await?;
    let mut form = Form::new(&visit, &[]);
    let organisation = Name::new(form.value("organisation"));
    let organisation = form.take("organisation", organisation, visit.say(Text::OrganisationWrong));
    let (name, email) = (name(&visit, &mut form), email(&visit, &mut form));
    let known = ["organisation", "name", "email"].map(|field| form.value(field).to_owned());
    let password = password(&visit, &mut form, &known.each_ref().map(String::as_str));
    let (Some(organisation), Some(name), Some(email), Some(password)) = (organisation, name, email, password) else {
        return visit.again(&view(&visit, form));
    };
    let context = Context { caller: authority::Caller::System, ..visit.browser.context() };
    let address = String::from(email.clone());
    let set_up = SetUp { organisation, name, email, password: password.clone() };
    match visit.authority().set_up(&context, &code, set_up).await {
        Ok(done) => ready(&visit, done.value.secret.expose(), (address, password)).await,
        Err(Error::NotFound) => Err(closed(&visit)),
        Err(error) => {
            form.refused(&visit, error, &KNOWN)?;
            visit.again(&view(&visit, form))
        }
    }
}

/// The first token, shown once, in the browser of whoever made it, who is signed in from now on.
async fn ready(visit: &Visit, token: &str, (email, password): (String, Secret<String>)) -> Answer {
    let browser = &visit.browser;
    let aim = SignInAim { visit: browser.visit(), query: String::new() };
    let sign_in = SignIn { email, password, device: None, browser: browser.facts(), limits: visit.console.limits(), aim };
    let context = Context { caller: authority::Caller::System, ..browser.context() };
    let begun = visit.authority().sign_in(&context, sign_in).await.map_err(|error| visit.refused(&error))?;
    let ticket = Ticket {
        frame: Frame::new(browser, visit.say(Text::SetUpDone)),
        story: visit.say(Text::SetUpOnce).to_owned(),
        secrets: vec![Shown { label: visit.say(Text::FirstToken).to_owned(), value: token.to_owned() }],
        samples: Vec::new(),
        settings: "",
        first_use: None,
        done: Link::new(visit.to(&offered(visit, "/profile")), visit.say(Text::TokenKept)),
    };
    let mut response = ticket.show(visit)?;
    if let Ok(SignedIn::Begun(begun)) = begun {
        browser.set(&mut response, Cookie::Session, begun.secret.expose());
        browser.set(&mut response, Cookie::Device, begun.device.expose());
    }
    Ok(response)
}

async fn open(visit: &Visit) -> Result<String, Response> {
    let code: String = visit.parameter("code")?;
    match visit.authority().set_up_open(&code).await {
        Ok(true) => Ok(code),
        Ok(false) => Err(closed(visit)),
        Err(error) => Err(visit.refused(&error)),
    }
}

fn closed(visit: &Visit) -> Response {
    message(visit, StatusCode::NOT_FOUND, (Text::SetUp, visit.say(Text::SetUpClosed)), None)
}

fn view(visit: &Visit, form: Form) -> Gate {
    let asks = Asks { organisation: true, name: true, email: true, password: true, ..Asks::default() };
    Gate::new(visit, Text::SetUp, Text::SetUpDo).say(visit.say(Text::SetUpStory)).ask(form, asks)
}
