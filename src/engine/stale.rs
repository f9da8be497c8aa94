//! Stale results: those on disk that are not of the plan, with the reason.
//!
//! A trial's id is a hash of its config, the checksums of its data, the numerics version and the device, so
//! results that differ in one of these never share a folder. `config.toml` and `provenance.json` show which one
//! differs.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::DeserializeOwned;

use crate::NUMERICS_VERSION;
use crate::data::Facts;
use crate::device::Kind;
use crate::plan::{self, Plan};
use crate::spec::TrialConfig;
use crate::store::{self, Status, Store, TrialFolder, file};
use crate::text::chain;

/// An ended trial that is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Its id, the name of its folder.
    pub trial: String,
    /// The reason.
    pub why: Why,
}

/// The reason why a result is not in the plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It was computed with this other numerics version.
    Numerics(u32),
    /// It was computed from other data.
    Data,
    /// It was trained on this other device.
    Device(Kind),
    /// The plan has no such trial.
    NotPlanned,
    /// Its files do not show the reason; a description of the problem.
    Unknown(String),
}

impl Why {
    /// The name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Numerics(_) => "numerics",
            Self::Data => "data",
            Self::Device(_) => "device",
            Self::NotPlanned => "not-planned",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numerics(version) => {
                write!(out, "of numerics version {version}, this program has {NUMERICS_VERSION}")
            }
            Self::Data => out.write_str("of other data than there are now"),
            Self::Device(kind) => {
                write!(out, "trained on {0}, for a plan with `--device {0}`", kind.name())
            }
            Self::NotPlanned => out.write_str("not in the plan, for the spec was shrunk or changed"),
            Self::Unknown(reason) => write!(out, "of unknown origin: {reason}"),
        }
    }
}

/// The ended trials in `store` that are not of `plan`, sorted by id.
///
/// # Errors
/// I/O fails.
pub fn find(plan: &Plan, store: &Store) -> Result<Vec<Stale>, store::Error> {
    let planned: HashSet<&str> = plan.trials.iter().map(|trial| trial.id.as_str()).collect();
    let mut folders = store.trial_folders()?;
    let is_ended = |folder: &TrialFolder| folder.status().is_ok_and(|status| status != Status::Pending);
    folders.retain(|folder| !planned.contains(folder.id()) && is_ended(folder));
    if folders.is_empty() {
        return Ok(Vec::new());
    }
    let device = plan.trials.first().map_or(Kind::Cpu, |trial| trial.device);
    let current = Current { plan, device, planned };
    let stale = |folder: &TrialFolder| Stale {
        trial: folder.id().to_owned(),
        why: current.why(folder).unwrap_or_else(Why::Unknown),
    };
    Ok(folders.iter().map(stale).collect())
}

/// The number of results for each reason.
#[must_use]
pub fn counts(stale: &[Stale]) -> BTreeMap<&Why, usize> {
    let mut counts = BTreeMap::new();
    for Stale { why, .. } in stale {
        *counts.entry(why).or_default() += 1;
    }
    counts
}

/// The plan that results are compared with.
struct Current<'p> {
    plan: &'p Plan,
    device: Kind,
    planned: HashSet<&'p str>,
}

impl Current<'_> {
    fn why(&self, folder: &TrialFolder) -> Result<Why, String> {
        let config: TrialConfig = read(folder, file::CONFIG, |text| toml::from_str(text))?;
        let Recorded { numerics, data, device } =
            read(folder, file::PROVENANCE, |text| serde_json::from_str(text))?;
        let Some(Facts { checksums, .. }) = self.plan.facts_in_any_folder(&config.data).next() else {
            return Ok(Why::NotPlanned);
        };
        // A matched width depends on the size of the images: with other data, a trial of the same spec may be
        // none of the plan.
        if !self.planned.contains(plan::id(&config, checksums, self.device).as_str()) {
            return Ok(if data == *checksums { Why::NotPlanned } else { Why::Data });
        }
        match (numerics == NUMERICS_VERSION, data == *checksums, device == self.device) {
            (false, _, _) => Ok(Why::Numerics(numerics)),
            (true, false, _) => Ok(Why::Data),
            (true, true, false) => Ok(Why::Device(device)),
            (true, true, true) => Err("its folder has not the name that its files give".to_owned()),
        }
    }
}

/// The part of the provenance that a trial's id depends on.
#[derive(serde::Deserialize)]
struct Recorded {
    numerics: u32,
    data: BTreeMap<String, String>,
    #[serde(default)]
    device: Kind,
}

fn read<T: DeserializeOwned, E: fmt::Display>(
    folder: &TrialFolder,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, String> {
    let text = folder.read(name).map_err(|error| format!("its {name} cannot be read: {}", chain(&error)))?;
    let text = text.ok_or_else(|| format!("its {name} is missing"))?;
    parse(&String::from_utf8_lossy(&text)).map_err(|error| format!("its {name} cannot be read: {error}"))
}
