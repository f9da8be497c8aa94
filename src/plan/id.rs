//! A trial's id: a slug for people, and a hash of all that decides the result.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::spec::CellConfig;
use crate::text::hex;

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
        let mut text = String::new();
        canonical(&identity, &mut text);
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

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(entries) => {
            let sorted: BTreeMap<_, _> = entries.iter().collect();
            out.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                canonical(item, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_is_sorted_and_bare() {
        let mut out = String::new();
        canonical(&json!({ "b": [1, 0.5, { "z": null, "a": "\"" }], "a": true }), &mut out);
        assert_eq!(out, r#"{"a":true,"b":[1,0.5,{"a":"\"","z":null}]}"#);
    }
}
