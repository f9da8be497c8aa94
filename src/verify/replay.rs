//! Repeated training of trials in another folder, compared byte for byte.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::str::FromStr;

use super::compare::DescribeDifference;
use super::{AuditReport, AuditedFolder, Distance, difference};
use crate::engine::{self, Control, DatasetCache, Observer, Pending, local};
use crate::plan::Trial;
use crate::store::{self, Outcome, Store, TrialFolder, file, read_file};
use crate::text::shown;
use crate::train::Gradient;

/// The selection of trials to train again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// None.
    None,
    /// One complete trial, chosen at random.
    Random,
    /// All complete trials.
    All,
    /// The trial with this id.
    Trial(String),
}

impl FromStr for Replay {
    type Err = std::convert::Infallible;

    /// Any text except `none`, `random` and `all` is an id.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "none" => Self::None,
            "random" => Self::Random,
            "all" => Self::All,
            id => Self::Trial(id.to_owned()),
        })
    }
}

/// Errors of a replay.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An id that no complete trial has.
    #[error(
        "no complete trial has the id {id}: `drsae plan` lists the ids, `drsae status` the incomplete trials"
    )]
    Unknown {
        /// The id.
        id: String,
    },
    /// A temporary folder that cannot be created.
    #[error("failed to create a temporary folder in {}: set TMPDIR to another folder", shown(path))]
    Temporary {
        /// The folder of temporary files.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A temporary folder that cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

/// The files that must be reproduced.
const REPEATED: [(&str, DescribeDifference); 3] = [
    (file::EPOCHS, difference::of_tables),
    (file::PREDICTIONS, difference::of_tables),
    (file::MODEL, difference::of_bytes),
];

pub(super) fn choose<'a>(replay: &Replay, complete: &[&'a Trial]) -> Result<Vec<&'a Trial>, Error> {
    Ok(match replay {
        Replay::None => Vec::new(),
        Replay::All => complete.to_vec(),
        Replay::Random if complete.is_empty() => Vec::new(),
        // Random by the system's hash keys: the trial is named in the report, and can be requested by id.
        Replay::Random => vec![complete[RandomState::new().hash_one(()) as usize % complete.len()]],
        Replay::Trial(id) => match complete.iter().find(|trial| trial.id == *id) {
            Some(trial) => vec![*trial],
            None => return Err(Error::Unknown { id: id.clone() }),
        },
    })
}

pub(super) fn run(
    subject: AuditedFolder<'_>,
    (chosen, gradient): (&[&Trial], Option<Gradient>),
    datasets: &DatasetCache,
    control: &Control,
    jobs: usize,
    observer: &dyn Observer,
    report: &mut AuditReport,
) -> Result<(), Error> {
    if chosen.is_empty() {
        return Ok(());
    }
    let temporary =
        tempfile::tempdir().map_err(|source| Error::Temporary { path: std::env::temp_dir(), source })?;
    let again = Store::open(&temporary.path().join(&subject.plan.name), "")?;
    let trials: Vec<Trial> = chosen.iter().map(|trial| with_gradient(trial, gradient)).collect();
    let pending: Vec<Pending> = trials.iter().map(Pending::new).collect();
    local::run(&pending, &again, datasets, control, jobs, observer)?;
    for trial in chosen {
        if control.stopped() {
            break;
        }
        let (kept, again) = (subject.store.trial(&trial.id)?, again.trial(&trial.id)?);
        match gradient {
            None => compare(&kept, &again, report),
            Some(gradient) => measure(&kept, &again, gradient, report),
        }
    }
    Ok(())
}

/// The trial with other operations, under the same id.
fn with_gradient(trial: &Trial, gradient: Option<Gradient>) -> Trial {
    let mut trial = trial.clone();
    trial.config.training.gradient = gradient.unwrap_or(trial.config.training.gradient);
    trial
}

fn measure(kept: &TrialFolder, again: &TrialFolder, gradient: Gradient, report: &mut AuditReport) {
    report.checked.replayed += 1;
    match Distance::of(kept, again, gradient) {
        Ok(distance) => report.distances.push(distance),
        Err(problem) => report.wrong(
            kept.path(),
            format!("cannot be compared with its repetition: {problem}"),
            "train the trial again, or choose another one",
        ),
    }
}

fn compare(kept: &TrialFolder, again: &TrialFolder, report: &mut AuditReport) {
    report.checked.replayed += 1;
    let advice = format!(
        "the trial is not reproduced here; compare {} with this machine and program, or compute it again",
        file::PROVENANCE
    );
    for (name, difference) in REPEATED {
        let path = kept.path().join(name);
        match (read_file(&path), read_file(again.path().join(name))) {
            (Ok(kept), Ok(again)) => {
                if let Some(difference) = difference(&kept, &again) {
                    report.wrong(path, format!("computed again, {difference}"), &*advice);
                }
            }
            (Err(error), _) => report.wrong(path, format!("cannot be read: {error}"), "fix the I/O error"),
            (_, Err(_)) => report.wrong(path, failure(again), &*advice),
        }
    }
    let path = kept.path().join(file::RESULT);
    let without_timing = |folder: &TrialFolder| {
        folder.outcome().ok().flatten().map(|outcome| Outcome { seconds: 0.0, ..outcome })
    };
    let (kept, again) = (without_timing(kept), without_timing(again));
    if kept != again && again.is_some() {
        report.wrong(path, "differs from the result of the repeated training", advice);
    }
}

fn failure(again: &TrialFolder) -> String {
    let message = again.outcome().ok().flatten().and_then(|outcome| outcome.message);
    format!("could not be computed again: {}", message.unwrap_or_else(|| "it did not end".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_no_choice_are_ids() {
        let read = |text: &str| text.parse::<Replay>().unwrap();
        assert_eq!((read("none"), read("random"), read("all")), (Replay::None, Replay::Random, Replay::All));
        assert_eq!(read("mlp-t1"), Replay::Trial("mlp-t1".to_owned()));
    }

    #[test]
    fn nothing_is_chosen_where_nothing_is_complete() {
        for replay in [Replay::None, Replay::Random, Replay::All] {
            assert!(choose(&replay, &[]).unwrap().is_empty());
        }
        let error = choose(&Replay::Trial("mlp-t1".to_owned()), &[]).unwrap_err();
        assert!(error.to_string().contains("mlp-t1"), "{error}");
    }
}
