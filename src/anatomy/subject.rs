//! A trained network and its two controls, measured under the trained network's division of its units.

use super::measurements::{Context, Measurer, Reference};
use super::tables::{CurveRow, Measurement, Stage, UnitRow};
use super::units::{divide, selectivities, threshold, units};
use super::{Activity, Network, Unit, path};

/// A trained network and the same network at earlier stages.
pub struct Subject {
    /// Its seed.
    pub seed: u64,
    /// λ that it was trained with.
    pub sparsity: f64,
    /// Trained to its end.
    pub trained: Network,
    /// After phase 1, if it is available.
    pub after_phase_1: Option<Network>,
    /// Before training.
    pub untrained: Network,
}

/// The anatomy of a subject.
pub struct Anatomy {
    /// The units of the trained network.
    pub units: Vec<Unit>,
    /// Indices of the images that are hard for the trained network, the hardest first.
    pub hard: Vec<usize>,
    /// Every measure at every stage.
    pub measurements: Vec<Measurement>,
    /// One row for each unit of the trained network.
    pub unit_rows: Vec<UnitRow>,
    /// One row for each iteration at every stage.
    pub curve_rows: Vec<CurveRow>,
}

impl Subject {
    /// Measures the trained network and its controls. `progress` is called with the name of each stage
    /// before it is measured.
    pub fn measure(&self, context: &Context<'_>, progress: impl Fn(&str)) -> Anatomy {
        let observe = |network: &Network| {
            let activity = Activity::of(network, context.sample);
            let units = units(network, &activity);
            (activity, units)
        };
        let trained = observe(&self.trained);
        let mut units = trained.1.clone();
        let threshold = threshold(&selectivities(&units)).unwrap_or(1.0);
        divide(&mut units, threshold);
        let (seed, sparsity) = (self.seed, self.sparsity);
        let hard = path::hardest(&self.trained, context.sample);
        let reference = Reference { seed, sparsity, units, threshold, hard };
        let controls =
            [(Stage::AfterPhase1, self.after_phase_1.as_ref()), (Stage::Untrained, Some(&self.untrained))];
        progress(Stage::Trained.name());
        let mut measurer = Measurer::new(&reference, context, (Stage::Trained, &self.trained), trained);
        let mut curve_rows = measurer.measure();
        let unit_rows = measurer.silence_units();
        let mut measurements = measurer.finish();
        for (stage, network) in controls {
            let Some(network) = network else { continue };
            progress(stage.name());
            let mut measurer = Measurer::new(&reference, context, (stage, network), observe(network));
            curve_rows.extend(measurer.measure());
            measurements.extend(measurer.finish());
        }
        Anatomy { units: reference.units, hard: reference.hard, measurements, unit_rows, curve_rows }
    }
}
