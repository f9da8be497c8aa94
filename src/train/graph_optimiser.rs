//! The update of the weights by candle operations, on any device; the counterpart of
//! [`Optimiser`](super::Optimiser) on the CPU.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, bail};

use super::config::Phase;
use super::updates::{BETA1, BETA2, Bound, EPSILON, Moments, RuleStep, Updates};
use crate::model::{Model, Parameter};

/// The update rule of one phase, with its moments.
pub(super) struct GraphOptimiser {
    updates: Updates,
    /// By slot; `None` if a parameter is not trained.
    moments: Vec<Option<TensorMoments>>,
}

/// The moments of one parameter, in its shape.
struct TensorMoments {
    first: Tensor,
    /// Absent under SGD.
    second: Option<Tensor>,
}

impl GraphOptimiser {
    /// Fresh moments for the parameters that `model` trains in `phase`.
    ///
    /// # Errors
    /// When the device has not enough memory for them.
    pub fn new(phase: &Phase, model: &Model) -> Result<Self> {
        let updates = Updates::new(phase, model);
        let fresh = |parameter: &Parameter| {
            let second = updates.has_second_moments().then(|| parameter.value.zeros_like());
            Ok(TensorMoments { first: parameter.value.zeros_like()?, second: second.transpose()? })
        };
        let parameters = model.parameters().iter().zip(model.parameters().trained());
        let moments = parameters
            .map(|(parameter, trained)| trained.then(|| fresh(parameter)).transpose())
            .collect::<Result<_>>()?;
        Ok(Self { updates, moments })
    }

    /// The state of the optimiser.
    ///
    /// # Errors
    /// When the values cannot be copied from the device.
    pub fn moments(&self) -> Result<Moments> {
        let pairs = self.moments.iter().flatten().map(TensorMoments::numbers).collect::<Result<_>>()?;
        Ok(Moments { updates: self.updates.done(), decay: self.updates.decay(), pairs })
    }

    /// Restores the state that [`GraphOptimiser::moments`] returned.
    ///
    /// # Errors
    /// When the state belongs to another network or optimiser.
    pub fn restore(&mut self, moments: &Moments) -> Result<()> {
        moments.check_sizes(self.moments.iter().flatten().map(TensorMoments::sizes))?;
        for (moments, [first, second]) in self.moments.iter_mut().flatten().zip(&moments.pairs) {
            moments.first = like(&moments.first, first)?;
            moments.second = moments.second.as_ref().map(|own| like(own, second)).transpose()?;
        }
        self.updates.resume(moments.updates, moments.decay);
        Ok(())
    }

    /// Moves the trained weights of `model` against their gradients, at the learning rate
    /// `rate`, then enforces the bounds.
    ///
    /// # Errors
    /// When the gradients are of another network.
    pub fn update(&mut self, model: &Model, gradients: &GradStore, rate: f64) -> Result<()> {
        let updates = self.updates.next(rate).zip(&mut self.moments);
        for (parameter, (update, moments)) in model.parameters().iter().zip(updates) {
            let (Some(update), Some(moments)) = (update, moments) else { continue };
            let gradient = match gradients.get(&parameter.value) {
                // A moment with a gradient graph would keep every graph alive.
                Some(gradient) => gradient.detach().contiguous()?,
                None => parameter.value.zeros_like()?,
            };
            let change = moments.change(&gradient, update.rule)?;
            let moved = (parameter.value.as_detached_tensor() - change)?;
            parameter.value.set(&bounded(moved, update.bound)?)?;
        }
        Ok(())
    }
}

impl TensorMoments {
    /// Adds a gradient to the moments; returns what is subtracted from the weights.
    fn change(&mut self, gradient: &Tensor, rule: RuleStep) -> Result<Tensor> {
        match (rule, &mut self.second) {
            (RuleStep::Adam { rate, inverse_correction }, Some(second)) => {
                self.first = average(&self.first, gradient, BETA1)?;
                *second = average(second, &gradient.sqr()?, BETA2)?;
                let corrected = (&*second * f64::from(inverse_correction))?;
                (&self.first * f64::from(rate))? / (corrected.sqrt()? + f64::from(EPSILON))?
            }
            (RuleStep::Adam { .. }, None) => bail!("Adam without second moments"),
            (RuleStep::Sgd { rate, momentum }, _) => {
                self.first = ((&self.first * f64::from(momentum))? + gradient)?;
                &self.first * f64::from(rate)
            }
        }
    }

    fn sizes(&self) -> [usize; 2] {
        [self.first.elem_count(), self.second.as_ref().map_or(0, Tensor::elem_count)]
    }

    fn numbers(&self) -> Result<[Vec<f32>; 2]> {
        let numbers = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        Ok([numbers(&self.first)?, self.second.as_ref().map(numbers).transpose()?.unwrap_or_default()])
    }
}

/// `numbers` in the shape and on the device of `own`.
fn like(own: &Tensor, numbers: &[f32]) -> Result<Tensor> {
    Tensor::from_slice(numbers, own.dims(), own.device())
}

/// β·mean + (1 − β)·new in f32, as in the fused update, where 1 − 0.999 has a relative error of about 1e-5.
fn average(mean: &Tensor, new: &Tensor, beta: f64) -> Result<Tensor> {
    let beta = beta as f32;
    (mean * f64::from(beta))? + (new * f64::from(1.0 - beta))?
}

fn bounded(weights: Tensor, bound: Bound) -> Result<Tensor> {
    match bound {
        Bound::None => Ok(weights),
        Bound::Rows(max) => shrink(&weights, 1, max),
        Bound::Columns { max, nonnegative: false } => shrink(&weights, 0, max),
        Bound::Columns { max, nonnegative: true } => shrink(&weights.relu()?, 0, max),
    }
}

/// Scales rows (dimension 1) or columns (dimension 0) down to the norm `max` if they are longer; the
/// others keep their bits.
fn shrink(weights: &Tensor, dimension: usize, max: f32) -> Result<Tensor> {
    let squares = weights.sqr()?.sum_keepdim(dimension)?;
    let scales = (squares.sqrt()?.recip()? * f64::from(max))?;
    let longer = squares.gt(f64::from(max * max))?;
    weights.broadcast_mul(&longer.where_cond(&scales, &scales.ones_like()?)?)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    #[test]
    fn a_row_or_column_inside_its_bound_keeps_its_bits() {
        // Norms 0.5, 1 and 13.
        let rows = [[0.3f32, 0.4, 0.0], [0.0, -1.0, 0.0], [3.0, 4.0, 12.0]];
        let expected = [rows[0], rows[1], [3.0 / 13.0, 4.0 / 13.0, 12.0 / 13.0]];
        let weights = Tensor::new(&rows, &Device::Cpu).unwrap();
        let by_rows = bounded(weights.clone(), Bound::Rows(1.0)).unwrap();
        let columns = Bound::Columns { max: 1.0, nonnegative: false };
        let by_columns = bounded(weights.t().unwrap(), columns).unwrap().t().unwrap();
        for found in [by_rows, by_columns] {
            let found: Vec<Vec<f32>> = found.to_vec2().unwrap();
            assert_eq!(found[..2], expected[..2]);
            for (found, expected) in found[2].iter().zip(expected[2]) {
                assert!((found - expected).abs() < 2e-7, "{found} is not {expected}");
            }
        }
    }

    #[test]
    fn a_nonnegative_decoder_is_clamped_before_it_is_bounded() {
        let weights = Tensor::new(&[[0.6f32], [-9.0], [0.8]], &Device::Cpu).unwrap();
        let bound = Bound::Columns { max: 1.0, nonnegative: true };
        let found = bounded(weights, bound).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert!((found[0] - 0.6).abs() < 1e-6 && found[1] == 0.0, "{found:?}");
    }

    #[test]
    fn moments_have_no_graph() {
        let config = crate::model::Config { hidden: 3, steps: 2, ..crate::model::Config::default() };
        let model = Model::new(&config, 4, 2, 0.01, 1, DType::F32, &Device::Cpu).unwrap();
        let mut optimiser = GraphOptimiser::new(&Phase::new(1, 0.1), &model).unwrap();
        let image = Tensor::new(&[[0.5f32, 0.5, -0.5, 0.5]], &Device::Cpu).unwrap();
        for _ in 0..2 {
            let loss = model.encode(&image).unwrap().sqr().unwrap().sum_all().unwrap();
            optimiser.update(&model, &loss.backward().unwrap(), 0.1).unwrap();
        }
        for moments in optimiser.moments.iter().flatten() {
            for tensor in [Some(&moments.first), moments.second.as_ref()].into_iter().flatten() {
                let reached = tensor.sum_all().unwrap().backward().unwrap();
                assert!(model.parameters().iter().all(|entry| reached.get(&entry.value).is_none()));
            }
        }
    }
}
