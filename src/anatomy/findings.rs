//! One network measured on one sample, under a division of its units that is given.

use std::collections::BTreeMap;

use super::ablation::Ablation;
use super::activity::Activity;
use super::coding::Coding;
use super::deformation::{Deformed, Readout};
use super::division::{self, SHIFT, agreement};
use super::network::Network;
use super::path::{Paths, own_error};
use super::recurrent::{BLOCKS, Inhibition, Ista};
use super::sample::Sample;
use super::sharpness::Sharpness;
use super::units::{Kind, Unit};
use crate::rng::{self, Purpose};
use crate::stats::{Dip, mean};

/// What networks are measured on, and with what.
pub struct Bench<'a> {
    /// The images.
    pub sample: &'a Sample,
    /// An independent classifier of raw images.
    pub judge: Option<&'a Network>,
    /// Places of the images that are hard for the trained network.
    pub hard: &'a [usize],
    /// Images whose true deformations are known: those to learn to read on, and those to read.
    pub deformed: Option<[Deformed<'a>; 2]>,
    /// Seed of every random draw.
    pub seed: u64,
    /// λ, for ISTA on the same dictionary.
    pub sparsity: f64,
}

/// Measures by name.
pub type Values = BTreeMap<&'static str, f64>;

/// A row of the curves over the iterations.
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePoint {
    /// t, from 1.
    pub iteration: usize,
    /// Mean z^t of a categorical-unit, over all images.
    pub categorical: Option<f64>,
    /// Mean z^t of a part, over all images.
    pub part: Option<f64>,
    /// Share of the images whose D·z^t the judge gives the true class.
    pub right: Option<f64>,
    /// The same of the hardest images.
    pub right_hard: Option<f64>,
    /// Share of the images that the judge gives the true class after as many iterations of ISTA on
    /// the same dictionary.
    pub right_ista: Option<f64>,
    /// The same of the hardest images.
    pub right_hard_ista: Option<f64>,
}

/// All that is found in one network.
pub struct Findings {
    /// Its measures.
    pub values: Values,
    /// Its curves.
    pub curves: Vec<CurvePoint>,
    /// What each unit's silence costs.
    pub ablation: Ablation,
}

/// Streams of random numbers, by what they are for.
#[derive(Clone, Copy)]
enum Draw {
    Dip,
    Angle,
    Labels,
    Silenced,
    Read,
}

impl Findings {
    /// Measures a network whose live units `activity` and `units` describe. `labels` says which kind
    /// and class each unit has: those of the trained network for its controls, too. Units are silenced
    /// one by one only where `single` says so.
    #[must_use]
    pub fn of(
        network: &Network,
        (activity, units): (&Activity, &[Unit]),
        labels: &[Unit],
        threshold: f64,
        bench: &Bench<'_>,
        single: bool,
    ) -> Self {
        let mut values = Values::new();
        let random = |draw: Draw| rng::stream(bench.seed, Purpose::Null, draw as u64);
        differentiation(&mut values, units, labels, threshold, &random);
        order(&mut values, activity, units, labels);
        inhibition(&mut values, &Inhibition::of(network, labels, &mut random(Draw::Labels)));
        if let Some(ista) = Ista::of(network, labels) {
            ista_like(&mut values, &ista);
        }
        coding(&mut values, &Coding::of(network, bench.sample, labels));
        let steps = network.steps;
        let decoded =
            |network: &Network| bench.judge.map(|judge| Paths::of(network, judge, bench.sample, 2 * steps));
        let (paths, ista) = (decoded(network), decoded(&network.ista(bench.sparsity)));
        if let (Some(paths), Some(ista), Some(judge)) = (&paths, &ista, bench.judge) {
            way(&mut values, (paths, ista), steps, bench);
            values.insert("error of the judge on raw images", 100.0 * own_error(judge, bench.sample));
        }
        sharpness(&mut values, &Sharpness::of(network, bench.judge, bench.sample, labels));
        let ablation = Ablation::of(network, bench.sample, labels, single, &mut random(Draw::Silenced));
        silence(&mut values, &ablation, labels, network.classifies());
        if let Some([learn, read]) = &bench.deformed {
            readout(&mut values, &Readout::of(network, labels, learn, read, &mut random(Draw::Read)));
        }
        let curves = curves(activity, labels, [paths.as_ref(), ista.as_ref()], bench);
        Self { values, curves, ablation }
    }
}

/// The mean of a figure over the units of a kind, by their labels.
fn over(units: &[Unit], labels: &[Unit], kind: Kind, of: impl Fn(&Unit) -> Option<f64>) -> Option<f64> {
    let own = units.iter().zip(labels).filter(|(_, label)| label.kind == kind);
    mean(&own.filter_map(|(unit, _)| of(unit)).collect::<Vec<_>>())
}

fn put(values: &mut Values, name: &'static str, value: Option<f64>) {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        values.insert(name, value);
    }
}

fn minus(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? - other?)
}

fn differentiation(
    values: &mut Values,
    units: &[Unit],
    labels: &[Unit],
    threshold: f64,
    random: &dyn Fn(Draw) -> rand_chacha::ChaCha8Rng,
) {
    let selectivities: Vec<f64> = units.iter().filter_map(|unit| unit.selectivity).collect();
    let live: Vec<&Unit> = units.iter().filter(|unit| unit.selectivity.is_some()).collect();
    let angles: Vec<f64> = live.iter().filter_map(|unit| unit.angle).collect();
    put(values, "mean selectivity", mean(&selectivities));
    let dip = Dip::of(&selectivities, &mut random(Draw::Dip));
    put(values, "selectivity has more than one mode, dip test p", dip.map(|dip| dip.p));
    put(values, "dip of selectivity", dip.map(|dip| dip.dip));
    let dip = Dip::of(&angles, &mut random(Draw::Angle));
    put(values, "angle has more than one mode, dip test p", dip.map(|dip| dip.p));
    put(values, "mean angle of E and D", mean(&angles));
    let angle = |kind| over(units, labels, kind, |unit| unit.angle.filter(|_| unit.selectivity.is_some()));
    let apart = minus(angle(Kind::Categorical), angle(Kind::Part));
    put(values, "angle of E and D, categorical − part", apart);
    put(values, "threshold of selectivity (Otsu)", division::threshold(&selectivities));
    let share = |holds: &dyn Fn(&Unit) -> bool| {
        let count = live.iter().filter(|unit| holds(unit)).count();
        (!live.is_empty()).then(|| count as f64 / live.len() as f64)
    };
    let above = |unit: &Unit| unit.selectivity.is_some_and(|value| value >= threshold);
    put(values, "categorical share of live units", share(&above));
    let few = |unit: &Unit| (2..=3).contains(&unit.classes);
    put(values, "units for two or three classes, share of live units", share(&few));
    put(values, "live units", Some(live.len() as f64));
    let lower = agreement(units, threshold, threshold - SHIFT);
    let higher = agreement(units, threshold, threshold + SHIFT);
    put(values, "agreement of the division at threshold − 0.1", Some(lower));
    put(values, "agreement of the division at threshold + 0.1", Some(higher));
}

fn order(values: &mut Values, activity: &Activity, units: &[Unit], labels: &[Unit]) {
    let share = |kind| over(units, labels, kind, |unit| unit.input_share);
    let rise = |kind| over(units, labels, kind, |unit| unit.half_rise);
    let (categorical, part) = (Kind::Categorical, Kind::Part);
    put(values, "input share, categorical", share(categorical));
    put(values, "input share, part", share(part));
    put(values, "input share, part − categorical", minus(share(part), share(categorical)));
    put(values, "half-rise, categorical", rise(categorical));
    put(values, "half-rise, part", rise(part));
    put(values, "half-rise, categorical − part", minus(rise(categorical), rise(part)));
    let beyond = |kind| {
        let at = |t: usize| mean_activity(activity, labels, kind, t);
        Some(at(2 * activity.steps)? / at(activity.steps)?)
    };
    put(values, "activity at 2T over that at T, categorical", beyond(categorical));
    put(values, "activity at 2T over that at T, part", beyond(part));
}

/// Mean z^t of a unit of a kind, over all images, for t from 1.
fn mean_activity(activity: &Activity, labels: &[Unit], kind: Kind, t: usize) -> Option<f64> {
    let own = labels.iter().filter(|label| label.kind == kind);
    mean(&own.map(|label| activity.mean[t - 1][label.unit]).collect::<Vec<_>>())
}

fn inhibition(values: &mut Values, found: &Inhibition) {
    put(values, "mean S between classes", found.means.different);
    put(values, "mean S between classes, permutation p", found.p_different);
    put(values, "mean S within a class", found.means.same);
    put(values, "mean S within a class, permutation p", found.p_same);
    put(values, "mean S from part to categorical", found.means.to_categorical);
    put(values, "mean S from part to categorical, permutation p", found.p_to_categorical);
}

fn ista_like(values: &mut Values, ista: &Ista) {
    const RESIDUALS: [&str; BLOCKS.len()] = [
        "residual of S − (I − αDᵀD), part to part",
        "residual of S − (I − αDᵀD), part to categorical",
        "residual of S − (I − αDᵀD), categorical to part",
        "residual of S − (I − αDᵀD), categorical to categorical",
    ];
    put(values, "α of part to part", Some(ista.step));
    for (name, fit) in RESIDUALS.into_iter().zip(&ista.blocks) {
        put(values, name, fit.residual);
    }
    put(values, "correlation of S with −DᵀD, part to part", ista.blocks[0].correlation);
    put(values, "correlation of S with −DᵀD, categorical to categorical", ista.blocks[3].correlation);
}

fn coding(values: &mut Values, coding: &Coding) {
    put(values, "drive of active categorical-units from parts", coding.from_parts);
    put(values, "drive of active categorical-units from their class", coding.from_class);
    put(values, "drive of active categorical-units from other classes", coding.from_others);
    put(values, "½‖x − Dz‖², categorical-units alone", Some(coding.categorical));
    put(values, "½‖x − Dz‖², parts alone", Some(coding.parts));
    put(values, "½‖x − Dz‖², both", Some(coding.both));
    let fall = 1.0 - coding.both / coding.categorical;
    put(values, "fall of the error by adding parts, share", Some(fall));
    put(values, "correlation of a part with the residual", coding.with_residual);
    let gain = minus(coding.with_residual, coding.with_input);
    put(values, "correlation of a part with the residual − with the input", gain);
}

fn way(values: &mut Values, (paths, ista): (&Paths, &Paths), steps: usize, bench: &Bench<'_>) {
    let all: Vec<usize> = (0..bench.sample.len()).collect();
    let stay = |paths: &Paths, places: &[usize]| paths.stay(steps, places);
    let apart = |places: &[usize]| Some(stay(paths, places) - stay(ista, places));
    put(values, "paths in the true class at every step, network − ISTA", apart(&all));
    put(values, "… of the hardest images, network − ISTA", apart(bench.hard));
    put(values, "paths in the true class at every step", Some(stay(paths, &all)));
    put(values, "… of the hardest images", Some(stay(paths, bench.hard)));
    put(values, "true class once reached is kept at T", paths.keep(steps, &all));
    put(values, "decoded into the true class at T", Some(paths.right_at(steps, &all)));
    put(values, "… of the hardest images at T", Some(paths.right_at(steps, bench.hard)));
}

fn sharpness(values: &mut Values, found: &Sharpness) {
    let ratios: Vec<f64> = found.ratios.iter().flatten().copied().collect();
    let least = ratios.iter().copied().reduce(f64::min);
    put(values, "roughness over the class mean's, least of all classes", least);
    put(values, "roughness over the class mean's, mean of all classes", mean(&ratios));
    put(values, "classes without a prototype", Some((found.ratios.len() - ratios.len()) as f64));
    put(values, "prototypes that the judge gives their class, share", found.recognised);
}

fn silence(values: &mut Values, ablation: &Ablation, labels: &[Unit], classifies: bool) {
    let lost = ablation.parts.reconstruction - ablation.categorical.reconstruction;
    put(values, "½‖x − Dz‖² without parts − without categorical-units", Some(lost));
    if !classifies {
        return;
    }
    let lost = ablation.categorical.error - ablation.as_many_parts.error;
    put(values, "error without categorical-units − without as many parts", Some(lost));
    let of = |kind| {
        let own = labels.iter().zip(&ablation.units).filter(|(label, _)| label.kind == kind);
        mean(&own.map(|(_, lost)| lost.class_loss).collect::<Vec<_>>())
    };
    let apart = minus(of(Kind::Categorical), of(Kind::Part));
    put(values, "class loss by silencing one unit, categorical − part", apart);
}

fn readout(values: &mut Values, readout: &Readout) {
    let categorical = mean(&readout.categorical);
    let parts = minus(mean(&readout.parts), categorical);
    put(values, "R² of the deformation from parts − from categorical-units", parts);
    let some = minus(mean(&readout.as_many_parts), categorical);
    put(values, "… from as many parts − from categorical-units", some);
    put(values, "R² of the deformation from all units", mean(&readout.all));
}

fn curves(
    activity: &Activity,
    labels: &[Unit],
    [paths, ista]: [Option<&Paths>; 2],
    bench: &Bench<'_>,
) -> Vec<CurvePoint> {
    let all: Vec<usize> = (0..bench.sample.len()).collect();
    (1..=activity.mean.len())
        .map(|iteration| CurvePoint {
            iteration,
            categorical: mean_activity(activity, labels, Kind::Categorical, iteration),
            part: mean_activity(activity, labels, Kind::Part, iteration),
            right: paths.map(|paths| paths.right_at(iteration, &all)),
            right_hard: paths.map(|paths| paths.right_at(iteration, bench.hard)),
            right_ista: ista.map(|paths| paths.right_at(iteration, &all)),
            right_hard_ista: ista.map(|paths| paths.right_at(iteration, bench.hard)),
        })
        .collect()
}
