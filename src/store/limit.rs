//! The most bytes that each kind of file may have: far more than the program writes, and few enough that a file
//! of another origin cannot fill the memory unnoticed.

/// A lease, a result, a provenance, a config or a spec.
pub const RECORD: u64 = 16 << 20;

/// A table.
pub const TABLE: u64 = 4 << 30;

/// Weights, or the state of a trial that trains.
pub const WEIGHTS: u64 = 16 << 30;
