//! `drsae man`: manual pages, one per command.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Command;
use clap::builder::Resettable;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::help;
use super::terminal::output;
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae man ~/.local/share/man/man1
  man drsae-sweep";

/// Write the manual, a page per command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder to write into; it is created if it is missing, and pages of the same name are replaced.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut command = help::command().disable_help_subcommand(true);
    command.build();
    let pages = fs::create_dir_all(&args.folder)
        .and_then(|()| write_pages(&command, &args.folder))
        .with_context(|| format!("cannot write the manual to {}", shown(&args.folder)))?;
    writeln!(output(), "{pages} pages in {}", shown(&args.folder))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the pages of a command and of those below it; returns their number.
fn write_pages(command: &Command, folder: &Path) -> io::Result<usize> {
    let without_examples = command.clone().after_help(Resettable::Reset);
    let man = Man::new(without_examples).source(concat!("drsae ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render(&mut page)?;
    examples(command).to_writer(&mut page)?;
    fs::write(folder.join(man.get_filename()), page)?;
    command.get_subcommands().try_fold(1, |pages, inner| Ok(pages + write_pages(inner, folder)?))
}

/// The section of examples, whose indented lines clap's own would fill into paragraphs.
fn examples(command: &Command) -> Roff {
    let mut section = Roff::new();
    if let Some(help) = command.get_after_help() {
        section.control("SH", ["EXAMPLES"]);
        let text = help.to_string();
        for line in text.strip_prefix("Examples:\n").unwrap_or(&text).lines() {
            if line.starts_with(' ') {
                section.control("nf", []).text([roman(line)]).control("fi", []);
            } else {
                section.text([roman(line)]).control("br", []);
            }
        }
    }
    section
}
