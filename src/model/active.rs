//! Products of sparse codes, or of their gradients, with a matrix: the recursion's z·Sᵀ and δ·S, and Σ δᵀ·z.
//!
//! ReLU units are often inactive, and the terms of inactive units are zero. The kernels skip them, which changes no
//! sum. A matrix that is larger than the first-level cache loads at half the rate at which it can be multiplied. For
//! such a matrix, two rows are processed together over the terms that are active in either, so that each load is used
//! twice. Each sum adds its terms in order, with one fused multiply-add per term, in blocks of at most [`BLOCK`] terms
//! that are added one after the other. The result has the same bits on every instruction set. It also has the bits of
//! the gemm crate on processors for which gemm chooses the same blocks.

#![expect(clippy::inline_always, reason = "a kernel is compiled for the instruction set of its caller")]

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::product::Matrix;
use super::rows::{Padded, Rows};
use super::scalar::Scalar;
use crate::simd::dispatch;

/// Maximum number of terms that are summed in a register before the sum is stored.
const BLOCK: usize = 512;
/// Maximum rows and columns of a product that is split into full blocks, as in the gemm crate.
const SMALL: usize = 64;
/// Words of a mask with one bit for each term of a block.
const WORDS: usize = BLOCK / u64::BITS as usize;
/// Maximum bytes of a matrix that is mostly loaded from the first-level cache, at the rate of the multiplications.
const CACHED: usize = 64 * 1024;

/// `out = left·right` for `left` `[rows, right.count]` and `out` `[rows, right.columns]`,
/// both row-major, on the calling thread.
///
/// # Panics
/// When the shapes do not match.
pub(super) fn product<T: Scalar>(out: &mut [T], left: &[T], right: Rows<T>) {
    product_with(out, left, right, |block| Arch::new().dispatch(block));
}

/// `out = left·right`, both row-major, for `left` `[rows, inner]`, on the calling thread. Zeros in `left` are
/// skipped, and each sum has the same bits on every instruction set.
///
/// # Panics
/// When the shapes do not match.
pub fn ordered_product<T: Scalar>(out: &mut [T], left: &[T], right: Matrix<T>) {
    let mut memory = Padded::default();
    product(out, left, memory.rows(right));
}

fn product_with<T: Scalar>(out: &mut [T], left: &[T], right: Rows<T>, multiply: impl Fn(Block<T>)) {
    let (rows, depth) = (out.len() / right.columns, right.count);
    assert_eq!(out.len(), rows * right.columns, "size of a product");
    assert_eq!(left.len(), rows * depth, "inner dimension of a product");
    let block = block(rows, depth, right.columns);
    let mut active = vec![Active::default(); rows];
    for start in (0..depth).step_by(block) {
        let terms = start..depth.min(start + block);
        let right = right.slice(terms.clone());
        // Separate from `multiply`, so that the sums stay in registers.
        dispatch!({
            for (active, row) in active.iter_mut().zip(left.chunks_exact(depth)) {
                active.mark(&row[terms.clone()]);
            }
        });
        multiply(Block { out, left, depth, terms, active: &active, right });
    }
}

/// Terms of a block: full blocks in small products, else blocks of equal size.
fn block(rows: usize, depth: usize, columns: usize) -> usize {
    if rows <= SMALL && columns <= SMALL {
        BLOCK
    } else {
        depth.div_ceil(depth.div_ceil(BLOCK).max(1)).max(1)
    }
}

/// Mask words of a block's terms.
#[inline(always)]
fn mask_words(terms: &Range<usize>) -> usize {
    terms.len().div_ceil(u64::BITS as usize).min(WORDS)
}

/// Mask of the terms of a row that are not zero.
#[derive(Debug, Clone, Copy, Default)]
struct Active {
    /// A bit for each term.
    words: [u64; WORDS],
}

impl Active {
    #[inline(always)]
    fn mark<T: Scalar>(&mut self, row: &[T]) {
        *self = Self::default();
        for (word, numbers) in self.words.iter_mut().zip(row.chunks(u64::BITS as usize)) {
            for (bit, &number) in numbers.iter().enumerate() {
                *word |= u64::from(number != T::zero()) << bit;
            }
        }
    }
}

/// A block of the terms of all sums.
struct Block<'a, T> {
    out: &'a mut [T],
    left: &'a [T],
    /// Columns of `left`.
    depth: usize,
    terms: Range<usize>,
    /// For each row of `left`.
    active: &'a [Active],
    /// One row for each term.
    right: Rows<'a, T>,
}

impl<T: Scalar> WithSimd for Block<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Number of sums of two rows that fit the registers, with a vector of `right` and two factors.
        if S::REGISTER_COUNT >= 32 {
            self.multiply::<S, 13>(simd);
        } else {
            self.multiply::<S, 6>(simd);
        }
    }
}

impl<T: Scalar> Block<'_, T> {
    #[inline(always)]
    fn multiply<S: Simd, const MAX: usize>(mut self, simd: S) {
        let vectors = self.right.stride * size_of::<T>() / size_of::<T::Vector<S>>();
        let rows = self.active.len();
        let paired = if size_of_val(self.right.numbers) <= CACHED { 0 } else { rows - rows % 2 };
        for (start, width) in panels(vectors, MAX) {
            self.panel::<S, 2>(simd, start, width, 0..paired);
            self.panel::<S, 1>(simd, start, width, paired..rows);
        }
    }

    /// Computes `width` vectors of a range of rows, `ROWS` of them together.
    #[inline(always)]
    fn panel<S: Simd, const ROWS: usize>(&mut self, simd: S, start: usize, width: usize, rows: Range<usize>) {
        match width {
            1 => self.kernel::<S, ROWS, 1>(simd, start, rows),
            2 => self.kernel::<S, ROWS, 2>(simd, start, rows),
            3 => self.kernel::<S, ROWS, 3>(simd, start, rows),
            4 => self.kernel::<S, ROWS, 4>(simd, start, rows),
            5 => self.kernel::<S, ROWS, 5>(simd, start, rows),
            6 => self.kernel::<S, ROWS, 6>(simd, start, rows),
            7 => self.kernel::<S, ROWS, 7>(simd, start, rows),
            8 => self.kernel::<S, ROWS, 8>(simd, start, rows),
            9 => self.kernel::<S, ROWS, 9>(simd, start, rows),
            10 => self.kernel::<S, ROWS, 10>(simd, start, rows),
            11 => self.kernel::<S, ROWS, 11>(simd, start, rows),
            12 => self.kernel::<S, ROWS, 12>(simd, start, rows),
            13 => self.kernel::<S, ROWS, 13>(simd, start, rows),
            _ => unreachable!("panels are no wider than the registers hold"),
        }
    }

    /// Not inlined, because inlined kernels take registers from each other.
    #[inline(never)]
    fn kernel<S: Simd, const ROWS: usize, const WIDTH: usize>(
        &mut self,
        simd: S,
        start: usize,
        rows: Range<usize>,
    ) {
        simd.vectorize(
            #[inline(always)]
            || self.rows::<S, ROWS, WIDTH>(simd, start, rows),
        );
    }

    /// The factors of a row.
    #[inline(always)]
    fn factors(&self, row: usize) -> &[T] {
        &self.left[row * self.depth..][..self.depth][self.terms.clone()]
    }

    #[inline(always)]
    fn rows<S: Simd, const ROWS: usize, const WIDTH: usize>(
        &mut self,
        simd: S,
        start: usize,
        range: Range<usize>,
    ) {
        let vectors = T::vectors::<S>(self.right.numbers);
        let width = vectors.len() / self.terms.len();
        for first in range.step_by(ROWS) {
            let Some(active) = self.active[first..].first_chunk::<ROWS>() else { return };
            let mut rows = [&[] as &[T]; ROWS];
            for (row, factors) in rows.iter_mut().enumerate() {
                *factors = &self.factors(first + row)[..self.terms.len()];
            }
            let mut sums = [[T::splat(simd, T::zero()); WIDTH]; ROWS];
            for word in 0..mask_words(&self.terms) {
                let mut bits = active.iter().fold(0, |bits, row| bits | row.words[word]);
                while bits != 0 {
                    let term = word * u64::BITS as usize + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let Some(line) = vectors[term * width + start..].first_chunk::<WIDTH>() else { return };
                    let mut factors = [T::splat(simd, T::zero()); ROWS];
                    for (factor, row) in factors.iter_mut().zip(&rows) {
                        *factor = T::splat(simd, row[term]);
                    }
                    for (column, &vector) in line.iter().enumerate() {
                        for (sums, &factor) in sums.iter_mut().zip(&factors) {
                            sums[column] = T::fused(simd, factor, vector, sums[column]);
                        }
                    }
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                self.store(simd, first + row, start, sums);
            }
        }
    }

    #[inline(always)]
    fn store<S: Simd, const WIDTH: usize>(
        &mut self,
        simd: S,
        row: usize,
        start: usize,
        sums: [T::Vector<S>; WIDTH],
    ) {
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let columns = self.right.columns;
        let out = &mut self.out[row * columns..][..columns];
        let first = self.terms.start == 0;
        let (whole, rest) = T::vectors_mut::<S>(&mut out[start * lanes..]);
        for (out, &sum) in whole.iter_mut().zip(&sums) {
            *out = if first { sum } else { T::plus(simd, sum, *out) };
        }
        if let Some(&sum) = sums.get(whole.len())
            && !rest.is_empty()
        {
            let sum = if first { sum } else { T::plus(simd, sum, T::load(simd, rest)) };
            T::store(simd, rest, sum);
        }
    }
}

/// First vector and number of vectors of panels of at most `max` vectors, as even as possible.
#[inline(always)]
fn panels(vectors: usize, max: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = vectors.div_ceil(max);
    (0..count).map(move |panel| {
        let start = panel * vectors / count;
        (start, (panel + 1) * vectors / count - start)
    })
}

#[cfg(test)]
mod tests {
    use super::super::product::{Matrix, product as reference};
    use super::super::rows::Padded;
    use super::*;

    /// Numbers of which about `share` are not zero.
    fn numbers(count: usize, share: f64, seed: u64) -> Vec<f32> {
        let mut state = seed * 2 + 1;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        (0..count).map(|_| if draw() < share { draw() as f32 - 0.5 } else { 0.0 }).collect()
    }

    #[test]
    fn active_terms_give_what_all_terms_give() {
        for (rows, depth, columns) in
            [(1, 1, 1), (7, 3, 5), (10, 400, 400), (5, 64, 17), (12, 100, 100), (3, 1200, 33), (70, 513, 9)]
        {
            for share in [0.0, 0.2, 0.5, 1.0] {
                let left = numbers(rows * depth, share, 1);
                let right = numbers(depth * columns, 1.0, 2);
                let matrix = Matrix::new(&right, depth, columns);
                let (mut out, mut expected) = (vec![9.0; rows * columns], vec![0.0; rows * columns]);
                product(&mut out, &left, Padded::default().rows(matrix));
                reference(&mut expected, false, 1.0, Matrix::new(&left, rows, depth), matrix);
                for (out, expected) in out.iter().zip(&expected) {
                    assert!((out - expected).abs() < 1e-5, "{rows} {depth} {columns} {share}");
                }
            }
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_instruction_set_or_on_other_rows() {
        let (rows, depth, columns) = (11, 700, 45);
        for share in [0.2, 0.9] {
            let left = numbers(rows * depth, share, 3);
            let right = numbers(depth * columns, 1.0, 4);
            let mut memory = Padded::default();
            let right = memory.rows(Matrix::new(&right, depth, columns));
            let mut out = vec![0.0; rows * columns];
            product(&mut out, &left, right);
            let mut plain = vec![0.0; rows * columns];
            product_with(&mut plain, &left, right, |block| block.with_simd(pulp::Scalar));
            assert_eq!(out, plain);
            for (row, left) in left.chunks_exact(depth).enumerate() {
                let mut alone = vec![0.0; columns];
                product(&mut alone, left, right);
                assert_eq!(alone, out[row * columns..][..columns]);
            }
        }
    }

    #[test]
    fn nan_stays_nan() {
        let mut left = vec![0.0f32; 40];
        left[7] = f32::NAN;
        let right = numbers(40 * 20, 1.0, 5);
        let mut out = vec![0.0; 20];
        product(&mut out, &left, Padded::default().rows(Matrix::new(&right, 40, 20)));
        assert!(out.iter().all(|number| number.is_nan()));
    }
}
