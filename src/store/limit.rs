//! Maximum size of each kind of file in bytes: far more than the program writes, and small enough that a foreign
//! file cannot exhaust memory.

/// A lease, a result, a provenance, a config or a spec.
pub const RECORD: u64 = 16 << 20;

/// A table.
pub const TABLE: u64 = 4 << 30;

/// Weights, or the state of a trial in training.
pub const WEIGHTS: u64 = 16 << 30;
