//! Changes until their commit: they come, wait for the writer of their node, and share a batch under the journal's lock.

use crate::constants::{BATCH, DATABASE_WORK, FIRST_PAUSE, NODE_WORK, REQUEST_WORK, STATEMENTS_OF_BATCH, STATEMENTS_OF_CHANGE};
use crate::queue::Time;
use crate::scenario::{Load, SECOND};
use crate::world::{Change, Event, Waiter, World};

impl World {
    /// A change of an open load.
    pub(crate) fn comes(&mut self, journal: usize) {
        let Load::Open(per_second) = self.scenario.load else { return };
        if per_second <= 0.0 {
            return;
        }
        let next = self.queue.now + self.chance.until_next(SECOND as f64 / per_second);
        self.queue.at(next, Event::Comes { journal });
        let asked = self.chance.below(self.journals[journal].members.len());
        let asked = self.journals[journal].members[asked];
        if self.nodes[self.members[asked].node].silent_until > self.queue.now {
            // The caller goes elsewhere; which of the others it is makes no difference.
            return;
        }
        let ending = self.chance.below(2) == 0;
        self.submit(asked, ending, None);
    }

    /// A caller of a closed load asks.
    pub(crate) fn asks(&mut self, caller: usize) {
        let Load::Closed { endings, nodes, .. } = self.scenario.load else { return };
        let member = self.nodes[caller % nodes].members[0];
        self.submit(member, endings, Some(caller));
    }

    fn submit(&mut self, asked: usize, ending: bool, caller: Option<usize>) {
        let member = if self.scenario.forwards { self.near(asked) } else { asked };
        let way = if member == asked { 0 } else { self.round_trip(asked) };
        let host = self.nodes[self.members[member].node].host;
        let change = Change { began: self.queue.now, ending, caller, way };
        let read = self.hosts[host].work(self.queue.now + way / 2, REQUEST_WORK);
        self.queue.at(read, Event::Submitted { member, change });
    }

    /// A member of the same journal in its region; the same one if it is there.
    fn near(&mut self, member: usize) -> usize {
        if self.nodes[self.members[member].node].region == 0 {
            return member;
        }
        let journal = &self.journals[self.members[member].journal];
        let near: Vec<usize> = journal.members.iter().copied().filter(|other| self.nodes[self.members[*other].node].region == 0).collect();
        let chosen = self.chance.below(near.len());
        near.get(chosen).copied().unwrap_or(member)
    }

    pub(crate) fn submitted(&mut self, member: usize, change: Change) {
        self.members[member].queue.push(change);
        self.start_batch(member);
    }

    fn start_batch(&mut self, member: usize) {
        let half = self.round_trip(member) / 2;
        let its = &mut self.members[member];
        if its.writing || its.queue.is_empty() {
            return;
        }
        its.writing = true;
        let batch = its.queue.drain(..its.queue.len().min(BATCH)).collect();
        self.queue.at(self.queue.now + half, Event::LockAsked { member, batch });
    }

    pub(crate) fn lock_asked(&mut self, member: usize, batch: Vec<Change>) {
        let journal = self.members[member].journal;
        self.journals[journal].lock_queue.push_back((member, batch));
        self.give_lock(journal);
    }

    /// The first that waits has the lock until its commit.
    fn give_lock(&mut self, journal: usize) {
        let its = &mut self.journals[journal];
        if its.locked {
            return;
        }
        let Some((member, batch)) = its.lock_queue.pop_front() else { return };
        its.locked = true;
        let (database, node) = (its.host, self.nodes[self.members[member].node].host);
        let statements = STATEMENTS_OF_BATCH + STATEMENTS_OF_CHANGE * batch.len() as u64;
        // One after the other: each is sent, worked on and answered before the next.
        let worked = self.hosts[database].work(self.queue.now, statements * DATABASE_WORK);
        let sent = self.hosts[node].work(worked, statements * NODE_WORK);
        // Sent together it is two: what the changes read, then what they write with the commit.
        let end = sent + self.trips(statements, 2) * self.round_trip(member) + self.scenario.commit;
        self.journals[journal].locked_time += end - self.queue.now;
        self.queue.at(end, Event::Committed { member, batch });
    }

    pub(crate) fn committed(&mut self, member: usize, batch: Vec<Change>) {
        let journal = self.members[member].journal;
        let its = &mut self.journals[journal];
        its.head += batch.len() as u64;
        its.locked = false;
        its.batches += 1;
        let last = its.head;
        for place in 0..its.members.len() {
            let other = self.journals[journal].members[place];
            self.queue.at(self.queue.now + self.round_trip(other) / 2, Event::Bell { member: other });
        }
        self.queue.at(self.queue.now + self.round_trip(member) / 2, Event::Written { member, batch, last });
        self.give_lock(journal);
    }

    /// The own index has the batch; each of its changes waits for the others.
    pub(crate) fn written(&mut self, member: usize, batch: Vec<Change>, last: u64) {
        let its = &mut self.members[member];
        its.writing = false;
        its.applied = its.applied.max(last);
        let committed = self.queue.now;
        for change in batch {
            self.measured.committed(committed - change.began);
            let waiter = Waiter { change, place: last, committed, since: None, pause: FIRST_PAUSE };
            self.members[member].waiters.push(waiter);
        }
        self.ask_for_live(member);
        self.start_batch(member);
    }

    /// The caller has its answer.
    pub(crate) fn answer(&mut self, change: Change) {
        let took: Time = self.queue.now - change.began + change.way / 2;
        self.measured.answered(change.ending, took);
        if let Some(caller) = change.caller {
            self.queue.at(self.queue.now, Event::Asks { caller });
        }
    }
}
