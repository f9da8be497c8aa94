//! `effects.csv`: the mean error of several cells less that of as many others, paired by seed.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::Contrast;
use super::cells::{AxisColumn, CellTrials, GroupedTrials};
use super::comparison::{by_seed, crossed, crossed_columns, test_columns, valid_columns};
use super::differences::DifferenceSummary;
use super::errors::Errors;
use super::family::{self, Tests};
use super::mistakes::Mistakes;
use super::table::{CsvColumns, CsvTable};
use crate::spec::{Compare, Effect};
use crate::stats::{Crossed, Paired, mean};
use crate::value::Value;

/// Values of a cell on some axes.
type Selector = BTreeMap<String, toml::Value>;

/// Version of the file.
const VERSION: u32 = 1;

/// The effects of a comparison. Differences are in percentage points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Columns of `trials.csv` that hold the axes by which an effect is given.
    pub axes: Vec<String>,
    /// One row for each effect and each of its values on these axes, in the order of the spec and of the plan.
    pub rows: Vec<EffectRow>,
}

/// One effect.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// Its name in the spec.
    pub name: String,
    /// Value on each axis of the table; absent if the effect is averaged over it.
    pub values: Vec<Option<Value>>,
    /// Cells on each of the two sides.
    pub cells: usize,
    /// Mean test error of the one side less that of the other, by the plan's seeds; absent if a trial is not complete.
    pub differences: Vec<Option<f64>>,
    /// Planned seeds without a difference.
    pub missing: usize,
    /// Mean and interval of the differences in test error.
    pub test: Option<Paired>,
    /// The same for the validation error.
    pub valid: Option<Paired>,
    /// The effect on other seeds and other test images, as a share. A secondary figure; absent without the mistakes of
    /// two seeds.
    pub crossed: Option<Crossed>,
    /// Tests of the effect on the test error; Holm's adjustment is over all rows.
    pub tests: Tests,
}

impl Effects {
    /// The effects that `compare` names.
    pub(super) fn of(found: &GroupedTrials, compare: &Compare, mistakes: Option<&Mistakes>) -> Self {
        let is_shown =
            |axis: &&AxisColumn| compare.effects.iter().any(|effect| effect.by.contains(&axis.path));
        let shown: Vec<_> = found.axes.iter().filter(is_shown).collect();
        let (mut rows, is_tested) = (Vec::new(), found.is_tested());
        for effect in &compare.effects {
            let sides = Contrasted { found, effect, shown: &shown }.sides();
            let row = |(values, sides): (_, Sides<'_>)| {
                EffectRow::of(effect, values, &sides, is_tested, compare.margin, mistakes)
            };
            rows.extend(sides.into_iter().map(row));
        }
        family::adjust(&mut rows, |row| &mut row.tests);
        Self { axes: shown.into_iter().map(|axis| axis.column.clone()).collect(), rows }
    }
}

/// Value on each axis of the table; `None` if an effect is averaged over it.
type Values = Vec<Option<Value>>;

/// The cells of the two sides of an effect.
#[derive(Default)]
struct Sides<'c> {
    plus: Vec<&'c CellTrials>,
    minus: Vec<&'c CellTrials>,
}

/// An effect among the cells of a sweep.
struct Contrasted<'c, 'd> {
    found: &'c GroupedTrials,
    effect: &'d Effect,
    /// The axes of the table.
    shown: &'d [&'c AxisColumn],
}

impl<'c> Contrasted<'c, '_> {
    /// The sides of the effect for each combination of its values on the axes of the table, in plan order.
    fn sides(&self) -> IndexMap<Values, Sides<'c>> {
        let mut all: IndexMap<Values, Sides<'c>> = IndexMap::new();
        for alike in self.alike() {
            let side = |cells: &[Selector]| {
                cells.iter().map(|cell| self.find(&alike, cell)).collect::<Option<Vec<_>>>()
            };
            let (Some(plus), Some(minus)) = (side(&self.effect.plus), side(&self.effect.minus)) else {
                continue;
            };
            let values = self.shown.iter().map(|axis| self.value(alike[0], axis)).collect();
            let sides = all.entry(values).or_default();
            sides.plus.extend(plus);
            sides.minus.extend(minus);
        }
        all
    }

    /// Groups of cells that are alike on all axes that the effect does not name, in plan order.
    fn alike(&self) -> Vec<Vec<&'c CellTrials>> {
        let is_free = |axis: &AxisColumn| self.effect.alike.contains(&axis.path);
        let mut groups: IndexMap<Vec<&Value>, Vec<&CellTrials>> = IndexMap::new();
        for cell in &self.found.cells {
            let values = self.found.axes.iter().zip(&cell.values).filter(|(axis, _)| is_free(axis));
            groups.entry(values.map(|(_, value)| value).collect()).or_default().push(cell);
        }
        groups.into_values().collect()
    }

    /// The cell with the values of a selector.
    fn find(&self, cells: &[&'c CellTrials], selector: &Selector) -> Option<&'c CellTrials> {
        let wanted: Vec<_> =
            self.found.axes.iter().map(|axis| selector.get(&axis.path).map(Value::from)).collect();
        let is_it = |cell: &&&CellTrials| {
            let mut values = wanted.iter().zip(&cell.values);
            values.all(|(wanted, value)| wanted.as_ref().is_none_or(|wanted| wanted == value))
        };
        cells.iter().find(is_it).copied()
    }

    fn value(&self, cell: &CellTrials, axis: &AxisColumn) -> Option<Value> {
        let at = self.found.axes.iter().position(|known| known.path == axis.path)?;
        self.effect.by.contains(&axis.path).then(|| cell.values[at].clone())
    }
}

impl EffectRow {
    fn of(
        effect: &Effect,
        values: Values,
        sides: &Sides<'_>,
        is_tested: bool,
        margin: Option<f64>,
        mistakes: Option<&Mistakes>,
    ) -> Self {
        let test = differences(sides, |errors| errors.test);
        let valid = differences(sides, |errors| errors.valid);
        let DifferenceSummary { missing, test: paired, valid, tests } =
            DifferenceSummary::of(&test, &valid, is_tested, margin);
        Self {
            name: effect.name.clone(),
            values,
            cells: sides.plus.len(),
            missing,
            test: paired,
            valid,
            crossed: mistakes.and_then(|mistakes| crossed(&sides.minus, &sides.plus, mistakes)),
            tests,
            differences: test,
        }
    }
}

/// The mean error of the one side less that of the other, seed by seed; absent if a trial has none.
fn differences(sides: &Sides<'_>, error: fn(Errors) -> Option<f64>) -> Vec<Option<f64>> {
    let of_side = |cells: &[&CellTrials], seed: usize| {
        let errors = cells.iter().map(|cell| error(Errors::of(&cell.trials[seed])?));
        mean(&errors.collect::<Option<Vec<_>>>()?)
    };
    let seeds = sides.plus[0].trials.len();
    (0..seeds).map(|seed| Some(of_side(&sides.plus, seed)? - of_side(&sides.minus, seed)?)).collect()
}

pub(super) fn table(effects: &Effects, contrast: &Contrast) -> CsvTable {
    let columns = CsvColumns::of(&effects.rows, VERSION).plain("effect", |row| row.name.as_str());
    let columns = effects.axes.iter().enumerate().fold(columns, |columns, (at, axis)| {
        columns.plain(axis, |row| row.values[at].as_ref().map(|value| value.as_str().to_owned()))
    });
    let columns = columns
        .plain("cells", |row| row.cells)
        .plain("n", |row| row.differences.len() - row.missing)
        .plain("missing", |row| row.missing)
        .with(|columns| test_columns(columns, |row| row.test))
        .with(|columns| family::columns(columns, contrast.margin, |row| row.tests))
        .with(|columns| valid_columns(columns, |row| row.valid))
        .with(|columns| crossed_columns(columns, |row| row.crossed));
    by_seed(columns, &contrast.seeds, |row| &row.differences).table()
}
