//! Which cell is compared with which.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Cell, Errors};
use super::{Compare, Error, cells, words};
use crate::store::axis_column;

/// Every cell that is not the reference beside the reference cell that has the same values
/// on the axes which are not compared.
pub(super) struct Pairs<'c> {
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
    /// In plan order of the cells that are not the reference.
    pub all: Vec<Pair<'c>>,
    /// Cells that have no reference with the same values on the other axes.
    pub unmatched: Vec<String>,
}

/// A cell and its reference.
pub(super) struct Pair<'c> {
    /// Value of each axis that is not compared.
    pub values: Vec<String>,
    /// Name of the challenger.
    pub name: String,
    pub reference: &'c Cell,
    pub challenger: &'c Cell,
}

impl<'c> Pairs<'c> {
    pub fn of(cells: &'c [Cell], axes: &[String], compare: &Compare) -> Result<Self, Error> {
        let sides = Sides::of(cells, axes, &compare.reference)?;
        let (references, challengers): (Vec<&Cell>, Vec<&Cell>) =
            cells.iter().partition(|cell| sides.is_reference(cell));
        let by_others: BTreeMap<_, _> = references.iter().map(|cell| (sides.others(cell), *cell)).collect();
        let column = |at: usize| axis_column(&axes[at]).to_owned();
        let mut found = Self {
            axes: sides.others.iter().map(|&at| column(at)).collect(),
            compared: sides.naming.iter().map(|&at| column(at)).collect(),
            implied: sides.implied().map(column).collect(),
            reference: references.first().map_or_else(String::new, |cell| sides.name(cell, axes)),
            seeds: cells::seeds(cells),
            all: Vec::new(),
            unmatched: Vec::new(),
        };
        for challenger in challengers {
            let (values, name) = (sides.others(challenger), sides.name(challenger, axes));
            match by_others.get(&values) {
                None => found.unmatched.push(challenger.values.join(", ")),
                Some(reference) => found.all.push(Pair { values, name, reference, challenger }),
            }
        }
        Ok(found)
    }

    /// The pairs of each challenger, in the order in which they first appear.
    pub fn by_challenger(&self) -> Vec<(&str, Vec<&Pair<'c>>)> {
        let mut groups: Vec<(&str, Vec<&Pair<'c>>)> = Vec::new();
        let mut places = BTreeMap::new();
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

impl Pair<'_> {
    /// The challenger's `error` less that of the reference, seed by seed, percentage points;
    /// absent where either trial is not complete.
    pub fn differences(&self, seeds: &[u64], error: fn(Errors) -> Option<f64>) -> Vec<Option<f64>> {
        let of = |cell: &Cell, seed| cell.errors(seed).and_then(error);
        seeds.iter().map(|&seed| Some(of(self.challenger, seed)? - of(self.reference, seed)?)).collect()
    }
}

/// Which of a cell's values are compared, and which must be the same on both sides.
struct Sides {
    /// Position of each compared axis, with the reference's value.
    compared: Vec<(usize, String)>,
    /// Positions of the compared axes that sides are named by.
    naming: Vec<usize>,
    /// Positions of the axes that are not compared.
    others: Vec<usize>,
}

impl Sides {
    fn of(cells: &[Cell], axes: &[String], reference: &BTreeMap<String, String>) -> Result<Self, Error> {
        for (key, value) in reference {
            let at = axes.iter().position(|axis| axis == key);
            let values: BTreeSet<_> =
                at.into_iter().flat_map(|at| cells.iter().map(move |cell| cell.values[at].clone())).collect();
            if !values.iter().any(|known| same(known, value)) {
                let values = values.into_iter().collect();
                return Err(Error::Reference { key: key.clone(), value: value.clone(), values });
            }
        }
        let value = |at: usize| reference.get(&axes[at]).map(|value| (at, value.clone()));
        let compared: Vec<_> = (0..axes.len()).filter_map(value).collect();
        let naming = naming(cells, compared.iter().map(|&(at, _)| at));
        let others = (0..axes.len()).filter(|&at| !reference.contains_key(&axes[at])).collect();
        Ok(Self { compared, naming, others })
    }

    /// Positions of the compared axes whose values follow from a side's name.
    fn implied(&self) -> impl Iterator<Item = usize> {
        self.compared.iter().map(|&(at, _)| at).filter(|at| !self.naming.contains(at))
    }

    fn is_reference(&self, cell: &Cell) -> bool {
        self.compared.iter().all(|(at, value)| same(&cell.values[*at], value))
    }

    fn name(&self, cell: &Cell, axes: &[String]) -> String {
        let columns: Vec<_> = self.naming.iter().map(|&at| axis_column(&axes[at])).collect();
        let values: Vec<_> = self.naming.iter().map(|&at| cell.values[at].as_str()).collect();
        words::side(&columns, &values)
    }

    fn others(&self, cell: &Cell) -> Vec<String> {
        self.others.iter().map(|&at| cell.values[at].clone()).collect()
    }
}

/// Those of the compared axes that tell sides apart: an axis whose value follows from those of earlier
/// ones, as a rate of each family's own does, is left out. The first stays in any case.
fn naming(cells: &[Cell], compared: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for at in compared {
        let mut known = BTreeMap::new();
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

/// Whether two texts name one value: `1` and `1.0` do.
fn same(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        #[expect(clippy::float_cmp, reason = "two spellings of one number, not two measurements")]
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_spelt() {
        assert!(same("1", "1.0") && same("0.001", "1e-3") && same("drsae", "drsae"));
        assert!(!same("1", "2") && !same("untied", "untied-recurrent"));
    }
}
