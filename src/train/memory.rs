//! The memory that a trial reserves, and the part that is not allocated yet.

use super::{Error, evaluation};
use crate::memory::Reservation;
use crate::model::{self, budget};

/// The memory of a trial.
pub(super) struct Memory {
    reservation: Reservation,
    /// Bytes allocated by the first backward pass.
    backward: u64,
    /// Bytes of evaluations and states, which are temporary.
    temporary: u64,
}

impl Memory {
    /// Reserves all memory of the trial.
    pub fn reserve(
        config: &model::Config,
        inputs: usize,
        classes: usize,
        batch: usize,
    ) -> Result<Self, Error> {
        let parameters = budget::parameters(config, inputs, classes);
        let correlation = budget::correlation_bytes(config, batch);
        let backward = budget::gradient_bytes(config, parameters, batch) + correlation;
        let temporary = evaluation::bytes(config, inputs, classes) + budget::state_bytes(parameters);
        let all = budget::training_bytes(config, parameters, inputs, batch) + correlation + temporary;
        let piece = budget::largest_bytes(config, inputs, batch);
        Ok(Self { reservation: Reservation::take(all, piece)?, backward, temporary })
    }

    /// Records that the network is allocated.
    pub fn built(&mut self) {
        self.reservation.reduce_to(self.backward + self.temporary);
    }

    /// Records that a first mini-batch has been trained.
    pub fn trained(&mut self) {
        self.reservation.reduce_to(self.temporary);
    }
}
