//! A node renews its lease: four times as long as it lasts, counted from before anything was sent.

use crate::constants::STATEMENTS_OF_RENEWAL;
use crate::queue::Time;
use crate::scenario::SECOND;
use crate::world::{Event, World};

/// After how long a renewal has failed, and after how long it is tried again.
const LIMIT: Time = 2 * SECOND;
const RETRY: Time = SECOND / 4;

impl World {
    pub(crate) fn renewal_due(&mut self, member: usize) {
        let began = self.queue.now;
        let arrives = self.arrive(member, STATEMENTS_OF_RENEWAL, 2);
        self.queue.at(arrives, Event::RenewsAt { member, began });
    }

    pub(crate) fn renews_at(&mut self, member: usize, began: Time) {
        let journal = self.members[member].journal;
        let host = self.journals[journal].host;
        if self.hosts[host].away_until > self.queue.now {
            // Refused at once: nobody listens there.
            self.queue.at(self.queue.now + RETRY, Event::RenewalDue { member });
            return;
        }
        let answered = self.answered(member, STATEMENTS_OF_RENEWAL) + self.scenario.commit;
        let (now, head) = (self.queue.now, self.journals[journal].head);
        let its = &mut self.members[member];
        its.live = true;
        its.acknowledged = its.acknowledged.max(its.applied);
        its.renewed_at = now;
        self.queue.at(answered, Event::Renewed { member, began, head });
    }

    pub(crate) fn renewed(&mut self, member: usize, began: Time, head: u64) {
        let (now, lease) = (self.queue.now, self.scenario.lease);
        if now - began > LIMIT {
            self.queue.at(now + RETRY, Event::RenewalDue { member });
            return;
        }
        let silent_until = self.nodes[self.members[member].node].silent_until;
        let its = &mut self.members[member];
        its.applied = its.applied.max(head);
        // A node that was silent is not counted for that time: nobody asked it.
        self.measured.dark += now.saturating_sub(its.lease_end.max(silent_until));
        its.lease_end = its.lease_end.max(began + lease);
        self.queue.at((began + lease / 4).max(now), Event::RenewalDue { member });
    }
}
