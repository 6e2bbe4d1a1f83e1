//! Writes what checks have counted: uses, refusals and used permissions, a bounded part of it at a time.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use domain::permission::Permission;
use domain::{CredentialId, Day};
use store::{CheckRow, CountRow, UsageRow};
use verifier::{Checked, Counted, Usage};

use crate::{Authority, Error};

/// How many rows one transaction takes, so that changes do not wait behind all of them.
const BATCH: usize = 100;
/// How many counts wait at most while the database is away; what comes then is counted as not counted.
const MAX_WAITING: usize = 200_000;

/// What was counted and could not be written yet.
#[derive(Default)]
pub(crate) struct Unwritten {
    pub(crate) uses: HashMap<(CredentialId, Day), UsageRow>,
    checks: HashMap<CheckRow, u64>,
    permissions: HashSet<(CredentialId, Permission, Day)>,
    uncounted: HashMap<Day, u64>,
}

impl Authority {
    /// Writes what was counted: the uses of `enough` credentials or a few more, and `enough` other counts. Later calls go on with the
    /// rest, so that the work of a call is bounded however much is used. What cannot be written is kept and counted on with the next.
    pub async fn flush_usage(&self, enough: usize) -> Result<(), Error> {
        let mut unwritten = self.take_unwritten();
        self.verifier.drain_usage(enough.saturating_sub(unwritten.uses.len()), &mut |usage| unwritten.used(usage));
        let today = Day::of(self.clock.now());
        let (counted, lost) = self.verifier.drain_counts(today, enough.saturating_sub(unwritten.waiting()));
        counted.into_iter().for_each(|counted| unwritten.counted(counted, today));
        if lost > 0 {
            *unwritten.uncounted.entry(today).or_default() += lost;
        }
        let written = self.write_usage(&mut unwritten).await;
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).join(unwritten);
        written?;
        self.flush_exposures().await
    }

    fn take_unwritten(&self) -> Unwritten {
        std::mem::take(&mut *self.unwritten.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes part after part; what was written is no longer there.
    async fn write_usage(&self, unwritten: &mut Unwritten) -> Result<(), Error> {
        let mut used: Vec<_> = unwritten.uses.keys().copied().collect();
        // Neighbours stand on the same pages: written together, each page is written once.
        used.sort_unstable_by_key(|(credential, _)| *credential);
        for part in used.chunks(BATCH) {
            self.store.flush_usage(part.iter().filter_map(|key| unwritten.uses.get(key).cloned()).collect()).await?;
            part.iter().for_each(|key| drop(unwritten.uses.remove(key)));
        }
        for part in unwritten.rows().chunks(BATCH) {
            self.store.flush_counts(part.to_vec()).await?;
            part.iter().for_each(|row| unwritten.remove(row));
        }
        Ok(())
    }
}

impl Unwritten {
    /// How many counts wait, beside uses.
    fn waiting(&self) -> usize {
        self.checks.len() + self.permissions.len()
    }

    fn used(&mut self, usage: Usage) {
        let Usage { credential, last_used_at, uses, address } = usage;
        self.add_use(UsageRow { credential, last_used_at, uses, address: address.map(|address| address.to_string()) });
    }

    fn add_use(&mut self, usage: UsageRow) {
        let key = (usage.credential, Day::of(usage.last_used_at));
        let UsageRow { credential, last_used_at, uses, address } = usage;
        let row = self.uses.entry(key).or_insert(UsageRow { credential, last_used_at, uses: 0, address: None });
        row.last_used_at = row.last_used_at.max(last_used_at);
        row.uses = row.uses.saturating_add(uses);
        row.address = address.or(row.address.take());
    }

    fn counted(&mut self, counted: Counted, today: Day) {
        let there_is_room = self.waiting() < MAX_WAITING;
        match counted {
            Counted::Checks(Checked { credential, organisation, workspace, api, refusal, count }) => {
                let row = CheckRow { credential, day: today, workspace, api, refusal, organisation };
                if there_is_room || self.checks.contains_key(&row) {
                    *self.checks.entry(row).or_default() += u64::from(count);
                } else {
                    *self.uncounted.entry(today).or_default() += u64::from(count);
                }
            }
            Counted::Permission(credential, permission) if there_is_room => drop(self.permissions.insert((credential, permission, today))),
            Counted::Permission(..) => *self.uncounted.entry(today).or_default() += 1,
        }
    }

    /// Takes what another flush left.
    fn join(&mut self, other: Self) {
        other.uses.into_values().for_each(|row| self.add_use(row));
        other.checks.into_iter().for_each(|(row, count)| *self.checks.entry(row).or_default() += count);
        self.permissions.extend(other.permissions);
        other.uncounted.into_iter().for_each(|(day, count)| *self.uncounted.entry(day).or_default() += count);
    }

    fn rows(&self) -> Vec<CountRow> {
        let mut checks: Vec<_> = self.checks.iter().map(|(row, count)| (row.clone(), *count)).collect();
        checks.sort_unstable_by_key(|(row, _)| (row.credential, row.day));
        let permissions =
            self.permissions.iter().map(|(credential, permission, day)| CountRow::Permission(*credential, permission.clone(), *day));
        let uncounted = self.uncounted.iter().map(|(day, count)| CountRow::Uncounted(*day, *count));
        checks.into_iter().map(|(row, count)| CountRow::Checks(row, count)).chain(permissions).chain(uncounted).collect()
    }

    fn remove(&mut self, row: &CountRow) {
        match row {
            CountRow::Checks(row, _) => drop(self.checks.remove(row)),
            CountRow::Permission(credential, permission, day) => drop(self.permissions.remove(&(*credential, permission.clone(), *day))),
            CountRow::Uncounted(day, _) => drop(self.uncounted.remove(day)),
        }
    }
}
