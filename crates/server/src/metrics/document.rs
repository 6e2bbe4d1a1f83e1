//! The page `docs/metrics.md`: the table of metrics, and the alerts that go with it.

use super::METRICS;

const BEGIN: &str = "# Metrics

For whoever runs Poort with Prometheus. Generated from `crates/server/src/metrics/table.rs` by `cargo xtask docs`.

Set `metrics_listen` to an address that only your monitoring reaches, such as `127.0.0.1:9400`; without it there are no metrics. They are
never served on the public address, and the address they are served on asks for no credential: they hold no id, name or secret, but tell
how much is used and which APIs there are. `/metrics` answers in the Prometheus text format, and in OpenMetrics to whoever accepts that;
`/livez` and `/readyz` are there too. Each node tells of itself only. Counts begin at zero when a node starts.

Counting a check costs one addition in memory that no other thread writes to; everything else is read when `/metrics` is asked. Asking
never waits for the database.

| metric | kind | labels | what it tells |
| --- | --- | --- | --- |
";

const ALERTS: &str = r#"
## Alerts

For a start; the thresholds fit a lease of 3 s. `poort doctor` and `poort nodes` say more when one of them rings.

```yaml
groups:
  - name: poort
    rules:
      - alert: PoortLeaseLow        # at 0 this node answers 503; a renewal is due every quarter of a lease
        expr: poort_lease_margin_seconds < 0.4 * poort_lease_seconds
        for: 10s
      - alert: PoortNotReady
        expr: poort_ready == 0
        for: 30s
      - alert: PoortBehind          # it does not keep up with the journal, or cannot read it
        expr: poort_journal_lag_changes > 10000 or poort_journal_age_seconds > 5
        for: 15s
      - alert: PoortWaitedOut       # a node went silent: what was wrong with it? Changes waited a lease for it, once
        expr: increase(poort_changes_waited_out_total[10m]) > 0
      - alert: PoortOutcomeUnknown  # somebody was told 504; asking again with the same Idempotency-Key tells
        expr: increase(poort_changes_outcome_unknown_total[10m]) > 0
      - alert: PoortIndexDistrusted # the database lost changes: read "When the database has lost commits" in docs/coherence.md
        expr: poort_index_distrusted == 1
      - alert: PoortRestoreFenced   # a backup was restored; what it held is refused until an operator has confirmed it
        expr: poort_restore_fenced == 1
      - alert: PoortReplicationNotSynchronous # only where a replica may take over
        expr: poort_database_replication_synchronous == 0
        for: 1m
      - alert: PoortNodesMissing    # fewer nodes than are scraped: one of them is not in the table
        expr: min(poort_nodes_live) < count(poort_build_info)
        for: 2m
      - alert: PoortEndingsSlow     # 99 of 100 endings reach every node within this
        expr: histogram_quantile(0.99, sum by (le) (rate(poort_change_acknowledgement_seconds_bucket{class="ending"}[5m]))) > 0.25
        for: 5m
      - alert: PoortDatabaseErrors
        expr: sum by (operation) (rate(poort_database_errors_total[5m])) > 0.1
        for: 5m
      - alert: PoortConnectionsRefused
        expr: increase(poort_connections_refused_total[5m]) > 0
```
"#;

/// The page.
pub fn document() -> String {
    let rows = METRICS.iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{}` | {} | {} | {} |\n", metric.name, metric.kind.name(), labels.join(", "), metric.help)
    });
    std::iter::once(BEGIN.to_owned()).chain(rows).chain([ALERTS.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Kind;
    use super::*;

    #[test]
    fn names_follow_the_conventions_and_are_unique() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(metric.name.starts_with("poort_") || metric.name.starts_with("process_"), "{}", metric.name);
            assert_eq!(metric.kind == Kind::Counter, metric.name.ends_with("_total"), "{}", metric.name);
            assert!(metric.help.ends_with('.') && !metric.help.contains(['|', '\n', '\\']), "{}", metric.name);
        }
    }

    #[test]
    fn alerts_name_metrics_that_there_are() {
        let words = ALERTS.split(|letter: char| !(letter.is_ascii_lowercase() || letter == '_'));
        let named: Vec<&str> = words.filter(|word| word.starts_with("poort_")).collect();
        assert!(named.len() > 10, "{named:?}");
        for name in named {
            assert!(METRICS.iter().any(|metric| metric.name == name.trim_end_matches("_bucket")), "{name}");
        }
    }
}
