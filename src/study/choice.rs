//! Scores of configurations, and the rule of choice.

use std::cmp::Ordering;
use std::iter::Sum;

use crate::plan::Trial;
use crate::spec::Choice;

/// The validation errors of a configuration on all cells of its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    /// Mean over cells and seeds, percent.
    pub mean: f64,
    /// Standard error of the mean over the seeds; absent with one seed.
    pub error: Option<f64>,
    pub size: Size,
    /// Position of the configuration, by which ties are broken.
    pub position: usize,
}

/// The size of networks, of all cells of a group together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Size {
    pub parameters: u64,
    /// Operations of a training step for each image.
    pub operations: u64,
}

impl Size {
    /// The size of a trial's network.
    pub fn of(trial: &Trial) -> Self {
        Self { parameters: trial.parameters as u64, operations: trial.flops_per_image }
    }
}

impl Sum for Size {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), |a, b| Self {
            parameters: a.parameters + b.parameters,
            operations: a.operations + b.operations,
        })
    }
}

impl Score {
    /// The score of the errors of each cell by seed. The seeds are independent, the cells are not: a seed's errors are
    /// averaged first.
    pub fn of(cells: &[&Vec<f64>], size: Size, position: usize) -> Self {
        let seeds = cells.first().map_or(0, |errors| errors.len());
        let of_seed = |seed: usize| cells.iter().map(|errors| errors[seed]).sum::<f64>() / cells.len() as f64;
        let errors: Vec<f64> = (0..seeds).map(of_seed).collect();
        let count = seeds as f64;
        let mean = errors.iter().sum::<f64>() / count;
        let squares: f64 = errors.iter().map(|error| (error - mean).powi(2)).sum();
        let error = (seeds > 1).then(|| (squares / (count - 1.0) / count).sqrt());
        Self { mean, error, size, position }
    }
}

/// The lesser mean first, those that diverged last.
pub(super) fn by_error(one: Option<&Score>, other: Option<&Score>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.mean.total_cmp(&other.mean),
        (one, other) => one.is_none().cmp(&other.is_none()),
    }
}

/// Position of the chosen score; ties are broken by position.
pub(super) fn best(scores: &[Option<Score>], rule: Choice) -> Option<usize> {
    let all = || scores.iter().flatten();
    let least = all().min_by(|a, b| a.mean.total_cmp(&b.mean).then(a.position.cmp(&b.position)))?;
    let chosen = match rule {
        Choice::Least => least,
        Choice::OneStandardError => {
            let limit = least.mean + least.error.unwrap_or_default();
            all().filter(|score| score.mean <= limit).min_by_key(|score| (score.size, score.position))?
        }
    };
    Some(chosen.position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(position: usize, errors: &[f64], parameters: u64) -> Score {
        let size = Size { parameters, operations: 1 };
        Score::of(&[&errors.to_vec()], size, position)
    }

    #[test]
    fn cells_of_a_seed_are_averaged_before_the_seeds() {
        let score = Score::of(&[&vec![1.0, 2.0], &vec![3.0, 2.0]], Size::default(), 0);
        // By seed: 2 and 2.
        assert_eq!((score.mean, score.error), (2.0, Some(0.0)));
        let score = Score::of(&[&vec![1.0, 2.0, 3.0]], Size::default(), 0);
        // Standard deviation 1, three seeds.
        assert!((score.error.unwrap() - 1.0 / 3.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!(Score::of(&[&vec![1.0]], Size::default(), 0).error, None);
    }

    #[test]
    fn the_simplest_within_one_standard_error_is_chosen_by_that_rule_alone() {
        // Mean 2, standard error 0.1 / √3 ≈ 0.058.
        let scores = [
            score(0, &[2.1, 2.1, 2.1], 1),
            score(1, &[1.9, 2.0, 2.1], 9),
            score(2, &[2.05, 2.05, 2.05], 5),
            score(3, &[2.05, 2.05, 2.05], 5),
        ];
        let scores = [&scores.map(Some)[..], &[None]].concat();
        assert_eq!(best(&scores, Choice::Least), Some(1));
        assert_eq!(best(&scores, Choice::OneStandardError), Some(2));
        assert_eq!(best(&[None, None], Choice::Least), None);
        assert_eq!(best(&[Some(score(0, &[1.0], 2)), Some(score(1, &[1.0], 1))], Choice::Least), Some(0));
    }
}
