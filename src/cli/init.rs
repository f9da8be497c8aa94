//! `drsae init`: a commented spec to begin with.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use toml::Value;

use super::source;
use super::terminal::output;
use crate::data::{self, Source};
use crate::spec::Sweep;
use crate::text::{shell_quoted, shown};

/// The spec, with the name, the data and what follows from them in braces.
const TEMPLATE: &str = include_str!("init/spec.toml");

const QUESTION: &str = "Do shared weights help at equal parameter count?";

/// Training images of a published set.
const PUBLISHED: usize = 60_000;

const EXAMPLES: &str = "\
Examples:
  drsae init                                   strokes.toml: embedded data, no download
  drsae init --data mnist experiments          experiments/mnist.toml
  drsae init --data digits.npz first.toml      your own arrays, as docs/DATA.md describes them

It asks nothing and replaces no file. The spec is complete: `drsae sweep` runs it as it is.";

/// Write a commented spec to begin with.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The spec to write, a name that ends in `.toml`; or a folder, in which it has the name of the data.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// `strokes`, `mnist`, `fashion-mnist`, `kmnist`, `qmnist`, a folder of IDX or .npy files, or an .npz file.
    #[arg(long, value_name = "SOURCE", default_value = "strokes")]
    data: String,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let config = source::named("--data", &args.data)?;
    let file = args.file(&config);
    let name = name(&file);
    let text = spec(&name, &file, &config)?;
    // What the program writes, it can read: a name such as `trials` is refused here.
    Sweep::parse(&text, &file.display().to_string(), &[])?;
    write_new(&file, &text)?;
    let command = shell_quoted(&file.display().to_string());
    writeln!(output(), "{} is written; `drsae sweep {command}` runs it", shown(&file))?;
    Ok(ExitCode::SUCCESS)
}

impl Args {
    /// The file to write.
    fn file(&self, config: &data::Config) -> PathBuf {
        if self.path.extension().is_some_and(|extension| extension == "toml") && !self.path.is_dir() {
            return self.path.clone();
        }
        let data = PathBuf::from(source::name(config));
        let file = format!("{}.toml", name(&absolute(&data).unwrap_or(data)));
        if self.path == Path::new(".") { file.into() } else { self.path.join(file) }
    }
}

/// The name of a sweep after a file: its stem, in the letters that a name may have.
fn name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    let name: String = stem.chars().map(plain).take(64).collect();
    let name = name.trim_start_matches(|first: char| !first.is_ascii_alphanumeric()).trim_end_matches('.');
    if name.is_empty() { "first".to_owned() } else { name.to_owned() }
}

/// The text of a spec on a source of data.
fn spec(name: &str, file: &Path, config: &data::Config) -> Result<String> {
    // The images of a published set are not needed to write a spec.
    let train = match config.source.known() {
        Some(_) => PUBLISHED,
        None => data::facts(config, None)?.shape.train,
    };
    let validation = (train / 10).max(1);
    let data = data_table(file, &data::Config { validation, ..config.clone() })?;
    let file = shell_quoted(&shown(file));
    let few = (train / 2).max(validation + 1).to_string();
    let filled = [("question", QUESTION), ("name", name), ("file", &file), ("data", &data), ("few", &few)];
    let fill = |text: String, (key, value): &(&str, &str)| text.replace(&format!("{{{key}}}"), value);
    Ok(filled.iter().fold(TEMPLATE.to_owned(), fill))
}

/// The lines of the table `[data]`.
fn data_table(file: &Path, config: &data::Config) -> Result<String> {
    let mut lines = Vec::new();
    if config.source == Source::Strokes {
        lines.push("# Glyphs that the program draws.".to_owned());
    }
    lines.push(format!("source = \"{}\"", config.source.name()));
    for (key, path) in [("folder", &config.folder), ("file", &config.file)] {
        if let Some(path) = path {
            lines.push("# Relative to the folder of this file.".to_owned());
            lines.push(format!("{key} = {}", Value::from(relative(path, file)?)));
        }
    }
    lines.push(
        "# Training images that decide which weights are kept; no network is trained on them.".to_owned(),
    );
    lines.push(format!("validation = {}", config.validation));
    Ok(lines.join("\n"))
}

/// A path of data for a spec, which takes it as relative to its own folder: absolute unless that is the current one.
fn relative(path: &Path, spec: &Path) -> Result<String> {
    let is_here = spec.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let path = if is_here { path.to_owned() } else { absolute(path)? };
    let text = path.to_str().with_context(|| format!("{}: no UTF-8, as TOML is", shown(&path)))?;
    Ok(text.to_owned())
}

/// Writes a file that must not exist, and the folders on the way.
fn write_new(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", shown(folder)))?;
    }
    match File::create_new(file).and_then(|mut new| new.write_all(text.as_bytes())) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists and is kept: name another file, such as `drsae init other.toml`", shown(file))
        }
        written => written.with_context(|| format!("cannot write {}", shown(file))),
    }
}
