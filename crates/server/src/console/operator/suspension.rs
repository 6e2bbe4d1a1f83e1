//! `/operator/organisations/{org}/suspend` and `…/resume`: stopping everything of an organisation, or letting it work again, with why.

use axum::response::Response;
use domain::organisation::Organisation;

use super::ask::{self, Ask};
use super::organisation::{facts, organisation, path};
use super::texts::Text;
use crate::console::form::Form;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let organisation = organisation(&visit).await?;
    let form = Form::new(&visit, &[]);
    visit.page(&page(&visit, &organisation, form).await?)
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let organisation = organisation(&visit).await?;
    let mut form = Form::new(&visit, &[]);
    let Some(context) = ask::context(&visit, &mut form) else { return visit.again(&page(&visit, &organisation, form).await?) };
    let changed = visit.authority().suspend_organisation(&context, organisation.id, suspends(&visit)).await;
    changed.map_err(|error| visit.refused(&error))?;
    let said = if suspends(&visit) { Text::Suspended } else { Text::Resumed };
    visit.onward(&path(&organisation), Some(&visit.fill(said, &[("organisation", organisation.name.as_str())])))
}

fn suspends(visit: &Visit) -> bool {
    visit.path.ends_with("/suspend")
}

async fn page(visit: &Visit, organisation: &Organisation, form: Form) -> Result<Ask, Response> {
    let (question, effect, yes) = match suspends(visit) {
        true => (Text::SuspendQuestion, Text::SuspendEffect, Text::Suspend),
        false => (Text::ResumeQuestion, Text::ResumeEffect, Text::Resume),
    };
    let title = visit.fill(question, &[("organisation", organisation.name.as_str())]);
    let back = path(organisation);
    let trail = [("/operator/organisations", visit.say(crate::console::Text::Organisations)), (&back, organisation.name.as_str())];
    Ok(Ask {
        frame: Frame::below(visit, title, &trail),
        facts: facts(visit, organisation).await?,
        effect: visit.say(effect).to_owned(),
        reason: visit.say(Text::ReasonHelp).to_owned(),
        yes: visit.say(yes).to_owned(),
        no: Link::new(visit.to(&back), visit.say(crate::console::Text::Cancel)),
        ends: suspends(visit),
        form,
    })
}
