//! Parameters before they have values: name, role, shape, initial values and learning rate.

use serde::{Deserialize, Serialize};

/// The role of a parameter in the equations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// E: drives the units from the input.
    Encoder,
    /// S: drives the units from each other.
    Recurrent,
    /// b: is subtracted from the drive.
    Threshold,
    /// D: reconstructs the input.
    Decoder,
    /// C: scores the classes, with its bias.
    Classifier,
}

/// The values of a parameter before training. D `[inputs, width]` is random, with unit columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initial {
    /// The same value everywhere.
    Constant(f64),
    /// This multiple of λ everywhere.
    Sparsity(f64),
    /// Normal numbers of mean 0 and this standard deviation.
    Normal(f64),
    /// This multiple of Dᵀ, in the shape `[width, inputs]` alone.
    Transpose(f64),
    /// I − αDᵀD for this α, in the shape `[width, width]` alone.
    Shrinkage(f64),
    /// The identity, for square matrices.
    Identity,
    /// Normal numbers, scaled to rows of this norm, for matrices.
    Rows(f64),
    /// Normal numbers, scaled to columns of unit norm: D itself.
    Dictionary,
}

/// A parameter of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Name in `model.safetensors`.
    pub name: String,
    /// Role in the equations; phases freeze groups and give them learning-rate multipliers.
    pub group: Group,
    /// `[rows, columns]`, `[length]` or any other.
    pub shape: Vec<usize>,
    /// Values before training.
    pub initial: Initial,
    /// Divides the learning rate and the bound: the number of iterations in which a weight acts.
    pub uses: usize,
    /// Enforce `bounds.encoder` on the rows, as for every matrix of the group [`Group::Encoder`] by default.
    pub bounded: bool,
}

impl Slot {
    /// A parameter that acts once.
    #[must_use]
    pub fn new(name: impl Into<String>, group: Group, shape: &[usize], initial: Initial) -> Self {
        let bounded = group == Group::Encoder && shape.len() == 2;
        Self { name: name.into(), group, shape: shape.to_vec(), initial, uses: 1, bounded }
    }

    /// Sets the number of iterations in which the parameter acts.
    #[must_use]
    pub fn used(self, times: usize) -> Self {
        Self { uses: times.max(1), ..self }
    }

    /// Removes the bound on the rows.
    #[must_use]
    pub fn unbounded(self) -> Self {
        Self { bounded: false, ..self }
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }
}
