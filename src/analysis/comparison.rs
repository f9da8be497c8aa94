//! `comparison.csv`: every cell against its reference, paired by seed.

use super::cells::CellTrials;
use super::differences;
use super::examples::{Absent, Wrong, wrong};
use super::family::{self, Tests};
use super::mistakes::Mistakes;
use super::pairs::{Contrast, Pair, Pairs};
use super::table::{CsvColumns, CsvTable, POINTS};
use super::words;
use crate::stats::{CONFIDENCE, Crossed, Interval, Paired, PairedMistakes, Welch};
use crate::value::Value;

/// Version of the file.
const VERSION: u32 = 1;

/// One cell against its reference. Differences are in percentage points, positive where
/// the reference is better.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonRow {
    /// Value of each axis that is not compared.
    pub values: Vec<Value>,
    /// Name of the cell's side.
    pub challenger: String,
    /// Parameters of the reference.
    pub parameters_reference: usize,
    /// Parameters of the cell.
    pub parameters_challenger: usize,
    /// Complete trials of the reference.
    pub n_reference: usize,
    /// Complete trials of the cell.
    pub n_challenger: usize,
    /// Test error of the cell less that of the reference, by the comparison's seeds; absent
    /// where either trial is not complete.
    pub differences: Vec<Option<f64>>,
    /// Planned seeds without a difference.
    pub missing: usize,
    /// Mean and tests' input of the differences in test error.
    pub test: Option<Difference>,
    /// The same for the validation error, over the same seeds.
    pub valid: Option<Paired>,
    /// The difference in test error on other seeds and other test images, as a share. A secondary figure; absent
    /// without the mistakes of two seeds.
    pub crossed: Option<Crossed>,
    /// Tests of the difference in test error; Holm's adjustment is over all rows.
    pub tests: Tests,
}

/// The difference between a cell and its reference, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Difference {
    /// The mean of the differences seed by seed.
    Paired(Paired),
    /// The difference of the means, if fewer than two seeds have both trials.
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

/// The difference of a comparison as text, marked W if it is Welch's.
pub fn compared(test: Option<Difference>) -> String {
    let text = words::difference(test.map(|test| test.mean()), test.and_then(|test| test.interval()));
    match test {
        Some(Difference::Welch(_)) => format!("{text} W"),
        _ => text,
    }
}

/// The row of each pair.
pub(super) fn rows(pairs: &Pairs<'_>, mistakes: Option<&Mistakes>) -> Vec<ComparisonRow> {
    let row = |pair| ComparisonRow::of(pair, pairs.contrast.margin, mistakes);
    let mut rows: Vec<_> = pairs.all.iter().map(row).collect();
    family::adjust(&mut rows, |row| &mut row.tests);
    rows
}

pub(super) fn table(contrast: &Contrast, rows: &[ComparisonRow]) -> CsvTable {
    let interval = |row: &ComparisonRow| row.test.and_then(|test| test.interval());
    let columns = CsvColumns::of(rows, VERSION)
        .axes(&contrast.axes, |row| &row.values)
        .plain("reference", |_| contrast.reference.as_str())
        .plain("challenger", |row| row.challenger.as_str())
        .plain("parameters_reference", |row| row.parameters_reference)
        .plain("parameters_challenger", |row| row.parameters_challenger)
        .plain("n", |row| row.differences.len() - row.missing)
        .plain("missing", |row| row.missing)
        .in_unit(POINTS, "mean_difference", |row| row.test.map(|test| test.mean()))
        .in_unit(POINTS, "sd", |row| row.test.and_then(|test| test.sd()))
        .in_unit(POINTS, "low_95", |row| Some(interval(row)?.low))
        .in_unit(POINTS, "high_95", |row| Some(interval(row)?.high))
        .plain("method", |row| row.test.map(|test| test.method()))
        .plain("n_reference", |row| row.n_reference)
        .plain("n_challenger", |row| row.n_challenger)
        .with(|columns| family::columns(columns, contrast.margin, |row| row.tests))
        .with(|columns| valid_columns(columns, |row| row.valid))
        .with(|columns| crossed_columns(columns, |row| row.crossed));
    by_seed(columns, &contrast.seeds, |row| &row.differences).table()
}

/// The difference between two sides of as many cells, over seeds and images; `None` without the mistakes of two seeds on
/// the same images, or if those of a trial contradict its test error.
pub(super) fn crossed(
    reference: &[&CellTrials],
    challenger: &[&CellTrials],
    mistakes: &Mistakes,
) -> Option<Crossed> {
    let seeds = reference.first()?.trials.len();
    let mut tested: Vec<[Vec<Wrong<'_>>; 2]> = Vec::new();
    for seed in 0..seeds {
        let reference = wrong_of(reference, seed, mistakes).ok()?;
        let challenger = wrong_of(challenger, seed, mistakes).ok()?;
        tested.extend(reference.zip(challenger).map(|(reference, challenger)| [reference, challenger]));
    }
    let (images, _) = *tested.first()?[0].first()?;
    if tested.iter().flatten().flatten().any(|(own, _)| *own != images) {
        return None;
    }
    let pairs = tested.iter().map(|[reference, challenger]| PairedMistakes {
        reference: lists(reference),
        challenger: lists(challenger),
    });
    Crossed::of(&pairs.collect::<Vec<_>>(), images, CONFIDENCE)
}

/// The mistakes of some cells with the seed at a position; `None` if one is not tested.
fn wrong_of<'m>(
    cells: &[&CellTrials],
    at: usize,
    mistakes: &'m Mistakes,
) -> Result<Option<Vec<Wrong<'m>>>, Absent> {
    cells.iter().map(|cell| wrong(cell, at, mistakes)).collect()
}

fn lists<'m>(side: &[Wrong<'m>]) -> Vec<&'m [usize]> {
    side.iter().map(|&(_, list)| list).collect()
}

impl ComparisonRow {
    fn of(pair: &Pair<'_>, margin: Option<f64>, mistakes: Option<&Mistakes>) -> Self {
        let known = differences::known(&pair.test);
        let test = Difference::of(&known, pair);
        let is_welch = matches!(test, Some(Difference::Welch(_)));
        let paired: &[f64] = if is_welch { &[] } else { &known };
        Self {
            values: pair.values.clone(),
            challenger: pair.name.clone(),
            parameters_reference: pair.reference.network().parameters,
            parameters_challenger: pair.challenger.network().parameters,
            n_reference: pair.reference.complete(),
            n_challenger: pair.challenger.complete(),
            missing: differences::missing(&pair.test, &pair.valid, pair.is_tested),
            differences: pair.test.clone(),
            test,
            valid: Paired::of(&differences::known(&pair.valid), CONFIDENCE),
            crossed: mistakes.and_then(|mistakes| crossed(&[pair.reference], &[pair.challenger], mistakes)),
            tests: Tests::of(paired, test.and_then(|test| test.p()), margin),
        }
    }
}

/// The columns of a difference in test error.
pub(super) fn test_columns<R>(
    columns: CsvColumns<'_, R>,
    test: fn(&R) -> Option<Paired>,
) -> CsvColumns<'_, R> {
    let interval = move |row: &R| test(row).and_then(|test| test.interval);
    columns
        .in_unit(POINTS, "mean_difference", |row| Some(test(row)?.mean))
        .in_unit(POINTS, "sd", |row| test(row)?.sd)
        .in_unit(POINTS, "low_95", |row| Some(interval(row)?.low))
        .in_unit(POINTS, "high_95", |row| Some(interval(row)?.high))
}

/// The columns of a difference in validation error.
pub(super) fn valid_columns<R>(
    columns: CsvColumns<'_, R>,
    valid: fn(&R) -> Option<Paired>,
) -> CsvColumns<'_, R> {
    let interval = move |row: &R| valid(row).and_then(|valid| valid.interval);
    columns
        .in_unit(POINTS, "valid_mean_difference", |row| Some(valid(row)?.mean))
        .in_unit(POINTS, "valid_low_95", |row| Some(interval(row)?.low))
        .in_unit(POINTS, "valid_high_95", |row| Some(interval(row)?.high))
}

/// The columns of an interval over other seeds and other test images.
pub(super) fn crossed_columns<R>(
    columns: CsvColumns<'_, R>,
    crossed: fn(&R) -> Option<Crossed>,
) -> CsvColumns<'_, R> {
    columns.in_unit(POINTS, "seeds_images_low_95", |row| Some(100.0 * crossed(row)?.interval.low)).in_unit(
        POINTS,
        "seeds_images_high_95",
        |row| Some(100.0 * crossed(row)?.interval.high),
    )
}

/// A column of the difference for each seed.
pub(super) fn by_seed<'r, R>(
    columns: CsvColumns<'r, R>,
    seeds: &[u64],
    differences: fn(&R) -> &[Option<f64>],
) -> CsvColumns<'r, R> {
    seeds.iter().enumerate().fold(columns, |columns, (at, seed)| {
        columns.in_unit(POINTS, &format!("difference_seed_{seed}"), |row| differences(row)[at])
    })
}
