//! Moments as people read them: on the clock of the Netherlands, with the exact one beside it.

use domain::Timestamp;

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
pub(super) fn shown(at: Timestamp, language: Language) -> (String, String) {
    let exact = at.to_string();
    let text = local(at).map_or_else(|| exact.clone(), |at| format!("{} {:02}:{:02}", date(&at, language), at.hour(), at.minute()));
    (exact, text)
}

/// The day only: `20 nov 2026`.
pub(super) fn day(at: Timestamp, language: Language) -> String {
    local(at).map_or_else(|| at.to_string(), |at| date(&at, language))
}

fn local(at: Timestamp) -> Option<jiff::Zoned> {
    jiff::Timestamp::from_microsecond(at.unix_microseconds()).ok()?.in_tz(ZONE).ok()
}

fn date(at: &jiff::Zoned, language: Language) -> String {
    let (english, dutch) = MONTHS[usize::from(at.month().unsigned_abs().clamp(1, 12) - 1)];
    let month = if language == Language::Nl { dutch } else { english };
    format!("{} {month} {}", at.day(), at.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_netherlands() {
        let at = Timestamp::parse("2026-07-01T22:30:00Z").expect("a time");
        assert_eq!(shown(at, Language::Nl), ("2026-07-01T22:30:00Z".to_owned(), "2 jul 2026 00:30".to_owned()));
        assert_eq!(day(Timestamp::parse("2026-03-10T12:00:00Z").expect("a time"), Language::Nl), "10 mrt 2026");
    }
}
