//! A trained network with its two controls, measured together.

use super::claims::{Stage, Taken};
use super::deformation::Deformed;
use super::findings::{Bench, Findings};
use super::tables::{self, Rows};
use super::units::{divide, units};
use super::{Activity, Network, Sample, Unit, division, path};

/// A trained network, and the same before.
pub struct Subject {
    /// Its seed.
    pub seed: u64,
    /// λ that it was trained with.
    pub sparsity: f64,
    /// Trained to its end.
    pub trained: Network,
    /// The same after phase 1, where that is at hand.
    pub after_phase_1: Option<Network>,
    /// The same before training.
    pub untrained: Network,
}

/// What subjects are measured on.
pub struct Ground<'a> {
    /// The images.
    pub sample: &'a Sample,
    /// An independent classifier of raw images.
    pub judge: Option<&'a Network>,
    /// Images whose true deformations are known: those to learn to read on, and those to read.
    pub deformed: Option<[Deformed<'a>; 2]>,
}

/// What was found in a subject.
pub struct Measured {
    /// Its seed.
    pub seed: u64,
    /// Threshold of selectivity between its kinds.
    pub threshold: f64,
    /// The units of the trained network.
    pub units: Vec<Unit>,
    /// Places of the images that are hard for the trained network, the hardest first.
    pub hard: Vec<usize>,
    /// Every measure of every stage.
    pub taken: Vec<Taken>,
    /// Rows of the tables of units and of curves.
    pub unit_rows: Rows,
    /// See `unit_rows`.
    pub curve_rows: Rows,
}

impl Subject {
    /// Measures the trained network and its controls; `told` is called before each, with its name.
    pub fn measure(&self, ground: &Ground<'_>, told: impl Fn(&str)) -> Measured {
        let look = |network: &Network| {
            let activity = Activity::of(network, ground.sample);
            let units = units(network, &activity);
            (activity, units)
        };
        let (_, mut labels) = look(&self.trained);
        let selectivities: Vec<f64> = labels.iter().filter_map(|unit| unit.selectivity).collect();
        let threshold = division::threshold(&selectivities).unwrap_or(1.0);
        divide(&mut labels, threshold);
        let hard = path::hardest(&self.trained, ground.sample);
        let bench = Bench {
            sample: ground.sample,
            judge: ground.judge,
            hard: &hard,
            deformed: ground.deformed,
            seed: self.seed,
            sparsity: self.sparsity,
        };
        let stages = [
            (Stage::Trained, Some(&self.trained)),
            (Stage::AfterPhase1, self.after_phase_1.as_ref()),
            (Stage::Untrained, Some(&self.untrained)),
        ];
        let (mut taken, mut unit_rows, mut curve_rows) = (Vec::new(), Rows::new(), Rows::new());
        for (stage, network) in stages.into_iter().filter_map(|(stage, network)| Some((stage, network?))) {
            told(stage.name());
            let (activity, own) = look(network);
            let single = stage == Stage::Trained;
            let found = Findings::of(network, (&activity, &own), &labels, threshold, &bench, single);
            taken.extend(found.values.iter().map(|(&measure, &value)| Taken {
                seed: self.seed,
                stage,
                measure: measure.to_owned(),
                value,
            }));
            curve_rows.extend(tables::curve_rows(self.seed, stage, &found.curves));
            if single {
                unit_rows = tables::unit_rows(self.seed, &labels, &found.ablation.units);
            }
        }
        Measured { seed: self.seed, threshold, units: labels, hard, taken, unit_rows, curve_rows }
    }
}
