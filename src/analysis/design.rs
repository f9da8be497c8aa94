//! The design of a sweep: its axes and its comparison.

use std::collections::BTreeMap;

use crate::value::Value;

/// The part of a spec that the analysis needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Design {
    /// Dotted paths of all swept axes, but for the seed. Trials that differ in nothing
    /// but the seed are a cell.
    pub axes: Vec<String>,
    /// The comparison, where the spec has one.
    pub compare: Option<Compare>,
    /// Figures of others that stand beside those measured.
    pub published: Vec<Published>,
}

/// A test error that others published on the same data.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The system that reached the error.
    pub system: String,
    /// The error, percent.
    pub error: f64,
    /// Source of the error.
    pub source: String,
}

/// The comparison of a design.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compare {
    /// The axes that are compared, and the values of the reference.
    pub reference: BTreeMap<String, Value>,
    /// True if the others' widths were chosen for the reference's number of parameters.
    pub matched: bool,
    /// A smaller difference in test error is none that matters, percentage points.
    pub margin: Option<f64>,
}
