//! Tests of networks under conditions that training never saw.

use super::dataset_cache::DatasetCache;
use crate::data::{self, Images};
use crate::model::{Checkpoint, Config, Model};
use crate::plan::Trial;
use crate::spec;
use crate::store::ConditionRow;
use crate::train::{Readout, Selection, mistakes};

/// The conditions of a sweep, with the corrupted test images of all of its data sets.
pub struct Conditions<'d> {
    pub(super) datasets: &'d DatasetCache,
    corrupted: Vec<Corrupted<'d>>,
    pub(super) spec: spec::Conditions,
}

/// The test images of a data set under one corruption.
struct Corrupted<'d> {
    config: &'d data::Config,
    images: Images,
}

impl<'d> Conditions<'d> {
    /// Corrupts the test images.
    #[must_use]
    pub fn of(conditions: &spec::Conditions, datasets: &'d DatasetCache) -> Self {
        let corrupted = |(config, dataset): (&'d data::Config, &'d data::Dataset)| {
            conditions.corruptions().into_iter().map(move |corruption| {
                let images = corruption.apply(&dataset.test, dataset.layout);
                Corrupted { config, images }
            })
        };
        Self { datasets, corrupted: datasets.all().flat_map(corrupted).collect(), spec: conditions.clone() }
    }

    /// The mistakes of a trial's network under each condition.
    ///
    /// # Errors
    /// The weights are no network of the trial, or cannot be read.
    pub fn rows(&self, trial: &Trial, checkpoint: &Checkpoint<'_>) -> candle_core::Result<Vec<ConditionRow>> {
        let config = &trial.config;
        let dataset = self.datasets.get(&config.data);
        let fitted = config.fitted(&dataset.train);
        let count = |model: &Model, images: &Images, readout| {
            let (normaliser, indices) = (fitted.normaliser(images), all(images));
            mistakes(model, Selection { images, normaliser: &normaliser, indices: &indices }, readout)
        };
        let model = checkpoint.model(&config.model)?;
        let mut counts = Vec::new();
        for Corrupted { images, .. } in self.of_trial(trial) {
            counts.extend(count(&model, images, Readout::Last)?);
        }
        let steps = readings(self.spec.iterations, &config.model);
        if steps > 0 {
            let longer = checkpoint.model(&Config { steps, ..config.model.clone() })?;
            counts.extend(count(&longer, &dataset.test, Readout::Each)?);
        }
        let rows = planned_conditions(&self.spec, trial).into_iter().zip(counts);
        Ok(rows.map(|(row, mistakes)| ConditionRow { mistakes, ..row }).collect())
    }

    fn of_trial(&self, trial: &Trial) -> impl Iterator<Item = &Corrupted<'d>> {
        let images = trial.config.data.images();
        self.corrupted.iter().filter(move |corrupted| *corrupted.config == images)
    }
}

/// The planned conditions of a trial, in the order of its tests, with no mistakes.
#[must_use]
pub fn planned_conditions(conditions: &spec::Conditions, trial: &Trial) -> Vec<ConditionRow> {
    let corrupted = conditions.corruptions().into_iter().map(|it| (it.name(), it.level()));
    let readings = readings(conditions.iterations, &trial.config.model);
    let iterations = (1..=readings).map(|t| (ConditionRow::ITERATIONS, t as f64));
    let row = |(condition, level): (&str, f64)| ConditionRow {
        trial: trial.id.clone(),
        condition: condition.to_owned(),
        level,
        mistakes: 0,
    };
    corrupted.chain(iterations).map(row).collect()
}

/// The iterations after which the class of a network is read: all to the multiple of T if they share all parameters, to T
/// otherwise, and none in a network of the program.
fn readings(iterations: Option<usize>, config: &Config) -> usize {
    match (iterations, config.wiring()) {
        (Some(multiple), Some(wiring)) if wiring.is_tied() => multiple * config.steps,
        (Some(_), Some(_)) => config.steps,
        _ => 0,
    }
}

fn all(images: &Images) -> Vec<u32> {
    (0..images.len() as u32).collect()
}
