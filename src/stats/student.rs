//! Student's t distribution: intervals of means, tail probabilities and quantiles.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{mean, standard_deviation};

/// A two-sided interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// `centre` ± `half`.
    pub(super) fn around(centre: f64, half: f64) -> Self {
        Self { low: centre - half, high: centre + half }
    }

    /// The part of the interval that a quantity can reach which is never negative.
    #[must_use]
    pub fn not_negative(self) -> Self {
        Self { low: self.low.max(0.0), high: self.high.max(0.0) }
    }

    /// The interval of the negated quantity: [−high, −low].
    #[must_use]
    pub fn negated(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }
}

/// Interval x̄ ± t·s/√n of a mean, with t the (1 + `confidence`)/2 quantile of Student's distribution
/// with n − 1 degrees of freedom. `None` for fewer than two values, or if `confidence` is not between
/// 0 and 1.
#[must_use]
pub fn t_interval(values: &[f64], confidence: f64) -> Option<Interval> {
    let (centre, sd) = (mean(values)?, standard_deviation(values)?);
    let count = values.len() as f64;
    let half = t_quantile(confidence, count - 1.0)? * sd / count.sqrt();
    Some(Interval::around(centre, half))
}

/// P(|T| ≥ |t|) for `freedom` degrees of freedom.
pub(super) fn two_sided(t: f64, freedom: f64) -> Option<f64> {
    upper_tail(t.abs(), freedom).map(|tail| (2.0 * tail).min(1.0))
}

/// P(T ≥ t) for `freedom` degrees of freedom.
pub(super) fn upper_tail(t: f64, freedom: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    t.is_finite().then(|| student.sf(t))
}

/// Quantile t with P(|T| ≤ t) = `confidence`, for `freedom` degrees of freedom.
pub(super) fn t_quantile(confidence: f64, freedom: f64) -> Option<f64> {
    let possible = confidence > 0.0 && confidence < 1.0;
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    possible.then(|| student.inverse_cdf(f64::midpoint(1.0, confidence)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_published_table() {
        // Two-sided 95 % and 99 % columns of any table of Student's distribution.
        let table = [
            (1.0, 12.706, 63.657),
            (2.0, 4.303, 9.925),
            (3.0, 3.182, 5.841),
            (4.0, 2.776, 4.604),
            (9.0, 2.262, 3.250),
            (30.0, 2.042, 2.750),
            (1e6, 1.960, 2.576),
        ];
        for (freedom, ninety_five, ninety_nine) in table {
            for (confidence, expected) in [(0.95, ninety_five), (0.99, ninety_nine)] {
                let quantile = t_quantile(confidence, freedom).unwrap();
                assert!((quantile - expected).abs() < 5.1e-4, "{freedom}: {quantile} against {expected}");
            }
        }
    }

    #[test]
    fn interval_is_that_of_scipy() {
        // SciPy 1.17.1:
        //   a = np.array([1.31, 1.27, 1.40, 1.22, 1.35])
        //   stats.t.interval(0.99, 4, a.mean(), stats.sem(a))
        let interval = t_interval(&[1.31, 1.27, 1.40, 1.22, 1.35], 0.99).unwrap();
        assert!((interval.low - 1.166_606_280_134_520_7).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 1.453_393_719_865_479_4).abs() < 1e-9, "{interval:?}");
    }

    #[test]
    fn tails_are_those_of_scipy() {
        // SciPy 1.17.1: 2 * stats.t.sf(2.776445105, 4), stats.t.sf(-1.5, 7.3), 2 * stats.t.sf(40, 3)
        let close = |found: Option<f64>, expected: f64| (found.unwrap() / expected - 1.0).abs() < 1e-9;
        assert!(close(two_sided(-2.776_445_105, 4.0), 0.050_000_000_010_119_46));
        assert!(close(upper_tail(-1.5, 7.3), 0.912_218_453_598_457));
        assert!(close(two_sided(40.0, 3.0), 3.438_068_078_915_850_6e-5));
        assert_eq!(two_sided(f64::NAN, 4.0), None);
        assert_eq!(two_sided(1.0, 0.0), None);
    }

    #[test]
    fn equal_values_leave_no_width() {
        assert_eq!(t_interval(&[0.5; 3], 0.95), Some(Interval { low: 0.5, high: 0.5 }));
    }

    #[test]
    fn one_value_and_impossible_confidences_have_no_interval() {
        assert_eq!(t_interval(&[1.0], 0.95), None);
        for confidence in [0.0, 1.0, -0.5, f64::NAN] {
            assert_eq!(t_interval(&[1.0, 2.0], confidence), None, "{confidence}");
        }
    }
}
