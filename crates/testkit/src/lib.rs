//! A whole server for tests: real HTTP on a free port, its own database, a clock that is driven by hand.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

mod app;
mod call;
mod certificate;
mod postgres;
mod system;
mod visitor;

pub use app::App;
pub use call::{Answer, Call, basic};
pub use certificate::Certificate;
pub use postgres::{Postgres, Wire, free_port};
pub use system::{HandClock, SeededEntropy};
pub use visitor::{Visitor, encoded, hidden};
