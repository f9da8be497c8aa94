//! What is compared with what: what the spec says beside the results.

use std::collections::BTreeMap;

/// How a sweep's trials are to be read: what the spec says beside the results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Design {
    /// Dotted paths of all swept axes, but for the seed. Trials that differ in nothing
    /// but the seed are a cell.
    pub axes: Vec<String>,
    /// What is compared; nothing where absent.
    pub compare: Option<Compare>,
    /// Figures of others that stand beside those measured.
    pub published: Vec<Published>,
}

/// A test error that others published on the same data.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// What reached it.
    pub system: String,
    /// The error, percent.
    pub error: f64,
    /// Where the figure was read, or that it was not.
    pub source: String,
}

/// What a design compares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compare {
    /// The axes that are compared, and the values of the reference.
    pub reference: BTreeMap<String, String>,
    /// Whether the others' widths were chosen for the reference's number of parameters.
    pub matched: bool,
    /// A smaller difference in test error is none that matters, percentage points.
    pub margin: Option<f64>,
}
