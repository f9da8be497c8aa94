//! The number of seeds that the confirmation needs, from the spread that the search has measured.

use super::contrast::pairs;
use super::search::Search;
use crate::spec::Sweep;
use crate::stats::{SD_CONFIDENCE, mean, standard_deviation, upper_sd};

/// The spread of paired differences in validation error between the chosen configurations, over the seeds of the
/// search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchSpread {
    /// Standard deviation of the differences, percentage points; pooled over the contrasts.
    pub sd: f64,
    /// Degrees of freedom: seeds less one, however many contrasts there are, since they share seeds and references.
    pub freedom: usize,
    /// Contrasts, all tested together.
    pub contrasts: usize,
}

impl SearchSpread {
    /// The spread of a search that is done; `None` without a comparison or with one seed.
    #[must_use]
    pub fn of(study: &Sweep, search: &Search) -> Option<Self> {
        let variance = |(challenger, reference): (usize, usize)| {
            let (challenger, reference) = (search.errors(challenger)?, search.errors(reference)?);
            let differences: Vec<f64> = challenger.iter().zip(reference).map(|(a, b)| a - b).collect();
            Some(standard_deviation(&differences)?.powi(2))
        };
        let variances: Vec<f64> = pairs(study).map(variance).collect::<Option<_>>()?;
        let freedom = study.search.as_ref()?.seeds.len().checked_sub(1)?;
        Some(Self { sd: mean(&variances)?.sqrt(), freedom, contrasts: variances.len() })
    }

    /// Upper confidence limit of the standard deviation, at [`SD_CONFIDENCE`].
    #[must_use]
    pub fn upper(&self) -> f64 {
        upper_sd(self.sd, self.freedom as f64, SD_CONFIDENCE).unwrap_or(self.sd)
    }
}
