//! The log: one line an event, for people or as JSON; never a secret, never an address book.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogFormat, LogLevel};

/// Says where a panic was and not what it said: its text may hold what a caller sent.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        if tracing::dispatcher::has_been_set() {
            tracing::error!(place, "a panic");
        } else {
            complain(&place);
        }
    }));
}

/// Starts the log on standard error. A second call changes nothing.
pub fn start(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Libraries tell more about their inside than an operator wants to read.
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(
        ["server", "poort", "poort_authority", "poort_store", "poort_gateway", "poort_portals", "poort_verifier"]
            .map(|target| (target, level)),
    );
    let registry = tracing_subscriber::registry().with(targets);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    // Fails only where a log was started before, as several tests in one process do.
    let _ = match format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
}

#[expect(clippy::print_stderr, reason = "before there is a log, and in commands that have none")]
fn complain(place: &str) {
    eprintln!("poort: a panic at {place}: this is a defect of the program");
}
