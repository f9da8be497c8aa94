//! Report data: the analysis of one sweep and its merged tables.

use std::collections::HashMap;

use super::Error;
use crate::analysis::{self, Analysis, AxisColumn, CellTrials};
use crate::spec::{Compare, Sweep};
use crate::store::{EpochRow, LedgerRow, PlanRow, ProvenanceRow, Store, Table, TrialRow};
use crate::study::Standing;
use crate::value::Value;

/// A sweep whose tables are analysed.
#[derive(Debug, Clone, Copy)]
pub struct ReportedSweep<'a> {
    /// The sweep.
    pub sweep: &'a Sweep,
    /// Its results folder.
    pub store: &'a Store,
    /// The analysis of its tables.
    pub analysis: &'a Analysis,
}

/// The data of a report on one sweep.
pub struct ReportData<'a> {
    /// Name of the sweep.
    pub name: &'a str,
    /// Its question.
    pub question: &'a str,
    /// Axes that distinguish cells; of those that move together, the first.
    pub dimensions: Vec<FacetAxis>,
    /// The analysis.
    pub analysis: &'a Analysis,
    /// The standing of the sweep's answer.
    pub standing: Standing,
    /// Its freezes, and its readings of the test images after training.
    pub ledger: Vec<LedgerRow>,
    /// The rows of `provenance.csv`, if there is one.
    pub provenance: Option<Vec<ProvenanceRow>>,
    curves: HashMap<String, Vec<EpochRow>>,
    flops: HashMap<String, u64>,
    seconds: HashMap<String, f64>,
}

/// An axis that distinguishes cells.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetAxis {
    /// Position of the axis in the analysis.
    pub axis: usize,
    /// Column of `trials.csv`.
    pub column: String,
    /// Its values, in plan order.
    pub values: Vec<Value>,
    /// True if cells are compared with a reference along it.
    pub compared: bool,
}

impl FacetAxis {
    /// The value of a cell.
    pub fn value<'c>(&self, cell: &'c CellTrials) -> &'c Value {
        &cell.values[self.axis]
    }

    /// Its values as numbers, where all are.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.values.iter().map(Value::number).collect()
    }
}

impl<'a> ReportData<'a> {
    /// Reads the merged tables other than `trials.csv`.
    ///
    /// # Errors
    /// A table is missing or malformed, or I/O fails.
    pub fn read(source: &ReportedSweep<'a>) -> Result<Self, Error> {
        let ReportedSweep { sweep, store, analysis } = *source;
        let epochs: Option<Vec<EpochRow>> = store.merged_rows(Table::Epochs)?;
        let epochs = epochs.ok_or_else(|| analysis::Error::NotMerged { path: store.table(Table::Epochs) })?;
        let mut curves: HashMap<String, Vec<EpochRow>> = HashMap::new();
        for row in epochs {
            curves.entry(row.trial.clone()).or_default().push(row);
        }
        let plan: Vec<PlanRow> = store.rows(&store.plan_csv())?.unwrap_or_default();
        let provenance: Option<Vec<ProvenanceRow>> = store.merged_rows(Table::Provenance)?;
        let seconds = provenance.iter().flatten().map(|row| (row.trial.clone(), row.seconds)).collect();
        Ok(Self {
            name: &sweep.name,
            question: &sweep.question,
            dimensions: dimensions(sweep.compare.as_ref(), analysis),
            analysis,
            standing: Standing::read(sweep, store)?,
            ledger: store.ledger()?,
            curves,
            flops: plan.into_iter().filter_map(|row| Some((row.trial, row.training_flops?))).collect(),
            seconds,
            provenance,
        })
    }

    /// Sets of trials that differ in nothing but their seed, in plan order.
    pub fn cells(&self) -> &'a [CellTrials] {
        &self.analysis.cells
    }

    /// Every planned trial.
    pub fn trials(&self) -> impl Iterator<Item = &'a TrialRow> {
        self.cells().iter().flat_map(|cell| &cell.trials)
    }

    /// The epochs of a trial in the merged table: the last one, and the validated ones if there are any.
    pub fn curve(&self, trial: &TrialRow) -> &[EpochRow] {
        self.curves.get(&trial.trial).map_or(&[], Vec::as_slice)
    }

    /// The epoch whose weights were kept.
    pub fn best_epoch(&self, trial: &TrialRow) -> Option<&EpochRow> {
        self.curve(trial).iter().find(|row| Some(row.epoch) == trial.best_epoch)
    }

    /// Floating-point operations of the training; `None` if `plan.csv` does not count them.
    pub fn flops(&self, trial: &TrialRow) -> Option<f64> {
        self.flops.get(&trial.trial).map(|&flops| flops as f64)
    }

    /// Wall-clock of a trial; `None` if there is no `provenance.csv`.
    pub fn seconds(&self, trial: &TrialRow) -> Option<f64> {
        self.seconds.get(&trial.trial).copied()
    }
}

/// The axes with more than one value, without those whose values follow from the names of the
/// compared sides, those that were tuned, and those that move with an earlier one.
fn dimensions(compare: Option<&Compare>, analysis: &Analysis) -> Vec<FacetAxis> {
    let Analysis { axes, cells, compared, .. } = analysis;
    let implied = compared.as_ref().map_or(&[][..], |compared| &compared.contrast.implied);
    let mut kept: Vec<usize> = Vec::new();
    for (at, axis) in axes.iter().enumerate() {
        let moves_with = |&other: &usize| one_to_one(cells, at, other);
        let is_tuned = compare.is_some_and(|compare| compare.tuned.contains(&axis.path));
        let is_named = axis.values.len() > 1 && !implied.contains(&axis.column) && !is_tuned;
        if is_named && !kept.iter().any(moves_with) {
            kept.push(at);
        }
    }
    let is_reference =
        |axis: &AxisColumn| compare.is_some_and(|compare| compare.reference.contains_key(&axis.path));
    let dimension = |at: usize| FacetAxis {
        axis: at,
        column: axes[at].column.clone(),
        values: axes[at].values.clone(),
        compared: (0..axes.len()).any(|other| is_reference(&axes[other]) && one_to_one(cells, at, other)),
    };
    kept.into_iter().map(dimension).collect()
}

/// Returns true if each value of one axis occurs with one value of the other.
fn one_to_one(cells: &[CellTrials], a: usize, b: usize) -> bool {
    let (mut forth, mut back) = (HashMap::new(), HashMap::new());
    cells.iter().all(|cell| {
        let (a, b) = (&cell.values[a], &cell.values[b]);
        *forth.entry(a).or_insert(b) == b && *back.entry(b).or_insert(a) == a
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Input, SweepDesign};
    use crate::store::TrialTable;

    /// The columns of the dimensions of a sweep of one seed over axes with these columns and values.
    fn columns<const N: usize>(
        axes: [&str; N],
        values: &[[&str; N]],
        reference: &[(&str, &str)],
    ) -> Vec<String> {
        let fixed = ["family", "steps"];
        let others: Vec<_> = (0..N).filter(|&at| !fixed.contains(&axes[at])).collect();
        let mut text =
            "trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,\
                        best_epoch,valid_error,test_error"
                .to_owned();
        text.extend(others.iter().flat_map(|&at| [",", axes[at]]));
        for (index, values) in values.iter().enumerate() {
            let value = |name| axes.iter().position(|axis| *axis == name).map_or("1", |at| values[at]);
            let (family, steps) = (value("family"), value("steps"));
            let row = format!("\n{index},{index},{family},{steps},1,0.0,0.0,1,1,complete,1,,5.0");
            text.push_str(&row);
            text.extend(others.iter().flat_map(|&at| [",", values[at]]));
        }
        let path = |axis: &str| if fixed.contains(&axis) { format!("model.{axis}") } else { axis.to_owned() };
        let reference = reference.iter().map(|(axis, value)| (path(axis), (*value).into())).collect();
        let compare = Compare { reference, ..Compare::default() };
        let design = SweepDesign {
            axes: axes.map(path).to_vec(),
            compare: Some(compare).filter(|compare| !compare.reference.is_empty()),
            ..SweepDesign::default()
        };
        let trials = TrialTable::parse("trials.csv".into(), text.as_bytes()).unwrap();
        let analysis = Analysis::of(&Input { trials, ..Input::default() }, &design).unwrap();
        dimensions(design.compare.as_ref(), &analysis).into_iter().map(|dimension| dimension.column).collect()
    }

    #[test]
    fn axes_that_move_together_or_not_at_all_are_one_or_none() {
        let axes = ["steps", "training.phases.0.rate", "training.phases.1.rate"];
        let found = columns(axes, &[["2", "0.1", "0.1"], ["2", "0.3", "0.3"]], &[]);
        assert_eq!(found, ["training.phases.0.rate"]);
    }

    #[test]
    fn an_axis_that_follows_from_the_names_of_sides_is_none() {
        let axes = ["family", "steps", "training.phases.0.rate"];
        let values = [["drsae", "2", "0.1"], ["mlp", "2", "0.3"], ["mlp", "5", "0.1"]];
        let reference = [("family", "drsae"), ("steps", "2"), ("training.phases.0.rate", "0.1")];
        assert_eq!(columns(axes, &values, &reference), ["family", "steps"]);
    }
}
