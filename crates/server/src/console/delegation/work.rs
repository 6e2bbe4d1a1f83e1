//! What was done by a delegation lately, as its lists and its page tell it.

use authority::{DELEGATION_USE_DAYS, DelegationView};
use domain::Day;
use store::WorkspaceActivityRow;

use super::texts::Text;
use crate::console::activity;
use crate::console::moment;
use crate::console::visit::Visit;

/// So many days are in the small charts.
const DAYS: i32 = 14;

/// What was done by one delegation.
pub(super) struct Work {
    /// The day on which it was last used, in words.
    pub(super) last: String,
    /// The small chart of its requests by day.
    pub(super) spark: String,
}

impl Work {
    /// Of these rows, what this delegation may have let in.
    pub(super) fn of(visit: &Visit, view: &DelegationView, rows: &[WorkspaceActivityRow]) -> Self {
        let today = Day::of(visit.browser.now);
        let first = today.plus(1 - DAYS);
        let mut days = [0; DAYS as usize];
        let mut last = None;
        for row in rows.iter().filter(|row| view.lets_in(row)) {
            let place = usize::try_from(row.day.number() - first.number()).unwrap_or(usize::MAX);
            days.get_mut(place).into_iter().for_each(|day| *day += row.requests);
            last = last.max(Some(row.day));
        }
        Self { last: said(visit, view, (last, today)), spark: activity::spark(visit, &days) }
    }
}

/// The day; where there is none, whether it is known that there never was one.
fn said(visit: &Visit, view: &DelegationView, (last, today): (Option<Day>, Day)) -> String {
    let counted = today.plus(1 - DELEGATION_USE_DAYS).begin();
    match last {
        Some(day) if day == today => visit.say(Text::Today).to_owned(),
        Some(day) => moment::day(day.begin(), visit.browser.language),
        None if view.delegation.created_at >= counted => visit.say(Text::Never).to_owned(),
        None => visit.fill(Text::NotLately, &[("days", &DELEGATION_USE_DAYS.to_string())]),
    }
}
