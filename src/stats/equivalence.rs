//! Test of equivalence within a margin, by two one-sided t tests.

use super::mean;
use super::paired::standard_error;
use super::student::upper_tail;

/// p-value of two one-sided paired t tests, whose null hypotheses are true mean differences ≤ −δ and
/// ≥ δ, with δ the `margin`. It is the larger of P(T ≥ (d̄ + δ)·√n/s) and P(T ≥ (δ − d̄)·√n/s), with
/// n − 1 degrees of freedom. It is below α if the 1 − 2α interval of d̄ lies within ±δ. `None` for
/// fewer than two differences, or if all are equal.
#[must_use]
pub fn equivalence(differences: &[f64], margin: f64) -> Option<f64> {
    let (mean, error) = (mean(differences)?, standard_error(differences)?);
    let freedom = (differences.len() - 1) as f64;
    let above = upper_tail((mean + margin) / error, freedom)?;
    let below = upper_tail((margin - mean) / error, freedom)?;
    Some(above.max(below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::t_interval;

    const DIFFERENCES: [f64; 5] = [0.31, 0.44, 0.18, 0.27, 0.45];

    #[test]
    fn p_is_that_of_statsmodels() {
        // statsmodels 0.15.0: ttost_paired(b, a, -margin, margin)[0], b − a = DIFFERENCES
        for (margin, expected) in [(0.5, 0.014_933_484_186_177_7), (0.35, 0.358_714_179_957_244_2)] {
            let p = equivalence(&DIFFERENCES, margin).unwrap();
            assert!((p - expected).abs() < 1e-11, "{margin}: {p}");
        }
    }

    #[test]
    fn the_side_does_not_matter_and_a_margin_below_the_mean_shows_nothing() {
        let other = DIFFERENCES.map(|difference| -difference);
        assert_eq!(equivalence(&DIFFERENCES, 0.4), equivalence(&other, 0.4));
        assert!(equivalence(&DIFFERENCES, 0.3).unwrap() > 0.5);
    }

    #[test]
    fn p_is_below_five_hundredths_where_the_ninety_percent_interval_is_within_the_margin() {
        for steps in 0..60 {
            let margin = 0.01 * f64::from(steps);
            let interval = t_interval(&DIFFERENCES, 0.9).unwrap();
            let within = interval.low > -margin && interval.high < margin;
            assert_eq!(equivalence(&DIFFERENCES, margin).unwrap() < 0.05, within, "{margin}");
        }
    }

    #[test]
    fn equal_or_single_differences_have_no_p() {
        assert_eq!(equivalence(&[0.1; 3], 0.2), None);
        assert_eq!(equivalence(&[0.1], 0.2), None);
    }
}
