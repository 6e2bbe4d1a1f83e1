//! `/o/{org}/keys/{key}/rotate`: another private key; the old one works on for as long as is chosen.

use std::time::Duration;

use askama::Template;
use authority::PrivateKeyRotation;
use domain::CredentialId;
use domain::organisation_key::OrganisationKey;

use super::texts::Text;
use super::{USUAL_DAYS, below, key, path, ready, show_again};
use crate::console::form::{Choice, Form};
use crate::console::page::Frame;
use crate::console::token::life;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/key/rotate.html")]
struct View {
    frame: Frame,
    form: Form,
    back: String,
    two_work: bool,
    overlaps: Vec<Choice>,
    lives: Vec<Choice>,
    days: String,
}

/// For how many hours the old private key still works.
const OVERLAPS: [(&str, u64, Text); 4] =
    [("24", 24, Text::OldDay), ("168", 168, Text::OldWeek), ("720", 720, Text::OldMonth), ("0", 0, Text::OldStops)];
const USUAL: [(&str, &str); 2] = [("overlap", "168"), ("days", USUAL_DAYS)];

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let key = key(&visit).await?;
    let form = Form::new(&visit, &USUAL).once(&visit)?;
    visit.page(&view(&visit, form, &key))
}

pub(in crate::console) async fn rotate(visit: Visit) -> Answer {
    let id: CredentialId = visit.parameter("key")?;
    let mut form = Form::new(&visit, &[]);
    let chosen = OVERLAPS.iter().find(|(value, ..)| *value == form.value("overlap")).map(|(_, hours, _)| *hours);
    let hours = form.take("overlap", chosen.ok_or(()), visit.say(Text::OverlapMissing));
    if let Some((hours, end)) = hours.zip(life::read(&visit, &mut form)) {
        let rotation = PrivateKeyRotation { overlap: Duration::from_secs(hours * 3_600), ends_at: Some(end) };
        match visit.authority().rotate_organisation_key(&visit.once()?, id, rotation).await {
            Ok(made) => return ready(&visit, &made.value),
            Err(error) => match show_again(&visit, error) {
                Ok(page) => return Ok(page),
                Err(error) => {
                    let known = [("key_suspended", "overlap", Text::RotatePaused), ("no_private_key", "overlap", Text::RotateNone)];
                    form.refused(&visit, error, &known)?;
                }
            },
        }
    }
    let key = key(&visit).await?;
    let form = form.once(&visit)?;
    visit.again(&view(&visit, form, &key))
}

fn view(visit: &Visit, form: Form, key: &OrganisationKey) -> View {
    let now = visit.browser.now;
    let working = key.private_keys.iter().filter(|private| private.ends_at.is_none_or(|end| end > now)).count();
    View {
        frame: below(visit, visit.fill(Text::RotateQuestion, &[("name", key.definition.name.as_str())]), Some(key)),
        form,
        back: visit.to(&path(visit, &format!("/{}", key.id))),
        two_work: working > 1,
        lives: life::choices(visit),
        days: life::bounds(visit),
        overlaps: OVERLAPS.iter().map(|(value, _, label)| Choice::new(*value, visit.say(*label))).collect(),
    }
}
