//! `examples.csv`: both sides of a comparison on the same test images, seed by seed.
//!
//! The tests show whether the difference between two trained networks exceeds the variation from the choice of the test
//! images. They do not cover other seeds, as `comparison.csv` does.

use super::cells::CellTrials;
use super::errors::Errors;
use super::mistakes::{Mistakes, common};
use super::pairs::{Contrast, Pair, Pairs};
use super::table::{CsvColumns, CsvTable, POINTS};
use crate::stats::{difference_error, holm, mcnemar};
use crate::value::Value;

/// Version of the file.
const VERSION: u32 = 1;

/// Two networks with one seed on the same test images.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleRow {
    /// Value of each axis that is not compared.
    pub values: Vec<Value>,
    /// The challenger's value on each compared axis.
    pub challenger: String,
    /// Seed of both.
    pub seed: u64,
    /// Test images.
    pub images: u64,
    /// Images that both misclassify.
    pub both_wrong: u64,
    /// Images that only the reference misclassifies.
    pub only_reference_wrong: u64,
    /// Images that only the challenger misclassifies.
    pub only_challenger_wrong: u64,
    /// Test error of the challenger less that of the reference, percentage points.
    pub difference: f64,
    /// Standard error of the difference from the number of images, percentage points.
    pub standard_error: f64,
    /// McNemar's exact test.
    pub p: f64,
    /// `p` by Holm's adjustment over all rows.
    pub p_holm: f64,
}

/// The number of test images, and those that a trial misclassifies.
pub(super) type Wrong<'m> = (usize, &'m [usize]);

/// Advice where tables lack what a later version writes.
const MERGE: &str =
    "an earlier version merged these results; run `drsae analyze` with the trials' folders to write it";

/// The reason for a missing table of the test images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    /// There is no `mistakes.csv`.
    #[error("mistakes.csv is absent: {MERGE}")]
    Mistakes,
    /// `trials.csv` lacks the number of test images.
    #[error("trials.csv has no `test_images`: {MERGE}")]
    Images,
    /// `mistakes.csv` lists another number of mistakes of a trial than its test error implies.
    #[error(
        "mistakes.csv lists {listed} mistakes of the trial with index {trial}, but its test error implies {counted}; \
         run `drsae verify` to find the cause"
    )]
    Contradiction {
        /// Position of the trial in the plan.
        trial: usize,
        /// Rows of the trial.
        listed: usize,
        /// Misclassified test images by its test error.
        counted: usize,
    },
}

/// The row of each comparison and seed for which both trials are complete, in that order.
pub(super) fn rows(pairs: &Pairs<'_>, mistakes: Option<&Mistakes>) -> Result<Vec<ExampleRow>, Absent> {
    let mistakes = mistakes.ok_or(Absent::Mistakes)?;
    let mut rows = Vec::new();
    for pair in &pairs.all {
        for at in 0..pairs.contrast.seeds.len() {
            rows.extend(ExampleRow::of(pair, at, mistakes)?);
        }
    }
    let tests: Vec<_> = rows.iter().map(|row| Some(row.p)).collect();
    for (row, p) in rows.iter_mut().zip(holm(&tests)) {
        row.p_holm = p.unwrap_or(row.p);
    }
    Ok(rows)
}

pub(super) fn table(contrast: &Contrast, rows: &[ExampleRow]) -> CsvTable {
    CsvColumns::of(rows, VERSION)
        .axes(&contrast.axes, |row| &row.values)
        .plain("reference", |_| contrast.reference.as_str())
        .plain("challenger", |row| row.challenger.as_str())
        .plain("seed", |row| row.seed)
        .plain("test_images", |row| row.images)
        .plain("both_wrong", |row| row.both_wrong)
        .plain("only_reference_wrong", |row| row.only_reference_wrong)
        .plain("only_challenger_wrong", |row| row.only_challenger_wrong)
        .in_unit(POINTS, "difference", |row| Some(row.difference))
        .in_unit(POINTS, "standard_error", |row| Some(row.standard_error))
        .plain("p_mcnemar", |row| row.p)
        .plain("p_mcnemar_holm", |row| row.p_holm)
        .table()
}

impl ExampleRow {
    /// The trials of a pair with the seed at a position; `None` if either is not complete.
    fn of(pair: &Pair<'_>, at: usize, mistakes: &Mistakes) -> Result<Option<Self>, Absent> {
        let Some((images, reference)) = wrong(pair.reference, at, mistakes)? else { return Ok(None) };
        let Some((_, challenger)) = wrong(pair.challenger, at, mistakes)? else { return Ok(None) };
        let both = common(reference, challenger);
        let (b, c) = ((reference.len() - both) as u64, (challenger.len() - both) as u64);
        let p = mcnemar(b, c);
        Ok(Some(Self {
            values: pair.values.clone(),
            challenger: pair.name.clone(),
            seed: pair.challenger.trials[at].seed,
            images: images as u64,
            both_wrong: both as u64,
            only_reference_wrong: b,
            only_challenger_wrong: c,
            difference: 100.0 * (c as f64 - b as f64) / images as f64,
            standard_error: 100.0 * difference_error(b, c, images as u64),
            p,
            p_holm: p,
        }))
    }
}

/// The mistakes of a trial; `None` if it is not tested. Refuses a list that contradicts the trial's test error.
pub(super) fn wrong<'m>(
    cell: &CellTrials,
    at: usize,
    mistakes: &'m Mistakes,
) -> Result<Option<Wrong<'m>>, Absent> {
    let trial = &cell.trials[at];
    let Some(test) = Errors::of(trial).and_then(|errors| errors.test) else { return Ok(None) };
    let images = trial.test_images.ok_or(Absent::Images)?;
    let found = mistakes.of_trial(trial.index);
    let counted = (test * images as f64 / 100.0).round() as usize;
    if found.len() != counted {
        return Err(Absent::Contradiction { trial: trial.index, listed: found.len(), counted });
    }
    Ok(Some((images, found)))
}
