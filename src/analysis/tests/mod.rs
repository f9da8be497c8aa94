//! Results folders with known answers.

mod answers;
mod conditions;
mod effects;
mod examples;
mod published;
mod reading;
mod stored;

use std::fs;

use super::*;
use crate::provenance::tests::provenance;
use crate::spec::{Compare, Matching};
use crate::store::{Outcome, PredictionRow, Status, Store, TrialRow};
use crate::value::Value;

/// One trial: family, steps, seed, and its test error where it is complete.
type Trial = (&'static str, usize, u64, Option<f64>);

/// A results folder of `trials`, run and merged.
fn results(trials: &[Trial]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("depth"), "name = \"depth\"\n").unwrap();
    let plan: Vec<_> = trials.iter().enumerate().map(|(index, trial)| planned(index, *trial)).collect();
    for (planned, (_, _, _, error)) in plan.iter().zip(trials) {
        let attempt = store.attempt(&planned.trial);
        attempt.write_rows(&predictions(*error)).unwrap();
        attempt.write_provenance(&provenance()).unwrap();
        attempt.finish(&outcome(*error)).unwrap();
    }
    store.merge(&plan).unwrap();
    (folder, store)
}

fn planned(index: usize, (family, steps, seed, _): Trial) -> TrialRow {
    TrialRow {
        index,
        trial: format!("{family}-{steps}-{seed}"),
        family: family.to_owned(),
        steps,
        hidden: if family == "drsae" { 100 } else { 90 },
        sparsity: 0.005,
        discriminative_weight: 1.0,
        seed,
        parameters: if family == "drsae" { 1000 } else { 990 },
        axes: [("data.train", "2000"), ("model.initial_step", "")]
            .map(|(axis, value)| (axis.into(), Value::parse(value)))
            .to_vec(),
        ..TrialRow::default()
    }
}

/// Test images of every trial.
const IMAGES: usize = 400;

/// The test images, of which the first are wrongly classified.
fn predictions(test_error: Option<f64>) -> Vec<PredictionRow> {
    let wrong = wrong(test_error).unwrap_or(0);
    let row = |index| PredictionRow { index, label: 3, prediction: if index < wrong { 5 } else { 3 } };
    (0..IMAGES).map(row).collect()
}

fn wrong(test_error: Option<f64>) -> Option<usize> {
    test_error.map(|error| (error * IMAGES as f64 / 100.0) as usize)
}

/// A complete trial with a test error, or a diverged one.
fn outcome(test_error: Option<f64>) -> Outcome {
    Outcome {
        format: crate::store::FORMAT,
        status: if test_error.is_some() { Status::Complete } else { Status::Diverged },
        message: None,
        parameters: 1000,
        epochs: 2,
        best_epoch: Some(2),
        valid_error: Some(test_error.unwrap_or(90.0) + 1.0),
        test_error,
        test_errors: wrong(test_error),
        test_count: Some(IMAGES),
        seconds: 1.0,
    }
}

fn design() -> SweepDesign {
    SweepDesign {
        axes: ["model.family", "model.steps"].map(str::to_owned).to_vec(),
        compare: Some(compare(&[("model.family", "drsae")])),
        published: Vec::new(),
    }
}

fn compare(reference: &[(&str, &str)]) -> Compare {
    let reference = reference.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    Compare { reference, matching: Some(Matching::Parameters), ..Compare::default() }
}

fn with_margin(margin: f64) -> SweepDesign {
    let compare = Compare { margin: Some(margin), ..compare(&[("model.family", "drsae")]) };
    SweepDesign { compare: Some(compare), ..design() }
}

fn compared(store: &Store, design: &SweepDesign) -> Compared {
    analyze(store, design).unwrap().compared.unwrap()
}

fn written(store: &Store, name: &str) -> String {
    fs::read_to_string(store.root().join("analysis").join(name)).unwrap()
}

/// The columns of a CSV text that have these names, or begin with them before a `*`.
fn columns(text: &str, names: &[&str]) -> String {
    let fields = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let header = fields(text.lines().next().unwrap());
    let is = |column: &String, name: &&str| match name.strip_suffix('*') {
        Some(start) => column.starts_with(start),
        None => column == name,
    };
    let kept: Vec<usize> =
        (0..header.len()).filter(|&at| names.iter().any(|name| is(&header[at], name))).collect();
    let line = |line| kept.iter().map(|&at| fields(line)[at].clone()).collect::<Vec<_>>().join(",");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// At 2 steps the untied network is worse by 0.25, 0.5 and 0.75: d̄ = 0.5, s = 0.25,
/// 0.5 ± 4.302653·0.25/√3. At 5 steps seed 2 of the reference diverged.
const TRIALS: [Trial; 12] = [
    ("drsae", 2, 1, Some(1.0)),
    ("drsae", 2, 2, Some(1.25)),
    ("drsae", 2, 3, Some(1.5)),
    ("untied", 2, 1, Some(1.25)),
    ("untied", 2, 2, Some(1.75)),
    ("untied", 2, 3, Some(2.25)),
    ("drsae", 5, 1, Some(1.0)),
    ("drsae", 5, 2, None),
    ("drsae", 5, 3, Some(1.5)),
    ("untied", 5, 1, Some(0.5)),
    ("untied", 5, 2, Some(1.0)),
    ("untied", 5, 3, Some(1.5)),
];
