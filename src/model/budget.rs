//! Counts of parameters and operations, and widths of equal counts.

use super::Config;
use super::definition::Network;
use super::slot::Slot;

/// Search for a width ends here, where the size hardly grows with it.
const WIDEST: usize = 1 << 24;

/// Number of parameters of a network, with its decoders.
#[must_use]
pub fn parameters(network: &dyn Network, config: &Config, inputs: usize, classes: usize) -> usize {
    let encoder: usize = network.slots(inputs).iter().map(Slot::count).sum();
    let bias = if config.classifier_bias { classes } else { 0 };
    encoder + (inputs + classes) * network.width() + bias
}

/// Floating-point operations of the matrix products of one training step on one image:
/// forward, and twice that backward, minus the gradient of the input, which is not computed.
#[must_use]
pub fn training_flops(network: &dyn Network, inputs: usize, classes: usize) -> u64 {
    network.training_flops(inputs) + 6 * ((inputs + classes) as u64) * network.width() as u64
}

/// The largest width at which `size` is at most `budget`; `None` if one hidden unit exceeds it.
pub fn match_width(budget: u64, size: impl Fn(usize) -> u64) -> Option<usize> {
    let fits = |hidden| size(hidden) <= budget;
    if !fits(1) {
        return None;
    }
    let (mut fitting, mut too_wide) = (1, 2);
    while fits(too_wide) {
        (fitting, too_wide) = (too_wide, too_wide * 2);
        if fitting >= WIDEST {
            return Some(fitting);
        }
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

/// Bytes of memory for training, without the images: for each of `parameters` five f32 (value, gradient,
/// two moments, best weights) and, while weights are drawn, two f64; and [`step_bytes`] without the gradients.
#[must_use]
pub fn training_bytes(network: &dyn Network, parameters: usize, inputs: usize, batch: usize) -> u64 {
    step_bytes(network, parameters, inputs, batch) + parameters as u64 * (4 * 4 + 2 * 8)
}

/// Bytes of one training step, a part of [`training_bytes`]: the gradients of the parameters, and for each image of
/// a mini-batch the codes, their gradients and three times the pixels.
#[must_use]
pub fn step_bytes(network: &dyn Network, parameters: usize, inputs: usize, batch: usize) -> u64 {
    4 * (parameters as u64 + batch as u64 * (network.activations(inputs) + 3 * inputs) as u64)
}

/// Bytes of the largest single allocation of training: the codes of a mini-batch over all iterations, or a
/// matrix while it is drawn.
#[must_use]
pub fn largest_bytes(network: &dyn Network, inputs: usize, batch: usize) -> u64 {
    let codes = 4 * batch as u64 * network.activations(inputs) as u64;
    let matrix = network.slots(inputs).iter().map(Slot::count).max().unwrap_or_default();
    codes.max(8 * matrix.max(inputs * network.width()) as u64)
}

/// Bytes of an evaluation with `batch` images at a time, without the network: the codes, and a copy of a matrix.
#[must_use]
pub fn evaluation_bytes(network: &dyn Network, inputs: usize, classes: usize, batch: usize) -> u64 {
    let matrix = network.slots(inputs).iter().map(Slot::count).max().unwrap_or_default();
    4 * (batch * (network.activations(inputs) + 3 * (inputs + classes)) + matrix) as u64
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
    use crate::model::{Config, Family, Recursion, slots};

    fn network(family: Family, steps: usize, hidden: usize) -> Recursion {
        Recursion::of(&Config { family, steps, hidden, ..Config::default() }).unwrap()
    }

    #[test]
    fn counts_are_those_of_the_closed_forms() {
        let (m, n, l, t) = (784, 100, 10, 11);
        let decoders = m * n + l * n;
        let expected = [
            (Family::Drsae, m * n + n * n + n + decoders),
            (Family::Untied, t * (m * n + n) + (t - 1) * n * n + decoders),
            (Family::UntiedRecurrent, m * n + (t - 1) * n * n + t * n + decoders),
            (Family::UntiedEncoder, t * (m * n + n) + n * n + decoders),
            (Family::Mlp, m * n + (t - 1) * n * n + t * n + decoders),
            (Family::ResidualMlp, m * n + (t - 1) * n * n + t * n + decoders),
        ];
        for (family, count) in expected {
            assert_eq!(
                parameters(&network(family, t, n), &Config::default(), m, l),
                count,
                "{}",
                family.name()
            );
        }
    }

    #[test]
    fn counts_are_those_of_the_tensors() {
        for (family, steps) in Family::ALL.into_iter().flat_map(|family| [(family, 1), (family, 7)]) {
            for classifier_bias in [false, true] {
                let config = Config { classifier_bias, ..Config::default() };
                let network = network(family, steps, 30);
                let slots = slots(&network, &config, 784, 10).unwrap();
                let numbers: usize = slots.iter().map(Slot::count).sum();
                assert_eq!(parameters(&network, &config, 784, 10), numbers, "{family}");
            }
        }
    }

    #[test]
    fn one_step_is_the_same_network_in_every_family() {
        for family in Family::ALL {
            assert_eq!(
                parameters(&network(family, 1, 100), &Config::default(), 784, 10),
                784 * 100 + 100 + 794 * 100
            );
        }
    }

    #[test]
    fn matched_width_is_the_largest_that_fits() {
        let size =
            |family, hidden| parameters(&network(family, 11, hidden), &Config::default(), 784, 10) as u64;
        let budget = size(Family::Drsae, 100);
        for family in Family::ALL {
            let width = match_width(budget, |hidden| size(family, hidden)).unwrap();
            assert!(size(family, width) <= budget && size(family, width + 1) > budget);
        }
        assert_eq!(match_width(budget, |hidden| size(Family::Drsae, hidden)), Some(100));
        assert_eq!(match_width(100, |hidden| size(Family::Untied, hidden)), None);
        assert_eq!(match_width(9, |_| 9), Some(WIDEST), "a size that does not depend on the width");
    }

    #[test]
    fn operations_are_those_of_the_products_of_a_step() {
        let (m, n, l, t) = (784, 100, 10, 11);
        let decoders = 3 * (m + l) * n;
        let recurrences = 3 * (t - 1) * n * n;
        for (family, encoders) in
            [(Family::Drsae, 1), (Family::Untied, t), (Family::UntiedEncoder, t), (Family::Mlp, 1)]
        {
            let expected = 2 * (2 * encoders * m * n + recurrences + decoders);
            let found = training_flops(&network(family, t as usize, n as usize), m as usize, l as usize);
            assert_eq!(found, expected, "{family}");
        }
    }
}
