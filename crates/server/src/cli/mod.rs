//! The command `poort`: what can be asked of it, and its client of the management API.
//!
//! Commands on the server's own machine ([`Local`]) are handed to the caller; all others speak with a server over
//! HTTP, or with nobody. The environment, the clock, randomness and the three streams are handed in.

mod announcement;
mod api;
mod audit;
mod client;
mod closing;
mod column;
mod context;
mod credential;
mod delegation;
pub mod exit;
mod failure;
mod import;
pub mod local;
mod membership;
mod operator;
mod organisation;
mod organisation_key;
mod organisation_token;
mod person;
pub mod reference;
mod restore;
mod screen;
mod secret;
mod server_key;
pub mod settings;
#[cfg(test)]
mod tests;
pub mod texts;
mod token;
mod usage;
mod verify;
mod why;
mod workspace;

use std::ffi::OsString;
use std::io::Write as _;

use clap::{CommandFactory as _, Parser, Subcommand};
use domain::Timestamp;
use domain::entropy::Entropy;

use client::Client;
use column::{Column, Shape, plain, shaped};
use context::Context;
pub use exit::Exit;
use failure::Attempt;
pub use local::Local;
use local::RestoreArgs;
use screen::Screen;
pub use screen::Streams;
pub use settings::{Environment, Globals};
use texts::Text;

/// An API access authority: issues, shows once, checks and ends the credentials with which software uses an API
#[derive(Debug, Parser)]
#[command(name = "poort", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "See also: poort help exit-codes, poort help environment")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything that can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// On the server's own machine.
    #[command(flatten)]
    Local(Local),
    /// Of a server.
    #[command(flatten)]
    Remote(Remote),
    /// Say whether a text is well-formed, of which kind and installation; without a server
    Verify(verify::VerifyArgs),
    /// Print what a shell needs to complete commands
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print help about a command, or about exit-codes or environment
    Help {
        /// A command, or a topic: exit-codes, environment, configuration, metrics, reference
        topic: Vec<String>,
    },
}

/// What can be asked of a server.
#[derive(Debug, Subcommand)]
pub enum Remote {
    /// Organisations
    #[command(subcommand)]
    Organisation(organisation::Verb),
    /// People
    #[command(subcommand)]
    Person(person::Verb),
    /// Who belongs to which organisation
    #[command(subcommand)]
    Membership(membership::Verb),
    /// Personal tokens
    #[command(subcommand)]
    Token(token::Verb),
    /// The parts of organisations that access can be limited to
    #[command(subcommand)]
    Workspace(workspace::Verb),
    /// Tokens of organisations: username and code
    #[command(subcommand)]
    OrganisationToken(organisation_token::Verb),
    /// Keys of organisations: public id and private key, also as OAuth clients
    #[command(subcommand)]
    OrganisationKey(organisation_key::Verb),
    /// Delegations: who may do what in whose workspace
    #[command(subcommand)]
    Delegation(delegation::Verb),
    /// Protected APIs
    #[command(subcommand)]
    Api(api::Verb),
    /// What the owners of APIs tell those who use them
    #[command(subcommand)]
    Announcement(announcement::Verb),
    /// The people who run the installation, and operator tokens
    #[command(subcommand)]
    Operator(operator::Verb),
    /// The keys with which the server seals and signs
    #[command(subcommand)]
    Keys(server_key::Verb),
    /// The journal of changes
    #[command(subcommand)]
    Audit(audit::Verb),
    /// List the nodes that share the database, and how far behind they are
    Nodes {
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: client::Stretch,
    },
    /// Show to whom the token belongs
    Whoami,
    /// Tell what tokens and keys did by day, accepted and refused
    Usage(usage::UsageArgs),
    /// Say why a request was refused, step by step
    Why {
        /// The request's id, as in the Request-Id header of its answer
        request: domain::RequestId,
    },
    /// After a restore; `poort restore` leads here.
    #[command(skip)]
    Restore(restore::Verb),
}

/// What a command is given of the world around it.
pub struct World<'w> {
    /// The environment variables.
    pub environment: &'w Environment,
    /// The source of idempotency keys.
    pub entropy: &'w dyn Entropy,
    /// The wall clock.
    pub now: Timestamp,
    /// The streams.
    pub streams: Streams,
}

/// Carries out a command line; `local` carries out what concerns the server's own machine.
pub fn run(arguments: impl IntoIterator<Item = OsString>, mut world: World<'_>, local: impl FnOnce(Local, &Globals) -> u8) -> u8 {
    let mut cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(told) => return usage(&told, &mut world.streams),
    };
    if let Command::Local(Local::Restore(RestoreArgs { verb: Some(verb), .. })) = cli.command {
        cli.command = Command::Remote(Remote::Restore(verb));
    }
    if let Command::Local(command) = cli.command {
        cli.globals.lang = Some(cli.globals.language(world.environment));
        return local(command, &cli.globals);
    }
    let mut screen = cli.globals.screen(world.streams, world.environment, world.now);
    let outcome = match &cli.command {
        Command::Verify(arguments) => verify::run(arguments, world.environment.get("POORT_INSTALLATION"), &mut screen),
        Command::Completions { shell } => completions(*shell, &mut screen),
        Command::Help { topic } => reference::help(topic, &mut screen),
        Command::Remote(command) => {
            let target = cli.globals.target(world.environment, &mut screen);
            match target.and_then(Client::new) {
                Ok(client) => {
                    let mut context = Context { client, screen, entropy: world.entropy };
                    let outcome = remote(command, &mut context);
                    screen = context.screen;
                    outcome
                }
                Err(failure) => Err(failure),
            }
        }
        Command::Local(_) => Ok(()),
    };
    match outcome {
        Ok(()) => Exit::Ok.code(),
        Err(failure) => {
            screen.fail(&failure);
            failure.exit.code()
        }
    }
}

fn remote(command: &Remote, context: &mut Context<'_>) -> Attempt<()> {
    match command {
        Remote::Organisation(verb) => organisation::run(verb, context),
        Remote::Person(verb) => person::run(verb, context),
        Remote::Membership(verb) => membership::run(verb, context),
        Remote::Token(verb) => token::run(verb, context),
        Remote::Workspace(verb) => workspace::run(verb, context),
        Remote::OrganisationToken(verb) => organisation_token::run(verb, context),
        Remote::OrganisationKey(verb) => organisation_key::run(verb, context),
        Remote::Delegation(verb) => delegation::run(verb, context),
        Remote::Api(verb) => api::run(verb, context),
        Remote::Announcement(verb) => announcement::run(verb, context),
        Remote::Operator(verb) => operator::run(verb, context),
        Remote::Keys(verb) => server_key::run(verb, context),
        Remote::Audit(verb) => audit::run(verb, context),
        Remote::Nodes { stretch } => context.list(&["nodes"], &[], stretch, &NODES),
        Remote::Whoami => context.show(&["whoami"], &WHOAMI),
        Remote::Usage(arguments) => usage::run(arguments, context),
        Remote::Why { request } => why::run(*request, context),
        Remote::Restore(verb) => restore::run(verb, context),
    }
}

const NODES: [Column; 8] = [
    plain("id", Text::ColumnId),
    plain("name", Text::ColumnName),
    plain("live", Text::ColumnLive),
    plain("lag", Text::ColumnLag),
    plain("acknowledged", Text::ColumnAcknowledged),
    plain("lease_milliseconds", Text::ColumnLease),
    plain("lease_number", Text::ColumnRenewals),
    shaped("renewed_at", Text::ColumnRenewed, Shape::Time),
];

const WHOAMI: [Column; 6] = [
    plain("kind", Text::ColumnKind),
    plain("credential", Text::ColumnId),
    plain("person", Text::ColumnPerson),
    plain("organisation", Text::ColumnOrganisation),
    shaped("roles", Text::ColumnRoles, Shape::Names),
    shaped("permissions", Text::ColumnPermissions, Shape::Names),
];

fn completions(shell: clap_complete::Shell, screen: &mut Screen) -> Attempt<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "poort", &mut script);
    screen.streams.output.write_all(&script)?;
    Ok(screen.streams.output.flush()?)
}

/// Help and versions go to standard output and are no error; wrong usage is.
fn usage(told: &clap::Error, streams: &mut Streams) -> u8 {
    let stream = if told.use_stderr() { &mut streams.errors } else { &mut streams.output };
    let written = write!(stream, "{}", told.render()).and_then(|()| stream.flush());
    match written {
        Ok(()) if !told.use_stderr() => Exit::Ok.code(),
        Ok(()) => Exit::Usage.code(),
        Err(_) => Exit::Failed.code(),
    }
}
