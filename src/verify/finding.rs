//! The findings of an audit.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::Distance;

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The folder is inconsistent.
    Wrong,
    /// Worth knowing, but consistent.
    Note,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Severity.
    pub severity: Severity,
    /// The file or folder.
    pub path: PathBuf,
    /// The problem, as a fragment that follows the path.
    pub problem: String,
    /// The advice.
    pub advice: String,
}

impl fmt::Display for Finding {
    /// One line.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Wrong => "wrong",
            Severity::Note => "note ",
        };
        write!(out, "{severity} {} {}; {}", self.path.display(), self.problem, self.advice)
    }
}

/// The extent of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Checked {
    /// Tables and specs at the top of the folder and in `analysis/`.
    pub tables: usize,
    /// Trials that have ended.
    pub trials: usize,
    /// Files of trials, by checksum.
    pub files: usize,
    /// Networks, evaluated on the test images.
    pub networks: usize,
    /// Data sets, loaded with their checksums.
    pub datasets: usize,
    /// Trials trained again.
    pub replayed: usize,
}

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AuditReport {
    /// The extent of an audit.
    pub checked: Checked,
    /// In the order of the folder.
    pub findings: Vec<Finding>,
    /// Distances of trials that were trained again with other operations.
    pub distances: Vec<Distance>,
}

impl AuditReport {
    /// Returns true if nothing is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.count(Severity::Wrong) == 0
    }

    /// Number of findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    pub(super) fn wrong(
        &mut self,
        path: impl Into<PathBuf>,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(Severity::Wrong, path.into(), problem.into(), advice.into());
    }

    pub(super) fn note(
        &mut self,
        path: impl Into<PathBuf>,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(Severity::Note, path.into(), problem.into(), advice.into());
    }

    fn add(&mut self, severity: Severity, path: PathBuf, problem: String, advice: String) {
        // Causes such as a parser's have several lines; a finding has one.
        let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.findings.push(Finding { severity, path, problem: line(problem), advice: line(advice) });
    }

    pub(super) fn append(&mut self, other: Self) {
        let Checked { tables, trials, files, networks, datasets, replayed } = other.checked;
        self.checked.tables += tables;
        self.checked.trials += trials;
        self.checked.files += files;
        self.checked.networks += networks;
        self.checked.datasets += datasets;
        self.checked.replayed += replayed;
        self.findings.extend(other.findings);
        self.distances.extend(other.distances);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_and_only_wrong_ones_count_against_the_folder() {
        let mut report = AuditReport::default();
        report.note("a.csv", "is half\n  written", "wait");
        assert!(report.holds());
        report.wrong("b.csv", "is missing", "restore it");
        assert!(!report.holds());
        let lines: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["note  a.csv is half written; wait", "wrong b.csv is missing; restore it"]);
    }
}
