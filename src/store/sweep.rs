//! `sweep.toml`: the sweep that a results folder belongs to.

use std::path::Path;

use similar::TextDiff;
use toml::{Table, Value};

use super::io::Io;
use super::{Error, atomic, limit};

/// Name of the file.
pub(super) const FILE: &str = "sweep.toml";

/// Tables of a spec that may change within one sweep. They do not affect what a trial computes, only which trials are
/// planned and how they are analysed.
const CHANGEABLE: [&str; 7] = ["question", "seeds", "sweep", "compare", "conditions", "published", "frozen"];

/// Writes `sweep.toml` unless it exists for another sweep.
pub(super) fn record(io: &dyn Io, root: &Path, asked: &str) -> Result<(), Error> {
    let path = root.join(FILE);
    // If several processes begin together, one creates the file and the others find it.
    if atomic::create_once(io, &path, asked.as_bytes())? {
        return Ok(());
    }
    refuse_other(root, read(io, &path)?.as_deref(), asked)?;
    atomic::write(io, &path, asked.as_bytes())
}

/// Refuses a spec whose base tables are not those of `sweep.toml`, if there is one.
pub(super) fn expect(io: &dyn Io, root: &Path, asked: &str) -> Result<(), Error> {
    refuse_other(root, read(io, &root.join(FILE))?.as_deref(), asked)
}

/// Refuses a spec that does not plan the trials of `sweep.toml`.
pub(super) fn expect_plan(io: &dyn Io, root: &Path, asked: &str) -> Result<(), Error> {
    let path = root.join(FILE);
    let Some(there) = read(io, &path)? else {
        let reason =
            "it is missing, and nothing else says which trials the tables hold; restore it".to_owned();
        return Err(Error::Malformed { path, reason });
    };
    refuse_other(root, Some(&there), asked)?;
    if there != asked && planning(&path, &there)? != planning(&path, asked)? {
        return Err(Error::OtherPlan { path: root.to_owned(), diff: line_diff(&there, asked) });
    }
    Ok(())
}

fn read(io: &dyn Io, path: &Path) -> Result<Option<String>, Error> {
    let text = atomic::read(io, path, limit::RECORD)?;
    let invalid =
        |_| Error::Malformed { path: path.to_owned(), reason: "it is not UTF-8; restore it".to_owned() };
    text.map(|text| String::from_utf8(text).map_err(invalid)).transpose()
}

fn refuse_other(root: &Path, there: Option<&str>, asked: &str) -> Result<(), Error> {
    let path = root.join(FILE);
    match there {
        Some(there) if there != asked && base(&path, there)? != base(&path, asked)? => {
            Err(Error::OtherSweep { path: root.to_owned(), diff: line_diff(there, asked) })
        }
        _ => Ok(()),
    }
}

/// The tables that all trials share. The location of the data is not part of a trial's identity.
fn base(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = without_path(path, text)?;
    for key in CHANGEABLE {
        table.remove(key);
    }
    Ok(table)
}

/// The settings that decide which trials are planned. The reference affects only the analysis, unless widths are matched
/// with it.
fn planning(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = without_path(path, text)?;
    for key in ["question", "conditions", "published", "frozen"] {
        table.remove(key);
    }
    match table.get_mut("compare").and_then(Value::as_table_mut) {
        Some(compare) if compare.contains_key("match") => {
            for key in ["margin", "effects"] {
                compare.remove(key);
            }
        }
        _ => {
            table.remove("compare");
        }
    }
    Ok(table)
}

fn without_path(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = text.parse::<Table>().map_err(|error| {
        let reason = format!("it is not TOML; restore it, or use another folder with --results\n{error}");
        Error::Malformed { path: path.to_owned(), reason }
    })?;
    if let Some(data) = table.get_mut("data").and_then(Value::as_table_mut) {
        data.remove("folder");
        data.remove("file");
    }
    Ok(table)
}

fn line_diff(there: &str, asked: &str) -> String {
    TextDiff::from_lines(there, asked).unified_diff().context_radius(2).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;
    use std::thread;

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

    /// In each round all threads except one are refused, in any order.
    #[test]
    fn of_sweeps_that_begin_together_one_is_accepted() {
        const SWEEPS: usize = 8;
        for round in 0..40 {
            let folder = tempfile::tempdir().unwrap();
            let barrier = Barrier::new(SWEEPS);
            let begin = |hidden: usize| {
                let spec = BASE.replace("100", &hidden.to_string());
                barrier.wait();
                record(&Disk, folder.path(), &spec).map(|()| spec)
            };
            let ended: Vec<_> = thread::scope(|scope| {
                let begin = &begin;
                let threads: Vec<_> = (1..=SWEEPS).map(|hidden| scope.spawn(move || begin(hidden))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let accepted: Vec<_> = ended.iter().filter_map(|ended| ended.as_ref().ok()).collect();
            assert_eq!(accepted, [&fs::read_to_string(folder.path().join(FILE)).unwrap()], "round {round}");
            let refused = ended.iter().filter(|ended| matches!(ended, Err(Error::OtherSweep { .. })));
            assert_eq!(refused.count(), SWEEPS - 1, "round {round}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        }
    }

    #[test]
    fn another_plan_is_distinguished_from_another_analysis() {
        let folder = tempfile::tempdir().unwrap();
        let matched = "\n[compare]\nreference = { \"model.family\" = \"drsae\" }\nmatch = \"parameters\"\n";
        let spec = BASE.to_owned() + matched;
        record(&Disk, folder.path(), &spec).unwrap();
        let check = |asked: &str| expect_plan(&Disk, folder.path(), asked).map_err(|error| error.to_string());
        check(&spec).unwrap();
        check(&(format!("question = \"Why?\"\n{spec}margin = 0.5\n"))).unwrap();
        check(&(format!("{spec}[[compare.effects]]\nname = \"depth\"\n"))).unwrap();
        let others = [
            spec.replace("[1, 2]", "[1, 2, 3]"),
            spec.replace("\"drsae\"", "\"mlp\""),
            spec.replace("match = \"parameters\"\n", ""),
            format!("{spec}[sweep.grid]\n\"model.steps\" = [1, 2]\n"),
        ];
        for other in others {
            let error = check(&other).unwrap_err();
            assert!(error.contains("of other trials (-)") && error.contains("@@"), "{error}");
        }
        assert!(check(&spec.replace("steps = 11", "steps = 3")).unwrap_err().contains("another sweep (-)"));

        // Without matched widths, the comparison does not affect the plan.
        let free = BASE.replace("[1, 2]", "[1, 2, 3]");
        record(&Disk, folder.path(), &free).unwrap();
        check(&(free.clone() + "\n[compare]\nreference = { \"model.steps\" = 1 }\n")).unwrap();
        fs::remove_file(folder.path().join(FILE)).unwrap();
        assert!(check(&free).unwrap_err().contains(FILE));
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "name = \"dep").unwrap();
        let error = record(&Disk, folder.path(), BASE).unwrap_err();
        assert!(matches!(&error, Error::Malformed { path, .. } if path.ends_with(FILE)), "{error}");
    }
}
