//! Refusals in words: what each step asks, what a refusal means, and what to do about it.
//!
//! [`check`] has the words of the checks, [`client`] those of the endpoints for clients, [`step`] the questions.

mod check;
mod client;
mod step;

use domain::Cause;
use domain::refused_request::{Outcome, Step};

use crate::language::Language;

/// A refusal in words of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// What it is, in one line.
    pub(crate) title: &'static str,
    /// What that means.
    pub(crate) story: &'static str,
    /// What to do.
    pub(crate) todo: &'static str,
}

/// What is said about a refusal.
pub(crate) fn words(cause: Cause, language: Language) -> Words {
    match cause {
        Cause::Check(refusal) => {
            let [title, story, todo] = check::words(refusal).map(|text| text.of(language));
            Words { title, story, todo }
        }
        Cause::Client(refusal) => client::words(refusal, language),
    }
}

/// What a step asks.
pub(crate) const fn question(step: Step, language: Language) -> &'static str {
    step::question(step).of(language)
}

/// How a step ended.
pub(crate) const fn outcome(outcome: Outcome, language: Language) -> &'static str {
    step::outcome(outcome).of(language)
}
