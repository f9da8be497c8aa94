//! What is told of a sweep's jobs on a cluster: by `drsae status`, and while a sweep is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::engine::slurm::{Jobs, Programs, State, Task};
use crate::store::Store;
use crate::text::{chain, printable, shown};

/// Lines of a log that are shown.
const TAIL: usize = 5;

/// Bytes at the end of a log in which they are looked for.
const TAIL_BYTES: u64 = 4096;

/// Tasks that are told one by one.
const MOST: usize = 5;

/// What is known of a sweep's jobs; `None` where nothing was ever submitted.
pub fn look(store: &Store) -> Option<Result<Jobs, String>> {
    let submissions = store.submissions();
    match submissions.list() {
        Ok(list) if list.is_empty() => None,
        Ok(_) => {
            let jobs = Programs::find().and_then(|cluster| Jobs::look(&submissions, &cluster));
            Some(jobs.map_err(|error| chain(&error)))
        }
        Err(error) => Some(Err(chain(&error))),
    }
}

/// A task that ended, and the ids of its trials without a result.
pub type Lost<'j> = (&'j Task, Vec<&'j str>);

/// Tasks that ended and left trials without a result.
pub fn lost<'j>(jobs: &'j Jobs, pending: &[&'j str]) -> Vec<Lost<'j>> {
    let last = jobs.last_tasks();
    let mut lost: BTreeMap<_, Lost> = BTreeMap::new();
    for id in pending {
        if let Some(task) = last.get(id).filter(|task| !task.state().is_alive()) {
            lost.entry((task.job, task.index)).or_insert_with(|| (task, Vec::new())).1.push(id);
        }
    }
    lost.into_values().collect()
}

/// Writes what Slurm does with the sweep's tasks, and what became of those that left the trials
/// of `pending` without a result.
pub fn print(jobs: &Jobs, pending: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let of = |state| jobs.tasks.iter().filter(move |task| task.state() == state);
    let queued = of(State::Waiting).count();
    if queued > 0 {
        writeln!(out, "{queued:>6} {} queued: {}", tasks(queued), reasons(of(State::Waiting)))?;
    }
    let running = of(State::Running).count();
    if running > 0 {
        writeln!(out, "{running:>6} {} running on {}", tasks(running), nodes(of(State::Running)))?;
    }
    let ending = of(State::Ending).count();
    if ending > 0 {
        writeln!(out, "{ending:>6} {} being cleared away by Slurm", tasks(ending))?;
    }
    print_held(jobs, out)?;
    let lost = lost(jobs, pending);
    if !lost.is_empty() {
        let trials: usize = lost.iter().map(|(_, trials)| trials.len()).sum();
        writeln!(
            out,
            "{:>6} {} ended and left {trials} trials without a result",
            lost.len(),
            tasks(lost.len())
        )?;
    }
    for (task, trials) in lost.iter().take(MOST) {
        print_lost(task, trials, out)?;
    }
    if lost.len() > MOST {
        writeln!(out, "  and {} more", lost.len() - MOST)?;
    }
    Ok(())
}

/// Says which tasks will not go on unless somebody releases them, where there are any.
pub fn print_held(jobs: &Jobs, out: &mut dyn Write) -> io::Result<()> {
    let held: Vec<_> = jobs.tasks.iter().filter(|task| task.state() == State::Held).collect();
    if held.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<String> =
        held.iter().filter_map(|task| task.job).map(|job| job.to_string()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(" ");
    writeln!(
        out,
        "{:>6} {} held ({}): `scontrol release {names}` lets go, `scancel {names}` gives up",
        held.len(),
        tasks(held.len()),
        reasons(held.iter().copied())
    )
}

/// One task that left trials without a result, with its last words.
pub fn print_lost(task: &Task, trials: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let others = if trials.len() > 1 { format!(" and {} more", trials.len() - 1) } else { String::new() };
    let first = trials.first().copied().unwrap_or_default();
    write!(out, "  {} ended without {}{others}", printable(&task.name()), printable(first))?;
    match task.log.as_deref().map(|log| (log, tail(log))) {
        Some((log, Some(lines))) => {
            writeln!(out, "; the end of {}:", shown(log))?;
            lines.iter().try_for_each(|line| writeln!(out, "    {}", printable(line)))
        }
        Some((log, None)) => {
            writeln!(out, ", and there is no {}: it never began, or its node cannot write there", shown(log))
        }
        None => writeln!(out, ": whoever submitted it died"),
    }
}

/// The same for programs.
pub fn as_json(jobs: &Jobs, pending: &[&str]) -> Value {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for task in jobs.alive() {
        *counts.entry(task.state().name()).or_default() += 1;
    }
    let alive = jobs.alive().map(|task| {
        let queued = task.queued.as_ref();
        json!({
            "task": task.name(),
            "state": task.state().name(),
            "nodes": queued.map(|queued| &queued.nodes),
            "reason": queued.map(|queued| &queued.reason),
            "trials": task.trials,
        })
    });
    let lost = lost(jobs, pending).into_iter().map(|(task, trials)| {
        let tail = task.log.as_deref().and_then(tail);
        json!({ "task": task.name(), "trials": trials, "log": task.log, "tail": tail })
    });
    json!({
        "counts": counts,
        "tasks": alive.collect::<Vec<_>>(),
        "lost": lost.collect::<Vec<_>>(),
    })
}

/// The word for so many tasks.
fn tasks(count: usize) -> &'static str {
    if count == 1 { "task" } else { "tasks" }
}

/// Why tasks wait, each reason with their number.
fn reasons<'a>(tasks: impl Iterator<Item = &'a Task>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for queued in tasks.filter_map(|task| task.queued.as_ref()) {
        *counts.entry(&queued.reason).or_default() += 1;
    }
    counts
        .iter()
        .map(|(reason, count)| format!("{count} {}", printable(reason)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn nodes<'a>(tasks: impl Iterator<Item = &'a Task>) -> String {
    let nodes: BTreeSet<_> =
        tasks.filter_map(|task| task.queued.as_ref()).map(|queued| queued.nodes.as_str()).collect();
    let more = nodes.len().saturating_sub(MOST);
    let named = nodes.into_iter().take(MOST).map(printable).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// The last lines of a log; `None` where it cannot be read.
fn tail(log: &Path) -> Option<Vec<String>> {
    let length = fs::metadata(log).ok().filter(fs::Metadata::is_file)?.len();
    let mut file = File::open(log).ok()?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    Some(lines[lines.len().saturating_sub(TAIL)..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slurm::Queued;

    fn task(index: usize, trials: &[&str], state: Option<(State, &str, &str)>, log: &Path) -> Task {
        let queued = state.map(|(state, nodes, reason)| Queued {
            job: 12,
            task: Some(index),
            name: "drsae-a-0".to_owned(),
            state,
            nodes: nodes.to_owned(),
            reason: reason.to_owned(),
        });
        let trials = trials.iter().map(ToString::to_string).collect();
        Task { job: Some(12), index, trials, log: Some(log.join(format!("12_{index}.log"))), queued }
    }

    #[test]
    fn no_log_node_or_reason_fakes_a_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("12_1.log"), "\u{1b}[2J\r\u{202e}done").unwrap();
        let tasks = vec![
            task(0, &["a"], Some((State::Running, "n1\nerror: lost", "None")), folder.path()),
            task(1, &["b"], Some((State::Ended, "", "")), folder.path()),
            task(2, &["c"], Some((State::Waiting, "", "why\u{9b}\nnot")), folder.path()),
        ];
        let mut out = Vec::new();
        print(&Jobs { tasks, ..Jobs::default() }, &["a", "b", "c"], &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(told.contains(r"    \u001b[2J\r\u202edone"), "{told}");
        assert!(told.contains(r"running on n1\nerror: lost") && told.contains(r"1 why\u009b\nnot"), "{told}");
    }

    #[test]
    fn tasks_are_told_by_what_slurm_does_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<_> = (1..=9).map(|line| format!("line {line}")).collect();
        std::fs::write(folder.path().join("12_4.log"), lines.join("\n")).unwrap();
        let task = |index, trials: &[&str], state| task(index, trials, state, folder.path());
        let tasks = vec![
            task(0, &["a"], Some((State::Waiting, "", "Priority"))),
            task(1, &["b"], Some((State::Waiting, "", "Resources"))),
            task(2, &["c"], Some((State::Running, "n2", "None"))),
            task(3, &["d"], Some((State::Held, "", "JobHeldUser"))),
            task(4, &["e", "f", "g"], Some((State::Ended, "n1", "NonZeroExitCode"))),
            task(5, &["h"], None),
        ];
        let jobs = Jobs { tasks, ..Jobs::default() };
        // b's task is still to run, and f has a result.
        let pending = ["a", "b", "c", "d", "e", "g", "h"];
        let mut out = Vec::new();
        print(&jobs, &pending, &mut out).unwrap();
        let told = String::from_utf8(out).unwrap().replace(&folder.path().display().to_string(), "LOGS");
        insta::assert_snapshot!(told, @r"
             2 tasks queued: 1 Priority, 1 Resources
             1 task running on n2
             1 task held (1 JobHeldUser): `scontrol release 12` lets go, `scancel 12` gives up
             2 tasks ended and left 3 trials without a result
          12_4 ended without e and 1 more; the end of LOGS/12_4.log:
            line 5
            line 6
            line 7
            line 8
            line 9
          12_5 ended without h, and there is no LOGS/12_5.log: it never began, or its node cannot write there
        ");
        let answer = as_json(&jobs, &pending);
        assert_eq!(answer["counts"], json!({ "queued": 2, "running": 1, "held": 1 }));
        assert_eq!(answer["lost"][0]["trials"], json!(["e", "g"]));
        assert_eq!(
            (answer["tasks"][2]["nodes"].as_str(), answer["lost"][1]["tail"].as_str()),
            (Some("n2"), None)
        );
    }
}
