//! The program `poort`.

use std::process::ExitCode;

use domain::time::Clock as _;
use server::cli::{self, Environment, Streams, World};
use server::system::{SystemClock, SystemEntropy};
use server::{local, log};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    log::quiet_panics();
    let environment = Environment::of_this_process();
    let world = World { environment: &environment, entropy: &SystemEntropy, now: SystemClock.now(), streams: Streams::of_this_process() };
    ExitCode::from(cli::run(std::env::args_os(), world, local::run))
}
