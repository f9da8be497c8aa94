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
