//! Paired differences.
//!
//! Two trials with the same seed share their split and data order, so their difference varies less
//! than the error of either. This is why a few seeds are enough.

use super::student::two_sided;
use super::{Interval, Spread, is_noise, t_interval};

/// Mean d̄ of n paired differences d, with its interval and t test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// Number of pairs.
    pub n: usize,
    /// Mean difference d̄.
    pub mean: f64,
    /// Sample standard deviation of the differences; absent for a single pair.
    pub sd: Option<f64>,
    /// d̄ ± t·s/√n; absent for a single pair.
    pub interval: Option<Interval>,
    /// Two-sided p-value of t = d̄·√n/s, with n − 1 degrees of freedom; absent if s is 0 or there is
    /// a single pair.
    pub p: Option<f64>,
}

impl Paired {
    /// Summarises `differences`, one per pair; `None` for no pairs.
    #[must_use]
    pub fn of(differences: &[f64], confidence: f64) -> Option<Self> {
        let Spread { mean, sd } = Spread::of(differences)?;
        let (n, interval) = (differences.len(), t_interval(differences, confidence));
        let error = standard_error(differences);
        let p = error.and_then(|error| two_sided(mean / error, (n - 1) as f64));
        Some(Self { n, mean, sd, interval, p })
    }
}

/// Standard error s/√n; `None` for fewer than two differences, or if all are equal.
pub(super) fn standard_error(differences: &[f64]) -> Option<f64> {
    let Spread { sd, .. } = Spread::of(differences)?;
    let sd = sd.filter(|&sd| !is_noise(sd, differences))?;
    Some(sd / (differences.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    #[test]
    fn differences_are_those_of_scipy() {
        // SciPy 1.17.1:
        //   a = np.array([1.31, 1.27, 1.40, 1.22, 1.35])
        //   b = np.array([1.62, 1.71, 1.58, 1.49, 1.80])
        //   d = b - a
        //   d.mean(), d.std(ddof=1), stats.t.interval(0.95, 4, d.mean(), stats.sem(d))
        //   stats.ttest_rel(b, a).pvalue
        let pairs = [(1.31, 1.62), (1.27, 1.71), (1.40, 1.58), (1.22, 1.49), (1.35, 1.80)];
        let differences = pairs.map(|(reference, challenger)| challenger - reference);
        let paired = Paired::of(&differences, 0.95).unwrap();
        let interval = paired.interval.unwrap();
        assert_eq!(paired.n, 5);
        assert!((paired.mean - 0.33).abs() < 1e-12);
        assert!((paired.sd.unwrap() - 0.115_108_644_332_213_3).abs() < 1e-12);
        assert!((interval.low - 0.187_073_740_450_649).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 0.472_926_259_549_351).abs() < 1e-9, "{interval:?}");
        assert!((paired.p.unwrap() - 0.003_042_448_497_193_775_4).abs() < 1e-12, "{paired:?}");
    }

    #[test]
    fn the_interval_leaves_out_zero_where_p_is_below_five_hundredths() {
        for shift in 0..40 {
            let differences = [0.24, 0.23, 0.25, 0.02, -0.17].map(|value| value - 0.02 * f64::from(shift));
            let paired = Paired::of(&differences, 0.95).unwrap();
            let Interval { low, high } = paired.interval.unwrap();
            assert_eq!(paired.p.unwrap() < 0.05, low > 0.0 || high < 0.0, "{paired:?}");
        }
    }

    #[test]
    fn stopping_at_the_first_small_p_rejects_a_true_null_hypothesis_too_often() {
        // Differences of mean 0, tested with 5 pairs and again after each further pair up to 20.
        let mut random = ChaCha8Rng::seed_from_u64(1969);
        let repetitions = 4_000;
        let (mut fixed, mut stopped) = (0, 0);
        for _ in 0..repetitions {
            let differences: Vec<f64> = StandardNormal.sample_iter(&mut random).take(20).collect();
            let rejects = |n: usize| Paired::of(&differences[..n], 0.95).unwrap().p.unwrap() < 0.05;
            fixed += u32::from(rejects(20));
            stopped += u32::from((5..=20).any(rejects));
        }
        let share = |count: u32| f64::from(count) / f64::from(repetitions);
        println!("20 pairs: {}, stopped between 5 and 20: {}", share(fixed), share(stopped));
        assert!((share(fixed) - 0.05).abs() < 0.014, "{}", share(fixed));
        assert!(share(stopped) > 0.13, "{}", share(stopped));
    }

    #[test]
    fn equal_differences_have_no_t() {
        // The mean of three times 0.1 is not exactly 0.1, so s is not exactly 0.
        for differences in [[0.1; 3], [0.0; 3], [5.39 - 5.22, 5.39 - 5.22, 0.17]] {
            assert_eq!(Paired::of(&differences, 0.95).unwrap().p, None, "{differences:?}");
        }
    }

    #[test]
    fn a_single_pair_has_no_interval() {
        let expected = Paired { n: 1, mean: 0.25, sd: None, interval: None, p: None };
        assert_eq!(Paired::of(&[0.25], 0.95), Some(expected));
        assert_eq!(Paired::of(&[], 0.95), None);
    }
}
