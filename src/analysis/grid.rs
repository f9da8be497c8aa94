//! `grid.csv`: each challenger over the whole grid.
//!
//! The differences of all cells are first averaged within each seed; the averages of the n seeds are then treated as
//! independent values. Cells share seeds, so treating every (cell, seed) as independent would count the same random
//! variation several times.

use rayon::prelude::*;

use super::comparison::{by_seed, test_columns, valid_columns};
use super::differences::DifferenceSummary;
use super::family::{self, Tests};
use super::pairs::{Contrast, Pair, Pairs};
use super::table::{CsvColumns, CsvTable, PERCENT, SHARE};
use crate::rng::{self, Purpose};
use crate::stats::{
    CONFIDENCE, Estimate, Paired, bootstrap, interquartile_mean, mean, probability_of_improvement,
};

/// Version of the file.
const VERSION: u32 = 1;

/// One challenger over all its cells. Differences are in percentage points, positive where
/// the reference is better.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// Name of the challenger.
    pub challenger: String,
    /// Cells that are compared with a reference.
    pub cells: usize,
    /// Of these, cells with exactly the reference's error in every seed, such as networks that are the same function by
    /// construction. The average includes them.
    pub identical: usize,
    /// Least and greatest mean difference of a cell, over the seeds that count.
    pub range: Option<(f64, f64)>,
    /// Difference in test error averaged over the cells, by the grid's seeds; absent if a
    /// trial of any cell, on either side, is not complete.
    pub differences: Vec<Option<f64>>,
    /// Planned seeds without a difference.
    pub missing: usize,
    /// Mean and interval of the seeds' differences in test error.
    pub test: Option<Paired>,
    /// The same for the validation error.
    pub valid: Option<Paired>,
    /// Tests of the difference in test error; Holm's adjustment is over all rows.
    pub tests: Tests,
    /// Interquartile mean of the reference's test errors over all cells and complete trials,
    /// percent; absent if a cell has none. A secondary figure.
    pub iqm_reference: Option<Estimate>,
    /// The same for the challenger.
    pub iqm_challenger: Option<Estimate>,
    /// Probability that a trial of the challenger has less test error than one of the reference in the same cell, with
    /// any seeds, averaged over the cells. A secondary figure.
    pub probability_of_improvement: Option<Estimate>,
}

/// The row of each challenger.
pub(super) fn rows(pairs: &Pairs<'_>) -> Vec<GridRow> {
    let challengers = pairs.by_challenger();
    let row = |(name, cells): &(&str, Vec<&Pair<'_>>)| GridRow::of(name, cells, pairs.contrast.margin);
    let mut rows: Vec<_> = challengers.par_iter().map(row).collect();
    family::adjust(&mut rows, |row| &mut row.tests);
    rows
}

pub(super) fn table(contrast: &Contrast, rows: &[GridRow]) -> CsvTable {
    let columns = CsvColumns::of(rows, VERSION)
        .plain("reference", |_| contrast.reference.as_str())
        .plain("challenger", |row| row.challenger.as_str())
        .plain("cells", |row| row.cells)
        .plain("identical_cells", |row| row.identical)
        .plain("n", |row| row.differences.len() - row.missing)
        .plain("missing", |row| row.missing)
        .with(|columns| test_columns(columns, |row| row.test))
        .with(|columns| family::columns(columns, contrast.margin, |row| row.tests))
        .with(|columns| valid_columns(columns, |row| row.valid));
    by_seed(columns, &contrast.seeds, |row| &row.differences)
        .with(|columns| estimate(columns, PERCENT, "iqm_reference", |row| row.iqm_reference))
        .with(|columns| estimate(columns, PERCENT, "iqm_challenger", |row| row.iqm_challenger))
        .with(|columns| {
            let name = "probability_of_improvement";
            estimate(columns, SHARE, name, |row| row.probability_of_improvement)
        })
        .table()
}

impl GridRow {
    fn of(name: &str, cells: &[&Pair<'_>], margin: Option<f64>) -> Self {
        let test: Vec<&[Option<f64>]> = cells.iter().map(|pair| &pair.test[..]).collect();
        let valid: Vec<&[Option<f64>]> = cells.iter().map(|pair| &pair.valid[..]).collect();
        let (valid, differences) = (averages(&valid), averages(&test));
        let is_tested = cells.iter().any(|pair| pair.is_tested);
        let DifferenceSummary { missing, test: paired, valid, tests } =
            DifferenceSummary::of(&differences, &valid, is_tested, margin);
        let identical = |cell: &&&[Option<f64>]| cell.iter().all(|difference| *difference == Some(0.0));
        let [iqm_reference, iqm_challenger, probability_of_improvement] = secondary(cells);
        Self {
            challenger: name.to_owned(),
            cells: cells.len(),
            identical: test.iter().filter(identical).count(),
            range: range(&test, &differences),
            missing,
            differences,
            test: paired,
            valid,
            tests,
            iqm_reference,
            iqm_challenger,
            probability_of_improvement,
        }
    }
}

/// The mean over the cells, seed by seed; absent if any cell has no difference.
fn averages(by_cell: &[&[Option<f64>]]) -> Vec<Option<f64>> {
    let seeds = by_cell.first().map_or(0, |cell| cell.len());
    let of_seed = |at| by_cell.iter().map(|cell| cell[at]).collect::<Option<Vec<f64>>>();
    (0..seeds).map(|at| of_seed(at).and_then(|cells| mean(&cells))).collect()
}

/// The least and the greatest mean of a cell over the seeds that have an average; `None` if none has.
fn range(by_cell: &[&[Option<f64>]], averages: &[Option<f64>]) -> Option<(f64, f64)> {
    let counted = |cell: &&[Option<f64>]| {
        let of_seeds = cell.iter().zip(averages).filter(|(_, average)| average.is_some());
        mean(&of_seeds.filter_map(|(difference, _)| *difference).collect::<Vec<_>>())
    };
    let means: Vec<f64> = by_cell.iter().filter_map(counted).collect();
    means.iter().copied().reduce(f64::min).zip(means.iter().copied().reduce(f64::max))
}

/// The figures that ignore the seeds of a cell's trials: the interquartile mean of the reference, that of the challenger,
/// and the probability of improvement. Each draws from its own random stream, which is the same in every row, so that the
/// reference has the same interval in all rows.
fn secondary(cells: &[&Pair<'_>]) -> [Option<Estimate>; 3] {
    let reference: Vec<_> = cells.iter().map(|pair| pair.reference.test_errors()).collect();
    let challenger: Vec<_> = cells.iter().map(|pair| pair.challenger.test_errors()).collect();
    let reference: Vec<&[f64]> = reference.iter().map(Vec::as_slice).collect();
    let challenger: Vec<&[f64]> = challenger.iter().map(Vec::as_slice).collect();
    let both = [&challenger[..], &reference[..]].concat();
    let random = |figure| rng::stream(0, Purpose::Bootstrap, figure);
    [
        bootstrap(&reference, iqm, CONFIDENCE, &mut random(0)),
        bootstrap(&challenger, iqm, CONFIDENCE, &mut random(1)),
        bootstrap(&both, improvement, CONFIDENCE, &mut random(2)),
    ]
}

/// Absent where a cell has no values: the mean of the others would be of another grid.
fn iqm(cells: &[&[f64]]) -> Option<f64> {
    if cells.iter().any(|cell| cell.is_empty()) {
        return None;
    }
    interquartile_mean(&cells.concat())
}

/// The probability that a value of a cell in the first half is less than one of the same cell in the second half.
fn improvement(cells: &[&[f64]]) -> Option<f64> {
    let (first, second) = cells.split_at(cells.len() / 2);
    let cells: Vec<_> = first.iter().copied().zip(second.iter().copied()).collect();
    probability_of_improvement(&cells)
}

/// The columns of a secondary figure and the interval of its bootstrap.
fn estimate<'r>(
    columns: CsvColumns<'r, GridRow>,
    unit: &'static str,
    name: &str,
    value: fn(&GridRow) -> Option<Estimate>,
) -> CsvColumns<'r, GridRow> {
    let interval = move |row: &GridRow| value(row)?.interval;
    let (low, high) = (format!("{name}_bootstrap_low_95"), format!("{name}_bootstrap_high_95"));
    columns
        .in_unit(unit, name, |row| Some(value(row)?.value))
        .in_unit(unit, &low, |row| Some(interval(row)?.low))
        .in_unit(unit, &high, |row| Some(interval(row)?.high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_counts_only_with_all_its_cells() {
        let cells = [&[Some(0.5), Some(1.0), None][..], &[Some(1.5), None, Some(2.0)]];
        assert_eq!(averages(&cells), [Some(1.0), None, None]);
        assert_eq!(averages(&[]), []);
        assert_eq!(range(&cells, &averages(&cells)), Some((0.5, 1.5)), "the first seed alone");
        assert_eq!(range(&cells, &[None; 3]), None);
    }

    #[test]
    fn an_empty_cell_leaves_no_figure_of_the_others() {
        assert_eq!(iqm(&[&[1.0], &[]]), None);
        assert_eq!(improvement(&[&[1.0], &[], &[2.0], &[3.0]]), None);
        assert_eq!(improvement(&[&[1.0], &[4.0], &[2.0], &[3.0]]), Some(0.5));
    }
}
