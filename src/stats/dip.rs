//! Hartigan's dip: the distance of a sample from the nearest unimodal distribution.
//!
//! The dip is the least value, over all unimodal distribution functions, of the largest distance to
//! the empirical function. The best unimodal fit is the greatest convex minorant of the empirical
//! function below a modal interval and its least concave majorant above; the interval is narrowed
//! until the two are no farther apart inside it than the fit is from the sample outside.

use rand::Rng;
use rand::RngExt;

/// Number of samples of the null distribution for a p-value.
const SAMPLES: usize = 2000;

/// A dip and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dip {
    /// The dip, between 1/(2n) and 1/4.
    pub dip: f64,
    /// (1 + k) / (1 + number of samples), with k the number of samples of the null distribution that
    /// have at least this dip.
    pub p: f64,
}

impl Dip {
    /// Computes the dip of `values` and its p-value under the uniform distribution, the least favourable
    /// unimodal one, from samples that `random` draws. `None` for fewer than four values, or if one is
    /// not finite.
    pub fn of(values: &[f64], random: &mut impl Rng) -> Option<Self> {
        if values.len() < 4 || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let found = dip(values);
        let larger = (0..SAMPLES)
            .filter(|_| {
                let uniform: Vec<f64> = values.iter().map(|_| random.random::<f64>()).collect();
                dip(&uniform) >= found
            })
            .count();
        Some(Self { dip: found, p: (larger + 1) as f64 / (SAMPLES + 1) as f64 })
    }
}

/// Hartigan's dip of finite `values`; 0 where there are none.
fn dip(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    if count == 0 {
        return 0.0;
    }
    // Distances are in steps of the empirical function, 1/n each; the smallest dip is half a step.
    let mut most: f64 = 1.0;
    let (mut low, mut high) = (0, count - 1);
    while low < high && sorted[low] < sorted[high] {
        let below = hull(&sorted, low, high, Bend::Convex);
        let above = hull(&sorted, low, high, Bend::Concave);
        let (gap, inner) = widest(&sorted, &below, &above);
        if gap <= most {
            break;
        }
        let left: Vec<usize> = below.iter().copied().filter(|&at| at <= inner.0).collect();
        let right: Vec<usize> = above.iter().copied().filter(|&at| at >= inner.1).collect();
        let outside = deviation(&sorted, &left, Bend::Convex).max(deviation(&sorted, &right, Bend::Concave));
        most = most.max(outside);
        if inner == (low, high) {
            break;
        }
        (low, high) = inner;
    }
    most / (2 * count) as f64
}

/// Direction of curvature of a hull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bend {
    /// The greatest convex minorant.
    Convex,
    /// The least concave majorant.
    Concave,
}

/// Corners of the hull of the points (x_i, i) from `low` to `high`, ascending.
fn hull(sorted: &[f64], low: usize, high: usize, bend: Bend) -> Vec<usize> {
    let mut corners: Vec<usize> = Vec::new();
    for at in low..=high {
        while let [.., before, last] = corners[..] {
            // Twice the area of the triangle: positive where the path turns to the left.
            let turn = (sorted[last] - sorted[before]) * (at - before) as f64
                - (last - before) as f64 * (sorted[at] - sorted[before]);
            let keeps = if bend == Bend::Convex { turn > 0.0 } else { turn < 0.0 };
            if keeps {
                break;
            }
            corners.pop();
        }
        corners.push(at);
    }
    corners
}

/// The largest distance between the two hulls, in steps, and the narrower modal interval at which it is
/// attained.
fn widest(sorted: &[f64], below: &[usize], above: &[usize]) -> (f64, (usize, usize)) {
    let whole = (below[0], below[below.len() - 1]);
    let mut widest = (0.0, whole);
    for &at in &below[1..below.len() - 1] {
        // At a corner of the lower hull, the empirical function rises by one step.
        let gap = height(sorted, above, at) - at as f64 + 1.0;
        if gap > widest.0 {
            let end = above.iter().copied().find(|&corner| corner >= at).unwrap_or(whole.1);
            widest = (gap, (at, end));
        }
    }
    for &at in &above[1..above.len() - 1] {
        let gap = at as f64 - height(sorted, below, at) + 1.0;
        if gap > widest.0 {
            let start = below.iter().copied().rev().find(|&corner| corner <= at).unwrap_or(whole.0);
            widest = (gap, (start, at));
        }
    }
    widest
}

/// Height of a hull at the position of the point `at`, in steps.
fn height(sorted: &[f64], hull: &[usize], at: usize) -> f64 {
    let next = hull.partition_point(|&corner| corner < at).min(hull.len() - 1);
    if hull[next] == at || next == 0 {
        return hull[next] as f64;
    }
    let (from, to) = (hull[next - 1], hull[next]);
    along(sorted, from, to, at)
}

/// Height of the line through two points at the position of the point `at`, in steps.
fn along(sorted: &[f64], from: usize, to: usize, at: usize) -> f64 {
    let share = (sorted[at] - sorted[from]) / (sorted[to] - sorted[from]);
    from as f64 + share * (to - from) as f64
}

/// The largest distance between the empirical function and a hull, in steps; at least one step.
fn deviation(sorted: &[f64], hull: &[usize], bend: Bend) -> f64 {
    let mut most: f64 = 1.0;
    for pair in hull.windows(2).filter(|pair| pair[1] - pair[0] > 1 && sorted[pair[0]] < sorted[pair[1]]) {
        for at in pair[0]..=pair[1] {
            let line = along(sorted, pair[0], pair[1], at);
            let gap = if bend == Bend::Convex { at as f64 - line } else { line - at as f64 };
            most = most.max(gap + 1.0);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn dips_are_those_of_diptest() {
        // Python's diptest 0.12.0: diptest.dipstat(np.array(x))
        let two = [0.02, 0.05, 0.07, 0.11, 0.13, 0.18, 0.71, 0.74, 0.79, 0.82, 0.86, 0.95];
        let even: Vec<f64> = (1..=10).map(|i| f64::from(i) / 10.0).collect();
        let growing = [0.0, 1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0];
        // np.arange(60) ** 2 % 37 + 100 * (np.arange(60) % 3 == 0)
        let squares: Vec<f64> =
            (0..60).map(|i: u32| f64::from(i * i % 37 + 100 * u32::from(i.is_multiple_of(3)))).collect();
        // np.sqrt(np.arange(200) * 7 % 200)
        let roots: Vec<f64> = (0..200).map(|i| f64::from(i * 7 % 200).sqrt()).collect();
        for (values, expected) in [
            (&two[..], 0.172_077_922_077_922_08),
            (&even, 0.05),
            (&growing, 0.041_666_666_666_666_664),
            (&squares, 0.106_666_666_666_666_67),
            (&roots, 0.0025),
        ] {
            assert!((dip(values) - expected).abs() < 1e-12, "{} is not {expected}", dip(values));
        }
    }

    #[test]
    fn two_modes_are_distinguished_from_one() {
        // diptest.diptest(two): p = 0.00064, from its table of the same null distribution.
        let two = [0.02, 0.05, 0.07, 0.11, 0.13, 0.18, 0.71, 0.74, 0.79, 0.82, 0.86, 0.95];
        let mut random = ChaCha8Rng::seed_from_u64(1);
        assert!(Dip::of(&two, &mut random).unwrap().p < 0.01);
        let one: Vec<f64> = (0..50).map(|i| (f64::from(i) - 24.5).powi(3)).collect();
        assert!(Dip::of(&one, &mut random).unwrap().p > 0.5);
        assert_eq!(Dip::of(&[1.0, 2.0, 3.0], &mut random), None);
        assert_eq!(Dip::of(&[1.0, 2.0, 3.0, f64::NAN], &mut random), None);
    }
}
