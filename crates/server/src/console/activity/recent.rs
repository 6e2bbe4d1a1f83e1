//! What lists say of the last fortnight: a small chart for each credential, and how many requests there were in a week.

use std::collections::HashMap;

use authority::{ActivityFilter, Doer};
use axum::response::Response;
use domain::{CredentialId, Day, Kind, Timestamp};

use super::texts::Text;
use crate::console::chart;
use crate::console::moment;
use crate::console::visit::Visit;

const DAYS: i32 = 14;
/// From then on an unused credential is better deleted.
const UNUSED_DAYS: i64 = 90;

/// The accepted requests of each day of the last fortnight, by credential.
pub(in crate::console) struct Recent {
    today: Day,
    by: HashMap<CredentialId, [u64; DAYS as usize]>,
}

impl Recent {
    /// Of one's own tokens; on a page of an organisation, of its credentials of this kind, if the person may see them.
    pub(in crate::console) async fn read(visit: &Visit, kind: Kind) -> Result<Self, Response> {
        let today = Day::of(visit.browser.now);
        let filter = ActivityFilter { kind: Some(kind), ..ActivityFilter::days(today.plus(1 - DAYS), today) };
        let (authority, caller) = (visit.authority(), visit.caller());
        let read = match &visit.place {
            Some((organisation, _)) => authority.activity_of_organisation(&caller, organisation.id, filter).await,
            None => authority.activity_of_person(&caller, visit.person().person.id, filter).await,
        };
        let mut by: HashMap<CredentialId, [u64; DAYS as usize]> = HashMap::new();
        // A list is shown without its small charts where there is too much to read for them.
        let lines = match read {
            Ok(activities) => activities.lines,
            Err(authority::Error::Invalid(_)) => Vec::new(),
            Err(error) => return Err(visit.refused(&error)),
        };
        for line in lines.iter().filter(|line| line.refusal.is_none()) {
            let place = usize::try_from(line.day.number() - filter.from.number()).unwrap_or(usize::MAX);
            if let Doer::Credential(id) = line.by
                && let Some(day) = by.entry(id).or_default().get_mut(place)
            {
                *day += line.requests;
            }
        }
        Ok(Self { today, by })
    }

    /// The small chart of a credential.
    pub(in crate::console) fn spark(&self, visit: &Visit, id: CredentialId) -> String {
        spark(visit, self.by.get(&id).map_or(&[0; DAYS as usize], |days| days))
    }

    /// How many requests there were in the last seven days, today among them.
    pub(in crate::console) fn in_a_week(&self, id: CredentialId) -> u64 {
        self.by.get(&id).map_or(0, |days| days.iter().rev().take(7).sum())
    }

    /// The day on which this is known.
    pub(in crate::console) fn today(&self) -> Day {
        self.today
    }
}

/// The small chart of requests by day, with the same in words.
pub(in crate::console) fn spark(visit: &Visit, days: &[u64]) -> String {
    let (least, most) = (days.iter().min().copied().unwrap_or_default(), days.iter().max().copied().unwrap_or_default());
    let number = |value: u64| moment::number(value, visit.browser.language);
    let label = match (least, most) {
        (_, 0) => visit.say(Text::None).to_owned(),
        (least, most) if least == most => visit.fill(Text::Same, &[("most", &number(most))]),
        (least, most) => visit.fill(Text::Between, &[("least", &number(least)), ("most", &number(most))]),
    };
    chart::spark(days, &label)
}

/// What is said of a credential that was not used for long: since when, and whether to delete it.
pub(in crate::console) fn unused(visit: &Visit, made: Timestamp, last_used: Option<Timestamp>) -> Option<String> {
    let since = last_used.unwrap_or(made);
    let is_long_ago = moment::days_between(since, visit.browser.now) > UNUSED_DAYS;
    is_long_ago.then(|| visit.fill(Text::UnusedSince, &[("day", &moment::day(since, visit.browser.language))]))
}
