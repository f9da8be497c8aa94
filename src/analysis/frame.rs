//! The data frame of a sweep's trials.

use polars::prelude::*;

use super::errors::Errors;
use crate::store::TrialRow;

/// Column with the position of the trial's cell.
pub(super) const CELL: &str = "cell";
/// Column with the seed.
pub(super) const SEED: &str = "seed";
/// Column with the test error; null where the trial is not complete.
pub(super) const TEST: &str = "test error";
/// Column with the validation error; null where the trial is not complete, or has none.
pub(super) const VALID: &str = "validation error";
/// Columns that distinguish networks.
const NETWORK: [&str; 4] = ["family", "steps", "hidden", "parameters"];

/// Name of the column that holds the codes of the axis at a position.
pub(super) fn axis(at: usize) -> String {
    format!("axis {at}")
}

/// One row a trial: `codes` of its values on each axis, network, seed and errors.
pub(super) fn of_trials(rows: &[TrialRow], codes: Vec<Vec<u32>>) -> PolarsResult<DataFrame> {
    let errors: Vec<_> = rows.iter().map(Errors::of).collect();
    let mut columns: Vec<Column> =
        codes.into_iter().enumerate().map(|(at, codes)| Column::new(axis(at).into(), codes)).collect();
    let count = |count: fn(&TrialRow) -> usize| rows.iter().map(|row| count(row) as u64).collect::<Vec<_>>();
    columns.extend([
        Column::new(NETWORK[0].into(), rows.iter().map(|row| row.family.as_str()).collect::<Vec<_>>()),
        Column::new(NETWORK[1].into(), count(|row| row.steps)),
        Column::new(NETWORK[2].into(), count(|row| row.hidden)),
        Column::new(NETWORK[3].into(), count(|row| row.parameters)),
        Column::new(SEED.into(), rows.iter().map(|row| row.seed).collect::<Vec<_>>()),
        Column::new(TEST.into(), errors.iter().map(|errors| (*errors)?.test).collect::<Vec<_>>()),
        Column::new(VALID.into(), errors.iter().map(|errors| (*errors)?.valid).collect::<Vec<_>>()),
    ]);
    DataFrame::new(rows.len(), columns)
}

/// The rows of each cell, in the order of the frame: those with the same values on `axes` axes and the same network.
pub(super) fn cells(trials: &DataFrame, axes: usize) -> PolarsResult<Vec<Vec<u32>>> {
    let keys = (0..axes).map(axis).chain(NETWORK.map(str::to_owned));
    let groups = trials.group_by_stable(keys)?.into_groups();
    let rows = |group| match group {
        GroupsIndicator::Idx((_, rows)) => rows.to_vec(),
        GroupsIndicator::Slice([first, count]) => (first..first + count).collect(),
    };
    Ok(groups.iter().map(rows).collect())
}

/// Adds the position of each trial's cell, whose rows are in `cells`.
pub(super) fn with_cells(mut trials: DataFrame, cells: &[Vec<u32>]) -> PolarsResult<DataFrame> {
    let mut positions = vec![0_u32; trials.height()];
    for (cell, rows) in cells.iter().enumerate() {
        for &row in rows {
            positions[row as usize] = cell as u32;
        }
    }
    trials.with_column(Column::new(CELL.into(), positions))?;
    Ok(trials)
}
