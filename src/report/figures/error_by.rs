//! Test error against what a network costs: its parameters, and the computing and the time
//! of its training.

use super::Figure;
use super::trails::{Measure, Trails};
use crate::report::Error;
use crate::report::chart::Scale;
use crate::report::material::Material;

/// A figure is drawn where the cells' costs differ by more than this factor.
const SPREAD: f64 = 1.2;

/// Test error against parameters; `None` where all cells have about as many.
pub fn parameters(material: &Material) -> Result<Option<Figure>, Error> {
    Trails {
        name: "error_by_parameters",
        title: "Test error by parameters",
        caption: "Test error of the kept weights, percent, against trainable numbers.",
        x: Measure {
            name: "trainable numbers",
            of: |cell, _| Some(cell.parameters as f64),
            scale: |values| Scale::log(values),
        },
        y: test_error(),
        least_spread: SPREAD,
    }
    .figure(material)
}

/// Test error against the operations of training; `None` where the plan does not count them.
pub fn flops(material: &Material) -> Result<Option<Figure>, Error> {
    Trails {
        name: "error_by_flops",
        title: "Test error by operations of training",
        caption: "Test error of the kept weights, percent, against the floating-point operations of the \
                  matrix products of the whole training.",
        x: Measure {
            name: "operations of training (10¹² floating-point operations)",
            of: |_, trial| Some(trial.flops? / 1e12),
            scale: |values| Scale::log(values),
        },
        y: test_error(),
        least_spread: SPREAD,
    }
    .figure(material)
}

/// Test error against the time of training; `None` where it is not known.
pub fn seconds(material: &Material) -> Result<Option<Figure>, Error> {
    Trails {
        name: "error_by_seconds",
        title: "Test error by time of training",
        caption: "Test error of the kept weights, percent, against the wall-clock of the trial on one \
                  thread, among others on the same machine.",
        x: Measure {
            name: "wall-clock of the trial (s)",
            of: |_, trial| trial.seconds,
            scale: |values| Scale::log(values),
        },
        y: test_error(),
        least_spread: SPREAD,
    }
    .figure(material)
}

fn test_error() -> Measure {
    Measure { name: "test error (%)", of: |_, trial| trial.test_error, scale: |values| Scale::log(values) }
}
