//! Expectations over the ratio U = s/σ of a sample standard deviation to the true one.
//!
//! For ν degrees of freedom, √ν·U has the chi distribution of normal samples: the density of U is
//! 2·(ν/2)^(ν/2)/Γ(ν/2)·u^(ν−1)·exp(−νu²/2).

use statrs::function::gamma::ln_gamma;

/// Half-width of the interval that is integrated over, in units of 1/√(2ν), the standard deviation of
/// U for large ν. The probability outside is below 1e-15 for every ν ≥ 1.
const REACH: i32 = 10;

/// Nodes and weights of the ten-point Gauss–Legendre rule on [−1, 1] (Abramowitz and Stegun 1964,
/// table 25.4); each counts at ±node.
const RULE: [(f64, f64); 5] = [
    (0.148_874_338_981_631_21, 0.295_524_224_714_752_87),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_36),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

/// E[f(U); U ≤ `limit`] for `freedom` degrees of freedom, with f smooth up to `limit`, by
/// Gauss–Legendre quadrature on panels. `edges` are further ends of panels; they must resolve every
/// change of f that is steeper than that of the density.
pub(super) fn expectation(
    freedom: f64,
    limit: f64,
    edges: impl Iterator<Item = f64>,
    f: impl Fn(f64) -> f64,
) -> f64 {
    let deviation = (2.0 * freedom).sqrt().recip();
    let at = |steps: i32| 1.0 + f64::from(steps) * deviation;
    let (low, high) = (at(-REACH).max(0.0), at(REACH).min(limit));
    if low >= high {
        return 0.0;
    }
    let mut ends: Vec<f64> = (-REACH..=REACH).map(at).chain(edges).collect();
    ends.retain(|end| *end > low && *end < high);
    ends.extend([low, high]);
    ends.sort_by(f64::total_cmp);
    let density = density(freedom);
    ends.windows(2).map(|panel| integral(panel[0], panel[1], |u| density(u) * f(u))).sum()
}

/// The density of U, from its logarithm so that no factor overflows.
fn density(freedom: f64) -> impl Fn(f64) -> f64 {
    let half = freedom / 2.0;
    let constant = std::f64::consts::LN_2 + half * half.ln() - ln_gamma(half);
    move |u| (constant + (freedom - 1.0) * u.ln() - half * u * u).exp()
}

/// ∫f from `low` to `high` by [`RULE`].
fn integral(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (centre, half) = (f64::midpoint(low, high), (high - low) / 2.0);
    RULE.iter()
        .map(|(node, weight)| weight * (f(centre - half * node) + f(centre + half * node)))
        .sum::<f64>()
        * half
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    use super::*;

    #[test]
    fn moments_are_those_of_the_closed_forms() {
        for freedom in [1.0_f64, 2.0, 4.0, 9.0, 99.0, 9_999.0] {
            let moment = |f: fn(f64) -> f64| expectation(freedom, f64::INFINITY, std::iter::empty(), f);
            // E[U] = √(2/ν)·Γ((ν + 1)/2)/Γ(ν/2), c₄ of quality control.
            let mean = (2.0 / freedom).sqrt()
                * (ln_gamma(f64::midpoint(freedom, 1.0)) - ln_gamma(freedom / 2.0)).exp();
            assert!((moment(|_| 1.0) - 1.0).abs() < 1e-10, "{freedom}");
            assert!((moment(|u| u) - mean).abs() < 1e-10, "{freedom}");
            assert!((moment(|u| u * u) - 1.0).abs() < 1e-10, "{freedom}");
        }
    }

    #[test]
    fn the_mass_below_a_limit_is_that_of_the_chi_square_distribution() {
        for (freedom, limit) in [(1.0, 0.3), (4.0, 1.2), (9.0, 0.05), (2_000.0, 1.01)] {
            let found = expectation(freedom, limit, std::iter::empty(), |_| 1.0);
            let expected = ChiSquared::new(freedom).unwrap().cdf(freedom * limit * limit);
            assert!((found - expected).abs() < 1e-10, "{freedom}, {limit}: {found} against {expected}");
        }
        assert_eq!(expectation(2_000.0, 0.5, std::iter::empty(), |_| 1.0), 0.0);
    }
}
