//! Control and observation of a run of trials.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::plan::Trial;
use crate::store::Status;
use crate::train::Epoch;

/// Is called with the progress of the trials, from their own threads. A call without a method of its own is ignored.
pub trait Observer: Sync {
    /// A trial starts.
    fn started(&self, _trial: &Trial) {}
    /// A trial has trained on `images` more images.
    fn advanced(&self, _trial: &Trial, _images: usize) {}
    /// A trial has finished an epoch.
    fn epoch(&self, _trial: &Trial, _epoch: &Epoch) {}
    /// A message about a trial.
    fn noticed(&self, _trial: &Trial, _text: &str) {}
    /// The system started fewer threads than requested.
    fn slowed(&self, _started: usize, _asked: usize) {}
    /// Only trials that other processes run are left.
    fn waiting(&self, _trials: usize) {}
    /// A trial has ended, or is left to another process.
    fn finished(&self, _trial: &Trial, _ending: &Ending) {}
}

/// Conditions that end trials early.
#[derive(Debug, Default)]
pub struct Control {
    /// Time limit of one run of a trial.
    pub timeout: Option<Duration>,
    /// True if the sweep ends at the first trial that is not complete.
    pub fail_fast: bool,
    /// Stops trials after their mini-batch; set by a signal handler, for example.
    pub stop: Arc<AtomicBool>,
}

impl Control {
    /// True if trials are to stop.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// The ending of a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Complete, with these errors in percent.
    Complete {
        /// Validation error of the best weights, if images were held out.
        valid_error: Option<f64>,
        /// Test error of the best weights, unless the test images are sealed.
        test_error: Option<f64>,
    },
    /// Stopped; the trial continues from its last state another time.
    Interrupted,
    /// Run by another process, with this status.
    Elsewhere(Status),
    /// Taken over by another process while this one was suspended.
    Lost,
    /// Not complete.
    Incomplete {
        /// Its status.
        status: Status,
        /// The cause.
        reason: String,
    },
}
