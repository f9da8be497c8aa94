//! Merged tables whose trials' folders are not kept: against the plan and each other.

mod complete;

use std::collections::HashMap;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::{Report, Subject, contents, sums, tables};
use crate::analysis::{Source, Sources};
use crate::store::{EpochRow, Status, read_file};
use crate::text::chain;

/// The columns of `trials.csv` that do not follow from the plan.
const MEASURED: [&str; 5] = ["status", "best_epoch", "valid_error", "test_error", "test_images"];
const RESTORE: &str = "restore it, or run `drsae sweep` for trials to check it against";

/// Whether there are merged tables and no trial of the plan has a folder.
pub(super) fn are_kept(subject: Subject<'_>) -> bool {
    let Subject { store, plan, .. } = subject;
    let folder = |id| store.trial(id).is_ok_and(|folder| folder.path().exists());
    store.trials_csv().exists() && !plan.trials.iter().any(|trial| folder(&trial.id))
}

/// Checks rows of trials that have no folder, beside others that have one: against each other, and
/// all tables against their checksums.
pub(super) fn rows(subject: Subject<'_>, count: usize, report: &mut Report) {
    let path = subject.store.trials_csv();
    let problem =
        format!("holds {count} trials without a complete folder, which are checked as they are told");
    report.note(&path, problem, "run `drsae sweep` to compute them again");
    sums::of_tables(subject, report);
    match read_file(&path) {
        Ok(text) => told(subject, &text, report),
        Err(error) => report.wrong(path, format!("cannot be read: {error}"), RESTORE),
    }
}

/// Checks the tables.
pub(super) fn check(subject: Subject<'_>, report: &mut Report) {
    let Subject { store, .. } = subject;
    let advice = "run `drsae sweep` to compute the trials again";
    report.note(store.trials(), "holds no trial of the plan, so the tables alone are checked", advice);
    let path = store.trials_csv();
    let text = match read_file(&path) {
        Ok(text) => text,
        Err(error) => return report.wrong(path, format!("cannot be read: {error}"), RESTORE),
    };
    told(subject, &text, report);
    match Sources::mistakes(store) {
        Ok(mistakes) => {
            tables::analysis(subject, Sources { trials: Source { path, text }, mistakes }, report);
        }
        Err(error) => report.wrong(store.mistakes_csv(), chain(&error), RESTORE),
    }
}

/// Checks the tables against the plan and each other.
fn told(subject: Subject<'_>, text: &[u8], report: &mut Report) {
    let path = subject.store.trials_csv();
    // Columns that are measured are not compared: of folders and rows, nothing is asked for.
    match subject.store.bare_trials(subject.planned) {
        Ok(bare) => {
            let rows = trials(&path, text, &bare, report);
            curves(subject, &rows, report);
            complete::mistakes(subject, &rows, report);
            complete::provenance(subject, &rows, report);
        }
        Err(error) => report.wrong(&path, chain(&error), RESTORE),
    }
}

/// What `trials.csv` has measured of one trial.
struct Measured {
    complete: bool,
    best_epoch: Option<usize>,
    valid_error: Option<f64>,
    test_error: Option<f64>,
    test_images: Option<usize>,
}

/// What the rows of `trials.csv` have measured, by id.
type Trials = HashMap<String, Measured>;

/// Checks `trials.csv` against what the plan says, `bare`; returns its rows by id.
fn trials(path: &Path, text: &[u8], bare: &[u8], report: &mut Report) -> Trials {
    report.checked.tables += 1;
    let (actual, expected) = match fields(text).and_then(|actual| Ok((actual, fields(bare)?))) {
        Ok(tables) => tables,
        Err(problem) => {
            report.wrong(path, problem, RESTORE);
            return HashMap::new();
        }
    };
    let header = &expected[0];
    let columns = actual.first().map(|names| names.join(",")).unwrap_or_default();
    if columns != header.join(",") || actual.len() != expected.len() {
        let (rows, planned) = (actual.len().saturating_sub(1), expected.len() - 1);
        let problem = format!(
            "has {rows} trials under the columns `{columns}`, the plan {planned} under `{}`",
            header.join(",")
        );
        report.wrong(path, problem, RESTORE);
        return HashMap::new();
    }
    let mut found = HashMap::new();
    for (actual, expected) in actual.iter().zip(&expected).skip(1) {
        match measured(header, actual, expected) {
            Ok(measured) => {
                found.insert(expected[0].clone(), measured);
            }
            Err(problem) => report.wrong(path, format!("in the row of {}: {problem}", expected[0]), RESTORE),
        }
    }
    found
}

/// What a row has measured, when all else is as planned.
fn measured(header: &[String], actual: &[String], expected: &[String]) -> Result<Measured, String> {
    let mut row = HashMap::new();
    for ((column, actual), expected) in header.iter().zip(actual).zip(expected) {
        if !MEASURED.contains(&column.as_str()) && actual != expected {
            return Err(format!("`{column}` is `{actual}`, the plan's is `{expected}`"));
        }
        row.insert(column.as_str(), actual.as_str());
    }
    let status = row["status"];
    if !Status::ALL.iter().any(|known| known.name() == status) {
        return Err(format!("there is no status `{status}`"));
    }
    let complete = status == Status::Complete.name();
    let (best_epoch, valid_error) = (row["best_epoch"], percentage("valid_error", row["valid_error"])?);
    let test_error = percentage("test_error", row["test_error"])?;
    let test_images = count("test_images", row["test_images"])?;
    if [test_error.is_some(), test_images.is_some(), !best_epoch.is_empty()] != [complete; 3] {
        let reason = "complete trials alone have a test error, test images and a best epoch";
        return Err(format!("{reason}; it is {status}"));
    }
    if let (Some(error), Some(images)) = (test_error, test_images) {
        let wrong = (error * images as f64 / 100.0).round();
        if 100.0 * wrong / images as f64 != error {
            return Err(format!("no number of {images} images is {error} %"));
        }
    }
    Ok(Measured { complete, best_epoch: best_epoch.parse().ok(), valid_error, test_error, test_images })
}

/// A number in percent, as it is written into tables.
fn percentage(column: &str, text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(number) if (0.0..=100.0).contains(&number) && format!("{number:?}") == text => Ok(Some(number)),
        _ => Err(format!("`{column}` is `{text}`, which is no percentage as it is written")),
    }
}

/// A number of images, as it is written into tables.
fn count(column: &str, text: &str) -> Result<Option<usize>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<usize>() {
        Ok(number) if number > 0 && number.to_string() == text => Ok(Some(number)),
        _ => Err(format!("`{column}` is `{text}`, which is no number of images as it is written")),
    }
}

/// Checks that `epochs.csv` has the whole curve of every complete trial, in plan order.
fn curves(subject: Subject<'_>, rows: &Trials, report: &mut Report) {
    let path = subject.store.epochs_csv();
    report.checked.tables += 1;
    let epochs: Vec<EpochRow> = match read(&path) {
        Ok(epochs) => epochs,
        Err(problem) => return report.wrong(path, problem, RESTORE),
    };
    let mut curves = epochs.chunk_by(|a, b| a.trial == b.trial).peekable();
    for trial in &subject.plan.trials {
        let curve = curves.next_if(|curve| curve[0].trial == trial.id).unwrap_or_default();
        let Some(measured) = rows.get(&trial.id).filter(|row| row.complete) else { continue };
        let epochs = trial.config.training.epochs();
        if let Err(problem) = contents::curve(curve, epochs, measured.best_epoch, measured.valid_error) {
            report.wrong(&path, format!("in the curve of {}: {problem}", trial.id), RESTORE);
        }
    }
    if let Some(curve) = curves.next() {
        let problem =
            format!("has a curve of {} that is not in the plan, or not in its order", curve[0].trial);
        report.wrong(&path, problem, RESTORE);
    }
}

/// The rows of a CSV file.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, String> {
    let text = read_file(path).map_err(|error| format!("cannot be read: {error}"))?;
    let rows: Result<_, _> = csv::Reader::from_reader(text.as_slice()).into_deserialize().collect();
    rows.map_err(|error: csv::Error| format!("is not as written: {error}"))
}

/// A CSV file's fields, by line; the first are the names of the columns.
fn fields(text: &[u8]) -> Result<Vec<Vec<String>>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    let lines: Result<Vec<csv::StringRecord>, _> = reader.records().collect();
    let owned = |line: csv::StringRecord| line.iter().map(str::to_owned).collect();
    lines.map(|lines| lines.into_iter().map(owned).collect()).map_err(|error| format!("is no table: {error}"))
}
