//! `sweep.toml`: which sweep a folder belongs to.

use std::path::Path;

use similar::TextDiff;
use toml::Table;

use super::io::Io;
use super::{Error, atomic, limit};

/// Name of the file.
pub(super) const FILE: &str = "sweep.toml";

/// What may change without making it another sweep: the trials are named by what they
/// computed, so these decide only which of them belong to the plan, and how they are read.
const CHANGEABLE: [&str; 5] = ["question", "seeds", "sweep", "compare", "published"];

/// Writes `sweep.toml`, unless another sweep's is there.
pub(super) fn record(io: &dyn Io, root: &Path, asked: &str) -> Result<(), Error> {
    let path = root.join(FILE);
    if atomic::create_once(io, &path, asked.as_bytes())? {
        return Ok(());
    }
    let there = atomic::read(io, &path, limit::RECORD)?.unwrap_or_default();
    let there = String::from_utf8_lossy(&there);
    if base(&path, &there)? == base(&path, asked)? {
        return atomic::write(io, &path, asked.as_bytes());
    }
    Err(Error::OtherSweep { path: root.to_owned(), diff: line_diff(&there, asked) })
}

/// The tables that all trials share.
fn base(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = text.parse::<Table>().map_err(|error| {
        let reason = format!("it is no TOML; restore it, or use another folder with --results\n{error}");
        Error::Malformed { path: path.to_owned(), reason }
    })?;
    for key in CHANGEABLE {
        table.remove(key);
    }
    Ok(table)
}

fn line_diff(there: &str, asked: &str) -> String {
    TextDiff::from_lines(there, asked).unified_diff().context_radius(2).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::io::Disk;

    const BASE: &str = "name = \"depth\"\nseeds = [1, 2]\n\n[model]\nsteps = 11\nhidden = 100\n";

    #[test]
    fn a_changed_plan_over_the_same_base_is_welcome() {
        let folder = tempfile::tempdir().unwrap();
        record(&Disk, folder.path(), BASE).unwrap();
        let wider = BASE.replace("[1, 2]", "[1, 2, 3]")
            + "[sweep.grid]\n\"model.steps\" = [1, 2]\n\n[compare]\nmatch = \"parameters\"\n";
        record(&Disk, folder.path(), &wider).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), wider);
    }

    #[test]
    fn another_base_is_refused_with_a_diff_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        record(&Disk, folder.path(), BASE).unwrap();
        let error = record(&Disk, folder.path(), &BASE.replace("hidden = 100", "hidden = 400")).unwrap_err();
        let text = error.to_string().replace(&folder.path().display().to_string(), "results/depth");
        insta::assert_snapshot!(text, @r"
        results/depth holds the results of another sweep (-) than the one asked for (+):

        @@ -4,3 +4,3 @@
         [model]
         steps = 11
        -hidden = 100
        +hidden = 400

        give this one another `name`, or another folder with --results
        ");
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), BASE);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "name = \"dep").unwrap();
        let error = record(&Disk, folder.path(), BASE).unwrap_err();
        assert!(matches!(&error, Error::Malformed { path, .. } if path.ends_with(FILE)), "{error}");
    }
}
