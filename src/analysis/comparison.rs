//! `comparison.csv`: every cell against its reference, paired by seed.

use super::cells::Cell;
use super::family::{self, Tests};
use super::frame::{Columns, POINTS, Table};
use super::pairs::{Pair, Pairs};
use crate::stats::{CONFIDENCE, Interval, Paired, Welch};

/// Version of the file.
const VERSION: u32 = 1;

/// Every cell that is not the reference, against the reference cell that has the same
/// values on the axes which are not compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Columns of `trials.csv` that hold the axes which are not compared.
    pub axes: Vec<String>,
    /// Columns of `trials.csv` that hold the compared axes which sides are named by.
    pub compared: Vec<String>,
    /// Those of the other compared axes, whose values follow from a side's name.
    pub implied: Vec<String>,
    /// Name of the reference.
    pub reference: String,
    /// All seeds of the plan, in order.
    pub seeds: Vec<u64>,
    /// The margin of equivalence, percentage points, where the spec sets one.
    pub margin: Option<f64>,
    /// One for each cell that is not the reference, in plan order.
    pub rows: Vec<ComparisonRow>,
    /// Cells that have no reference with the same values on the other axes, and so no row.
    pub unmatched: Vec<String>,
}

/// One cell against its reference. Differences are in percentage points, positive where
/// the reference is better.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonRow {
    /// Value of each axis that is not compared.
    pub values: Vec<String>,
    /// Name of the cell's side.
    pub challenger: String,
    /// Trainable numbers of the reference.
    pub parameters_reference: u64,
    /// Trainable numbers of the cell.
    pub parameters_challenger: u64,
    /// Complete trials of the reference.
    pub n_reference: usize,
    /// Complete trials of the cell.
    pub n_challenger: usize,
    /// Test error of the cell less that of the reference, by the comparison's seeds; absent
    /// where either trial is not complete.
    pub differences: Vec<Option<f64>>,
    /// Planned seeds without a difference.
    pub missing: usize,
    /// The differences in test error together.
    pub test: Option<Difference>,
    /// The differences in validation error, of the same seeds.
    pub valid: Option<Paired>,
    /// Tests of the difference in test error; Holm's adjustment is over all rows.
    pub tests: Tests,
}

/// How much worse than its reference a cell is, and how surely that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Difference {
    /// The mean of the differences seed by seed.
    Paired(Paired),
    /// The difference of the means, where fewer than two seeds have both trials.
    Welch(Welch),
}

impl Difference {
    /// The difference itself.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Paired(paired) => paired.mean,
            Self::Welch(welch) => welch.mean,
        }
    }

    /// Its 95 % interval; absent for a single pair.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        match self {
            Self::Paired(paired) => paired.interval,
            Self::Welch(welch) => Some(welch.interval),
        }
    }

    /// Name of the method in tables.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Paired(_) => "paired",
            Self::Welch(_) => "welch",
        }
    }

    fn of(differences: &[f64], pair: &Pair<'_>) -> Option<Self> {
        if differences.len() < 2 {
            let errors = (pair.reference.test_errors(), pair.challenger.test_errors());
            if let Some(welch) = Welch::of(&errors.0, &errors.1, CONFIDENCE) {
                return Some(Self::Welch(welch));
            }
        }
        Paired::of(differences, CONFIDENCE).map(Self::Paired)
    }

    fn p(&self) -> Option<f64> {
        match self {
            Self::Paired(paired) => paired.p,
            Self::Welch(welch) => Some(welch.p),
        }
    }

    fn sd(&self) -> Option<f64> {
        match self {
            Self::Paired(paired) => paired.sd,
            Self::Welch(_) => None,
        }
    }
}

impl Comparison {
    pub(super) fn of(pairs: &Pairs<'_>, margin: Option<f64>) -> Self {
        let row = |pair| ComparisonRow::of(pair, &pairs.seeds, margin);
        let mut rows: Vec<_> = pairs.all.iter().map(row).collect();
        family::adjust(&mut rows, |row| &mut row.tests);
        Self {
            axes: pairs.axes.clone(),
            compared: pairs.compared.clone(),
            implied: pairs.implied.clone(),
            reference: pairs.reference.clone(),
            seeds: pairs.seeds.clone(),
            margin,
            rows,
            unmatched: pairs.unmatched.clone(),
        }
    }

    pub(super) fn table(&self) -> Table {
        let interval = |row: &ComparisonRow| row.test.and_then(|test| test.interval());
        let columns = Columns::of(&self.rows)
            .texts(&self.axes, |row| &row.values)
            .plain("reference", |_| self.reference.clone())
            .plain("challenger", |row| row.challenger.clone())
            .plain("parameters_reference", |row| row.parameters_reference)
            .plain("parameters_challenger", |row| row.parameters_challenger)
            .plain("n", |row| (row.differences.len() - row.missing) as u64)
            .plain("missing", |row| row.missing as u64)
            .in_unit(POINTS, "mean_difference", |row| row.test.map(|test| test.mean()))
            .in_unit(POINTS, "sd", |row| row.test.and_then(|test| test.sd()))
            .in_unit(POINTS, "low_95", |row| Some(interval(row)?.low))
            .in_unit(POINTS, "high_95", |row| Some(interval(row)?.high))
            .plain("method", |row| row.test.map(|test| test.method()))
            .plain("n_reference", |row| row.n_reference as u64)
            .plain("n_challenger", |row| row.n_challenger as u64)
            .with(|columns| family::columns(columns, self.margin, |row| row.tests))
            .with(|columns| valid_columns(columns, |row| row.valid));
        by_seed(columns, &self.seeds, |row| &row.differences).table(VERSION)
    }
}

impl ComparisonRow {
    fn of(pair: &Pair<'_>, seeds: &[u64], margin: Option<f64>) -> Self {
        let differences = pair.differences(seeds, |errors| Some(errors.test));
        let known: Vec<f64> = differences.iter().copied().flatten().collect();
        let valid: Vec<f64> = pair.differences(seeds, |errors| errors.valid).into_iter().flatten().collect();
        let test = Difference::of(&known, pair);
        let complete = |cell: &Cell| cell.trials.values().filter(|trial| trial.errors.is_some()).count();
        Self {
            values: pair.values.clone(),
            challenger: pair.name.clone(),
            parameters_reference: pair.reference.parameters,
            parameters_challenger: pair.challenger.parameters,
            n_reference: complete(pair.reference),
            n_challenger: complete(pair.challenger),
            missing: seeds.len() - known.len(),
            differences,
            test,
            valid: Paired::of(&valid, CONFIDENCE),
            tests: Tests::of(&known, test.and_then(|test| test.p()), margin),
        }
    }
}

/// The columns of a difference in validation error.
pub(super) fn valid_columns<R>(columns: Columns<'_, R>, valid: fn(&R) -> Option<Paired>) -> Columns<'_, R> {
    let interval = move |row: &R| valid(row).and_then(|valid| valid.interval);
    columns
        .in_unit(POINTS, "valid_mean_difference", |row| Some(valid(row)?.mean))
        .in_unit(POINTS, "valid_low_95", |row| Some(interval(row)?.low))
        .in_unit(POINTS, "valid_high_95", |row| Some(interval(row)?.high))
}

/// A column of the difference for each seed.
pub(super) fn by_seed<'r, R>(
    columns: Columns<'r, R>,
    seeds: &[u64],
    differences: fn(&R) -> &[Option<f64>],
) -> Columns<'r, R> {
    seeds.iter().enumerate().fold(columns, |columns, (at, seed)| {
        columns.in_unit(POINTS, &format!("difference_seed_{seed}"), |row| differences(row)[at])
    })
}
