//! Test error against each swept number.

use super::Figure;
use super::scatter::{Quantity, Scatter};
use crate::report::Error;
use crate::report::chart::Scale;
use crate::report::data::ReportData;
use crate::report::facets::title;
use crate::store::TrialRow;

/// One figure for each dimension whose values are numbers.
pub fn figures(data: &ReportData<'_>) -> Result<Vec<Figure>, Error> {
    let figures = (0..data.dimensions.len()).map(|at| figure(data, at));
    figures.filter_map(Result::transpose).collect()
}

fn figure(data: &ReportData<'_>, at: usize) -> Result<Option<Figure>, Error> {
    let dimension = &data.dimensions[at];
    let Some(values) = dimension.numbers() else { return Ok(None) };
    let column = &dimension.column;
    Scatter {
        name: format!("test_error_by_{column}"),
        title: format!("Test error by {}", title(column)),
        caption: "Test error of the kept weights, percent.",
        x: Quantity {
            name: title(column),
            of: &|trial: &TrialRow| trial.value(column)?.number(),
            scale: &|_| Scale::of_setting(values.iter().copied()),
        },
        y: test_error(),
        along: Some(at),
        is_setting: true,
    }
    .figure(data, 0.0)
}

/// The measure of all figures of the test error.
pub fn test_error() -> Quantity<'static> {
    Quantity { name: "test error (%)", of: &|trial| trial.test_error, scale: &|values| Scale::log(values) }
}
