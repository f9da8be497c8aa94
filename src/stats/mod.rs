//! Statistics over slices: intervals, tests, power, and adjustments for several tests.
//!
//! | file | method | source |
//! |---|---|---|
//! | `student`, `paired` | interval and test of a mean (paired) difference | Student (1908), *The probable error of a mean* |
//! | `welch` | the same where values cannot be paired | Welch (1947), *The generalization of 'Student's' problem* |
//! | `sign_flip` | exact permutation test of paired differences | Fisher (1935), *The design of experiments*, § 21 |
//! | `equivalence` | two one-sided tests | Schuirmann (1987) |
//! | `power`, `scaled_chi` | power of both tests, least number of pairs | O'Brien and Muller (1993); Phillips (1990) |
//! | `holm` | adjusted p-values of several tests | Holm (1979), *A simple sequentially rejective multiple test procedure* |
//! | `mcnemar`, `binomial` | two classifiers on one test set | McNemar (1947); the binomial distribution |
//! | `crossed` | two arms over other seeds and images | Searle, Casella and McCulloch (1992), *Variance components* |
//! | `dip` | dip test of unimodality | Hartigan and Hartigan (1985), *The dip test of unimodality* |
//! | `rliable` | interquartile mean, probability of improvement | Agarwal et al. (2021) |
//!
//! `docs/METHODOLOGY.md` gives the formulas, the uses and the assumptions of each method.

mod binomial;
mod crossed;
mod dip;
mod equivalence;
mod holm;
mod mcnemar;
mod paired;
mod power;
mod rliable;
mod scaled_chi;
mod sign_flip;
mod student;
mod welch;

pub use binomial::{difference_error, proportion_error};
pub use crossed::{Crossed, MeanSquares, PairedMistakes};
pub use dip::Dip;
pub use equivalence::equivalence;
pub use holm::holm;
pub use mcnemar::mcnemar;
pub use paired::Paired;
pub use power::{Design, MOST_PAIRS, PairedTest, PowerError, SD_CONFIDENCE, TARGET_POWER, upper_sd};
pub use rliable::{Estimate, bootstrap, interquartile_mean, probability_of_improvement};
pub use sign_flip::{MOST_FLIPPED, least_sign_flip, sign_flip};
pub use student::{Interval, t_interval};
pub use welch::Welch;

/// The confidence of every interval that is printed or written.
pub const CONFIDENCE: f64 = 0.95;

/// The significance level of tests; 1 − [`CONFIDENCE`].
pub const LEVEL: f64 = 0.05;

/// Relative difference up to which two sums of floats count as equal.
const ROUNDING: f64 = 1e-12;

/// Mean x̄ = Σx / n; `None` for no values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample standard deviation s = √(Σ(x − x̄)² / (n − 1)); `None` for fewer than two values.
#[must_use]
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Mean and standard deviation of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// x̄.
    pub mean: f64,
    /// s; absent for a single value.
    pub sd: Option<f64>,
}

impl Spread {
    /// Computes the spread of `values`; `None` for no values.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        mean(values).map(|mean| Self { mean, sd: standard_deviation(values) })
    }
}

/// Returns true if `spread` is 0 up to the rounding of `values`.
fn is_noise(spread: f64, values: &[f64]) -> bool {
    spread <= ROUNDING * values.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_that_of_the_closed_form() {
        // Σ = 40, x̄ = 5, Σ(x − x̄)² = 32, s = √(32/7).
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let spread = Spread::of(&values).unwrap();
        assert!((spread.mean - 5.0).abs() < 1e-15);
        assert!((spread.sd.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn too_few_values_have_no_spread() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[1.5]), Some(Spread { mean: 1.5, sd: None }));
    }
}
