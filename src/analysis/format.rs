//! The contents of the files of `analysis/`, and their versions.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::files::{
    COMPARISON, CONDITION_EFFECTS, CONDITION_GRID, CONDITIONS, EFFECTS, EXAMPLES, FORMAT, GRID, LATEX,
    MARKDOWN, SUMMARY,
};
use super::table::CsvTable;
use super::views::{latex, markdown};
use super::{Analysis, Compared, Error, comparison, conditions, effects, examples, grid, views};

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

fn tables(analysis: &Analysis) -> Vec<(&'static str, CsvTable)> {
    let mut tables = vec![(SUMMARY, analysis.summary.table())];
    if let Some(Compared { contrast, comparison, grid, effects, examples, .. }) = &analysis.compared {
        tables.push((COMPARISON, comparison::table(contrast, comparison)));
        tables.push((GRID, grid::table(contrast, grid)));
        tables.extend((!effects.rows.is_empty()).then(|| (EFFECTS, effects::table(effects, contrast))));
        tables.extend(examples.iter().map(|examples| (EXAMPLES, examples::table(contrast, examples))));
    }
    tables.extend(conditions::cells(&analysis.conditions, &analysis.axes).map(|table| (CONDITIONS, table)));
    tables.extend(conditions::grids(&analysis.conditions).map(|table| (CONDITION_GRID, table)));
    tables.extend(conditions::all_effects(&analysis.conditions).map(|table| (CONDITION_EFFECTS, table)));
    tables
}

fn in_order<S: Serializer>(units: &[(String, &'static str)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(units.iter().map(|(name, unit)| (name, unit)))
}
