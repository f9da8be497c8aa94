//! Statistics over slices: means, spreads and Student's intervals.
//!
//! Seeds are few, so intervals are those of Student (1908), *The probable error of a mean*:
//! they assume that the values (or the paired differences) are independent draws from a
//! normal distribution, and nothing about its variance.

mod paired;
mod student;

pub use paired::Paired;
pub use student::{Interval, t_interval};

/// The confidence of every interval that is printed or written.
pub const CONFIDENCE: f64 = 0.95;

/// x̄ = Σx / n; `None` where there are no values.
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

/// Where values lie and how far they spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// x̄.
    pub mean: f64,
    /// s; absent for a single value.
    pub sd: Option<f64>,
}

impl Spread {
    /// The spread of `values`; `None` where there are none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        mean(values).map(|mean| Self { mean, sd: standard_deviation(values) })
    }
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
