//! `drsae verify` on a tiny sweep: an intact folder passes, and every kind of damage is found
//! and named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use drsae::data;
use drsae::device::Kind;
use drsae::plan::Plan;
use drsae::store::{Outcome, SUMS, Store, file};
use drsae::verify::{Audit, AuditedFolder, Severity};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tempfile::TempDir;

const SPEC: &str = r#"
name = "tiny"
seeds = 2

[data]
source = "strokes"
train = 60
validation = 20
test = 30

[model]
steps = 2
hidden = 6

[training]
batch = 10
phases = [{ epochs = 1, rate = 1e-3 }, { epochs = 2, rate = 1e-3, discriminative = true }]

[sweep.grid]
"model.family" = ["drsae", "mlp"]

[compare]
reference = { "model.family" = "drsae" }
"#;

/// Flipped bits that are tried in each file.
const FLIPS: usize = 8;

/// The files at the top of the folder and in `analysis/`.
const TOP: [&str; 14] = [
    "sweep.toml",
    "plan.csv",
    "trials.csv",
    "epochs.csv",
    "mistakes.csv",
    "provenance.csv",
    "SHA256SUMS",
    "analysis/summary.csv",
    "analysis/comparison.csv",
    "analysis/grid.csv",
    "analysis/examples.csv",
    "analysis/tables.md",
    "analysis/tables.tex",
    "analysis/format.json",
];

/// A change to the bytes of a file.
type Edit = fn(&mut Vec<u8>);

/// A sweep that has run.
struct Sweep {
    folder: TempDir,
}

/// The answer of `drsae verify`.
#[derive(Debug)]
struct Verdict {
    code: i32,
    answer: Value,
}

impl Sweep {
    fn run() -> Self {
        Self::of(SPEC, 0)
    }

    fn of(spec: &str, code: i32) -> Self {
        let sweep = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(sweep.path("tiny.toml"), spec).unwrap();
        let output = sweep.drsae(&["sweep"]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        sweep
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn root(&self) -> PathBuf {
        self.path("results/tiny")
    }

    fn store(&self) -> Store {
        Store::at(&self.root()).unwrap()
    }

    fn drsae(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drsae"));
        command.arg(arguments[0]).arg("tiny.toml").args(&arguments[1..]);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    fn verify(&self, more: &[&str]) -> Verdict {
        let output = self.drsae(&[&["verify", "--json"], more].concat());
        let answer = serde_json::from_slice(&output.stdout);
        let answer = answer.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        Verdict { code: output.status.code().unwrap(), answer }
    }

    /// Ids of the trials, in plan order.
    fn ids(&self) -> Vec<String> {
        let plan = fs::read_to_string(self.root().join("plan.csv")).unwrap();
        plan.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
    }

    /// A file of the first trial.
    fn first(&self, name: &str) -> PathBuf {
        self.root().join("trials").join(&self.ids()[0]).join(name)
    }

    /// Writes a trial's checksums again, for a forger who knows how, with an edited result.
    fn forge(&self, id: &str, edit: impl FnOnce(&mut Outcome)) {
        self.seal(id, edit);
        assert!(self.drsae(&["analyze"]).status.success());
    }

    fn seal(&self, id: &str, edit: impl FnOnce(&mut Outcome)) {
        let folder = self.store().trial(id).unwrap();
        let mut outcome = folder.outcome().unwrap().unwrap();
        edit(&mut outcome);
        folder.seal(&outcome).unwrap();
    }
}

impl Verdict {
    fn paths(&self, severity: &str) -> BTreeSet<String> {
        let findings = self.answer["findings"].as_array().unwrap().iter();
        let weighed = findings.filter(|finding| finding["severity"] == severity);
        weighed.map(|finding| finding["path"].as_str().unwrap().to_owned()).collect()
    }

    /// True if the exit code and a finding state that `path` is wrong.
    fn blames(&self, path: &Path) -> bool {
        self.code == 1 && self.paths("wrong").iter().any(|wrong| path.ends_with(wrong))
    }

    /// All problems in one text.
    fn problems(&self) -> String {
        let findings = self.answer["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["problem"].as_str().unwrap().to_owned() + "\n").collect()
    }
}

#[test]
fn a_whole_folder_holds_and_nothing_is_written_into_it() {
    let sweep = Sweep::run();
    let verdict = sweep.verify(&["--replay", "random"]);
    assert_eq!((verdict.code, &verdict.answer["holds"]), (0, &Value::Bool(true)), "{verdict:?}");
    assert_eq!(verdict.answer["findings"], serde_json::json!([]));
    let expected = serde_json::json!({
        "tables": 14, "trials": 4, "files": 24, "networks": 4, "datasets": 1, "replayed": 1,
    });
    assert_eq!(verdict.answer["checked"], expected);
    let output = sweep.drsae(&["verify"]);
    let message = String::from_utf8(output.stdout).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.ends_with("0 wrong, 0 notes\n"), "{message}");
    assert_eq!(fs::read_dir(sweep.root()).unwrap().count(), 9);
}

#[test]
fn every_flipped_bit_is_found_in_its_file() {
    let sweep = Sweep::run();
    let of_trial = file::COMPLETE.into_iter().chain([file::PREDICTIONS, file::RESULT]);
    let files =
        TOP.map(|name| sweep.root().join(name)).into_iter().chain(of_trial.map(|name| sweep.first(name)));
    let mut random = ChaCha8Rng::seed_from_u64(2013);
    let (mut tried, mut found) = (0, 0);
    for path in files {
        let whole = fs::read(&path).unwrap();
        for _ in 0..FLIPS {
            let at = random.next_u64() as usize % (whole.len() * 8);
            let mut bytes = whole.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            fs::write(&path, bytes).unwrap();
            let verdict = sweep.verify(&[]);
            tried += 1;
            found += usize::from(verdict.blames(&path));
            assert!(verdict.blames(&path), "bit {at} of {}: {verdict:?}", path.display());
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!((tried, found), (21 * FLIPS, 21 * FLIPS));
    eprintln!("{found} of {tried} flipped bits found");
    assert_eq!(sweep.verify(&[]).code, 0);
}

#[test]
fn missing_and_truncated_files_are_named() {
    let sweep = Sweep::run();
    let of_trial = file::COMPLETE.into_iter().chain([file::PREDICTIONS, file::RESULT]);
    for path in
        TOP.map(|name| sweep.root().join(name)).into_iter().chain(of_trial.map(|name| sweep.first(name)))
    {
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let verdict = sweep.verify(&[]);
        if path.ends_with("SHA256SUMS") {
            // Earlier versions wrote none.
            assert_eq!((verdict.code, verdict.paths("note").len()), (0, 1), "{verdict:?}");
        } else {
            assert!(verdict.blames(&path), "{} is missing", path.display());
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(sweep.verify(&[]).blames(&path), "{} is cut", path.display());
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(sweep.verify(&[]).code, 0);
}

#[test]
fn extra_files_are_wrong_and_leftovers_and_strays_are_noted() {
    let sweep = Sweep::run();
    for name in ["notes.txt", "failure.txt"] {
        fs::write(sweep.first(name), "hello").unwrap();
        assert!(sweep.verify(&[]).blames(&sweep.first(name)), "{name}");
        fs::remove_file(sweep.first(name)).unwrap();
    }
    let noted = [sweep.first(".drsae-0123456789abcdef.unfinished"), sweep.first("state.safetensors")];
    for path in noted.iter().chain([&sweep.root().join(".drsae-0123456789abcdef.unfinished")]) {
        fs::write(path, "half").unwrap();
    }
    let stray = sweep.root().join("trials/drsae-t9-n9-s9-0123456789ab");
    fs::create_dir(&stray).unwrap();
    let verdict = sweep.verify(&[]);
    assert_eq!(verdict.code, 0, "{verdict:?}");
    assert_eq!(verdict.paths("note").len(), 4, "{verdict:?}");
    assert!(verdict.paths("note").iter().any(|path| stray.ends_with(path)), "{verdict:?}");
}

#[test]
fn trials_of_another_plan_are_told_and_the_folder_is_that_of_the_spec_alone() {
    let sweep = Sweep::run();
    let fewer = sweep.verify(&["--set", "seeds=1"]);
    assert_eq!(fewer.paths("wrong"), TOP.map(|name| format!("results/tiny/{name}")).into());
    assert_eq!(fewer.paths("note").len(), 2);
    assert!(fewer.problems().contains("`- seeds = 2`, `+ seeds = 1`"), "{fewer:?}");
}

#[test]
fn files_that_no_command_writes_are_wrong_wherever_they_lie() {
    let sweep = Sweep::run();
    let strangers = [
        "thesis.unfinished",
        "notes.txt",
        "trials.csv.bak",
        ".DS_Store",
        "old/trials.csv",
        "analysis/summary (1).csv",
        "analysis/figures/notes.txt",
        "analysis/old/summary.csv",
    ];
    assert!(sweep.drsae(&["report"]).status.success());
    for name in strangers {
        let path = sweep.root().join(name);
        let top =
            sweep.root().join(if name.contains("old/") { name.rsplit_once('/').unwrap().0 } else { name });
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "hello").unwrap();
        assert!(sweep.verify(&[]).blames(&top), "{name}");
        fs::remove_file(&path).unwrap();
        if top != path {
            fs::remove_dir(top).unwrap();
        }
    }
    for name in ["slurm/1", "running/x/1", "replaced/x"] {
        fs::create_dir_all(sweep.root().join(name)).unwrap();
    }
    for name in ["", "analysis/", "analysis/figures/"] {
        let name = format!("{name}.drsae-0123456789abcdef.unfinished");
        fs::write(sweep.root().join(name), "half").unwrap();
    }
    let verdict = sweep.verify(&[]);
    assert_eq!((verdict.code, verdict.paths("note").len()), (0, 4), "{verdict:?}");
    assert!(verdict.problems().contains("has results that later runs replaced"), "{verdict:?}");
}

#[test]
fn a_network_beside_the_tables_is_that_of_a_trial() {
    let sweep = Sweep::run();
    let path = sweep.root().join("drsae-6.safetensors");
    fs::copy(sweep.first(file::MODEL), &path).unwrap();
    assert_eq!(sweep.verify(&[]).code, 0);
    let foreign = Sweep::of(&SPEC.replace("hidden = 6", "hidden = 7"), 0);
    fs::copy(foreign.first(file::MODEL), &path).unwrap();
    let verdict = sweep.verify(&[]);
    assert!(
        verdict.blames(&path) && verdict.problems().contains("does not belong to a planned trial"),
        "{verdict:?}"
    );
    fs::write(&path, "no network").unwrap();
    assert!(sweep.verify(&[]).blames(&path));
}

#[test]
fn a_damaged_file_of_a_trial_is_not_blamed_on_the_merged_ones() {
    let sweep = Sweep::run();
    for name in [file::EPOCHS, file::PREDICTIONS, file::PROVENANCE, file::CONFIG, file::RESULT] {
        let path = sweep.first(name);
        let whole = fs::read(&path).unwrap();
        let last = whole.len() - 3;
        let flipped: Vec<u8> =
            whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == last)).collect();
        fs::write(&path, flipped).unwrap();
        let verdict = sweep.verify(&[]);
        assert!(verdict.blames(&path) && verdict.paths("wrong").len() == 1, "{name}: {verdict:?}");
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(sweep.verify(&[]).code, 0);
}

#[test]
fn swapped_predictions_are_found_by_checksum_and_by_network() {
    let sweep = Sweep::run();
    let ids = sweep.ids();
    let path = |id: &str| sweep.root().join("trials").join(id).join(file::PREDICTIONS);
    let (one, other) = (path(&ids[0]), path(&ids[1]));
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
    assert_ne!(first, second);
    fs::write(&one, second).unwrap();
    fs::write(&other, first).unwrap();
    let verdict = sweep.verify(&[]);
    assert!(verdict.blames(&one) && verdict.blames(&other), "{verdict:?}");
    assert!(verdict.problems().contains("SHA-256"), "{verdict:?}");

    for id in &ids {
        sweep.seal(id, |_| {});
    }
    assert!(sweep.drsae(&["analyze"]).status.success());
    let verdict = sweep.verify(&[]);
    assert!(verdict.blames(&one) && verdict.blames(&other), "{verdict:?}");
    assert!(verdict.problems().contains("differs from the network"), "{verdict:?}");
}

#[test]
fn forged_errors_are_found_by_the_network() {
    let sweep = Sweep::run();
    sweep.forge(&sweep.ids()[0], |outcome| {
        (outcome.test_error, outcome.test_errors) = (Some(0.0), Some(0));
    });
    let verdict = sweep.verify(&[]);
    assert!(verdict.blames(&sweep.first(file::RESULT)), "{verdict:?}");
    assert!(verdict.problems().contains("has the test error 0 %, but the network"), "{verdict:?}");
}

#[test]
fn a_forged_config_is_not_the_one_of_the_id() {
    let sweep = Sweep::run();
    let path = sweep.first(file::CONFIG);
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config.replace("rate = 0.001", "rate = 0.01")).unwrap();
    assert_ne!(fs::read_to_string(&path).unwrap(), config);
    sweep.forge(&sweep.ids()[0], |_| {});
    assert!(sweep.verify(&[]).blames(&path));
}

#[test]
fn a_forged_device_is_not_the_one_of_the_id() {
    let sweep = Sweep::run();
    let path = sweep.first(file::PROVENANCE);
    let provenance = fs::read_to_string(&path).unwrap();
    let forged = provenance.replace("\"device\": \"cpu\"", "\"device\": \"cuda\"");
    assert_ne!(forged, provenance);
    fs::write(&path, forged).unwrap();
    sweep.forge(&sweep.ids()[0], |_| {});
    let verdict = sweep.verify(&[]);
    assert!(verdict.blames(&path));
    assert!(
        verdict.problems().contains("has the device cuda, the trial's id has cpu"),
        "{}",
        verdict.problems()
    );
}

/// A digit of the training loss and the lowest bit of a weight: no file contradicts another.
#[test]
fn consistent_forgeries_are_found_by_replay() {
    let sweep = Sweep::run();
    let id = sweep.ids()[0].clone();
    let edits: [(&str, Edit); 2] = [
        (file::EPOCHS, |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let loss = text.lines().nth(1).unwrap().split(',').nth(4).unwrap().to_owned();
            *bytes = text.replace(&loss, &(loss.clone() + "1")).into_bytes();
        }),
        (file::MODEL, |bytes| {
            let last = bytes.len() - 4;
            bytes[last] ^= 1;
        }),
    ];
    for (name, edit) in edits {
        let path = sweep.first(name);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        edit(&mut bytes);
        assert_ne!(bytes, whole);
        fs::write(&path, bytes).unwrap();
        sweep.forge(&id, |_| {});
        let verdict = sweep.verify(&[]);
        assert_eq!(verdict.code, 0, "{name}: {verdict:?}");
        let verdict = sweep.verify(&["--replay", &id]);
        assert!(verdict.blames(&path), "{name}: {verdict:?}");
        assert_eq!(verdict.answer["checked"]["replayed"], 1);
        fs::write(&path, whole).unwrap();
        sweep.forge(&id, |_| {});
    }
    assert_eq!(sweep.verify(&["--replay", "all"]).answer["checked"]["replayed"], 4);
    assert_eq!(sweep.drsae(&["verify", "--replay", "drsae-t1"]).status.code(), Some(2));
}

#[test]
fn diverged_trials_are_checked_and_pending_ones_are_no_fault() {
    let sweep = Sweep::of(&SPEC.replace("rate = 1e-3,", "rate = 1e30,"), 1);
    let verdict = sweep.verify(&[]);
    assert_eq!((verdict.code, &verdict.answer["checked"]["trials"]), (0, &Value::from(4)), "{verdict:?}");
    let failure = sweep.first(file::FAILURE);
    fs::write(&failure, "it was somebody else").unwrap();
    assert!(sweep.verify(&[]).blames(&failure));

    fs::remove_dir_all(sweep.root().join("trials")).unwrap();
    fs::remove_file(sweep.root().join("trials.csv")).unwrap();
    let verdict = sweep.verify(&[]);
    assert_eq!((verdict.code, verdict.paths("note").len()), (0, 1), "{verdict:?}");
}

#[test]
fn tables_that_are_kept_alone_are_checked_against_the_plan_and_each_other() {
    let sweep = Sweep::run();
    fs::remove_dir_all(sweep.root().join("trials")).unwrap();
    let verdict = sweep.verify(&[]);
    assert_eq!((verdict.code, verdict.paths("note").len()), (0, 1), "{verdict:?}");
    assert!(verdict.problems().contains("only the tables are checked"), "{verdict:?}");

    let [trials, epochs, mistakes, provenance] =
        ["trials.csv", "epochs.csv", "mistakes.csv", "provenance.csv"].map(|name| sweep.root().join(name));
    let text = fs::read_to_string(&mistakes).unwrap();
    let (first, last) = (text.lines().nth(1).unwrap(), text.lines().last().unwrap());
    let (once, twice) = (format!("{first}\n"), format!("{first}\n{first}\n"));
    let late = last.replacen("3,", "4,", 1);
    let right = format!("{},1,1\n", first.rsplitn(3, ',').last().unwrap());
    let edits: [(&Path, &str, &str); 16] = [
        (&trials, ",6,", ",7,"),
        (&trials, ",complete,", ",diverged,"),
        (&trials, "mlp-t2", "mlp-t3"),
        (&trials, ",1.0,1,", ",1.0,2,"),
        (&epochs, ",2,3,", ",2,4,"),
        (&epochs, "mlp-t2", "mlp-t3"),
        (&trials, ",30\n", ",29\n"),
        (&trials, ",30\n", ",\n"),
        (&mistakes, &once, ""),
        (&mistakes, &once, &twice),
        (&mistakes, &once, &right),
        (&mistakes, last, &late),
        (&provenance, "\n1,", "\n2,"),
        (&provenance, "mlp-t2", "mlp-t3"),
        (&provenance, ",0.1.0,1,", ",0.1.0,2,"),
        (&provenance, ",0.1.0,1,", ",0.1.0,one,"),
    ];
    for (path, from, to) in edits {
        let whole = fs::read_to_string(path).unwrap();
        assert!(whole.contains(from), "{from} is not in {whole}");
        fs::write(path, whole.replacen(from, to, 1)).unwrap();
        let verdict = sweep.verify(&[]);
        assert!(verdict.blames(path), "{from} as {to}: {verdict:?}");
        fs::write(path, whole).unwrap();
    }
    for path in [&trials, &epochs, &mistakes, &provenance] {
        let whole = fs::read(path).unwrap();
        fs::write(path, "").unwrap();
        assert!(sweep.verify(&[]).blames(path), "{} is empty", path.display());
        fs::write(path, whole).unwrap();
    }
    assert_eq!(sweep.verify(&[]).code, 0);
    let summary = sweep.root().join("analysis/summary.csv");
    fs::write(&summary, "model.family,n\n").unwrap();
    assert!(sweep.verify(&[]).blames(&summary));
}

/// A change of a table that leaves its length or its lines as they are, or takes one byte or line.
fn change(text: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut draw = |below: usize| (random.next_u64() % below as u64) as usize;
    let mut lines: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    match draw(4) {
        0 => {
            let (at, by) = (draw(text.len()), 1 + draw(255) as u8);
            text.iter().enumerate().map(|(place, byte)| if place == at { byte ^ by } else { *byte }).collect()
        }
        1 => {
            let at = draw(text.len());
            [&text[..at], &text[at + 1..]].concat()
        }
        2 => {
            lines.remove(draw(lines.len()));
            lines.concat()
        }
        _ => {
            let (one, other) = (draw(lines.len()), draw(lines.len()));
            lines.swap(one, other);
            lines.concat()
        }
    }
}

/// A thousand audits in one process, where a thousand processes would take a minute.
#[test]
fn every_random_change_of_a_table_that_is_kept_alone_is_found() {
    let sweep = Sweep::run();
    fs::remove_dir_all(sweep.root().join("trials")).unwrap();
    let spec = drsae::spec::Sweep::load(&sweep.root().join("sweep.toml"), &[]).unwrap();
    let plan = Plan::of(&spec, Kind::Cpu, |config: &data::Config| data::facts(config, None)).unwrap();
    let store = sweep.store();
    let planned: Vec<_> = drsae::engine::planned(&plan);
    let subject = AuditedFolder { store: &store, sweep: &spec, plan: &plan, planned: &planned, rerun: "" };
    let wrong = || {
        let mut audit = Audit::begin(subject, None);
        audit.check_tables();
        let findings = audit.conclude().findings.into_iter();
        findings
            .filter(|finding| finding.severity == Severity::Wrong)
            .map(|finding| finding.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(wrong(), Vec::<PathBuf>::new());
    let mut random = ChaCha8Rng::seed_from_u64(2013);
    let mut tried = 0;
    while tried < 1000 {
        let name = TOP[1..7][tried % 6];
        let path = sweep.root().join(name);
        let whole = fs::read(&path).unwrap();
        let changed = change(&whole, &mut random);
        if changed == whole {
            continue;
        }
        fs::write(&path, &changed).unwrap();
        let found = wrong();
        // A digit of a checksum makes the table wrong that it is of.
        let is_found = found.contains(&path) || (name == SUMS && !found.is_empty());
        assert!(is_found, "{name}: {}", String::from_utf8_lossy(&changed));
        fs::write(&path, whole).unwrap();
        tried += 1;
    }
}
