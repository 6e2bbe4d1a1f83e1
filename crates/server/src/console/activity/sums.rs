//! Lines of activity, added up for the charts: by day or week, by reason, by who did it.

use std::collections::BTreeMap;

use authority::{Activity, Doer};
use domain::{Day, Refusal};

/// More days than these are shown by week.
const MOST_BARS: i32 = 35;
/// So many of those who did most are shown.
const TOP: usize = 10;

/// What the charts show.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sums {
    /// How many days a bar stands for.
    pub(super) step: i32,
    /// The first day of each bar, and the requests that were accepted and refused.
    pub(super) bars: Vec<(Day, u64, u64)>,
    /// Refusals by reason, the most frequent first.
    pub(super) reasons: Vec<(Refusal, u64)>,
    /// Those with the most requests, the first of all first.
    pub(super) top: Vec<Most>,
    /// All that were accepted, and all that were refused.
    pub(super) total: (u64, u64),
}

/// One who did much.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Most {
    pub(super) by: Doer,
    /// The requests of each bar.
    pub(super) bars: Vec<u64>,
    /// All that were accepted, and all that were refused.
    pub(super) total: (u64, u64),
}

impl Sums {
    /// Of lines of these days.
    pub(super) fn of(lines: &[Activity], (from, to): (Day, Day)) -> Self {
        let days = to.number() - from.number() + 1;
        let step = if days > MOST_BARS { 7 } else { 1 };
        let count = usize::try_from((days + step - 1) / step).unwrap_or_default();
        let mut bars: Vec<(Day, u64, u64)> = (0..count as i32).map(|bar| (from.plus(bar * step), 0, 0)).collect();
        let mut reasons: BTreeMap<usize, (Refusal, u64)> = BTreeMap::new();
        let mut doers: BTreeMap<Doer, Most> = BTreeMap::new();
        for line in lines {
            let place = usize::try_from((line.day.number() - from.number()) / step).unwrap_or_default();
            let Some(bar) = bars.get_mut(place) else { continue };
            let doer = doers.entry(line.by).or_insert_with(|| Most { by: line.by, bars: vec![0; count], total: (0, 0) });
            doer.bars[place] += line.requests;
            match line.refusal {
                None => (bar.1, doer.total.0) = (bar.1 + line.requests, doer.total.0 + line.requests),
                Some(refusal) => {
                    (bar.2, doer.total.1) = (bar.2 + line.requests, doer.total.1 + line.requests);
                    reasons.entry(refusal as usize).or_insert((refusal, 0)).1 += line.requests;
                }
            }
        }
        let mut reasons: Vec<_> = reasons.into_values().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut top: Vec<Most> = doers.into_values().collect();
        top.sort_by_key(|most| std::cmp::Reverse(most.total.0 + most.total.1));
        top.truncate(TOP);
        let total = bars.iter().fold((0, 0), |sum, bar| (sum.0 + bar.1, sum.1 + bar.2));
        Self { step, bars, reasons, top, total }
    }
}

#[cfg(test)]
mod tests {
    use domain::CredentialId;

    use super::*;

    #[test]
    fn lines_are_added_up_by_day_reason_and_credential() {
        let first = Day::from_number(20_000);
        let line = |credential: u8, day: i32, refusal, requests| Activity {
            by: Doer::Credential(CredentialId::from_bytes([credential; 16])),
            day: first.plus(day),
            refusal,
            requests,
        };
        let lines = [
            line(1, 0, None, 5),
            line(2, 0, None, 1),
            line(1, 1, Some(Refusal::Expired), 2),
            line(2, 1, Some(Refusal::NoDelegation), 9),
            line(1, 99, None, 1_000),
        ];
        let sums = Sums::of(&lines, (first, first.plus(1)));
        assert_eq!((sums.step, sums.total), (1, (6, 11)), "what lies outside does not count");
        assert_eq!(sums.bars, [(first, 6, 0), (first.plus(1), 0, 11)]);
        assert_eq!(sums.reasons, [(Refusal::NoDelegation, 9), (Refusal::Expired, 2)]);
        assert_eq!(
            sums.top.iter().map(|most| (most.total, most.bars.clone())).collect::<Vec<_>>(),
            [((1, 9), vec![1, 9]), ((5, 2), vec![5, 2])]
        );
        let weeks = Sums::of(&lines, (first, first.plus(99)));
        assert_eq!((weeks.step, weeks.bars.len(), weeks.bars[0], weeks.bars[14]), (7, 15, (first, 6, 11), (first.plus(98), 1_000, 0)));
    }
}
