//! Power of tests of paired differences, and the number of pairs that a power needs.
//!
//! The differences are taken as independent normal values with mean Δ and standard deviation σ. Given
//! the ratio U = s/σ, √n·d̄/σ is normal with mean λ = √n·Δ/σ and variance 1, so the power is an
//! expectation over U, computed by quadrature. For the t test this is the non-central t distribution
//! (O'Brien and Muller 1993), for equivalence it is Owen's Q (Phillips 1990, *Power of the two
//! one-sided tests procedure in bioequivalence*).

use statrs::distribution::{ChiSquared, ContinuousCDF};
use statrs::function::erf::erfc;
use thiserror::Error;

use super::scaled_chi::expectation;
use super::student::t_quantile;

/// Power that a plan aims at unless it asks for another.
pub const TARGET_POWER: f64 = 0.8;

/// Confidence of the upper limit of a standard deviation that a plan uses beside its estimate
/// (Browne 1995; Kieser and Wassmer 1996).
pub const SD_CONFIDENCE: f64 = 0.8;

/// Largest number of pairs that is considered.
pub const MOST_PAIRS: usize = 10_000;

/// Distance in standard deviations beyond which Φ is flat for the quadrature.
const FLAT: i32 = 8;

/// A planned test of the mean of paired differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// The test.
    pub test: PairedTest,
    /// True mean difference Δ at which the power is computed.
    pub difference: f64,
    /// Standard deviation σ of the paired differences, in the unit of `difference`.
    pub sd: f64,
    /// Level α of the test, between 0 and 0.5. Under Holm's adjustment over m tests, α/m is the level at
    /// which any of them is decided in the first step, whatever the others show.
    pub level: f64,
}

/// A test of the mean of paired differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PairedTest {
    /// Two-sided paired t test of Δ = 0.
    Difference,
    /// Two one-sided paired t tests, each at level α, of |Δ| ≥ `margin`.
    Equivalence {
        /// The margin δ, in the unit of the difference.
        margin: f64,
    },
}

/// The reason why no number of pairs can be given.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PowerError {
    /// σ is 0 or not a number.
    #[error("the standard deviation of the differences is {0}: it must be positive")]
    NoSpread(f64),
    /// α is not between 0 and 0.5.
    #[error("the level {0} is not between 0 and 0.5")]
    Level(f64),
    /// The power is below 0.5 or not below 1.
    #[error("the power {0} is not in [0.5, 1)")]
    Target(f64),
    /// The t test is to find a difference of 0.
    #[error("a difference of {0} cannot be found: name a difference other than 0")]
    NoDifference(f64),
    /// The true difference is not within the margin.
    #[error("a difference of {difference} cannot be shown to be within ±{margin}: the margin must be larger")]
    Margin {
        /// Δ.
        difference: f64,
        /// δ.
        margin: f64,
    },
    /// More than [`MOST_PAIRS`] pairs are needed.
    #[error("{MOST_PAIRS} pairs are not enough: their power is {power:.3}")]
    TooMany {
        /// The power of [`MOST_PAIRS`] pairs.
        power: f64,
    },
}

impl Design {
    /// The probability that the test rejects its null hypothesis with `pairs` pairs. `None` for fewer
    /// than two pairs, or if σ or α is out of range.
    ///
    /// With t the critical value at n − 1 degrees of freedom and w = √n·δ/σ, it is
    /// E[Φ(λ − tU) + Φ(−λ − tU)] for the t test, and
    /// E[Φ(w − tU − λ) − Φ(tU − w − λ); tU ≤ w] for equivalence.
    #[must_use]
    pub fn power(&self, pairs: usize) -> Option<f64> {
        self.check().ok()?;
        let freedom = pairs.checked_sub(2)? as f64 + 1.0;
        let root = (pairs as f64).sqrt() / self.sd;
        let shift = root * self.difference;
        let power = match self.test {
            PairedTest::Difference => {
                let t = t_quantile(1.0 - self.level, freedom)?;
                let rejects = |u: f64| normal(shift - t * u) + normal(-shift - t * u);
                expectation(freedom, f64::INFINITY, steps([shift, -shift], t), rejects)
            }
            PairedTest::Equivalence { margin } => {
                let t = t_quantile(1.0 - 2.0 * self.level, freedom)?;
                let width = root * margin;
                let rejects = |u: f64| normal(width - t * u - shift) - normal(t * u - width - shift);
                expectation(freedom, width / t, steps([width + shift, width - shift], t), rejects)
            }
        };
        Some(power.clamp(0.0, 1.0))
    }

    /// The least number of pairs with at least the power `target`, from 0.5 to less than 1.
    ///
    /// # Errors
    ///
    /// If a value is out of range, if no number of pairs has that power, or if it takes more than
    /// [`MOST_PAIRS`].
    pub fn least_pairs(&self, target: f64) -> Result<usize, PowerError> {
        self.check()?;
        if !(0.5..1.0).contains(&target) {
            return Err(PowerError::Target(target));
        }
        self.check_reachable()?;
        let power = |pairs: usize| self.power(pairs).unwrap_or(0.0);
        if power(MOST_PAIRS) < target {
            return Err(PowerError::TooMany { power: power(MOST_PAIRS) });
        }
        // Powers of at least one half grow with the number of pairs.
        let (mut short, mut enough) = (1, MOST_PAIRS);
        while enough - short > 1 {
            let middle = usize::midpoint(short, enough);
            *(if power(middle) < target { &mut short } else { &mut enough }) = middle;
        }
        Ok(enough)
    }

    fn check(&self) -> Result<(), PowerError> {
        if !(self.sd > 0.0 && self.sd.is_finite()) {
            return Err(PowerError::NoSpread(self.sd));
        }
        if self.level > 0.0 && self.level < 0.5 { Ok(()) } else { Err(PowerError::Level(self.level)) }
    }

    fn check_reachable(&self) -> Result<(), PowerError> {
        let difference = self.difference;
        match self.test {
            PairedTest::Difference if difference.abs() > 0.0 => Ok(()),
            PairedTest::Difference => Err(PowerError::NoDifference(difference)),
            PairedTest::Equivalence { margin } if margin > difference.abs() => Ok(()),
            PairedTest::Equivalence { margin } => Err(PowerError::Margin { difference, margin }),
        }
    }
}

/// Upper confidence limit of a standard deviation: s·√(ν/q), with q the 1 − `confidence` quantile of
/// the χ² distribution with ν = `freedom` degrees of freedom (n − 1 for one sample of n). The true σ of
/// normal values lies below it with probability `confidence`. `None` if ν or `confidence` is out of
/// range.
#[must_use]
pub fn upper_sd(sd: f64, freedom: f64, confidence: f64) -> Option<f64> {
    let possible = confidence > 0.0 && confidence < 1.0;
    let square = ChiSquared::new(freedom).ok()?;
    possible.then(|| sd * (freedom / square.inverse_cdf(1.0 - confidence)).sqrt())
}

/// Φ(x).
fn normal(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The values of U around which Φ(±(centre − tU)) changes.
fn steps(centres: [f64; 2], t: f64) -> impl Iterator<Item = f64> {
    centres.into_iter().flat_map(move |centre| (-FLAT..=FLAT).map(move |step| (centre + f64::from(step)) / t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t_test(difference: f64, sd: f64, level: f64) -> Design {
        Design { test: PairedTest::Difference, difference, sd, level }
    }

    fn equivalence(difference: f64, margin: f64, sd: f64, level: f64) -> Design {
        Design { test: PairedTest::Equivalence { margin }, difference, sd, level }
    }

    #[test]
    fn power_of_the_t_test_is_that_of_minitab() {
        // Minitab's help, "Interpret the key results for Power and Sample Size for Paired t": difference 3.
        for (pairs, expected) in [(10, 0.395_918), (20, 0.721_005), (50, 0.986_031)] {
            let power = t_test(3.0, 5.0, 0.05).power(pairs).unwrap();
            assert!((power - expected).abs() < 1e-6, "{pairs}: {power}");
        }
    }

    #[test]
    fn power_of_the_t_test_is_that_of_scipy() {
        // SciPy 1.17.1: t = stats.t.isf(a/2, n - 1); l = np.sqrt(n)*d/sd
        //   stats.nct.sf(t, n - 1, l) + stats.nct.cdf(-t, n - 1, l)
        let known = [
            (2, 1.0, 1.0, 0.05, 0.092_809_155_056_335_97),
            (3, 0.3, 0.1, 0.05 / 6.0, 0.207_395_364_421_524_45),
            (5, 0.2, 0.15, 0.05, 0.614_187_443_193_124_8),
            (10, 0.1, 0.2, 0.05 / 3.0, 0.146_480_601_558_813_43),
            (100, 0.05, 0.2, 0.01, 0.453_160_542_895_378_55),
            (2_000, 0.02, 0.3, 0.05 / 20.0, 0.481_923_968_429_527_34),
            (10_000, 0.01, 0.3, 0.05, 0.915_131_530_728_344),
        ];
        for (pairs, difference, sd, level, expected) in known {
            for side in [1.0, -1.0] {
                let power = t_test(side * difference, sd, level).power(pairs).unwrap();
                assert!((power - expected).abs() < 1e-9, "{pairs}: {power} against {expected}");
            }
        }
    }

    #[test]
    fn pairs_of_the_t_test_are_those_of_r() {
        // Dalgaard, Introductory Statistics with R, § 8.3:
        //   power.t.test(delta=10, sd=10*sqrt(2), power=0.85, type="paired")  # n = 19.96892
        assert_eq!(t_test(10.0, 10.0 * 2.0_f64.sqrt(), 0.05).least_pairs(0.85), Ok(20));
    }

    #[test]
    fn a_true_null_hypothesis_is_rejected_at_the_level() {
        for pairs in [2, 3, 10, 1_000] {
            for level in [0.05, 0.05 / 12.0, 1e-5] {
                let power = t_test(0.0, 0.2, level).power(pairs).unwrap();
                assert!((power / level - 1.0).abs() < 1e-8, "{pairs}, {level}: {power}");
            }
        }
        // At the margin the other of the two tests always rejects, once n is large.
        let power = equivalence(0.2, 0.2, 0.1, 0.05).power(100).unwrap();
        assert!((power - 0.05).abs() < 1e-9, "{power}");
    }

    #[test]
    fn pairs_and_power_of_equivalence_are_those_of_minitab() {
        // Minitab's help, "1-Sample Equivalence Test, Power and Sample Size": limits ±0.42, standard
        // deviation 0.732, target power 0.9.
        let known = [(0.0, 35, 0.907_219), (0.1, 47, 0.903_687), (0.2, 97, 0.902_206), (0.3, 321, 0.900_788)];
        for (difference, pairs, expected) in known {
            let design = equivalence(difference, 0.42, 0.732, 0.05);
            assert_eq!(design.least_pairs(0.9), Ok(pairs), "{difference}");
            let power = design.power(pairs).unwrap();
            assert!((power - expected).abs() < 1e-6, "{difference}: {power}");
        }
    }

    #[test]
    fn power_of_equivalence_is_that_of_scipy() {
        // SciPy 1.17.1: adaptive quadrature of the same expectation, by integrate.quad over
        // stats.chi.pdf(u*np.sqrt(n - 1), n - 1)*np.sqrt(n - 1) and stats.norm.cdf, to 1e-12.
        let known = [
            (2, 0.0, 1.0, 0.1, 0.05, 0.964_574_210_419_996_7),
            (3, 0.0, 0.2, 0.1, 0.05, 0.558_044_542_817_102_3),
            (5, 0.05, 0.2, 0.1, 0.025, 0.699_219_354_724_423_2),
            (10, 0.0, 0.2, 0.2, 0.05 / 3.0, 0.495_598_685_467_471_77),
            (10, 0.1, 0.2, 0.3, 0.05, 0.176_054_195_806_132_8),
            (100, 0.0, 0.05, 0.2, 0.05, 0.597_970_940_859_836_2),
            (30, 1.0, 2.0, 6.0, 0.05, 0.093_009_625_055_949_79),
            (1_000, 0.02, 0.05, 0.3, 0.01, 0.797_195_245_669_583_9),
        ];
        for (pairs, difference, margin, sd, level, expected) in known {
            let power = equivalence(difference, margin, sd, level).power(pairs).unwrap();
            assert!((power - expected).abs() < 1e-9, "{pairs}: {power} against {expected}");
        }
    }

    #[test]
    fn the_least_number_of_pairs_is_that_of_trying_each() {
        for sd in [0.02, 0.1, 0.17, 0.4] {
            for level in [0.05, 0.01] {
                for design in [
                    t_test(0.15, sd, level),
                    equivalence(0.0, 0.2, sd, level),
                    equivalence(0.1, 0.2, sd, level),
                ] {
                    for target in [0.5, 0.8, 0.95] {
                        let first =
                            (2..=MOST_PAIRS).find(|&pairs| design.power(pairs).unwrap() >= target).unwrap();
                        assert_eq!(design.least_pairs(target), Ok(first), "{design:?}, {target}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_table_of_the_documentation_holds() {
        // docs/METHODOLOGY.md, "Power and the number of seeds". The first n with a power of 0.8 by
        // statsmodels 0.15.0, TTestPower().power(ratio, n, alpha), and by SciPy's quadrature as above.
        let table = [
            (0.5, [34, 45, 36, 49]),
            (1.0, [10, 14, 11, 15]),
            (1.5, [6, 8, 6, 8]),
            (2.0, [5, 6, 4, 6]),
            (3.0, [4, 5, 3, 4]),
        ];
        for (ratio, expected) in table {
            let found = [
                t_test(ratio, 1.0, 0.05),
                t_test(ratio, 1.0, 0.05 / 3.0),
                equivalence(0.0, ratio, 1.0, 0.05),
                equivalence(0.0, ratio, 1.0, 0.05 / 3.0),
            ]
            .map(|design| design.least_pairs(TARGET_POWER).unwrap());
            assert_eq!(found, expected, "{ratio}");
        }
    }

    #[test]
    fn impossible_plans_say_why() {
        assert_eq!(t_test(0.1, 0.0, 0.05).least_pairs(0.8), Err(PowerError::NoSpread(0.0)));
        assert_eq!(t_test(0.1, 1.0, 0.5).least_pairs(0.8), Err(PowerError::Level(0.5)));
        assert_eq!(t_test(0.1, 1.0, 0.05).least_pairs(1.0), Err(PowerError::Target(1.0)));
        assert_eq!(t_test(0.0, 1.0, 0.05).least_pairs(0.8), Err(PowerError::NoDifference(0.0)));
        assert_eq!(
            equivalence(-0.2, 0.2, 1.0, 0.05).least_pairs(0.8),
            Err(PowerError::Margin { difference: -0.2, margin: 0.2 })
        );
        let many = t_test(0.001, 1.0, 0.05).least_pairs(0.8).unwrap_err();
        assert_eq!(many.to_string(), "10000 pairs are not enough: their power is 0.051");
        assert_eq!(t_test(0.1, 1.0, 0.05).power(1), None);
        assert_eq!(t_test(0.1, f64::NAN, 0.05).power(9), None);
    }

    #[test]
    fn the_limit_of_a_standard_deviation_is_that_of_the_published_table() {
        // 20 % quantiles of χ² in any table: 1.649 for 4 degrees of freedom, 5.380 for 9, 22.475 for 29.
        for (freedom, quantile) in [(4.0, 1.649), (9.0, 5.380), (29.0, 22.475)] {
            let limit = upper_sd(0.2, freedom, SD_CONFIDENCE).unwrap();
            assert!((limit / (0.2 * (freedom / quantile).sqrt()) - 1.0).abs() < 2e-4, "{freedom}: {limit}");
        }
        assert_eq!(upper_sd(0.2, 0.0, 0.8), None);
        assert_eq!(upper_sd(0.2, 4.0, 1.0), None);
    }
}
