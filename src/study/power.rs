//! The number of seeds that the confirmation needs, from the spread that the search has measured.

use super::contrast::pairs;
use super::search::Search;
use crate::spec::Sweep;

/// The spread of paired differences in validation error between the chosen configurations, over the seeds of the
/// search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchSpread {
    /// Standard deviation of the differences, percentage points; pooled over the contrasts.
    pub sd: f64,
    /// Degrees of freedom: seeds less one, for each contrast.
    pub freedom: usize,
    /// Contrasts, all tested together.
    pub contrasts: usize,
}

impl SearchSpread {
    /// The spread of a search that is done; `None` without a comparison or with one seed.
    #[must_use]
    pub fn of(study: &Sweep, search: &Search) -> Option<Self> {
        let (mut squares, mut freedom, mut contrasts) = (0.0, 0, 0);
        for (challenger, reference) in pairs(study) {
            let (challenger, reference) = (search.errors(challenger)?, search.errors(reference)?);
            let differences: Vec<f64> = challenger.iter().zip(reference).map(|(a, b)| a - b).collect();
            let mean = differences.iter().sum::<f64>() / differences.len() as f64;
            squares += differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>();
            freedom += differences.len() - 1;
            contrasts += 1;
        }
        (freedom > 0).then(|| Self { sd: (squares / freedom as f64).sqrt(), freedom, contrasts })
    }
}
