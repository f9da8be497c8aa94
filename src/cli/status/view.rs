//! A status with the curves of its running trials, as lines and as a page.

use std::collections::HashSet;
use std::io::Write;

use anyhow::Result;
use jiff::ZonedDateTime;

use super::watch::Screen;
use super::{SweepStatus, TrialState};
use crate::cli::clock::{duration, end};
use crate::cli::live::{self, LiveTrial};
use crate::cli::slurm::jobs;
use crate::engine::stale;
use crate::plan::{Plan, Trial};
use crate::report::{self, LivePage};
use crate::spec::TestSet;
use crate::store::{Store, Table};
use crate::text::{printable, shown, wrap};

/// A status of a sweep to show.
pub struct View<'s> {
    status: &'s SweepStatus<'s>,
    plan: &'s Plan,
    store: &'s Store,
    live: Vec<LiveTrial<'s>>,
    /// Time until the end of the sweep, and the clock's time then.
    forecast: Option<String>,
}

impl<'s> View<'s> {
    /// Reads the curves of the running trials.
    pub fn of(status: &'s SweepStatus<'s>, plan: &'s Plan, store: &'s Store) -> Result<Self> {
        let live = status.running.iter().map(|(trial, holder)| LiveTrial::read(plan, store, trial, holder));
        let live: Vec<_> = live.collect::<Result<_>>()?;
        let forecast = forecast(status, plan, &live);
        Ok(Self { status, plan, store, live, forecast })
    }

    /// The numbers of trials by state, and the time left, in one line.
    fn line(&self) -> String {
        let counts = self.status.counts.iter().map(|(state, count)| format!("{count} {}", state.name()));
        let parts = counts.chain(self.forecast.clone()).collect::<Vec<_>>().join(", ");
        format!("{}: {} trials: {parts}", self.plan.name, self.plan.trials.len())
    }

    /// Warnings about running networks that are useless, and the errors of trials that failed.
    fn messages(&self) -> impl Iterator<Item = String> {
        let concern =
            |trial: &LiveTrial<'_>| Some(format!("warning: {}: {}", trial.name(), trial.concern()?));
        let trouble = self.status.troubles.iter().map(|(trial, status, message)| {
            format!("{} {status}: {} (trials/{})", trial.name, printable(message), trial.id)
        });
        self.live.iter().filter_map(concern).chain(trouble)
    }

    /// The status in lines of at most `columns` columns.
    pub fn screen(&self, columns: Option<usize>) -> Result<Screen> {
        let Self { status, plan, store, live, forecast } = self;
        let (mut out, rerun) = (Vec::new(), &status.rerun);
        writeln!(out, "{}: {} trials planned in {}", plan.name, plan.trials.len(), shown(store.root()))?;
        for (state, count) in &status.counts {
            writeln!(out, "{count:>6} {}", state.name())?;
        }
        if let Some(forecast) = forecast {
            writeln!(out, "       {forecast}")?;
        }
        if status.counts.contains_key(&TrialState::Stored) {
            let tables = store.table(Table::Trials);
            let again = if plan.test == TestSet::Sealed {
                String::new()
            } else {
                format!("; `{rerun}` computes them again")
            };
            writeln!(out, "  stored results are in {}{again}", tables.display())?;
        }
        for (why, count) in stale::counts(&status.stale) {
            writeln!(out, "{count:>6} stale: {}", printable(&why.to_string()))?;
        }
        if !live.is_empty() {
            for line in live::lines(live, columns.map(|columns| columns.saturating_sub(2))) {
                writeln!(out, "  {line}")?;
            }
        }
        for message in self.messages() {
            for line in wrap::indented(&message, (2, 4), columns) {
                writeln!(out, "{line}")?;
            }
        }
        match &status.jobs {
            Some(Ok(jobs)) => jobs::print(jobs, &status.pending, &mut out)?,
            Some(Err(error)) => writeln!(out, "cannot query the queue: {}", printable(error))?,
            None => {}
        }
        if status.missing() > 0 {
            writeln!(out, "`{rerun}` runs pending trials")?;
        }
        let lines = String::from_utf8_lossy(&out).lines().map(str::to_owned).collect();
        Ok(Screen { lines, line: self.line(), has_ended: status.has_ended() })
    }

    /// The status as a page, which renews itself until the sweep has ended.
    pub fn page(&self, question: &str) -> Result<String> {
        Ok(report::live_page(&LivePage {
            name: &self.plan.name,
            question,
            line: self.line(),
            time: ZonedDateTime::now().strftime("%F %T").to_string(),
            has_ended: self.status.has_ended(),
            running: live::table(&self.live),
            messages: self.messages().collect(),
        })?)
    }
}

fn forecast(status: &SweepStatus<'_>, plan: &Plan, live: &[LiveTrial<'_>]) -> Option<String> {
    let pending: HashSet<&str> = status.pending.iter().copied().collect();
    let waiting = plan.trials.iter().filter(|trial| pending.contains(trial.id.as_str()));
    let left = live::time_left(live, waiting.map(Trial::own_flops))?;
    Some(format!("{} left, until about {}", duration(left), end(left)))
}
