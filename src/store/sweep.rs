//! `sweep.toml`: which sweep a folder belongs to.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use similar::TextDiff;
use toml::{Table, Value};

use super::file::UNFINISHED;
use super::{Error, atomic};

/// Name of the file.
pub(super) const FILE: &str = "sweep.toml";

/// What may change without making it another sweep: the trials are named by what they
/// computed, so these decide only which of them belong to the plan, and how they are read.
const CHANGEABLE: [&str; 5] = ["question", "seeds", "sweep", "compare", "published"];

/// Writes `sweep.toml`, unless another sweep's is there.
pub(super) fn record(root: &Path, asked: &str) -> Result<(), Error> {
    let path = root.join(FILE);
    // Of processes that begin together one creates the file; the others find it.
    if read(&path)?.is_none() && create(&path, asked.as_bytes()).map_err(Error::write(&path))? {
        return Ok(());
    }
    match read(&path)? {
        Some(there) if there == asked => Ok(()),
        there => {
            refuse_other(root, there.as_deref(), asked)?;
            atomic::write(&path, asked.as_bytes())
        }
    }
}

/// Refuses a spec whose base tables are not those of `sweep.toml`, where there is one.
pub(super) fn expect(root: &Path, asked: &str) -> Result<(), Error> {
    refuse_other(root, read(&root.join(FILE))?.as_deref(), asked)
}

/// Refuses a spec that does not plan the trials of `sweep.toml`.
pub(super) fn expect_plan(root: &Path, asked: &str) -> Result<(), Error> {
    let path = root.join(FILE);
    let there = fs::read_to_string(&path).map_err(Error::read(&path))?;
    refuse_other(root, Some(&there), asked)?;
    if there != asked && planning(&path, &there)? != planning(&path, asked)? {
        return Err(Error::OtherPlan { path: root.to_owned(), diff: line_diff(&there, asked) });
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::read(path)),
    }
}

/// Creates the file with all of its content, or leaves the one that is there; tells which.
fn create(path: &Path, content: &[u8]) -> io::Result<bool> {
    let mut unfinished = tempfile::Builder::new()
        .prefix(".")
        .suffix(UNFINISHED)
        .make_in(path.parent().unwrap_or(Path::new(".")), |temporary| File::create_new(temporary))?;
    unfinished.write_all(content)?;
    unfinished.as_file().sync_all()?;
    match fs::hard_link(unfinished.path(), path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // A file system without hard links.
        Err(_) => match File::create_new(path) {
            Ok(mut file) => file.write_all(content).and_then(|()| file.sync_all()).map(|()| true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        },
    }
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

/// The tables that all trials share. Where the data lie is no part of what a trial is.
fn base(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = placeless(path, text)?;
    for key in CHANGEABLE {
        table.remove(key);
    }
    Ok(table)
}

/// All that decides which trials are planned. The reference is compared with by the reader alone,
/// unless widths are matched with it.
fn planning(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = placeless(path, text)?;
    for key in ["question", "published"] {
        table.remove(key);
    }
    match table.get_mut("compare").and_then(Value::as_table_mut) {
        Some(compare) if compare.contains_key("match") => {
            compare.remove("margin");
        }
        _ => {
            table.remove("compare");
        }
    }
    Ok(table)
}

fn placeless(path: &Path, text: &str) -> Result<Table, Error> {
    let mut table = text.parse::<Table>().map_err(|error| {
        let reason = format!("it is no TOML; restore it, or use another folder with --results\n{error}");
        Error::Malformed { path: path.to_owned(), reason }
    })?;
    if let Some(data) = table.get_mut("data").and_then(Value::as_table_mut) {
        data.remove("folder");
    }
    Ok(table)
}

fn line_diff(there: &str, asked: &str) -> String {
    TextDiff::from_lines(there, asked).unified_diff().context_radius(2).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    const BASE: &str = "name = \"depth\"\nseeds = [1, 2]\n\n[model]\nsteps = 11\nhidden = 100\n";

    #[test]
    fn a_changed_plan_over_the_same_base_is_welcome() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), BASE).unwrap();
        let wider = BASE.replace("[1, 2]", "[1, 2, 3]")
            + "[sweep.grid]\n\"model.steps\" = [1, 2]\n\n[compare]\nmatch = \"parameters\"\n";
        record(folder.path(), &wider).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), wider);
    }

    #[test]
    fn another_base_is_refused_with_a_diff_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), BASE).unwrap();
        let error = record(folder.path(), &BASE.replace("hidden = 100", "hidden = 400")).unwrap_err();
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

    /// Each round all threads but one lose, whoever is first and however late the others are.
    #[test]
    fn of_sweeps_that_begin_together_one_is_accepted() {
        const SWEEPS: usize = 8;
        for round in 0..40 {
            let folder = tempfile::tempdir().unwrap();
            let barrier = Barrier::new(SWEEPS);
            let begin = |hidden: usize| {
                let spec = BASE.replace("100", &hidden.to_string());
                barrier.wait();
                record(folder.path(), &spec).map(|()| spec)
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
    fn another_plan_is_told_from_another_way_to_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let matched = "\n[compare]\nreference = { \"model.family\" = \"drsae\" }\nmatch = \"parameters\"\n";
        let spec = BASE.to_owned() + matched;
        record(folder.path(), &spec).unwrap();
        let told = |asked: &str| expect_plan(folder.path(), asked).map_err(|error| error.to_string());
        told(&spec).unwrap();
        told(&(format!("question = \"Why?\"\n{spec}margin = 0.5\n"))).unwrap();
        let others = [
            spec.replace("[1, 2]", "[1, 2, 3]"),
            spec.replace("\"drsae\"", "\"mlp\""),
            spec.replace("match = \"parameters\"\n", ""),
            format!("{spec}[sweep.grid]\n\"model.steps\" = [1, 2]\n"),
        ];
        for other in others {
            let error = told(&other).unwrap_err();
            assert!(error.contains("of other trials (-)") && error.contains("@@"), "{error}");
        }
        assert!(told(&spec.replace("steps = 11", "steps = 3")).unwrap_err().contains("another sweep (-)"));

        // Where no width is matched, what is compared is the reader's choice.
        let free = BASE.replace("[1, 2]", "[1, 2, 3]");
        record(folder.path(), &free).unwrap();
        told(&(free.clone() + "\n[compare]\nreference = { \"model.steps\" = 1 }\n")).unwrap();
        fs::remove_file(folder.path().join(FILE)).unwrap();
        assert!(told(&free).unwrap_err().contains(FILE));
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "name = \"dep").unwrap();
        let error = record(folder.path(), BASE).unwrap_err();
        assert!(matches!(&error, Error::Malformed { path, .. } if path.ends_with(FILE)), "{error}");
    }
}
