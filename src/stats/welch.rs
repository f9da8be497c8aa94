//! Difference of the means of two unpaired samples.

use super::student::{t_quantile, two_sided};
use super::{Interval, Spread, is_noise};

/// Difference ȳ − x̄ of the means of two independent samples, with its interval and t test. The
/// variances may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// ȳ − x̄.
    pub mean: f64,
    /// Degrees of freedom ν = (u + v)² / (u²/(n − 1) + v²/(m − 1)), with u = s_x²/n and
    /// v = s_y²/m.
    pub freedom: f64,
    /// (ȳ − x̄) ± t·√(u + v).
    pub interval: Interval,
    /// Two-sided p-value of t = (ȳ − x̄)/√(u + v).
    pub p: f64,
}

impl Welch {
    /// Compares `challenger` y with `reference` x; `None` if either has fewer than two values, or if
    /// the values of each are all equal.
    #[must_use]
    pub fn of(reference: &[f64], challenger: &[f64], confidence: f64) -> Option<Self> {
        let (x, u) = mean_and_variance(reference)?;
        let (y, v) = mean_and_variance(challenger)?;
        let (mean, error) = (y - x, (u + v).sqrt());
        if is_noise(error, reference) && is_noise(error, challenger) {
            return None;
        }
        let share = |variance: f64, values: &[f64]| variance.powi(2) / (values.len() - 1) as f64;
        let freedom = (u + v).powi(2) / (share(u, reference) + share(v, challenger));
        let half = t_quantile(confidence, freedom)? * error;
        let p = two_sided(mean / error, freedom)?;
        Some(Self { mean, freedom, interval: Interval::around(mean, half), p })
    }
}

/// Mean x̄ and its variance s²/n.
fn mean_and_variance(values: &[f64]) -> Option<(f64, f64)> {
    let Spread { mean, sd } = Spread::of(values)?;
    Some((mean, sd?.powi(2) / values.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_is_that_of_scipy() {
        // SciPy 1.17.1:
        //   a = [1.31, 1.27, 1.40, 1.22]
        //   b = [1.62, 1.71, 1.58, 1.49, 1.80]
        //   w = stats.ttest_ind(b, a, equal_var=False)
        //   w.df, w.confidence_interval(0.95), w.pvalue
        let reference = [1.31, 1.27, 1.40, 1.22];
        let welch = Welch::of(&reference, &[1.62, 1.71, 1.58, 1.49, 1.80], 0.95).unwrap();
        assert!((welch.mean - 0.34).abs() < 1e-12);
        assert!((welch.freedom - 6.769_277_705_743_267).abs() < 1e-9, "{welch:?}");
        assert!((welch.interval.low - 0.183_863_396_887_632_56).abs() < 1e-9, "{welch:?}");
        assert!((welch.interval.high - 0.496_136_603_112_367_6).abs() < 1e-9, "{welch:?}");
        assert!((welch.p - 0.001_413_459_252_185_194_3).abs() < 1e-11, "{welch:?}");
    }

    #[test]
    fn one_value_on_a_side_or_no_spread_is_not_enough() {
        assert_eq!(Welch::of(&[1.0], &[1.0, 2.0], 0.95), None);
        assert_eq!(Welch::of(&[1.0, 2.0], &[], 0.95), None);
        assert_eq!(Welch::of(&[0.1; 3], &[0.3; 3], 0.95), None);
        assert!(Welch::of(&[0.1; 3], &[0.3, 0.4], 0.95).is_some());
    }
}
