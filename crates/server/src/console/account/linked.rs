//! `/profile/sign-in/accounts/{account}`: no longer signing in with an account of another provider, or doing so again.

use authority::{Error, LinkedAccount};
use axum::response::Response;
use domain::Digest;
use http::StatusCode;

use super::Text;
use crate::console::confirm::Confirm;
use crate::console::failure::{self, Failure};
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// As many characters of a digest name a provider in a path.
const MARK_CHARACTERS: usize = 16;

/// The ways to sign in that stand on the page of one's sessions.
pub(in crate::console) struct Ways {
    /// Whether there is a password.
    pub(in crate::console) has_password: bool,
    /// Accounts of other providers.
    pub(in crate::console) accounts: Vec<Account>,
}

/// An account of another provider.
pub(in crate::console) struct Account {
    /// What names it in a path.
    pub(in crate::console) mark: String,
    /// What the provider is called.
    pub(in crate::console) label: String,
    /// Since when it is linked.
    pub(in crate::console) since: Moment,
    /// Whether it is.
    pub(in crate::console) is_linked: bool,
}

/// How the person signs in.
pub(in crate::console) async fn ways(visit: &Visit) -> Result<Ways, Response> {
    let has_password = visit.authority().has_password(visit.person().person.id).await.map_err(|error| visit.refused(&error))?;
    let accounts = accounts(visit).await?.into_iter().map(|account| shown(visit, account).1).collect();
    Ok(Ways { has_password, accounts })
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (_, account) = one(&visit).await?;
    let (title, effect, yes) = if account.is_linked {
        (Text::UnlinkQuestion, Text::UnlinkEffect, Text::UnlinkDo)
    } else {
        (Text::LinkAgainQuestion, Text::LinkAgainEffect, Text::LinkAgainDo)
    };
    let provider = [("provider", account.label.as_str())];
    let trail =
        [("/profile", visit.say(crate::console::Text::MyProfile)), ("/profile/sign-in", visit.say(crate::console::Text::SigningIn))];
    let page = Confirm {
        frame: Frame::below(&visit, visit.fill(title, &provider), &trail),
        facts: vec![(visit.say(Text::LinkedSince).to_owned(), account.since.text.clone())],
        effect: visit.fill(effect, &provider),
        yes: visit.say(yes).to_owned(),
        no: Link::new(visit.to("/profile/sign-in"), visit.say(crate::console::Text::Cancel)),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let (issuer, account) = one(&visit).await?;
    let (done, said) = if account.is_linked {
        (visit.authority().unlink_account(&visit.context(), issuer).await, Text::Unlinked)
    } else {
        (visit.authority().allow_account_again(&visit.context(), issuer).await, Text::LinkedAgain)
    };
    match done {
        Ok(()) => visit.onward("/profile/sign-in", Some(&visit.fill(said, &[("provider", &account.label)]))),
        Err(Error::Conflict { code: "last_way_in", .. }) => {
            let again = visit.to("/profile/sign-in");
            let failure = Failure { status: StatusCode::CONFLICT, story: visit.say(Text::LastWay), detail: None, again: Some(&again) };
            Ok(failure::page(&visit.browser, failure))
        }
        Err(error) => Err(visit.refused(&error)),
    }
}

async fn accounts(visit: &Visit) -> Result<Vec<LinkedAccount>, Response> {
    visit.authority().linked_accounts(&visit.caller()).await.map_err(|error| visit.refused(&error))
}

async fn one(visit: &Visit) -> Result<(String, Account), Response> {
    let mark: String = visit.parameter("account")?;
    let mut shown = accounts(visit).await?.into_iter().map(|account| shown(visit, account));
    shown.find(|(_, account)| account.mark == mark).ok_or_else(|| failure::not_found(&visit.browser))
}

fn shown(visit: &Visit, account: LinkedAccount) -> (String, Account) {
    let LinkedAccount { issuer, linked_at, unlinked_at } = account;
    let label = visit.console.label_of(&issuer).unwrap_or(&issuer).to_owned();
    let digest = Digest::of(issuer.as_bytes());
    let mark: String = digest.as_bytes().iter().flat_map(|byte| [byte >> 4, byte & 15]).take(MARK_CHARACTERS).map(hex).collect();
    let since = Moment::day(linked_at, visit.browser.language);
    (issuer, Account { mark, label, since, is_linked: unlinked_at.is_none() })
}

fn hex(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or('0')
}
