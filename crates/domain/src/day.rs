//! Days, by which uses are counted: those of the Netherlands, whose clock everybody here lives by.

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

static ZONE: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC));

/// A day of the Netherlands, from midnight to midnight there; 23 or 25 hours where the clock is changed. Counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i32);

/// A text that is no day such as `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day such as 2026-11-22")]
pub struct InvalidDay;

impl Day {
    /// The day of a moment.
    pub fn of(at: Timestamp) -> Self {
        let date = jiff::Timestamp::from_microsecond(at.unix_microseconds()).map(|at| ZONE.to_datetime(at).date());
        // A moment that no calendar reaches counts as the first day.
        date.map_or(Self(0), Self::of_date)
    }

    /// The day with this number; see [`Self::number`].
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// How many days it is after 1 January 1970.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day this many days later, or before where it is negative.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Its first second.
    pub fn begin(self) -> Timestamp {
        let first = self.date().to_zoned(ZONE.clone()).map(|at| at.timestamp().as_second());
        Timestamp::from_unix_seconds(first.unwrap_or(i64::from(self.0) * 86_400))
    }

    /// Every day from this one to that one, both included.
    pub fn to(self, last: Self) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (self.0..=last.0).map(Self)
    }

    fn date(self) -> Date {
        let days = jiff::Span::new().try_days(self.0).and_then(|span| Date::new(1970, 1, 1)?.checked_add(span));
        days.unwrap_or(Date::MAX)
    }

    fn of_date(date: Date) -> Self {
        let days = Date::new(1970, 1, 1).and_then(|first| first.until(date)).map_or(0, |span| span.get_days());
        Self(days)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl std::str::FromStr for Day {
    type Err = InvalidDay;
    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        // Nothing but the calendar form of RFC 3339: a parser that takes more would give one day several names.
        let date: Date = text.parse().map_err(|_| InvalidDay)?;
        if date.to_string() == text { Ok(Self::of_date(date)) } else { Err(InvalidDay) }
    }
}

impl TryFrom<String> for Day {
    type Error = InvalidDay;
    fn try_from(text: String) -> Result<Self, InvalidDay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(at: &str) -> String {
        Day::of(Timestamp::parse(at).expect("a time")).to_string()
    }

    #[test]
    fn a_day_begins_at_midnight_in_the_netherlands() {
        for (at, expected) in [
            ("2026-11-22T22:59:59Z", "2026-11-22"),
            ("2026-11-22T23:00:00Z", "2026-11-23"),
            ("2026-07-01T21:59:59Z", "2026-07-01"),
            ("2026-07-01T22:00:00Z", "2026-07-02"),
            // The nights on which the clock is changed.
            ("2026-03-28T23:00:00Z", "2026-03-29"),
            ("2026-03-29T21:59:59Z", "2026-03-29"),
            ("2026-10-24T22:00:00Z", "2026-10-25"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),
            ("1970-01-01T00:00:00Z", "1970-01-01"),
        ] {
            assert_eq!(day(at), expected, "{at}");
        }
    }

    #[test]
    fn a_day_has_one_name_and_a_beginning() {
        let sunday: Day = "2026-11-22".parse().expect("a day");
        assert_eq!((sunday.to_string(), sunday.plus(9).to_string()), ("2026-11-22".to_owned(), "2026-12-01".to_owned()));
        assert_eq!((Day::of(sunday.begin()), sunday.begin().to_string()), (sunday, "2026-11-21T23:00:00Z".to_owned()));
        assert_eq!(sunday.plus(-400).to(sunday).count(), 401);
        assert_eq!(Day::from_number(sunday.number()), sunday);
        for bad in ["", "2026-11-31", "22-11-2026", "2026-1-1", "20261122", "2026-11-22T10:00", "+002026-11-22", "2026-11-22 "] {
            assert!(bad.parse::<Day>().is_err(), "{bad}");
        }
    }
}
