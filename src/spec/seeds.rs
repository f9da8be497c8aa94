//! Lists of seeds.

use std::collections::BTreeSet;

use toml::Value;

use super::expand::MAX_TRIALS;
use crate::Invalid;

/// Reads a list of seeds, or a count n of those from `first` on; `key` names the setting in errors.
pub(super) fn read(key: &str, seeds: &Value, first: u64) -> Result<Vec<u64>, Invalid> {
    let whole = |value: &Value| value.as_integer().and_then(|seed| u64::try_from(seed).ok());
    let Value::Array(list) = seeds else {
        return match whole(seeds) {
            Some(count @ 1..) if count <= MAX_TRIALS as u64 => Ok((first..first + count).collect()),
            _ => {
                let reason = format!(
                    "must be a count from 1 to {MAX_TRIALS}, or a list of whole numbers, not {seeds}"
                );
                Err(Invalid::new(key, reason))
            }
        };
    };
    if list.is_empty() {
        return Err(Invalid::new(key, "must list at least one seed"));
    }
    let mut seen = BTreeSet::new();
    for (index, value) in list.iter().enumerate() {
        let at = || format!("{key}.{index}");
        let seed = whole(value).ok_or_else(|| {
            Invalid::new(at(), format!("must be a whole number, zero or more, not {value}"))
        })?;
        if !seen.insert(seed) {
            return Err(Invalid::new(at(), format!("repeats the seed {seed}")));
        }
    }
    Ok(list.iter().filter_map(whole).collect())
}
