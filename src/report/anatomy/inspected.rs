//! The network of the figures with images.

use crate::anatomy::measure::Measure;
use crate::anatomy::tables::Stage;
use crate::anatomy::{Anatomy, Network, Sample, Unit, UnitKind};

/// A trained network, the images that it was measured on, and its anatomy.
pub struct Inspected<'a> {
    pub(super) network: &'a Network,
    pub(super) sample: &'a Sample,
    pub(super) anatomy: &'a Anatomy,
    /// z^T of all images `[N, n]`.
    codes: Vec<f32>,
}

impl<'a> Inspected<'a> {
    /// Encodes the images.
    #[must_use]
    pub fn new(network: &'a Network, sample: &'a Sample, anatomy: &'a Anatomy) -> Self {
        Self { network, sample, anatomy, codes: sample.codes(network) }
    }

    /// A measure of the trained network, where it is defined.
    pub(super) fn measured(&self, measure: Measure) -> Option<f64> {
        let mut own = self.anatomy.measurements.iter().filter(|one| one.network == Stage::Trained);
        own.find(|one| one.measure == measure).map(|one| one.value)
    }

    /// Height and width of an image.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.sample.rows, self.sample.columns)
    }

    /// At most `most` iterations up to T, closer together at the start, where the codes change most; T is the last.
    pub(super) fn iterations(&self, most: usize) -> Vec<usize> {
        let last = self.network.steps;
        let early = [1, 2, 3, 4, 6, 8].into_iter().filter(|&t| t < last).take(most - 1);
        early.chain([last]).collect()
    }

    /// Units of a kind, by class and within it the most active first.
    pub(super) fn sorted(&self, kind: UnitKind) -> Vec<&'a Unit> {
        let mut units: Vec<&Unit> = self.anatomy.units.iter().filter(|unit| unit.kind == kind).collect();
        units.sort_by(|a, b| a.class.cmp(&b.class).then(b.mean_activity.total_cmp(&a.mean_activity)));
        units
    }

    /// Units of a kind, the most active first.
    pub(super) fn most_active(&self, kind: UnitKind) -> Vec<&'a Unit> {
        let mut units = self.sorted(kind);
        units.sort_by(|a, b| b.mean_activity.total_cmp(&a.mean_activity));
        units
    }

    /// A unit's column of D.
    pub(super) fn column(&self, unit: usize) -> Vec<f64> {
        self.network.column(unit).into_iter().map(f64::from).collect()
    }

    /// A unit's row of E.
    pub(super) fn row(&self, unit: usize) -> Vec<f64> {
        self.network.row(unit).iter().copied().map(f64::from).collect()
    }

    /// An image of the sample.
    pub(super) fn image(&self, index: usize) -> Vec<f64> {
        self.sample.image(index).iter().copied().map(f64::from).collect()
    }

    /// z^T of an image.
    pub(super) fn code(&self, index: usize) -> &[f32] {
        &self.codes[index * self.network.hidden..][..self.network.hidden]
    }

    /// D·z of a code restricted to the units for which `keep` is true.
    pub(super) fn decoded(&self, code: &[f32], keep: impl Fn(usize) -> bool) -> Vec<f64> {
        let kept: Vec<f32> =
            code.iter().enumerate().map(|(unit, &z)| if keep(unit) { z } else { 0.0 }).collect();
        self.network.decode(&kept).into_iter().map(f64::from).collect()
    }
}
