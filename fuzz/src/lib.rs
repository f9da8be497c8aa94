//! Properties of the readers of files for any content: no panic, no more memory than [`ceiling`] allows,
//! and errors that name the place.
//!
//! A target reads the bytes of one file, panics if a property is violated, and returns true if a reader
//! accepted the file. `cargo fuzz` calls it with generated inputs; `tests/corpus.rs` of the main crate
//! calls it with the files in `seeds/`, and with mutations of them.

pub mod arrays;
pub mod ceiling;
pub mod checkpoint;
pub mod dataset;
pub mod idx;
pub mod record;
pub mod spec;
pub mod sweep;
pub mod tables;

/// Passes the bytes of one file to its readers; returns true if one accepted it.
pub type Target = fn(&[u8]) -> bool;

/// Every target by the name of its folder in `seeds/`.
pub const TARGETS: [(&str, Target); 6] = [
    ("arrays", arrays::run),
    ("checkpoint", checkpoint::run),
    ("idx", idx::run),
    ("record", record::run),
    ("spec", spec::run),
    ("tables", tables::run),
];

#[global_allocator]
static MEMORY: ceiling::Ceiling = ceiling::Ceiling::new();
