//! A running average of the weights (Polyak and Juditsky 1992), which can replace the trained weights of a
//! phase in validation and at its end.
//!
//! After update t of the phase, w̄ ← d_t·w̄ + (1 − d_t)·w with d_t = min(d, 1 − 1/t). At first this is the plain mean of
//! all updates, so that the weights before the phase have no influence.

use candle_core::Result;

use crate::model::Parameters;
use crate::simd::dispatch;

/// The average of one phase.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Average {
    decay: f64,
    /// Updates so far.
    updates: usize,
    /// w̄ by slot; empty before the first update.
    weights: Vec<Vec<f32>>,
}

impl Average {
    /// An average before the first update.
    pub fn new(decay: f64) -> Self {
        Self { decay, updates: 0, weights: Vec::new() }
    }

    /// Adds the weights after another update.
    pub fn add(&mut self, parameters: &Parameters) -> Result<()> {
        self.updates += 1;
        let share = (1.0 - self.decay).max(1.0 / self.updates as f64) as f32;
        parameters.with_slices(|slices: &[&[f32]]| {
            self.weights.resize_with(slices.len(), Vec::new);
            for (means, &weights) in self.weights.iter_mut().zip(slices) {
                means.resize(weights.len(), 0.0);
                dispatch!(for (mean, &weight) in means.iter_mut().zip(weights) {
                    *mean += (weight - *mean) * share;
                });
            }
        })
    }

    /// w̄ by slot; empty before the first update.
    pub fn weights(&self) -> &[Vec<f32>] {
        &self.weights
    }

    /// Continues from w̄ after a number of updates.
    pub fn restore(&mut self, weights: Vec<Vec<f32>>, updates: usize) {
        (self.weights, self.updates) = (weights, updates);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::model::{Config, Model};

    #[test]
    fn it_is_the_mean_of_all_at_first_and_then_forgets_by_its_decay() {
        let config = Config { steps: 2, hidden: 3, ..Config::default() };
        let model = Model::new(&config, 4, 2, 0.005, 1, DType::F32, &Device::Cpu).unwrap();
        let parameters = model.parameters();
        let mut average = Average::new(0.75);
        let mut after = |value: f32| {
            let sizes = parameters.iter().map(|parameter| parameter.value.elem_count());
            let all: Vec<_> = sizes.map(|count| vec![value; count]).collect();
            parameters.restore(&all).unwrap();
            average.add(parameters).unwrap();
            let first = average.weights[0][0];
            assert!(average.weights.iter().flatten().all(|&mean| mean == first));
            first
        };
        assert_eq!([after(8.0), after(4.0), after(0.0), after(0.0)], [8.0, 6.0, 4.0, 3.0]);
        assert_eq!([after(7.0), after(0.0)], [4.0, 3.0], "a quarter is new");
    }
}
