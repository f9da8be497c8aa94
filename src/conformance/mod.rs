//! Checks of networks and terms that a program adds: what every part of this crate relies on.
//!
//! A network is checked by its definition alone (shapes, gradients), and by small trials through the engine and
//! the store.

mod gradients;
mod repetition;
mod shapes;

use std::io;
use std::path::Path;

use crate::data::{self, Dataset, Part};
use crate::engine::{self, DatasetCache};
use crate::plan::{self, Plan, Trial};
use crate::spec::{Cell, Sweep};
use crate::text::chain;
use crate::train::{Batch, Batches, Objective, Selection};
use crate::{device, model, store};

/// Images of the trials.
const TRAIN: usize = 240;
const VALIDATION: usize = 60;
const TEST: usize = 60;
/// Epochs of each phase.
const EPOCHS: usize = 2;

/// The result of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The network.
    pub subject: String,
    /// Property that was checked: `shapes`, `gradients` or `bytes`.
    pub name: &'static str,
    /// A summary, or the fault and its remedy.
    pub outcome: Result<String, String>,
}

/// An error that ends the checks.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The trials cannot be planned.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// The images cannot be read.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// A temporary folder cannot be used.
    #[error("failed to create a temporary folder: set TMPDIR to another folder")]
    Temporary(#[source] io::Error),
    /// The trials cannot be stored.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// A result cannot be printed.
    #[error(transparent)]
    Print(io::Error),
}

/// Checks every distinct network and objective of a sweep, on a few images and epochs; `report` is called with each
/// result. `data_dir` is the folder of MNIST's files.
///
/// # Errors
/// The checks cannot be made.
pub fn run(
    sweep: &Sweep,
    data_dir: Option<&Path>,
    report: &mut dyn FnMut(Check) -> io::Result<()>,
) -> Result<(), Error> {
    let plan = Plan::of(&small(sweep), device::Kind::Cpu, |config| data::facts(config, data_dir))?;
    let datasets =
        DatasetCache::load(plan.trials.iter().map(|trial| &trial.config.data), data_dir, Part::All)?;
    let mut seen: Vec<&Trial> = Vec::new();
    for trial in &plan.trials {
        let same = |other: &&Trial| checked(other) == checked(trial);
        if seen.iter().any(same) {
            continue;
        }
        seen.push(trial);
        let mut tell =
            |name, outcome| report(Check { subject: subject(trial), name, outcome }).map_err(Error::Print);
        let dataset = datasets.get(&trial.config.data);
        let shapes = shapes::check(trial, dataset);
        let is_sound = shapes.is_ok();
        tell("shapes", shapes)?;
        if !is_sound {
            continue;
        }
        tell("gradients", gradients::check(trial, dataset))?;
        let same: Vec<&Trial> = plan.trials.iter().filter(|other| same(other)).collect();
        tell("bytes", repetition::check(&same, &datasets)?)?;
    }
    Ok(())
}

/// An error with its causes, without the trace of calls that candle may add.
fn first_line(error: &candle_core::Error) -> String {
    chain(error).lines().next().unwrap_or_default().to_owned()
}

/// The first images of a data set as a mini-batch.
fn batch(trial: &Trial, dataset: &Dataset, count: usize) -> Batch {
    let images = &dataset.train;
    let normaliser = trial.config.fitted(images).normaliser(images);
    let indices: Vec<u32> = (0..count.min(images.len()) as u32).collect();
    let selection = Selection { images, normaliser: &normaliser, indices: &indices };
    let mut batch = Batch::default();
    Batches::in_order(selection, count).next_into(&mut batch);
    batch
}

/// The settings whose every combination is checked.
fn checked(trial: &Trial) -> (&data::Config, &model::Config, &Objective) {
    (&trial.config.data, &trial.config.model, &trial.config.objective)
}

fn subject(trial: &Trial) -> String {
    let (family, terms) = (trial.config.model.family, &trial.config.objective.terms);
    let mut words = vec![family.to_string()];
    words.extend(terms.keys().map(|name| format!("with {name}")));
    if !trial.settings.is_empty() {
        let settings = trial.settings.iter().map(|(path, value)| format!("{path} = {value}"));
        words.push(format!("({})", settings.collect::<Vec<_>>().join(", ")));
    }
    words.join(" ")
}

/// The sweep with two seeds, few images and short phases.
fn small(sweep: &Sweep) -> Sweep {
    let mut sweep = sweep.clone();
    sweep.seeds = vec![1, 2];
    for Cell { config, .. } in &mut sweep.cells {
        config.data.train = Some(TRAIN);
        config.data.validation = VALIDATION;
        config.data.test = Some(TEST);
        config.training.stop_after = None;
        config.training.validate_every = 1;
        for phase in &mut config.training.phases {
            phase.epochs = phase.epochs.min(EPOCHS);
        }
    }
    sweep
}
