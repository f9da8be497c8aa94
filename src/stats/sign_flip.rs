//! The exact sign-flip test of paired differences.
//!
//! If neither side is better, each difference has either sign with probability ½. p is the share of
//! the 2^n choices of signs with |Σ ±d| ≥ |Σ d|. The test assumes only that the differences are
//! symmetric around 0. Its smallest p is 2/2^n, which is 0.0625 for 5 seeds.

use super::ROUNDING;

/// Largest number of differences that are tested. The sums of each half are listed, and 2^20 sums
/// take 8 MiB.
pub const MOST_FLIPPED: usize = 40;

/// Two-sided p-value of `differences`; `None` for no differences, or more than [`MOST_FLIPPED`].
#[must_use]
pub fn sign_flip(differences: &[f64]) -> Option<f64> {
    let n = differences.len();
    if n == 0 || n > MOST_FLIPPED {
        return None;
    }
    let magnitude: f64 = differences.iter().map(|difference| difference.abs()).sum();
    let observed = differences.iter().sum::<f64>().abs() - ROUNDING * magnitude;
    let (left, right) = differences.split_at(n / 2);
    let (left, right) = (sums(left), sums(right));
    let tail = at_least(&left, &right, observed);
    // The sums are symmetric around 0, so the lower tail is as large.
    let extreme = if observed <= 0.0 { left.len() * right.len() } else { 2 * tail };
    Some(extreme as f64 / (n as f64).exp2())
}

/// Smallest p-value 2/2^n of n differences.
#[must_use]
pub fn least_sign_flip(n: usize) -> f64 {
    (1.0 - n as f64).exp2().min(1.0)
}

/// All sums Σ ±d, in ascending order. Each difference doubles their number: the sums with −d and
/// those with +d are merged.
fn sums(differences: &[f64]) -> Vec<f64> {
    differences.iter().fold(vec![0.0], |sums, difference| {
        let shifted = |shift: f64| sums.iter().map(move |sum| sum + shift).peekable();
        let (mut low, mut high) = (shifted(-difference.abs()), shifted(difference.abs()));
        let mut merged = Vec::with_capacity(2 * sums.len());
        while let Some(&first) = low.peek() {
            let next = if high.peek().is_some_and(|&other| other < first) { &mut high } else { &mut low };
            merged.extend(next.next());
        }
        merged.extend(high);
        merged
    })
}

/// Number of pairs of an element of each ascending list whose sum is at least `least`.
fn at_least(left: &[f64], right: &[f64], least: f64) -> usize {
    let mut from = right.len();
    let partners = |sum: &f64| {
        while from > 0 && right[from - 1] + sum >= least {
            from -= 1;
        }
        right.len() - from
    };
    left.iter().map(partners).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn p_is_that_of_scipy() {
        // SciPy 1.17.1, every choice of signs:
        //   stats.permutation_test((np.array(d),), lambda x, axis: np.mean(x, axis=axis),
        //                          permutation_type="samples", n_resamples=np.inf, vectorized=True)
        let known: [(&[f64], f64); 5] = [
            (&[0.24, 0.23, 0.25, 0.02, -0.17, 0.08], 0.156_25),
            (&[0.1, -0.2, 0.3, 0.3, -0.1, 0.1, 0.2], 0.281_25),
            (&[0.5, 0.25, 0.0, 0.25], 0.25),
            (&[0.31, 0.44, 0.18, 0.27, 0.45], 0.0625),
            (
                &[
                    0.1, 0.19, 0.02, -0.17, -0.04, -0.2, 0.12, 0.5, -0.05, -0.09, 0.25, 0.21, 0.13, -0.18,
                    0.09, 0.31,
                ],
                0.149_414_062_5,
            ),
        ];
        for (differences, expected) in known {
            assert_eq!(sign_flip(differences), Some(expected), "{differences:?}");
        }
    }

    #[test]
    fn the_published_example_of_fisher_has_its_count() {
        // Darwin's 15 pairs of maize, in eighths of an inch (The design of experiments, § 21):
        // of 2^15 choices of signs 863 have a sum of 314 or more, and as many one of −314 or less.
        let maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48].map(f64::from);
        assert_eq!(sign_flip(&maize), Some(2.0 * 863.0 / 32_768.0));
    }

    #[test]
    fn differences_without_a_sign_decide_nothing() {
        assert_eq!(sign_flip(&[0.0; 5]), Some(1.0));
        assert_eq!(sign_flip(&[0.25, -0.25]), Some(1.0));
        assert_eq!(sign_flip(&[]), None);
        assert_eq!(sign_flip(&[1.0; MOST_FLIPPED + 1]), None);
    }

    #[test]
    fn agreeing_signs_reach_the_smallest_p() {
        assert_eq!((least_sign_flip(5), least_sign_flip(1), least_sign_flip(0)), (0.0625, 1.0, 1.0));
        for n in 1..=MOST_FLIPPED / 2 {
            let differences: Vec<f64> = (1..=n).map(|value| 0.1 * value as f64).collect();
            assert_eq!(sign_flip(&differences), Some(least_sign_flip(n)), "{n}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn p_is_that_of_trying_every_choice(counts in prop::collection::vec(-9_i32..=9, 1..=10)) {
            let total = |signs: u32| -> i32 {
                let signed = |(at, count): (usize, &i32)| if signs >> at & 1 == 1 { -count } else { *count };
                counts.iter().enumerate().map(signed).sum()
            };
            let choices = 1_u32 << counts.len();
            let extreme = (0..choices).filter(|&signs| total(signs).abs() >= total(0).abs()).count();
            let differences: Vec<f64> = counts.iter().map(|&count| 0.01 * f64::from(count)).collect();
            prop_assert_eq!(sign_flip(&differences), Some(extreme as f64 / f64::from(choices)));
        }
    }
}
