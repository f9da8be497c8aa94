//! A sweep to train, and the step after its trials have ended.

use std::process::ExitCode;

use anyhow::Result;

use super::finish::SweepRun;
use super::spec_args::SpecArgs;
use crate::engine::Pending;
use crate::plan::Plan;
use crate::spec::Sweep;

/// A sweep to train, with its folders.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub spec: &'a SpecArgs,
    pub sweep: &'a Sweep,
    pub plan: &'a Plan,
    /// The command line that continues it.
    pub command: &'a str,
}

/// Is called once the trials have ended, with those that ran here.
pub type Finish<'a> = dyn Fn(&SweepRun<'_>, &[Pending<'_>]) -> Result<ExitCode> + 'a;
