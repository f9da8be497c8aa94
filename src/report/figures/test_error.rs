//! Error against each swept number.

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
    let (column, error) = (&dimension.column, ShownError::of(data));
    Scatter {
        // No file system takes a star.
        name: format!("test_error_by_{}", column.replace('*', "all")),
        title: format!("{} by {}", error.name, title(column)),
        caption: &format!("{} of the kept weights, percent.", error.name),
        x: Quantity {
            name: title(column),
            of: &|trial: &TrialRow| trial.value(column)?.number(),
            scale: &|_| Scale::of_setting(values.iter().copied()),
        },
        y: error.quantity,
        along: Some(at),
        is_setting: true,
    }
    .figure(data, 0.0)
}

/// The error that figures show: the test error, or the validation error while the test images are sealed. The files
/// have the same names, so that the figures of an unsealed sweep replace those of the sealed one.
pub struct ShownError {
    /// `Test error` or `Validation error`.
    pub name: &'static str,
    /// The measure.
    pub quantity: Quantity<'static>,
}

impl ShownError {
    /// The error of a sweep's figures.
    pub fn of(data: &ReportData<'_>) -> Self {
        let scale = &|values: Vec<f64>| Scale::log(values);
        if data.analysis.summary.is_sealed() {
            let quantity = Quantity { name: "validation error (%)", of: &|trial| trial.valid_error, scale };
            return Self { name: "Validation error", quantity };
        }
        Self {
            name: "Test error",
            quantity: Quantity { name: "test error (%)", of: &|trial| trial.test_error, scale },
        }
    }
}
