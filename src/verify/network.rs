//! The network that a trial kept, evaluated again: its id from config and data,
//! its predictions and its error from its weights.

use std::collections::BTreeMap;
use std::fs;

use crate::data::Dataset;
use crate::model::{Checkpoint, Model};
use crate::plan::{self, Trial};
use crate::provenance::{self, Provenance};
use crate::spec::TrialConfig;
use crate::store::{Outcome, PredictionRow, TrialFolder, file, read_file};
use crate::text::chain;
use crate::{NUMERICS_VERSION, train};

/// Problems, each with the name of the file.
type Faults = Vec<(&'static str, String)>;

/// Checks config, weights, predictions and provenance of a complete trial.
pub(super) fn faults(trial: &Trial, folder: &TrialFolder, outcome: &Outcome, dataset: &Dataset) -> Faults {
    let mut faults = Faults::new();
    let machine = provenance(trial, folder, &dataset.checksums).unwrap_or_else(|problem| {
        faults.push((file::PROVENANCE, problem));
        None
    });
    match model(trial, folder, &dataset.checksums) {
        Ok(model) => faults.extend(results(&model, trial, folder, outcome, dataset, machine.as_deref())),
        Err(fault) => faults.push(fault),
    }
    faults
}

/// Checks what the numbers were computed from; returns the CPU where it was another's.
fn provenance(
    trial: &Trial,
    folder: &TrialFolder,
    data: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let text = read_file(folder.path().join(file::PROVENANCE)).map_err(|error| error.to_string())?;
    let recorded: Provenance = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if recorded.data != *data {
        return Err("tells of other data than the spec's".to_owned());
    }
    if recorded.numerics != NUMERICS_VERSION {
        return Err(format!(
            "tells of numerics version {}, the trial's id of {NUMERICS_VERSION}",
            recorded.numerics
        ));
    }
    if recorded.device != trial.device {
        return Err(format!(
            "tells of the device {}, the trial's id of {}",
            recorded.device.name(),
            trial.device.name()
        ));
    }
    Ok(Some(recorded.cpu).filter(|cpu| *cpu != provenance::cpu()))
}

/// The network, when it is that of the trial's id.
fn model(
    trial: &Trial,
    folder: &TrialFolder,
    data: &BTreeMap<String, String>,
) -> Result<Model, (&'static str, String)> {
    let config_toml = fs::read_to_string(folder.path().join(file::CONFIG));
    let config_toml = config_toml.map_err(|error| (file::CONFIG, error.to_string()))?;
    let config = config(&config_toml, trial, data).map_err(|problem| (file::CONFIG, problem))?;
    let bytes = read_file(folder.path().join(file::MODEL));
    let bytes = bytes.map_err(|error| (file::MODEL, error.to_string()))?;
    let tensors = |error: candle_core::Error| (file::MODEL, format!("is no network: {}", chain(&error)));
    let checkpoint = Checkpoint::parse(&bytes).map_err(tensors)?;
    if checkpoint.config().map_err(tensors)? != config_toml {
        return Err((file::MODEL, format!("holds another config than {}", file::CONFIG)));
    }
    checkpoint.model(&config.model).map_err(tensors)
}

/// The config, when it is the plan's and gives the trial's id.
fn config(text: &str, trial: &Trial, data: &BTreeMap<String, String>) -> Result<TrialConfig, String> {
    let mut config: TrialConfig = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    // Where the data lie is not part of what a trial is.
    config.data.folder.clone_from(&trial.config.data.folder);
    if config != trial.config {
        return Err("is another trial's than the plan's".to_owned());
    }
    let id = plan::id(&config, data, trial.device);
    if id != trial.id {
        return Err(format!("and the data give the id {id}"));
    }
    Ok(config)
}

/// Holds the network's predictions against those that are kept.
fn results(
    model: &Model,
    trial: &Trial,
    folder: &TrialFolder,
    outcome: &Outcome,
    dataset: &Dataset,
    other_cpu: Option<&str>,
) -> Faults {
    let parameters = model.parameters().count();
    if parameters != trial.parameters {
        return vec![(file::MODEL, format!("has {parameters} parameters, the plan {}", trial.parameters))];
    }
    let test = match train::test(model, dataset, trial.config.objective.sparsity) {
        Ok(test) => test,
        Err(error) => return vec![(file::MODEL, format!("cannot be evaluated: {}", chain(&error)))],
    };
    let mut faults = Faults::new();
    if outcome.test_error != Some(test.error) || outcome.test_count != Some(test.predictions.len()) {
        let recorded = outcome.test_error.unwrap_or_default();
        let problem = format!("has the test error {recorded} %, the network {} %", test.error);
        faults.push((file::RESULT, problem));
    }
    match folder.read_predictions() {
        Err(error) => faults.push((file::PREDICTIONS, super::problem(&error))),
        Ok(kept) => {
            let computed = dataset.test.labels.iter().zip(&test.predictions);
            faults.extend(differing(&kept, computed).map(|problem| (file::PREDICTIONS, problem)));
        }
    }
    if let Some(cpu) = other_cpu {
        let known = format!(
            ", on {}; the trial was computed on {cpu}, whose last bits may differ",
            provenance::cpu()
        );
        for (_, problem) in &mut faults {
            problem.push_str(&known);
        }
    }
    faults
}

/// Describes how the kept rows differ from the labels and the network's predictions.
fn differing<'a>(
    kept: &[PredictionRow],
    computed: impl ExactSizeIterator<Item = (&'a u8, &'a u8)>,
) -> Option<String> {
    let images = computed.len();
    if kept.len() != images {
        return Some(format!("has {} rows for {images} test images", kept.len()));
    }
    let row = |(index, (&label, &prediction))| PredictionRow { index, label, prediction };
    let wanted = computed.enumerate().map(row);
    let differing: Vec<_> = kept.iter().zip(wanted).filter(|(kept, wanted)| *kept != wanted).collect();
    let (kept, wanted) = differing.first()?;
    Some(format!(
        "differs from the network on {} of {images} images: first it has label {} and prediction {} for image \
         {}, not {} and {}",
        differing.len(),
        kept.label,
        kept.prediction,
        wanted.index,
        wanted.label,
        wanted.prediction
    ))
}
