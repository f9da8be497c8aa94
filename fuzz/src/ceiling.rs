//! A limit on memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum bytes of the process: a hundred times those that the files of the corpus need.
const LIMIT: usize = 256 << 20;

/// The system's allocator up to a total number of bytes. Beyond it allocations fail, which ends the process
/// unless the caller handles the failure.
pub struct Ceiling {
    held: AtomicUsize,
}

impl Ceiling {
    /// An allocator without allocations.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: AtomicUsize::new(0) }
    }
}

#[allow(unsafe_code, reason = "an allocator cannot be written otherwise; all is left to the system's")]
unsafe impl GlobalAlloc for Ceiling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let before = self.held.fetch_add(layout.size(), Ordering::Relaxed);
        if before.saturating_add(layout.size()) > LIMIT {
            self.held.fetch_sub(layout.size(), Ordering::Relaxed);
            return ptr::null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) };
        self.held.fetch_sub(layout.size(), Ordering::Relaxed);
    }
}
