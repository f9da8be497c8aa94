//! A trial's id: a slug for people, and a hash of all that decides the result.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::NUMERICS_VERSION;
use crate::spec::{CellConfig, TrialConfig};
use crate::text::{canonical, hex};

/// All of a cell's identity but the seed, which comes last in what is hashed.
pub(super) struct Identity {
    slug: String,
    hash: Sha256,
}

impl Identity {
    /// Hashes canonical JSON (keys sorted, no spaces) of the resolved config, the data's
    /// checksums and the numerics version. Where the data lie is no part of it: the
    /// checksums say what they are.
    pub fn new(config: &CellConfig, fingerprint: &BTreeMap<String, String>, numerics: u32) -> Self {
        let mut identity = json!({ "config": config, "fingerprint": fingerprint, "numerics": numerics });
        if let Some(data) = identity.pointer_mut("/config/data").and_then(Value::as_object_mut) {
            data.remove("folder");
        }
        let mut text = canonical(&identity);
        text.truncate(text.len() - 1);
        text.push_str(",\"seed\":");
        let model = &config.model;
        let slug = format!("{}-t{}-n{}", model.family.name(), model.steps, model.hidden);
        Self { slug, hash: Sha256::new_with_prefix(text) }
    }

    /// The id of the trial with this seed, such as `drsae-t11-n100-s3-0123456789ab`.
    pub fn trial(&self, seed: u64) -> String {
        let digest = self.hash.clone().chain_update(format!("{seed}}}")).finalize();
        format!("{}-s{seed}-{}", self.slug, hex(&digest[..6]))
    }
}

/// The id of the trial with this config on data with these checksums.
#[must_use]
pub fn id(config: &TrialConfig, fingerprint: &BTreeMap<String, String>) -> String {
    id_of_version(config, fingerprint, NUMERICS_VERSION)
}

/// The id that a program with this version of the numerics gives the trial.
#[must_use]
pub fn id_of_version(config: &TrialConfig, fingerprint: &BTreeMap<String, String>, numerics: u32) -> String {
    let TrialConfig { seed, data, model, objective, training } = config.clone();
    let cell = CellConfig { data, model, objective, training };
    Identity::new(&cell, fingerprint, numerics).trial(seed)
}
