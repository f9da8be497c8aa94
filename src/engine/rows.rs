//! Rows of `trials.csv` for the trials of a plan.

use crate::plan::{Plan, Trial};
use crate::store::{Status, TrialRow, axis_column};
use crate::value::Value;

/// The row of every planned trial, in plan order, as pending.
#[must_use]
pub fn planned(plan: &Plan) -> Vec<TrialRow> {
    plan.trials.iter().map(planned_trial).collect()
}

/// The row of one planned trial.
pub(super) fn planned_trial(trial: &Trial) -> TrialRow {
    let others = trial.settings.iter().filter(|(axis, _)| axis_column(axis) == axis);
    TrialRow {
        trial: trial.id.clone(),
        index: trial.index,
        family: trial.config.model.family.name().to_owned(),
        steps: trial.config.model.steps,
        hidden: trial.config.model.hidden,
        sparsity: trial.config.objective.sparsity,
        discriminative_weight: trial.config.objective.discriminative_weight,
        seed: trial.config.seed,
        parameters: trial.parameters,
        status: Status::Pending,
        axes: others.map(|(axis, value)| (axis.as_str().into(), Value::parse(value))).collect(),
        ..TrialRow::default()
    }
}
