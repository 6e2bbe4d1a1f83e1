//! `/profile/tokens/{token}/renew`: another secret and another end, everything else as it was.

use std::time::Duration;

use askama::Template;
use authority::TokenUpdate;
use domain::CredentialId;

use super::life;
use super::texts::Text;
use super::{ready, show_again};
use crate::console::form::{Choice, Form};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/token/renew.html")]
struct View {
    frame: Frame,
    form: Form,
    lives: Vec<Choice>,
    days: String,
    overlaps: Vec<Choice>,
}

/// For how many hours the old secret still works.
const OVERLAPS: [(&str, u64, Text); 3] = [("0", 0, Text::OldStops), ("24", 24, Text::OldDay), ("168", 168, Text::OldWeek)];
const USUAL: [(&str, &str); 2] = [("days", life::USUAL), ("overlap", "24")];

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let form = Form::new(&visit, &USUAL).once(&visit)?;
    visit.page(&view(&visit, form).await?)
}

pub(in crate::console) async fn renew(visit: Visit) -> Answer {
    let id: CredentialId = visit.parameter("token")?;
    let mut form = Form::new(&visit, &[]);
    let expires_at = life::read(&visit, &mut form);
    let chosen = OVERLAPS.iter().find(|(value, ..)| *value == form.value("overlap")).map(|(_, hours, _)| *hours);
    let overlap = form.take("overlap", chosen.ok_or(()), visit.say(Text::OverlapMissing));
    let (Some(expires_at), Some(overlap)) = (expires_at, overlap) else {
        let form = form.once(&visit)?;
        return visit.again(&view(&visit, form).await?);
    };
    let context = visit.once()?;
    // The end first: a secret that was made is shown whatever happens.
    let update = TokenUpdate { expires_at: Some(Some(expires_at)), ..TokenUpdate::default() };
    let moved = visit.authority().update_token(&visit.context(), id, update).await;
    moved.map_err(|error| visit.refused(&error))?;
    match visit.authority().rotate_token(&context, id, Duration::from_secs(overlap * 3_600)).await {
        Ok(made) => ready(&visit, &made.value),
        Err(error) => show_again(&visit, error).map_err(|error| visit.refused(&error)),
    }
}

async fn view(visit: &Visit, form: Form) -> Result<View, axum::response::Response> {
    let read = visit.authority().token(&visit.caller(), visit.parameter("token")?).await;
    let token = read.map_err(|error| visit.refused(&error))?;
    let trail = [("/profile", visit.say(crate::console::Text::MyProfile)), ("/profile/tokens", visit.say(crate::console::Text::ApiTokens))];
    let title = visit.fill(Text::RenewQuestion, &[("description", token.description.as_str())]);
    Ok(View {
        frame: Frame::below(visit, title, &trail),
        form,
        lives: life::choices(visit),
        days: life::bounds(visit),
        overlaps: OVERLAPS.iter().map(|(value, _, label)| Choice::new(*value, visit.say(*label))).collect(),
    })
}
