//! What the numbers were computed with, what they cost, and how to compute them again.

use serde::Serialize;

use crate::device::Kind;
use crate::report::material::{Material, Table};

/// Columns of `provenance.csv` that are facts of their own, and what they are.
const FACTS: [(&str, &str); 11] = [
    ("version", "Version of drsae"),
    ("numerics", "Numerics version"),
    ("rustc", "Compiler"),
    ("lockfile", "SHA-256 of Cargo.lock"),
    ("binary", "SHA-256 of the program"),
    ("data", "Checksums of the data"),
    ("cpu", "CPU"),
    ("device", "Trained on"),
    ("cores", "Cores that the process might use"),
    ("threads", "Threads of a trial"),
    ("system", "System"),
];

/// One thing that is known of a sweep's trials.
#[derive(Serialize)]
pub struct Fact {
    name: &'static str,
    /// Its value; several where trials differ.
    values: Vec<String>,
}

/// A command and what it does.
#[derive(Serialize)]
pub struct Command {
    line: String,
    effect: String,
}

/// What is known of the trials; nothing where no provenance was merged.
pub fn facts(material: &Material) -> Vec<Fact> {
    let Some(table) = &material.provenance else { return Vec::new() };
    let mut facts = vec![Fact { name: "Commit", values: counted(&commits(table)) }];
    let named = FACTS.iter().filter(|(column, _)| table.has(column));
    facts.extend(named.map(|(column, name)| {
        let mut values = counted(&table.texts(column));
        if *column == "data" {
            values = values.iter().flat_map(|value| value.split("; ")).map(str::to_owned).collect();
        }
        Fact { name, values }
    }));
    let mut started = table.texts("started");
    started.sort_unstable();
    if let [first, .., last] = &started[..] {
        facts.push(Fact { name: "Started", values: vec![format!("{first} to {last}")] });
    }
    facts.push(Fact { name: "Cost", values: vec![cost(material)] });
    facts
}

/// The command that writes a sweep's tables.
pub fn analyze(material: &Material) -> String {
    line("analyze", material)
}

/// A command on the sweep, which names the device where its trials were trained on another
/// than the CPU.
fn line(command: &str, material: &Material) -> String {
    let line = format!("drsae {command} results/{}/sweep.toml", material.name);
    let table = material.provenance.as_ref().filter(|table| table.has("device"));
    match table.map(|table| distinct(table.texts("device"))).as_deref() {
        Some([device]) if device != Kind::default().name() => format!("{line} --device {device}"),
        _ => line,
    }
}

/// How to repeat a sweep, from its trials to this page.
pub fn commands(material: &Material) -> Vec<Command> {
    let command = |line: String, effect: &str| Command { line, effect: effect.to_owned() };
    let mut commands = Vec::new();
    if let Some([commit]) =
        material.provenance.as_ref().map(|table| distinct(table.texts("commit"))).as_deref()
    {
        commands.push(command(format!("git checkout {commit}"), "the code that trained the networks"));
    }
    commands.extend([
        command(line("sweep", material), "every trial that is not there, then all tables"),
        command(analyze(material), "all tables again, from the merged ones"),
        command(line("report", material), "all figures and this page, from the same"),
        command(
            line("verify", material) + " --replay random",
            "whether the folder is what it says; trains one trial again",
        ),
    ]);
    commands
}

/// The commit of each trial, and whether the code was exactly that.
fn commits(table: &Table) -> Vec<String> {
    let commits = table.texts("commit").into_iter().zip(table.texts("dirty"));
    let told = |(commit, dirty): (String, String)| match (commit.as_str(), dirty.as_str()) {
        ("", _) => "built outside a repository".to_owned(),
        (_, "true") => format!("{commit}, with changes that were not committed"),
        _ => commit,
    };
    commits.map(told).collect()
}

fn cost(material: &Material) -> String {
    let trials = || material.cells.iter().flat_map(|cell| &cell.trials);
    let seconds: f64 = trials().filter_map(|trial| trial.seconds).sum();
    let flops: f64 = trials().filter(|trial| trial.is_complete()).filter_map(|trial| trial.flops).sum();
    let hours = format!("{:.2} h of wall-clock, summed over the trials", seconds / 3600.0);
    if flops > 0.0 {
        format!("{hours}; {:.3}·10¹² floating-point operations of training", flops / 1e12)
    } else {
        hours
    }
}

/// The distinct values, with the number of trials that each has where they differ.
fn counted(values: &[String]) -> Vec<String> {
    let known = distinct(values.to_vec());
    if known.len() == 1 {
        return known;
    }
    let count = |value: &String| values.iter().filter(|other| *other == value).count();
    known.iter().map(|value| format!("{value} ({} trials)", count(value))).collect()
}

fn distinct(values: Vec<String>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
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
