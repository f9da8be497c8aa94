//! What must hold of the readers of files, whatever is in a file: no panic, no more memory than
//! [`ceiling`] allows, and errors that name the place.
//!
//! A target takes the bytes of one file, panics where one of these does not hold, and tells whether a
//! reader accepted the file. `cargo fuzz` calls it with inputs that it makes up; `tests/corpus.rs` of
//! the main crate calls it with those in `seeds/`, and with mutations of them.

pub mod ceiling;
pub mod checkpoint;
pub mod idx;
pub mod record;
pub mod spec;
pub mod sweep;
pub mod tables;

/// Tries the bytes of one file on the readers of such files; whether one accepted it.
pub type Target = fn(&[u8]) -> bool;

/// Every target by the name of its folder in `seeds/`.
pub const TARGETS: [(&str, Target); 5] = [
    ("checkpoint", checkpoint::run),
    ("idx", idx::run),
    ("record", record::run),
    ("spec", spec::run),
    ("tables", tables::run),
];

#[global_allocator]
static MEMORY: ceiling::Ceiling = ceiling::Ceiling::new();
