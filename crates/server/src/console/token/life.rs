//! How long a token works: some days, or until the end of a day that is chosen.

use domain::Timestamp;

use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::moment;
use crate::console::visit::Visit;

/// The days to choose from.
const DAYS: [(&str, i64, Text); 4] = [("7", 7, Text::Days7), ("30", 30, Text::Days30), ("90", 90, Text::Days90), ("365", 365, Text::Year)];
/// What is usual.
pub(super) const USUAL: &str = "90";
/// The value for another day.
const LATER: &str = "later";
/// The last day that can be chosen is this many days from now.
const MAX_DAYS: i64 = 365;

/// The choices.
pub(in crate::console) fn choices(visit: &Visit) -> Vec<Choice> {
    let days = DAYS.iter().map(|(value, _, label)| Choice::new(*value, visit.say(*label)));
    days.chain([Choice::new(LATER, visit.say(Text::OtherDay))]).collect()
}

/// The attributes of a date field with the first and the last day that can be chosen.
pub(in crate::console) fn bounds(visit: &Visit) -> String {
    let day = |days| moment::written(visit.browser.now, days);
    format!("type=\"date\" min=\"{}\" max=\"{}\"", day(0), day(MAX_DAYS))
}

/// The last second of the day that the form names; nothing where that is none.
pub(in crate::console) fn read(visit: &Visit, form: &mut Form) -> Option<Timestamp> {
    let now = visit.browser.now;
    let chosen = form.value("days").to_owned();
    if let Some((_, days, _)) = DAYS.iter().find(|(value, ..)| *value == chosen) {
        return moment::end_of_day(now, *days);
    }
    if chosen != LATER {
        form.refuse("days", visit.say(Text::LifeMissing));
        return None;
    }
    let last = moment::end_of_day(now, MAX_DAYS)?;
    let end = moment::end_of_written(form.value("until")).filter(|end| *end > now && *end <= last);
    let problem = visit.fill(Text::UntilLast, &[("day", &moment::day(last, visit.browser.language))]);
    form.take("until", end.ok_or(()), problem)
}
