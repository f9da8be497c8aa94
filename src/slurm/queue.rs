//! The output of `squeue`, parsed.
//!
//! Slurm is queried only for queued and running jobs. Completion of a trial is recorded on disk, because Slurm soon
//! purges a finished job.

/// Fields that `squeue` is asked for; the reason is last because it is free text.
pub(super) const FORMAT: &str = "ArrayJobID:|,JobID:|,ArrayTaskID:|,State:|,NodeList:|,Name:|,Reason:";

/// A job, or one task of an array, in Slurm's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// Number of the job; for a task, that of its array.
    pub job: u64,
    /// Position in the array.
    pub task: Option<usize>,
    /// Name of the job.
    pub name: String,
    /// State of the job.
    pub state: JobState,
    /// Nodes that it runs or ran on; empty while it is queued.
    pub nodes: String,
    /// Slurm's reason for the state; the text `None` if there is none.
    pub reason: String,
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// Waits for resources.
    Queued,
    /// Waits until a user releases it.
    Held,
    /// Has nodes.
    Running,
    /// Completing (Slurm's `COMPLETING`), and may be requeued afterwards.
    Ending,
    /// Ended: Slurm will not run it again.
    Ended,
}

impl JobState {
    /// Maps Slurm's name of a state; an unknown one counts as running, so that nothing is submitted twice.
    fn parse(state: &str, reason: &str) -> Self {
        match state {
            "PENDING" if reason.starts_with("JobHeld") || reason.contains("launch failed") => Self::Held,
            "PENDING" | "REQUEUED" => Self::Queued,
            "REQUEUE_HOLD" | "SPECIAL_EXIT" | "RESV_DEL_HOLD" => Self::Held,
            "COMPLETING" => Self::Ending,
            "COMPLETED" | "CANCELLED" | "FAILED" | "TIMEOUT" | "NODE_FAIL" | "PREEMPTED" | "BOOT_FAIL"
            | "DEADLINE" | "OUT_OF_MEMORY" | "REVOKED" => Self::Ended,
            _ => Self::Running,
        }
    }

    /// True if Slurm may still run the job.
    #[must_use]
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Ended)
    }

    /// The name in output and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Held => "held",
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }
}

/// Parses the output of `squeue` in [`FORMAT`]; the error is the line that cannot be parsed.
pub(super) fn parse(answer: &str) -> Result<Vec<QueueEntry>, String> {
    let lines = answer.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| parse_line(line).ok_or_else(|| line.to_owned())).collect()
}

fn parse_line(line: &str) -> Option<QueueEntry> {
    let fields: Vec<_> = line.splitn(7, '|').map(str::trim).collect();
    let [array, job, task, state, nodes, name, reason] = fields[..] else { return None };
    Some(QueueEntry {
        // A job that is not an array has no array id.
        job: array.parse().or_else(|_| job.parse()).ok()?,
        task: task.parse().ok(),
        name: name.to_owned(),
        state: JobState::parse(state, reason),
        nodes: nodes.to_owned(),
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_one_task() {
        // Output of Slurm 22.05.8: a queued task, a running one, and a job that is no array.
        let answer = "\
12|12|3|PENDING||drsae-a-0|JobArrayTaskLimit
12|14|1|RUNNING|n2|drsae-a-0|None
12|13|0|PENDING||drsae-a-0|JobHeldUser
15|15|N/A|PENDING||drsae-a-end|Dependency
12|16|2|CANCELLED|n1|drsae-a-0|a | b
";
        let entries = parse(answer).unwrap().into_iter();
        let lines: Vec<_> = entries
            .map(|QueueEntry { job, task, name, state, nodes, reason }| {
                format!("{job} {task:?} {name} {} {nodes:?} {reason}", state.name())
            })
            .collect();
        let expected = [
            "12 Some(3) drsae-a-0 queued \"\" JobArrayTaskLimit",
            "12 Some(1) drsae-a-0 running \"n2\" None",
            "12 Some(0) drsae-a-0 held \"\" JobHeldUser",
            "15 None drsae-a-end queued \"\" Dependency",
            "12 Some(2) drsae-a-0 ended \"n1\" a | b",
        ];
        assert_eq!(lines, expected);
        assert_eq!(parse(""), Ok(Vec::new()));
        assert_eq!(parse("12|13\n"), Err("12|13".to_owned()));
    }

    #[test]
    fn an_unknown_state_counts_as_active() {
        assert!(JobState::parse("CONFIGURING", "None").is_active());
        assert!(JobState::parse("SOMETHING_NEW", "None").is_active());
        assert!(JobState::parse("COMPLETING", "None").is_active());
        assert_eq!(JobState::parse("PENDING", "launch failed requeued held"), JobState::Held);
        assert_eq!(JobState::parse("TIMEOUT", "TimeLimit"), JobState::Ended);
    }
}
