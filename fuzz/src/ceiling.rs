//! A bound on memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that the process may hold at once: a hundred times what the files of the corpus need.
const MOST: usize = 256 << 20;

/// The system's allocator up to a total of so many bytes; then there is no memory, and who asks for it
/// without being ready for that ends the process.
pub struct Ceiling {
    held: AtomicUsize,
}

impl Ceiling {
    /// Nothing is held yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: AtomicUsize::new(0) }
    }
}

#[allow(unsafe_code, reason = "an allocator cannot be written otherwise; all is left to the system's")]
unsafe impl GlobalAlloc for Ceiling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let before = self.held.fetch_add(layout.size(), Ordering::Relaxed);
        if before.saturating_add(layout.size()) > MOST {
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
