//! A change waits after its commit until every live node has acknowledged it, or can answer nothing any more.

use crate::constants::{CREATION, LONGEST_PAUSE};
use crate::world::{Event, Waiter, World};

impl World {
    /// One reading of the live nodes at a time, for all that wait at this moment.
    pub(crate) fn ask_for_live(&mut self, member: usize) {
        let its = &mut self.members[member];
        if its.asking || its.waiters.is_empty() {
            return;
        }
        its.asking = true;
        let waiters = std::mem::take(&mut its.waiters);
        let arrives = self.arrive(member, 1, 1);
        self.queue.at(arrives, Event::LiveAskedAt { member, waiters });
    }

    pub(crate) fn live_asked_at(&mut self, member: usize, waiters: Vec<Waiter>) {
        let answered = self.answered(member, 1);
        let (mut done, mut waiting) = (Vec::new(), Vec::new());
        for mut waiter in waiters {
            let since = *waiter.since.get_or_insert(answered);
            let missing = self.missing(member, waiter.place);
            let is_over = self.queue.now >= since + self.scenario.bound();
            let left = if is_over { self.lapse(&missing, since) } else { missing.len() };
            let enough = !waiter.change.ending && self.queue.now >= waiter.committed + CREATION;
            if left == 0 || enough { done.push(waiter) } else { waiting.push(waiter) }
        }
        self.queue.at(answered, Event::LiveRead { member, done, waiting });
    }

    /// The live nodes whose acknowledgement does not reach this far yet, the own one left out.
    fn missing(&self, member: usize, place: u64) -> Vec<usize> {
        let others = self.journals[self.members[member].journal].members.iter().copied().filter(|other| *other != member);
        others.filter(|other| self.members[*other].live && self.members[*other].acknowledged < place).collect()
    }

    /// Counts nodes as gone that have not renewed since; gives how many are left.
    fn lapse(&mut self, missing: &[usize], since: u64) -> usize {
        let mut left = 0;
        for other in missing {
            let its = &mut self.members[*other];
            if its.renewed_at < since {
                its.live = false;
                self.measured.waited_out += 1;
            } else {
                left += 1;
            }
        }
        left
    }

    pub(crate) fn live_read(&mut self, member: usize, done: Vec<Waiter>, waiting: Vec<Waiter>) {
        self.members[member].asking = false;
        for waiter in done {
            self.answer(waiter.change);
        }
        for mut waiter in waiting {
            let wakes = self.queue.now + waiter.pause;
            waiter.pause = (waiter.pause * 2).min(LONGEST_PAUSE);
            self.queue.at(wakes, Event::Wakes { member, waiter });
        }
        self.ask_for_live(member);
    }

    pub(crate) fn wakes(&mut self, member: usize, waiter: Waiter) {
        self.members[member].waiters.push(waiter);
        self.ask_for_live(member);
    }
}
