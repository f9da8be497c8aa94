use super::*;
use crate::slurm::{Program, Record, Submissions};

fn scripts(settings: &Settings) -> (String, String) {
    // FIPS 180-4, the example message "abc".
    let program = Program::of(b"abc");
    let scripts = Scripts {
        settings: settings.clone(),
        sweep: "depth".to_owned(),
        working_dir: PathBuf::from("/home/ada"),
        program: PathBuf::from("/r/slurm/bin").join(&program.name),
        sha256: program.sha256.clone(),
        sweep_args: vec!["--root".to_owned(), "/home/ada/my results/depth".to_owned()],
        trial_args: vec!["--timeout".to_owned(), "2h".to_owned()],
        jobs: settings.cpus.unwrap_or(1),
    };
    let names = ["drsae-depth-00ff-1-0", "drsae-depth-00ff-1-analysis"].map(str::to_owned);
    let [array, analysis] = names;
    let submission =
        Submissions::within(Path::new("/r")).submission(1, Record::new(program, vec![array], analysis));
    (scripts.array(&submission, 0, 250), scripts.analysis(&submission, Path::new("/r/sweep.toml")))
}

/// Checks the syntax of a script with `bash -n`.
fn assert_valid(script: &str) {
    let mut bash = std::process::Command::new("bash");
    let mut child = bash.arg("-n").stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn all_settings() -> Settings {
    Settings {
        partition: Some("short".to_owned()),
        account: Some("physics".to_owned()),
        time: Some("2:00:00".to_owned()),
        memory: Some("4G".to_owned()),
        cpus: Some(4),
        gpus: Some(1),
        parallel: Some(20),
        modules: Some(vec!["gcc/12".to_owned()]),
        prelude: Some("export A=1\n".to_owned()),
        directives: Some(vec!["--constraint=avx512".to_owned()]),
    }
}

#[test]
fn script_snapshots() {
    let (array, analysis) = scripts(&all_settings());
    insta::assert_snapshot!(array, @r#"
    #!/bin/bash
    #SBATCH --job-name=drsae-depth-00ff-1-0
    #SBATCH --array=0-249%20
    #SBATCH --output=/r/slurm/1/logs-0/%A_%a.log
    #SBATCH --open-mode=append
    #SBATCH --requeue
    #SBATCH --signal=B:USR1@60
    #SBATCH --cpus-per-task=4
    #SBATCH --gres=gpu:1
    #SBATCH --nodes=1
    #SBATCH --ntasks=1
    #SBATCH --partition=short
    #SBATCH --account=physics
    #SBATCH --time=2:00:00
    #SBATCH --mem=4G
    #SBATCH --constraint=avx512

    # A task of the sweep depth. Written by `drsae sweep --engine slurm`.

    folder=/home/ada
    program=/r/slurm/bin/drsae-ba7816bf8f01
    sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
    spec=/r/slurm/1/spec.toml
    tasks=/r/slurm/1/tasks-0.txt

    restarts=${SLURM_RESTART_COUNT:-0}
    printf '%s: task %s on %s, start %s\n' "$(date -u +%FT%TZ)" "$SLURM_ARRAY_TASK_ID" "${SLURMD_NODENAME:-$(hostname)}" $((restarts + 1))
    fail() { printf 'error: %s\n' "$1" >&2; exit 2; }
    cd -- "$folder" || fail "$folder is not on this node: it must be on a file system that nodes share"
    [[ -f $program && -x $program ]] || fail "$program is not on this node, or may not be run: submit again with \`drsae sweep\`"
    found=
    for tool in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do
        command -v ${tool%% *} >/dev/null && found=$($tool <"$program") && break
    done
    [[ $found ]] || fail "this node has no program that computes the SHA-256 of $program: sha256sum, shasum or openssl"
    [[ ${found%% *} == "$sha256" ]] || fail "$program is not the program that was submitted, for its SHA-256 is ${found%% *} and not $sha256: submit again with \`drsae sweep\`"
    [[ -r $spec ]] || fail "$spec cannot be read here: submit again with \`drsae sweep\`"
    [[ -r $tasks ]] || fail "$tasks cannot be read here: submit again with \`drsae sweep\`"
    read -r index trials < <(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" -- "$tasks") ||
        fail "$tasks has no task $SLURM_ARRAY_TASK_ID"

    module load gcc/12 || fail "module load gcc/12 failed"
    export A=1

    # Slurm warns this shell alone; whatever else ends the job it sends to the program as well.
    over= child=
    trap 'over=yes; [[ $child ]] && kill -TERM "$child"' USR1
    trap : TERM
    "$program" trial "$spec" --index "$index" --expect "$trials" --pending --jobs 4 --root '/home/ada/my results/depth' --timeout 2h &
    child=$!
    wait "$child"; status=$?
    while kill -0 "$child" 2>/dev/null; do wait "$child"; status=$?; done
    if [[ $over ]] && ((status != 0 && restarts < 100)); then
        printf 'the time is over: queued again\n'
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && sleep 60
    fi
    exit "$status"
    "#);
    insta::assert_snapshot!(analysis, @r#"
    #!/bin/bash
    #SBATCH --job-name=drsae-depth-00ff-1-analysis
    #SBATCH --output=/r/slurm/1/analysis.log
    #SBATCH --open-mode=append
    #SBATCH --requeue
    #SBATCH --nodes=1
    #SBATCH --ntasks=1
    #SBATCH --partition=short
    #SBATCH --account=physics
    #SBATCH --time=2:00:00
    #SBATCH --mem=4G
    #SBATCH --constraint=avx512

    # Merges and analyses the sweep depth, once its tasks have ended. Written by `drsae sweep --engine slurm`.

    folder=/home/ada
    program=/r/slurm/bin/drsae-ba7816bf8f01
    sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
    spec=/r/sweep.toml

    fail() { printf 'error: %s\n' "$1" >&2; exit 2; }
    cd -- "$folder" || fail "$folder is not on this node: it must be on a file system that nodes share"
    [[ -f $program && -x $program ]] || fail "$program is not on this node, or may not be run: submit again with \`drsae sweep\`"
    found=
    for tool in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do
        command -v ${tool%% *} >/dev/null && found=$($tool <"$program") && break
    done
    [[ $found ]] || fail "this node has no program that computes the SHA-256 of $program: sha256sum, shasum or openssl"
    [[ ${found%% *} == "$sha256" ]] || fail "$program is not the program that was submitted, for its SHA-256 is ${found%% *} and not $sha256: submit again with \`drsae sweep\`"
    [[ -r $spec ]] || fail "$spec cannot be read here: submit again with \`drsae sweep\`"

    module load gcc/12 || fail "module load gcc/12 failed"
    export A=1

    "$program" analyze "$spec" --root '/home/ada/my results/depth'
    "#);
    assert_valid(&array);
    assert_valid(&analysis);
}

#[test]
fn without_settings_the_cluster_decides() {
    let (array, analysis) = scripts(&Settings::default());
    for name in ["partition", "account", "time=", "mem=", "gres", "%A_%a.log%", "module"] {
        assert!(!array.contains(&format!("--{name}")) && !analysis.contains(&format!("--{name}")), "{name}");
    }
    assert!(array.contains("#SBATCH --array=0-249\n") && array.contains("--jobs 1 "), "{array}");
}
