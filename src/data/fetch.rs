//! Downloads of the files of known sets.
//!
//! A file is downloaded from the first mirror with a genuine copy. It is written under a temporary name,
//! checked and then renamed, so a folder never contains an incomplete file, even if several processes
//! download at once.

mod partial;
mod proxy;

use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tempfile::NamedTempFile;
use ureq::{Agent, Proxy};

pub use self::partial::remove_abandoned;
use super::Error;
use super::error::{FailedDownload, FailedDownloads, Unusable};
use super::known::{Known, KnownSet};
use crate::text::shown;
use crate::text::verbosity::Verbosity;

/// Timeouts of a download.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// Until the mirror accepts a connection.
    connect: Duration,
    /// Until it sends the next data.
    stall: Duration,
    /// Until the download is complete.
    whole: Duration,
}

/// Downloads known files from a list of mirrors, tried in turn.
#[derive(Debug)]
pub struct Downloader {
    /// Addresses to which a file's name is appended.
    mirrors: Vec<String>,
    patience: Patience,
    /// The proxy, or the reason why the named one cannot be used.
    proxy: Result<Option<Proxy>, Unusable>,
}

impl Downloader {
    /// The public mirrors of a set, through the proxy that the environment names, if any.
    #[must_use]
    pub fn of(set: &KnownSet) -> Self {
        let patience = Patience {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            whole: Duration::from_hours(1),
        };
        let proxy = proxy::of_environment(|name| env::var_os(name));
        Self { mirrors: set.mirrors.iter().copied().map(str::to_owned).collect(), patience, proxy }
    }

    fn agent(&self) -> Result<Agent, Error> {
        let proxy = self.proxy.clone()?;
        let config = Agent::config_builder()
            .timeout_resolve(Some(self.patience.connect))
            .timeout_connect(Some(self.patience.connect))
            .timeout_per_read(Some(self.patience.stall))
            .timeout_global(Some(self.patience.whole))
            .proxy(proxy)
            .user_agent(concat!("drsae/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(config.into())
    }

    /// The path of a file in `folder`, which is downloaded as `.gz` if it is missing.
    ///
    /// An existing file is not checked.
    ///
    /// # Errors
    /// Lists the mirrors with the error of each, or names the proxy that cannot be used.
    pub fn ensure(&self, file: Known, folder: &Path) -> Result<PathBuf, Error> {
        file.locate(folder).map_or_else(|| self.download(file, folder), Ok)
    }

    fn download(&self, file: Known, folder: &Path) -> Result<PathBuf, Error> {
        let agent = self.agent()?;
        partial::remove_abandoned(folder);
        let mut attempts = FailedDownloads::default();
        for mirror in &self.mirrors {
            let url = format!("{mirror}{}.gz", file.name);
            match attempt(&agent, file, &url, folder) {
                Ok(path) => return Ok(path),
                Err(reason) => attempts.0.push(FailedDownload { url, reason }),
            }
        }
        Err(Error::Unavailable { name: file.name, set: file.set, folder: folder.to_owned(), attempts })
    }
}

/// Downloads the file from one mirror and returns its path, or the reason of the failure.
fn attempt(agent: &Agent, file: Known, url: &str, folder: &Path) -> Result<PathBuf, String> {
    let unwritable = |error| format!("{} cannot be written: {error}", shown(folder));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut partial = partial::create(file, folder).map_err(unwritable)?;
    receive(agent, file, url, &mut partial)?;
    // The folder is not synced: after a crash the file may have to be downloaded again.
    let path = file.archive_in(folder);
    partial.persist(&path).map_err(|error| unwritable(error.error))?;
    Ok(path)
}

/// Writes the response of a mirror and checks its digest; returns the reason of a failure.
fn receive(agent: &Agent, file: Known, url: &str, partial: &mut NamedTempFile) -> Result<(), String> {
    let response = agent.get(url).call().map_err(|error| error.to_string())?;
    let body = response.into_body();
    let bar = progress(file.name, body.content_length());
    // Compressed files are shorter, so a longer answer is not genuine.
    let mut reader = bar.wrap_read(body.into_reader()).take(file.length + 1);
    let received = io::copy(&mut reader, partial).map_err(|error| error.to_string());
    bar.finish_and_clear();
    if received? > file.length {
        return Err(format!("the answer is longer than {} bytes", file.length));
    }
    partial.as_file().sync_all().map_err(|error| error.to_string())?;
    verify(file, partial.path())
}

fn verify(file: Known, path: &Path) -> Result<(), String> {
    file.verify(path).map_err(|error| match error {
        Error::Checksum { digest, actual, expected, .. } => {
            format!("{digest} is {actual}, expected {expected}")
        }
        Error::Damaged { source, .. } => format!("the answer is not a whole gzip file: {source}"),
        other => other.to_string(),
    })
}

/// A progress bar on standard error; hidden if that is not a terminal, or if only errors are printed.
fn progress(name: &'static str, length: Option<u64>) -> ProgressBar {
    let target = match Verbosity::current() {
        Verbosity::Quiet => ProgressDrawTarget::hidden(),
        _ => ProgressDrawTarget::stderr(),
    };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(name)
}

#[cfg(test)]
mod tests;
