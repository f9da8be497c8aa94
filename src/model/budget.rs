//! Counts of parameters and operations, and widths of equal parameter count.

use super::family::slots;
use super::{Config, Family, Group};

/// Number of tensors of each group, and of the products of an image with them. Together with the width, they determine
/// the size of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    encoders: usize,
    recurrents: usize,
    thresholds: usize,
    /// Products with an S in one pass. An E is multiplied with the input once, because only
    /// consecutive iterations share it.
    recurrences: u64,
}

impl Counts {
    /// Counts of a network of this family and number of iterations.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let slots = slots(config, 1, 1);
        let count = |group| slots.iter().filter(|slot| slot.group == group).count();
        Self {
            encoders: count(Group::Encoder),
            recurrents: count(Group::Recurrent),
            thresholds: count(Group::Threshold),
            recurrences: config.steps.saturating_sub(1) as u64,
        }
    }

    /// Number of parameters at a width.
    #[must_use]
    pub fn parameters(&self, hidden: usize, inputs: usize, classes: usize) -> usize {
        let Self { encoders, recurrents, thresholds, .. } = self;
        hidden * (encoders * inputs + recurrents * hidden + thresholds + inputs + classes)
    }

    /// The largest width with at most `budget` parameters; `None` if one hidden unit exceeds the budget.
    #[must_use]
    pub fn match_width(&self, inputs: usize, classes: usize, budget: usize) -> Option<usize> {
        let fits = |hidden| self.parameters(hidden, inputs, classes) <= budget;
        if !fits(1) {
            return None;
        }
        let (mut fitting, mut too_wide) = (1, 2);
        while fits(too_wide) {
            (fitting, too_wide) = (too_wide, too_wide * 2);
        }
        while too_wide - fitting > 1 {
            let middle = usize::midpoint(fitting, too_wide);
            if fits(middle) {
                fitting = middle;
            } else {
                too_wide = middle;
            }
        }
        Some(fitting)
    }

    /// Floating-point operations of the matrix products of one training step on one image:
    /// forward, and twice that backward, minus the gradient of the input, which is not computed.
    #[must_use]
    pub fn training_flops(&self, hidden: usize, inputs: usize, classes: usize) -> u64 {
        let (m, n, l) = (inputs as u64, hidden as u64, classes as u64);
        2 * (2 * self.encoders as u64 * m * n + 3 * self.recurrences * n * n + 3 * (m + l) * n)
    }
}

/// [`Counts::parameters`] of a network.
#[must_use]
pub fn parameters(config: &Config, inputs: usize, classes: usize) -> usize {
    Counts::of(config).parameters(config.hidden, inputs, classes)
}

/// [`Counts::training_flops`] of a network.
#[must_use]
pub fn training_flops(config: &Config, inputs: usize, classes: usize) -> u64 {
    Counts::of(config).training_flops(config.hidden, inputs, classes)
}

/// Bytes of memory for training, without the images: for each of `parameters` five f32 (value, gradient,
/// two moments, best weights) and, while weights are drawn, two f64; for each image of a mini-batch the
/// codes and their gradients.
#[must_use]
pub fn training_bytes(config: &Config, parameters: usize, inputs: usize, batch: usize) -> u64 {
    let parameters = parameters as u64;
    let (n, t, m) = (config.hidden as u64, config.steps as u64, inputs as u64);
    parameters * (5 * 4 + 2 * 8) + batch as u64 * 4 * ((2 * t + 3) * n + 3 * m)
}

/// Bytes of the gradient of S, in addition to [`training_bytes`]: the transposed δ_t and the padded codes of
/// the iterations that share an S.
#[must_use]
pub fn correlation_bytes(config: &Config, batch: usize) -> u64 {
    let steps = if config.family == Family::Drsae { config.steps } else { 1 };
    4 * 2 * batch as u64 * steps as u64 * config.hidden as u64
}

/// Bytes of the gradients of the codes and of the parameters, a part of [`training_bytes`].
#[must_use]
pub fn gradient_bytes(config: &Config, parameters: usize, batch: usize) -> u64 {
    4 * (batch as u64 * config.steps as u64 * config.hidden as u64 + parameters as u64)
}

/// Bytes of the largest single allocation of training: the codes of a mini-batch over all iterations, or a
/// matrix while it is drawn.
#[must_use]
pub fn largest_bytes(config: &Config, inputs: usize, batch: usize) -> u64 {
    let (n, t, m) = (config.hidden as u64, config.steps as u64, inputs as u64);
    (4 * batch as u64 * t * n).max(8 * n * n.max(m))
}

/// Bytes of an evaluation with `batch` images at a time, without the network: the codes, and a copy of an S.
#[must_use]
pub fn evaluation_bytes(config: &Config, inputs: usize, classes: usize, batch: usize) -> u64 {
    let (n, t) = (config.hidden as u64, config.steps as u64);
    let (m, l) = (inputs as u64, classes as u64);
    4 * (batch as u64 * ((t + 3) * n + 3 * (m + l)) + n * n)
}

/// Bytes of a trial's state while it is written: weights, two moments, average and best weights, as numbers
/// and as a file.
#[must_use]
pub fn state_bytes(parameters: usize) -> u64 {
    parameters as u64 * 2 * 5 * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(family: Family, steps: usize, hidden: usize) -> Config {
        Config { family, steps, hidden, ..Config::default() }
    }

    #[test]
    fn counts_are_those_of_the_closed_forms() {
        let (m, n, l, t) = (784, 100, 10, 11);
        let decoders = m * n + l * n;
        let expected = [
            (Family::Drsae, m * n + n * n + n + decoders),
            (Family::Untied, t * (m * n + n) + (t - 1) * n * n + decoders),
            (Family::UntiedRecurrent, m * n + (t - 1) * n * n + t * n + decoders),
            (Family::Mlp, m * n + (t - 1) * n * n + t * n + decoders),
        ];
        for (family, count) in expected {
            assert_eq!(parameters(&config(family, t, n), m, l), count, "{}", family.name());
        }
    }

    #[test]
    fn counts_are_those_of_the_tensors() {
        for (family, steps) in Family::ALL.into_iter().flat_map(|family| [(family, 1), (family, 7)]) {
            let config = config(family, steps, 30);
            let tensors = slots(&config, 784, 10);
            let numbers: usize = tensors.iter().map(|slot| slot.shape.iter().product::<usize>()).sum();
            assert_eq!(parameters(&config, 784, 10), numbers, "{}", family.name());
        }
    }

    #[test]
    fn one_step_is_the_same_network_in_every_family() {
        for family in Family::ALL {
            assert_eq!(parameters(&config(family, 1, 100), 784, 10), 784 * 100 + 100 + 794 * 100);
        }
    }

    #[test]
    fn matched_width_is_the_largest_that_fits() {
        let budget = parameters(&config(Family::Drsae, 11, 100), 784, 10);
        let match_width = |family, budget| Counts::of(&config(family, 11, 1)).match_width(784, 10, budget);
        for family in Family::ALL {
            let width = match_width(family, budget).unwrap();
            assert!(parameters(&config(family, 11, width), 784, 10) <= budget);
            assert!(parameters(&config(family, 11, width + 1), 784, 10) > budget);
        }
        assert_eq!(match_width(Family::Drsae, budget), Some(100));
        assert_eq!(match_width(Family::Untied, 100), None);
    }
}
