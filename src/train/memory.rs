//! What a trial reserves of the memory, and what of that is still to be allocated.

use super::{Error, Task, evaluation};
use crate::memory::Reservation;
use crate::model::budget;

/// The memory of a trial.
pub(super) struct Memory {
    reservation: Reservation,
    /// Bytes that the first backward pass allocates.
    backward: u64,
    /// Bytes that evaluations and states take, which come and go.
    passing: u64,
}

impl Memory {
    /// Reserves all that the trial will need.
    pub fn reserve(task: &Task<'_>, parameters: usize) -> Result<Self, Error> {
        let (config, batch) = (task.model, task.training.batch);
        let (inputs, classes) = (task.dataset.train.inputs, task.dataset.classes);
        let correlation = budget::correlation_bytes(config, batch);
        let backward = budget::gradient_bytes(config, parameters, batch) + correlation;
        let passing = evaluation::bytes(config, inputs, classes) + budget::state_bytes(parameters);
        let all = budget::training_bytes(config, parameters, inputs, batch) + correlation + passing;
        let piece = budget::largest_bytes(config, inputs, batch);
        Ok(Self { reservation: Reservation::take(all, piece)?, backward, passing })
    }

    /// The network is there.
    pub fn built(&mut self) {
        self.reservation.keep(self.backward + self.passing);
    }

    /// It has been trained with a mini-batch.
    pub fn trained(&mut self) {
        self.reservation.keep(self.passing);
    }
}
