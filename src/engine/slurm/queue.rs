//! What Slurm says of tasks that it still knows: the answer of `squeue`, read.
//!
//! Slurm is asked only what is queued or runs. Whether a trial is done is for its marker on
//! disk to say, for a finished job is soon forgotten.

use std::fmt;

/// What `squeue` is asked for, field by field; the reason is last, for it is the only text that
/// Slurm words freely.
pub const FORMAT: &str = "ArrayJobID:|,JobID:|,ArrayTaskID:|,State:|,NodeList:|,Name:|,Reason:";

/// One job, or one task of an array, that Slurm knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The array's job, or the job itself.
    pub job: u64,
    /// Position in the array.
    pub task: Option<usize>,
    /// The job's name.
    pub name: String,
    /// What it does.
    pub state: State,
    /// Where it runs, or ran; empty while it waits.
    pub nodes: String,
    /// Why it waits or ended, in Slurm's words; the word `None` where it has no reason.
    pub reason: String,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It waits for its turn, and why is in the reason.
    Waiting,
    /// It was held, and waits until somebody releases it.
    Held,
    /// It has nodes.
    Running,
    /// It is being cleared away, and may be queued again after that.
    Ending,
    /// Slurm will not run it any more.
    Ended,
}

impl State {
    /// By Slurm's names; one that is new counts as running, so that nothing is submitted twice.
    fn of(state: &str, reason: &str) -> Self {
        match state {
            "PENDING" if reason.starts_with("JobHeld") || reason.contains("launch failed") => Self::Held,
            "PENDING" | "REQUEUED" => Self::Waiting,
            "REQUEUE_HOLD" | "SPECIAL_EXIT" | "RESV_DEL_HOLD" => Self::Held,
            "COMPLETING" => Self::Ending,
            "COMPLETED" | "CANCELLED" | "FAILED" | "TIMEOUT" | "NODE_FAIL" | "PREEMPTED" | "BOOT_FAIL"
            | "DEADLINE" | "OUT_OF_MEMORY" | "REVOKED" => Self::Ended,
            _ => Self::Running,
        }
    }

    /// Whether Slurm may still run it.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        !matches!(self, Self::Ended)
    }

    /// The name for people and programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "queued",
            Self::Held => "held",
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// Reads an answer of `squeue` in [`FORMAT`], one task a line; gives the line that it cannot
/// read where there is one.
pub fn read(answer: &str) -> Result<Vec<Queued>, String> {
    let lines = answer.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| queued(line).ok_or_else(|| line.to_owned())).collect()
}

fn queued(line: &str) -> Option<Queued> {
    let mut fields = line.splitn(7, '|').map(str::trim);
    let mut next = || fields.next();
    let (array, job, task, state) = (next()?, next()?, next()?, next()?);
    let (nodes, name, reason) = (next()?, next()?, next()?);
    // A job that is no array names itself alone.
    let job = array.parse().or_else(|_| job.parse()).ok()?;
    let state = State::of(state, reason);
    let (nodes, reason) = (nodes.to_owned(), reason.to_owned());
    Some(Queued { job, task: task.parse().ok(), name: name.to_owned(), state, nodes, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_stands_on_a_line() {
        // As Slurm 22.05.8 answers, with an element that waits, one that runs and a job alone.
        let answer = "\
12|12|3|PENDING||drsae-a-0|JobArrayTaskLimit
12|14|1|RUNNING|n2|drsae-a-0|None
12|13|0|PENDING||drsae-a-0|JobHeldUser
15|15|N/A|PENDING||drsae-a-end|Dependency
12|16|2|CANCELLED|n1|drsae-a-0|a | b
";
        let told: Vec<_> = read(answer)
            .unwrap()
            .into_iter()
            .map(|queued| {
                let Queued { job, task, name, state, nodes, reason } = queued;
                format!("{job} {task:?} {name} {state} {nodes:?} {reason}")
            })
            .collect();
        let expected = [
            "12 Some(3) drsae-a-0 queued \"\" JobArrayTaskLimit",
            "12 Some(1) drsae-a-0 running \"n2\" None",
            "12 Some(0) drsae-a-0 held \"\" JobHeldUser",
            "15 None drsae-a-end queued \"\" Dependency",
            "12 Some(2) drsae-a-0 ended \"n1\" a | b",
        ];
        assert_eq!(told, expected);
        assert_eq!(read(""), Ok(Vec::new()));
        assert_eq!(read("12|13\n"), Err("12|13".to_owned()));
    }

    #[test]
    fn a_state_that_nobody_knows_counts_as_alive() {
        assert!(State::of("CONFIGURING", "None").is_alive());
        assert!(State::of("SOMETHING_NEW", "None").is_alive());
        assert!(State::of("COMPLETING", "None").is_alive());
        assert_eq!(State::of("PENDING", "launch failed requeued held"), State::Held);
        assert_eq!(State::of("TIMEOUT", "TimeLimit"), State::Ended);
    }
}
