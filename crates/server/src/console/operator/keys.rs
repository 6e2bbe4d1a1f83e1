//! `/operator/keys`: the keys with which the server seals and signs, and giving one a successor. Never the keys themselves.

use authority::{Error, Purpose, ServerKey};
use axum::response::Response;
use store::KeyState;

use super::ask::Ask;
use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::console::failure;
use crate::console::form::Form;
use crate::console::moment::{self, Moment};
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let keys = read(&visit).await?;
    let (signing, sealing): (Vec<Purpose>, Vec<Purpose>) = Purpose::ALL.into_iter().partition(|purpose| purpose.signs().is_some());
    let sheet = Sheet {
        about: visit.say(Text::KeysAbout).to_owned(),
        tables: vec![table(&visit, Text::Signing, &signing, &keys), table(&visit, Text::Sealing, &sealing, &keys)],
        ..Sheet::of(Frame::of(&visit, visit.say(crate::console::Text::SigningKeys)))
    };
    sheet.show(&visit)
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    let purpose = purpose(&visit)?;
    let form = Form::new(&visit, &[]).once(&visit)?;
    let active = active(&read(&visit).await?, purpose).ok_or_else(|| failure::not_found(&visit.browser))?;
    let name = said(&visit, purpose);
    let fact = |name: Text, value: Cell| (visit.say(name).to_owned(), value);
    let facts = vec![fact(Text::Kid, Cell::code(shown(&active))), fact(Text::InUseSince, since(&visit, active.activated_at))];
    let effect = match purpose.signs() {
        Some(_) => {
            let hours = visit.authority().jwks_lifetime().as_secs().div_ceil(3_600);
            visit.fill(Text::RotateSigningEffect, &[("hours", &hours.to_string())])
        }
        None => visit.say(Text::RotateSealingEffect).to_owned(),
    };
    let page = Ask {
        frame: Frame::below(
            &visit,
            visit.fill(Text::RotateQuestion, &[("name", &name)]),
            &[("/operator/keys", visit.say(crate::console::Text::SigningKeys))],
        ),
        facts,
        effect,
        reason: String::new(),
        yes: visit.say(Text::Rotate).to_owned(),
        no: Link::new(visit.to("/operator/keys"), visit.say(crate::console::Text::Cancel)),
        ends: false,
        form,
    };
    visit.page(&page)
}

pub(in crate::console) async fn rotate(visit: Visit) -> Answer {
    let purpose = purpose(&visit)?;
    match visit.authority().replace_server_key(&visit.once()?, purpose, false).await {
        Ok(changed) => {
            let text = if changed.value.state == KeyState::Published { Text::RotatePublished } else { Text::Rotated };
            visit.onward("/operator/keys", Some(&visit.fill(text, &[("name", &said(&visit, purpose))])))
        }
        // The form was sent once more: there is a new key already.
        Err(Error::Conflict { code: authority::ALREADY_DONE, .. }) => visit.onward("/operator/keys", None),
        Err(error) => Err(visit.refused(&error)),
    }
}

async fn read(visit: &Visit) -> Result<Vec<ServerKey>, Response> {
    visit.authority().server_keys(&visit.caller()).await.map_err(|error| visit.refused(&error))
}

fn purpose(visit: &Visit) -> Result<Purpose, Response> {
    let name: String = visit.parameter("purpose")?;
    Purpose::named(&name).ok_or_else(|| failure::not_found(&visit.browser))
}

fn active(keys: &[ServerKey], purpose: Purpose) -> Option<ServerKey> {
    keys.iter().rev().find(|key| key.purpose == purpose.name() && key.state == KeyState::Active).cloned()
}

fn table(visit: &Visit, heading: Text, purposes: &[Purpose], keys: &[ServerKey]) -> Table {
    let mut rows = Vec::new();
    for purpose in purposes {
        let is_waiting = keys.iter().any(|key| key.purpose == purpose.name() && key.state == KeyState::Published);
        for key in keys.iter().rev().filter(|key| key.purpose == purpose.name()) {
            let rotates = key.state == KeyState::Active && !is_waiting;
            let address = visit.to(&format!("/operator/keys/{}/rotate", purpose.name()));
            rows.push(vec![
                Cell::code(shown(key)),
                Cell::text(key.algorithm.clone()).small(said(visit, *purpose)),
                state(visit, key.state),
                since(visit, Some(key.created_at)).small(age(visit, key)),
                if rotates { Cell::link(address, visit.say(Text::Rotate)) } else { Cell::none() },
            ]);
        }
    }
    let heads = [Text::Kid, Text::Algorithm, Text::Status, Text::Made, Text::Action].map(|head| visit.say(head).to_owned());
    let nothing = visit.say(Text::Nothing).to_owned();
    Table { heading: visit.say(heading).to_owned(), about: String::new(), heads: heads.to_vec(), rows, nothing, next: None }
}

/// What is said of a purpose.
fn said(visit: &Visit, purpose: Purpose) -> String {
    match (purpose, purpose.signs()) {
        (_, Some(algorithm)) => visit.fill(Text::SignsWith, &[("algorithm", algorithm.name())]),
        (Purpose::AccessTokens, _) => visit.say(Text::SealsAccess).to_owned(),
        _ => visit.say(Text::SealsKept).to_owned(),
    }
}

/// What others see of it, or its id.
fn shown(key: &ServerKey) -> String {
    key.kid.clone().unwrap_or_else(|| key.id.clone())
}

fn state(visit: &Visit, state: KeyState) -> Cell {
    match state {
        KeyState::Published => Cell::text(visit.say(Text::StatePublished)),
        KeyState::Active => Cell::good(visit.say(Text::StateActive)),
        KeyState::Retired => Cell::text(visit.say(Text::StateRetired)),
        KeyState::Ended => Cell::text(visit.say(Text::StateEnded)),
    }
}

fn since(visit: &Visit, at: Option<domain::Timestamp>) -> Cell {
    at.map_or_else(Cell::none, |at| Cell::moment(Moment::day(at, visit.browser.language)))
}

fn age(visit: &Visit, key: &ServerKey) -> String {
    let days = moment::days_between(key.created_at, visit.browser.now).max(0);
    visit.fill(if days == 1 { Text::DayOld } else { Text::DaysOld }, &[("count", &days.to_string())])
}
