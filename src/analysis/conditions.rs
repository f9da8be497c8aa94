//! `conditions.csv`, `condition_grid.csv` and `condition_effects.csv`: errors under conditions that training never saw.
//!
//! Under each condition the trials have other test errors, and the same tables follow from them as from the test images as
//! they are. Each cell is also compared with itself on the test images as they are. Holm's adjustment is over all conditions of a
//! table.

use std::collections::HashMap;

use super::cells::{AxisColumn, CellTrials, GroupedTrials};
use super::comparison::test_columns;
use super::differences;
use super::family::{self, Tests};
use super::pairs::{Contrast, Pair, Pairs};
use super::table::{CsvColumns, CsvTable, PERCENT, POINTS};
use super::{Effects, Error, GridRow, Input, SweepDesign, effects, grid};
use crate::stats::{CONFIDENCE, Interval, Paired, Spread, t_interval};
use crate::store::TrialRow;
use crate::value::Value;

/// Version of the file.
const VERSION: u32 = 1;

/// A condition at one level.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Its name.
    pub name: String,
    /// Its level: a share, pixels, or iterations.
    pub level: f64,
}

/// The tables of one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionTables {
    /// The condition.
    pub condition: Condition,
    /// The cells that were tested under it, in plan order.
    pub cells: Vec<ConditionCell>,
    /// The comparison, if the spec names a reference and every cell was tested under the condition.
    pub compared: Option<ComparedUnder>,
}

/// The comparison under one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedUnder {
    /// The names of the comparison.
    pub contrast: Contrast,
    /// Each challenger over all cells.
    pub grid: Vec<GridRow>,
    /// The effects of several cells.
    pub effects: Effects,
}

/// One cell under one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionCell {
    /// Value on each axis.
    pub values: Vec<Value>,
    /// Trials that were tested.
    pub n: usize,
    /// Test error, percent.
    pub error: Spread,
    /// Student's 95 % interval of the mean.
    pub interval: Option<Interval>,
    /// Its error less that of its reference under the same condition, paired by seed; absent in a reference.
    pub difference: Option<Paired>,
    /// Tests of the difference; Holm's adjustment is over all rows of all conditions.
    pub tests: Tests,
    /// Its error less that of the same networks on the test images as they are, paired by seed.
    pub change: Option<Paired>,
    /// Tests of the change, adjusted likewise.
    pub change_tests: Tests,
}

/// Mistakes by trial under one condition.
type Mistakes<'i> = HashMap<&'i str, usize>;

impl ConditionTables {
    /// The tables of each condition of the input, in its order; those of one name by level.
    pub(super) fn all(input: &Input, design: &SweepDesign) -> Result<Vec<Self>, Error> {
        let mut conditions: Vec<(Condition, Mistakes<'_>)> = Vec::new();
        for row in &input.conditions {
            let condition = Condition { name: row.condition.clone(), level: row.level };
            let known = conditions.iter().position(|(known, _)| *known == condition);
            let at = known.unwrap_or_else(|| {
                conditions.push((condition, Mistakes::new()));
                conditions.len() - 1
            });
            conditions[at].1.insert(&row.trial, row.mistakes);
        }
        let unchanged = GroupedTrials::of(&input.trials.path, input.trials.rows(), &design.axes)?;
        let tables = conditions
            .into_iter()
            .map(|(condition, mistakes)| Self::of(condition, &mistakes, &unchanged, input, design));
        let mut all = tables.collect::<Result<Vec<_>, _>>()?;
        adjust(&mut all);
        Ok(all)
    }

    /// The tables of `condition`; `unchanged` are the same trials on the test images as they are.
    fn of(
        condition: Condition,
        mistakes: &Mistakes<'_>,
        unchanged: &GroupedTrials,
        input: &Input,
        design: &SweepDesign,
    ) -> Result<Self, Error> {
        let tested = |row: &TrialRow| {
            let error = mistakes.get(row.trial.as_str()).zip(row.test_images);
            let test_error = error.map(|(&wrong, images)| 100.0 * wrong as f64 / images as f64);
            TrialRow { test_error, valid_error: None, ..row.clone() }
        };
        let rows: Vec<TrialRow> = input.trials.rows().iter().map(tested).collect();
        let found = GroupedTrials::of(&input.trials.path, &rows, &design.axes)?;
        let pairs = design.compare.as_ref().map(|compare| Pairs::of(&found, compare)).transpose()?;
        let pair = |cell: &CellTrials| {
            pairs.iter().flat_map(|it| &it.all).find(|it| it.challenger.values == cell.values)
        };
        let cells = found.cells.iter().zip(&unchanged.cells);
        let cells: Vec<_> =
            cells.filter_map(|(cell, unchanged)| ConditionCell::of(cell, unchanged, pair(cell))).collect();
        let is_whole = cells.len() == found.cells.len();
        let compared = pairs.as_ref().zip(design.compare.as_ref()).filter(|_| is_whole);
        let compared = compared.map(|(pairs, compare)| ComparedUnder {
            contrast: pairs.contrast.clone(),
            grid: grid::rows(pairs),
            effects: Effects::of(&found, compare, None),
        });
        Ok(Self { condition, cells, compared })
    }
}

impl ConditionCell {
    /// Of trials with the errors under the condition, and the same trials with those of the test images as they are.
    fn of(cell: &CellTrials, unchanged: &CellTrials, pair: Option<&Pair<'_>>) -> Option<Self> {
        let errors = cell.test_errors();
        let known = pair.map(|pair| differences::known(&pair.test)).unwrap_or_default();
        let difference = Paired::of(&known, CONFIDENCE);
        let both = cell.trials.iter().zip(&unchanged.trials);
        let changes: Vec<f64> =
            both.filter_map(|(trial, unchanged)| Some(trial.test_error? - unchanged.test_error?)).collect();
        let change = Paired::of(&changes, CONFIDENCE);
        Some(Self {
            values: cell.values.clone(),
            n: errors.len(),
            error: Spread::of(&errors)?,
            interval: t_interval(&errors, CONFIDENCE).map(Interval::not_negative),
            difference,
            tests: Tests::of(&known, difference.and_then(|difference| difference.p), None),
            change,
            change_tests: Tests::of(&changes, change.and_then(|change| change.p), None),
        })
    }
}

/// Adjusts the tests of each table for their number over all conditions.
fn adjust(all: &mut [ConditionTables]) {
    let mut cells: Vec<_> = all.iter_mut().flat_map(|it| &mut it.cells).collect();
    family::adjust(&mut cells, |row| &mut row.tests);
    family::adjust(&mut cells, |row| &mut row.change_tests);
    let mut grid: Vec<_> =
        all.iter_mut().flat_map(|it| &mut it.compared).flat_map(|it| &mut it.grid).collect();
    family::adjust(&mut grid, |row| &mut row.tests);
    let compared = all.iter_mut().flat_map(|it| &mut it.compared);
    let mut effects: Vec<_> = compared.flat_map(|it| &mut it.effects.rows).collect();
    family::adjust(&mut effects, |row| &mut row.tests);
}

/// The table of all cells under all conditions; `None` without conditions, as those that follow.
pub(super) fn cells(all: &[ConditionTables], axes: &[AxisColumn]) -> Option<CsvTable> {
    let axes: Vec<_> = axes.iter().map(|axis| axis.column.clone()).collect();
    stacked(all, |it| Some(cells_table(&it.cells, &axes)))
}

fn cells_table(cells: &[ConditionCell], axes: &[String]) -> CsvTable {
    CsvColumns::of(cells, VERSION)
        .axes(axes, |row| &row.values)
        .plain("n", |row| row.n)
        .in_unit(PERCENT, "test_error_mean", |row| Some(row.error.mean))
        .in_unit(PERCENT, "test_error_sd", |row| row.error.sd)
        .in_unit(PERCENT, "test_error_low_95", |row| Some(row.interval?.low))
        .in_unit(PERCENT, "test_error_high_95", |row| Some(row.interval?.high))
        .with(|columns| test_columns(columns, |row| row.difference))
        .with(|columns| family::columns(columns, None, |row| row.tests))
        .in_unit(POINTS, "change_mean", |row| Some(row.change?.mean))
        .in_unit(POINTS, "change_sd", |row| row.change?.sd)
        .in_unit(POINTS, "change_low_95", |row| Some(row.change?.interval?.low))
        .in_unit(POINTS, "change_high_95", |row| Some(row.change?.interval?.high))
        .plain("change_p_t", |row| row.change_tests.p)
        .plain("change_p_holm", |row| row.change_tests.p_holm)
        .table()
}

/// The table of the challengers over the grid; `None` also without a comparison.
pub(super) fn grids(all: &[ConditionTables]) -> Option<CsvTable> {
    stacked(all, |it| it.compared.as_ref().map(|it| grid::table(&it.contrast, &it.grid)))
}

/// The table of the effects; `None` also where the spec names none.
pub(super) fn all_effects(all: &[ConditionTables]) -> Option<CsvTable> {
    stacked(all, |it| {
        let ComparedUnder { contrast, effects, .. } = it.compared.as_ref()?;
        (!effects.rows.is_empty()).then(|| effects::table(effects, contrast))
    })
}

/// The tables of conditions below each other, each row after its condition.
fn stacked(
    all: &[ConditionTables],
    table: impl Fn(&ConditionTables) -> Option<CsvTable>,
) -> Option<CsvTable> {
    let key =
        |it: &ConditionTables| vec![it.condition.name.clone(), Value::from(it.condition.level).to_string()];
    let tables = all.iter().filter_map(|it| Some((key(it), table(it)?)));
    CsvTable::stacked(&["condition", "level"], tables.collect())
}
