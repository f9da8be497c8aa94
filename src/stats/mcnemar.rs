//! McNemar's test of two classifiers on the same examples.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided p-value of McNemar's exact test: min(1, 2·P(K ≤ min(b, c))), with K binomial with b + c
/// trials and probability ½. `b` is the number of examples that only the first classifier gets wrong,
/// `c` the number that only the second gets wrong. The test assumes independent examples and takes both
/// networks as given, so it says nothing about other seeds.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "one half is a probability")]
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let split = Binomial::new(0.5, b + c).expect("one half is a probability");
    (2.0 * split.cdf(b.min(c))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_is_that_of_statsmodels() {
        // statsmodels 0.15.0: mcnemar([[9000, b], [c, 100]], exact=True).pvalue
        let known = [
            (10, 20, 0.098_737_146_705_389_05),
            (0, 5, 0.0625),
            (59, 121, 4.434_449_263_751_165e-6),
            (300, 391, 0.000_607_562_547_917_105_4),
            (7, 7, 1.0),
            (0, 0, 1.0),
        ];
        for (b, c, expected) in known {
            assert!((mcnemar(b, c) / expected - 1.0).abs() < 1e-9, "{b}, {c}: {}", mcnemar(b, c));
            assert_eq!(mcnemar(b, c), mcnemar(c, b));
        }
    }
}
