//! Interval of a difference over other seeds and other images.
//!
//! Arms are trained with the same seeds and tested on the same images: k on the side of the challenger, k on that of
//! the reference. The difference of seed s on image i, d_si, is the share of the challenger's arms that err less that
//! of the reference's. With one arm on each side it is 1 where only the challenger errs, −1 where only the reference
//! errs, and 0 elsewhere.
//! The model is d_si = μ + a_s + b_i + e_si, with crossed random effects a of the seeds and b of the
//! images, and one observation a cell (Clark 1973; Baayen, Davidson and Bates 2008). For S seeds and I
//! images, Var(d̄) = σ_a²/S + σ_b²/I + σ_e²/(SI), which the mean squares of the two-way layout estimate
//! without bias (Searle, Casella and McCulloch 1992, *Variance components*; Owen 2007, *The pigeonhole
//! bootstrap*, for its use with any crossed data).

use std::collections::HashMap;

use super::Interval;
use super::student::t_quantile;

/// The images that the arms of two sides misclassify with one seed; one list an arm, as many arms on each side.
#[derive(Debug, Clone)]
pub struct PairedMistakes<'a> {
    /// Images that the arms of the reference misclassify.
    pub reference: Vec<&'a [usize]>,
    /// Images that the arms of the challenger misclassify.
    pub challenger: Vec<&'a [usize]>,
}

/// The mean difference of two sides over S seeds and I images, with its interval over both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossed {
    /// d̄, challenger − reference, as a share of the images.
    pub mean: f64,
    /// Mean squares of the two-way layout.
    pub mean_squares: MeanSquares,
    /// Standard error of d̄ over other seeds and images.
    pub error: f64,
    /// Degrees of freedom of `error` (Satterthwaite 1946).
    pub freedom: f64,
    /// d̄ ± t·`error`.
    pub interval: Interval,
}

/// Mean squares of the two-way layout of seeds × images with one observation a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    /// I·Σ(d̄_s − d̄)²/(S − 1), whose expectation is σ_e² + I·σ_a².
    pub seeds: f64,
    /// S·Σ(d̄_i − d̄)²/(I − 1), whose expectation is σ_e² + S·σ_b².
    pub images: f64,
    /// Σ(d_si − d̄_s − d̄_i + d̄)²/((S − 1)(I − 1)), whose expectation is σ_e².
    pub residual: f64,
}

impl Crossed {
    /// Compares the mistakes of two sides on `images` images, one element per seed. Every image number is
    /// below `images`, and every seed has the same arms. The cost is proportional to the number of mistakes.
    ///
    /// `None` for fewer than two seeds or images, without an arm, if d_si is the same for all seeds and images, or
    /// if `confidence` is not between 0 and 1.
    #[must_use]
    pub fn of(mistakes: &[PairedMistakes], images: usize, confidence: f64) -> Option<Self> {
        let seeds = mistakes.len();
        let arms = mistakes.first()?.challenger.len();
        if seeds < 2 || images < 2 || arms == 0 {
            return None;
        }
        let sums = Sums::of(mistakes);
        let mean_squares = sums.mean_squares(seeds, images).of_each(arms);
        let (variance, freedom) = mean_squares.combined(seeds, images);
        let cells = (seeds * images) as f64;
        let (mean, error) = (sums.total as f64 / (cells * arms as f64), (variance / cells).sqrt());
        if error == 0.0 {
            return None;
        }
        let half = t_quantile(confidence, freedom)? * error;
        Some(Self { mean, mean_squares, error, freedom, interval: Interval::around(mean, half) })
    }
}

/// Integer sums of k·d over the cells, from which the sums of squares follow without rounding.
#[derive(Debug, Default)]
struct Sums {
    /// Σ_si d.
    total: i128,
    /// Σ_si d².
    cells: i128,
    /// Σ_s (Σ_i d)².
    seeds: i128,
    /// Σ_i (Σ_s d)².
    images: i128,
}

impl Sums {
    fn of(mistakes: &[PairedMistakes]) -> Self {
        let mut sums = Self::default();
        let mut by_image: HashMap<usize, i128> = HashMap::new();
        for pair in mistakes {
            let mut of_seed = 0;
            for (image, difference) in pair.differences() {
                of_seed += difference;
                sums.cells += difference.pow(2);
                *by_image.entry(image).or_default() += difference;
            }
            sums.total += of_seed;
            sums.seeds += of_seed.pow(2);
        }
        sums.images = by_image.values().map(|sum| sum.pow(2)).sum();
        sums
    }

    fn mean_squares(&self, seeds: usize, images: usize) -> MeanSquares {
        let (s, i) = (seeds as i128, images as i128);
        let square = self.total.pow(2);
        // Sums of squares times S·I, which makes them integers.
        let of_seeds = s * self.seeds - square;
        let of_images = i * self.images - square;
        let residual = s * i * self.cells - square - of_seeds - of_images;
        let mean = |sum: i128, freedom: i128| sum as f64 / ((s * i) as f64 * freedom as f64);
        MeanSquares {
            seeds: mean(of_seeds, s - 1),
            images: mean(of_images, i - 1),
            residual: mean(residual, (s - 1) * (i - 1)),
        }
    }
}

impl MeanSquares {
    /// The mean squares of d, where these are of k·d for k arms.
    fn of_each(self, arms: usize) -> Self {
        let square = (arms as f64).powi(2);
        let Self { seeds, images, residual } = self;
        Self { seeds: seeds / square, images: images / square, residual: residual / square }
    }

    /// S·I·Var(d̄) and its degrees of freedom.
    ///
    /// With A, B and E the mean squares of seeds, images and residual, the variance is V = A + B − E. A
    /// component of variance that is estimated below 0, as A < E or B < E, counts as 0, so that
    /// V = max(A, E) + max(B, E) − E, never less than max(A, B). The degrees of freedom are
    /// ν = V²/(A²/(S − 1) + B²/(I − 1) + E²/((S − 1)(I − 1))). All three mean squares count in ν in every
    /// case, since a component that is estimated as 0 may still be larger: without that, the intervals of
    /// three seeds cover too rarely.
    fn combined(self, seeds: usize, images: usize) -> (f64, f64) {
        let Self { seeds: a, images: b, residual: e } = self;
        let (of_seeds, of_images) = ((seeds - 1) as f64, (images - 1) as f64);
        let variance = a.max(e) + b.max(e) - e;
        let spread = a.powi(2) / of_seeds + b.powi(2) / of_images + e.powi(2) / (of_seeds * of_images);
        (variance, variance.powi(2) / spread)
    }
}

impl PairedMistakes<'_> {
    /// k·d of every image on which an arm errs.
    fn differences(&self) -> HashMap<usize, i128> {
        let mut differences = HashMap::new();
        for (side, sign) in [(&self.challenger, 1), (&self.reference, -1)] {
            for &image in side.iter().copied().flatten() {
                *differences.entry(image).or_default() += sign;
            }
        }
        differences
    }
}

#[cfg(test)]
mod tests;
