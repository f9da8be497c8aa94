//! `--dry-run`: the scripts that would be submitted.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::{Office, expect_plain, missing, this_program};
use crate::engine::slurm::{Jobs, Order, dependency};
use crate::store::{Program, Submission, Submissions};

impl Office<'_> {
    /// Prints the scripts that would be submitted, each below the command that would submit it.
    pub(super) fn print_scripts(&self) -> Result<ExitCode> {
        let root = std::path::absolute(self.args.spec.root(self.sweep))?;
        expect_plain(&root)?;
        self.args.spec.expect_planned(self.sweep, self.plan)?;
        let (jobs, number) = match self.args.spec.store(self.sweep)? {
            Some(store) => (Jobs::look(&store.submissions(), self.cluster)?, store.submissions().next()?),
            None => (Jobs::default(), 1),
        };
        let pending = self.args.pending(self.sweep, self.plan)?;
        let missing = missing(&pending, &jobs);
        self.tell(&pending, &missing, &jobs);
        if missing.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let program = Program::of(&this_program()?);
        let (parts, earlier) = (self.parts(root.clone(), &program, missing)?, jobs.alive_jobs());
        let order = self.order(&parts, &program, &earlier);
        print_draft(&order, number, &Submissions::within(&root))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn print_draft(order: &Order, number: usize, submissions: &Submissions) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let record = order.record(number);
    let draft = order.draft(number, &record);
    let submission = Submission { number, path: submissions.folder(number), record };
    for (at, script) in draft.arrays.iter().enumerate() {
        writeln!(out, "# sbatch {}\n{script}", submission.script(at).display())?;
    }
    let earlier: Vec<u64> = order.earlier.iter().copied().collect();
    let waits = dependency(&earlier).unwrap_or_else(|| "--dependency=afterany".to_owned());
    let own = (0..draft.arrays.len()).map(|at| format!("<job of array {at}>"));
    let waits = [waits].into_iter().chain(own).collect::<Vec<_>>().join(":");
    writeln!(out, "# sbatch {waits} {}\n{}", submission.analysis_script().display(), draft.analysis)?;
    out.flush()?;
    Ok(())
}
