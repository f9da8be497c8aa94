//! Loops that are compiled for each instruction set, of which the best is selected at run time.
//!
//! No element-wise result depends on the instruction set: nothing is contracted into a fused
//! multiply-add.

#![expect(clippy::inline_always, reason = "a loop is compiled for the instruction set of its caller")]

use pulp::{Arch, Simd, WithSimd};

/// The value of an expression, compiled for each instruction set and computed by the best one of this
/// processor.
///
/// A macro, because the closure must always be inlined: otherwise it becomes a function that is compiled for
/// the oldest processor.
macro_rules! dispatch {
    ($work:expr) => {
        $crate::simd::vectorized(
            #[inline(always)]
            || $work,
        )
    };
}
pub(crate) use dispatch;

/// Calls a closure of [`dispatch!`].
#[inline(always)]
pub fn vectorized<R>(work: impl FnMut() -> R) -> R {
    Arch::new().dispatch(Inlined(work))
}

/// Work that is always inlined, unlike pulp's own `FnOnce`, which is called through an adapter.
struct Inlined<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Inlined<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _simd: S) -> R {
        (self.0)()
    }
}
