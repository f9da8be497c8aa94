//! `drsae completions`: the script by which a shell completes commands and options.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::Arguments;
use super::terminal::output;

const EXAMPLES: &str = "\
Examples:
  drsae completions bash >~/.local/share/bash-completion/completions/drsae
  drsae completions zsh >~/.zfunc/_drsae        with ~/.zfunc in $fpath, before compinit
  drsae completions fish >~/.config/fish/completions/drsae.fish
  drsae completions powershell >>$PROFILE";

/// Print the script that completes commands and options in a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    // In memory: clap panics where it cannot write, as into a closed pipe.
    let mut script = Vec::new();
    generate(args.shell, &mut command, name, &mut script);
    output().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
