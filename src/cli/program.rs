//! The program: this crate's command line, with the networks and terms that a program adds.

use std::process::ExitCode;

use clap::FromArgMatches;

use super::{Arguments, help, terminal};
use crate::model::{self, Network};
use crate::options::Options;
use crate::train::{self, Term};
use crate::{Invalid, model::Config, threads};

/// The command line. A program that registers networks or terms has the whole harness for them:
///
/// ```no_run
/// # use candle_core::{Result, Tensor};
/// # use drsae::model::{Config, Network, Parameters, Slot};
/// # #[derive(Debug)]
/// # struct Gru;
/// # impl Network for Gru {
/// #     fn slots(&self, _: usize) -> Vec<Slot> { vec![] }
/// #     fn width(&self) -> usize { 1 }
/// #     fn codes(&self, _: &Parameters, input: &Tensor) -> Result<Vec<Tensor>> { Ok(vec![input.clone()]) }
/// #     fn training_flops(&self, _: usize) -> u64 { 1 }
/// #     fn activations(&self, _: usize) -> usize { 1 }
/// # }
/// use drsae::options::NoOptions;
///
/// fn main() -> std::process::ExitCode {
///     drsae::Cli::new().network("gru", |_: &Config, _: NoOptions| Ok(Gru)).run()
/// }
/// ```
#[derive(Debug, Default)]
pub struct Cli {
    refusal: Option<Invalid>,
}

impl Cli {
    /// The command line of this crate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a family of networks: `build` makes one of a config and of the settings in `[model.options]`, which must
    /// be those of `O`.
    #[must_use]
    pub fn network<O, N>(
        mut self,
        name: &str,
        build: impl Fn(&Config, O) -> Result<N, Invalid> + Send + Sync + 'static,
    ) -> Self
    where
        O: Options,
        N: Network + 'static,
    {
        self.note(model::register(name, build));
        self
    }

    /// Adds a term of the objective: `build` makes it of the settings in `[objective.terms.NAME]` without the weight,
    /// which must be those of `O`.
    #[must_use]
    pub fn objective<O, T>(
        mut self,
        name: &str,
        build: impl Fn(O) -> Result<T, Invalid> + Send + Sync + 'static,
    ) -> Self
    where
        O: Options,
        T: Term + 'static,
    {
        self.note(train::register(name, build));
        self
    }

    fn note(&mut self, registered: Result<(), Invalid>) {
        self.refusal = self.refusal.take().or(registered.err());
    }

    /// Runs the command line of the process; returns its exit code.
    #[must_use]
    pub fn run(self) -> ExitCode {
        threads::limit_candle();
        if let Some(refusal) = self.refusal {
            return terminal::fail(&refusal.into());
        }
        let matches = help::command().try_get_matches();
        match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
            Ok(arguments) => arguments.run().unwrap_or_else(|error| terminal::fail(&error)),
            Err(error) => terminal::refuse(&error),
        }
    }
}
