//! Holm's adjustment of the p-values of several tests.

/// Holm's adjusted p-values. With p₍₁₎ ≤ … ≤ p₍ₘ₎, the k-th adjusted value is the largest
/// min(1, (m − j + 1)·p₍ⱼ₎) over j ≤ k. If every hypothesis with an adjusted p below α is rejected, the
/// probability of rejecting any true one is at most α, under any dependence between the tests.
///
/// A missing p stays missing and counts in m as p = 1, so that lost trials do not make the other tests
/// more significant.
#[must_use]
pub fn holm(tests: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        tests.iter().enumerate().filter_map(|(at, p)| Some((at, (*p)?))).collect();
    order.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let mut adjusted = vec![None; tests.len()];
    let mut largest: f64 = 0.0;
    for (rank, (at, p)) in order.into_iter().enumerate() {
        largest = largest.max((tests.len() - rank) as f64 * p).min(1.0);
        adjusted[at] = Some(largest);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: &[Option<f64>], expected: &[f64]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?} against {expected}");
        }
    }

    #[test]
    fn adjusted_p_are_those_of_statsmodels() {
        // statsmodels 0.15.0: multipletests(p, method="holm")[1]
        let tests = [0.01, 0.04, 0.03, 0.005, 0.5, 0.03].map(Some);
        assert_close(&holm(&tests), &[0.05, 0.12, 0.12, 0.03, 0.5, 0.12]);
    }

    #[test]
    fn a_missing_p_counts_as_one() {
        // statsmodels 0.15.0: multipletests(p + [1, 1], method="holm")[1]
        let mut tests = vec![None];
        tests.extend([0.01, 0.04, 0.03, 0.005, 0.5, 0.03].map(Some));
        tests.push(None);
        let adjusted = holm(&tests);
        assert_eq!((adjusted[0], adjusted[7]), (None, None));
        assert_close(&adjusted[1..7], &[0.07, 0.18, 0.18, 0.04, 1.0, 0.18]);
    }

    #[test]
    fn a_single_p_is_unchanged() {
        assert_eq!(holm(&[Some(0.04)]), [Some(0.04)]);
        assert_eq!(holm(&[]), []);
    }
}
