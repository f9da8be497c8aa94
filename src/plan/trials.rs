//! A plan and its trials.

use crate::data::{self, Facts};
use crate::device;
use crate::spec::{TestSet, TrialConfig};

/// Data sets with the facts about them.
pub(super) type Datasets = Vec<(data::Config, Facts)>;

/// All trials of a sweep, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the sweep.
    pub name: String,
    /// The use of the test images.
    pub test: TestSet,
    /// Paths of the axes, in the order of the spec.
    pub axes: Vec<String>,
    /// The trials; a trial's index is its position.
    pub trials: Vec<Trial>,
    /// The facts about each data set of the sweep.
    pub datasets: Datasets,
}

/// One training run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Position in the plan, from 0.
    pub index: usize,
    /// Name of the trial's folder: a readable slug and 12 hex digits of the hash of all that
    /// decides the result. Does not depend on the sweep.
    pub id: String,
    /// Its swept values and its seed, for people, such as `drsae T=5 λ=0.005 seed 1`: distinct in a plan, unless values
    /// are too long for a name.
    pub name: String,
    /// The config to train, its width resolved.
    pub config: TrialConfig,
    /// (axis path, value) in the order of the axes. A matched width is in `config` only.
    pub settings: Vec<(String, String)>,
    /// Trainable parameters.
    pub parameters: usize,
    /// Floating-point operations of the matrix products of one training step, per image.
    pub flops_per_image: u64,
    /// Floating-point operations of the whole training: of every training image in every epoch.
    pub training_flops: u64,
    /// Device of the training.
    pub device: device::Kind,
    /// The trial of the plan that is the same but for an earlier pause, from whose state this one continues.
    pub continues: Option<Paused>,
}

/// A trial whose state another one continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// Its id.
    pub id: String,
    /// Floating-point operations of its training.
    pub training_flops: u64,
}

impl Plan {
    /// The facts about the data set of one of the plan's trials.
    ///
    /// # Panics
    /// The trial is not of this plan.
    #[must_use]
    pub fn facts(&self, trial: &Trial) -> &Facts {
        let found = self.datasets.iter().find(|(config, _)| *config == trial.config.data);
        &found.expect("a plan describes the data of each of its trials").1
    }

    /// The facts about the data sets that have the settings of `config`, in whatever folder.
    pub fn facts_in_any_folder(&self, config: &data::Config) -> impl Iterator<Item = &Facts> {
        let config = config.without_paths();
        self.datasets.iter().filter(move |(known, _)| known.without_paths() == config).map(|(_, facts)| facts)
    }

    /// Column names of `plan.csv`.
    #[must_use]
    pub fn header(&self) -> Vec<String> {
        let axes = self.axes.iter().map(String::as_str);
        let tail = ["seed", "parameters", "training_flops"];
        ["index", "trial"].into_iter().chain(axes).chain(tail).map(str::to_owned).collect()
    }

    /// Rows of `plan.csv`, one a trial, in order.
    pub fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.trials.iter().map(Trial::row)
    }
}

impl Trial {
    /// Number of training images in all epochs together.
    #[must_use]
    pub fn images(&self) -> u64 {
        self.training_flops / self.flops_per_image.max(1)
    }

    /// Id of the trial whose state it continues.
    #[must_use]
    pub fn paused_id(&self) -> Option<&str> {
        self.continues.as_ref().map(|paused| paused.id.as_str())
    }

    /// Floating-point operations of its training that the trial which it continues has not done.
    #[must_use]
    pub fn own_flops(&self) -> u64 {
        let paused = self.continues.as_ref().map_or(0, |paused| paused.training_flops);
        self.training_flops.saturating_sub(paused)
    }

    fn row(&self) -> Vec<String> {
        let settings = self.settings.iter().map(|(_, value)| value.clone());
        let Self { parameters, training_flops, .. } = self;
        let tail = [self.config.seed.to_string(), parameters.to_string(), training_flops.to_string()];
        [self.index.to_string(), self.id.clone()].into_iter().chain(settings).chain(tail).collect()
    }
}
