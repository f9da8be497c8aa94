//! The memory that a trial reserves, and the part that is not allocated yet.

use super::{Error, evaluation};
use crate::memory::Reservation;
use crate::model::{Config, Network, budget};

/// The memory of a trial.
pub(super) struct Memory {
    reservation: Reservation,
    /// Bytes allocated by the first mini-batch.
    step: u64,
    /// Bytes of evaluations and states, which are temporary.
    temporary: u64,
}

impl Memory {
    /// Reserves all memory of the trial.
    pub fn reserve(
        network: &dyn Network,
        config: &Config,
        inputs: usize,
        classes: usize,
        batch: usize,
    ) -> Result<Self, Error> {
        let parameters = budget::parameters(network, config, inputs, classes);
        let step = budget::step_bytes(network, parameters, inputs, batch);
        let temporary = evaluation::bytes(network, inputs, classes) + budget::state_bytes(parameters);
        let all = budget::training_bytes(network, parameters, inputs, batch) + temporary;
        let piece = budget::largest_bytes(network, inputs, batch);
        Ok(Self { reservation: Reservation::take(all, piece)?, step, temporary })
    }

    /// Records that the network is allocated.
    pub fn built(&mut self) {
        self.reservation.reduce_to(self.step + self.temporary);
    }

    /// Records that a first mini-batch has been trained.
    pub fn trained(&mut self) {
        self.reservation.reduce_to(self.temporary);
    }
}
