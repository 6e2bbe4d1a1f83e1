//! How the caller sees things: their language, their time zone, the URLs under the host they asked.

use domain::Timestamp;
use jiff::tz::TimeZone;

use super::address::Links;

/// Everything that the JSON of one answer depends on besides the data.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) links: Links,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl View {
    /// A time as the platform writes it: ISO 8601 with milliseconds and the offset of the caller's zone.
    pub(super) fn time(&self, at: i64) -> String {
        let Ok(moment) = jiff::Timestamp::from_microsecond(at) else {
            return String::new();
        };
        let local = moment.to_zoned(self.zone.clone());
        let offset = if self.zone == TimeZone::UTC { "Z".to_owned() } else { local.strftime("%:z").to_string() };
        format!("{}.{:03}{offset}", local.strftime("%Y-%m-%dT%H:%M:%S"), local.millisecond())
    }

    /// As [`View::time`], `null` where there is none.
    pub(super) fn maybe_time(&self, at: Option<i64>) -> Option<String> {
        at.map(|at| self.time(at))
    }
}

/// The zone with this name, as the platform writes names: a city, or an IANA name. Brussels where it is unknown.
pub(super) fn zone(name: &str) -> TimeZone {
    let iana = match name {
        "UTC" => return TimeZone::UTC,
        "Brussels" | "Amsterdam" | "London" => format!("Europe/{name}"),
        "Seoul" => format!("Asia/{name}"),
        other => other.to_owned(),
    };
    TimeZone::get(&iana).or_else(|_| TimeZone::get("Europe/Brussels")).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::super::address::Locale;
    use super::*;

    #[test]
    fn times_have_milliseconds_and_the_zones_offset() {
        let at = Timestamp::parse("2026-11-21T11:00:00.0425Z").expect("a time");
        let view = |name| View { links: Links::new("http://h", Locale::Nl), now: at, zone: zone(name) };
        let micros = at.unix_microseconds();
        assert_eq!(view("Brussels").time(micros), "2026-11-21T12:00:00.042+01:00");
        assert_eq!(view("nowhere").time(micros), "2026-11-21T12:00:00.042+01:00");
        assert_eq!(view("Seoul").time(micros), "2026-11-21T20:00:00.042+09:00");
        assert_eq!(view("UTC").time(micros), "2026-11-21T11:00:00.042Z");
        let summer = Timestamp::parse("2026-07-01T00:00:00Z").expect("a time").unix_microseconds();
        assert_eq!(view("Brussels").time(summer), "2026-07-01T02:00:00.000+02:00");
        assert_eq!(view("Brussels").time(i64::MAX), "", "no panic beyond the calendar");
    }
}
