//! A sweep to train, the step after its trials have ended, and the outcome.

use std::process::ExitCode;

use anyhow::Result;

use super::finish::SweepRun;
use super::spec_args::SpecArgs;
use crate::engine::{Counted, Pending};
use crate::plan::Plan;
use crate::spec::Sweep;
use crate::store::{Status, TrialTable};

/// A sweep to train, with its folders.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub spec: &'a SpecArgs,
    pub sweep: &'a Sweep,
    pub plan: &'a Plan,
    /// The command line that continues it.
    pub command: &'a str,
    /// Merged rows that count without a trial's folder.
    pub stored: Option<&'a TrialTable>,
}

impl<'a> Job<'a> {
    /// The results that count, but for those with a status of `retry`.
    pub const fn counted<'r>(&self, retry: &'r [Status]) -> Counted<'r>
    where
        'a: 'r,
    {
        Counted { stored: self.stored, retry }
    }
}

/// Is called once the trials have ended, with those that ran here.
pub type Finish<'a, T> = dyn Fn(&SweepRun<'_>, &[Pending<'_>]) -> Result<T> + 'a;

/// The outcome of a stage of a command.
pub enum Outcome<T> {
    /// It ended.
    Done(T),
    /// It was interrupted, submitted to a cluster, or lacks trials: the command ends with this exit code.
    Stopped(ExitCode),
}

impl Outcome<ExitCode> {
    /// The exit code of a command whose last stage this is.
    pub fn code(self) -> ExitCode {
        let (Self::Done(code) | Self::Stopped(code)) = self;
        code
    }
}
