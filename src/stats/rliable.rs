//! Secondary statistics over many cells. Agarwal et al. (2021), *Deep reinforcement learning at the
//! edge of the statistical precipice*, define them for the scores of several runs on several tasks.
//! Here a run is a trial, and a task is a cell of the grid.

use rand::{Rng, RngExt};

use super::{Interval, mean};

/// Number of bootstrap samples for an interval.
const SAMPLES: usize = 2000;

/// A statistic and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Value of the statistic.
    pub value: f64,
    /// Percentile interval of the stratified bootstrap; absent if no stratum has two values.
    pub interval: Option<Interval>,
}

/// Mean without the ⌊n/4⌋ smallest and the ⌊n/4⌋ largest values; `None` for no values.
#[must_use]
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    mean(&sorted[cut..sorted.len() - cut])
}

/// Probability P(X < Y) that a value of a task's first sample is less than one of its second, with
/// ties counted half, averaged over `tasks`. For one task it is Mann and Whitney's U/(n·m). `None` for
/// no tasks, or if a sample of a task is empty.
#[must_use]
pub fn probability_of_improvement(tasks: &[(&[f64], &[f64])]) -> Option<f64> {
    let shares: Option<Vec<f64>> = tasks.iter().map(|(first, second)| share_below(first, second)).collect();
    mean(&shares?)
}

fn share_below(first: &[f64], second: &[f64]) -> Option<f64> {
    let score = |x: f64, y: f64| if x < y { 1.0 } else { 0.5 * f64::from(u8::from(x == y)) };
    let wins: f64 = first.iter().flat_map(|&x| second.iter().map(move |&y| score(x, y))).sum();
    let pairs = first.len() * second.len();
    (pairs > 0).then(|| wins / pairs as f64)
}

/// A statistic of several strata, with the interval of 2,000 bootstrap samples. Each sample redraws
/// every stratum from its own values with replacement. The interval extends from the
/// (1 − `confidence`)/2 to the (1 + `confidence`)/2 quantile of the statistic. `None` if the statistic
/// is undefined on the strata.
pub fn bootstrap(
    strata: &[&[f64]],
    statistic: impl Fn(&[&[f64]]) -> Option<f64>,
    confidence: f64,
    random: &mut impl Rng,
) -> Option<Estimate> {
    let value = statistic(strata)?;
    if strata.iter().all(|stratum| stratum.len() < 2) {
        return Some(Estimate { value, interval: None });
    }
    let mut drawn: Vec<Vec<f64>> = strata.iter().map(|stratum| stratum.to_vec()).collect();
    let mut values = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        for (drawn, stratum) in drawn.iter_mut().zip(strata) {
            drawn.fill_with(|| stratum[random.random_range(..stratum.len())]);
        }
        values.extend(statistic(&drawn.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    }
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    let interval = Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? };
    Some(Estimate { value, interval: Some(interval) })
}

/// The `share` quantile of ascending values, by linear interpolation; `None` for no values.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    Some(below + position.fract() * (above - below))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const REFERENCE: [&[f64]; 2] = [&[1.5, 1.6, 1.7, 1.55, 1.62], &[5.2, 5.1, 5.3, 5.25, 5.2]];
    const CHALLENGER: [&[f64]; 2] = [&[1.6, 1.6, 1.9, 1.75, 1.66], &[5.2, 5.3, 5.1, 5.25, 5.4]];

    fn stream() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(2021)
    }

    fn improvement(strata: &[&[f64]]) -> Option<f64> {
        let (first, second) = strata.split_at(strata.len() / 2);
        let tasks: Vec<_> = first.iter().copied().zip(second.iter().copied()).collect();
        probability_of_improvement(&tasks)
    }

    #[test]
    fn interquartile_mean_is_that_of_scipy() {
        // SciPy 1.17.1: stats.trim_mean(s, 0.25), which rliable calls; s[:8], s[:3]
        let scores = [5.22, 1.84, 1.57, 1.59, 1.62, 1.59, 2.1, 5.1, 1.7];
        let known = [(9, 1.77), (8, 1.7875), (3, 2.876_666_666_666_667)];
        for (count, expected) in known {
            let found = interquartile_mean(&scores[..count]).unwrap();
            assert!((found - expected).abs() < 1e-12, "{count}: {found}");
        }
        assert_eq!(interquartile_mean(&[]), None);
    }

    #[test]
    fn probability_of_improvement_is_that_of_scipy() {
        // SciPy 1.17.1, over the two cells: 1 - stats.mannwhitneyu(y, x).statistic / 25
        // for y the challenger's errors: 0.24 and 0.38.
        let strata = [CHALLENGER, REFERENCE].concat();
        assert!((improvement(&strata).unwrap() - 0.31).abs() < 1e-12);
        assert_eq!(probability_of_improvement(&[(&[1.0, 1.0], &[1.0])]), Some(0.5));
        assert_eq!(probability_of_improvement(&[(&[1.0], &[2.0]), (&[], &[1.0])]), None);
        assert_eq!(probability_of_improvement(&[]), None);
    }

    #[test]
    fn intervals_are_those_of_numpy_up_to_chance() {
        // NumPy 2.4.6, 60,000 samples: every cell's five values by rng.integers(0, 5, 5), then
        // np.percentile([2.5, 97.5]) of trim_mean(…, 0.25) and of the probability above.
        let mean = |strata: &[&[f64]]| interquartile_mean(&strata.concat());
        let found = bootstrap(&REFERENCE, mean, 0.95, &mut stream()).unwrap();
        let Interval { low, high } = found.interval.unwrap();
        assert!((found.value - 3.403_333_333_333_333).abs() < 1e-12, "{found:?}");
        assert!((low - 3.353_333).abs() < 0.01 && (high - 3.45).abs() < 0.01, "{found:?}");

        let strata = [CHALLENGER, REFERENCE].concat();
        let found = bootstrap(&strata, improvement, 0.95, &mut stream()).unwrap();
        let Interval { low, high } = found.interval.unwrap();
        assert!((low - 0.1).abs() < 0.02 && (high - 0.56).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn draws_repeat_and_stay_in_their_stratum() {
        let mean = |strata: &[&[f64]]| interquartile_mean(&strata.concat());
        let once = bootstrap(&REFERENCE, mean, 0.95, &mut stream());
        assert_eq!(once, bootstrap(&REFERENCE, mean, 0.95, &mut stream()));
        let constant = bootstrap(&[&[1.0; 4], &[9.0; 4]], mean, 0.95, &mut stream()).unwrap();
        assert_eq!(constant.interval, Some(Interval { low: 5.0, high: 5.0 }));
    }

    #[test]
    fn single_values_have_no_interval() {
        let mean = |strata: &[&[f64]]| interquartile_mean(&strata.concat());
        let found = bootstrap(&[&[1.0], &[2.0]], mean, 0.95, &mut stream());
        assert_eq!(found, Some(Estimate { value: 1.5, interval: None }));
        assert_eq!(bootstrap(&[&[]], mean, 0.95, &mut stream()), None);
    }
}
