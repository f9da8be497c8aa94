//! Reductions of slices in a fixed order: sums over sixteen lanes, so that the result does not depend on the instruction
//! set.

#![expect(clippy::inline_always, reason = "a sum is compiled for the instruction set of its caller")]

use super::scalar::Scalar;

const LANES: usize = 16;

/// The sum of `of(x)` over a slice, in sixteen running sums.
#[inline(always)]
pub fn sum<T: Scalar>(numbers: &[T], of: impl Fn(T) -> T) -> T {
    let mut sums = [T::zero(); LANES];
    let chunks = numbers.chunks_exact(LANES);
    let mut rest = T::zero();
    for &number in chunks.remainder() {
        rest = rest + of(number);
    }
    for chunk in chunks {
        for (sum, &number) in sums.iter_mut().zip(chunk) {
            *sum = *sum + of(number);
        }
    }
    sums.into_iter().fold(rest, |total, sum| total + sum)
}

/// The inner product of two slices, in sixteen running sums.
#[inline(always)]
pub fn dot<T: Scalar>(left: &[T], right: &[T]) -> T {
    let mut sums = [T::zero(); LANES];
    let (lefts, rights) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let mut rest = T::zero();
    for (&a, &b) in lefts.remainder().iter().zip(rights.remainder()) {
        rest = rest + a * b;
    }
    for (a, b) in lefts.zip(rights) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum = *sum + a * b;
        }
    }
    sums.into_iter().fold(rest, |total, sum| total + sum)
}

/// The index of the largest number; the first of equals.
pub fn argmax<T: PartialOrd>(numbers: &[T]) -> usize {
    let better = |best: usize, at: usize| if numbers[at] > numbers[best] { at } else { best };
    (0..numbers.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::dispatch;

    #[test]
    fn sums_include_every_element_once() {
        for length in [0usize, 1, 15, 16, 17, 100] {
            let numbers: Vec<f64> = (0..length).map(|i| i as f64).collect();
            let expected: f64 = numbers.iter().sum();
            assert_eq!(dispatch!(sum(&numbers, |x| x)), expected);
            let squares: f64 = numbers.iter().map(|x| x * x).sum();
            assert_eq!(dispatch!(dot(&numbers, &numbers)), squares);
        }
    }
}
