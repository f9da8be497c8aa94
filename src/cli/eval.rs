//! `drsae eval`: evaluation of a stored network on test images.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use super::terminal::{output, space};
use super::{checkpoint, notes, source};
use crate::data::{self, Dataset, Part};
use crate::model::Model;
use crate::spec::TrialConfig;
use crate::stats::proportion_error;
use crate::text::{printable, shown, wrap};
use crate::train::{self, Evaluation};

const EXAMPLES: &str = "\
Examples:
  drsae eval results/smoke/trials/ID/model.safetensors        on the test images of its own data
  drsae eval model.safetensors --data fashion-mnist           on another published set
  drsae eval model.safetensors --json | jq .test_error

The file describes the network and its data; no other file of the sweep is needed. The standard
error is that of a share p of independent images, sqrt(p(1-p)/images).";

/// Print the error of a stored network on test images.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A trial's model.safetensors
    file: PathBuf,
    /// Test images: `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, `strokes`, a folder of IDX or .npy files, or an
    /// .npz file [default: those of the network's own data]
    #[arg(long, value_name = "SOURCE")]
    data: Option<String>,
    /// Folder of published sets [default: $DRSAE_DATA_DIR, else drsae in the user's cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let (config, model) = checkpoint::load(&args.file)?;
    let source = checkpoint::source(args.data.as_deref(), &config.data)?;
    let dataset = data::load(&source, args.data_dir.as_deref(), Part::All)?;
    notes::of_dataset(&source::name(&source), &dataset);
    ensure_fits(&model, &dataset)?;
    let fitted = checkpoint::fitted(&config, &source, &dataset, args.data_dir.as_deref())?;
    let evaluation = train::test(&model, &dataset, &fitted, config.objective.sparsity)?;
    ensure!(
        evaluation.reconstruction.is_finite() && evaluation.class.is_finite(),
        "the outputs of {} on these images are not finite",
        shown(&args.file)
    );
    let evaluated = Evaluated { config, parameters: model.parameters().count(), source, evaluation };
    let mut out = output();
    if args.json { evaluated.print_json(&mut out) } else { evaluated.print(&mut out) }?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn ensure_fits(model: &Model, dataset: &Dataset) -> Result<()> {
    let (inputs, classes) = (model.inputs(), model.classes());
    ensure!(
        dataset.test.inputs == inputs,
        "the network takes images of {inputs} pixels, and these have {}",
        dataset.test.inputs
    );
    ensure!(
        dataset.classes <= classes,
        "the network has {classes} classes, and these images have {}",
        dataset.classes
    );
    Ok(())
}

/// A network with its evaluation.
struct Evaluated {
    config: TrialConfig,
    parameters: usize,
    source: data::Config,
    evaluation: Evaluation,
}

impl Evaluated {
    fn images(&self) -> usize {
        self.evaluation.predictions.len()
    }

    /// Number of misclassified images.
    fn wrong(&self) -> usize {
        (self.evaluation.error / 100.0 * self.images() as f64).round() as usize
    }

    /// Standard error of the error, in percentage points.
    fn standard_error(&self) -> f64 {
        100.0 * proportion_error(self.evaluation.error / 100.0, self.images() as u64)
    }

    fn print(&self, out: &mut dyn Write) -> Result<()> {
        let model = &self.config.model;
        let Evaluation { error, reconstruction, active, .. } = &self.evaluation;
        let network = format!(
            "{}, {} units, T = {}, {} parameters, seed {}",
            model.family.name(),
            model.hidden,
            model.steps,
            self.parameters,
            self.config.seed
        );
        let errors = format!(
            "{}: {} of {} test images wrong, {error:.2} % (standard error {:.2})",
            printable(&source::name(&self.source)),
            self.wrong(),
            self.images(),
            self.standard_error()
        );
        let code =
            format!("half squared reconstruction error {reconstruction:.4}, {:.1} % active", 100.0 * active);
        let columns = space().and_then(|space| space.columns);
        let mut lines =
            [network, errors, code].into_iter().flat_map(|text| wrap::indented(&text, (0, 2), columns));
        lines.try_for_each(|line| writeln!(out, "{line}"))?;
        Ok(())
    }

    fn print_json(&self, out: &mut dyn Write) -> Result<()> {
        let answer = serde_json::json!({
            "family": self.config.model.family.name(),
            "hidden": self.config.model.hidden,
            "steps": self.config.model.steps,
            "seed": self.config.seed,
            "parameters": self.parameters,
            "data": source::name(&self.source),
            "test_error": self.evaluation.error,
            "test_errors": self.wrong(),
            "test_count": self.images(),
            "standard_error": self.standard_error(),
            "reconstruction": self.evaluation.reconstruction,
            "class": self.evaluation.class,
            "active_fraction": self.evaluation.active,
        });
        writeln!(out, "{answer:#}")?;
        Ok(())
    }
}
