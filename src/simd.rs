//! Loops compiled for each instruction set, the best one chosen at run time.
//!
//! No element-wise result depends on the instruction set: nothing is contracted into a fused
//! multiply-add.

#![expect(
    clippy::inline_always,
    reason = "a loop is compiled for the instruction set of what it is inlined into"
)]

use pulp::{Arch, Simd, WithSimd};

/// The value of an expression, compiled for each instruction set and computed by the best one of this
/// processor.
///
/// A macro, for its closure must be one that is always inlined: left to itself the compiler makes it a
/// function, and compiles that for the oldest processor.
macro_rules! dispatch {
    ($work:expr) => {
        $crate::simd::vectorized(
            #[inline(always)]
            || $work,
        )
    };
}
pub(crate) use dispatch;

/// What [`dispatch!`] calls with its closure.
#[inline(always)]
pub fn vectorized<R>(work: impl FnMut() -> R) -> R {
    Arch::new().dispatch(Inlined(work))
}

/// Work that is inlined where pulp's own `FnOnce` is not, since that is called through an adapter.
struct Inlined<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Inlined<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _simd: S) -> R {
        (self.0)()
    }
}
