//! All measures of one network at one stage.

use rand_chacha::ChaCha8Rng;

use super::ablation::{Ablation, silence_each};
use super::coding::coding;
use super::deformation::{Deformed, readout};
use super::measure::{Measure, Values, minus};
use super::path::{ISTA_IMAGES, Paths, error_rate};
use super::recurrent::{aligned_slope, inhibition, resemblance};
use super::sharpness::sharpness;
use super::tables::{CurveRow, Measurement, Stage, UnitRow};
use super::units::{SELECTIVE, SHIFT, agreement, selectivities, threshold};
use super::{Activity, Network, Sample, Unit, UnitKind};
use crate::rng::{self, Purpose};
use crate::stats::{Dip, mean};

/// Streams of random numbers; the order is part of the results.
#[derive(Clone, Copy)]
enum Draw {
    SelectivityDip,
    AngleDip,
    Labels,
    Silenced,
    Readout,
}

/// Data that subjects are measured on.
pub struct Context<'a> {
    /// The images.
    pub sample: &'a Sample,
    /// An independent classifier of images.
    pub judge: Option<&'a Network>,
    /// Images with known deformations: a set to fit readouts on, and a set to test them on.
    pub deformed: Option<[Deformed<'a>; 2]>,
}

/// Properties of the trained network that its controls are measured with, too.
pub(super) struct Reference {
    /// Its seed.
    pub seed: u64,
    /// λ that it was trained with.
    pub sparsity: f64,
    /// Kind and class of each unit.
    pub units: Vec<Unit>,
    /// Threshold of selectivity between the kinds.
    pub threshold: f64,
    /// Indices of the images that are hard for it, the hardest first.
    pub hard: Vec<usize>,
}

/// Takes the measures of one network.
pub(super) struct Measurer<'a> {
    reference: &'a Reference,
    context: &'a Context<'a>,
    stage: Stage,
    network: &'a Network,
    activity: Activity,
    units: Vec<Unit>,
    measurements: Vec<Measurement>,
}

impl<'a> Measurer<'a> {
    pub fn new(
        reference: &'a Reference,
        context: &'a Context<'a>,
        (stage, network): (Stage, &'a Network),
        (activity, units): (Activity, Vec<Unit>),
    ) -> Self {
        Self { reference, context, stage, network, activity, units, measurements: Vec::new() }
    }

    /// Takes every measure except those of single silenced units; returns the curves over the iterations.
    pub fn measure(&mut self) -> Vec<CurveRow> {
        let (network, units) = (self.network, &self.reference.units);
        let &Context { sample, judge, ref deformed } = self.context;
        self.differentiation();
        self.order();
        self.put_all(inhibition(network, units, &mut self.random(Draw::Labels)));
        self.put(Measure::AlignedSlope, aligned_slope(network, units));
        self.put_all(resemblance(network, units));
        self.put_all(coding(network, sample, units));
        let paths = judge.map(|judge| StagePaths::of(network, judge, sample, self.reference));
        if let Some((paths, judge)) = paths.as_ref().zip(judge) {
            self.paths(paths);
            self.put(Measure::JudgeError, Some(100.0 * error_rate(judge, sample)));
        }
        self.put_all(sharpness(network, judge, sample, units));
        self.silence(&Ablation::of(network, sample, units, &mut self.random(Draw::Silenced)));
        if let Some([train, test]) = deformed {
            self.put_all(readout(network, units, train, test, &mut self.random(Draw::Readout)));
        }
        self.curves(paths.as_ref())
    }

    /// Silences each unit in turn; returns the rows of the units.
    pub fn silence_units(&mut self) -> Vec<UnitRow> {
        let units = &self.reference.units;
        let losses = silence_each(self.network, self.context.sample);
        let of = |kind| {
            let own = units.iter().zip(&losses).filter(|(unit, _)| unit.kind == kind);
            mean(&own.map(|(_, loss)| loss.class_loss).collect::<Vec<_>>())
        };
        if self.network.classifies() {
            self.put(Measure::ClassLossBySilencing, minus(of(UnitKind::Categorical), of(UnitKind::Part)));
        }
        units.iter().zip(losses).map(|(unit, loss)| UnitRow::of(self.reference.seed, unit, loss)).collect()
    }

    /// The measurements, sorted by name as in the table.
    pub fn finish(mut self) -> Vec<Measurement> {
        self.measurements.sort_by_key(|one| one.measure.definition().name);
        self.measurements
    }

    fn random(&self, draw: Draw) -> ChaCha8Rng {
        rng::stream(self.reference.seed, Purpose::Null, draw as u64)
    }

    /// Stores a measure unless it is undefined.
    fn put(&mut self, measure: Measure, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            let (seed, network) = (self.reference.seed, self.stage);
            self.measurements.push(Measurement { seed, network, measure, value });
        }
    }

    fn put_all(&mut self, values: Values) {
        for (measure, value) in values {
            self.put(measure, value);
        }
    }

    /// The mean of a property over the units of a kind.
    fn over(&self, kind: UnitKind, of: impl Fn(&Unit) -> Option<f64>) -> Option<f64> {
        let own = self.units.iter().zip(&self.reference.units).filter(|(_, label)| label.kind == kind);
        mean(&own.filter_map(|(unit, _)| of(unit)).collect::<Vec<_>>())
    }

    fn differentiation(&mut self) {
        let boundary = self.reference.threshold;
        let selectivities = selectivities(&self.units);
        let live: Vec<Unit> = self.units.iter().filter(|unit| unit.selectivity.is_some()).cloned().collect();
        let angles: Vec<f64> = live.iter().filter_map(|unit| unit.wiring.angle).collect();
        let angle = |kind| self.over(kind, |unit| unit.wiring.angle.filter(|_| unit.selectivity.is_some()));
        let gap = minus(angle(UnitKind::Categorical), angle(UnitKind::Part));
        let agreements = [-SHIFT, SHIFT].map(|shift| agreement(&self.units, boundary, boundary + shift));
        self.put(Measure::MeanSelectivity, mean(&selectivities));
        let dip = Dip::of(&selectivities, &mut self.random(Draw::SelectivityDip));
        self.put(Measure::SelectivityDipP, dip.map(|dip| dip.p));
        self.put(Measure::SelectivityDip, dip.map(|dip| dip.dip));
        let dip = Dip::of(&angles, &mut self.random(Draw::AngleDip));
        self.put(Measure::AngleDipP, dip.map(|dip| dip.p));
        self.put(Measure::MeanAngle, mean(&angles));
        self.put(Measure::AngleGap, gap);
        self.put(Measure::SelectivityThreshold, threshold(&selectivities));
        self.put(Measure::LiveUnits, Some(live.len() as f64));
        self.put(Measure::AgreementBelow, Some(agreements[0]));
        self.put(Measure::AgreementAbove, Some(agreements[1]));
        self.shares(&live, boundary);
    }

    /// Shares of the live units.
    fn shares(&mut self, live: &[Unit], boundary: f64) {
        let is_categorical = |unit: &Unit| unit.selectivity.is_some_and(|value| value >= boundary);
        let is_selective = |unit: &Unit| unit.selectivity.is_some_and(|value| value > SELECTIVE);
        let agrees = |unit: &Unit| unit.class == Some(unit.wiring.classifier_class);
        let few = |unit: &Unit| (2..=3).contains(&unit.classes);
        let count = |holds: &dyn Fn(&Unit) -> bool| live.iter().filter(|unit| holds(unit)).count() as f64;
        let share =
            |holds: &dyn Fn(&Unit) -> bool| (!live.is_empty()).then(|| count(holds) / live.len() as f64);
        let both = count(&|unit| is_categorical(unit) && unit.wiring.is_categorical());
        let either = count(&|unit| is_categorical(unit) || unit.wiring.is_categorical());
        self.put(Measure::CategoricalShare, share(&is_categorical));
        self.put(Measure::SelectiveShare, share(&is_selective));
        self.put(Measure::FewClassesShare, share(&few));
        self.put(Measure::CategoricalByAngle, share(&|unit| unit.wiring.is_categorical()));
        self.put(Measure::PartByAngle, share(&|unit| unit.wiring.is_part()));
        self.put(Measure::KindAgreement, (either > 0.0).then(|| both / either));
        self.put(Measure::ClassAgreement, share(&agrees).filter(|_| self.network.classifies()));
    }

    fn order(&mut self) {
        let kinds = [UnitKind::Categorical, UnitKind::Part];
        let [categorical, part] = kinds.map(|kind| self.over(kind, |unit| unit.input_share));
        self.put(Measure::InputShareCategorical, categorical);
        self.put(Measure::InputSharePart, part);
        self.put(Measure::InputShareGap, minus(part, categorical));
        let [categorical, part] = kinds.map(|kind| self.over(kind, |unit| unit.half_rise));
        self.put(Measure::HalfRiseCategorical, categorical);
        self.put(Measure::HalfRisePart, part);
        self.put(Measure::HalfRiseGap, minus(categorical, part));
        let [categorical, part] = kinds.map(|kind| self.over(kind, |unit| unit.second_iteration));
        self.put(Measure::SecondIterationCategorical, categorical);
        self.put(Measure::SecondIterationPart, part);
        self.put(Measure::SecondIterationGap, minus(categorical, part));
        let [categorical, part] = kinds.map(|kind| self.over(kind, |unit| unit.wiring.afferent_angle));
        self.put(Measure::AfferentAngleCategorical, categorical);
        self.put(Measure::AfferentAnglePart, part);
        let steps = self.activity.steps;
        let growth = |kind| Some(self.mean_activity(kind, 2 * steps)? / self.mean_activity(kind, steps)?);
        let [categorical, part] = kinds.map(growth);
        self.put(Measure::GrowthCategorical, categorical);
        self.put(Measure::GrowthPart, part);
    }

    /// Mean z^t of a unit of a kind, over all images, for t from 1.
    fn mean_activity(&self, kind: UnitKind, t: usize) -> Option<f64> {
        let own = self.reference.units.iter().filter(|unit| unit.kind == kind);
        mean(&own.map(|unit| self.activity.mean[t - 1][unit.unit]).collect::<Vec<_>>())
    }

    fn paths(&mut self, StagePaths { network: paths, first, ista, ista_hard }: &StagePaths) {
        let (steps, hard) = (self.network.steps, &self.reference.hard);
        let all = paths.images();
        let gain = |images: &[usize], ista: &Paths| {
            Some(paths.always_correct(steps, images) - ista.always_correct(steps, &ista.images()))
        };
        self.put(Measure::AlwaysCorrectGain, gain(first, ista));
        self.put(Measure::AlwaysCorrectGainHard, gain(hard, ista_hard));
        self.put(Measure::AlwaysCorrect, Some(paths.always_correct(steps, &all)));
        self.put(Measure::AlwaysCorrectHard, Some(paths.always_correct(steps, hard)));
        self.put(Measure::Retention, paths.retention(steps, &all));
        self.put(Measure::CorrectAtT, Some(paths.accuracy(steps, &all)));
        self.put(Measure::CorrectAtTHard, Some(paths.accuracy(steps, hard)));
    }

    fn silence(&mut self, ablation: &Ablation) {
        let loss = ablation.parts.reconstruction - ablation.categorical.reconstruction;
        self.put(Measure::ReconstructionBySilencing, Some(loss));
        if self.network.classifies() {
            let loss = ablation.categorical.error - ablation.as_many_parts.error;
            self.put(Measure::ErrorBySilencing, Some(loss));
        }
    }

    fn curves(&self, paths: Option<&StagePaths>) -> Vec<CurveRow> {
        let all: Vec<usize> = (0..self.context.sample.len()).collect();
        let converging =
            |ista: &Paths, at: usize| (at <= self.network.steps).then(|| ista.accuracy(at, &ista.images()));
        let hard = &self.reference.hard;
        let row = |iteration| CurveRow {
            seed: self.reference.seed,
            network: self.stage,
            iteration,
            categorical: self.mean_activity(UnitKind::Categorical, iteration),
            part: self.mean_activity(UnitKind::Part, iteration),
            right: paths.map(|paths| paths.network.accuracy(iteration, &all)),
            right_hard: paths.map(|paths| paths.network.accuracy(iteration, hard)),
            right_ista: paths.and_then(|paths| converging(&paths.ista, iteration)),
            right_hard_ista: paths.and_then(|paths| converging(&paths.ista_hard, iteration)),
        };
        (1..=self.activity.mean.len()).map(row).collect()
    }
}

/// The paths of a network, and those of ISTA on its dictionary.
struct StagePaths {
    /// Of all images.
    network: Paths,
    /// The first images, on which ISTA is run.
    first: Vec<usize>,
    /// ISTA on the first images.
    ista: Paths,
    /// ISTA on the hard images.
    ista_hard: Paths,
}

impl StagePaths {
    fn of(network: &Network, judge: &Network, sample: &Sample, reference: &Reference) -> Self {
        let first: Vec<usize> = (0..sample.len().min(ISTA_IMAGES)).collect();
        let ista =
            |images: &[usize]| Paths::of_ista(network, reference.sparsity, judge, &sample.selected(images));
        let (of_first, of_hard) = (ista(&first), ista(&reference.hard));
        let paths = Paths::of(network, judge, sample, 2 * network.steps);
        Self { network: paths, first, ista: of_first, ista_hard: of_hard }
    }
}
