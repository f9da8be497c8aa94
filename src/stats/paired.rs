//! Paired differences.
//!
//! Trials that share a seed share their split and their data order, so the difference
//! between two of them varies less than either does: pairing is what makes few seeds
//! enough.

use super::{Interval, Spread, t_interval};

/// Differences d of n pairs, and how surely their mean is known.
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
}

impl Paired {
    /// Summarises `differences`, one a pair; `None` where there are no pairs.
    #[must_use]
    pub fn of(differences: &[f64], confidence: f64) -> Option<Self> {
        let Spread { mean, sd } = Spread::of(differences)?;
        Some(Self { n: differences.len(), mean, sd, interval: t_interval(differences, confidence) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_those_of_scipy() {
        // SciPy 1.17.1:
        //   a = np.array([1.31, 1.27, 1.40, 1.22, 1.35])
        //   b = np.array([1.62, 1.71, 1.58, 1.49, 1.80])
        //   d = b - a
        //   d.mean(), d.std(ddof=1), stats.t.interval(0.95, 4, d.mean(), stats.sem(d))
        let pairs = [(1.31, 1.62), (1.27, 1.71), (1.40, 1.58), (1.22, 1.49), (1.35, 1.80)];
        let differences = pairs.map(|(reference, challenger)| challenger - reference);
        let paired = Paired::of(&differences, 0.95).unwrap();
        let interval = paired.interval.unwrap();
        assert_eq!(paired.n, 5);
        assert!((paired.mean - 0.33).abs() < 1e-12);
        assert!((paired.sd.unwrap() - 0.115_108_644_332_213_3).abs() < 1e-12);
        assert!((interval.low - 0.187_073_740_450_649).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 0.472_926_259_549_351).abs() < 1e-9, "{interval:?}");
    }

    #[test]
    fn a_single_pair_has_no_interval() {
        let expected = Paired { n: 1, mean: 0.25, sd: None, interval: None };
        assert_eq!(Paired::of(&[0.25], 0.95), Some(expected));
        assert_eq!(Paired::of(&[], 0.95), None);
    }
}
