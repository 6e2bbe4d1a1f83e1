//! What is known of a browser; and telling people that somebody signed in with one that was not seen before.

use std::net::IpAddr;

use domain::letter::{Letter, Recipient};
use domain::person::Language;
use domain::session::{Method, Session};
use domain::{Secret, Timestamp};
use store::{Abort, Outcome, Tx};

use crate::letter::Letters;
use crate::session::Begin;
use crate::{Authority, Error};

/// What is known of a browser.
#[derive(Clone, Default)]
pub struct BrowserFacts {
    /// The mark of a browser in which somebody signed in before.
    pub mark: Option<Secret<String>>,
    /// The language of its pages.
    pub language: Option<Language>,
    /// From where.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// The session that it has now. Whoever signs in again as the same person keeps it, any other is ended.
    pub present: Option<Session>,
}

/// A browser in which somebody signs in.
#[derive(Clone)]
pub(crate) struct Newcomer {
    authority: Authority,
    letters: Letters,
    mark: Option<Secret<String>>,
    language: Option<Language>,
    /// Whether somebody who signs in is signed in here already.
    is_present: bool,
}

impl Newcomer {
    pub(crate) fn new(authority: &Authority, browser: &BrowserFacts, same: bool) -> Self {
        let (authority, letters) = (authority.clone(), authority.letters());
        Self { authority, letters, mark: browser.mark.clone(), language: browser.language, is_present: same }
    }

    /// After a session began: writes the letter, unless the browser is known, or it is the person's first one. Other providers
    /// tell of their own signings in.
    pub(crate) async fn tell(&self, tx: &mut Tx<'_>, begun: &Outcome<Begin>, at: Timestamp) -> Result<(), Abort<Error>> {
        let Outcome::Changed(Begin::Begun(session, _), _) = begun else { return Ok(()) };
        let is_first = tx.note_signed_in(session.person, at, self.language).await?;
        if is_first || self.is_present || session.method == Method::Upstream {
            return Ok(());
        }
        let account = tx.person(session.person).await?.and_then(|person| person.email).map(|email| email.folded()).unwrap_or_default();
        let is_known = self.mark.as_ref().is_some_and(|mark| self.authority.known_device(mark, &account, at).is_some());
        if is_known {
            return Ok(());
        }
        let letter = Letter::NewSignIn { at, user_agent: session.user_agent.clone(), address: session.address.clone() };
        self.letters.write(tx, at, Recipient::Person(session.person), &letter).await
    }
}
