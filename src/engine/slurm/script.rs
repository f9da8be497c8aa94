//! The scripts that a cluster runs, as text.
//!
//! A task checks what it needs, loads what it was told to, and runs `drsae trial` on its
//! trials. When Slurm warns it that its time is over, it lets them stop after their
//! mini-batch and has itself queued again; its trials then go on from their last state.

#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::path::Path;

use crate::spec::Slurm;
use crate::text::quoted;

/// Seconds before the end of its time at which a task is warned.
const WARNING: u32 = 60;

/// How often a task is queued again because its time was over: one whose trials never reach
/// the end of an epoch would go on for ever.
const RESTARTS: u32 = 100;

/// What all scripts of a submission have in common.
#[derive(Debug)]
pub struct Scripts<'a> {
    /// How tasks run.
    pub settings: &'a Slurm,
    /// Name of the sweep.
    pub sweep: &'a str,
    /// Folder in which the commands run, for paths in a spec are relative to it.
    pub folder: &'a Path,
    /// The pinned program.
    pub program: &'a Path,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: &'a str,
    /// Options of `drsae` that name the results, the data and the device.
    pub options: &'a [String],
    /// Options of `drsae trial` besides.
    pub trial_options: &'a [String],
    /// Trials that a task runs side by side.
    pub jobs: usize,
}

/// An array of tasks.
#[derive(Debug)]
pub struct Array<'a> {
    /// Name of the job.
    pub name: &'a str,
    /// How many tasks there are.
    pub tasks: usize,
    /// The sweep as it was submitted.
    pub spec: &'a Path,
    /// The file of the tasks' trials.
    pub list: &'a Path,
    /// Folder of the logs.
    pub logs: &'a Path,
}

/// The job that merges and analyses.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// Name of the job.
    pub name: &'a str,
    /// The sweep as the results folder has it.
    pub spec: &'a Path,
    /// Its log.
    pub log: &'a Path,
}

impl Scripts<'_> {
    /// The script of an array.
    #[must_use]
    pub fn array(&self, array: &Array) -> String {
        let Self { settings, sweep, jobs, .. } = *self;
        let cpus = settings.cpus.unwrap_or(1);
        let mut directives = vec![
            format!("--job-name={}", array.name),
            format!("--array=0-{}{}", array.tasks.saturating_sub(1), limit(settings)),
            format!("--output={}/%A_%a.log", array.logs.display()),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            format!("--signal=B:USR1@{WARNING}"),
            format!("--cpus-per-task={cpus}"),
        ];
        directives.extend(settings.gpus.map(|gpus| format!("--gres=gpu:{gpus}")));
        let mut out = self.head(directives, &format!("A task of the sweep {sweep}."));
        self.setting(&mut out, array.spec);
        writeln_all(
            &mut out,
            &[
                &format!("tasks={}", path(array.list)),
                "",
                "restarts=${SLURM_RESTART_COUNT:-0}",
                "printf '%s: task %s on %s, start %s\\n' \"$(date -u +%FT%TZ)\" \"$SLURM_ARRAY_TASK_ID\" \
             \"${SLURMD_NODENAME:-$(hostname)}\" $((restarts + 1))",
                "fail() { printf 'error: %s\\n' \"$1\" >&2; exit 2; }",
            ],
        );
        Self::checks(&mut out);
        writeln_all(
            &mut out,
            &[
                "[[ -r $tasks ]] || fail \"$tasks cannot be read here: submit again with \\`drsae sweep\\`\"",
                "read -r index trials < <(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" -- \"$tasks\") ||",
                "    fail \"$tasks has no task $SLURM_ARRAY_TASK_ID\"",
                "",
            ],
        );
        self.environment(&mut out);
        writeln_all(
            &mut out,
            &[
                "# Slurm warns this shell alone; whatever else ends the job it sends to the program as well.",
                "over= child=",
                "trap 'over=yes; [[ $child ]] && kill -TERM \"$child\"' USR1",
                "trap : TERM",
                &format!(
                    "\"$program\" trial \"$spec\" --index \"$index\" --expect \"$trials\" --pending --jobs {jobs}{} &",
                    words(self.options.iter().chain(self.trial_options)),
                ),
                "child=$!",
                "wait \"$child\"; status=$?",
                "while kill -0 \"$child\" 2>/dev/null; do wait \"$child\"; status=$?; done",
                &format!("if [[ $over ]] && ((status != 0 && restarts < {RESTARTS})); then"),
                "    printf 'the time is over: queued again\\n'",
                "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\" && sleep 60",
                "fi",
                "exit \"$status\"",
            ],
        );
        out
    }

    /// The script of the job that merges and analyses.
    #[must_use]
    pub fn analysis(&self, analysis: &Analysis) -> String {
        let directives = vec![
            format!("--job-name={}", analysis.name),
            format!("--output={}", analysis.log.display()),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
        ];
        let what = format!("Merges and analyses the sweep {}, once its tasks have ended.", self.sweep);
        let mut out = self.head(directives, &what);
        self.setting(&mut out, analysis.spec);
        writeln_all(&mut out, &["", "fail() { printf 'error: %s\\n' \"$1\" >&2; exit 2; }"]);
        Self::checks(&mut out);
        writeln_all(&mut out, &[""]);
        self.environment(&mut out);
        writeln_all(&mut out, &[&format!("\"$program\" analyze \"$spec\"{}", words(self.options.iter()))]);
        out
    }

    /// Directives, those of the settings last so that a user's own have the last word.
    fn head(&self, directives: Vec<String>, what: &str) -> String {
        let settings = self.settings;
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
            writeln_all(&mut out, &[&format!("#SBATCH {directive}")]);
        }
        writeln_all(&mut out, &["", &format!("# {what} Written by `drsae sweep --engine slurm`."), ""]);
        out
    }

    fn setting(&self, out: &mut String, spec: &Path) {
        writeln_all(
            out,
            &[
                &format!("folder={}", path(self.folder)),
                &format!("program={}", path(self.program)),
                &format!("sha256={}", self.sha256),
                &format!("spec={}", path(spec)),
            ],
        );
    }

    /// A node that lacks something says so in the log, instead of a shell's riddle. What the program
    /// is, another program must say.
    fn checks(out: &mut String) {
        writeln_all(
            out,
            &[
                "cd -- \"$folder\" || fail \"$folder is not on this node: it must be on a file system that nodes share\"",
                "[[ -f $program && -x $program ]] || fail \"$program is not on this node, or may not be run: submit again \
             with \\`drsae sweep\\`\"",
                "found=",
                "for tool in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do",
                "    command -v ${tool%% *} >/dev/null && found=$($tool <\"$program\") && break",
                "done",
                "[[ $found ]] || fail \"this node has no program that tells the SHA-256 of $program: sha256sum, shasum or \
             openssl\"",
                "[[ ${found%% *} == \"$sha256\" ]] || fail \"$program is not the program that was submitted, for its SHA-256 is \
             ${found%% *} and not $sha256: submit again with \\`drsae sweep\\`\"",
                "[[ -r $spec ]] || fail \"$spec cannot be read here: submit again with \\`drsae sweep\\`\"",
            ],
        );
    }

    fn environment(&self, out: &mut String) {
        let before = out.len();
        for module in self.settings.modules.iter().flatten() {
            writeln_all(out, &[&format!("module load {module} || fail \"module load {module} failed\"")]);
        }
        if let Some(prelude) = &self.settings.prelude {
            writeln_all(out, &[prelude.trim_end()]);
        }
        if out.len() > before {
            out.push('\n');
        }
    }
}

fn limit(settings: &Slurm) -> String {
    settings.parallel.map(|parallel| format!("%{parallel}")).unwrap_or_default()
}

fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// Words that follow others on a line.
fn words<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let words = words.map(|word| quoted(word));
    std::iter::once(String::new()).chain(words).collect::<Vec<_>>().join(" ")
}

fn writeln_all(out: &mut String, lines: &[&str]) {
    for line in lines {
        writeln!(out, "{line}").expect("a string takes all that is written to it");
    }
}
