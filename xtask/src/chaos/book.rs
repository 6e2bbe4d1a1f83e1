//! What the callers were told about each token, and so what no check may say.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::kind::Made;
use crate::random::Random;

/// So many of the last endings are asked about most.
const RECENT: usize = 60;

/// A token, by the last thing about it that was answered as done.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) made: Made,
    pub(crate) stands: Stands,
    /// Whether somebody is changing it.
    pub(crate) busy: bool,
    /// Whether a change of it was asked for twice, so that the first one may still arrive: from then on it can only be ended.
    asked_twice: bool,
    /// How often somebody asked for it to work again.
    resumptions: u32,
}

/// What was answered as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// It was made, or works again.
    Good,
    /// Its suspension was answered.
    Suspended,
    /// Its end was answered.
    Ended,
    /// Nobody knows: a change was never answered.
    Unknown,
}

/// A question about a token, and what was known when it was asked.
pub(crate) struct Question {
    pub(crate) place: usize,
    /// With which API credential, and what.
    pub(crate) asked: (String, String),
    /// Whether the call that ended or suspended it had returned before this was asked.
    over: bool,
    resumptions: u32,
}

/// All tokens of a run.
#[derive(Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    tokens: Vec<Token>,
    recent: VecDeque<usize>,
    /// Changes that were answered as done: place in the journal, token.
    done: Vec<(i64, String)>,
}

impl Book {
    /// Notes a token that was made.
    pub(crate) fn add(&self, made: Made) {
        self.lock().tokens.push(Token { made, stands: Stands::Good, busy: false, asked_twice: false, resumptions: 0 });
    }

    /// Notes that a change of a token was answered as done, with its place in the journal.
    pub(crate) fn note(&self, sequence: i64, id: &str) {
        self.lock().done.push((sequence, id.to_owned()));
    }

    /// Takes a token to bring it into a state: one that stands so, which nobody else is changing. To be called before anything
    /// is sent.
    pub(crate) fn take(&self, stands: &[Stands], into: Stands, random: &mut Random) -> Option<(usize, Token)> {
        let mut pages = self.lock();
        let count = pages.tokens.len();
        // Ended ones are the most after some time; a few tries are enough.
        let mut places = (0..40).map(|_| random.below(count.max(1)));
        let may = |token: &Token| token.made.kind.suspension("").is_some() && !token.asked_twice;
        let fits = |token: &Token| !token.busy && stands.contains(&token.stands) && (into == Stands::Ended || may(token));
        let place = places.find(|place| pages.tokens.get(*place).is_some_and(fits))?;
        let token = &mut pages.tokens[place];
        token.busy = true;
        Some((place, token.clone()))
    }

    /// Notes that a token will be asked to work again. To be called before that is sent.
    pub(crate) fn resuming(&self, place: usize) {
        let token = &mut self.lock().tokens[place];
        token.resumptions += 1;
        token.stands = Stands::Unknown;
    }

    /// Notes what was answered as done about a token that was taken.
    pub(crate) fn put_back(&self, place: usize, stands: Stands, asked_twice: bool) {
        let mut pages = self.lock();
        let token = &mut pages.tokens[place];
        token.asked_twice |= asked_twice;
        (token.stands, token.busy) = (stands, false);
        if matches!(stands, Stands::Suspended | Stands::Ended) {
            pages.recent.push_back(place);
            if pages.recent.len() > RECENT {
                pages.recent.pop_front();
            }
        }
    }

    /// What to ask about next: most often what was ended just now, or is being ended. To be called before anything is sent.
    pub(crate) fn question(&self, random: &mut Random) -> Option<Question> {
        let pages = self.lock();
        let recent = if random.below(10) < 6 { pages.recent.len() } else { 0 };
        let place = if recent > 0 { pages.recent[random.below(recent)] } else { random.below(pages.tokens.len()) };
        Some(pages.tokens.get(place)?.question(place))
    }

    /// Whether an allow to this question was stale.
    pub(crate) fn is_stale(&self, question: &Question) -> bool {
        question.over && self.lock().tokens[question.place].resumptions == question.resumptions
    }

    /// All tokens, when nothing happens any more.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        self.lock().tokens.clone()
    }

    /// All changes that were answered as done.
    pub(crate) fn done(&self) -> Vec<(i64, String)> {
        self.lock().done.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Token {
    fn question(&self, place: usize) -> Question {
        let over = matches!(self.stands, Stands::Suspended | Stands::Ended);
        Question { place, asked: self.made.asked.clone(), over, resumptions: self.resumptions }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::{Call, Kind};
    use super::*;

    #[test]
    fn an_allow_is_stale_only_where_the_end_was_answered_before_and_nothing_brought_the_token_back() {
        let (book, mut random) = (Book::default(), Random::seeded(1));
        let end = Call::operator("DELETE", "/", &serde_json::Value::Null);
        book.add(Made { kind: Kind::PersonalToken, id: "id".to_owned(), asked: Default::default(), end });
        let mut ask = || book.question(&mut random).expect("a token");
        let before = ask();
        let (place, token) = book.take(&[Stands::Good], Stands::Suspended, &mut Random::seeded(2)).expect("a token");
        assert!(book.take(&[Stands::Good], Stands::Suspended, &mut Random::seeded(2)).is_none(), "one at a time");
        let meanwhile = ask();
        book.put_back(place, Stands::Suspended, false);
        let after = ask();
        assert_eq!([&before, &meanwhile, &after].map(|question| book.is_stale(question)), [false, false, true]);
        book.take(&[Stands::Suspended], Stands::Good, &mut Random::seeded(2)).expect("a token");
        book.resuming(place);
        let again = ask();
        assert_eq!([&after, &again].map(|question| book.is_stale(question)), [false, false], "{token:?}");
        book.put_back(place, Stands::Good, true);
        let only_to_end = |into| book.take(&[Stands::Good], into, &mut Random::seeded(2));
        assert!(only_to_end(Stands::Suspended).is_none() && only_to_end(Stands::Ended).is_some());
        book.put_back(place, Stands::Ended, false);
        assert!(book.is_stale(&ask()) && !book.is_stale(&again));
    }
}
