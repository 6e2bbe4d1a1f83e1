//! Moments as people read them: on the clock of the Netherlands, with the exact one beside it.

use domain::Timestamp;

use super::texts::Text;
use crate::language::Language;

const ZONE: &str = "Europe/Amsterdam";
const MONTHS: [(&str, &str); 12] = [
    ("Jan", "jan"),
    ("Feb", "feb"),
    ("Mar", "mrt"),
    ("Apr", "apr"),
    ("May", "mei"),
    ("Jun", "jun"),
    ("Jul", "jul"),
    ("Aug", "aug"),
    ("Sep", "sep"),
    ("Oct", "okt"),
    ("Nov", "nov"),
    ("Dec", "dec"),
];

/// The exact moment for programs, and the one for people: `20 nov 2026 14:32`.
pub(crate) fn shown(at: Timestamp, language: Language) -> (String, String) {
    let exact = at.to_string();
    let text = local(at).map_or_else(|| exact.clone(), |at| format!("{} {:02}:{:02}", date(&at, language), at.hour(), at.minute()));
    (exact, text)
}

/// The day only: `20 nov 2026`.
pub(crate) fn day(at: Timestamp, language: Language) -> String {
    local(at).map_or_else(|| at.to_string(), |at| date(&at, language))
}

/// The day without its year: `20 nov`.
pub(super) fn day_and_month(at: Timestamp, language: Language) -> String {
    let whole = day(at, language);
    whole.rsplit_once(' ').map_or(whole.clone(), |(day, _)| day.to_owned())
}

/// A number as people write it: `1.280`, in English `1,280`.
pub(super) fn number(value: u64, language: Language) -> String {
    let (digits, mark) = (value.to_string(), if language == Language::Nl { '.' } else { ',' });
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

fn local(at: Timestamp) -> Option<jiff::Zoned> {
    jiff::Timestamp::from_microsecond(at.unix_microseconds()).ok()?.in_tz(ZONE).ok()
}

fn date(at: &jiff::Zoned, language: Language) -> String {
    let (english, dutch) = MONTHS[usize::from(at.month().unsigned_abs().clamp(1, 12) - 1)];
    let month = if language == Language::Nl { dutch } else { english };
    format!("{} {month} {}", at.day(), at.year())
}

/// A moment on a page: `part.html` draws it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// For programs, in UTC.
    pub(super) exact: String,
    /// The whole moment, for people.
    pub(super) full: String,
    /// What is said of it.
    pub(super) text: String,
}

impl Moment {
    /// Day and time.
    pub(super) fn at(at: Timestamp, language: Language) -> Self {
        let (exact, full) = shown(at, language);
        Self { exact, text: full.clone(), full }
    }

    /// The day only.
    pub(crate) fn day(at: Timestamp, language: Language) -> Self {
        Self { text: day(at, language), ..Self::at(at, language) }
    }

    /// The time of the day only.
    pub(super) fn clock(at: Timestamp, language: Language) -> Self {
        let text = local(at).map_or_else(|| at.to_string(), |at| format!("{:02}:{:02}", at.hour(), at.minute()));
        Self { text, ..Self::at(at, language) }
    }

    /// How long ago, within a day; the day otherwise.
    pub(super) fn ago(at: Timestamp, now: Timestamp, language: Language) -> Self {
        Self { text: ago(at, now, language).unwrap_or_else(|| day(at, language)), ..Self::at(at, language) }
    }
}

fn ago(at: Timestamp, now: Timestamp, language: Language) -> Option<String> {
    let minutes = (now.unix_seconds() - at.unix_seconds()).div_euclid(60);
    let count = |text: Text, count: i64| Some(text.filled(language, &[("count", count.to_string())]));
    match minutes {
        ..0 => None,
        0 => Some(Text::JustNow.of(language).to_owned()),
        1 => Some(Text::MinuteAgo.of(language).to_owned()),
        2..60 => count(Text::MinutesAgo, minutes),
        60..120 => Some(Text::HourAgo.of(language).to_owned()),
        120..1_440 => count(Text::HoursAgo, minutes / 60),
        _ => None,
    }
}

/// How many days are left until a moment: that of today is the last one.
pub(super) fn days_left(until: Timestamp, now: Timestamp, language: Language) -> String {
    match days_between(now, until) {
        ..=0 => Text::LastDay.of(language).to_owned(),
        1 => Text::OneDayLeft.of(language).to_owned(),
        days => Text::DaysLeft.filled(language, &[("count", days.to_string())]),
    }
}

/// How many midnights of the Netherlands are between two moments.
pub(crate) fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    match (local(from), local(to)) {
        (Some(from), Some(to)) => from.date().until(to.date()).map_or(0, |span| span.get_days().into()),
        _ => 0,
    }
}

/// The last second of the day that is this many days from now, in the Netherlands.
pub(super) fn end_of_day(now: Timestamp, days: i64) -> Option<Timestamp> {
    let today = local(now)?.date();
    end_of(today.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?)
}

/// The last second of a day such as `2026-12-01`, as a date field sends it.
pub(super) fn end_of_written(day: &str) -> Option<Timestamp> {
    end_of(day.parse().ok()?)
}

/// The first second of such a day.
pub(super) fn start_of_written(day: &str) -> Option<Timestamp> {
    let first = day.parse::<jiff::civil::Date>().ok()?.in_tz(ZONE).ok()?;
    Some(Timestamp::from_unix_seconds(first.timestamp().as_second()))
}

fn end_of(day: jiff::civil::Date) -> Option<Timestamp> {
    let last = day.at(23, 59, 59, 0).in_tz(ZONE).ok()?;
    Some(Timestamp::from_unix_seconds(last.timestamp().as_second()))
}

/// The day this many days from now, as a date field takes it.
pub(super) fn written(now: Timestamp, days: i64) -> String {
    let day = local(now).and_then(|now| now.date().checked_add(jiff::Span::new().try_days(days).ok()?).ok());
    day.map(|day| day.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_netherlands() {
        let at = Timestamp::parse("2026-07-01T22:30:00Z").expect("a time");
        assert_eq!(shown(at, Language::Nl), ("2026-07-01T22:30:00Z".to_owned(), "2 jul 2026 00:30".to_owned()));
        let march = Timestamp::parse("2026-03-10T12:00:00Z").expect("a time");
        assert_eq!((day(march, Language::Nl), day_and_month(march, Language::En)), ("10 mrt 2026".to_owned(), "10 Mar".to_owned()));
        assert_eq!([0, 999, 1_280, 1_234_567].map(|value| number(value, Language::Nl)), ["0", "999", "1.280", "1.234.567"]);
        assert_eq!(number(12_345, Language::En), "12,345");
    }

    #[test]
    fn what_was_a_moment_ago_is_said_so() {
        let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("a time");
        let said = |at: &str| Moment::ago(Timestamp::parse(at).expect("a time"), now, Language::Nl).text;
        assert_eq!(said("2026-11-22T11:59:30Z"), "zojuist");
        assert_eq!(said("2026-11-22T11:48:00Z"), "12 minuten geleden");
        assert_eq!(said("2026-11-22T10:10:00Z"), "1 uur geleden");
        assert_eq!(said("2026-11-21T12:10:00Z"), "23 uur geleden");
        assert_eq!(said("2026-11-20T12:00:00Z"), "20 nov 2026");
        assert_eq!(said("2026-11-22T13:00:00Z"), "22 nov 2026", "a clock may run behind");
    }

    #[test]
    fn a_token_works_until_the_end_of_its_last_day() {
        let now = Timestamp::parse("2026-11-22T23:30:00Z").expect("a time");
        let end = end_of_day(now, 90).expect("a moment");
        assert_eq!(end.to_string(), "2027-02-21T22:59:59Z", "it is the 23rd already in the Netherlands");
        assert_eq!((days_between(now, end), days_left(end, now, Language::En)), (90, "90 days left".to_owned()));
        assert_eq!(end_of_written("2027-07-01").map(|at| at.to_string()).as_deref(), Some("2027-07-01T21:59:59Z"));
        assert_eq!((end_of_written("1 juli"), written(now, 1)), (None, "2026-11-24".to_owned()));
    }
}
