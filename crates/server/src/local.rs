//! Commands on the server's own machine: serve, demo, migrate, config, doctor.

use std::future::Future;
use std::path::Path;

use crate::cli::local::{ConfigVerb, DemoArgs, Local, MailVerb, MasterKeyVerb, ServeArgs};
use crate::cli::texts::Language;
use crate::cli::{Exit, Globals};
use crate::config::{Config, Flags, Problem};
use crate::node::StartError;
use crate::{backup, demo, doctor, keys, log, serve};

/// Carries out a command and gives the program's exit code.
pub fn run(command: Local, globals: &Globals) -> u8 {
    let done = match command {
        Local::Serve(args) => configured(&args).and_then(|config| block_on(serve::serve(config))),
        Local::Demo(args) => run_demo(args),
        Local::Migrate(args) => configured(&args).and_then(|config| block_on(doctor::migrate(config))),
        Local::Config(ConfigVerb::Show(args)) => {
            Config::shown(args.config.as_deref(), &flags(&args)).map(|text| print(&text)).map_err(|problems| told(&problems))
        }
        Local::Config(ConfigVerb::Check(args)) => configured(&args).map(|_| print("The configuration is valid.\n")),
        Local::Backup(args) => configured(&args.server).and_then(|config| block_on(backup::back_up(config, args, language(globals)))),
        Local::Restore(args) => configured(&args.server).and_then(|config| block_on(backup::restore(config, args, language(globals)))),
        Local::Mail(MailVerb::Test(args)) => {
            configured(&args.server).and_then(|config| block_on(crate::letter::send_trial(config, args.address, language(globals).into())))
        }
        Local::Doctor(args) => configured(&args).and_then(|config| block_on(doctor::examine(config, globals.json))),
        Local::MasterKey(MasterKeyVerb::Rotate(args)) => {
            configured(&args.server).and_then(|config| block_on(keys::rotate(config, args.new_file)))
        }
        Local::RecoverOperator(args) => configured(&args).and_then(|config| block_on(serve::recover_operator(config))),
    };
    match done {
        Ok(()) => Exit::Ok as u8,
        Err(error) => {
            complain(&error.to_string());
            Exit::Failed as u8
        }
    }
}

fn language(globals: &Globals) -> Language {
    globals.lang.unwrap_or(Language::En)
}

fn configured(args: &ServeArgs) -> Result<Config, StartError> {
    let config = Config::load(args.config.as_deref(), &flags(args)).map_err(|problems| told(&problems))?;
    log::start(config.log_format, config.log_level);
    Ok(config)
}

fn flags(args: &ServeArgs) -> Flags {
    let ServeArgs { data, listen, database, installation, .. } = args.clone();
    Flags { data, listen, database, installation, trusted_proxies: None }
}

fn run_demo(args: DemoArgs) -> Result<(), StartError> {
    log::start(crate::config::LogFormat::Text, crate::config::LogLevel::Warn);
    let tls = match (args.tls_listen, args.tls_cert, args.tls_key) {
        (Some(listen), Some(certificate), Some(key)) => Some(demo::Tls { listen, certificate, key }),
        _ => None,
    };
    block_on(demo::run(demo::Options { data: args.data, port: args.port, ready_file: args.ready_file, tls }))
}

fn told(problems: &[Problem]) -> StartError {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    StartError::Configuration(format!("the configuration is not valid:\n  {}", lines.join("\n  ")))
}

fn block_on(future: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(StartError::file(Path::new("runtime")))?;
    runtime.block_on(future)
}

/// Says a line to whoever runs the program; the log is for others.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "the complaint of a command")]
fn complain(text: &str) {
    eprintln!("poort: {text}");
}
