//! Pairs of each challenger with its reference, by seed.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use super::cells::{AxisColumn, CellTrials, GroupedTrials};
use super::frame::{self, CELL, SEED, TEST, VALID};
use super::{Error, words};
use crate::spec::{Compare, is_name};
use crate::value::Value;

/// Column with the position of the reference's cell.
const REFERENCE: &str = "reference";

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
}

impl Pair<'_> {
    /// Number of seeds in which either trial is not complete.
    pub fn missing(&self) -> usize {
        let is_missing = |(test, valid): &(&Option<f64>, &Option<f64>)| test.is_none() && valid.is_none();
        self.test.iter().zip(&self.valid).filter(is_missing).count()
    }
}

impl<'c> Pairs<'c> {
    pub fn of(found: &'c GroupedTrials, compare: &Compare) -> Result<Self, Error> {
        let GroupedTrials { axes, cells, seeds, trials } = found;
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
        let mut all = Vec::new();
        let joined = sides.join(trials)?;
        let (challengers, references) = (joined.column(CELL)?.u32()?, joined.column(REFERENCE)?.u32()?);
        let (test, valid) = (joined.column(TEST)?.list()?, joined.column(VALID)?.list()?);
        for (at, (challenger, reference)) in challengers.iter().zip(references.iter()).enumerate() {
            let Some(challenger) = challenger.map(|at| &cells[at as usize]) else { continue };
            let Some(reference) = reference.map(|at| &cells[at as usize]) else {
                contrast.unmatched.push(challenger.label());
                continue;
            };
            let differences = |lists: &ListChunked| -> Result<Vec<Option<f64>>, Error> {
                Ok(lists.get_as_series(at).map_or_else(
                    || Ok(Vec::new()),
                    |list| Ok::<_, PolarsError>(list.f64()?.iter().collect()),
                )?)
            };
            all.push(Pair {
                values: sides.others.iter().map(|&at| challenger.values[at].clone()).collect(),
                name: sides.name(challenger, axes),
                reference,
                challenger,
                test: differences(test)?,
                valid: differences(valid)?,
            });
        }
        Ok(Self { contrast, all })
    }

    /// The pairs of each challenger, in the order in which they first appear.
    pub fn by_challenger(&self) -> Vec<(&str, Vec<&Pair<'c>>)> {
        let mut groups: Vec<(&str, Vec<&Pair<'c>>)> = Vec::new();
        let mut places = HashMap::new();
        for pair in &self.all {
            let place = *places.entry(pair.name.as_str()).or_insert_with(|| {
                groups.push((&pair.name, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(pair);
        }
        groups
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
    /// The condition for a trial of the reference.
    is_reference: Expr,
}

impl Sides {
    fn of(GroupedTrials { axes, cells, .. }: &GroupedTrials, compare: &Compare) -> Result<Self, Error> {
        let mut compared = BTreeMap::new();
        let mut is_reference = lit(true);
        for (path, value) in &compare.reference {
            let value = Value::from(value);
            let at = axes.iter().position(|axis| axis.path == *path);
            let code =
                at.and_then(|at| Some((at, axes[at].values.iter().position(|known| *known == value)?)));
            let Some((at, code)) = code else {
                let values = at.map(|at| axes[at].values.iter().map(Value::to_string).collect());
                let (key, value) = (path.clone(), value.to_string());
                return Err(Error::Reference { key, value, values: sorted(values.unwrap_or_default()) });
            };
            compared.insert(at, value);
            is_reference = is_reference.and(col(frame::axis(at)).eq(lit(code as u32)));
        }
        let is_other = |at: &usize| !compared.contains_key(at) && !compare.tuned.contains(&axes[*at].path);
        let others = (0..axes.len()).filter(is_other).collect();
        let naming = naming(cells, compared.keys().copied());
        Ok(Self { compared, naming, others, is_reference })
    }

    fn is_reference(&self, cell: &CellTrials) -> bool {
        self.compared.iter().all(|(&at, value)| cell.values[at] == *value)
    }

    /// One row for each cell that is not the reference: the cell of its reference (null if there is none) and the
    /// differences in error by seed.
    fn join(&self, trials: &DataFrame) -> PolarsResult<DataFrame> {
        let keys: Vec<Expr> = self.others.iter().map(|&at| col(frame::axis(at))).chain([col(SEED)]).collect();
        let of_reference = |column: &str| format!("{column} of the reference");
        let difference = |column: &str| {
            (col(column) - col(of_reference(column)))
                .sort_by([col(SEED)], SortMultipleOptions::default())
                .alias(column)
        };
        let mut columns = keys.clone();
        columns.push(col(CELL).alias(REFERENCE));
        columns.extend([TEST, VALID].map(|column| col(column).alias(of_reference(column))));
        let references = trials.clone().lazy().filter(self.is_reference.clone()).select(columns);
        trials
            .clone()
            .lazy()
            .filter(self.is_reference.clone().not())
            .join(references, &keys, &keys, JoinArgs::new(JoinType::Left))
            .group_by([col(CELL)])
            .agg([col(REFERENCE).first(), difference(TEST), difference(VALID)])
            .sort([CELL], SortMultipleOptions::default())
            .collect()
    }

    fn name(&self, cell: &CellTrials, axes: &[AxisColumn]) -> String {
        let columns: Vec<_> = self.naming.iter().map(|&at| axes[at].column.as_str()).collect();
        let values: Vec<_> = self.naming.iter().map(|&at| &cell.values[at]).collect();
        words::side(&columns, &values)
    }
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values
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
