//! Arguments that name a sweep: its spec, its results, its data and its device.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf, absolute};

use anyhow::Result;

use super::location::Location;
use super::{frozen, notes};
use crate::data;
use crate::data::known::MNIST;
use crate::device::{self, Kind};
use crate::plan::Plan;
use crate::spec::Sweep;
use crate::text::shell_quoted;

/// Default folder of all results.
const RESULTS: &str = "results";

/// The arguments that name a sweep.
#[derive(Debug, Clone, clap::Args)]
pub struct SpecArgs {
    /// The spec, a TOML file; or a results folder or its `sweep.toml`; or a sweep's name, such as `depth` for
    /// depth.toml, experiments/depth.toml or else results/depth.
    pub spec: PathBuf,
    /// Override a setting of the spec, such as `training.batch=50`, or `training.phases.*.rate=1e-3` in every phase; may
    /// be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of all results; the sweep's results folder is DIR/NAME [default: the spec's own folder if
    /// it is a results folder, else `results`].
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// The results folder of this sweep, for the scripts of jobs, whose spec is elsewhere.
    #[arg(long, value_name = "DIR", conflicts_with = "results", hide = true)]
    pub root: Option<PathBuf>,
    /// Folder of published sets [default: $DRSAE_DATA_DIR, else drsae in the user's cache].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Device that networks are trained on: `cuda` and `metal` need a build with that feature. The device is
    /// part of every trial's id, so give the same one to all commands on a sweep.
    #[arg(long, value_enum, default_value_t = Kind::Cpu)]
    pub device: Kind,
}

impl SpecArgs {
    /// The file of the spec.
    pub fn file(&self) -> PathBuf {
        self.location().file
    }

    /// The results folder of the sweep.
    pub fn root(&self, sweep: &Sweep) -> PathBuf {
        match (&self.root, &self.results, self.location().folder) {
            (Some(root), _, _) => root.clone(),
            (None, Some(results), _) => results.join(&sweep.name),
            (None, None, Some(folder)) => folder,
            (None, None, None) => Path::new(RESULTS).join(&sweep.name),
        }
    }

    /// The place of the spec; if there is none of this name, the path that was given.
    fn location(&self) -> Location {
        self.find().unwrap_or_else(|_| Location::at(&self.spec))
    }

    fn find(&self) -> Result<Location> {
        Location::find(&self.spec, self.results.as_deref().unwrap_or(Path::new(RESULTS)))
    }

    /// Loads and checks the spec; of a study, the plan that was frozen.
    pub fn load(&self) -> Result<Sweep> {
        let sweep = self.load_spec()?;
        if sweep.search.is_none() {
            return Ok(sweep);
        }
        frozen::load(&self.root(&sweep), &sweep, &|command| self.command(command))
    }

    /// Loads and checks the spec as it is written.
    pub fn load_spec(&self) -> Result<Sweep> {
        Ok(Sweep::load(&self.find()?.file, &self.overrides)?)
    }

    /// Loads and checks the spec, and plans its trials.
    pub fn load_plan(&self) -> Result<(Sweep, Plan)> {
        let sweep = self.load()?;
        let plan = self.plan(&sweep)?;
        Ok((sweep, plan))
    }

    /// Plans the trials of the sweep.
    pub fn plan(&self, sweep: &Sweep) -> Result<Plan> {
        let facts = |config: &data::Config| data::facts(config, self.data_dir.as_deref());
        let plan = Plan::of(sweep, self.device, facts).map_err(|error| {
            let place = Sweep::place_of(error.key(), &self.file(), &self.overrides);
            anyhow::Error::new(error).context(place.to_string())
        })?;
        notes::of_plan(&plan);
        Ok(plan)
    }

    /// Refuses a device that cannot be trained on.
    pub fn check_device(&self) -> Result<(), device::Error> {
        self.device.open().map(drop)
    }

    /// Default number of trials in parallel: one per core, or one on a device that they would share.
    pub fn default_jobs(&self) -> usize {
        match self.device {
            Kind::Cpu => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Kind::Cuda | Kind::Metal => 1,
        }
    }

    /// The options that name results, data and device, with absolute paths.
    pub fn absolute_args(&self, sweep: &Sweep) -> io::Result<Vec<String>> {
        let absolute = |path: &Path| Ok::<_, io::Error>(absolute(path)?.display().to_string());
        let mut args = vec!["--root".to_owned(), absolute(&self.root(sweep))?];
        // The default folder of a known set may differ on the machine that runs these arguments.
        let set = sweep.base.data.source.known().unwrap_or(&MNIST);
        if let Ok(folder) = set.data_dir(self.data_dir.as_deref()) {
            args.extend(["--data-dir".to_owned(), absolute(&folder)?]);
        }
        args.extend(self.device_args());
        Ok(args)
    }

    /// The command line that runs `drsae COMMAND` on the same sweep.
    pub fn command(&self, command: &str) -> String {
        let mut args = vec!["drsae".to_owned(), command.to_owned(), self.spec.display().to_string()];
        args.extend(self.overrides.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]));
        let folders = [("--results", &self.results), ("--root", &self.root), ("--data-dir", &self.data_dir)];
        for (option, folder) in folders {
            args.extend(folder.iter().flat_map(|folder| [option.to_owned(), folder.display().to_string()]));
        }
        args.extend(self.device_args());
        args.iter().map(|arg| shell_quoted(arg)).collect::<Vec<_>>().join(" ")
    }

    fn device_args(&self) -> Vec<String> {
        let is_default = self.device == Kind::default();
        if is_default { Vec::new() } else { vec!["--device".to_owned(), self.device.name().to_owned()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_what_was_given_and_a_shell_reads_it_back() {
        let mut args = SpecArgs {
            spec: "experiments/depth.toml".into(),
            overrides: Vec::new(),
            results: None,
            root: None,
            data_dir: None,
            device: Kind::Cpu,
        };
        assert_eq!(args.command("sweep"), "drsae sweep experiments/depth.toml");
        args.overrides = vec!["seeds=[1, 2]".to_owned(), "question=it's".to_owned()];
        args.results = Some("my results".into());
        args.data_dir = Some("/data/mnist".into());
        args.device = Kind::Cuda;
        assert_eq!(
            args.command("sweep"),
            r"drsae sweep experiments/depth.toml --set 'seeds=[1, 2]' --set 'question=it'\''s' --results 'my results' --data-dir /data/mnist --device cuda"
        );
    }
}
