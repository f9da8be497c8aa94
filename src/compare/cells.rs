//! The cells of a sweep, with their settings and results.

use std::collections::HashMap;

use super::Error;
use super::settings::{self, Settings};
use crate::analysis::{Analysis, CellTrials, Input, SummaryRow, SweepDesign};
use crate::spec::{self, LABEL, Sweep};
use crate::stats::mean;
use crate::store::{PlanRow, ProvenanceRow, Store, Table};
use crate::value::Value;

/// A sweep with merged tables.
#[derive(Debug, Clone, Copy)]
pub struct ComparedSweep<'s> {
    /// Its name in the table.
    pub name: &'s str,
    /// The sweep as it was run.
    pub sweep: &'s Sweep,
    /// Its results folder.
    pub store: &'s Store,
}

/// The trials of a sweep that differ only in their seed.
#[derive(Debug, Clone, PartialEq)]
pub struct CellRow {
    /// Name of the sweep.
    pub sweep: String,
    /// Every resolved setting, by dotted path.
    pub settings: Vec<(String, Value)>,
    /// Errors over the complete trials, and counts.
    pub summary: SummaryRow,
    /// Ids of the trials, by seed.
    pub trials: Vec<String>,
    /// Floating-point operations of the training of one trial.
    pub training_flops: Option<u64>,
    /// Mean wall-clock of a complete trial.
    pub seconds: Option<f64>,
}

/// Facts about single trials, by id.
struct TrialFacts {
    flops: HashMap<String, u64>,
    seconds: HashMap<String, f64>,
}

impl TrialFacts {
    fn read(store: &Store) -> Result<Self, Error> {
        let plan: Vec<PlanRow> = store.rows(&store.plan_csv())?.unwrap_or_default();
        let provenance: Vec<ProvenanceRow> = store.merged_rows(Table::Provenance)?.unwrap_or_default();
        Ok(Self {
            flops: plan.into_iter().filter_map(|row| Some((row.trial, row.training_flops?))).collect(),
            seconds: provenance.into_iter().map(|row| (row.trial, row.seconds)).collect(),
        })
    }
}

impl CellRow {
    /// The cells of a sweep, in plan order.
    ///
    /// # Errors
    /// A merged table is missing or malformed, or belongs to another spec.
    pub fn of(source: ComparedSweep<'_>) -> Result<Vec<Self>, Error> {
        let ComparedSweep { name, sweep, store } = source;
        let input = Input { trials: Input::trials(store)?, ..Input::default() };
        let axes = SweepDesign::of(sweep).axes;
        let Analysis { cells, summary, .. } =
            Analysis::of(&input, &SweepDesign { axes, ..SweepDesign::default() })?;
        let facts = TrialFacts::read(store)?;
        let planned: HashMap<Vec<Value>, &spec::Cell> =
            sweep.cells.iter().map(|cell| (values(cell), cell)).collect();
        let row = |(cell, summary): (CellTrials, SummaryRow)| {
            let planned = planned.get(&cell.values).ok_or_else(|| unplanned(store, &cell))?;
            let settings = settings(planned, &summary)
                .map_err(|source| Error::Settings { sweep: name.to_owned(), source })?;
            let trials: Vec<String> = cell.trials.into_iter().map(|trial| trial.trial).collect();
            let seconds: Vec<f64> = trials.iter().filter_map(|id| facts.seconds.get(id).copied()).collect();
            let training_flops = trials.iter().find_map(|id| facts.flops.get(id).copied());
            Ok(Self {
                sweep: name.to_owned(),
                settings,
                summary,
                trials,
                training_flops,
                seconds: mean(&seconds),
            })
        };
        cells.into_iter().zip(summary.rows).map(row).collect()
    }
}

/// The values of a planned cell as tables have them.
fn values(cell: &spec::Cell) -> Vec<Value> {
    cell.settings.iter().map(|(_, value)| Value::from(value)).collect()
}

/// The settings of a planned cell: its label first, and the width of the network in place of the requested one.
fn settings(cell: &spec::Cell, summary: &SummaryRow) -> Result<Settings, toml::ser::Error> {
    let mut config = cell.config.clone();
    config.model.hidden = summary.hidden;
    let label = cell.settings.iter().filter(|(path, _)| path == LABEL);
    let label = label.map(|(path, value)| (path.clone(), Value::from(value)));
    Ok(label.chain(settings::of(&config)?).collect())
}

fn unplanned(store: &Store, cell: &CellTrials) -> Error {
    Error::Unplanned {
        path: store.table(Table::Trials),
        cell: cell.label(),
        spec: store.sweep_toml(),
        folder: store.root().to_owned(),
    }
}
