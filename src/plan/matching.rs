//! Reference cells, and widths at which networks have as many parameters, or operations, as their reference.

use std::collections::HashMap;

use toml::Value;

use super::error::Error;
use crate::Invalid;
use crate::data::Facts;
use crate::model::{self, Encoder, Family, Input, Tie, budget};
use crate::spec::{self, Compare, Matching, Sweep};

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

/// For each cell, the quantity that it must match and the position of the reference cell; `None` for reference cells,
/// and for all cells if the sweep matches nothing.
pub(super) fn partners(sweep: &Sweep) -> Result<Vec<Option<(Matching, usize)>>, Error> {
    let compare = sweep.compare.as_ref().and_then(|compare| Some((compare, compare.matching?)));
    let Some((compare, matching)) = compare else { return Ok(vec![None; sweep.cells.len()]) };
    let partner = |(index, reference): (usize, Option<usize>)| {
        if let Some(position) = reference {
            return Ok((position != index).then_some((matching, position)));
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

impl Size {
    /// The quantity that compared networks have in common.
    pub fn matched(&self, matching: Matching) -> u64 {
        match matching {
            Matching::Parameters => self.parameters as u64,
            Matching::Operations => self.flops,
        }
    }
}

/// The name of a quantity in messages.
pub(super) const fn quantity(matching: Matching) -> &'static str {
    match matching {
        Matching::Parameters => "parameters",
        Matching::Operations => "training operations for an image",
    }
}

/// A network on data of a shape: all settings that its size depends on but its width, and pixels and classes.
type Shape = (Family, Tie, Option<Input>, usize, bool, String, usize, usize);

/// Sizes of networks, each computed once, since cells often differ in training only.
#[derive(Default)]
pub(super) struct Sizes {
    sizes: HashMap<(Shape, usize), Size>,
    widths: HashMap<(Shape, Matching, u64), Option<usize>>,
}

impl Sizes {
    /// Size of a network on data of this shape.
    pub fn of(&mut self, model: &model::Config, facts: &Facts) -> Result<Size, Invalid> {
        let shape = shape(model, facts);
        if let Some(&size) = self.sizes.get(&(shape.clone(), model.hidden)) {
            return Ok(size);
        }
        let size = measure(model, model.hidden, facts)?;
        self.sizes.insert((shape, model.hidden), size);
        Ok(size)
    }

    /// The largest valid width at which the quantity is at most `budget`, if there is one.
    pub fn matched_width(
        &mut self,
        model: &model::Config,
        facts: &Facts,
        matching: Matching,
        budget: u64,
    ) -> Result<Option<usize>, Invalid> {
        self.of(model, facts)?;
        let key = (shape(model, facts), matching, budget);
        Ok(*self.widths.entry(key).or_insert_with(|| {
            let size = |hidden| measure(model, hidden, facts).map_or(u64::MAX, |size| size.matched(matching));
            let hidden = budget::match_width(budget, size)?;
            model::Config { hidden, ..model.clone() }.validate().is_ok().then_some(hidden)
        }))
    }
}

fn shape(model: &model::Config, facts: &Facts) -> Shape {
    let options = format!("{:?}", model.options);
    (
        model.family,
        model.tie,
        model.input,
        model.steps,
        model.classifier_bias,
        options,
        facts.shape.inputs,
        facts.shape.classes,
    )
}

fn measure(model: &model::Config, hidden: usize, facts: &Facts) -> Result<Size, Invalid> {
    let encoder = Encoder::of(&model::Config { hidden, ..model.clone() })?;
    let (inputs, classes) = (facts.shape.inputs, facts.shape.classes);
    encoder.validate(inputs)?;
    Ok(Size {
        parameters: budget::parameters(&*encoder, model, inputs, classes),
        flops: budget::training_flops(&*encoder, inputs, classes),
    })
}
