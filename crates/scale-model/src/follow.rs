//! A node follows a journal: reads it, applies, then acknowledges.

use crate::constants::{APPLY_WORK, LOOK, STATEMENTS_OF_READING};
use crate::world::{Event, World};

impl World {
    pub(crate) fn bell(&mut self, member: usize) {
        if self.members[member].reading {
            self.members[member].rung = true;
        } else {
            self.start_reading(member);
        }
    }

    /// Without having heard the bell.
    pub(crate) fn looks(&mut self, member: usize) {
        self.queue.at(self.queue.now + LOOK, Event::Looks { member });
        if !self.members[member].reading {
            self.start_reading(member);
        }
    }

    fn start_reading(&mut self, member: usize) {
        self.members[member].reading = true;
        self.members[member].rung = false;
        let arrives = self.arrive(member, STATEMENTS_OF_READING, 1);
        self.queue.at(arrives, Event::ReadsAt { member });
    }

    pub(crate) fn reads_at(&mut self, member: usize) {
        let head = self.journals[self.members[member].journal].head;
        let answered = self.answered(member, STATEMENTS_OF_READING);
        self.queue.at(answered, Event::Read { member, head });
    }

    pub(crate) fn read(&mut self, member: usize, head: u64) {
        let its = &mut self.members[member];
        let new = head.saturating_sub(its.applied);
        its.applied = its.applied.max(head);
        let (applied, known) = (its.applied, its.acknowledged);
        if applied <= known {
            return self.acknowledged(member);
        }
        let host = self.nodes[self.members[member].node].host;
        // Its index has what was read only when it is applied; the acknowledgement is sent after that.
        let done = self.hosts[host].work(self.queue.now, new * APPLY_WORK);
        let arrives = self.arrive(member, 1, 1).max(done + self.round_trip(member) / 2);
        self.queue.at(arrives, Event::AcknowledgesAt { member, place: applied });
    }

    pub(crate) fn acknowledges_at(&mut self, member: usize, place: u64) {
        let answered = self.answered(member, 1);
        let its = &mut self.members[member];
        its.acknowledged = its.acknowledged.max(place);
        self.queue.at(answered, Event::Acknowledged { member });
    }

    pub(crate) fn acknowledged(&mut self, member: usize) {
        self.members[member].reading = false;
        if self.members[member].rung {
            self.start_reading(member);
        }
    }
}
