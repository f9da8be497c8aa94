//! `slurm/` in a results folder: the submissions of a sweep, and the files that their jobs need.
//!
//! ```text
//! slurm/
//!   lock/                    the lease of the process that submits
//!   bin/drsae-0123456789ab   the program that the jobs run, named by its hash
//!   1/                       the first submission
//!     record.json            its jobs
//!     spec.toml              the submitted sweep
//!     array-0.sh  tasks-0.txt  logs-0/   an array: script, trials of each task, logs
//!     analysis.sh  analysis.log          the job that merges and analyses
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::program::Program;
use crate::NUMERICS_VERSION;
use crate::store::io::{Disk, Io, Kind};
use crate::store::{Acquisition, Error, Leases, Store, atomic, checked_name, limit};

/// Name of the folder.
const FOLDER: &str = "slurm";

/// Name of the folder of the submitter's lease.
const LOCK: &str = "lock";

/// Name of the folder of the programs.
const PROGRAMS: &str = "bin";

/// Version of `record.json`. It rises when a field is removed or changes its meaning.
const FORMAT: u32 = 1;

const RECORD: &str = "record.json";

/// The submissions of one sweep.
#[derive(Debug, Clone)]
pub struct Submissions {
    folder: PathBuf,
    io: Arc<dyn Io>,
}

/// One submission: the arrays of the trials that were missing when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Number within the sweep, from 1.
    pub number: usize,
    /// Its folder.
    pub path: PathBuf,
    /// Its jobs.
    pub record: Record,
}

/// `record.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    format: u32,
    /// Name of the program in `bin/`.
    pub program: String,
    /// SHA-256 of the program; empty in records of earlier versions, whose programs are identified by
    /// the digits in the name.
    #[serde(default)]
    pub sha256: String,
    /// Numerics version of the program.
    pub numerics: u32,
    /// The arrays of tasks; empty if only the analysis was missing.
    pub arrays: Vec<RecordedJob>,
    /// The job that merges and analyses.
    pub analysis: RecordedJob,
    /// Numbers of the jobs that the analysis waits for.
    pub after: Vec<u64>,
}

/// A job of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedJob {
    /// Name of the job, unique among all submissions and folders.
    pub name: String,
    /// Number of the job; absent until it is submitted, or if the submitter died at that moment.
    pub job: Option<u64>,
}

impl Record {
    /// A record of jobs with these names that are not submitted yet.
    #[must_use]
    pub fn new(program: Program, arrays: Vec<String>, analysis: String) -> Self {
        let unsubmitted = |name| RecordedJob { name, job: None };
        Self {
            format: FORMAT,
            program: program.name,
            sha256: program.sha256,
            numerics: NUMERICS_VERSION,
            arrays: arrays.into_iter().map(unsubmitted).collect(),
            analysis: unsubmitted(analysis),
            after: Vec::new(),
        }
    }

    /// True if the jobs run this program.
    #[must_use]
    pub fn runs(&self, program: &Program) -> bool {
        self.program == program.name && (self.sha256.is_empty() || self.sha256 == program.sha256)
    }
}

impl Submissions {
    /// The submissions of a sweep; there may be none.
    #[must_use]
    pub fn of(store: &Store) -> Self {
        Self { folder: store.root().join(FOLDER), io: store.shared_io() }
    }

    /// The submissions in the results folder at `root`.
    #[must_use]
    pub fn within(root: &Path) -> Self {
        Self { folder: root.join(FOLDER), io: Disk::shared() }
    }

    /// A submission of this number, whether or not its folder exists.
    #[must_use]
    pub fn submission(&self, number: usize, record: Record) -> Submission {
        Submission { number, path: self.folder.join(number.to_string()), record }
    }

    /// Acquires the lease that a process needs to submit.
    ///
    /// # Errors
    /// I/O fails.
    pub fn acquire(&self, leases: &Leases) -> Result<Acquisition, Error> {
        let lock = self.folder.join(LOCK);
        atomic::create_subfolder(&*self.io, &self.folder)?;
        atomic::create_subfolder(&*self.io, &lock)?;
        leases.acquire(&lock)
    }

    /// Number of the next submission.
    ///
    /// # Errors
    /// I/O fails.
    pub fn next_number(&self) -> Result<usize, Error> {
        Ok(self.numbers()?.last().map_or(1, |last| last + 1))
    }

    fn numbers(&self) -> Result<Vec<usize>, Error> {
        let names = atomic::names(&*self.io, &self.folder, Kind::Folder)?;
        let mut numbers: Vec<usize> = names.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// All submissions in their order. A folder without a record submitted nothing and is left out.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn list(&self) -> Result<Vec<Submission>, Error> {
        let mut submissions = Vec::new();
        for number in self.numbers()? {
            let record = read_record(&self.folder.join(number.to_string()))?;
            submissions.extend(record.map(|record| self.submission(number, record)));
        }
        Ok(submissions)
    }

    /// Path of the program of this name.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(PROGRAMS).join(name)
    }

    /// Stores a copy of a program, so that later changes of the original do not affect the jobs.
    ///
    /// # Errors
    /// I/O fails.
    pub fn store_program(&self, bytes: &[u8]) -> Result<Program, Error> {
        Program::store(&*self.io, &self.folder.join(PROGRAMS), bytes)
    }

    /// The program that the jobs of a record run, verified by its hash.
    ///
    /// # Errors
    /// The file is missing or has other content.
    pub fn stored_program(&self, record: &Record) -> Result<Program, Error> {
        let path = self.program(&record.program);
        Program::read(&path)?.filter(|program| record.runs(program)).ok_or_else(|| {
            let reason = "it is not the program that the queued jobs of this sweep were submitted with; cancel them \
                          with `scancel`, and submit again";
            Error::Malformed { path, reason: reason.to_owned() }
        })
    }

    /// Creates the folder of a submission, with a folder for the logs of each array.
    ///
    /// # Errors
    /// The folder exists already, or I/O fails.
    pub fn create(&self, number: usize, record: Record) -> Result<Submission, Error> {
        let submission = self.submission(number, record);
        self.io.create_folder(&submission.path).map_err(Error::write(&submission.path))?;
        for array in 0..submission.record.arrays.len() {
            atomic::create_folder(&*self.io, &submission.logs(array))?;
        }
        Ok(submission)
    }
}

impl Submission {
    /// Path of `spec.toml`, the submitted sweep.
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.path.join("spec.toml")
    }

    /// The script of an array.
    #[must_use]
    pub fn script(&self, array: usize) -> PathBuf {
        self.path.join(format!("array-{array}.sh"))
    }

    /// The list of an array's tasks: on each line the plan indices and the ids of a task's trials.
    #[must_use]
    pub fn tasks(&self, array: usize) -> PathBuf {
        self.path.join(format!("tasks-{array}.txt"))
    }

    /// The folder of an array's logs.
    #[must_use]
    pub fn logs(&self, array: usize) -> PathBuf {
        self.path.join(format!("logs-{array}"))
    }

    /// The log of a task.
    #[must_use]
    pub fn log(&self, array: usize, job: u64, task: usize) -> PathBuf {
        self.logs(array).join(format!("{job}_{task}.log"))
    }

    /// The script of the analysis.
    #[must_use]
    pub fn analysis_script(&self) -> PathBuf {
        self.path.join("analysis.sh")
    }

    /// The log of the analysis.
    #[must_use]
    pub fn analysis_log(&self) -> PathBuf {
        self.path.join("analysis.log")
    }

    /// Writes one of the submission's files.
    ///
    /// # Errors
    /// I/O fails.
    pub fn write(path: &Path, text: &str) -> Result<(), Error> {
        atomic::write(&Disk, path, text.as_bytes())
    }

    /// Writes the record atomically.
    ///
    /// # Errors
    /// I/O fails.
    pub fn save(&self) -> Result<(), Error> {
        let path = self.path.join(RECORD);
        let text =
            serde_json::to_string_pretty(&self.record).map_err(|error| Error::write(&path)(error.into()))?;
        Self::write(&path, &(text + "\n"))
    }

    /// Ids of the trials of each task of an array.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn trials(&self, array: usize) -> Result<Vec<Vec<String>>, Error> {
        let path = self.tasks(array);
        let absent = || Error::read(&path)(io::ErrorKind::NotFound.into());
        let text = atomic::read(&Disk, &path, limit::RECORD)?.ok_or_else(absent)?;
        let text = String::from_utf8_lossy(&text);
        let ids = |line: &str| line.split_ascii_whitespace().skip(1).map(str::to_owned).collect();
        Ok(text.lines().map(ids).collect())
    }

    /// Removes the folder of a submission of which no job was submitted.
    ///
    /// # Errors
    /// I/O fails.
    pub fn remove(&self) -> Result<(), Error> {
        std::fs::remove_dir_all(&self.path).map_err(Error::write(&self.path))
    }
}

fn read_record(folder: &Path) -> Result<Option<Record>, Error> {
    let path = folder.join(RECORD);
    let Some(text) = atomic::read(&Disk, &path, limit::RECORD)? else { return Ok(None) };
    let malformed = |reason| Error::Malformed { path: path.clone(), reason };
    let remedy = "cancel its jobs with `scancel`, and remove its folder";
    let record: Record =
        serde_json::from_slice(&text).map_err(|error| malformed(format!("{error}; {remedy}")))?;
    if record.format > FORMAT {
        return Err(malformed("a newer drsae wrote it; use that one".to_owned()));
    }
    // The name becomes part of the path of the program that jobs run.
    checked_name(&record.program)?;
    Ok(Some(record))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn submissions() -> (tempfile::TempDir, Submissions) {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        fs::create_dir(&Submissions::of(&store).folder).unwrap();
        (results, Submissions::of(&store))
    }

    fn record() -> Record {
        let arrays = vec!["drsae-depth-1-0".to_owned()];
        let program = Program::of(b"abc");
        Record::new(program, arrays, "drsae-depth-1-analysis".to_owned())
    }

    #[test]
    fn record_snapshot() {
        let mut record = record();
        record.arrays[0].job = Some(4711);
        record.after = vec![4711];
        insta::assert_snapshot!(serde_json::to_string_pretty(&record).unwrap(), @r#"
        {
          "format": 1,
          "program": "drsae-ba7816bf8f01",
          "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          "numerics": 1,
          "arrays": [
            {
              "name": "drsae-depth-1-0",
              "job": 4711
            }
          ],
          "analysis": {
            "name": "drsae-depth-1-analysis",
            "job": null
          },
          "after": [
            4711
          ]
        }
        "#);
    }

    #[test]
    fn submissions_are_counted_and_those_without_a_record_are_none() {
        let (_results, submissions) = submissions();
        assert_eq!((submissions.next_number().unwrap(), submissions.list().unwrap()), (1, Vec::new()));
        let first = submissions.create(1, record()).unwrap();
        assert_eq!((submissions.next_number().unwrap(), submissions.list().unwrap()), (2, Vec::new()));
        first.save().unwrap();
        assert_eq!(submissions.list().unwrap(), [first]);
        assert!(submissions.create(1, record()).is_err(), "its number is taken");
    }

    #[test]
    fn a_damaged_or_newer_record_is_named() {
        let (_results, submissions) = submissions();
        let submission = submissions.create(1, Record { format: FORMAT + 1, ..record() }).unwrap();
        submission.save().unwrap();
        let message = || submissions.list().unwrap_err().to_string();
        assert!(
            message().ends_with("slurm/1/record.json: a newer drsae wrote it; use that one"),
            "{}",
            message()
        );
        fs::write(submission.path.join(RECORD), "{\"format\"").unwrap();
        assert!(message().contains("scancel"), "{}", message());
        let climbing =
            Submission { record: Record { program: "../../up".to_owned(), ..record() }, ..submission };
        climbing.save().unwrap();
        assert!(message().contains("cannot name a folder"), "{}", message());
    }

    #[test]
    fn a_stored_program_is_named_by_its_content() {
        let (_results, submissions) = submissions();
        for _ in 0..2 {
            // FIPS 180-4, the example message "abc".
            let program = submissions.store_program(b"abc").unwrap();
            assert_eq!(program.name, "drsae-ba7816bf8f01");
            assert_eq!(program.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }
        assert_eq!(fs::read(submissions.program("drsae-ba7816bf8f01")).unwrap(), b"abc");
    }

    #[test]
    fn what_lies_at_a_programs_place_and_is_not_it_is_replaced() {
        let (_results, submissions) = submissions();
        let path = submissions.program("drsae-ba7816bf8f01");
        submissions.store_program(b"abc").unwrap();
        // As long as the program, and shorter.
        for other in ["cba", ""] {
            fs::write(&path, other).unwrap();
            submissions.store_program(b"abc").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"abc");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_at_a_programs_place_is_replaced_and_not_followed() {
        let (results, submissions) = submissions();
        let (path, outside) = (submissions.program("drsae-ba7816bf8f01"), results.path().join("outside"));
        submissions.store_program(b"abc").unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&outside, "abc").unwrap();
        std::os::unix::fs::symlink(&outside, &path).unwrap();
        let mode = fs::metadata(&outside).unwrap().permissions();
        submissions.store_program(b"abc").unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        assert_eq!(fs::metadata(&outside).unwrap().permissions(), mode);
    }

    #[test]
    fn the_program_of_queued_jobs_is_known_by_all_of_its_hash() {
        let (_results, submissions) = submissions();
        let record = record();
        let program = submissions.store_program(b"abc").unwrap();
        assert_eq!(submissions.stored_program(&record).unwrap(), program);
        let before = Record { sha256: String::new(), ..record.clone() };
        assert_eq!(submissions.stored_program(&before).unwrap(), program);
        let collides = Record { sha256: format!("ba7816bf8f01{}", "0".repeat(52)), ..record.clone() };
        fs::write(submissions.program(&program.name), "cba").unwrap();
        for record in [record.clone(), before, collides.clone()] {
            let message = submissions.stored_program(&record).unwrap_err().to_string();
            assert!(message.contains("drsae-ba7816bf8f01: it is not the program"), "{message}");
        }
        submissions.store_program(b"abc").unwrap();
        assert!(submissions.stored_program(&collides).is_err());
        fs::remove_file(submissions.program(&program.name)).unwrap();
        assert!(submissions.stored_program(&record).is_err());
    }

    #[test]
    fn a_line_of_tasks_gives_ids() {
        let (_results, submissions) = submissions();
        let submission = submissions.create(1, record()).unwrap();
        Submission::write(&submission.tasks(0), "0-1 a b\n7 c\n").unwrap();
        assert_eq!(submission.trials(0).unwrap(), [vec!["a", "b"], vec!["c"]]);
    }
}
