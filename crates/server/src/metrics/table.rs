//! The table of all metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use authority::Authority;
use store::Store;

use super::page::{Kind, Metric, Samples};
use super::{Scrape, process};

const NANOSECONDS: f64 = 1e9;

type Read = fn(&Scrape<'_>, &mut Samples<'_>);

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str, read: Read) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help, read }
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str, read: Read) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help, read }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str, read: Read) -> Metric {
    Metric { name, kind: Kind::Histogram, labels, help, read }
}

impl Scrape<'_> {
    fn authority(&self) -> &Authority {
        &self.source.node.authority
    }

    fn store(&self) -> &Store {
        self.authority().store()
    }

    fn margin(&self) -> Duration {
        self.authority().verifier().lease().margin(self.now)
    }

    fn is_ready(&self) -> bool {
        !self.source.node.is_draining() && self.margin() > Duration::ZERO
    }

    /// The last place of the journal that this node knows of, and the last one that its index holds.
    fn places(&self) -> (i64, i64) {
        let applied = self.authority().verifier().applied().0;
        (self.progress.head.0.max(applied), applied)
    }
}

fn seconds(duration: Duration) -> f64 {
    if duration == Duration::MAX { f64::INFINITY } else { duration.as_secs_f64() }
}

fn some(value: Option<f64>, out: &mut Samples<'_>) {
    if let Some(value) = value {
        out.value(value);
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// All metrics, in the order of the page.
#[rustfmt::skip]
pub static METRICS: &[Metric] = &[
    gauge("poort_build_info", &["version", "database"], "1; the labels say which version runs, on which kind of database.", |s, out| {
        out.labelled(&[env!("CARGO_PKG_VERSION"), if s.store().is_embedded() { "sqlite" } else { "postgresql" }], 1.0);
    }),
    gauge("poort_ready", &[], "1 while requests should be sent here: the lease lasts and the server was not told to stop.", |s, out| out.count(s.is_ready().into())),
    gauge("poort_index_distrusted", &[], "1 once the node has found that the database lost changes or its index missed one: it answers 503 until it is started anew.", |s, out| out.count(s.source.node.has_given_up().into())),
    gauge("poort_restore_fenced", &[], "1 while credentials of a restored backup are refused until somebody confirms them.", |s, out| out.count(s.authority().verifier().is_fenced().into())),

    gauge("poort_lease_seconds", &[], "For how long the node may answer after a renewal of its lease.", |s, out| out.value(s.source.node.config.lease_milliseconds as f64 / 1e3)),
    gauge("poort_lease_margin_seconds", &[], "How long the lease still lasts; 0 when checks are answered with 503, +Inf on SQLite.", |s, out| out.value(seconds(s.margin()))),
    counter("poort_lease_renewals_total", &["outcome"], "Renewals of the lease, by outcome: renewed or failed.", |s, out| {
        out.labelled(&["renewed"], s.progress.renewed as f64);
        out.labelled(&["failed"], s.progress.failed as f64);
    }),
    gauge("poort_nodes_live", &[], "How many nodes changes wait for, as the database said at most 30 s ago.", |s, out| some(s.source.node.observed().live_nodes().map(|live| live as f64), out)),
    gauge("poort_database_replication_synchronous", &[], "1 if commits wait for a replica, 0 if a replica that takes over may lack commits; as the database said at most 30 s ago. Not on SQLite.", |s, out| some(s.source.node.observed().synchronous().map(|is| is as f64), out)),

    gauge("poort_journal_head", &[], "The last change that this node knows of.", |s, out| out.value(s.places().0 as f64)),
    gauge("poort_journal_applied", &[], "The last change that this node's index holds.", |s, out| out.value(s.places().1 as f64)),
    gauge("poort_journal_acknowledged", &[], "The last change of which this node has told the others that its index holds it. Not on SQLite.", |s, out| some(Some(s.progress.acknowledged.0 as f64).filter(|_| !s.store().is_embedded()), out)),
    gauge("poort_journal_lag_changes", &[], "How many changes that this node knows of its index does not hold.", |s, out| out.value((s.places().0 - s.places().1) as f64)),
    gauge("poort_journal_age_seconds", &[], "How long ago the index was last known to hold all of the journal. Not on SQLite, where it always does.", |s, out| some(s.progress.age.map(seconds), out)),
    counter("poort_journal_reloads_total", &[], "Snapshots loaded because the node was far behind.", |s, out| out.count(s.progress.reloads)),

    histogram("poort_change_commit_seconds", &[], "From the call of a change until its commit is known.", |s, out| out.histogram(&[], &s.authority().meters().commits, NANOSECONDS)),
    histogram("poort_change_acknowledgement_seconds", &["class"], "From the commit of a change until every node has it or can answer nothing, by class: ending, or creation (which waits 0.5 s at most).", |s, out| {
        out.histogram(&["ending"], &s.authority().meters().endings, NANOSECONDS);
        out.histogram(&["creation"], &s.authority().meters().creations, NANOSECONDS);
    }),
    counter("poort_changes_waited_out_total", &[], "How often a change of this node has waited until the lease of a silent node was over.", |s, out| out.count(read(&s.authority().meters().waited_out))),
    counter("poort_changes_incomplete_total", &[], "Creations that were answered before every node had them.", |s, out| out.count(read(&s.authority().meters().incomplete))),
    counter("poort_changes_outcome_unknown_total", &[], "Changes that were answered with 504: whether they hold everywhere is not known.", |s, out| out.count(read(&s.authority().meters().outcome_unknown))),

    counter("poort_logout_notices_total", &["outcome"], "Telling clients that a session has ended: told, failed (one try of several), or given_up after the last try.", |s, out| {
        out.labelled(&["told"], read(&s.authority().meters().logouts_told) as f64);
        out.labelled(&["failed"], read(&s.authority().meters().logouts_failed) as f64);
        out.labelled(&["given_up"], read(&s.authority().meters().logouts_given_up) as f64);
    }),

    counter("poort_letters_total", &["outcome"], "Sending letters by mail: sent, failed (one try of several), or given_up.", |s, out| {
        out.labelled(&["sent"], read(&s.authority().meters().letters_sent) as f64);
        out.labelled(&["failed"], read(&s.authority().meters().letters_failed) as f64);
        out.labelled(&["given_up"], read(&s.authority().meters().letters_given_up) as f64);
    }),

    gauge("poort_writer_waiting", &[], "Changes that wait for the writer.", |s, out| out.value(s.store().waiting_changes() as f64)),
    histogram("poort_writer_batch_changes", &[], "How many changes shared a commit; the count is that of the commits.", |s, out| out.histogram(&[], &s.store().meters().batches, 1.0)),
    counter("poort_writer_batches_failed_total", &[], "Transactions of the writer that failed as a whole.", |s, out| out.count(read(&s.store().meters().failed_batches))),
    counter("poort_database_errors_total", &["operation"], "What the database, or what it holds, made fail: read, write, or journal (following the other nodes' changes).", |s, out| {
        out.labelled(&["read"], read(&s.store().meters().failed_reads) as f64);
        out.labelled(&["write"], read(&s.store().meters().failed_writes) as f64);
        out.labelled(&["journal"], s.progress.unread as f64);
    }),

    counter("poort_checks_total", &["api", "verdict"], "Checks that were allowed, or allowed without a credential (anonymous), by API; the API poort are Poort's own surfaces.", |s, out| {
        for checks in s.checks.iter().filter(|checks| !checks.api.is_empty()) {
            out.labelled(&[&checks.api, "allowed"], checks.allowed as f64);
            out.labelled(&[&checks.api, "anonymous"], checks.anonymous as f64);
        }
    }),
    counter("poort_refusals_total", &["api", "reason"], "Checks that were refused, by API and reason; no API where the question named none that is known.", |s, out| {
        for checks in &s.checks {
            for (refusal, count) in checks.refused.iter().filter(|(_, count)| *count > 0 || !checks.api.is_empty()) {
                out.labelled(&[&checks.api, refusal.code()], *count as f64);
            }
        }
    }),
    counter("poort_checks_unavailable_total", &[], "Checks that were answered with 503, because the lease was over or a snapshot was being loaded.", |s, out| out.count(s.checks.iter().map(|checks| checks.unavailable).sum())),
    gauge("poort_live_credentials", &[], "Secrets of personal and organisation tokens that the index holds and that are not revoked.", |s, out| out.value(s.authority().verifier().live_tokens() as f64)),
    counter("poort_index_anomalies_total", &["kind"], "What should not happen: unknown (a change about something that the index does not hold, or has no room for), dropped_tombstones (revoked credentials forgotten early). Left out during a load.", |s, out| {
        if let Some(anomalies) = s.authority().verifier().anomalies_so_far() {
            out.labelled(&["unknown"], anomalies.unknown as f64);
            out.labelled(&["dropped_tombstones"], anomalies.dropped_tombstones as f64);
        }
    }),
    gauge("poort_uses_unwritten", &[], "Credentials of which uses were counted that could not be written; they are tried again.", |s, out| out.value(s.authority().unwritten_uses() as f64)),

    gauge("poort_connections", &[], "Connections of clients on all listeners, this one among them.", |s, out| out.count(s.source.edge.connections())),
    counter("poort_connections_refused_total", &[], "Connections that were refused because there were too many busy ones.", |s, out| out.count(s.source.edge.refused_connections())),
    counter("process_cpu_seconds_total", &[], "Processor time of the process.", |_, out| out.value(process::cpu_seconds())),
    gauge("process_resident_memory_bytes", &[], "Resident memory of the process.", |_, out| some(process::resident_bytes(), out)),
    gauge("process_open_fds", &[], "Open file descriptors.", |_, out| some(process::open_files(), out)),
    gauge("process_max_fds", &[], "File descriptors that may be open.", |_, out| some(process::most_files(), out)),
    gauge("process_start_time_seconds", &[], "When the process started to serve, in seconds since 1970.", |s, out| out.value(s.source.started_at.unix_microseconds() as f64 / 1e6)),
];
