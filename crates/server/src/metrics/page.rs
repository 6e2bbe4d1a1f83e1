//! The two text formats that Prometheus reads: its own of old, and OpenMetrics where it is asked for.

use std::fmt::Write as _;

use domain::Histogram;

use super::Scrape;

/// A format of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// The one for a client that accepts these media types.
    pub(super) fn for_whom(accept: &str) -> Self {
        let asked = accept.split(',').any(|range| range.trim().starts_with("application/openmetrics-text"));
        if asked { Self::OpenMetrics } else { Self::Text }
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only rises, until the process is started anew.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts in steps.
    Histogram,
}

impl Kind {
    /// Its word in both formats.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A row of the table.
pub struct Metric {
    /// Its name; the unit is in it, and that of a counter ends in `_total`.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it tells, in one line.
    pub help: &'static str,
    pub(super) read: fn(&Scrape<'_>, &mut Samples<'_>),
}

/// Takes the values of one metric.
pub(super) struct Samples<'p> {
    metric: &'p Metric,
    text: String,
}

impl Samples<'_> {
    /// The value of a metric without labels.
    pub(super) fn value(&mut self, value: f64) {
        self.labelled(&[], value);
    }

    /// A count.
    pub(super) fn count(&mut self, count: u64) {
        self.value(count as f64);
    }

    /// A value, with the values of the metric's labels in their order.
    pub(super) fn labelled(&mut self, labels: &[&str], value: f64) {
        self.line("", labels, None, value);
    }

    /// A histogram; `unit` is how many of its counts' units make one of the metric's.
    pub(super) fn histogram(&mut self, labels: &[&str], histogram: &Histogram, unit: f64) {
        for (bound, count) in histogram.steps() {
            self.line("_bucket", labels, Some(bound as f64 / unit), count as f64);
        }
        let count = histogram.count() as f64;
        self.line("_bucket", labels, Some(f64::INFINITY), count);
        self.line("_sum", labels, None, histogram.sum() as f64 / unit);
        self.line("_count", labels, None, count);
    }

    fn line(&mut self, suffix: &str, values: &[&str], bound: Option<f64>, value: f64) {
        debug_assert_eq!(values.len(), self.metric.labels.len(), "{}", self.metric.name);
        let labels = self.metric.labels.iter().zip(values).map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
        let labels: Vec<String> = labels.chain(bound.map(|bound| format!("le=\"{}\"", number(bound)))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        // Writing to memory cannot fail.
        let _ = writeln!(self.text, "{}{suffix}{labels} {}", self.metric.name, number(value));
    }
}

/// The page with all of these metrics; one that has no value now is left out.
pub(super) fn write(format: Format, metrics: &[Metric], scrape: &Scrape<'_>) -> String {
    let mut page = String::with_capacity(16 * 1024);
    for metric in metrics {
        let mut samples = Samples { metric, text: String::new() };
        (metric.read)(scrape, &mut samples);
        if samples.text.is_empty() {
            continue;
        }
        // OpenMetrics names the family of a counter without its ending.
        let family = match (format, metric.kind) {
            (Format::OpenMetrics, Kind::Counter) => metric.name.trim_end_matches("_total"),
            _ => metric.name,
        };
        let _ = write!(page, "# HELP {family} {}\n# TYPE {family} {}\n{}", metric.help, metric.kind.name(), samples.text);
    }
    if format == Format::OpenMetrics {
        page.push_str("# EOF\n");
    }
    page
}

fn number(value: f64) -> String {
    if value == f64::INFINITY { "+Inf".to_owned() } else { format!("{value}") }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_one_that_is_asked_for() {
        let of_prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(Format::for_whom(of_prometheus), Format::OpenMetrics);
        for accept in ["", "*/*", "text/plain"] {
            assert_eq!(Format::for_whom(accept), Format::Text, "{accept}");
        }
    }

    #[test]
    fn values_and_labels_are_written_as_both_formats_ask() {
        for (value, text) in [(0.0, "0"), (0.0005, "0.0005"), (f64::INFINITY, "+Inf"), (1e9, "1000000000")] {
            assert_eq!(number(value), text);
        }
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
