//! What one iteration of a network reads.

/// Names of the parameters that one iteration reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// E_t `[hidden, inputs]`, where the iteration sees the input.
    pub encoder: Option<String>,
    /// S_t `[hidden, hidden]`, where the iteration sees the code before it.
    pub recurrent: Option<String>,
    /// b_t `[hidden]`.
    pub threshold: String,
}
