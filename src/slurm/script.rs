//! The scripts of the jobs.
//!
//! A task checks that its node has all requirements, loads the modules, and runs `drsae trial` on its trials. When Slurm
//! signals that the time limit is near, the task stops its trials after their current mini-batch and requeues itself; the
//! trials then continue from their last state.

#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::submissions::Submission;
use crate::text::shell_quoted;

/// Seconds before its time limit at which a task is signalled.
const WARNING: u32 = 60;

/// Maximum number of requeues after a time limit: a task whose trials never finish an epoch would be requeued
/// without end.
const MAX_RESTARTS: u32 = 100;

/// Parameters of the scripts of a submission.
#[derive(Debug)]
pub struct Scripts {
    /// The `[slurm]` settings.
    pub settings: Settings,
    /// Name of the sweep.
    pub sweep: String,
    /// Folder in which the commands run; paths in a spec are relative to it.
    pub working_dir: PathBuf,
    /// The pinned program.
    pub program: PathBuf,
    /// SHA-256 of the program in hexadecimal digits.
    pub sha256: String,
    /// Options of `drsae` that name the results, the data and the device.
    pub sweep_args: Vec<String>,
    /// Further options of `drsae trial`.
    pub trial_args: Vec<String>,
    /// Trials that a task runs in parallel.
    pub jobs: usize,
}

impl Scripts {
    /// The script of an array of `tasks` tasks.
    #[must_use]
    pub fn array(&self, submission: &Submission, array: usize, tasks: usize) -> String {
        let Self { settings, sweep, jobs, .. } = self;
        let cpus = settings.cpus.unwrap_or(1);
        let mut directives = vec![
            format!("--job-name={}", submission.record.arrays[array].name),
            format!("--array=0-{}{}", tasks.saturating_sub(1), limit(settings)),
            format!("--output={}/%A_%a.log", submission.logs(array).display()),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            format!("--signal=B:USR1@{WARNING}"),
            format!("--cpus-per-task={cpus}"),
        ];
        directives.extend(settings.gpus.map(|gpus| format!("--gres=gpu:{gpus}")));
        let mut out = self.header(directives, &format!("A task of the sweep {sweep}."));
        self.write_variables(&mut out, &submission.spec());
        write_lines(
            &mut out,
            &[
                &format!("tasks={}", path(&submission.tasks(array))),
                "",
                "restarts=${SLURM_RESTART_COUNT:-0}",
                "printf '%s: task %s on %s, start %s\\n' \"$(date -u +%FT%TZ)\" \"$SLURM_ARRAY_TASK_ID\" \
             \"${SLURMD_NODENAME:-$(hostname)}\" $((restarts + 1))",
                "fail() { printf 'error: %s\\n' \"$1\" >&2; exit 2; }",
            ],
        );
        Self::write_checks(&mut out);
        write_lines(
            &mut out,
            &[
                "[[ -r $tasks ]] || fail \"$tasks cannot be read here: submit again with \\`drsae sweep\\`\"",
                "read -r index trials < <(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" -- \"$tasks\") ||",
                "    fail \"$tasks has no task $SLURM_ARRAY_TASK_ID\"",
                "",
            ],
        );
        self.write_environment(&mut out);
        write_lines(
            &mut out,
            &[
                "# Slurm warns this shell alone; whatever else ends the job it sends to the program as well.",
                "over= child=",
                "trap 'over=yes; [[ $child ]] && kill -TERM \"$child\"' USR1",
                "trap : TERM",
                &format!(
                    "\"$program\" trial \"$spec\" --index \"$index\" --expect \"$trials\" --pending --jobs {jobs}{} &",
                    quoted_args(self.sweep_args.iter().chain(&self.trial_args)),
                ),
                "child=$!",
                "wait \"$child\"; status=$?",
                "while kill -0 \"$child\" 2>/dev/null; do wait \"$child\"; status=$?; done",
                &format!("if [[ $over ]] && ((status != 0 && restarts < {MAX_RESTARTS})); then"),
                "    printf 'the time is over: queued again\\n'",
                "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\" && sleep 60",
                "fi",
                "exit \"$status\"",
            ],
        );
        out
    }

    /// The script of the job that merges and analyses the sweep of the file `spec`.
    #[must_use]
    pub fn analysis(&self, submission: &Submission, spec: &Path) -> String {
        let directives = vec![
            format!("--job-name={}", submission.record.analysis.name),
            format!("--output={}", submission.analysis_log().display()),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
        ];
        let what = format!("Merges and analyses the sweep {}, once its tasks have ended.", self.sweep);
        let mut out = self.header(directives, &what);
        self.write_variables(&mut out, spec);
        write_lines(&mut out, &["", "fail() { printf 'error: %s\\n' \"$1\" >&2; exit 2; }"]);
        Self::write_checks(&mut out);
        write_lines(&mut out, &[""]);
        self.write_environment(&mut out);
        write_lines(&mut out, &[&format!("\"$program\" analyze \"$spec\"{}", quoted_args(&self.sweep_args))]);
        out
    }

    /// The shebang and the directives; a user's own come last, so that they override the others.
    fn header(&self, directives: Vec<String>, what: &str) -> String {
        let settings = &self.settings;
        let mut out = "#!/bin/bash\n".to_owned();
        let named = [
            ("partition", &settings.partition),
            ("account", &settings.account),
            ("time", &settings.time),
            ("mem", &settings.memory),
        ];
        let named =
            named.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value.as_ref()?)));
        let own = settings.directives.iter().flatten().cloned();
        let fixed = ["--nodes=1".to_owned(), "--ntasks=1".to_owned()];
        for directive in directives.into_iter().chain(fixed).chain(named).chain(own) {
            write_lines(&mut out, &[&format!("#SBATCH {directive}")]);
        }
        write_lines(&mut out, &["", &format!("# {what} Written by `drsae sweep --engine slurm`."), ""]);
        out
    }

    fn write_variables(&self, out: &mut String, spec: &Path) {
        write_lines(
            out,
            &[
                &format!("folder={}", path(&self.working_dir)),
                &format!("program={}", path(&self.program)),
                &format!("sha256={}", self.sha256),
                &format!("spec={}", path(spec)),
            ],
        );
    }

    /// The checks of the node, which log missing requirements. A tool of the node verifies the hash of `drsae`.
    fn write_checks(out: &mut String) {
        write_lines(
            out,
            &[
                "cd -- \"$folder\" || fail \"$folder is not on this node: it must be on a file system that nodes share\"",
                "[[ -f $program && -x $program ]] || fail \"$program is not on this node, or may not be run: submit again \
             with \\`drsae sweep\\`\"",
                "found=",
                "for tool in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do",
                "    command -v ${tool%% *} >/dev/null && found=$($tool <\"$program\") && break",
                "done",
                "[[ $found ]] || fail \"this node has no program that computes the SHA-256 of $program: sha256sum, shasum or \
             openssl\"",
                "[[ ${found%% *} == \"$sha256\" ]] || fail \"$program is not the program that was submitted, for its SHA-256 is \
             ${found%% *} and not $sha256: submit again with \\`drsae sweep\\`\"",
                "[[ -r $spec ]] || fail \"$spec cannot be read here: submit again with \\`drsae sweep\\`\"",
            ],
        );
    }

    fn write_environment(&self, out: &mut String) {
        let before = out.len();
        for module in self.settings.modules.iter().flatten() {
            write_lines(out, &[&format!("module load {module} || fail \"module load {module} failed\"")]);
        }
        if let Some(prelude) = &self.settings.prelude {
            write_lines(out, &[prelude.trim_end()]);
        }
        if out.len() > before {
            out.push('\n');
        }
    }
}

fn limit(settings: &Settings) -> String {
    settings.parallel.map(|parallel| format!("%{parallel}")).unwrap_or_default()
}

fn path(path: &Path) -> String {
    shell_quoted(&path.display().to_string())
}

/// Quoted arguments, each after a space.
fn quoted_args<'a>(args: impl IntoIterator<Item = &'a String>) -> String {
    args.into_iter().flat_map(|arg| [" ".to_owned(), shell_quoted(arg)]).collect()
}

fn write_lines(out: &mut String, lines: &[&str]) {
    for line in lines {
        writeln!(out, "{line}").expect("writing to a string does not fail");
    }
}
