//! `summary.csv`: the errors of each cell.

use std::collections::BTreeMap;

use super::cells::{CellTrials, GroupedTrials};
use super::errors::Errors;
use super::table::{CsvColumns, CsvTable, PERCENT};
use crate::stats::{Spread, proportion_error};
use crate::store::Status;
use crate::value::Value;

/// Version of the file.
const VERSION: u32 = 1;

/// The errors of every cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Columns of `trials.csv` that hold the axes.
    pub axes: Vec<String>,
    /// All seeds of the plan, in order.
    pub seeds: Vec<u64>,
    /// One for each cell, in plan order.
    pub rows: Vec<SummaryRow>,
}

/// The errors of the trials of one cell, in percent.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// Value of each axis.
    pub values: Vec<Value>,
    /// Family of the network.
    pub family: String,
    /// Iterations T.
    pub steps: usize,
    /// Hidden units n of the network.
    pub hidden: usize,
    /// Parameters.
    pub parameters: usize,
    /// Complete trials.
    pub n: usize,
    /// Planned trials that are not complete.
    pub incomplete: usize,
    /// Planned trials that are not complete, by status.
    pub endings: BTreeMap<Status, usize>,
    /// Test error over the complete trials.
    pub test_error: Option<Spread>,
    /// Validation error at the kept epoch over the complete trials.
    pub valid_error: Option<Spread>,
    /// Test images; absent if no trial is complete, or if an earlier version merged the trials.
    pub images: Option<usize>,
    /// Standard error, from the number of test images, of one network whose error is the mean, percentage points.
    pub image_error: Option<f64>,
    /// Errors by the summary's seeds; absent if the trial is not complete.
    pub errors: Vec<Option<Errors>>,
}

impl Summary {
    pub(super) fn of(found: &GroupedTrials) -> Self {
        let axes = found.axes.iter().map(|axis| axis.column.clone()).collect();
        Self { axes, seeds: found.seeds.clone(), rows: found.cells.iter().map(SummaryRow::of).collect() }
    }

    /// True if trials are complete and none is tested: their test images are sealed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.rows.iter().any(|row| row.n > 0) && self.rows.iter().all(|row| row.test_error.is_none())
    }

    pub(super) fn table(&self) -> CsvTable {
        let mean = |spread: Option<Spread>| spread.map(|spread| spread.mean);
        let sd = |spread: Option<Spread>| spread.and_then(|spread| spread.sd);
        let ending = |row: &SummaryRow, status| row.endings.get(&status).copied().unwrap_or_default();
        let columns = CsvColumns::of(&self.rows, VERSION)
            .axes(&self.axes, |row| &row.values)
            .with(|columns| self.network(columns))
            .plain("parameters", |row| row.parameters)
            .plain("n", |row| row.n)
            .plain("incomplete", |row| row.incomplete)
            .in_unit(PERCENT, "test_error_mean", |row| mean(row.test_error))
            .in_unit(PERCENT, "test_error_sd", |row| sd(row.test_error))
            .in_unit(PERCENT, "valid_error_mean", |row| mean(row.valid_error))
            .in_unit(PERCENT, "valid_error_sd", |row| sd(row.valid_error))
            .plain("test_images", |row| row.images)
            .in_unit(PERCENT, "test_error_image_se", |row| row.image_error)
            .plain("diverged", |row| ending(row, Status::Diverged))
            .plain("failed", |row| ending(row, Status::Failed))
            .plain("timed_out", |row| ending(row, Status::TimedOut))
            .plain("pending", |row| ending(row, Status::Pending))
            .with(|columns| self.by_seed(columns, "test_error", |errors| errors.test));
        self.by_seed(columns, "valid_error", |errors| errors.valid).table()
    }

    /// Adds the columns of the network that no axis has.
    fn network<'r>(&self, mut columns: CsvColumns<'r, SummaryRow>) -> CsvColumns<'r, SummaryRow> {
        let unswept = |name: &str| !self.axes.iter().any(|axis| axis == name);
        if unswept("family") {
            columns = columns.plain("family", |row| row.family.as_str());
        }
        if unswept("steps") {
            columns = columns.plain("steps", |row| row.steps);
        }
        columns.plain("hidden", |row| row.hidden)
    }

    fn by_seed<'r>(
        &self,
        columns: CsvColumns<'r, SummaryRow>,
        name: &str,
        error: fn(Errors) -> Option<f64>,
    ) -> CsvColumns<'r, SummaryRow> {
        self.seeds.iter().enumerate().fold(columns, |columns, (at, seed)| {
            columns.in_unit(PERCENT, &format!("{name}_seed_{seed}"), |row| row.errors[at].and_then(error))
        })
    }
}

impl SummaryRow {
    fn of(cell: &CellTrials) -> Self {
        let errors: Vec<_> = cell.trials.iter().map(Errors::of).collect();
        let complete: Vec<Errors> = errors.iter().copied().flatten().collect();
        let valid: Vec<_> = complete.iter().filter_map(|errors| errors.valid).collect();
        let test_error = Spread::of(&cell.test_errors());
        let images = cell.trials.iter().find_map(|trial| trial.test_images);
        let network = cell.network();
        let mut endings = BTreeMap::new();
        for trial in cell.trials.iter().filter(|trial| Errors::of(trial).is_none()) {
            *endings.entry(trial.status).or_default() += 1;
        }
        Self {
            values: cell.values.clone(),
            family: network.family.clone(),
            steps: network.steps,
            hidden: network.hidden,
            parameters: network.parameters,
            n: complete.len(),
            incomplete: cell.trials.len() - complete.len(),
            endings,
            image_error: test_error
                .zip(images)
                .map(|(error, images)| 100.0 * proportion_error(error.mean / 100.0, images as u64)),
            test_error,
            valid_error: Spread::of(&valid),
            images,
            errors,
        }
    }
}
