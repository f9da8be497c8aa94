//! The files of `analysis/` and their versions.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::table::Table;
use super::views::{latex, markdown};
use super::{Analysis, Compared, Error, views};

/// The table of cells.
pub const SUMMARY: &str = "summary.csv";
/// The table of comparisons; absent where the spec compares nothing, as the two that follow.
pub const COMPARISON: &str = "comparison.csv";
/// The table of challengers over the whole grid.
pub const GRID: &str = "grid.csv";
/// The table of comparisons on the test images; absent without `mistakes.csv`, too.
pub const EXAMPLES: &str = "examples.csv";
/// The tables for a page.
pub const MARKDOWN: &str = "tables.md";
/// The tables for a paper.
pub const LATEX: &str = "tables.tex";
/// The versions of the tables, and the units of their columns.
pub const FORMAT: &str = "format.json";

/// Every file that an analysis may write.
pub const FILES: [&str; 7] = [SUMMARY, COMPARISON, GRID, EXAMPLES, MARKDOWN, LATEX, FORMAT];

/// The entry of a table in `format.json`.
#[derive(Serialize)]
struct Described {
    version: u32,
    #[serde(serialize_with = "in_order")]
    units: Vec<(String, &'static str)>,
}

/// The files of an analysis: name and text.
pub(super) fn files(analysis: &Analysis) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    let mut described = BTreeMap::new();
    for (name, table) in tables(analysis) {
        described.insert(name, Described { version: table.version, units: table.units.clone() });
        files.push((name, table.csv()?));
    }
    let views = views::of(analysis);
    files.push((MARKDOWN, markdown::page(&views, analysis.compared.as_ref()).into_bytes()));
    files.push((LATEX, latex::tables(&views).into_bytes()));
    files.push((FORMAT, format!("{}\n", serde_json::to_string_pretty(&described)?).into_bytes()));
    Ok(files)
}

fn tables(analysis: &Analysis) -> Vec<(&'static str, Table)> {
    let mut tables = vec![(SUMMARY, analysis.summary.table())];
    if let Some(Compared { comparison, grid, examples, .. }) = &analysis.compared {
        tables.extend([(COMPARISON, comparison.table()), (GRID, grid.table())]);
        tables.extend(examples.iter().map(|examples| (EXAMPLES, examples.table())));
    }
    tables
}

fn in_order<S: Serializer>(units: &[(String, &'static str)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(units.iter().map(|(name, unit)| (name, unit)))
}
