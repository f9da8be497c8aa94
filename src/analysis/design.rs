//! The design of a sweep: its axes and its comparison.

use crate::spec::{Compare, Published, Sweep};

/// The part of a sweep that the analysis needs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SweepDesign {
    /// Dotted paths of all swept axes, or `label`, except the seed. Trials that differ in nothing
    /// but the seed are a cell.
    pub axes: Vec<String>,
    /// The comparison, where the spec has one.
    pub compare: Option<Compare>,
    /// Published errors, shown beside those of the cells.
    pub published: Vec<Published>,
}

impl SweepDesign {
    /// The design of a checked sweep.
    #[must_use]
    pub fn of(sweep: &Sweep) -> Self {
        Self {
            axes: sweep.axes.iter().map(|axis| axis.path.clone()).collect(),
            compare: sweep.compare.clone(),
            published: sweep.published.clone(),
        }
    }
}
