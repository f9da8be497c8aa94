//! `drsae compare`: one table of the cells of any number of sweeps.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use super::stored::{StoredSweep, named};
use super::terminal::{output, print_message, space};
use crate::analysis::{Space, count, render};
use crate::compare::{CellTable, ComparedSweep, Filter, Order};
use crate::text::{printable, shell_quoted, shown, wrap};
use crate::{export, report, store};

/// Rows on a terminal.
const SCREEN: usize = 20;
/// The outputs that have the columns without room.
const SOURCE: &str = "--format csv, --output FILE.html";

const EXAMPLES: &str = "\
Examples:
  drsae compare results                              every sweep below results/
  drsae compare depth width --where 'model.steps >= 5'
  drsae compare results --where 'model.family = drsae' --where 'test_error < 1' --limit 0
  drsae compare results --sort seconds               the shortest training first
  drsae compare results --format csv >cells.csv      every column, all digits
  drsae compare results --output cells.html          a page that can be sorted

A row is a cell: the trials that differ only in their seed. Settings that differ between the rows
are columns; the caption has the others. The best validation error comes first, never the best
test error: networks are chosen without the test images.
--where compares a column of the CSV table, or a setting of the caption, with a value: = and !=,
and for numbers < <= > >=. A setting that a row does not have is unequal to every value.
The tables are read as they were merged, and no results folder is written to. Parquet needs a
build with `--features parquet`.
Exit code: 0; 1 when a sweep was left out, which a message names; 2 on an error.";

/// Compare the cells of any number of sweeps in one table.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Sweeps: names, specs or results folders, or folders with results folders below, such as `results`.
    #[arg(required = true, value_name = "RESULTS")]
    sweeps: Vec<PathBuf>,
    /// Show only rows that satisfy a condition, such as `model.steps >= 5`; if repeated, all of them.
    #[arg(long = "where", value_name = "EXPR")]
    conditions: Vec<String>,
    /// Sort by a column; rows without a value come last.
    #[arg(long, value_name = "COLUMN", default_value_t = Order::default().path)]
    sort: String,
    /// Show the greatest value first.
    #[arg(long)]
    reverse: bool,
    /// Show the first N rows; 0 shows all [default: 20 on a terminal, else all].
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The format [default: by the ending of FILE: .txt, .csv, .parquet or .html; a table without FILE or ending].
    #[arg(long)]
    format: Option<Format>,
    /// Write into a file, which is replaced.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Folder of all results, for sweeps by name or spec [default: results].
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
}

/// A format of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Rounded, for a terminal.
    Table,
    /// Every column, all digits.
    Csv,
    /// The same with typed columns; needs --output.
    Parquet,
    /// A self-contained page; needs --output.
    Html,
}

impl Format {
    /// The ending of its files.
    const fn ending(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Html => "html",
        }
    }

    fn ending_in(ending: &OsStr) -> Option<Self> {
        Self::value_variants().iter().copied().find(|format| ending.eq_ignore_ascii_case(format.ending()))
    }
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let format = args.format()?;
    if args.output.is_none() && matches!(format, Format::Parquet | Format::Html) {
        bail!("this format is written into a file: name it with --output FILE");
    }
    let filters: Vec<Filter> =
        args.conditions.iter().map(|text| Filter::parse(text)).collect::<Result<_, _>>()?;
    let (sweeps, is_whole) = args.sweeps()?;
    let names = names(&sweeps);
    let compared: Vec<_> = sweeps
        .iter()
        .zip(&names)
        .map(|(StoredSweep { sweep, store }, name)| ComparedSweep { name, sweep, store })
        .collect();
    let table = CellTable::of(&compared, &filters, &args.order(), args.limit(format))?;
    if table.selected == 0 {
        print_message("note: no cell satisfies every condition");
    }
    args.write(format, &table, sweeps.len())?;
    Ok(ExitCode::from(u8::from(!is_whole)))
}

impl Args {
    fn format(&self) -> Result<Format> {
        match (self.format, self.output.as_deref().and_then(Path::extension)) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::Table),
            (None, Some(ending)) => Format::ending_in(ending).with_context(|| {
                let known = Format::value_variants().iter().copied().map(Format::ending);
                let (known, ending) = (known.collect::<Vec<_>>().join(", ."), ending.display());
                format!("--output: no format has the ending .{ending}: write .{known}, or name a format with --format")
            }),
        }
    }

    fn order(&self) -> Order {
        Order { path: self.sort.clone(), is_reversed: self.reverse }
    }

    /// The space of the terminal that the table is printed on, whatever its number of rows.
    fn space(&self, format: Format) -> Option<Space> {
        let is_printed = format == Format::Table && self.output.is_none();
        space().filter(|_| is_printed).map(|space| Space { rows: None, ..space })
    }

    /// The number of rows, if it is limited.
    fn limit(&self, format: Format) -> Option<usize> {
        match self.limit {
            Some(0) => None,
            None if self.space(format).is_some() => Some(SCREEN),
            limit => limit,
        }
    }

    /// The sweeps of all arguments, each once, and whether these are all. Those that cannot be read, or have no merged
    /// tables, are named and left out.
    fn sweeps(&self) -> Result<(Vec<StoredSweep>, bool)> {
        let (mut sweeps, mut known, mut is_whole) = (Vec::new(), BTreeSet::new(), true);
        for argument in &self.sweeps {
            let (found, all_readable) = named(argument, self.results.as_deref())?;
            is_whole &= all_readable;
            for found in found {
                if !known.insert(found.canonical_folder()) {
                    continue;
                }
                if is_merged(&found)? {
                    sweeps.push(found);
                } else {
                    is_whole = false;
                }
            }
        }
        ensure!(!sweeps.is_empty(), "there is no sweep with merged tables");
        Ok((sweeps, is_whole))
    }

    fn write(&self, format: Format, table: &CellTable, sweeps: usize) -> Result<()> {
        let order = if self.order() == Order::default() { ", the least validation error first" } else { "" };
        let counts = format!("{} of {}{order}", count(table.selected, "cell"), count(sweeps, "sweep"));
        let bytes = match format {
            Format::Table => screen(table, &counts, self.space(format)).into_bytes(),
            Format::Csv => {
                note(table);
                table.csv()?
            }
            Format::Html => {
                report::comparison_page(format!("{counts}."), table.notes.clone(), table.view())?.into_bytes()
            }
            Format::Parquet => {
                note(table);
                let path = self.output.as_deref().unwrap_or(Path::new(""));
                export::write_parquet(table.frame.clone(), path)?;
                return written(path);
            }
        };
        match &self.output {
            None => Ok(output().write_all(&bytes)?),
            Some(path) => {
                store::place(path, &bytes)?;
                written(path)
            }
        }
    }
}

/// Prints the notes that a table for programs does not hold.
fn note(table: &CellTable) {
    for note in &table.notes {
        print_message(format_args!("note: {note}"));
    }
}

fn written(path: &Path) -> Result<()> {
    Ok(writeln!(output(), "{}", shown(path))?)
}

/// True if the tables of a sweep are merged; warns of what they lack.
fn is_merged(found: &StoredSweep) -> Result<bool> {
    let folder = shell_quoted(&found.folder());
    if !found.is_merged() {
        print_message(format_args!(
            "warning: {folder} has no merged tables and is left out; `drsae analyze {folder}` merges the trials that have \
             ended"
        ));
        return Ok(false);
    }
    let table = found.store.trial_table()?;
    let unmerged = found.store.ended()?.into_iter().filter(|id| table.ended(id).is_none()).count();
    if unmerged > 0 {
        print_message(format_args!(
            "note: {} of {folder} ended after its tables were merged; `drsae analyze {folder}` merges again",
            count(unmerged, "trial")
        ));
    }
    Ok(true)
}

/// Names of the sweeps: their own, or their folders if two have the same.
fn names(sweeps: &[StoredSweep]) -> Vec<String> {
    let own: Vec<_> = sweeps.iter().map(|found| found.sweep.name.clone()).collect();
    let alike = |name: &String| own.iter().filter(|other| *other == name).count() > 1;
    sweeps
        .iter()
        .zip(&own)
        .map(|(found, name)| if alike(name) { found.folder() } else { name.clone() })
        .collect()
}

/// The table for a terminal, with the columns that fit, or for a pipe, with all.
fn screen(table: &CellTable, counts: &str, space: Option<Space>) -> String {
    if table.selected == 0 {
        return format!("{counts}\n");
    }
    let view = table.view();
    let mut lines = vec![view.caption.clone()];
    lines.extend(table.notes.clone());
    if view.rows.len() < table.selected {
        lines.push(format!("The first {} of {} rows; --limit 0 shows all.", view.rows.len(), table.selected));
    }
    let columns = space.and_then(|space| space.columns).unwrap_or(wrap::READABLE).min(wrap::READABLE);
    let lines = lines.iter().flat_map(|line| wrap::lines(&printable(line), columns));
    let text = render::table(&view, &table.dispensable(&view), SOURCE, space.unwrap_or(Space::UNLIMITED));
    format!("{counts}\n{text}\n{}\n", lines.collect::<Vec<_>>().join("\n"))
}
