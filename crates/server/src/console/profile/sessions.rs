//! `/profile/sign-in`: with what a person signs in, where they are signed in, and ending that.

use askama::Template;
use authority::Which;
use domain::session::Session;

use super::texts::Text;
use crate::console::account::linked;
use crate::console::factor::{self, Text as Factor};
use crate::console::failure;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::{Frame, see_other};
use crate::console::sign_out;
use crate::console::user_agent;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/profile/sessions.html")]
struct View {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    factors: factor::Block,
    ways: linked::Ways,
}

struct Row {
    id: String,
    own: bool,
    browser: String,
    address: String,
    last_used: Moment,
    since: Moment,
    ends: Moment,
}

impl Row {
    fn new(visit: &Visit, session: &Session) -> Self {
        let (now, language) = (visit.browser.now, visit.browser.language);
        let unknown = || visit.say(Text::UnknownBrowser).to_owned();
        Self {
            id: session.id.to_string(),
            own: session.id == visit.person().session.id,
            browser: session.user_agent.as_deref().and_then(user_agent::named).unwrap_or_else(unknown),
            address: session.address.clone().unwrap_or_else(unknown),
            last_used: Moment::ago(session.last_seen_at, now, language),
            since: Moment::ago(session.auth_time, now, language),
            ends: Moment::day(session.expires_at, language),
        }
    }
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let read = visit.authority().sessions_of(visit.person().person.id, visit.browser.now, visit.console.limits()).await;
    let sessions = read.map_err(|error| visit.refused(&error))?;
    let rows = sessions.iter().map(|session| Row::new(&visit, session)).collect();
    let (factors, ways) = (factor::Block::of(&visit).await?, linked::ways(&visit).await?);
    let frame = Frame::of(&visit, visit.say(crate::console::Text::SigningIn));
    visit.page(&View { frame, form: Form::new(&visit, &[]), rows, factors, ways })
}

pub(in crate::console) async fn end(visit: Visit) -> Answer {
    let own = visit.person().session.id;
    let chosen = visit.form.as_ref().map(|form| form.text("end")).unwrap_or_default();
    let which = match (chosen, chosen.parse()) {
        ("others", _) => Which::Others(own),
        (_, Ok(id)) if id == own => return Ok(sign_out::end_session(&visit.console, &visit.browser, see_other("/signed-out")).await),
        (_, Ok(id)) => Which::One(id),
        (_, Err(_)) => return Err(failure::outdated(&visit.browser)),
    };
    let ended = visit.authority().end_sessions(&visit.context(), visit.person().person.id, which).await;
    ended.map_err(|error| visit.refused(&error))?;
    visit.onward("/profile/sign-in", Some(visit.say(Text::SessionsEnded)))
}
