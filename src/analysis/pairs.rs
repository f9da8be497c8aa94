//! Pairs of each challenger with its reference, by seed.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use polars::prelude::*;

use super::cells::{AxisColumn, CellTrials, GroupedTrials};
use super::frame::{self, CELL, SEED, TEST, VALID};
use super::{Error, words};
use crate::spec::{Compare, is_name};
use crate::value::Value;

/// The end of the names of columns of a trial's reference.
const OF_REFERENCE: &str = " of the reference";

/// The names of a comparison: its axes, its reference and its seeds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contrast {
    /// Columns of `trials.csv` that hold the axes which are not compared.
    pub axes: Vec<String>,
    /// Columns of `trials.csv` that hold the compared axes by which sides are named.
    pub compared: Vec<String>,
    /// Columns of the other compared axes, whose values follow from a side's name.
    pub implied: Vec<String>,
    /// Name of the reference.
    pub reference: String,
    /// All seeds of the plan, in order.
    pub seeds: Vec<u64>,
    /// The margin of equivalence, percentage points, where the spec sets one.
    pub margin: Option<f64>,
    /// Cells that have no reference with the same values on the other axes.
    pub unmatched: Vec<String>,
}

impl Contrast {
    /// The name of the reference with its setting, for texts that do not name the setting.
    pub(super) fn reference_label(&self) -> String {
        match &self.compared[..] {
            [axis] if !is_name(axis) => {
                format!("{} = {}", words::headings(&self.compared).concat(), self.reference)
            }
            _ => self.reference.clone(),
        }
    }
}

/// Pairs of every cell that is not the reference with the reference cell that has the same values on the axes that are
/// not compared.
pub(super) struct Pairs<'c> {
    pub contrast: Contrast,
    /// In plan order of the cells that are not the reference.
    pub all: Vec<Pair<'c>>,
}

/// A cell and its reference.
pub(super) struct Pair<'c> {
    /// Value of each axis that is not compared.
    pub values: Vec<Value>,
    /// Name of the challenger.
    pub name: String,
    pub reference: &'c CellTrials,
    pub challenger: &'c CellTrials,
    /// The challenger's test error less that of the reference, by seed, percentage points;
    /// absent if either trial is not complete.
    pub test: Vec<Option<f64>>,
    /// The same of the validation error.
    pub valid: Vec<Option<f64>>,
    /// True if any trial of the sweep is tested.
    pub is_tested: bool,
}

impl<'c> Pairs<'c> {
    pub fn of(found: &'c GroupedTrials, compare: &Compare) -> Result<Self, Error> {
        let GroupedTrials { axes, cells, seeds, .. } = found;
        let sides = Sides::of(found, compare)?;
        let column = |at: &usize| axes[*at].column.clone();
        let reference = cells.iter().find(|cell| sides.is_reference(cell));
        let mut contrast = Contrast {
            axes: sides.others.iter().map(column).collect(),
            compared: sides.naming.iter().map(column).collect(),
            implied: sides.compared.keys().filter(|at| !sides.naming.contains(at)).map(column).collect(),
            reference: reference.map(|cell| sides.name(cell, axes)).unwrap_or_default(),
            seeds: seeds.clone(),
            margin: compare.margin,
            unmatched: Vec::new(),
        };
        let (mut all, is_tested) = (Vec::new(), found.is_tested());
        for joined in sides.join(found)?.chunk_by(|one, other| one.cell == other.cell) {
            let challenger = &cells[joined[0].cell as usize];
            let Some(reference) = joined[0].reference.map(|at| &cells[at as usize]) else {
                contrast.unmatched.push(challenger.label());
                continue;
            };
            all.push(Pair {
                values: sides.others.iter().map(|&at| challenger.values[at].clone()).collect(),
                name: sides.name(challenger, axes),
                reference,
                challenger,
                test: joined.iter().map(|trial| trial.test).collect(),
                valid: joined.iter().map(|trial| trial.valid).collect(),
                is_tested,
            });
        }
        Ok(Self { contrast, all })
    }

    /// The pairs of each challenger, in the order in which they first appear.
    pub fn by_challenger(&self) -> Vec<(&str, Vec<&Pair<'c>>)> {
        let mut groups: IndexMap<&str, Vec<&Pair<'c>>> = IndexMap::new();
        for pair in &self.all {
            groups.entry(&pair.name).or_default().push(pair);
        }
        groups.into_iter().collect()
    }
}

/// The axes that are compared, and those whose values must be the same on both sides.
struct Sides {
    /// The reference's value on each compared axis, by the axis' position.
    compared: BTreeMap<usize, Value>,
    /// Positions of the compared axes that sides are named by.
    naming: Vec<usize>,
    /// Positions of the axes that are neither compared nor tuned.
    others: Vec<usize>,
}

/// A trial that is not of the reference, and the trial of the reference with the same seed.
struct JoinedTrial {
    /// Position of the trial's cell.
    cell: u32,
    /// Position of the reference's cell, if there is one.
    reference: Option<u32>,
    /// The trial's test error less that of the reference; absent if either trial is not complete.
    test: Option<f64>,
    /// The same of the validation error.
    valid: Option<f64>,
}

impl Sides {
    fn of(GroupedTrials { axes, cells, .. }: &GroupedTrials, compare: &Compare) -> Result<Self, Error> {
        let mut compared = BTreeMap::new();
        for (path, value) in &compare.reference {
            let value = Value::from(value);
            let at = axes.iter().position(|axis| axis.path == *path);
            let known = at.filter(|&at| axes[at].values.contains(&value));
            let Some(at) = known else {
                let values = at.iter().flat_map(|&at| &axes[at].values);
                let mut values: Vec<_> = values.map(Value::to_string).collect();
                values.sort_unstable();
                return Err(Error::Reference { key: path.clone(), value: value.to_string(), values });
            };
            compared.insert(at, value);
        }
        let is_other = |at: &usize| !compared.contains_key(at) && !compare.tuned.contains(&axes[*at].path);
        let others = (0..axes.len()).filter(is_other).collect();
        let naming = naming(cells, compared.keys().copied());
        Ok(Self { compared, naming, others })
    }

    fn is_reference(&self, cell: &CellTrials) -> bool {
        self.compared.iter().all(|(&at, value)| cell.values[at] == *value)
    }

    /// The trials that are not of the reference, by cell and seed.
    fn join(&self, GroupedTrials { cells, trials, .. }: &GroupedTrials) -> PolarsResult<Vec<JoinedTrial>> {
        let is_reference: Vec<bool> = cells.iter().map(|cell| self.is_reference(cell)).collect();
        let of_cell = |cell: Option<u32>| cell.is_some_and(|cell| is_reference[cell as usize]);
        let is_reference: BooleanChunked = trials.column(CELL)?.u32()?.iter().map(of_cell).collect();
        let keys: Vec<String> =
            self.others.iter().map(|&at| frame::axis(at)).chain([SEED.to_owned()]).collect();
        let columns = keys.iter().map(String::as_str).chain([CELL, TEST, VALID]);
        let references = trials.filter(&is_reference)?.select(columns)?;
        let left = JoinArgs::new(JoinType::Left).with_suffix(Some(OF_REFERENCE.into()));
        let joined = trials
            .filter(&!is_reference)?
            .join(&references, &keys, &keys, left, None)?
            .sort([CELL, SEED], SortMultipleOptions::default())?;
        let of_reference = |column: &str| joined.column(&format!("{column}{OF_REFERENCE}"));
        let difference = |column: &str| joined.column(column)? - of_reference(column)?;
        let (cells, references) = (joined.column(CELL)?.u32()?, of_reference(CELL)?.u32()?);
        let (test, valid) = (difference(TEST)?, difference(VALID)?);
        let of_cells = cells.iter().flatten().zip(references.iter());
        let errors = test.f64()?.iter().zip(valid.f64()?.iter());
        let joined = of_cells.zip(errors);
        Ok(joined
            .map(|((cell, reference), (test, valid))| JoinedTrial { cell, reference, test, valid })
            .collect())
    }

    fn name(&self, cell: &CellTrials, axes: &[AxisColumn]) -> String {
        let columns: Vec<_> = self.naming.iter().map(|&at| axes[at].column.as_str()).collect();
        let values: Vec<_> = self.naming.iter().map(|&at| &cell.values[at]).collect();
        words::side(&columns, &values)
    }
}

/// The compared axes that distinguish sides. An axis whose value follows from those of earlier axes, such as a rate per
/// family, is omitted. The first axis is always included.
fn naming(cells: &[CellTrials], compared: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for at in compared {
        let mut known = HashMap::new();
        let follows = cells.iter().all(|cell| {
            let name: Vec<_> = kept.iter().map(|&at| &cell.values[at]).collect();
            *known.entry(name).or_insert(&cell.values[at]) == &cell.values[at]
        });
        if !follows || kept.is_empty() {
            kept.push(at);
        }
    }
    kept
}
