//! Solution of symmetric, positive definite systems.

/// The lower triangle L of A = L·Lᵀ; `None` if A is not positive definite.
pub(super) fn cholesky(mut matrix: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    for row in 0..size {
        for column in 0..=row {
            let (above, own) = matrix.split_at(row * size);
            let left = if column == row { &own[..column] } else { &above[column * size..][..column] };
            let inner: f64 = left.iter().zip(&own[..column]).map(|(a, b)| a * b).sum();
            let rest = own[column] - inner;
            matrix[row * size + column] = if row == column {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / matrix[column * size + column]
            };
        }
    }
    Some(matrix)
}

/// Solves L·Lᵀ·x = b.
pub(super) fn solve(factor: &[f64], side: &[f64]) -> Vec<f64> {
    let size = side.len();
    let mut x = side.to_vec();
    for row in 0..size {
        let inner: f64 = (0..row).map(|at| factor[row * size + at] * x[at]).sum();
        x[row] = (x[row] - inner) / factor[row * size + row];
    }
    for row in (0..size).rev() {
        let inner: f64 = (row + 1..size).map(|at| factor[at * size + row] * x[at]).sum();
        x[row] = (x[row] - inner) / factor[row * size + row];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved_as_by_hand() {
        // [[4, 2], [2, 3]]·[1, 2] = [8, 8]
        let factor = cholesky(vec![4.0, 2.0, 2.0, 3.0], 2).unwrap();
        let solution = solve(&factor, &[8.0, 8.0]);
        assert!((solution[0] - 1.0).abs() < 1e-12 && (solution[1] - 2.0).abs() < 1e-12, "{solution:?}");
        assert_eq!(cholesky(vec![1.0, 2.0, 2.0, 1.0], 2), None);
    }
}
