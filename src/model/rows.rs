//! Matrices in a layout for vector instructions: rows are aligned to cache lines and padded with zeros.

use super::product::Matrix;
use super::scalar::Scalar;
use crate::simd::dispatch;

/// Rows are padded to a multiple of this many numbers: a cache line of f32.
const LINE: usize = 16;
/// Alignment of the first row in bytes.
const ALIGNMENT: usize = 64;

/// Numbers aligned to a cache line.
#[derive(Debug, Clone)]
pub(super) struct Aligned<T> {
    /// The numbers, with space before the first one for the alignment.
    memory: Vec<T>,
    length: usize,
}

impl<T: Scalar> Aligned<T> {
    pub fn zeros(length: usize) -> Self {
        Self { memory: vec![T::zero(); length + ALIGNMENT / size_of::<T>()], length }
    }

    pub fn numbers(&self) -> &[T] {
        &self.memory[self.memory.as_ptr().align_offset(ALIGNMENT)..][..self.length]
    }

    pub fn numbers_mut(&mut self) -> &mut [T] {
        let start = self.memory.as_ptr().align_offset(ALIGNMENT);
        &mut self.memory[start..][..self.length]
    }
}

/// Reusable memory for a matrix with padded rows.
#[derive(Debug, Clone)]
pub(super) struct Padded<T> {
    memory: Aligned<T>,
}

/// A matrix of `count` rows at a distance of `stride` numbers, zero beyond its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub numbers: &'a [T],
    pub stride: usize,
    pub count: usize,
    pub columns: usize,
}

impl<T: Scalar> Default for Padded<T> {
    fn default() -> Self {
        Self { memory: Aligned::zeros(0) }
    }
}

impl<T: Scalar> Padded<T> {
    /// `matrix` in this layout: copied into this memory, unless its rows already have it.
    pub fn rows<'a>(&'a mut self, matrix: Matrix<'a, T>) -> Rows<'a, T> {
        let (count, columns) = (matrix.rows(), matrix.columns());
        let stride = columns.next_multiple_of(LINE);
        if let Some(numbers) = matrix.row_major()
            && stride == columns
            && numbers.as_ptr().align_offset(ALIGNMENT) == 0
        {
            return Rows { numbers, stride, count, columns };
        }
        if self.memory.length < count * stride {
            self.memory = Aligned::zeros(count * stride);
        }
        let numbers = &mut self.memory.numbers_mut()[..count * stride];
        if let Some(entries) = matrix.row_major() {
            for (row, entries) in numbers.chunks_exact_mut(stride).zip(entries.chunks_exact(columns)) {
                row[..columns].copy_from_slice(entries);
            }
        } else if let Some(entries) = matrix.t().row_major() {
            transpose(numbers, stride, entries, count);
        }
        for row in numbers.chunks_exact_mut(stride) {
            row[columns..].fill(T::zero());
        }
        Rows { numbers, stride, count, columns }
    }
}

/// Writes the transpose of `matrix`, whose rows have `columns` entries, to `out`, whose rows have a distance
/// of `stride` entries; in blocks that fit the registers.
pub(super) fn transpose<T: Scalar>(out: &mut [T], stride: usize, matrix: &[T], columns: usize) {
    let rows = matrix.len() / columns;
    let (whole_rows, whole_columns) = (rows - rows % LINE, columns - columns % LINE);
    dispatch!({
        // The outer loop runs over columns of `matrix`, so that each row of `out` is written in order.
        for left in (0..whole_columns).step_by(LINE) {
            for top in (0..whole_rows).step_by(LINE) {
                let mut block = [[T::zero(); LINE]; LINE];
                for (row, entries) in block.iter_mut().enumerate() {
                    entries.copy_from_slice(&matrix[(top + row) * columns + left..][..LINE]);
                }
                for column in 0..LINE {
                    let line = &mut out[(left + column) * stride + top..][..LINE];
                    for (out, row) in line.iter_mut().zip(&block) {
                        *out = row[column];
                    }
                }
            }
        }
        for row in 0..rows {
            let rest = if row < whole_rows { whole_columns } else { 0 };
            for column in rest..columns {
                out[column * stride + row] = matrix[row * columns + column];
            }
        }
    });
}

impl<T> Rows<'_, T> {
    /// The rows of a range.
    pub fn slice(self, rows: std::ops::Range<usize>) -> Self {
        let numbers = &self.numbers[rows.start * self.stride..rows.end * self.stride];
        Self { numbers, count: rows.len(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_and_aligned_for_any_matrix() {
        let entries: Vec<f32> = (0..6).map(|i| i as f32 + 1.0).collect();
        let mut memory = Padded::default();
        for (matrix, expected) in [
            (Matrix::new(&entries, 2, 3), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
            (Matrix::new(&entries, 3, 2).t(), [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]),
        ] {
            memory.memory.memory.fill(7.0);
            let rows = memory.rows(matrix);
            assert_eq!(rows.numbers.as_ptr().align_offset(ALIGNMENT), 0);
            for (row, expected) in rows.numbers.chunks_exact(rows.stride).zip(expected) {
                assert_eq!(row[..3], expected);
                assert!(row[3..].iter().all(|&rest| rest == 0.0));
            }
        }
    }
}
