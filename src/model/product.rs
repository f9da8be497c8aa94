//! Matrix products on slices.

use gemm::Parallelism;

use super::scalar::Scalar;

/// A read-only matrix: a slice in row-major order, or its transpose.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    entries: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// `[rows, columns]` in row-major order.
    ///
    /// # Panics
    /// When the slice has another length.
    pub fn new(entries: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(entries.len(), rows * columns, "a {rows} by {columns} matrix");
        Self { entries, rows, columns, row_stride: columns, column_stride: 1 }
    }

    pub(super) fn rows(self) -> usize {
        self.rows
    }

    pub(super) fn columns(self) -> usize {
        self.columns
    }

    /// The entries, if they are in row-major order.
    pub(super) fn row_major(self) -> Option<&'a [T]> {
        (self.column_stride == 1 && self.row_stride == self.columns).then_some(self.entries)
    }

    /// The transpose, without a copy.
    #[must_use]
    pub fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// `out = factor · left · right`, or `out += …` if `accumulate` is true; `out` is row-major.
/// Computed on the calling thread.
///
/// # Panics
/// When the shapes do not match.
#[expect(unsafe_code, reason = "gemm takes pointers and strides; the shapes are checked here")]
pub fn product<T: Scalar>(out: &mut [T], accumulate: bool, factor: T, left: Matrix<T>, right: Matrix<T>) {
    assert_eq!(left.columns, right.rows, "inner dimensions of a product");
    assert_eq!(out.len(), left.rows * right.columns, "size of a product");
    // SAFETY: a `Matrix` covers its slice exactly, whichever way its strides run, `out`
    // is exclusively borrowed and has one entry for each row and column, and T is f32 or
    // f64, which gemm has kernels for.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            out.as_mut_ptr(),
            1,
            right.columns.cast_signed(),
            accumulate,
            left.entries.as_ptr(),
            left.column_stride.cast_signed(),
            left.row_stride.cast_signed(),
            right.entries.as_ptr(),
            right.column_stride.cast_signed(),
            right.row_stride.cast_signed(),
            T::one(),
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_matrices_and_transposes() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let b = [1.0, 0.0, -1.0, 2.0, 1.0, 0.5];
        let mut out = [0.0f64; 4];
        product(&mut out, false, 1.0, Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2));
        assert_eq!(out, [1.0 - 2.0 + 3.0, 4.0 + 1.5, 4.0 - 5.0 + 6.0, 10.0 + 3.0]);
        product(&mut out, true, 2.0, Matrix::new(&a, 2, 3), Matrix::new(&a, 2, 3).t());
        assert_eq!(out, [2.0 + 28.0, 5.5 + 64.0, 5.0 + 64.0, 13.0 + 154.0]);
    }
}
