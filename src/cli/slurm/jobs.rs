//! Text and JSON of a sweep's jobs on a cluster, for `drsae status` and `--follow`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::slurm::{ArrayTask, JobState, Jobs, LostTask};
use crate::text::{printable, shown};

/// Maximum number of tasks or nodes that are listed individually.
const MAX_LISTED: usize = 5;

/// Prints the states of the sweep's tasks, and the tasks that left trials of `pending` without a result.
pub fn print(jobs: &Jobs, pending: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let count = |state| jobs.in_state(state).count();
    let (queued, running, ending) =
        (count(JobState::Queued), count(JobState::Running), count(JobState::Ending));
    if queued > 0 {
        writeln!(out, "{queued:>6} {} queued: {}", tasks(queued), reasons(jobs.in_state(JobState::Queued)))?;
    }
    if running > 0 {
        writeln!(
            out,
            "{running:>6} {} running on {}",
            tasks(running),
            nodes(jobs.in_state(JobState::Running))
        )?;
    }
    if ending > 0 {
        writeln!(out, "{ending:>6} {} completing", tasks(ending))?;
    }
    print_held(jobs, out)?;
    let lost = jobs.lost(pending);
    if !lost.is_empty() {
        let (count, trials): (usize, usize) = (lost.len(), lost.iter().map(|(_, trials)| trials.len()).sum());
        writeln!(out, "{count:>6} {} ended and left {trials} trials without a result", tasks(count))?;
    }
    for task in lost.iter().take(MAX_LISTED) {
        print_lost(task, out)?;
    }
    if lost.len() > MAX_LISTED {
        writeln!(out, "  and {} more", lost.len() - MAX_LISTED)?;
    }
    Ok(())
}

/// Prints the held tasks, which wait until somebody releases them.
pub fn print_held(jobs: &Jobs, out: &mut dyn Write) -> io::Result<()> {
    let held = jobs.in_state(JobState::Held);
    let count = held.clone().count();
    if count == 0 {
        return Ok(());
    }
    let names: BTreeSet<String> =
        held.clone().filter_map(|task| task.job).map(|job| job.to_string()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(" ");
    let (tasks, reasons) = (tasks(count), reasons(held));
    writeln!(
        out,
        "{count:>6} {tasks} held ({reasons}): `scontrol release {names}` releases them, `scancel {names}` cancels them"
    )
}

/// Prints a task that left trials without a result, with the end of its log.
pub fn print_lost((task, trials): &LostTask, out: &mut dyn Write) -> io::Result<()> {
    let others = if trials.len() > 1 { format!(" and {} more", trials.len() - 1) } else { String::new() };
    let first = trials.first().copied().unwrap_or_default();
    write!(out, "  {} ended without {}{others}", printable(&task.name()), printable(first))?;
    match (&task.log, task.log_tail()) {
        (Some(log), Some(lines)) => {
            writeln!(out, "; the end of {}:", shown(log))?;
            lines.iter().try_for_each(|line| writeln!(out, "    {}", printable(line)))
        }
        (Some(log), None) => {
            writeln!(
                out,
                ", and there is no {}: it never started, or its node cannot write there",
                shown(log)
            )
        }
        (None, _) => writeln!(out, ": its submitter died"),
    }
}

/// The same as JSON.
pub fn to_json(jobs: &Jobs, pending: &[&str]) -> Value {
    let active: Vec<&ArrayTask> = jobs.active().collect();
    let tasks = active.iter().map(|task| {
        let entry = task.entry.as_ref();
        json!({
            "task": task.name(),
            "state": task.state().name(),
            "nodes": entry.map(|entry| &entry.nodes),
            "reason": entry.map(|entry| &entry.reason),
            "trials": task.trials,
        })
    });
    let lost = jobs.lost(pending).into_iter().map(|(task, trials)| {
        json!({ "task": task.name(), "trials": trials, "log": task.log, "tail": task.log_tail() })
    });
    json!({
        "counts": counts(active.iter().map(|task| task.state().name())),
        "tasks": tasks.collect::<Vec<_>>(),
        "lost": lost.collect::<Vec<_>>(),
    })
}

fn tasks(count: usize) -> &'static str {
    if count == 1 { "task" } else { "tasks" }
}

fn counts<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}

/// The reasons why tasks wait, each with the number of tasks.
fn reasons<'a>(tasks: impl Iterator<Item = &'a ArrayTask>) -> String {
    let counts = counts(tasks.filter_map(|task| task.entry.as_ref()).map(|entry| entry.reason.as_str()));
    let reasons = counts.iter().map(|(reason, count)| format!("{count} {}", printable(reason)));
    reasons.collect::<Vec<_>>().join(", ")
}

fn nodes<'a>(tasks: impl Iterator<Item = &'a ArrayTask>) -> String {
    let nodes: BTreeSet<_> =
        tasks.filter_map(|task| task.entry.as_ref()).map(|entry| entry.nodes.as_str()).collect();
    let more = nodes.len().saturating_sub(MAX_LISTED);
    let named = nodes.into_iter().take(MAX_LISTED).map(printable).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::slurm::QueueEntry;

    fn task(index: usize, trials: &[&str], state: Option<(JobState, &str, &str)>, log: &Path) -> ArrayTask {
        let entry = state.map(|(state, nodes, reason)| QueueEntry {
            job: 12,
            task: Some(index),
            name: "drsae-a-0".to_owned(),
            state,
            nodes: nodes.to_owned(),
            reason: reason.to_owned(),
        });
        let trials = trials.iter().map(ToString::to_string).collect();
        ArrayTask { job: Some(12), index, trials, log: Some(log.join(format!("12_{index}.log"))), entry }
    }

    #[test]
    fn no_log_node_or_reason_fakes_a_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("12_1.log"), "\u{1b}[2J\r\u{202e}done").unwrap();
        let tasks = vec![
            task(0, &["a"], Some((JobState::Running, "n1\nerror: lost", "None")), folder.path()),
            task(1, &["b"], Some((JobState::Ended, "", "")), folder.path()),
            task(2, &["c"], Some((JobState::Queued, "", "why\u{9b}\nnot")), folder.path()),
        ];
        let mut out = Vec::new();
        print(&Jobs { tasks, ..Jobs::default() }, &["a", "b", "c"], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r"    \u001b[2J\r\u202edone"), "{text}");
        assert!(text.contains(r"running on n1\nerror: lost") && text.contains(r"1 why\u009b\nnot"), "{text}");
    }

    #[test]
    fn tasks_are_printed_by_state() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<_> = (1..=9).map(|line| format!("line {line}")).collect();
        std::fs::write(folder.path().join("12_4.log"), lines.join("\n")).unwrap();
        let task = |index, trials: &[&str], state| task(index, trials, state, folder.path());
        let tasks = vec![
            task(0, &["a"], Some((JobState::Queued, "", "Priority"))),
            task(1, &["b"], Some((JobState::Queued, "", "Resources"))),
            task(2, &["c"], Some((JobState::Running, "n2", "None"))),
            task(3, &["d"], Some((JobState::Held, "", "JobHeldUser"))),
            task(4, &["e", "f", "g"], Some((JobState::Ended, "n1", "NonZeroExitCode"))),
            task(5, &["h"], None),
        ];
        let jobs = Jobs { tasks, ..Jobs::default() };
        // b's task is still to run, and f has a result.
        let pending = ["a", "b", "c", "d", "e", "g", "h"];
        let mut out = Vec::new();
        print(&jobs, &pending, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap().replace(&folder.path().display().to_string(), "LOGS");
        insta::assert_snapshot!(text, @r"
             2 tasks queued: 1 Priority, 1 Resources
             1 task running on n2
             1 task held (1 JobHeldUser): `scontrol release 12` releases them, `scancel 12` cancels them
             2 tasks ended and left 3 trials without a result
          12_4 ended without e and 1 more; the end of LOGS/12_4.log:
            line 5
            line 6
            line 7
            line 8
            line 9
          12_5 ended without h, and there is no LOGS/12_5.log: it never started, or its node cannot write there
        ");
        let json = to_json(&jobs, &pending);
        assert_eq!(json["counts"], serde_json::json!({ "queued": 2, "running": 1, "held": 1 }));
        assert_eq!(json["lost"][0]["trials"], serde_json::json!(["e", "g"]));
        assert_eq!(
            (json["tasks"][2]["nodes"].as_str(), json["lost"][1]["tail"].as_str()),
            (Some("n2"), None)
        );
    }
}
