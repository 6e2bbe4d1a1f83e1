//! PostgreSQL: pools of connections, and how statements run on one.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Manager, ManagerConfig, Pool, PoolConfig, RecyclingMethod, Runtime, Timeouts};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::error::{StoreError, conflict};
use crate::link::Watched;
use crate::options::Options;
use crate::statement::{Engine, Statement};
use crate::value::{Param, Row, Value};

/// How long the network may swallow what was sent before a connection counts as broken.
const SILENCE: Duration = Duration::from_secs(5);
const RECYCLING: ManagerConfig = ManagerConfig { recycling_method: RecyclingMethod::Fast };

/// How connections are encrypted.
pub(crate) enum Tls {
    Off,
    On(tokio_postgres_rustls::MakeRustlsConnect),
}

/// A pool of up to `size` connections, none of them opened yet.
pub(crate) fn pool(url: &str, options: &Options, size: usize) -> Result<Pool, StoreError> {
    pool_with(url, options, size, "")
}

/// A pool whose connections begin with these further settings, `-c NAME=VALUE`.
pub(crate) fn pool_with(url: &str, options: &Options, size: usize, settings: &str) -> Result<Pool, StoreError> {
    let manager = match config(url, options, settings)? {
        (config, Tls::Off) => Manager::from_config(config, tokio_postgres::NoTls, RECYCLING),
        (config, Tls::On(tls)) => Manager::from_config(config, tls, RECYCLING),
    };
    of(manager, options, size)
}

/// A pool of one connection that commits synchronously and sets the flag when PostgreSQL warns.
pub(crate) fn watched_pool(url: &str, options: &Options, warned: Arc<AtomicBool>) -> Result<Pool, StoreError> {
    let manager = match config(url, options, "-c synchronous_commit=on")? {
        (config, Tls::Off) => Manager::from_connect(config, Watched { tls: tokio_postgres::NoTls, warned }, RECYCLING),
        (config, Tls::On(tls)) => Manager::from_connect(config, Watched { tls, warned }, RECYCLING),
    };
    of(manager, options, 1)
}

/// How a connection is opened.
pub(crate) fn config(url: &str, options: &Options, settings: &str) -> Result<(tokio_postgres::Config, Tls), StoreError> {
    let (url, verify) = without_verification(url);
    let mut config: tokio_postgres::Config =
        url.parse().map_err(|_| StoreError::Refused("the database URL is not a PostgreSQL URL".into()))?;
    config.connect_timeout(options.connect_timeout);
    config.tcp_user_timeout(SILENCE);
    config.keepalives_idle(SILENCE);
    config.application_name("poort");
    let milliseconds = options.statement_timeout.as_millis();
    // A transaction that stands still holds the journal's head: a cut-off client must not stop all others.
    config.options(
        format!("-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={milliseconds} {settings}").trim_end(),
    );
    if verify || options.root_certificate.is_some() {
        config.ssl_mode(SslMode::Require);
    }
    if config.get_ssl_mode() == SslMode::Require {
        Ok((config, Tls::On(tls(options.root_certificate.as_deref())?)))
    } else {
        config.ssl_mode(SslMode::Disable);
        Ok((config, Tls::Off))
    }
}

fn of(manager: Manager, options: &Options, size: usize) -> Result<Pool, StoreError> {
    let wait = Some(options.connect_timeout);
    Pool::builder(manager)
        .config(PoolConfig { max_size: size, timeouts: Timeouts { wait, create: wait, recycle: wait }, ..PoolConfig::default() })
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::defect(error.to_string()))
}

/// `sslmode=verify-ca` and `verify-full` are libpq's words; tokio-postgres knows `require` only. Here a certificate is
/// always verified, name and all, so that the three mean the same.
fn without_verification(url: &str) -> (String, bool) {
    let mut verify = false;
    let mut url = url.to_owned();
    for mode in ["sslmode=verify-full", "sslmode=verify-ca"] {
        verify |= url.contains(mode);
        url = url.replace(mode, "sslmode=require");
    }
    (url, verify)
}

fn tls(root_certificate: Option<&Path>) -> Result<tokio_postgres_rustls::MakeRustlsConnect, StoreError> {
    let Some(path) = root_certificate else {
        return Err(StoreError::Refused("TLS to the database needs the root certificate file that signed its certificate".into()));
    };
    let unreadable = || StoreError::Refused("the database's root certificate file cannot be read as PEM".into());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unreadable())? {
        roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::defect(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}

/// Takes a connection from the pool.
pub(crate) async fn connection(pool: &Pool) -> Result<deadpool_postgres::Object, StoreError> {
    pool.get().await.map_err(|error| match error {
        deadpool_postgres::PoolError::Backend(error) => {
            // Whatever stops us from connecting, a wrong password too, is an outage to whoever asks.
            StoreError::unavailable(format!("connecting to PostgreSQL failed: {}", cause(&error)))
        }
        error => StoreError::unavailable(format!("no connection to PostgreSQL: {error}")),
    })
}

/// A standby serves readers only, and says so in many ways; this is the one for whoever starts a server on it.
pub(crate) async fn refuse_standby(client: &ClientWrapper) -> Result<(), StoreError> {
    let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await;
    match row.and_then(|row| row.try_get(0)).map_err(|error| store_error(&error))? {
        true => Err(StoreError::Refused(
            "this PostgreSQL is a read-only standby: name the primary in the URL, or both of them with target_session_attrs=read-write"
                .into(),
        )),
        false => Ok(()),
    }
}

pub(crate) async fn execute(client: &ClientWrapper, statement: &'static Statement, params: &[Param<'_>]) -> Result<u64, StoreError> {
    let run = async {
        let prepared = client.prepare_cached(statement.for_engine(Engine::Postgres)).await?;
        client.execute_raw(&prepared, params).await
    };
    run.await.map_err(|error| failed(statement, &error))
}

pub(crate) async fn execute_all(client: &ClientWrapper, work: &[(&'static Statement, &[Param<'_>])]) -> Result<(), StoreError> {
    // Prepared first and one after the other: a statement that is prepared meanwhile would upset the order.
    for (statement, _) in work {
        let prepared = client.prepare_cached(statement.for_engine(Engine::Postgres)).await;
        prepared.map_err(|error| failed(statement, &error))?;
    }
    // Polled in order, so sent in order; the first error ends the waiting.
    try_join_all(work.iter().map(|(statement, params)| execute(client, statement, params))).await?;
    Ok(())
}

pub(crate) async fn rows(client: &ClientWrapper, statement: &'static Statement, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    let run = async {
        let prepared = client.prepare_cached(statement.for_engine(Engine::Postgres)).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        let rows = client.query(&prepared, &params).await?;
        rows.iter().map(|row| Ok(Row::new(statement.name(), values(row)?))).collect::<Result<Vec<Row>, tokio_postgres::Error>>()
    };
    run.await.map_err(|error| failed(statement, &error))
}

/// Calls `take` with each row, as they come.
pub(crate) async fn each(
    client: &ClientWrapper,
    statement: &'static Statement,
    params: &[Param<'_>],
    mut take: impl FnMut(&tokio_postgres::Row) -> Result<(), StoreError> + Send,
) -> Result<(), StoreError> {
    let failed = |error| failed(statement, &error);
    let prepared = client.prepare_cached(statement.for_engine(Engine::Postgres)).await.map_err(failed)?;
    let mut rows = std::pin::pin!(client.query_raw(&prepared, params).await.map_err(failed)?);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        take(&row)?;
    }
    Ok(())
}

/// What an error means for whoever asked. Never its detail: PostgreSQL puts the row's values there.
pub(crate) fn store_error(error: &tokio_postgres::Error) -> StoreError {
    let Some(state) = error.code() else {
        let broken = error.is_closed() || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
        let cause = format!("PostgreSQL: {}", cause(error));
        return if broken { StoreError::unavailable(cause) } else { StoreError::defect(cause) };
    };
    let constraint = error.as_db_error().and_then(|error| error.constraint()).unwrap_or_default();
    let code = state.code();
    match code {
        "23505" => StoreError::Conflict(conflict::from_constraint(constraint)),
        "23503" => StoreError::Conflict(conflict::PARENT),
        "40001" | "40P01" => StoreError::passing(format!("PostgreSQL: {code}")),
        "XX001" | "XX002" => StoreError::corrupt(format!("PostgreSQL: {code}")),
        // A standby that was asked to write; 08 connection, 53 full or out of memory, 57 stopped or too slow, 58 the
        // system below it, 28 and 3D not let in.
        // 55000: during recovery there is no place where the log is written.
        "25006" | "55000" => StoreError::unavailable("PostgreSQL: read-only, a standby perhaps"),
        _ if ["08", "53", "57", "58", "28", "3D"].iter().any(|class| code.starts_with(class)) => {
            StoreError::unavailable(format!("PostgreSQL: {code}"))
        }
        _ => StoreError::defect(format!("PostgreSQL: {code} {}", error.as_db_error().map_or("", |error| error.message()))),
    }
}

/// What an error of COMMIT means: PostgreSQL's own answer is certain, a broken connection is not.
pub(crate) fn commit_error(error: &tokio_postgres::Error) -> StoreError {
    match error.code() {
        // An administrator's shut-down may reach the client after the commit reached the disk.
        Some(state) if *state != SqlState::ADMIN_SHUTDOWN && *state != SqlState::CRASH_SHUTDOWN => store_error(error),
        _ => StoreError::outcome_unknown(format!("PostgreSQL, at commit: {}", cause(error))),
    }
}

fn failed(statement: &'static Statement, error: &tokio_postgres::Error) -> StoreError {
    let error = store_error(error);
    if let StoreError::Defect(cause) = &error {
        return StoreError::defect(format!("{}: {cause}", statement.name()));
    }
    error
}

fn cause(error: &tokio_postgres::Error) -> String {
    error.code().map_or_else(|| error.to_string(), |state| state.code().to_owned())
}

/// All values of a row.
pub(crate) fn values(row: &tokio_postgres::Row) -> Result<Vec<Value>, tokio_postgres::Error> {
    let column = |(place, column): (usize, &tokio_postgres::Column)| {
        Ok(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.map_or(Value::Null, Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(place)?.map_or(Value::Null, |number| Value::Int(number.into())),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place)?.map_or(Value::Null, Value::Bytes),
            _ => row.try_get::<_, Option<String>>(place)?.map_or(Value::Null, Value::Text),
        })
    };
    row.columns().iter().enumerate().map(column).collect()
}

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}
