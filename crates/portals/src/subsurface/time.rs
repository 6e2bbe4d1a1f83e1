//! Times as the portal writes them: the Dutch clock without a zone, microseconds without zeros at their end.

use jiff::tz::TimeZone;

/// A moment in microseconds since 1970, as `2022-11-16T01:25:57.157241`.
pub(super) fn local(at: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_microsecond(at) else { return String::new() };
    let zone = TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC);
    moment.to_zoned(zone).datetime().to_string()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn times_are_local_and_short() {
        let cases = [
            ("2022-11-16T00:25:57.157241Z", "2022-11-16T01:25:57.157241"),
            ("2022-07-16T00:25:57.5Z", "2022-07-16T02:25:57.5"),
            ("2022-11-16T00:25:00Z", "2022-11-16T01:25:00"),
        ];
        for (at, expected) in cases {
            assert_eq!(local(Timestamp::parse(at).expect("a time").unix_microseconds()), expected);
        }
        assert_eq!(local(i64::MAX), "", "no panic beyond the calendar");
    }
}
