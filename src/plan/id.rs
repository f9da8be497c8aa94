//! A trial's id: a slug for people, and a hash of all that decides the result.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::spec::{CellConfig, TrialConfig};
use crate::train::{self, Objective};
use crate::{NUMERICS_VERSION, data, device, model};

/// All of a cell's identity but the seed, which comes last in what is hashed.
#[derive(Clone)]
pub(super) struct Identity {
    slug: String,
    hash: Sha256,
}

impl Identity {
    /// The id of the trial with this seed, such as `drsae-t11-n100-s3-0123456789ab`.
    pub fn trial(&self, seed: u64) -> String {
        let digest = self.hash.clone().chain_update(format!("{seed}}}")).finalize();
        format!("{}-s{seed}-{}", self.slug, hex(&digest[..6]))
    }
}

/// Identities of one cell after the other, of which each shares tables with the one before.
#[derive(Default)]
pub(super) struct Identities {
    data: Last<data::Config>,
    model: Last<model::Config>,
    objective: Last<Objective>,
    training: Last<train::Config>,
    fingerprint: Last<BTreeMap<String, String>>,
}

impl Identities {
    /// Hashes canonical JSON (keys sorted, no spaces) of the resolved config, the data's
    /// checksums, the numerics version and the device, where that is not the CPU. Where the
    /// data lie is no part of it: the checksums say what they are.
    pub fn of(
        &mut self,
        config: &CellConfig,
        fingerprint: &BTreeMap<String, String>,
        numerics: u32,
        device: device::Kind,
    ) -> Identity {
        let CellConfig { data, model, objective, training } = config;
        let device = match device {
            device::Kind::Cpu => String::new(),
            other => format!(",\"device\":\"{}\"", other.name()),
        };
        let parts = [
            "{\"config\":{\"data\":",
            self.data.text(data, |data| json!(data.without_folder())),
            ",\"model\":",
            self.model.text(model, |model| json!(model)),
            ",\"objective\":",
            self.objective.text(objective, |objective| json!(objective)),
            ",\"training\":",
            self.training.text(training, |training| json!(training)),
            "}",
            &device,
            ",\"fingerprint\":",
            self.fingerprint.text(fingerprint, |fingerprint| json!(fingerprint)),
            &format!(",\"numerics\":{numerics},\"seed\":"),
        ];
        let hash = parts.into_iter().fold(Sha256::new(), Sha256::chain_update);
        let slug = format!("{}-t{}-n{}", model.family.name(), model.steps, model.hidden);
        Identity { slug, hash }
    }
}

/// The last value that was asked for, and its canonical text.
struct Last<T>(Option<(T, String)>);

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + PartialEq> Last<T> {
    fn text(&mut self, value: &T, json: impl Fn(&T) -> Value) -> &str {
        if self.0.as_ref().is_none_or(|(last, _)| last != value) {
            self.0 = None;
        }
        &self.0.get_or_insert_with(|| (value.clone(), json(value).to_string())).1
    }
}

/// The id of the trial with this config on data with these checksums, trained on `device`.
#[must_use]
pub fn id(config: &TrialConfig, fingerprint: &BTreeMap<String, String>, device: device::Kind) -> String {
    id_of_version(config, fingerprint, NUMERICS_VERSION, device)
}

/// The id that a program with this version of the numerics gives the trial.
#[must_use]
pub fn id_of_version(
    config: &TrialConfig,
    fingerprint: &BTreeMap<String, String>,
    numerics: u32,
    device: device::Kind,
) -> String {
    let TrialConfig { seed, data, model, objective, training } = config.clone();
    let cell = CellConfig { data, model, objective, training };
    Identities::default().of(&cell, fingerprint, numerics, device).trial(seed)
}
