//! The frozen plan: a spec of the chosen settings, with the contrasts that will be tested.

use toml::Value;

use super::cells::zipped;
use super::contrast;
use super::error::Error;
use super::search::Search;
use super::table::SearchRow;
use crate::hash::sha256;
use crate::spec::{Compare, Frozen, Sweep};

/// The rule for trials without a test error, the same in every plan.
const EXCLUSIONS: &str =
    "a pair with a trial that diverged, failed or timed out is left out and counted as missing";

/// A frozen plan.
#[derive(Debug, Clone, PartialEq)]
pub struct FrozenPlan {
    /// The cells with their chosen settings, and fresh seeds.
    pub sweep: Sweep,
    /// The text of `frozen.toml`, without the location of the data.
    pub text: String,
    /// Its SHA-256.
    pub hash: String,
}

/// Freezes the choice of a search that is done.
///
/// # Errors
/// The frozen plan is no valid sweep.
pub fn freeze(study: &Sweep, search: &Search) -> Result<FrozenPlan, Error> {
    let table = SearchRow::csv(search.rows())?;
    let plan = Sweep {
        axes: zipped(&chosen(study, search)),
        excluded: Vec::new(),
        search: None,
        compare: study.compare.clone().map(|compare| Compare { tuned: search.paths(), ..compare }),
        frozen: Some(Frozen {
            spec: sha256(study.to_toml_without_paths()?),
            search: sha256(table),
            contrasts: contrast::texts(study),
            exclusions: EXCLUSIONS.to_owned(),
        }),
        cells: Vec::new(),
        ..study.clone()
    };
    let text = plan.to_toml_without_paths()?;
    let sweep = Sweep::parse(&text, "frozen.toml", &study.paths())?;
    Ok(FrozenPlan { hash: sha256(&text), sweep, text })
}

/// The axes of every cell with the settings that were chosen for it.
fn chosen(study: &Sweep, search: &Search) -> Vec<Vec<(String, Value)>> {
    let cells = study.cells.iter().zip(search.settings());
    cells.map(|(cell, chosen)| cell.settings.iter().cloned().chain(chosen).collect()).collect()
}

/// The chosen settings as tables that can be pasted into a spec, each group with its error above.
///
/// # Errors
/// A setting cannot be written.
pub fn best_toml(study: &Sweep, search: &Search) -> Result<String, Error> {
    let comments = search.chosen_rows().into_iter().map(|row| {
        let error = row.valid_error_se.map(|error| format!(" ± {error:.3}")).unwrap_or_default();
        let mean = row.valid_error_mean.unwrap_or_default();
        format!("# {}: configuration {}, validation error {mean:.3}{error} %\n", row.group, row.configuration)
    });
    let axes = zipped(&chosen(study, search)).into_iter();
    let axes = axes.map(|axis| format!("\"{}\" = {}\n", axis.path, Value::Array(axis.values)));
    let tuned = Value::try_from(search.paths())?;
    Ok(format!(
        "{}\n[sweep.zip]\n{}\n[compare]\ntuned = {tuned}\n",
        comments.collect::<String>(),
        axes.collect::<String>()
    ))
}
