//! Error against the cost of a network: its parameters, and the operations and the time of its
//! training.

use super::Figure;
use super::scatter::{Quantity, Scatter, along};
use super::test_error::ShownError;
use crate::report::Error;
use crate::report::chart::Scale;
use crate::report::data::ReportData;
use crate::store::TrialRow;

/// A figure is drawn if the cells' costs differ by more than this factor.
const LEAST_RATIO: f64 = 1.2;

/// Error against parameters, operations and seconds; a cost that is about the same for all cells, or unknown, is
/// omitted.
pub fn figures(data: &ReportData<'_>) -> Result<Vec<Figure>, Error> {
    let flops = |trial: &TrialRow| Some(data.flops(trial)? / 1e12);
    let seconds = |trial: &TrialRow| data.seconds(trial);
    let costs: [(&str, &str, &str, Quantity<'_>); 3] = [
        (
            "parameters",
            "parameters",
            "parameters",
            cost("parameters", &|trial| Some(trial.parameters as f64)),
        ),
        (
            "flops",
            "operations of training",
            "the floating-point operations of the matrix products of the training, without those of further terms of the objective",
            cost("operations of training (TFLOP)", &flops),
        ),
        (
            "seconds",
            "time of training",
            "the wall-clock time of the trial on one thread, while other trials ran on the same machine",
            cost("wall-clock of the trial (s)", &seconds),
        ),
    ];
    let figure = |(name, title, cost, x)| {
        let error = ShownError::of(data);
        Scatter {
            name: format!("error_by_{name}"),
            title: format!("{} by {title}", error.name),
            caption: &format!("{} of the kept weights, percent, against {cost}.", error.name),
            x,
            y: error.quantity,
            along: along(&data.dimensions),
            is_setting: false,
        }
        .figure(data, LEAST_RATIO)
    };
    costs.into_iter().map(figure).filter_map(Result::transpose).collect()
}

fn cost<'m>(name: &'m str, of: &'m dyn Fn(&TrialRow) -> Option<f64>) -> Quantity<'m> {
    Quantity { name, of, scale: &|values| Scale::log(values) }
}
