//! Reference cells, and widths with equal numbers of parameters.

use std::collections::HashMap;

use toml::Value;

use super::error::Error;
use crate::data::Facts;
use crate::model::budget::Counts;
use crate::model::{self, Family};
use crate::spec::{self, Compare, Sweep};

/// For each cell, the position of the reference cell that has the same values on the other axes, its own for a
/// reference cell; `None` where there is none, and for all cells without a comparison.
#[must_use]
pub fn references(sweep: &Sweep) -> Vec<Option<usize>> {
    let Some(compare) = &sweep.compare else { return vec![None; sweep.cells.len()] };
    let keys =
        sweep.cells.iter().enumerate().map(|(index, cell)| (key(&cell.settings, compare, false), index));
    let positions: HashMap<_, _> = keys.collect();
    sweep.cells.iter().map(|cell| positions.get(&key(&cell.settings, compare, true)).copied()).collect()
}

/// For each cell, the position of the reference cell whose parameters it must match; `None` for reference cells,
/// and for all cells if the sweep matches nothing.
pub(super) fn partners(sweep: &Sweep) -> Result<Vec<Option<usize>>, Error> {
    let Some(compare) = sweep.compare.as_ref().filter(|compare| compare.matching) else {
        return Ok(vec![None; sweep.cells.len()]);
    };
    let partner = |(index, reference): (usize, Option<usize>)| {
        if let Some(position) = reference {
            return Ok((position != index).then_some(position));
        }
        let settings = &sweep.cells[index].settings;
        let (cell, reference) = (spec::label(settings), spec::label(&referred(settings, compare)));
        Err(Error::NoReference { cell, reference })
    };
    references(sweep).into_iter().enumerate().map(partner).collect()
}

/// The values of a cell, or with `refer` those of its reference, as one text, without the tuned ones; no
/// setting's value holds a NUL.
fn key(settings: &[(String, Value)], compare: &Compare, refer: bool) -> String {
    let mut key = String::new();
    for (path, value) in settings.iter().filter(|(path, _)| !compare.tuned.contains(path)) {
        let wanted = compare.reference.get(path).filter(|_| refer);
        key += &spec::text(wanted.unwrap_or(value));
        key.push('\0');
    }
    key
}

/// The settings of a cell's reference.
fn referred(settings: &[(String, Value)], compare: &Compare) -> Vec<(String, Value)> {
    let wanted = |(path, value): &(String, Value)| {
        (path.clone(), compare.reference.get(path).unwrap_or(value).clone())
    };
    settings.iter().map(wanted).collect()
}

/// Size and cost of a network.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub parameters: usize,
    pub flops: u64,
}

/// Sizes of networks. Tensors are counted once for each depth, since cells often differ in training or width
/// only.
#[derive(Default)]
pub(super) struct Sizes {
    counts: HashMap<(Family, usize), Counts>,
}

impl Sizes {
    /// Size of a network on data of this shape.
    pub fn of(&mut self, model: &model::Config, facts: &Facts) -> Size {
        let (hidden, inputs, classes) = (model.hidden, facts.shape.inputs, facts.shape.classes);
        let counts = self.counts(model);
        Size {
            parameters: counts.parameters(hidden, inputs, classes),
            flops: counts.training_flops(hidden, inputs, classes),
        }
    }

    /// The largest valid width with at most `budget` parameters, if there is one.
    pub fn matched_width(&mut self, model: &model::Config, facts: &Facts, budget: usize) -> Option<usize> {
        let hidden = self.counts(model).match_width(facts.shape.inputs, facts.shape.classes, budget)?;
        model::Config { hidden, ..model.clone() }.validate().is_ok().then_some(hidden)
    }

    fn counts(&mut self, model: &model::Config) -> Counts {
        *self.counts.entry((model.family, model.steps)).or_insert_with(|| Counts::of(model))
    }
}
