//! Sweeps that cannot be submitted: a clear error, and no files.

use std::fs;

use crate::cluster::{Cluster, wait_for};
use crate::lab::{Lab, SMALL, ended};

#[test]
fn without_slurm_on_the_path_nothing_is_written() {
    let lab = Lab::new(None, &SMALL);
    let mut command = lab.command("sweep", &["--engine", "slurm"]);
    command.env("PATH", lab.path("nowhere"));
    let ended = crate::lab::Ended::of(command.output().unwrap()).expect(2);
    assert_eq!(
        ended.err,
        "error: there is no `sbatch` on the PATH: run this where jobs are submitted from, such as a login node, or \
         use `--engine local`\n"
    );
    assert!(!lab.path("results").exists());
}

#[test]
fn options_of_the_other_engine_are_refused() {
    let lab = Lab::new(None, &SMALL);
    for (more, expected) in [
        (&["--engine", "slurm", "--jobs", "2"][..], "`--jobs` requires `--engine local`"),
        (&["--engine", "slurm", "--fail-fast"], "`--fail-fast` requires `--engine local`"),
        (&["--follow"], "`--follow` requires `--engine slurm`"),
        (&["--pack", "3"], "`--pack` requires `--engine slurm`"),
    ] {
        let ended = lab.drsae("sweep", more).expect(2);
        assert!(ended.err.contains(expected), "{}", ended.err);
    }
}

#[test]
fn what_slurm_refuses_is_reported_with_what_to_do() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    for (more, expected) in [
        (
            &["slurm.partition=nope"][..],
            &["invalid partition specified: nope", "set `partition` in `[slurm]`", "`sinfo -s` lists them"],
        ),
        (
            &["slurm.partition=closed", "slurm.account=chemistry"],
            &["Invalid account", "set `account` in `[slurm]`", "sacctmgr show associations"],
        ),
        (
            &["slurm.memory=\"900G\""],
            &["Memory specification", "no node has what `cpus`, `memory`", "sinfo -o"],
        ),
    ] {
        let sets: Vec<_> = more.iter().flat_map(|setting| ["--set", setting]).collect();
        let ended = lab.submit(&[&["--pack", "3"], &sets[..]].concat()).expect(2);
        assert!(expected.iter().all(|part| ended.err.contains(part)), "{}", ended.err);
        assert!(ended.err.contains("error: `sbatch` failed: "), "{}", ended.err);
        assert_eq!(ended.out, "");
        assert!(!lab.root().join("slurm/1").exists(), "nothing was submitted, and nothing is left of it");
    }
}

#[test]
fn settings_come_from_the_users_file_and_its_mistakes_are_reported() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    let file = lab.path("config/drsae/slurm.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "[slurm]\npartition = \"ci\"\ncpus = 2\ntime = \"10\"\n").unwrap();
    let dry = lab.submit(&["--dry-run", "--set", "slurm.time=\"20\""]).expect(0);
    for line in ["--partition=ci", "--cpus-per-task=2", "--time=20"] {
        assert!(dry.out.contains(&format!("\n#SBATCH {line}\n")), "{}", dry.out);
    }
    assert!(!lab.path("results").exists(), "a dry run writes nothing");

    fs::write(&file, "[slurm]\npartitoin = \"ci\"\n").unwrap();
    let message = lab.submit(&["--dry-run"]).expect(2).err;
    let expected = "slurm.toml:2:1: unknown key `slurm.partitoin`; did you mean `slurm.partition`?\n";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn a_task_logs_what_its_node_lacks() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    let job =
        lab.submit(&["--pack", "12", "--set", "slurm.directives=[\"--hold\"]"]).expect(0).jobs().remove(0);
    fs::remove_dir_all(lab.root().join("slurm/bin")).unwrap();
    cluster.ask("scontrol", &["release", &job]);
    let log = lab.root().join(format!("slurm/1/logs-0/{job}_0.log"));
    let message = || fs::read_to_string(&log).unwrap_or_default();
    wait_for("an error", || message().contains("error: "));
    assert!(
        message().contains("is not on this node, or may not be run: submit again with `drsae sweep`"),
        "{}",
        message()
    );
}

/// As long as the program, and executable.
#[test]
fn another_program_at_its_place_is_not_run_and_is_replaced() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    let held = ["--pack", "12", "--set", "slurm.directives=[\"--hold\"]"];
    let job = lab.submit(&held).expect(0).jobs().remove(0);
    let program = fs::read_dir(lab.root().join("slurm/bin")).unwrap().next().unwrap().unwrap().path();
    let genuine = fs::read(&program).unwrap();
    let mark = lab.path("it-ran");
    let mut other = format!("#!/bin/sh\ntouch '{}'\nexit\n", mark.display()).into_bytes();
    other.resize(genuine.len(), b'\n');
    fs::write(&program, other).unwrap();
    cluster.ask("scontrol", &["release", &job]);
    let log = lab.root().join(format!("slurm/1/logs-0/{job}_0.log"));
    let message = || fs::read_to_string(&log).unwrap_or_default();
    wait_for("a refusal", || message().contains("error: "));
    assert!(message().contains("is not the program that was submitted, for its SHA-256 is"), "{}", message());

    let followed = ended(lab.follow(&["--pack", "12"])).expect(0);
    assert!(followed.out.contains("12 of 12 trials complete"), "{}", followed.out);
    assert!(fs::read(&program).unwrap() == genuine, "the same build was submitted again");
    assert!(!mark.exists(), "the other program was run");
    lab.assert_same_as_local();
}

/// `sbatch` itself takes what is refused as two options, and what passes as one.
#[test]
fn slurm_reads_a_directive_as_it_is_checked() {
    let Some(cluster) = Cluster::shared() else { return };
    let lab = Lab::new(Some(&cluster), &SMALL);
    let shown = |directive: &str| {
        let script = lab.path("job.sh");
        fs::write(&script, format!("#!/bin/sh\n#SBATCH --hold\n#SBATCH {directive}\ntrue\n")).unwrap();
        let job = cluster.ask("sbatch", &["--parsable", "--output=/dev/null", script.to_str().unwrap()]);
        let shown = cluster.ask("scontrol", &["show", "job", job.trim()]);
        cluster.ask("scancel", &[job.trim()]);
        shown
    };
    for directive in ["--comment=a --array=0-0", "--comment=a\t--arr=0-0", "--\"ar\"ray=0-0"] {
        assert!(shown(directive).contains("ArrayTaskId=0"), "{directive}: {}", shown(directive));
        let setting = format!("slurm.directives=[{directive:?}]");
        let refused = lab.submit(&["--dry-run", "--pack", "12", "--set", &setting]).expect(2);
        assert!(refused.err.contains("slurm.directives.0"), "{}", refused.err);
    }
    let one = "--comment=\"a b --array=0-0 # \\\"c\\\"\"";
    assert!(shown(one).contains("Comment=a b --array=0-0 # \"c\""), "{}", shown(one));
    assert!(!shown(one).contains("ArrayTaskId"), "{}", shown(one));
    let setting = format!("slurm.directives=[{one:?}]");
    lab.submit(&["--dry-run", "--pack", "12", "--set", &setting]).expect(0);
}
