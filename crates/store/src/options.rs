//! Which database, and how it is used.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::StoreError;

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file; made if it does not exist.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, `postgres://user:password@host:port/name`.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`, `postgres://…`, `postgresql://…`, or a plain path, which is SQLite's.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let parsed = text.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
            return match parsed.parse::<tokio_postgres::Config>() {
                Ok(_) => Ok(Self::Postgres(text.to_owned())),
                Err(_) => Err(StoreError::Refused("the database URL is not a PostgreSQL URL".into())),
            };
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains("://") || path.contains('\0') {
            return Err(StoreError::Refused("the database must be sqlite:PATH or postgres://…".into()));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    /// A PostgreSQL URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which database.
    pub url: DatabaseUrl,
    /// Whether an embedded database is locked for this process. Maintenance that may run beside the server opens without.
    pub exclusive: bool,
    /// How many readings run at the same time at most; further ones wait.
    pub readers: usize,
    /// How long one statement may take (PostgreSQL), and how long a reading may wait for its turn.
    pub statement_timeout: Duration,
    /// How long opening a connection may take, and waiting for a free one.
    pub connect_timeout: Duration,
    /// How long a caller waits for its change at most; after that the outcome is unknown.
    pub write_timeout: Duration,
    /// For how long this node may answer from its index after a renewal of its lease. The others wait 1.1/0.9 times as
    /// long for one that vanished.
    pub lease: Duration,
    /// A PEM file with the certificates that PostgreSQL's certificate must descend from. Turns TLS on.
    pub root_certificate: Option<PathBuf>,
}

impl Options {
    /// The defaults: exclusive, 4 readers, 5 s for a statement, 2 s to connect, 10 s for a change, a lease of 3 s.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            exclusive: true,
            readers: 4,
            statement_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(2),
            write_timeout: Duration::from_secs(10),
            lease: Duration::from_secs(3),
            root_certificate: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let sqlite = |path: &str| DatabaseUrl::Sqlite(PathBuf::from(path));
        for (text, wanted) in [("sqlite:/a/b.db", sqlite("/a/b.db")), ("sqlite:///a/b.db", sqlite("/a/b.db")), ("b.db", sqlite("b.db"))] {
            assert_eq!(DatabaseUrl::parse(text).expect("a database"), wanted);
        }
        let url = "postgres://poort:hush@localhost:5432/poort?sslmode=verify-full";
        let postgres = DatabaseUrl::parse(url).expect("a database");
        assert_eq!(postgres, DatabaseUrl::Postgres(url.to_owned()));
        assert!(!format!("{postgres:?}").contains("hush"));
        for bad in ["", "sqlite:", "mysql://a", "postgres://a?sslmode=perhaps"] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
