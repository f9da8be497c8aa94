//! The distance of a trial that was trained with other operations from the stored one: rounding differs, so bits do.

use serde::Serialize;

use crate::model::Checkpoint;
use crate::spec::TrialConfig;
use crate::store::{EpochRow, Outcome, PredictionRow, Status, TrialFolder, file, read_file};
use crate::text::chain;
use crate::train::Gradient;

/// Relative difference of the objective above which two learning curves are apart.
const APART: f64 = 1e-4;

/// The distance between two trainings of one trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distance {
    /// Id of the trial.
    pub trial: String,
    /// Operations of the repeated training.
    pub gradient: Gradient,
    /// Validation errors in percent, stored and repeated.
    pub valid_error: [Option<f64>; 2],
    /// Test errors in percent, stored and repeated; absent while the test images are sealed.
    pub test_error: [Option<f64>; 2],
    /// Test images with another prediction, and all test images.
    pub predictions: Option<[usize; 2]>,
    /// The largest ‖w − w′‖/‖w‖ of a parameter, and its name.
    pub weights: (f64, String),
    /// The largest relative difference of the objective over the training images of an epoch.
    pub objective: f64,
    /// The first epoch, from 1, whose objectives differ by more than one part in 10,000.
    pub apart: Option<usize>,
}

impl Distance {
    /// Compares two folders of the same trial.
    ///
    /// # Errors
    /// A file that cannot be read, with the reason.
    pub(super) fn of(kept: &TrialFolder, again: &TrialFolder, gradient: Gradient) -> Result<Self, String> {
        let read = |folder: &TrialFolder| -> Result<_, String> {
            let outcome = folder.outcome().map_err(|error| chain(&error))?;
            let outcome = outcome.filter(|outcome| outcome.status == Status::Complete);
            outcome.ok_or_else(|| format!("{} has no complete result", folder.path().display()))
        };
        let (one, other): (Outcome, Outcome) = (read(kept)?, read(again)?);
        let (objective, apart) = curves(kept, again)?;
        Ok(Self {
            trial: kept.id().to_owned(),
            gradient,
            valid_error: [one.valid_error, other.valid_error],
            test_error: [one.test_error, other.test_error],
            predictions: predictions(kept, again)?,
            weights: weights(kept, again)?,
            objective,
            apart,
        })
    }
}

/// The largest relative difference of the objectives, and the first epoch in which they are apart.
fn curves(kept: &TrialFolder, again: &TrialFolder) -> Result<(f64, Option<usize>), String> {
    let read = |folder: &TrialFolder| folder.read_rows::<EpochRow>().map_err(|error| chain(&error));
    let (kept, again) = (read(kept)?, read(again)?);
    let pairs = kept.iter().zip(&again);
    let distance = |one: f64, other: f64| (one - other).abs() / one.abs().max(f64::MIN_POSITIVE);
    let distances: Vec<f64> = pairs.map(|(one, other)| distance(one.train_loss, other.train_loss)).collect();
    let apart = distances.iter().position(|&distance| distance > APART).map(|at| at + 1);
    Ok((distances.into_iter().fold(0.0, f64::max), apart))
}

/// Test images with another prediction, and all of them, where there are predictions.
fn predictions(kept: &TrialFolder, again: &TrialFolder) -> Result<Option<[usize; 2]>, String> {
    let read = |folder: &TrialFolder| match folder.read(file::PREDICTIONS) {
        Ok(None) => Ok(None),
        Ok(Some(_)) => {
            let rows = folder.read_rows::<PredictionRow>();
            rows.map(Some).map_err(|error| chain(&error))
        }
        Err(error) => Err(chain(&error)),
    };
    Ok(read(kept)?.zip(read(again)?).map(|(kept, again)| {
        let other = kept.iter().zip(&again).filter(|(one, other)| one.prediction != other.prediction);
        [other.count(), kept.len()]
    }))
}

/// The largest relative distance of a parameter, and its name.
fn weights(kept: &TrialFolder, again: &TrialFolder) -> Result<(f64, String), String> {
    let read = |folder: &TrialFolder| -> Result<_, String> {
        let bytes = read_file(folder.path().join(file::MODEL)).map_err(|error| error.to_string())?;
        let checkpoint = Checkpoint::parse(&bytes).map_err(|error| chain(&error))?;
        let config = checkpoint.config().map_err(|error| chain(&error))?;
        let config = TrialConfig::parse(config).map_err(|error| chain(&error))?;
        let model = checkpoint.model(&config.model).map_err(|error| chain(&error))?;
        let names: Vec<String> = model.parameters().iter().map(|entry| entry.name.clone()).collect();
        Ok((names, model.parameters().snapshot().map_err(|error| chain(&error))?))
    };
    let ((names, kept), (_, again)) = (read(kept)?, read(again)?);
    let norm = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
    let distance = |(name, (kept, again)): (String, (Vec<f32>, Vec<f32>))| {
        let differences = kept.iter().zip(&again).map(|(a, b)| f64::from(*a) - f64::from(*b));
        let size = norm(&mut kept.iter().map(|&a| f64::from(a))).max(f64::MIN_POSITIVE);
        (norm(&mut differences.into_iter()) / size, name)
    };
    let all = names.into_iter().zip(kept.into_iter().zip(again)).map(distance);
    Ok(all.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default())
}
