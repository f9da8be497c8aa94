//! Ids of trials: a readable slug, and a hash of everything that the result depends on.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::spec::{CellConfig, TrialConfig};
use crate::train::{self, Objective};
use crate::{NUMERICS_VERSION, data, device, model};

/// Identity of a cell. The seed is hashed last.
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

/// Computes the identities of cells in sequence; keeps the text of tables that a cell shares with the one before.
#[derive(Default)]
pub(super) struct Identities {
    data: Cached<data::Config>,
    model: Cached<model::Config>,
    objective: Cached<Objective>,
    training: Cached<train::Config>,
    fingerprint: Cached<BTreeMap<String, String>>,
}

impl Identities {
    /// Hashes JSON without spaces and with sorted keys of the config, the checksums of the data, the numerics version,
    /// and the device unless it is the CPU. The folder of the data is no part of it.
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
            self.data.text(data, |data| json!(data.without_paths())),
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

/// A value and its JSON.
struct Cached<T>(Option<(T, String)>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + PartialEq> Cached<T> {
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

/// The id of the trial in a program with this numerics version.
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
