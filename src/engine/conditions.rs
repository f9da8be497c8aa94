//! Tests of networks under conditions that training never saw.

use super::dataset_cache::DatasetCache;
use crate::data::{self, Corruption, Images};
use crate::model::{Checkpoint, Config};
use crate::plan::Trial;
use crate::spec;
use crate::store::ConditionRow;
use crate::train::{Readout, Selection, mistakes};

/// The conditions of a sweep, with the corrupted test images of all of its data sets.
pub struct Conditions<'d> {
    datasets: &'d DatasetCache,
    corrupted: Vec<Corrupted<'d>>,
    /// The greatest number of iterations as a multiple of T.
    iterations: Option<usize>,
}

/// The test images of a data set under one corruption.
struct Corrupted<'d> {
    config: &'d data::Config,
    corruption: Corruption,
    images: Images,
}

impl<'d> Conditions<'d> {
    /// Corrupts the test images.
    #[must_use]
    pub fn of(conditions: &spec::Conditions, datasets: &'d DatasetCache) -> Self {
        let corrupted = |(config, dataset): (&'d data::Config, &'d data::Dataset)| {
            conditions.corruptions().into_iter().map(move |corruption| {
                let images = corruption.apply(&dataset.test, dataset.layout);
                Corrupted { config, corruption, images }
            })
        };
        Self {
            datasets,
            corrupted: datasets.all().flat_map(corrupted).collect(),
            iterations: conditions.iterations,
        }
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.corrupted.is_empty() && self.iterations.is_none()
    }

    /// The conditions of a trial without their mistakes, in the order of [`Conditions::rows`].
    #[must_use]
    pub fn planned(&self, trial: &Trial) -> Vec<ConditionRow> {
        let corrupted =
            self.of_trial(trial).map(|it| row(trial, it.corruption.name(), it.corruption.level(), 0));
        let iterations = 1..=self.readings(&trial.config.model);
        corrupted.chain(iterations.map(|t| row(trial, ConditionRow::ITERATIONS, t as f64, 0))).collect()
    }

    /// The mistakes of a trial's network under each condition.
    ///
    /// # Errors
    /// The weights are no network of the trial, or cannot be read.
    pub fn rows(&self, trial: &Trial, checkpoint: &Checkpoint<'_>) -> candle_core::Result<Vec<ConditionRow>> {
        let config = &trial.config;
        let dataset = self.datasets.get(&config.data);
        let fitted = config.fitted(&dataset.train);
        let count = |model: &Config, images: &Images, readout| {
            let (normaliser, indices) = (fitted.normaliser(images), all(images));
            let selection = Selection { images, normaliser: &normaliser, indices: &indices };
            mistakes(&checkpoint.model(model)?, selection, readout)
        };
        let mut rows = Vec::new();
        for Corrupted { corruption, images, .. } in self.of_trial(trial) {
            let wrong = count(&config.model, images, Readout::Last)?[0];
            rows.push(row(trial, corruption.name(), corruption.level(), wrong));
        }
        let steps = self.readings(&config.model);
        if steps > 0 {
            let longer = Config { steps, ..config.model.clone() };
            let wrong = count(&longer, &dataset.test, Readout::Each)?;
            rows.extend(
                wrong
                    .into_iter()
                    .zip(1..)
                    .map(|(wrong, t)| row(trial, ConditionRow::ITERATIONS, f64::from(t), wrong)),
            );
        }
        Ok(rows)
    }

    fn of_trial(&self, trial: &Trial) -> impl Iterator<Item = &Corrupted<'d>> {
        let images = trial.config.data.images();
        self.corrupted.iter().filter(move |corrupted| *corrupted.config == images)
    }

    /// The iterations after which the class of a network is read: all to the multiple of T if they share all parameters, to
    /// T otherwise, and none in a network of the program.
    fn readings(&self, config: &Config) -> usize {
        match (self.iterations, config.wiring()) {
            (Some(multiple), Some(wiring)) if wiring.is_tied() => multiple * config.steps,
            (Some(_), Some(_)) => config.steps,
            _ => 0,
        }
    }
}

fn row(trial: &Trial, condition: &str, level: f64, mistakes: usize) -> ConditionRow {
    ConditionRow { trial: trial.id.clone(), condition: condition.to_owned(), level, mistakes }
}

fn all(images: &Images) -> Vec<u32> {
    (0..images.len() as u32).collect()
}
