//! The state of everything that is simulated, and the loop over its events.

use std::collections::VecDeque;

use crate::constants::{DATABASE_WORK, NODE_WORK};
use crate::measure::Measured;
use crate::queue::{Chance, Host, Queue, Time};
use crate::scenario::{Fault, Load, Scenario};

/// A change on its way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) began: Time,
    pub(crate) ending: bool,
    /// The caller that waits for it, among those of a closed load.
    pub(crate) caller: Option<usize>,
    /// What the way to the node that makes it costs, there and back.
    pub(crate) way: Time,
}

/// A change after its commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiter {
    pub(crate) change: Change,
    pub(crate) place: u64,
    pub(crate) committed: Time,
    /// When the live nodes were read for the first time.
    pub(crate) since: Option<Time>,
    pub(crate) pause: Time,
}

/// What happens. Everything but what comes from outside is at a member: a node in its dealings with one journal.
#[derive(Debug)]
pub(crate) enum Event {
    Comes { journal: usize },
    Asks { caller: usize },
    Submitted { member: usize, change: Change },
    LockAsked { member: usize, batch: Vec<Change> },
    Committed { member: usize, batch: Vec<Change> },
    Written { member: usize, batch: Vec<Change>, last: u64 },
    Bell { member: usize },
    Looks { member: usize },
    ReadsAt { member: usize },
    Read { member: usize, head: u64 },
    AcknowledgesAt { member: usize, place: u64 },
    Acknowledged { member: usize },
    RenewalDue { member: usize },
    RenewsAt { member: usize, began: Time },
    Renewed { member: usize, began: Time, head: u64 },
    Wakes { member: usize, waiter: Waiter },
    LiveAskedAt { member: usize, waiters: Vec<Waiter> },
    LiveRead { member: usize, done: Vec<Waiter>, waiting: Vec<Waiter> },
    NodeSilent,
    DatabaseAway { lasts: Time },
}

/// A journal and its database.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) host: usize,
    pub(crate) head: u64,
    pub(crate) locked: bool,
    pub(crate) lock_queue: VecDeque<(usize, Vec<Change>)>,
    pub(crate) locked_time: Time,
    pub(crate) batches: u64,
    pub(crate) members: Vec<usize>,
}

/// A node in its dealings with one journal.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) node: usize,
    pub(crate) journal: usize,
    pub(crate) queue: Vec<Change>,
    pub(crate) writing: bool,
    pub(crate) applied: u64,
    pub(crate) reading: bool,
    pub(crate) rung: bool,
    pub(crate) lease_end: Time,
    pub(crate) asking: bool,
    pub(crate) waiters: Vec<Waiter>,
    /// What the database's table says.
    pub(crate) live: bool,
    pub(crate) acknowledged: u64,
    pub(crate) renewed_at: Time,
}

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) host: usize,
    pub(crate) region: usize,
    pub(crate) members: Vec<usize>,
    pub(crate) silent_until: Time,
}

/// Everything.
pub struct World {
    pub(crate) scenario: Scenario,
    pub(crate) queue: Queue<Event>,
    pub(crate) chance: Chance,
    pub(crate) hosts: Vec<Host>,
    pub(crate) journals: Vec<Journal>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) members: Vec<Member>,
    pub(crate) measured: Measured,
}

impl World {
    /// Simulates a scenario to its end.
    pub fn run(scenario: Scenario) -> Measured {
        let mut world = Self::new(scenario);
        world.begin();
        let end = world.scenario.lasts;
        while let Some(event) = world.queue.take() {
            if world.queue.now >= end {
                break;
            }
            world.happens(event);
        }
        world.close()
    }

    fn new(scenario: Scenario) -> Self {
        let Scenario { nodes, journals, subscriptions, cores, one_machine, .. } = scenario;
        let hosts = if one_machine { 1 } else { journals + nodes };
        let hosts = (0..hosts).map(|host| Host::new(if host < journals && !one_machine { cores.1 } else { cores.0 })).collect();
        let host = |number: usize| if one_machine { 0 } else { number };
        let (seed, lasts) = (scenario.seed, scenario.lasts);
        let mut world = Self {
            queue: Queue::new(),
            chance: Chance::seeded(seed),
            hosts,
            journals: (0..journals).map(|number| Journal::new(host(number))).collect(),
            nodes: Vec::new(),
            members: Vec::new(),
            measured: Measured::over(lasts),
            scenario,
        };
        for node in 0..nodes {
            let region = world.scenario.region_of(node);
            world.nodes.push(Node { host: host(journals + node), region, members: Vec::new(), silent_until: 0 });
            for subscription in 0..subscriptions.min(journals) {
                // Neighbouring nodes take neighbouring parts, so that every journal has the same number of subscribers.
                let journal = (node * subscriptions + subscription) % journals;
                world.nodes[node].members.push(world.members.len());
                world.journals[journal].members.push(world.members.len());
                world.members.push(Member::new(node, journal));
            }
        }
        world
    }

    fn begin(&mut self) {
        let (lease, lasts) = (self.scenario.lease, self.scenario.lasts);
        for member in 0..self.members.len() {
            self.members[member].lease_end = lease;
            // Not all at the same moment.
            let (first_look, first_renewal) = (self.chance.below(250_000) as Time, self.chance.below(lease as usize / 4) as Time);
            self.queue.at(first_look, Event::Looks { member });
            self.queue.at(first_renewal, Event::RenewalDue { member });
        }
        match self.scenario.load {
            Load::Open(_) => (0..self.journals.len()).for_each(|journal| self.queue.at(0, Event::Comes { journal })),
            Load::Closed { callers, .. } => (0..callers).for_each(|caller| self.queue.at(0, Event::Asks { caller })),
        }
        match self.scenario.fault {
            Fault::None => {}
            Fault::SilentNodes { .. } => self.queue.at(lasts / 20, Event::NodeSilent),
            Fault::DatabaseAway { from, lasts } => self.queue.at(from, Event::DatabaseAway { lasts }),
        }
    }

    fn happens(&mut self, event: Event) {
        self.measured.events += 1;
        match event {
            Event::Comes { journal } => self.comes(journal),
            Event::Asks { caller } => self.asks(caller),
            Event::LockAsked { member, batch } => self.lock_asked(member, batch),
            Event::Committed { member, batch } => self.committed(member, batch),
            Event::ReadsAt { member } => self.reads_at(member),
            Event::AcknowledgesAt { member, place } => self.acknowledges_at(member, place),
            Event::RenewsAt { member, began } => self.renews_at(member, began),
            Event::LiveAskedAt { member, waiters } => self.live_asked_at(member, waiters),
            Event::NodeSilent => self.node_silent(),
            Event::DatabaseAway { lasts } => self.database_away(lasts),
            at_node => self.happens_at_node(at_node),
        }
    }

    /// What happens at a silent node happens when it is back.
    fn happens_at_node(&mut self, event: Event) {
        let member = match &event {
            Event::Submitted { member, .. }
            | Event::Written { member, .. }
            | Event::Bell { member }
            | Event::Looks { member }
            | Event::Read { member, .. }
            | Event::Acknowledged { member }
            | Event::RenewalDue { member }
            | Event::Renewed { member, .. }
            | Event::Wakes { member, .. }
            | Event::LiveRead { member, .. } => *member,
            _ => return,
        };
        let back = self.nodes[self.members[member].node].silent_until;
        if back > self.queue.now {
            self.queue.at(back, event);
            return;
        }
        match event {
            Event::Submitted { change, .. } => self.submitted(member, change),
            Event::Written { batch, last, .. } => self.written(member, batch, last),
            Event::Bell { .. } => self.bell(member),
            Event::Looks { .. } => self.looks(member),
            Event::Read { head, .. } => self.read(member, head),
            Event::Acknowledged { .. } => self.acknowledged(member),
            Event::RenewalDue { .. } => self.renewal_due(member),
            Event::Renewed { began, head, .. } => self.renewed(member, began, head),
            Event::Wakes { waiter, .. } => self.wakes(member, waiter),
            Event::LiveRead { done, waiting, .. } => self.live_read(member, done, waiting),
            _ => {}
        }
    }

    fn node_silent(&mut self) {
        let Fault::SilentNodes { every, lasts } = self.scenario.fault else { return };
        let node = self.chance.below(self.nodes.len());
        self.nodes[node].silent_until = self.queue.now + lasts;
        self.measured.faults += 1;
        let next = self.queue.now + lasts + self.chance.until_next(every as f64);
        self.queue.at(next, Event::NodeSilent);
    }

    fn database_away(&mut self, lasts: Time) {
        let back = self.queue.now + lasts;
        for journal in 0..self.journals.len() {
            let host = self.journals[journal].host;
            self.hosts[host].away_until = back;
        }
        self.measured.faults += 1;
    }

    /// When so many statements of a member have reached the database, the last one of them; its answer not awaited.
    /// `least` is in how many round trips they could go if they were sent together.
    pub(crate) fn arrive(&mut self, member: usize, statements: u64, least: u64) -> Time {
        let (node, round_trip) = (self.members[member].node, self.round_trip(member));
        let host = self.nodes[node].host;
        let sent = self.hosts[host].work(self.queue.now, statements * NODE_WORK);
        sent + self.trips(statements, least) * round_trip - round_trip / 2
    }

    /// In how many round trips so many statements go.
    pub(crate) fn trips(&self, statements: u64, least: u64) -> u64 {
        if self.scenario.together { least } else { statements }
    }

    /// When the database has done so many statements that are there now, and the member has the answer.
    pub(crate) fn answered(&mut self, member: usize, statements: u64) -> Time {
        let host = self.journals[self.members[member].journal].host;
        let done = self.hosts[host].work(self.queue.now, statements * DATABASE_WORK);
        done + self.round_trip(member) / 2
    }

    pub(crate) fn round_trip(&self, member: usize) -> Time {
        self.scenario.round_trip(self.nodes[self.members[member].node].region)
    }

    fn close(mut self) -> Measured {
        let lasts = self.scenario.lasts;
        let journals = self.journals.len() as f64;
        self.measured.database_busy = self.journals.iter().map(|journal| self.hosts[journal.host].busy(lasts)).sum::<f64>() / journals;
        self.measured.locked = self.journals.iter().map(|journal| journal.locked_time as f64 / lasts as f64).sum::<f64>() / journals;
        self.measured.batches = self.journals.iter().map(|journal| journal.batches).sum();
        let nodes = self.nodes.iter().map(|node| self.hosts[node.host].busy(lasts));
        self.measured.node_busy = nodes.sum::<f64>() / self.nodes.len() as f64;
        for member in &self.members {
            // A lease that was over and not renewed to the end.
            self.measured.dark += lasts.saturating_sub(member.lease_end.max(self.nodes[member.node].silent_until));
        }
        self.measured.members = self.members.len();
        self.measured
    }
}

impl Journal {
    fn new(host: usize) -> Self {
        Self { host, head: 0, locked: false, lock_queue: VecDeque::new(), locked_time: 0, batches: 0, members: Vec::new() }
    }
}

impl Member {
    fn new(node: usize, journal: usize) -> Self {
        Self {
            node,
            journal,
            queue: Vec::new(),
            writing: false,
            applied: 0,
            reading: false,
            rung: false,
            lease_end: 0,
            asking: false,
            waiters: Vec::new(),
            live: true,
            acknowledged: 0,
            renewed_at: 0,
        }
    }
}
