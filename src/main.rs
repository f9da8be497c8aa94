//! `drsae`: parse, run, print the error's causes, exit.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    drsae::Cli::new().run()
}
