//! The text of `result.json`: a trial's result with checksums of the trial's files and a digest of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FORMAT, Outcome, checked_name};
use crate::hash::sha256;

/// The field that holds the checksum of all the others.
const DIGEST: &str = "digest";

/// The content of `result.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// The outcome of the trial.
    pub outcome: Outcome,
    /// SHA-256 of each file of the ended trial, by name.
    pub files: BTreeMap<String, String>,
    /// State of the seal.
    pub seal: Seal,
}

/// State of the seal of a `result.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// The text is unchanged, to the byte.
    Whole,
    /// The file has no digest, so changes cannot be detected.
    Absent,
    /// The text was changed.
    Broken,
}

/// The fields of the file, in their order.
#[derive(Serialize, Deserialize)]
struct Fields {
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    digest: String,
}

/// The text of `result.json`.
pub(super) fn write(outcome: &Outcome, files: BTreeMap<String, String>) -> serde_json::Result<String> {
    let mut fields = Fields { outcome: outcome.clone(), files, digest: String::new() };
    fields.digest = digest(serde_json::to_value(&fields)?);
    fields.text()
}

/// Reads the text of `result.json`.
///
/// # Errors
/// The text is malformed, or another version wrote it.
pub(super) fn read(text: &str) -> Result<Sealed, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let fields = Fields::deserialize(&value).map_err(|error| error.to_string())?;
    expect_format(&fields.outcome)?;
    // Only files in the trial's own folder may be listed.
    if let Some(name) = fields.files.keys().find(|name| checked_name(name).is_err()) {
        return Err(format!("it lists {name:?}, which is not a file of a trial"));
    }
    // Another spelling, such as 1E-7 for 1e-7, has the same digest, so the text is compared as well.
    let seal = if fields.digest.is_empty() {
        Seal::Absent
    } else if digest(value) == fields.digest && fields.text().is_ok_and(|whole| whole == text) {
        Seal::Whole
    } else {
        Seal::Broken
    };
    Ok(Sealed { outcome: fields.outcome, files: fields.files, seal })
}

/// Reads the result without checking the seal, which is faster for plans of a hundred thousand trials.
///
/// # Errors
/// As [`read`].
pub(super) fn outcome(text: &str) -> Result<Outcome, String> {
    let outcome = serde_json::from_str(text).map_err(|error| error.to_string())?;
    expect_format(&outcome)?;
    Ok(outcome)
}

fn expect_format(outcome: &Outcome) -> Result<(), String> {
    match outcome.format {
        FORMAT => Ok(()),
        format => Err(format!("it has format {format}, this version reads {FORMAT}; update drsae")),
    }
}

impl Fields {
    fn text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// SHA-256 of the JSON of all fields but the digest itself, keys sorted, as a [`Value`] keeps them.
fn digest(mut fields: Value) -> String {
    if let Some(fields) = fields.as_object_mut() {
        fields.remove(DIGEST);
    }
    sha256(fields.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::outcome::tests::outcome;

    fn text() -> String {
        // A float whose 17 digits are not the only ones that read back as it.
        let outcome = Outcome { seconds: 0.1 + 0.2, ..outcome() };
        write(&outcome, BTreeMap::from([("epochs.csv".to_owned(), "00ff".to_owned())])).unwrap()
    }

    /// Python: `sha256(json.dumps({…all but digest…}, sort_keys=True, separators=(",", ":"))
    /// .encode()).hexdigest()`.
    #[test]
    fn result_snapshot() {
        insta::assert_snapshot!(text(), @r#"
        {
          "format": 1,
          "status": "complete",
          "message": null,
          "parameters": 169500,
          "epochs": 35,
          "best_epoch": 31,
          "valid_error": 1.5,
          "test_error": 1.25,
          "test_errors": 125,
          "test_count": 10000,
          "seconds": 0.30000000000000004,
          "files": {
            "epochs.csv": "00ff"
          },
          "digest": "c3b54498778e0e40048f9e27c51a1f0384d03bb913face80e4a203d393efb175"
        }
        "#);
    }

    #[test]
    fn what_was_written_is_whole() {
        let read = read(&text()).unwrap();
        assert_eq!((read.seal, read.outcome.seconds), (Seal::Whole, 0.1 + 0.2));
        assert_eq!(read.files["epochs.csv"], "00ff");
    }

    #[test]
    fn the_result_alone_is_that_under_the_seal() {
        let sealed = read(&text()).unwrap().outcome;
        assert_eq!(super::outcome(&text()).unwrap(), sealed);
        for broken in [&text()[..40], "{}", "[]", &text().replace("\"format\": 1", "\"format\": 2")] {
            assert_eq!(super::outcome(broken).is_err(), read(broken).is_err(), "{broken}");
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn every_single_flipped_bit_shows() {
        let text = text();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let seal = String::from_utf8(bytes).ok().and_then(|text| read(&text).ok());
                assert!(seal.is_none_or(|sealed| sealed.seal != Seal::Whole), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn another_spelling_of_the_same_number_shows() {
        let respelt = text().replace("0.30000000000000004", "0.30000000000000005");
        let sealed = read(&respelt).unwrap();
        assert_eq!((sealed.seal, sealed.outcome.seconds), (Seal::Broken, 0.1 + 0.2));
    }

    #[test]
    fn files_elsewhere_are_refused_even_under_a_digest() {
        for name in ["../../up", "/dev/zero", "a/b", "", "..", "nul"] {
            let files = BTreeMap::from([(name.to_owned(), "00ff".to_owned())]);
            let error = read(&write(&outcome(), files).unwrap()).unwrap_err();
            assert_eq!(error, format!("it lists {name:?}, which is not a file of a trial"));
        }
    }

    #[test]
    fn a_result_without_a_digest_is_read_without_a_seal() {
        let bare = serde_json::to_string(&outcome()).unwrap();
        let sealed = read(&bare).unwrap();
        assert_eq!((sealed.outcome, sealed.seal), (outcome(), Seal::Absent));
    }
}
