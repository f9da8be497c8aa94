//! Bookkeeping of very large sweeps on a simulated cluster: submission and status of a hundred thousand and a million
//! trials, the start of a task, and merging a hundred thousand finished trials.
//!
//! `cargo bench --bench cluster`
//!
//! `sbatch`, `squeue` and `scontrol` are small scripts that accept every job and leave it queued. So the figures are those
//! of the program, the disk and these scripts, not of a cluster. The finished trials take 3 GB: set `TMPDIR` to a memory
//! file system to spare the disk.

mod common;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use common::{Lab, Limit, Size, finish};
use rayon::prelude::*;

/// Sixteen networks; the images are few, for a task that has nothing to train reads them all the same.
const SPEC: &str = r#"name = "NAME"
seeds = SEEDS
[data]
train = 300
validation = 100
test = 100
[training]
phases = [{ epochs = 10, rate = 1e-3, discriminative = true }]
[model]
hidden = 100
[sweep.grid]
"model.steps" = [2, 3, 5, 11]
"model.family" = ["drsae", "untied", "untied-recurrent", "mlp"]
[compare]
reference = { "model.family" = "drsae" }
match = "parameters"
"#;

/// Trials of a task.
const PACK: usize = 10;
const SIZE: Size = Size { epochs: 10, test_images: 100 };

/// Takes every job: appends its name and the number of its tasks to a file.
const SBATCH: &str = r#"[[ $1 == --version ]] && exit
jobs=${0%/*}/jobs
script=${!#}
name=$(sed -n 's/^#SBATCH --job-name=//p' "$script")
last=$(sed -n 's/^#SBATCH --array=0-\([0-9]*\).*/\1/p' "$script")
printf '%s %s\n' "$name" "${last:--1}" >>"$jobs"
wc -l <"$jobs"
"#;

/// All tasks of all jobs wait.
const SQUEUE: &str = r#"[[ $1 == --version ]] && exit
awk '{ if ($2 < 0) print NR "|" NR "|N/A|PENDING||" $1 "|Dependency"
       for (task = 0; task <= $2; task++) print NR "|" NR "|" task "|PENDING||" $1 "|Priority" }' "${0%/*}/jobs"
"#;

const SCONTROL: &str = "[[ $1 == --version ]] || echo 'MaxArraySize = 1001'\n";

fn main() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    println!("{:<32} {:>8} {:>8} {:>8} {:>16}", "", "wall", "CPU", "memory", "limit");
    for (name, seeds) in [("100k", 6_250), ("1m", 62_500)] {
        let programs = folder.path().join(format!("{name}.programs"));
        for (program, text) in [("sbatch", SBATCH), ("squeue", SQUEUE), ("scontrol", SCONTROL)] {
            write_program(&programs, program, text)?;
        }
        let lab = Lab { root: folder.path(), name, programs: Some(&programs) };
        submit(&lab, &SPEC.replace("NAME", name).replace("SEEDS", &seeds.to_string()))?;
    }
    finished(folder.path())
}

/// Measures merging and analysing what very many tasks have left: a hundred thousand trials in 800
/// cells, for the time of the analysis grows with the square of the seeds of a cell.
fn finished(folder: &Path) -> io::Result<()> {
    let lab = Lab { root: folder, name: "finished", programs: None };
    let sparsities: Vec<_> = (1..=50).map(|step| format!("{}", f64::from(step) * 1e-3)).collect();
    let axis = format!("[sweep.grid]\n\"objective.sparsity\" = [{}]\n", sparsities.join(", "));
    let spec = SPEC.replace("NAME", lab.name).replace("SEEDS", "125").replace("[sweep.grid]\n", &axis);
    let store = lab.open(&spec);
    let start = Instant::now();
    let ids = lab.ids()?;
    ids.par_iter().enumerate().try_for_each(|(index, id)| finish(&store, id, index, SIZE))?;
    let (files, bytes) = usage(&store.trials())?;
    let seconds = start.elapsed().as_secs_f64();
    println!("finished: {} trials, {files} files, {} MB, made in {seconds:.0} s", ids.len(), bytes >> 20);
    for command in ["status", "analyze"] {
        lab.measure(&[command])?.print(&format!("finished: {command}"), &LIMIT);
    }
    Ok(())
}

/// Acceptable time and memory on a login node.
const LIMIT: Limit = Limit { seconds: 60.0, mebibytes: 4096 };

/// Measures the life of a sweep none of whose tasks begins.
fn submit(lab: &Lab, spec: &str) -> io::Result<()> {
    let store = lab.open(spec);
    let pack = PACK.to_string();
    let sweep = ["sweep", "--engine", "slurm", "--pack", &pack];
    let print = |what: &str, command: &[&str]| -> io::Result<()> {
        lab.measure(command)?.print(&format!("{}: {what}", lab.name), &LIMIT);
        Ok(())
    };
    print("submit", &sweep)?;
    let (files, bytes) = usage(&store.root().join("slurm"))?;
    println!("{}: {files} files in slurm/, {} MB with the program", lab.name, bytes >> 20);
    print("submit again: all is queued", &sweep)?;
    print("status", &["status"])?;
    // A task whose trials are done, which is all but the training.
    let last: Vec<_> = lab.ids()?.into_iter().rev().take(PACK).collect();
    for id in &last {
        finish(&store, id, 0, SIZE)?;
    }
    let count = lab.ids()?.len();
    let index = format!("{}-{}", count - PACK, count - 1);
    print("a task before it trains", &["trial", "--index", &index, "--pending"])
}

fn write_program(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("jobs"), "")?;
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/bash\n{text}"))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
}

/// Number of files below a folder, and their bytes.
fn usage(folder: &Path) -> io::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files += 1;
                bytes += entry.metadata()?.len();
            }
        }
    }
    Ok((files, bytes))
}
