//! Settings that are given as flags.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

/// Settings given as flags; what is absent comes from elsewhere.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Flags {
    /// `--data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `--listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// `--database`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// `--installation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<String>,
    /// Trusted proxies; the demo sets them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_proxies: Option<Vec<String>>,
}
