//! Products of codes, or of their gradients, with a matrix: the recursion's z·Sᵀ and δ·S,
//! and Σ δᵀ·z.
//!
//! A rectified unit is often silent, and a term of a silent unit is zero: it is passed over,
//! which changes no sum. A matrix that is larger than the first-level cache is loaded half
//! as fast as it can be multiplied; there two rows go through the registers together, over
//! the terms of which either is active, and use each load twice. Either way each sum takes
//! its terms in their order, one fused multiply-add a term, in blocks of at most [`BLOCK`]
//! terms that are added up one after the other: the same bits on each instruction set, and
//! the bits of the gemm crate on processors whose cache makes it choose the same blocks.

#![expect(
    clippy::inline_always,
    reason = "a kernel is compiled for the instruction set of what it is inlined into"
)]

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::product::Matrix;
use super::real::Real;
use super::rows::{Padded, Rows};
use crate::simd::dispatch;

/// Most terms that are summed up in a register before the sum goes to memory.
const BLOCK: usize = 512;
/// Most rows and columns of a product whose blocks are filled one after the other, as the
/// gemm crate fills them.
const SMALL: usize = 64;
/// Words of a bit for each term of a block.
const WORDS: usize = BLOCK / u64::BITS as usize;
/// Bytes of a matrix that is loaded from the first-level cache, for the most part, and so as fast
/// as it is multiplied.
const NEAR: usize = 64 * 1024;

/// `out = left·right` for `left` `[rows, right.count]` and `out` `[rows, right.columns]`,
/// both row-major, on the calling thread.
///
/// # Panics
/// When the shapes do not belong together.
pub(super) fn product<T: Real>(out: &mut [T], left: &[T], right: Rows<T>) {
    product_with(out, left, right, |block| Arch::new().dispatch(block));
}

/// `out = left·right`, both row-major, for `left` `[rows, inner]`: on the calling thread, terms of
/// zeros in `left` passed over, and each sum with the same bits on every instruction set.
///
/// # Panics
/// When the shapes do not belong together.
pub fn ordered_product<T: Real>(out: &mut [T], left: &[T], right: Matrix<T>) {
    let mut memory = Padded::default();
    product(out, left, memory.rows(right));
}

fn product_with<T: Real>(out: &mut [T], left: &[T], right: Rows<T>, multiply: impl Fn(Block<T>)) {
    let (rows, depth) = (out.len() / right.columns, right.count);
    assert_eq!(out.len(), rows * right.columns, "size of a product");
    assert_eq!(left.len(), rows * depth, "inner dimension of a product");
    let block = block(rows, depth, right.columns);
    let mut active = vec![Active::default(); rows];
    for start in (0..depth).step_by(block) {
        let terms = start..depth.min(start + block);
        let right = right.slice(terms.clone());
        // A function of its own: what it keeps in registers must not crowd out the sums.
        dispatch!({
            for (active, row) in active.iter_mut().zip(left.chunks_exact(depth)) {
                active.mark(&row[terms.clone()]);
            }
        });
        multiply(Block { out, left, depth, terms, active: &active, right });
    }
}

/// Terms of a block: as many in each as can be, and in small products as many as there may be.
fn block(rows: usize, depth: usize, columns: usize) -> usize {
    if rows <= SMALL && columns <= SMALL {
        BLOCK
    } else {
        depth.div_ceil(depth.div_ceil(BLOCK).max(1)).max(1)
    }
}

/// Words that a block's terms take.
#[inline(always)]
fn words(terms: &Range<usize>) -> usize {
    terms.len().div_ceil(u64::BITS as usize).min(WORDS)
}

/// The terms of a row that are not zero.
#[derive(Debug, Clone, Copy, Default)]
struct Active {
    /// A bit for each term.
    words: [u64; WORDS],
}

impl Active {
    #[inline(always)]
    fn mark<T: Real>(&mut self, row: &[T]) {
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
    /// Its rows belong to the terms.
    right: Rows<'a, T>,
}

impl<T: Real> WithSimd for Block<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Sums of two rows that fit the registers, with a vector of `right` and two factors.
        if S::REGISTER_COUNT >= 32 {
            self.multiply::<S, 13>(simd);
        } else {
            self.multiply::<S, 6>(simd);
        }
    }
}

impl<T: Real> Block<'_, T> {
    #[inline(always)]
    fn multiply<S: Simd, const MOST: usize>(mut self, simd: S) {
        let vectors = self.right.stride * size_of::<T>() / size_of::<T::Vector<S>>();
        let rows = self.active.len();
        let paired = if size_of_val(self.right.numbers) <= NEAR { 0 } else { rows - rows % 2 };
        for (start, width) in panels(vectors, MOST) {
            self.panel::<S, 2>(simd, start, width, 0..paired);
            self.panel::<S, 1>(simd, start, width, paired..rows);
        }
    }

    /// `width` vectors of a range of rows, `ROWS` of them together.
    #[inline(always)]
    fn panel<S: Simd, const ROWS: usize>(&mut self, simd: S, start: usize, width: usize, rows: Range<usize>) {
        match width {
            1 => self.apart::<S, ROWS, 1>(simd, start, rows),
            2 => self.apart::<S, ROWS, 2>(simd, start, rows),
            3 => self.apart::<S, ROWS, 3>(simd, start, rows),
            4 => self.apart::<S, ROWS, 4>(simd, start, rows),
            5 => self.apart::<S, ROWS, 5>(simd, start, rows),
            6 => self.apart::<S, ROWS, 6>(simd, start, rows),
            7 => self.apart::<S, ROWS, 7>(simd, start, rows),
            8 => self.apart::<S, ROWS, 8>(simd, start, rows),
            9 => self.apart::<S, ROWS, 9>(simd, start, rows),
            10 => self.apart::<S, ROWS, 10>(simd, start, rows),
            11 => self.apart::<S, ROWS, 11>(simd, start, rows),
            12 => self.apart::<S, ROWS, 12>(simd, start, rows),
            13 => self.apart::<S, ROWS, 13>(simd, start, rows),
            _ => unreachable!("panels are no wider than the registers hold"),
        }
    }

    /// A kernel as a function of its own: inlined, kernels take registers from each other.
    #[inline(never)]
    fn apart<S: Simd, const ROWS: usize, const WIDTH: usize>(
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
            for word in 0..words(&self.terms) {
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
                self.keep(simd, first + row, start, sums);
            }
        }
    }

    #[inline(always)]
    fn keep<S: Simd, const WIDTH: usize>(
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

/// The first vector and the number of vectors of panels of at most `most`, as even as can be.
#[inline(always)]
fn panels(vectors: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = vectors.div_ceil(most);
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
    fn bits_do_not_depend_on_the_instruction_set_or_on_the_rows_beside() {
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
    fn what_is_not_a_number_stays_so() {
        let mut left = vec![0.0f32; 40];
        left[7] = f32::NAN;
        let right = numbers(40 * 20, 1.0, 5);
        let mut out = vec![0.0; 20];
        product(&mut out, &left, Padded::default().rows(Matrix::new(&right, 40, 20)));
        assert!(out.iter().all(|number| number.is_nan()));
    }
}
