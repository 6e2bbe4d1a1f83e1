//! Moments as the index keeps them: 32 bits, whole seconds since 2020, 0 for none.

use domain::Timestamp;

/// 2020-01-01T00:00:00Z.
const START: i64 = 1_577_836_800;

/// The moment in 32 bits, rounded down: never later than it is. Before 2020 it is 1, after February 2156 the last.
pub(crate) fn pack(moment: Timestamp) -> u32 {
    u32::try_from(moment.unix_seconds().saturating_sub(START).max(1)).unwrap_or(u32::MAX)
}

/// A moment that may be absent.
pub(crate) fn pack_option(moment: Option<Timestamp>) -> u32 {
    moment.map_or(0, pack)
}

/// The moment of these 32 bits, unless they say none.
#[inline]
pub(crate) fn unpack(seconds: u32) -> Option<Timestamp> {
    (seconds != 0).then(|| Timestamp::from_unix_seconds(START + i64::from(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_and_are_never_made_later() {
        let moment = Timestamp::parse("2026-11-21T12:00:00.9Z").expect("a time");
        assert_eq!(unpack(pack(moment)), Timestamp::parse("2026-11-21T12:00:00Z"));
        assert_eq!(unpack(pack_option(None)), None);
        for (odd, packed) in [("1970-01-01T00:00:00Z", 1), ("2020-01-01T00:00:00Z", 1), ("9999-01-01T00:00:00Z", u32::MAX)] {
            assert_eq!(pack(Timestamp::parse(odd).expect("a time")), packed, "{odd}");
        }
    }
}
