//! The commands that run on the server's own machine: their arguments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use super::restore::{BackupArgs, RestoreArgs};

/// A command on the server's own machine.
#[derive(Debug, Subcommand)]
pub enum Local {
    /// Run the server
    Serve(ServeArgs),
    /// Run the server and a learning platform, with made-up data
    Demo(DemoArgs),
    /// Bring the database up to this version
    Migrate(ServeArgs),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Try whether letters are sent
    #[command(subcommand)]
    Mail(MailVerb),
    /// Look for what keeps the server from running well
    Doctor(ServeArgs),
    /// Write all data to a file, while the server runs; the master key is not in it
    Backup(BackupArgs),
    /// Fill an empty database from a backup; no server may be running. Then: status, confirm
    Restore(RestoreArgs),
    /// The key under which server keys are encrypted
    #[command(subcommand)]
    MasterKey(MasterKeyVerb),
    /// Make a new operator token when the others are lost; the server must not be running
    RecoverOperator(ServeArgs),
}

/// Where a server keeps its data and how it is reached.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Keep data in this folder
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Listen on this address and port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Use this database instead of a file in the data folder
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Read settings from this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// At the first start: the 2 to 4 letters with which all credentials begin
    #[arg(long, value_name = "PREFIX")]
    pub installation: Option<String>,
}

/// How the demonstration is run.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Keep data in this folder
    #[arg(long, value_name = "DIR", default_value = "poort-demo")]
    pub data: PathBuf,
    /// Listen on this port; the reference APIs listen on the four after it
    #[arg(long, default_value_t = 8400)]
    pub port: u16,
    /// When all is ready, write addresses and credentials to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Also listen here with TLS, for clients with a fixed host name
    #[arg(long, value_name = "ADDRESS:PORT", requires = "tls_cert", requires = "tls_key")]
    pub tls_listen: Option<SocketAddr>,
    /// The certificate chain for TLS
    #[arg(long, value_name = "PEM", requires = "tls_listen")]
    pub tls_cert: Option<PathBuf>,
    /// The private key for TLS
    #[arg(long, value_name = "PEM", requires = "tls_listen")]
    pub tls_key: Option<PathBuf>,
}

/// What to do with the configuration.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigVerb {
    /// Print every setting with its value and where that came from
    Show(ServeArgs),
    /// List everything that is wrong with it
    Check(ServeArgs),
}

/// What to do with mail.
#[derive(Debug, Clone, Subcommand)]
pub enum MailVerb {
    /// Send a letter to this address, with the settings of the server, which may be running
    Test(MailTestArgs),
}

/// Where to a letter is sent.
#[derive(Debug, Clone, Args)]
pub struct MailTestArgs {
    /// The settings of the server
    #[command(flatten)]
    pub server: ServeArgs,
    /// To whom
    #[arg(value_name = "ADDRESS")]
    pub address: String,
}

/// What to do with the master key.
#[derive(Debug, Clone, Subcommand)]
pub enum MasterKeyVerb {
    /// Encrypt all server keys anew under another master key; the server must not be running
    Rotate(RotateArgs),
}

/// How the master key is rotated.
#[derive(Debug, Clone, Args)]
pub struct RotateArgs {
    /// Where the server keeps its data
    #[command(flatten)]
    pub server: ServeArgs,
    /// The file of the new key; made if it is not there, and moved to the old one's place
    #[arg(long, value_name = "FILE")]
    pub new_file: Option<PathBuf>,
}
