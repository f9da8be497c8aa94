//! Training: the objective, its minimisation in phases, and the selection of the weights.
//!
//! The module computes rows and networks; it opens no file. Candle differentiates the graph of a mini-batch: of
//! [fused kernels](Fused) on the CPU, or of its own operations for any network on any device. A recursion is evaluated by
//! the fused kernels on the CPU, to which weights on another device are copied once an epoch.

mod average;
mod batches;
mod coder;
pub mod config;
mod epoch;
mod evaluation;
mod fused;
mod graph_optimiser;
mod loss;
mod memory;
pub mod objective;
mod optimiser;
mod pass;
mod primer;
mod readout;
mod registry;
mod schedule;
mod state;
mod stepper;
mod term;
mod terms;
mod trainer;
mod updates;

pub use batches::{Batch, Batches, Noise, Selection};
pub use config::{Config, Gradient, Multipliers, Objective, Optimizer, Phase, Schedule};
pub use epoch::{Averages, Epoch};
pub use evaluation::{Evaluation, evaluate, test};
pub use fused::{Encoding, Fused};
pub use loss::{Decoders, Loss, Terms, Weights};
pub use optimiser::Optimiser;
pub use pass::candle_objective;
pub use primer::primer;
pub use readout::{Readout, mistakes};
pub use registry::{WeightedTerm, register};
pub use state::{State, StateError};
pub use stepper::Stepper;
pub use term::{Forward, Term};
pub use trainer::{OnBatch, Outcome, Task, Trainer};

use crate::Invalid;
use crate::device;
use crate::memory::Shortage;

/// An error that ends the training of a trial.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The loss or the weights are no longer finite numbers.
    #[error("the loss became {loss} in epoch {epoch}{}", at_update(*.update))]
    Diverged {
        /// Epoch over all phases, from 1.
        epoch: usize,
        /// Update within the phase, from 1; 0 if an evaluation after the epoch found it.
        update: usize,
        /// The loss.
        loss: f64,
    },
    /// There is not enough free memory for the network; the trial has not failed.
    #[error("{0}; train fewer networks in parallel or a smaller one, or raise the limit on memory")]
    Memory(Shortage),
    /// A state that does not belong to the schedule.
    #[error(
        "its state after {epoch} epochs belongs to another schedule; remove `state.safetensors` to start afresh"
    )]
    Schedule {
        /// Completed epochs of the state.
        epoch: usize,
    },
    /// The device for training cannot be used.
    #[error(transparent)]
    Device(#[from] device::Error),
    /// A network or a term that this program cannot make.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The caller stopped the trial.
    #[error("it was stopped")]
    Stopped,
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl From<Shortage> for Error {
    fn from(shortage: Shortage) -> Self {
        Self::Memory(shortage)
    }
}

fn at_update(update: usize) -> String {
    if update == 0 { ", on held-out images".into() } else { format!(", update {update} of the phase") }
}
