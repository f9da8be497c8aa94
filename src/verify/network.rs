//! Check of a trial's stored network: its id follows from config and data, its predictions and error from its weights.

use std::collections::BTreeMap;
use std::fs;

use crate::data::Dataset;
use crate::engine::Conditions;
use crate::model::{Checkpoint, Model};
use crate::plan::{self, Trial};
use crate::provenance::{self, Provenance};
use crate::spec::TrialConfig;
use crate::store::{Outcome, PredictionRow, TrialFolder, file, read_file};
use crate::text::chain;
use crate::{NUMERICS_VERSION, engine, train};

/// Problems, each with the name of a file.
type Faults = Vec<(&'static str, String)>;

/// Checks config, weights and provenance of a complete trial, and the predictions and the outcome of its test
/// where it is tested.
pub(super) fn faults(
    trial: &Trial,
    folder: &TrialFolder,
    tested: Option<(&TrialFolder, &Outcome)>,
    dataset: &Dataset,
) -> Faults {
    let mut faults = Faults::new();
    let machine = provenance(trial, folder, &dataset.checksums).unwrap_or_else(|problem| {
        faults.push((file::PROVENANCE, problem));
        None
    });
    match model(trial, folder, &dataset.checksums) {
        Ok(model) => faults.extend(results(&model, trial, tested, dataset, machine.as_deref())),
        Err(fault) => faults.push(fault),
    }
    faults
}

/// Compares the network's mistakes under conditions with the stored ones.
pub(super) fn condition_fault(
    trial: &Trial,
    trained: &TrialFolder,
    tested: &TrialFolder,
    conditions: &Conditions<'_>,
) -> Option<(&'static str, String)> {
    let bytes = read_file(trained.path().join(file::MODEL)).ok()?;
    let computed = Checkpoint::parse(&bytes).and_then(|checkpoint| conditions.rows(trial, &checkpoint));
    let problem = match (computed, tested.read_conditions()) {
        (Err(error), _) => Some(format!("cannot be computed: {}", chain(&error))),
        (_, Err(error)) => Some(super::problem(&error)),
        (Ok(computed), Ok(kept)) => computed
            .iter()
            .any(|row| !kept.contains(row))
            .then(|| "has other mistakes than the network under the conditions of the spec".to_owned()),
    };
    problem.map(|problem| (file::CONDITIONS, problem))
}

/// Checks the provenance; returns the CPU if it is another one.
fn provenance(
    trial: &Trial,
    folder: &TrialFolder,
    data: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let text = read_file(folder.path().join(file::PROVENANCE)).map_err(|error| error.to_string())?;
    let recorded: Provenance = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if recorded.data != *data {
        return Err("has other data than the spec".to_owned());
    }
    if recorded.numerics != NUMERICS_VERSION {
        return Err(format!(
            "has the numerics version {}, the trial's id has {NUMERICS_VERSION}",
            recorded.numerics
        ));
    }
    if recorded.device != trial.device {
        return Err(format!(
            "has the device {}, the trial's id has {}",
            recorded.device.name(),
            trial.device.name()
        ));
    }
    Ok(Some(recorded.cpu).filter(|cpu| *cpu != provenance::cpu()))
}

/// The network, if it belongs to the trial's id.
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
    let tensors = |error: candle_core::Error| (file::MODEL, format!("is not a network: {}", chain(&error)));
    let checkpoint = Checkpoint::parse(&bytes).map_err(tensors)?;
    if checkpoint.config().map_err(tensors)? != config_toml {
        return Err((file::MODEL, format!("holds a config that differs from {}", file::CONFIG)));
    }
    checkpoint.model(&config.model).map_err(tensors)
}

/// The config, if it is that of the plan and gives the trial's id.
fn config(text: &str, trial: &Trial, data: &BTreeMap<String, String>) -> Result<TrialConfig, String> {
    let mut config: TrialConfig = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    // The location of the data is not part of a trial's identity.
    config.data.folder.clone_from(&trial.config.data.folder);
    config.data.file.clone_from(&trial.config.data.file);
    if config != trial.config {
        return Err("is not the config of the planned trial".to_owned());
    }
    let id = plan::id(&config, data, trial.device);
    if id != trial.id {
        return Err(format!("gives, with the data, the id {id}"));
    }
    Ok(config)
}

/// Compares the network's predictions with the stored ones.
fn results(
    model: &Model,
    trial: &Trial,
    tested: Option<(&TrialFolder, &Outcome)>,
    dataset: &Dataset,
    other_cpu: Option<&str>,
) -> Faults {
    let parameters = model.parameters().count();
    if parameters != trial.parameters {
        return vec![(file::MODEL, format!("has {parameters} parameters, the plan {}", trial.parameters))];
    }
    let Some((folder, outcome)) = tested else { return Faults::new() };
    let test = match train::test(
        model,
        dataset,
        &trial.config.fitted(&dataset.train),
        trial.config.objective.sparsity,
    ) {
        Ok(test) => test,
        Err(error) => return vec![(file::MODEL, format!("cannot be evaluated: {}", chain(&error)))],
    };
    let mut faults = Faults::new();
    if outcome.test_error != Some(test.error) || outcome.test_count != Some(test.predictions.len()) {
        let recorded = outcome.test_error.unwrap_or_default();
        let problem = format!("has the test error {recorded} %, but the network has {} %", test.error);
        faults.push((file::RESULT, problem));
    }
    match folder.read_rows::<PredictionRow>() {
        Err(error) => faults.push((file::PREDICTIONS, super::problem(&error))),
        Ok(kept) => {
            let computed = engine::predictions(dataset, &test.predictions);
            faults.extend(differing(&kept, &computed).map(|problem| (file::PREDICTIONS, problem)));
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

/// Describes how the stored rows differ from the labels and the network's predictions.
fn differing(kept: &[PredictionRow], computed: &[PredictionRow]) -> Option<String> {
    let images = computed.len();
    if kept.len() != images {
        return Some(format!("has {} rows for {images} test images", kept.len()));
    }
    let differing: Vec<_> = kept.iter().zip(computed).filter(|(kept, wanted)| kept != wanted).collect();
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
