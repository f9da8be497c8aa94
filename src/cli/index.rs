//! `drsae index`: a page that lists all studies in a folder of results.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use super::stored::{StoredSweep, below, folders};
use super::terminal::output;
use crate::anatomy::summary::summarise;
use crate::anatomy::tables::{self, Measurement, NetworkRow};
use crate::report::{self, Anatomy, IndexedSweep};
use crate::store;
use crate::text::shown;

const EXAMPLES: &str = "\
Examples:
  drsae index                 write results/index.html
  drsae index elsewhere       write elsewhere/index.html

The page lists every sweep below the folder with its question, verdict, standing, date, state, cost
and best validation error, and links to its page, which `drsae report` writes. The tables are read
as they were merged; equal tables give equal bytes.
Exit code: 0; 1 when a sweep was left out, which a message names; 2 on an error.";

/// Write a page that lists every study of a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of all results.
    #[arg(value_name = "DIR", default_value = "results")]
    folder: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let Args { folder } = args;
    ensure!(folder.is_dir(), "there is no folder {}", shown(folder));
    let named =
        |StoredSweep { sweep, store }| IndexedSweep { name: name(folder, store.root()), sweep, store };
    let (sweeps, is_whole) = below(folder)?;
    let sweeps: Vec<_> = sweeps.into_iter().map(named).collect();
    let anatomies = anatomies(folder)?;
    ensure!(
        !sweeps.is_empty() || !anatomies.is_empty(),
        "there are no results in {} or below: `drsae sweep` writes some",
        shown(folder)
    );
    let page = folder.join(report::INDEX_PAGE);
    store::place(&page, report::index_page(&sweeps, &anatomies)?.as_bytes())?;
    writeln!(output(), "{}", shown(&page))?;
    Ok(ExitCode::from(u8::from(!is_whole)))
}

/// The anatomies below a folder that have a page.
fn anatomies(folder: &Path) -> Result<Vec<Anatomy>> {
    let has_page =
        |path: &Path| [report::ANATOMY_PAGE, Measurement::FILE].iter().all(|file| path.join(file).is_file());
    let read = |path: PathBuf| {
        let table = path.join(Measurement::FILE);
        let unreadable = || format!("cannot read {}", shown(&table));
        let bytes = fs::read(&table).with_context(unreadable)?;
        let measurements: Vec<Measurement> = tables::read(&bytes).with_context(unreadable)?;
        Ok(Anatomy { name: name(folder, &path), summaries: summarise(&measurements) })
    };
    folders(folder, &has_page)?.into_iter().map(read).collect()
}

/// The path of a results folder from the index, with `/` on every system.
fn name(folder: &Path, root: &Path) -> String {
    let inner = root.strip_prefix(folder).unwrap_or(root);
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
