//! The server: configuration, wiring, the route tables and the command line. Rules are in `domain` and `authority`.

mod alone;
pub mod api;
mod backup;
pub mod cli;
mod coherence;
pub mod config;
pub mod console;
pub mod demo;
mod doctor;
pub mod edge;
mod health;
pub mod keys;
mod language;
pub mod local;
pub mod log;
mod loss;
pub mod metrics;
pub mod node;
mod person_tokens;
mod progress;
pub mod serve;
mod set_up;
mod snapshot;
mod stop;
pub mod system;
pub mod task;
mod tls;
