//! Scalar types of the fused kernels: f32 for training, f64 for checks.

use num_traits::Float;
use pulp::Simd;

/// A floating-point type with matrix products and with the vectors of each instruction set.
pub trait Scalar: Float + Send + Sync + 'static {
    /// A register of `S`.
    type Vector<S: Simd>: Copy;

    /// The number nearest to `value`.
    fn of(value: f64) -> Self;

    /// A slice as whole vectors, without the remainder.
    fn vectors<S: Simd>(numbers: &[Self]) -> &[Self::Vector<S>];

    /// A slice as whole vectors, and the remainder.
    fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]);

    /// A vector with all elements equal.
    fn splat<S: Simd>(simd: S, number: Self) -> Self::Vector<S>;

    /// a·b + c, rounded once.
    fn fused<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>)
    -> Self::Vector<S>;

    /// a + b.
    fn plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// A vector that begins with the numbers of a slice, which is not longer than it.
    fn load<S: Simd>(simd: S, numbers: &[Self]) -> Self::Vector<S>;

    /// Overwrites a slice, which is not longer than a vector, with the vector's first numbers.
    fn store<S: Simd>(simd: S, numbers: &mut [Self], vector: Self::Vector<S>);
}

macro_rules! scalar {
    ($number:ty, $vector:ident, $splat:ident, $mul_add:ident, $add:ident, $load:ident, $store:ident) => {
        impl Scalar for $number {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn of(value: f64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn vectors<S: Simd>(numbers: &[Self]) -> &[S::$vector] {
                let lanes = size_of::<S::$vector>() / size_of::<Self>();
                pulp::bytemuck::cast_slice(&numbers[..numbers.len() / lanes * lanes])
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(numbers: &mut [Self]) -> (&mut [S::$vector], &mut [Self]) {
                let lanes = size_of::<S::$vector>() / size_of::<Self>();
                let (whole, rest) = numbers.split_at_mut(numbers.len() / lanes * lanes);
                (pulp::bytemuck::cast_slice_mut(whole), rest)
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, number: Self) -> S::$vector {
                simd.$splat(number)
            }

            #[inline(always)]
            fn fused<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                simd.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn load<S: Simd>(simd: S, numbers: &[Self]) -> S::$vector {
                simd.$load(numbers)
            }

            #[inline(always)]
            fn store<S: Simd>(simd: S, numbers: &mut [Self], vector: S::$vector) {
                simd.$store(numbers, vector);
            }
        }
    };
}

scalar!(f32, f32s, splat_f32s, mul_add_f32s, add_f32s, partial_load_f32s, partial_store_f32s);
scalar!(f64, f64s, splat_f64s, mul_add_f64s, add_f64s, partial_load_f64s, partial_store_f64s);
