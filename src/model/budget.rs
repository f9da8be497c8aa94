//! Counting parameters and operations, and choosing widths of equal parameter count.

use super::wiring::{slots, steps};
use super::{Config, Family};

/// Number of trainable parameters.
#[must_use]
pub fn parameters(config: &Config, inputs: usize, classes: usize) -> usize {
    slots(config, inputs, classes).iter().map(|slot| slot.shape.iter().product::<usize>()).sum()
}

/// The largest width at which `config` has no more than `budget` parameters; `None` where
/// not even one hidden unit fits.
#[must_use]
pub fn match_width(config: &Config, inputs: usize, classes: usize, budget: usize) -> Option<usize> {
    let fits = |hidden| parameters(&Config { hidden, ..config.clone() }, inputs, classes) <= budget;
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
/// forward, and twice that backward, less the gradient of the input, which nobody needs.
/// An E read by every iteration is multiplied with the input once.
#[must_use]
pub fn training_flops(config: &Config, inputs: usize, classes: usize) -> u64 {
    let (m, n, l) = (inputs as u64, config.hidden as u64, classes as u64);
    let steps = steps(config);
    let drives = match config.family {
        Family::Untied => steps.len() as u64,
        Family::Drsae | Family::UntiedRecurrent | Family::Mlp => 1,
    };
    let recurrences = steps.iter().filter(|step| step.recurrent.is_some()).count() as u64;
    2 * (2 * drives * m * n + 3 * recurrences * n * n + 3 * (m + l) * n)
}

/// Bytes that training takes, without the images: for every parameter four numbers of four
/// bytes (itself, its gradient and two moments), once more among the best weights, and two
/// of eight while it is drawn; for every image of a mini-batch the codes and their gradients.
#[must_use]
pub fn training_bytes(config: &Config, inputs: usize, classes: usize, batch: usize) -> u64 {
    let parameters = parameters(config, inputs, classes) as u64;
    let (n, t, m) = (config.hidden as u64, config.steps as u64, inputs as u64);
    parameters * (5 * 4 + 2 * 8) + batch as u64 * 4 * ((2 * t + 3) * n + 3 * m)
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
    fn one_step_is_the_same_network_in_every_family() {
        for family in Family::ALL {
            assert_eq!(parameters(&config(family, 1, 100), 784, 10), 784 * 100 + 100 + 794 * 100);
        }
    }

    #[test]
    fn matched_width_is_the_largest_that_fits() {
        let budget = parameters(&config(Family::Drsae, 11, 100), 784, 10);
        for family in Family::ALL {
            let width = match_width(&config(family, 11, 1), 784, 10, budget).unwrap();
            assert!(parameters(&config(family, 11, width), 784, 10) <= budget);
            assert!(parameters(&config(family, 11, width + 1), 784, 10) > budget);
        }
        assert_eq!(match_width(&config(Family::Drsae, 11, 1), 784, 10, budget), Some(100));
        assert_eq!(match_width(&config(Family::Untied, 11, 1), 784, 10, 100), None);
    }
}
