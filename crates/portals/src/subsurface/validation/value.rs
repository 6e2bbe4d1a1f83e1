//! Whether a text is what it must be.

use jiff::civil;

use super::rule::Value;

impl Value {
    /// Whether this text, without the white space around it, is one.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::Some => !text.is_empty(),
            Self::YesNo => matches!(text, "ja" | "nee"),
            Self::YesNoUnknown => matches!(text, "ja" | "nee" | "onbekend"),
            Self::Count => count(text).is_some(),
            Self::Number => is_number(text),
            Self::Party => text.len() == 8 && digits(text),
            Self::QualityRegime => matches!(text, "IMBRO" | "IMBRO/A"),
            Self::Date => text.len() == 10 && civil_date(text),
            Self::YearMonth => text.len() == 7 && civil_date(&format!("{text}-01")),
            Self::Year => text.len() == 4 && digits(text),
            Self::BroId(code) => text.strip_prefix(code).is_some_and(|number| number.len() == 12 && digits(number)),
            Self::Moment => is_moment(text),
        }
    }
}

/// A whole number as messages have it.
pub(super) fn count(text: &str) -> Option<u64> {
    (text.len() <= 9 && digits(text)).then(|| text.parse().ok()).flatten()
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// XML Schema's decimal and double, without its words for what is no number.
fn is_number(text: &str) -> bool {
    let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    plain && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A day and a time, with an offset or none: clients write both.
fn is_moment(text: &str) -> bool {
    let (Some(day), Some("T")) = (text.get(..10), text.get(10..11)) else { return false };
    let rest = &text[11..];
    let clock = rest.find(['Z', '+', '-']).map_or(rest, |end| &rest[..end]);
    let zoned = match &rest.as_bytes()[clock.len()..] {
        [] | [b'Z'] => true,
        [_, offset @ ..] => offset.len() == 5 && is_clock(offset),
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    civil_date(day) && whole.len() == 8 && is_clock(whole.as_bytes()) && digits(fraction) && zoned
}

/// Hours and minutes, and seconds where there are any.
fn is_clock(text: &[u8]) -> bool {
    let mut parts = text.split(|byte| *byte == b':').map(number);
    let (hour, minute, second) = (parts.next().flatten(), parts.next().flatten(), parts.next().unwrap_or(Some(0)));
    let fits = |part: Option<i16>, most: i16| part.is_some_and(|part| part <= most);
    text.len() % 3 == 2 && fits(hour, 23) && fits(minute, 59) && fits(second, 59) && parts.next().is_none()
}

fn civil_date(text: &str) -> bool {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return false };
    let (Some(year), Some(month), Some(day)) = (number(year), number(&[*m1, *m2]), number(&[*d1, *d2])) else { return false };
    let small = |part: i16| i8::try_from(part).unwrap_or(0);
    text.len() == 10 && civil::Date::new(year, small(month), small(day)).is_ok()
}

/// Two or four digits.
fn number(text: &[u8]) -> Option<i16> {
    let plain = matches!(text.len(), 2 | 4) && text.iter().all(u8::is_ascii_digit);
    plain.then(|| text.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_must_be() {
        let cases: [(Value, &[&str], &[&str]); 11] = [
            (Value::Some, &["x"], &[""]),
            (Value::YesNo, &["ja", "nee"], &["", "Ja", "onbekend"]),
            (Value::Count, &["0", "12"], &["", "-1", "1.0", "1234567890"]),
            (Value::Number, &["0", "-1.5", "1e3", ".5"], &["", "NaN", "inf", "1,5", "e", "0x1"]),
            (Value::Party, &["27376655"], &["2737665", "2737665x", "٢٧٣٧٦٦٥٥"]),
            (Value::Date, &["2026-02-28"], &["2026-02-29", "26-2-28", "20260228", "2026-02-28Z"]),
            (Value::YearMonth, &["2026-12"], &["2026-13", "2026-1"]),
            (Value::Year, &["2026"], &["26", "jaar"]),
            (Value::BroId("GMW"), &["GMW000000054499"], &["GLD000000054499", "GMW54499", "GMW00000005449x"]),
            (Value::QualityRegime, &["IMBRO", "IMBRO/A"], &["imbro", ""]),
            (
                Value::Moment,
                &["2020-01-02T03:04:05", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05.5+01:00", "2020-02-29T23:59:59-11:30"],
                &[
                    "2020-01-02",
                    "2020-01-02 03:04:05",
                    "2020-01-02T25:00:00",
                    "2020-01-02T03:04",
                    "2020-01-02T03:04:05+1",
                    "2020-01-02T03:04:60",
                    "2020-01-02T03:04:05.",
                    "2020-01-02T0304:05",
                    "2020-13-02T03:04:05",
                    "aé2020-01-02T",
                ],
            ),
        ];
        for (value, good, bad) in cases {
            for text in good {
                assert!(value.fits(text), "{value:?} {text}");
            }
            for text in bad {
                assert!(!value.fits(text), "{value:?} {text}");
            }
        }
    }
}
