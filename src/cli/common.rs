//! What every command on a spec starts with.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::terminal::say;
use crate::analysis::{Compare, Design, Published};
use crate::data;
use crate::device::{self, Kind};
use crate::plan::{Facts, Plan, Trial};
use crate::spec::{self, Sweep};
use crate::store::{self, Merged, PlannedTrial, Status, Store, axis_column};
use crate::text::{printable, quoted};

/// Folder of all results where none is named.
const RESULTS: &str = "results";

/// Name of the spec in a folder of results.
const SPEC: &str = "sweep.toml";

/// The arguments that name a sweep.
#[derive(Debug, Clone, clap::Args)]
pub struct SpecArgs {
    /// The experiment spec, a TOML file; or a folder of results, which is then the one that is used.
    pub spec: PathBuf,
    /// Override a setting of the spec, such as `training.batch=50`; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of all results; this sweep's is a folder in it, of the sweep's name [default: the
    /// folder of the spec where that is one of results, else `results`].
    #[arg(long, value_name = "DIR")]
    pub results: Option<PathBuf>,
    /// The folder of this sweep's results itself, whatever its name: for the scripts of jobs,
    /// whose spec lies elsewhere.
    #[arg(long, value_name = "DIR", conflicts_with = "results", hide = true)]
    pub root: Option<PathBuf>,
    /// Folder of the MNIST files [default: $DRSAE_DATA_DIR, else the user's cache].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where networks are trained: `cuda` and `metal` need a program that was built with them.
    /// Part of every trial's id, so give all commands on a sweep the same.
    #[arg(long, default_value = Kind::Cpu.name(), value_parser = devices())]
    pub device: Kind,
}

/// The arguments that say which trials are run again, and for how long.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// Run trials with this ending once more; may be repeated.
    #[arg(long, value_name = "STATUS", value_parser = ["failed", "diverged", "timed-out"])]
    retry: Vec<String>,
    /// End a trial that runs longer than this, such as `90s` or `2h 30m`, as `timed-out`.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
}

impl RunArgs {
    /// The endings after which a trial is run once more.
    pub fn retry(&self) -> Vec<Status> {
        let endings = [Status::Failed, Status::Diverged, Status::TimedOut];
        endings.into_iter().filter(|status| self.retry.iter().any(|name| name == status.name())).collect()
    }

    /// The same arguments on another command line.
    pub fn words(&self) -> Vec<String> {
        let retry = self.retry.iter().flat_map(|name| ["--retry".to_owned(), name.clone()]);
        let timeout = self.timeout.map(|timeout| format!("{}s", timeout.as_secs_f64()));
        retry.chain(timeout.into_iter().flat_map(|timeout| ["--timeout".to_owned(), timeout])).collect()
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(span).map_err(|_| "it must not be negative".to_owned())
}

fn devices() -> impl TypedValueParser<Value = Kind> {
    let find = |name: String| Kind::ALL.into_iter().find(|kind| kind.name() == name);
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(move |name| find(name).ok_or("there is no such device"))
}

impl SpecArgs {
    /// The file of the spec.
    pub fn file(&self) -> PathBuf {
        match Place::of(&self.spec) {
            Place::Folder => self.spec.join(SPEC),
            _ => self.spec.clone(),
        }
    }

    /// The folder of the sweep's results: that which is named, or the sweep's among all.
    pub fn root(&self, sweep: &Sweep) -> PathBuf {
        match (&self.root, &self.results, Place::of(&self.spec)) {
            (Some(root), _, _) => root.clone(),
            (None, Some(results), _) => results.join(&sweep.name),
            (None, None, Place::Folder) => self.spec.clone(),
            (None, None, Place::SpecOf(folder)) => folder,
            (None, None, Place::Elsewhere) => Path::new(RESULTS).join(&sweep.name),
        }
    }

    /// The checked spec.
    pub fn load(&self) -> Result<Sweep> {
        Ok(Sweep::load(&self.file(), &self.overrides)?)
    }

    /// The checked spec and its trials.
    pub fn plan(&self) -> Result<(Sweep, Plan)> {
        let sweep = self.load()?;
        let describe = |config: &data::Config| {
            let data::Shape { inputs, classes, train, .. } = data::shape(config)?;
            let fingerprint = data::fingerprint(config)?;
            Ok::<_, data::Error>(Facts { inputs, classes, train, fingerprint })
        };
        let plan = Plan::of(&sweep, self.device, describe).map_err(|error| {
            let place = Sweep::place_of(error.key(), &self.file(), &self.overrides);
            anyhow::Error::new(error).context(place.to_string())
        })?;
        Ok((sweep, plan))
    }

    /// Refuses a device that cannot be trained on, before anything is done for it.
    pub fn expect_device(&self) -> Result<(), device::Error> {
        self.device.open().map(drop)
    }

    /// Trials to run side by side where nobody says how many: one for each core, or one at a
    /// time on a device that they would share.
    pub fn default_jobs(&self) -> usize {
        match self.device {
            Kind::Cpu => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Kind::Cuda | Kind::Metal => 1,
        }
    }

    /// The sweep's results folder, made and marked as this sweep's where it is new.
    pub fn open_store(&self, sweep: &Sweep, plan: &Plan) -> Result<Store> {
        self.expect_planned(sweep, plan)?;
        let store = Store::open(&self.root(sweep), &sweep.to_toml()?)?;
        store.write_plan(&plan.header(), &plan.rows().collect::<Vec<_>>())?;
        Ok(store)
    }

    /// Refuses a plan that lacks stored results, before anything is computed that could not be
    /// merged with them.
    pub fn expect_planned(&self, sweep: &Sweep, plan: &Plan) -> Result<()> {
        match self.store(sweep)? {
            Some(store) => Ok(store.expect_planned(&planned(plan))?),
            None => Ok(()),
        }
    }

    /// The options that name results, data and device from anywhere: paths from the root on.
    pub fn anywhere(&self, sweep: &Sweep) -> std::io::Result<Vec<String>> {
        let absolute =
            |path: &Path| Ok::<_, std::io::Error>(std::path::absolute(path)?.display().to_string());
        let mut words = vec!["--root".to_owned(), absolute(&self.root(sweep))?];
        // Where nobody says where MNIST is, it may be elsewhere there than here.
        if let Ok(folder) = data::mnist::folder(self.data_dir.as_deref()) {
            words.extend(["--data-dir".to_owned(), absolute(&folder)?]);
        }
        if self.device != Kind::default() {
            words.extend(["--device".to_owned(), self.device.name().to_owned()]);
        }
        Ok(words)
    }

    /// The command line that runs `drsae COMMAND` on the same sweep.
    pub fn command(&self, command: &str) -> String {
        let mut words = vec!["drsae".to_owned(), command.to_owned(), self.spec.display().to_string()];
        words.extend(self.overrides.iter().flat_map(|setting| ["--set".to_owned(), setting.clone()]));
        let folders = [("--results", &self.results), ("--root", &self.root), ("--data-dir", &self.data_dir)];
        for (option, folder) in folders {
            words.extend(folder.iter().flat_map(|folder| [option.to_owned(), folder.display().to_string()]));
        }
        if self.device != Kind::default() {
            words.extend(["--device".to_owned(), self.device.name().to_owned()]);
        }
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// The sweep's results folder, as it is.
    pub fn existing_store(&self, sweep: &Sweep) -> Result<Store> {
        let store = Store::at(&self.root(sweep))?;
        if !self.is_own_spec(&store) {
            store.expect_sweep(&sweep.to_toml()?)?;
        }
        Ok(store)
    }

    /// Whether the spec is the very file that the results folder has of its sweep.
    fn is_own_spec(&self, store: &Store) -> bool {
        let same =
            |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
        self.overrides.is_empty() && same(&self.file(), &store.sweep_toml())
    }

    /// The sweep's results folder, as it is; `None` where there are no results yet.
    pub fn store(&self, sweep: &Sweep) -> Result<Option<Store>> {
        match Store::at(&self.root(sweep)) {
            Err(store::Error::Absent { .. }) => Ok(None),
            _ => self.existing_store(sweep).map(Some),
        }
    }

    /// The sweep's results folder with its tables brought up to date, where it has trials'
    /// folders to do so from; and what was found of these.
    pub fn merged_store(&self, sweep: &Sweep) -> Result<(Store, Merged)> {
        let store = self.existing_store(sweep)?;
        // A plan asks for data, which stored tables do without.
        if store.has_trials()? || !holds_its_sweep(&store)? {
            let merged = store.merge(&planned(&self.plan()?.1))?;
            return Ok((store, merged));
        }
        if !self.is_own_spec(&store) {
            store.expect_plan(&sweep.to_toml()?)?;
        }
        Ok((store, Merged::default()))
    }
}

/// Whether the tables have the trials of the sweep and the plan that are recorded beside them: a
/// sweep that was extended and did not reach its end leaves others.
fn holds_its_sweep(store: &Store) -> Result<bool> {
    let recorded = Sweep::load(&store.sweep_toml(), &[])?;
    Ok(store.tables_hold_plan(recorded.cells.len() * recorded.seeds.len())?)
}

/// What the path of a spec names.
enum Place {
    /// A folder of results.
    Folder,
    /// The spec in this folder of results.
    SpecOf(PathBuf),
    /// A file that no results lie beside.
    Elsewhere,
}

impl Place {
    fn of(spec: &Path) -> Self {
        if spec.is_dir() {
            return if Store::is_at(spec) { Self::Folder } else { Self::Elsewhere };
        }
        match spec.parent() {
            Some(parent) if spec.file_name().is_some_and(|name| name == SPEC) => {
                let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                if Store::is_at(folder) { Self::SpecOf(folder.to_owned()) } else { Self::Elsewhere }
            }
            _ => Self::Elsewhere,
        }
    }
}

/// Says which folders were not merged as they are; tells whether there are any.
pub fn tell_damaged(merged: &Merged) -> bool {
    for error in &merged.damaged {
        say(format_args!("warning: {}", printable(&error.to_string())));
    }
    !merged.damaged.is_empty()
}

/// What the merged files say of each planned trial.
pub fn planned(plan: &Plan) -> Vec<PlannedTrial> {
    let row = |trial: &Trial| PlannedTrial {
        index: trial.index,
        id: trial.id.clone(),
        family: trial.config.model.family.name().to_owned(),
        steps: trial.config.model.steps,
        hidden: trial.config.model.hidden,
        sparsity: trial.config.objective.sparsity,
        discriminative_weight: trial.config.objective.discriminative_weight,
        seed: trial.config.seed,
        parameters: trial.parameters,
        axes: trial.settings.iter().filter(|(axis, _)| axis_column(axis) == axis).cloned().collect(),
    };
    plan.trials.iter().map(row).collect()
}

/// What the analysis needs to know of the spec.
pub fn design(sweep: &Sweep) -> Design {
    let axes = sweep.axes.iter().map(|axis| axis.path.clone()).collect();
    let compare = sweep.compare.as_ref().map(|compare| Compare {
        reference: compare.reference.iter().map(|(axis, value)| (axis.clone(), spec::text(value))).collect(),
        matched: compare.matching,
        margin: compare.margin,
    });
    let published = sweep.published.iter().map(|figure| Published {
        system: figure.system.clone(),
        error: figure.error,
        source: figure.source.clone(),
    });
    Design { axes, compare, published: published.collect() }
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

    #[test]
    fn how_to_run_is_said_again_as_it_was_said() {
        let told = |words: &[&str]| {
            #[derive(clap::Parser)]
            struct Line {
                #[command(flatten)]
                run: RunArgs,
            }
            let line: Line = clap::Parser::parse_from(["drsae"].iter().chain(words));
            line.run.words().join(" ")
        };
        assert_eq!(told(&[]), "");
        let words = ["--retry", "failed", "--retry", "diverged", "--timeout", "1h 30m"];
        assert_eq!(told(&words), "--retry failed --retry diverged --timeout 5400s");
        assert_eq!(told(&["--timeout", "5400s"]), "--timeout 5400s");
    }
}
