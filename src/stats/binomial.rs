//! Standard errors due to the choice of the test images.

/// Standard error √(p(1 − p)/n) of a share p of n independent examples: 0.00125 for p = 0.016 and
/// 10,000 images.
#[must_use]
pub fn proportion_error(share: f64, examples: u64) -> f64 {
    (share * (1.0 - share) / examples as f64).sqrt()
}

/// Standard error √(b + c − (b − c)²/n)/n of (c − b)/n, the difference between the error rates of two
/// classifiers on the same n examples. `b` is the number of examples that only the first gets wrong,
/// `c` the number that only the second gets wrong. Examples that both get wrong cancel out.
#[must_use]
pub fn difference_error(b: u64, c: u64, examples: u64) -> f64 {
    let (b, c, n) = (b as f64, c as f64, examples as f64);
    (b + c - (b - c).powi(2) / n).sqrt() / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_the_closed_forms() {
        assert!((proportion_error(0.016, 10_000) - 0.001_254_750_971_308_65).abs() < 1e-15);
        assert_eq!(proportion_error(0.0, 10_000), 0.0);
        // 10,000 examples that are −1 for b, 1 for c and 0 for the others, with NumPy 2.4.6:
        //   x = np.r_[-np.ones(59), np.ones(121), np.zeros(9820)]; x.std() / 100
        assert!((difference_error(59, 121, 10_000) - 0.001_340_207_446_629_066).abs() < 1e-15);
    }
}
