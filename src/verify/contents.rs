//! Check of the content of a result and of a learning curve, against the plan and each other.

use crate::plan::Trial;
use crate::spec::TestSet;
use crate::store::{EpochRow, Outcome, Status};

/// Checks the content of the result of `trial`.
///
/// # Errors
/// The first contradiction, as a fragment that follows the path of `result.json`.
pub(super) fn result(outcome: &Outcome, trial: &Trial, test: TestSet) -> Result<(), String> {
    let Outcome { status, parameters, epochs, .. } = *outcome;
    if parameters != trial.parameters {
        return Err(format!("counts {parameters} parameters, the plan {}", trial.parameters));
    }
    if status != Status::Complete {
        let whole = outcome.message.is_some() && outcome.test_error.is_none();
        return if whole {
            Ok(())
        } else {
            Err(format!("is {status} without a message, or with a test error"))
        };
    }
    let planned = trial.config.training.epochs();
    if epochs != planned {
        return Err(format!("counts {epochs} epochs, the plan {planned}"));
    }
    if outcome.best_epoch.is_none() {
        return Err("is complete without a best epoch".to_owned());
    }
    match (test, outcome.test_error, outcome.test_errors, outcome.test_count) {
        (TestSet::Sealed, None, None, None) => {}
        (TestSet::Sealed, ..) => {
            return Err("has a test error, though the test images were sealed".to_owned());
        }
        (TestSet::Open, Some(error), Some(wrong), Some(count)) => {
            let computed = 100.0 * wrong as f64 / count as f64;
            if error != computed {
                return Err(format!(
                    "has the test error {error} %, but {wrong} of {count} images are {computed} %"
                ));
            }
        }
        (TestSet::Open, ..) => return Err("is complete without a test error".to_owned()),
    }
    if outcome.valid_error.is_some() != (trial.config.data.validation > 0) {
        return Err("has a validation error without validation images, or lacks one with them".to_owned());
    }
    Ok(())
}

/// Checks that a complete trial's curve has all epochs, and the validation error of the kept one.
///
/// # Errors
/// The first contradiction, as a fragment that follows the path of the curve.
pub(super) fn curve(
    curve: &[EpochRow],
    epochs: usize,
    best_epoch: Option<usize>,
    valid_error: Option<f64>,
) -> Result<(), String> {
    if !is_whole(curve, epochs) {
        return Err(format!("does not have the epochs 1 to {epochs}"));
    }
    best(curve, best_epoch, valid_error)
}

/// The same for its rows in the merged table, which may be those of the `validated` epochs and of the last one alone.
///
/// # Errors
/// As [`curve`].
pub(super) fn merged_curve(
    curve: &[EpochRow],
    epochs: usize,
    validated: &[usize],
    best_epoch: Option<usize>,
    valid_error: Option<f64>,
) -> Result<(), String> {
    let last = (validated.last() != Some(&epochs)).then_some(epochs);
    let is_kept = || curve.iter().map(|row| row.epoch).eq(validated.iter().copied().chain(last));
    if !is_whole(curve, epochs) && (validated.is_empty() || !is_kept()) {
        return Err(format!("has neither the epochs 1 to {epochs} nor the validated ones and the last"));
    }
    best(curve, best_epoch, valid_error)
}

fn is_whole(curve: &[EpochRow], epochs: usize) -> bool {
    curve.iter().map(|row| row.epoch).eq(1..=epochs)
}

fn best(curve: &[EpochRow], best_epoch: Option<usize>, valid_error: Option<f64>) -> Result<(), String> {
    match curve.iter().find(|row| Some(row.epoch) == best_epoch) {
        None => Err(format!("does not have the best epoch {}", best_epoch.unwrap_or_default())),
        Some(best) if best.valid_error != valid_error => Err(format!(
            "has the validation error {} in epoch {}, the result has {}",
            number(best.valid_error),
            best.epoch,
            number(valid_error)
        )),
        Some(_) => Ok(()),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(errors: &[Option<f64>]) -> Vec<EpochRow> {
        let row = |(at, &valid_error)| EpochRow { epoch: at + 1, valid_error, ..EpochRow::default() };
        errors.iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_curve_has_all_epochs_and_the_best_one() {
        let whole = rows(&[None, Some(2.0), Some(1.0)]);
        assert_eq!(curve(&whole, 3, Some(3), Some(1.0)), Ok(()));
        let refused = |rows: &[EpochRow], epochs, best, valid| curve(rows, epochs, best, valid).unwrap_err();
        assert_eq!(refused(&whole, 4, Some(3), Some(1.0)), "does not have the epochs 1 to 4");
        assert_eq!(refused(&whole[1..], 3, Some(3), Some(1.0)), "does not have the epochs 1 to 3");
        assert_eq!(refused(&whole, 3, Some(0), Some(1.0)), "does not have the best epoch 0");
        assert_eq!(refused(&whole, 3, Some(9), Some(1.0)), "does not have the best epoch 9");
        assert_eq!(
            refused(&whole, 3, Some(2), Some(1.0)),
            "has the validation error 2 % in epoch 2, the result has 1 %"
        );
    }

    #[test]
    fn a_merged_curve_has_all_epochs_or_the_validated_ones_and_the_last() {
        let whole = rows(&[None, Some(2.0), None, Some(1.0), None]);
        let of = |epochs: &[usize]| epochs.iter().map(|epoch| whole[epoch - 1].clone()).collect::<Vec<_>>();
        let check = |epochs: &[usize], validated| merged_curve(&of(epochs), 5, validated, Some(4), Some(1.0));
        assert_eq!(check(&[1, 2, 3, 4, 5], &[2, 4]), Ok(()));
        assert_eq!(check(&[2, 4, 5], &[2, 4]), Ok(()));
        assert_eq!(check(&[2, 4, 5], &[2, 4, 5]), Ok(()));
        let neither = Err("has neither the epochs 1 to 5 nor the validated ones and the last".to_owned());
        for wrong in [&[2, 4][..], &[4, 5], &[1, 2, 4, 5], &[4, 2, 5], &[4, 4, 5], &[]] {
            assert_eq!(check(wrong, &[2, 4]), neither, "{wrong:?}");
        }
        assert_eq!(check(&[5], &[]), neither);
    }
}
