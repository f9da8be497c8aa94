//! Provenance and cost of the results, and the commands that repeat them.

use serde::Serialize;

use crate::device::Kind;
use crate::report::data::ReportData;
use crate::store::{Event, LedgerRow, ProvenanceRow};

/// A fact about a trial, as text.
type FactOf = fn(&ProvenanceRow) -> String;

/// The facts that are columns of `provenance.csv`, with their names on the page.
const FACTS: [(&str, FactOf); 11] = [
    ("Version of drsae", |row| row.version.clone()),
    ("Numerics version", |row| row.numerics.to_string()),
    ("Compiler", |row| row.rustc.clone().unwrap_or_default()),
    ("SHA-256 of Cargo.lock", |row| row.lockfile.clone()),
    ("SHA-256 of the program", |row| row.binary.clone().unwrap_or_default()),
    (DATA, |row| row.data.clone()),
    ("CPU", |row| row.cpu.clone()),
    ("Trained on", |row| row.device.name().to_owned()),
    ("Cores that the process might use", |row| row.cores.to_string()),
    ("Threads of a trial", |row| row.threads.to_string()),
    ("System", |row| row.system.clone()),
];

/// The fact that is a list.
const DATA: &str = "Checksums of the data";

/// A fact about a sweep's trials.
#[derive(Serialize)]
pub struct Fact {
    name: &'static str,
    /// Its value; several where trials differ.
    values: Vec<String>,
}

/// A command and its effect.
#[derive(Serialize)]
pub struct CommandLine {
    line: String,
    effect: String,
}

/// Facts about the plan and the trials; `others` are the other sweeps of the page.
pub fn facts(data: &ReportData<'_>, others: &[&ReportData<'_>]) -> Vec<Fact> {
    let mut facts = events(data);
    facts.extend(readings(data, others));
    facts.extend(of_trials(data));
    facts
}

/// The events of the ledger: each freeze of a plan, and each reading of the test images.
fn events(data: &ReportData<'_>) -> Vec<Fact> {
    let of = |name, event| {
        let rows = data.ledger.iter().filter(|row| row.event == event);
        let value = |row: &LedgerRow| format!("{}, plan {} of {} trials", row.date, row.plan, row.trials);
        Fact { name, values: rows.map(value).collect() }
    };
    let facts = [of("Plans frozen", Event::Frozen), of("Test images read after training", Event::Unsealed)];
    facts.into_iter().filter(|fact| !fact.values.is_empty()).collect()
}

/// The readings of the same test images by other sweeps; `None` if there are none.
fn readings(data: &ReportData<'_>, others: &[&ReportData<'_>]) -> Option<Fact> {
    let images = data.provenance.iter().flatten().map(|row| row.data.as_str()).next()?;
    let of_sweep = |other: &&ReportData<'_>| -> Vec<String> {
        let name = other.name;
        let unsealed = other.ledger.iter().filter(|row| row.event == Event::Unsealed && row.data == images);
        let mut readings: Vec<_> =
            unsealed.map(|row| format!("{name}: {} trials on {}", row.trials, row.date)).collect();
        let is_open = other.ledger.is_empty();
        let trials = || other.provenance.iter().flatten().filter(|row| is_open && row.data == images);
        if let Some(first) = trials().map(|row| row.started.as_str()).min() {
            readings.push(format!("{name}: {} trials as they ended, from {first}", trials().count()));
        }
        readings
    };
    let values: Vec<String> = others.iter().flat_map(of_sweep).collect();
    (!values.is_empty()).then_some(Fact { name: "The same test images read by other sweeps", values })
}

/// Facts about the trials; none if no provenance was merged.
fn of_trials(data: &ReportData<'_>) -> Vec<Fact> {
    let Some(rows) = &data.provenance else { return Vec::new() };
    let counted = |fact: FactOf| counted(&rows.iter().map(fact).collect::<Vec<_>>());
    let mut facts = vec![Fact { name: "Commit", values: counted(commit) }];
    facts.extend(FACTS.map(|(name, fact)| match name {
        DATA => {
            let values = counted(fact);
            Fact {
                name,
                values: values.iter().flat_map(|value| value.split("; ")).map(str::to_owned).collect(),
            }
        }
        _ => Fact { name, values: counted(fact) },
    }));
    let mut started: Vec<_> = rows.iter().map(|row| row.started.as_str()).collect();
    started.sort_unstable();
    if let [first, .., last] = &started[..] {
        facts.push(Fact { name: "Started", values: vec![format!("{first} to {last}")] });
    }
    facts.push(Fact { name: "Cost", values: vec![cost(data)] });
    facts
}

/// The command that writes a sweep's tables.
pub fn analyze(data: &ReportData<'_>) -> String {
    line("analyze", data)
}

/// A command on the sweep, which names the device if its trials were not trained on the CPU.
fn line(command: &str, data: &ReportData<'_>) -> String {
    let line = format!("drsae {command} results/{}/sweep.toml", data.name);
    match distinct(data.provenance.iter().flatten().map(|row| row.device)).as_slice() {
        [device] if *device != Kind::default() => format!("{line} --device {}", device.name()),
        _ => line,
    }
}

/// The commands that repeat a sweep, from its trials to this page.
pub fn commands(data: &ReportData<'_>) -> Vec<CommandLine> {
    let command = |line: String, effect: &str| CommandLine { line, effect: effect.to_owned() };
    let mut commands = Vec::new();
    let commits = data.provenance.iter().flatten().map(|row| row.commit.as_deref().unwrap_or_default());
    if let [commit] = distinct(commits).as_slice() {
        commands
            .push(command(format!("git checkout {commit}"), "checks out the code that trained the networks"));
    }
    commands.extend([
        command(line("sweep", data), "runs every missing trial, then writes all tables"),
        command(analyze(data), "writes the analysis again, from the merged tables"),
        command(line("report", data), "draws all figures and this page again, from the merged tables"),
        command(line("verify", data) + " --replay random", "checks the folder, and trains one trial again"),
    ]);
    commands
}

/// The commit of a trial, with a note if the code differed from it.
fn commit(row: &ProvenanceRow) -> String {
    match &row.commit {
        None => "built outside a repository".to_owned(),
        Some(commit) if row.dirty == Some(true) => format!("{commit}, with changes that were not committed"),
        Some(commit) => commit.clone(),
    }
}

fn cost(data: &ReportData<'_>) -> String {
    let seconds: f64 = data.trials().filter_map(|trial| data.seconds(trial)).sum();
    let complete = data.trials().filter(|trial| trial.is_complete());
    let flops: f64 = complete.filter_map(|trial| data.flops(trial)).sum();
    let hours = format!("{:.2} h of wall-clock, summed over the trials", seconds / 3600.0);
    if flops > 0.0 {
        format!("{hours}; {:.3}·10¹² floating-point operations of training", flops / 1e12)
    } else {
        hours
    }
}

/// The distinct values, each with its number of trials if they differ.
fn counted(values: &[String]) -> Vec<String> {
    let known = distinct(values.iter());
    if let [value] = known[..] {
        return vec![value.clone()];
    }
    let count = |value: &String| values.iter().filter(|other| *other == value).count();
    known.into_iter().map(|value| format!("{value} ({} trials)", count(value))).collect()
}

fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut known: Vec<T> = Vec::new();
    for value in values {
        if !known.contains(&value) {
            known.push(value);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_are_counted() {
        let values = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(counted(&values(&["a", "a"])), ["a"]);
        assert_eq!(counted(&values(&["a", "b", "a"])), ["a (2 trials)", "b (1 trials)"]);
    }
}
