//! What a person proves who they are with besides a password: the block on their own page, and the pages that it leads to.

pub(super) mod app;
pub(super) mod passkey_name;
pub(super) mod passkeys;
mod qr;
pub(super) mod recovery_codes;
mod texts;

use authority::{Passkey, SecondFactors, TotpFacts};
use axum::response::Response;

pub(super) use texts::Text;

use super::moment::Moment;
use super::page::{Frame, Link, local_path};
use super::ticket::{Shown, Ticket};
use super::visit::{Answer, Visit};

/// So few that a person should make others.
const FEW_CODES: u32 = 3;

/// The block on `/profile/sign-in`.
pub(super) struct Block {
    /// The passkeys.
    pub(super) passkeys: Vec<Row>,
    /// Whether browsers make passkeys here.
    pub(super) takes_passkeys: bool,
    /// The app with codes.
    pub(super) app: Option<App>,
    /// The recovery codes.
    pub(super) codes: Option<Codes>,
    /// Whether the person is asked for one of these when signing in.
    pub(super) is_any: bool,
    /// Whether the person should make others.
    pub(super) few_codes: bool,
}

/// A passkey, as the block tells of it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_synced: bool,
    pub(super) is_suspected: bool,
    pub(super) made: Moment,
    pub(super) used: Option<Moment>,
}

/// The app, as the block tells of it.
pub(super) struct App {
    pub(super) since: Moment,
    pub(super) used: Option<Moment>,
}

/// The recovery codes, as the block tells of them.
pub(super) struct Codes {
    pub(super) left: String,
    pub(super) made: Moment,
}

impl Block {
    /// What the person has.
    pub(super) async fn of(visit: &Visit) -> Result<Self, Response> {
        let read = visit.authority().second_factors(visit.person().person.id).await;
        let factors = read.map_err(|error| visit.refused(&error))?;
        let (now, language) = (visit.browser.now, visit.browser.language);
        let app = |totp: TotpFacts| App {
            since: Moment::ago(totp.created_at, now, language),
            used: totp.last_used_at.map(|used| Moment::ago(used, now, language)),
        };
        let left = visit.fill(Text::CodesLeft, &[("left", &factors.recovery_codes_left().to_string())]);
        let codes = factors.recovery_codes.map(|codes| Codes { left, made: Moment::ago(codes.created_at, now, language) });
        let few_codes = factors.is_any() && factors.recovery_codes_left() <= FEW_CODES;
        let row = |passkey: &Passkey| Row {
            id: passkey.id.to_string(),
            name: passkey.name.clone(),
            is_synced: passkey.is_synced,
            is_suspected: passkey.suspected_at.is_some(),
            made: Moment::ago(passkey.created_at, now, language),
            used: passkey.last_used_at.map(|used| Moment::ago(used, now, language)),
        };
        let (passkeys, takes_passkeys) = (factors.passkeys.iter().map(row).collect(), visit.console.relying_party().is_some());
        Ok(Self { passkeys, takes_passkeys, app: factors.totp.map(app), codes, is_any: factors.is_any(), few_codes })
    }
}

/// Where whoever has just got an account goes on from these pages, which they were led to and may leave.
fn onward_to(visit: &Visit) -> Option<&str> {
    local_path(visit.query.text("next"))
}

/// What the pages below the block stand under.
fn frame(visit: &Visit, title: &str) -> Frame {
    let trail = [("/profile", visit.say(super::Text::MyProfile)), ("/profile/sign-in", visit.say(super::Text::SigningIn))];
    Frame::below(visit, title, &trail)
}

/// Back to the block.
fn back(visit: &Visit) -> Link {
    Link::new(visit.to("/profile/sign-in"), visit.say(super::Text::Cancel))
}

/// The page with new recovery codes.
fn ticket(visit: &Visit, title: Text, codes: &[domain::Secret<String>]) -> Answer {
    let value: Vec<&str> = codes.iter().map(|code| code.expose().as_str()).collect();
    let page = Ticket {
        frame: Frame::below(visit, visit.say(title), &[]),
        story: visit.say(Text::CodesStory).to_owned(),
        secrets: vec![Shown { label: visit.say(Text::RecoveryCodes).to_owned(), value: value.join("\n") }],
        samples: Vec::new(),
        settings: "",
        first_use: None,
        done: Link::new(visit.to(onward_to(visit).unwrap_or("/profile/sign-in")), visit.say(Text::CodesKept)),
    };
    page.show(visit)
}

/// Whether a person has any of them.
pub(super) async fn factors(visit: &Visit) -> Result<SecondFactors, Response> {
    visit.authority().second_factors(visit.person().person.id).await.map_err(|error| visit.refused(&error))
}
