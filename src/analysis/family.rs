//! The tests of one table, adjusted for their number.

use super::table::CsvColumns;
use crate::stats::{LEVEL, equivalence, holm, least_sign_flip, sign_flip};

/// The tests of one difference, unadjusted and adjusted for the rows of its table. A p is absent if the test is not
/// defined.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tests {
    /// Student's t test, two-sided: paired, or Welch's if there are no pairs.
    pub p: Option<f64>,
    /// `p` by Holm's adjustment over all rows of the table.
    pub p_holm: Option<f64>,
    /// Exact sign-flip test of the paired differences.
    pub p_sign_flip: Option<f64>,
    /// The smallest p that the sign-flip test can reach with this number of pairs.
    pub p_sign_flip_least: Option<f64>,
    /// Two one-sided tests against the margin of the spec; absent without one.
    pub p_equivalence: Option<f64>,
    /// `p_equivalence` by Holm's adjustment over all rows of the table.
    pub p_equivalence_holm: Option<f64>,
}

impl Tests {
    /// The tests of paired `differences` whose t test gave `p`.
    pub(super) fn of(differences: &[f64], p: Option<f64>, margin: Option<f64>) -> Self {
        let p_sign_flip = sign_flip(differences);
        Self {
            p,
            p_sign_flip,
            p_sign_flip_least: p_sign_flip.map(|_| least_sign_flip(differences.len())),
            p_equivalence: margin.and_then(|margin| equivalence(differences, margin)),
            ..Self::default()
        }
    }

    /// True if a difference is shown, adjusted for all rows of the table.
    #[must_use]
    pub fn differ(&self) -> bool {
        self.p_holm.is_some_and(|p| p < LEVEL)
    }

    /// True if the difference is shown to be within the margin, adjusted for all rows of the table.
    #[must_use]
    pub fn equivalent(&self) -> bool {
        self.p_equivalence_holm.is_some_and(|p| p < LEVEL)
    }
}

/// Adjusts the tests of a table's rows for their number.
pub(super) fn adjust<R>(rows: &mut [R], tests: impl Fn(&mut R) -> &mut Tests) {
    let t: Vec<_> = rows.iter_mut().map(|row| tests(row).p).collect();
    let margin: Vec<_> = rows.iter_mut().map(|row| tests(row).p_equivalence).collect();
    for ((row, p_holm), p_equivalence_holm) in rows.iter_mut().zip(holm(&t)).zip(holm(&margin)) {
        let tests = tests(row);
        (tests.p_holm, tests.p_equivalence_holm) = (p_holm, p_equivalence_holm);
    }
}

/// The columns of the tests; those of equivalence only if there is a margin.
pub(super) fn columns<R>(
    columns: CsvColumns<'_, R>,
    margin: Option<f64>,
    tests: fn(&R) -> Tests,
) -> CsvColumns<'_, R> {
    let columns = columns
        .plain("p_t", |row| tests(row).p)
        .plain("p_holm", |row| tests(row).p_holm)
        .plain("p_sign_flip", |row| tests(row).p_sign_flip)
        .plain("p_sign_flip_least", |row| tests(row).p_sign_flip_least);
    match margin {
        None => columns,
        Some(_) => columns
            .plain("p_equivalence", |row| tests(row).p_equivalence)
            .plain("p_equivalence_holm", |row| tests(row).p_equivalence_holm),
    }
}
