//! The networks to inspect, each with its controls.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use candle_core::{DType, Device};

use super::Args;
use crate::anatomy::{Network, Subject};
use crate::cli::checkpoint;
use crate::cli::terminal::print_message;
use crate::data::{self, Images, Part};
use crate::model::{Draw, Model};
use crate::spec::TrialConfig;
use crate::text::shown;

/// Trained networks of one config with their controls.
pub struct Networks {
    /// The config of the first network; the others differ only in their seed.
    pub config: TrialConfig,
    /// The first network.
    pub model: Model,
    /// In the order of the command line.
    pub subjects: Vec<Subject>,
}

/// Loads trained networks and their controls; `None` if no file is named.
pub fn find(args: &Args) -> Result<Option<Networks>> {
    let Args { files, after_phase_1, merge, data_dir, .. } = args;
    let mut networks = Vec::new();
    for file in files {
        let (config, model) = checkpoint::load(file)?;
        networks.push((file, config, model));
    }
    let Some((_, config, model)) =
        networks.first().map(|(file, config, model)| (file, config.clone(), model.clone()))
    else {
        return Ok(None);
    };
    let named = after_phase_1.iter().map(|file| checkpoint::load(file));
    let named: Vec<(TrialConfig, Model)> = named.collect::<Result<_>>()?;
    let primes = config.model.initial_images > 0.0;
    let images = primes.then(|| data::load(&config.data, data_dir.as_deref(), Part::Training)).transpose()?;
    let images = images.map(|dataset| dataset.train);
    let mut subjects: Vec<Subject> = Vec::new();
    for (file, own, trained) in &networks {
        let expected = TrialConfig { seed: own.seed, ..config.clone() };
        ensure!(
            *own == expected,
            "{} differs from {} in more than the seed: inspect them under two names",
            shown(file),
            shown(&files[0])
        );
        if subjects.iter().any(|subject| subject.seed == own.seed) {
            bail!("{} is a second network of seed {}: name one network per seed", shown(file), own.seed);
        }
        let subject = subject(file, own, trained, images.as_ref(), &named)?;
        // With `--merge`, the stored tables may have the control.
        if subject.after_phase_1.is_none() && !*merge {
            print_message(format_args!(
                "{}: no network of seed {} after phase 1 was found, so that control is missing; train one with only the \
                 phases before the first discriminative one, and name it with --after-phase-1",
                shown(file),
                own.seed
            ));
        }
        subjects.push(subject);
    }
    Ok(Some(Networks { config, model, subjects }))
}

fn subject(
    file: &Path,
    config: &TrialConfig,
    trained: &Model,
    images: Option<&Images>,
    named: &[(TrialConfig, Model)],
) -> Result<Subject> {
    let name = shown(file);
    let lambda = config.objective.sparsity;
    let images = images.map(|images| config.primer(trained.width(), images)).unwrap_or_default();
    let draw = Draw { seed: config.seed, sparsity: lambda, images: &images };
    let shape = (trained.inputs(), trained.classes());
    let untrained = Model::drawn(&config.model, shape, draw, DType::F32, &Device::Cpu)
        .with_context(|| format!("cannot make the untrained network of {name}"))?;
    let before = match named.iter().find(|(other, _)| is_control(other, config)) {
        Some((_, model)) => Some(model.clone()),
        None => find_control(file, config)?,
    };
    Ok(Subject {
        seed: config.seed,
        sparsity: config.training.phases.last().and_then(|phase| phase.sparsity).unwrap_or(lambda),
        trained: Network::recurrent_of(trained).with_context(|| format!("cannot inspect {name}"))?,
        after_phase_1: before.map(|model| Network::recurrent_of(&model)).transpose()?,
        untrained: Network::recurrent_of(&untrained)?,
    })
}

/// The network after phase 1 in one of the trial folders next to that of `file`.
fn find_control(file: &Path, config: &TrialConfig) -> Result<Option<Model>> {
    let Some(trials) = file.parent().and_then(Path::parent).filter(|_| is_trial(file)) else {
        return Ok(None);
    };
    let folders = fs::read_dir(trials).with_context(|| format!("cannot read {}", shown(trials)))?;
    let mut others: Vec<PathBuf> = folders
        .filter_map(|entry| Some(entry.ok()?.path().join(FILE)))
        .filter(|path| path.exists())
        .collect();
    others.sort();
    for other in others {
        // A config is small; the weights are read only if it is the right one.
        let Some(text) =
            other.parent().and_then(|folder| fs::read_to_string(folder.join("config.toml")).ok())
        else {
            continue;
        };
        if toml::from_str::<TrialConfig>(&text).is_ok_and(|other| is_control(&other, config)) {
            return Ok(Some(checkpoint::load(&other)?.1));
        }
    }
    Ok(None)
}

const FILE: &str = "model.safetensors";

fn is_trial(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == FILE)
}

/// Returns true if a trial ended where the first discriminative phase of another begins. The frequency of
/// validation does not change the weights of its last epoch.
fn is_control(one: &TrialConfig, other: &TrialConfig) -> bool {
    let phases = &other.training.phases;
    let first = phases.iter().position(|phase| phase.discriminative).unwrap_or(phases.len());
    let mut expected = other.clone();
    expected.training.phases.truncate(first);
    expected.training.validate_every = one.training.validate_every;
    expected.training.keep_every = one.training.keep_every;
    first < phases.len() && *one == expected
}

impl Networks {
    /// Default name of the results folder.
    pub fn name(&self) -> String {
        let source = self.config.data.source.name();
        format!("{source}-t{}-n{}", self.config.model.steps, self.config.model.hidden)
    }
}
