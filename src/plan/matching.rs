//! Which cell each is compared with, and the widths of equal parameter count.

use std::collections::HashMap;

use super::{Error, Facts};
use crate::model::{self, budget};
use crate::spec::{self, Sweep};

/// For each cell the position of the reference cell whose parameters it must match; `None`
/// for the reference cells themselves, and for all where the sweep matches nothing.
pub(super) fn partners(sweep: &Sweep) -> Result<Vec<Option<usize>>, Error> {
    let Some(compare) = sweep.compare.as_ref().filter(|compare| compare.matching) else {
        return Ok(vec![None; sweep.cells.len()]);
    };
    let values = |settings: &[(String, toml::Value)]| -> Vec<String> {
        settings.iter().map(|(_, value)| spec::text(value)).collect()
    };
    let positions: HashMap<_, _> =
        sweep.cells.iter().enumerate().map(|(index, cell)| (values(&cell.settings), index)).collect();
    let partner = |(index, cell): (usize, &spec::Cell)| {
        let mut reference = cell.settings.clone();
        for (path, value) in &mut reference {
            if let Some(wanted) = compare.reference.get(path) {
                value.clone_from(wanted);
            }
        }
        match positions.get(&values(&reference)) {
            Some(&position) => Ok((position != index).then_some(position)),
            None => Err(Error::NoReference {
                cell: spec::label(&cell.settings),
                reference: spec::label(&reference),
            }),
        }
    };
    sweep.cells.iter().enumerate().map(partner).collect()
}

/// Size and cost of a network.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub parameters: usize,
    pub flops: u64,
}

/// Sizes of networks, each worked out once: cells often differ in training alone.
#[derive(Default)]
pub(super) struct Sizes {
    sizes: HashMap<String, Size>,
    widths: HashMap<(String, usize), Option<usize>>,
}

impl Sizes {
    /// Size of a network on data of this shape.
    pub fn of(&mut self, model: &model::Config, facts: &Facts) -> Size {
        let (inputs, classes) = (facts.inputs, facts.classes);
        *self.sizes.entry(key(model, facts)).or_insert_with(|| Size {
            parameters: budget::parameters(model, inputs, classes),
            flops: budget::training_flops(model, inputs, classes),
        })
    }

    /// The largest width with no more than `budget` parameters, where there is one that a
    /// network can have.
    pub fn matched_width(&mut self, model: &model::Config, facts: &Facts, budget: usize) -> Option<usize> {
        *self.widths.entry((key(model, facts), budget)).or_insert_with(|| {
            let hidden = budget::match_width(model, facts.inputs, facts.classes, budget)?;
            model::Config { hidden, ..model.clone() }.validate().is_ok().then_some(hidden)
        })
    }
}

/// Equal models on data of equal shape have equal keys.
fn key(model: &model::Config, facts: &Facts) -> String {
    format!("{} {} {model:?}", facts.inputs, facts.classes)
}
