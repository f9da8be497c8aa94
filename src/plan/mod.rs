//! The trials of a sweep in order, each with a stable id. Pure: the caller describes the data.
//!
//! Seeds vary slowest: the first pass over the plan trains every cell once, so that after k of n passes every
//! comparison has k pairs, and more seeds keep the indices of the earlier trials.

mod id;
mod indices;
mod matching;

pub use id::{id, id_of_version};
pub use indices::Indices;

use std::collections::HashMap;

use self::id::{Identities, Identity};
use self::matching::{Sizes, partners};
use crate::data::{self, Facts};
use crate::spec::{self, Cell, CellConfig, Sweep, TrialConfig};
use crate::{NUMERICS_VERSION, device};

/// Data sets with the facts about them.
type Datasets = Vec<(data::Config, Facts)>;

/// All trials of a sweep, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the sweep.
    pub name: String,
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
    /// The config to train, its width resolved.
    pub config: TrialConfig,
    /// (axis path, value) in the order of the axes. A matched width is in `config` only.
    pub settings: Vec<(String, String)>,
    /// Trainable parameters.
    pub parameters: usize,
    /// Parameters of the reference trial, if the width was matched to them.
    pub reference_parameters: Option<usize>,
    /// Floating-point operations of the matrix products of one training step, per image.
    pub flops_per_image: u64,
    /// Floating-point operations of the whole training: of every training image in every epoch.
    pub training_flops: u64,
    /// Device of the training.
    pub device: device::Kind,
}

/// A sweep that cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data of a cell cannot be described.
    #[error("cannot learn what the data of the cell {cell} are")]
    Data {
        /// The first cell with these data.
        cell: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The reference cell of a matched width is excluded.
    #[error(
        "the cell {cell} has no reference: `compare.match` needs the cell {reference}, \
         which is excluded or not in the sweep; exclude both or none"
    )]
    NoReference {
        /// The cell whose width is to be chosen.
        cell: String,
        /// The missing cell.
        reference: String,
    },
    /// No width has the reference's number of parameters.
    #[error(
        "impossible width: the cell {cell} cannot have about the {budget} parameters of its \
         reference; exclude it, or give the reference other sizes"
    )]
    ImpossibleWidth {
        /// The cell whose width is to be chosen.
        cell: String,
        /// Parameters of the reference.
        budget: usize,
    },
    /// Two cells are the same trial after widths are matched.
    #[error("duplicate trial {id}: the cells {first} and {second} train the same network; remove one")]
    Duplicate {
        /// The common id.
        id: String,
        /// The earlier cell.
        first: String,
        /// The later cell.
        second: String,
    },
}

impl Error {
    /// Dotted path of the setting that the error is about.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Data { .. } => "data",
            Self::NoReference { .. } | Self::ImpossibleWidth { .. } => "compare.match",
            Self::Duplicate { .. } => "sweep",
        }
    }
}

/// A cell with everything that its trials share.
#[derive(Clone)]
struct Resolved {
    config: CellConfig,
    settings: Vec<(String, String)>,
    parameters: usize,
    reference_parameters: Option<usize>,
    flops_per_image: u64,
    training_flops: u64,
    device: device::Kind,
    identity: Identity,
}

impl Plan {
    /// Lists the trials of `sweep`, to be trained on `device`. `describe` is called once for each
    /// distinct `[data]`; it is [`data::facts`] but in tests.
    ///
    /// # Errors
    /// Data that cannot be described, a width that cannot be matched, or two cells that turn
    /// out to be the same trial.
    pub fn of<E>(
        sweep: &Sweep,
        device: device::Kind,
        describe: impl Fn(&data::Config) -> Result<Facts, E>,
    ) -> Result<Self, Error>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (datasets, positions) = described(sweep, describe)?;
        let facts: Vec<_> = positions.iter().map(|&position| &datasets[position].1).collect();
        let cells = resolve(sweep, device, &facts)?;
        let mut trials = Vec::with_capacity(cells.len() * sweep.seeds.len());
        if let Some((&last, seeds)) = sweep.seeds.split_last() {
            for &seed in seeds {
                trials.extend(cells.iter().zip(trials.len()..).map(|(cell, index)| cell.trial(index, seed)));
            }
            // Moves the cells into the trials of the last seed, which is often the only one.
            trials.extend(
                cells.into_iter().zip(trials.len()..).map(|(cell, index)| cell.into_trial(index, last)),
            );
        }
        refuse_duplicates(&trials, &sweep.cells)?;
        let axes = sweep.axes.iter().map(|axis| axis.path.clone()).collect();
        Ok(Self { name: sweep.name.clone(), axes, trials, datasets })
    }

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
        let config = config.without_folder();
        self.datasets
            .iter()
            .filter(move |(known, _)| known.without_folder() == config)
            .map(|(_, facts)| facts)
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

    fn row(&self) -> Vec<String> {
        let settings = self.settings.iter().map(|(_, value)| value.clone());
        let Self { parameters, training_flops, .. } = self;
        let tail = [self.config.seed.to_string(), parameters.to_string(), training_flops.to_string()];
        [self.index.to_string(), self.id.clone()].into_iter().chain(settings).chain(tail).collect()
    }
}

impl Resolved {
    fn trial(&self, index: usize, seed: u64) -> Trial {
        self.clone().into_trial(index, seed)
    }

    fn into_trial(self, index: usize, seed: u64) -> Trial {
        Trial {
            index,
            id: self.identity.trial(seed),
            config: self.config.with_seed(seed),
            settings: self.settings,
            parameters: self.parameters,
            reference_parameters: self.reference_parameters,
            flops_per_image: self.flops_per_image,
            training_flops: self.training_flops,
            device: self.device,
        }
    }
}

/// The distinct data sets with their facts, and for each cell the position of its own.
fn described<E>(
    sweep: &Sweep,
    describe: impl Fn(&data::Config) -> Result<Facts, E>,
) -> Result<(Datasets, Vec<usize>), Error>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut datasets = Datasets::new();
    let mut positions = Vec::with_capacity(sweep.cells.len());
    for Cell { settings, config } in &sweep.cells {
        let known = datasets.iter().position(|(data, _)| *data == config.data);
        if known.is_none() {
            let facts = describe(&config.data)
                .map_err(|error| Error::Data { cell: spec::label(settings), source: error.into() })?;
            datasets.push((config.data.clone(), facts));
        }
        positions.push(known.unwrap_or(datasets.len() - 1));
    }
    Ok((datasets, positions))
}

/// Chooses the widths and counts the parameters.
fn resolve(sweep: &Sweep, device: device::Kind, facts: &[&Facts]) -> Result<Vec<Resolved>, Error> {
    let partners = partners(sweep)?;
    let (mut sizes, mut identities) = (Sizes::default(), Identities::default());
    let mut resolved = Vec::with_capacity(sweep.cells.len());
    for ((cell, facts), partner) in sweep.cells.iter().zip(facts).zip(partners) {
        let mut config = cell.config.clone();
        let budget =
            partner.map(|partner: usize| sizes.of(&sweep.cells[partner].config.model, facts).parameters);
        if let Some(budget) = budget {
            config.model.hidden = sizes
                .matched_width(&config.model, facts, budget)
                .ok_or_else(|| Error::ImpossibleWidth { cell: spec::label(&cell.settings), budget })?;
        }
        let size = sizes.of(&config.model, facts);
        resolved.push(Resolved {
            settings: cell.settings.iter().map(|(path, value)| (path.clone(), spec::text(value))).collect(),
            parameters: size.parameters,
            reference_parameters: budget,
            flops_per_image: size.flops,
            training_flops: size.flops.saturating_mul(updates(&config, facts)),
            device,
            identity: identities.of(&config, &facts.checksums, NUMERICS_VERSION, device),
            config,
        });
    }
    Ok(resolved)
}

/// Number of training images in all epochs together.
fn updates(config: &CellConfig, facts: &Facts) -> u64 {
    let images = facts.shape.train.saturating_sub(config.data.validation);
    (images as u64).saturating_mul(config.training.epochs() as u64)
}

fn refuse_duplicates(trials: &[Trial], cells: &[Cell]) -> Result<(), Error> {
    let mut seen = HashMap::with_capacity(trials.len());
    for trial in trials {
        if let Some(earlier) = seen.insert(trial.id.as_str(), trial.index) {
            let label = |index: usize| spec::label(&cells[index % cells.len()].settings);
            return Err(Error::Duplicate {
                id: trial.id.clone(),
                first: label(earlier),
                second: label(trial.index),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
