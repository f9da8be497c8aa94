//! `slurm/`: what was submitted to a cluster for a sweep, and what its jobs need.
//!
//! ```text
//! slurm/
//!   lock/                    the lease of the process that submits
//!   bin/drsae-0123456789ab   the program that the jobs run, named by its hash
//!   1/                       the first submission
//!     record.json            its jobs
//!     spec.toml              the sweep as it was submitted
//!     array-0.sh  tasks-0.txt  logs-0/   an array: script, trials of each task, logs
//!     analysis.sh  analysis.log          the job that merges and analyses
//! ```

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::io::{Disk, Io, Kind};
use super::{Acquisition, Error, Leases, Store, atomic, checked, limit};
use crate::text::hex;

/// Name of the folder.
const FOLDER: &str = "slurm";

/// Name of the folder in it where the process that submits has its lease.
const LOCK: &str = "lock";

/// Version of `record.json`. It rises when a field changes its meaning or goes.
const FORMAT: u32 = 1;

const RECORD: &str = "record.json";

/// The submissions of one sweep.
#[derive(Debug, Clone)]
pub struct Submissions {
    folder: PathBuf,
    io: Arc<dyn Io>,
}

/// One submission: the arrays of trials that were missing when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Counted from 1 within the sweep.
    pub number: usize,
    /// Its folder.
    pub path: PathBuf,
    /// What was submitted.
    pub record: Record,
}

/// A program in `bin/`, known by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// `drsae-` and 12 hex digits of its SHA-256.
    pub name: String,
    /// All 64 of them.
    pub sha256: String,
}

/// `record.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    format: u32,
    /// Name of the program in `bin/`.
    pub program: String,
    /// Its SHA-256 in hexadecimal digits; empty in records of earlier versions, whose programs are
    /// known by the digits in the name.
    #[serde(default)]
    pub sha256: String,
    /// Numerics version of the program.
    pub numerics: u32,
    /// The arrays of tasks; none where only the analysis was missing.
    pub arrays: Vec<Submitted>,
    /// The job that merges and analyses.
    pub analysis: Submitted,
    /// The arrays' jobs for whose end the analysis waits.
    pub after: Vec<u64>,
}

/// A job of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The job's name, which no job of another submission or folder has.
    pub name: String,
    /// Its number; absent until it was submitted, or where the submitter died just then.
    pub job: Option<u64>,
}

impl Program {
    /// The program of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_digest(hex(&Sha256::digest(bytes)))
    }

    fn of_digest(sha256: String) -> Self {
        Self { name: format!("drsae-{}", &sha256[..12]), sha256 }
    }
}

impl Record {
    /// A record of jobs that are yet to be submitted.
    #[must_use]
    pub fn new(program: Program, numerics: u32, arrays: Vec<String>, analysis: String) -> Self {
        let unsubmitted = |name| Submitted { name, job: None };
        Self {
            format: FORMAT,
            program: program.name,
            sha256: program.sha256,
            numerics,
            arrays: arrays.into_iter().map(unsubmitted).collect(),
            analysis: unsubmitted(analysis),
            after: Vec::new(),
        }
    }

    /// Whether the jobs run this program.
    #[must_use]
    pub fn runs(&self, program: &Program) -> bool {
        self.program == program.name && (self.sha256.is_empty() || self.sha256 == program.sha256)
    }
}

impl Store {
    /// The sweep's submissions to a cluster, whether or not there are any.
    #[must_use]
    pub fn submissions(&self) -> Submissions {
        Submissions { folder: self.root.join(FOLDER), io: self.shared_io() }
    }
}

impl Submissions {
    /// Those of the results folder at `root`.
    #[must_use]
    pub fn within(root: &Path) -> Self {
        Self { folder: root.join(FOLDER), io: Disk::shared() }
    }

    /// Asks for the lease without which no process submits.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn acquire(&self, leases: &Leases) -> Result<Acquisition, Error> {
        let lock = self.folder.join(LOCK);
        atomic::create_subfolder(&*self.io, &self.folder)?;
        atomic::create_subfolder(&*self.io, &lock)?;
        leases.acquire(&lock)
    }

    /// The folder of a submission, whether or not it is there.
    #[must_use]
    pub fn folder(&self, number: usize) -> PathBuf {
        self.folder.join(number.to_string())
    }

    /// Number of the submission that would be made next.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn next(&self) -> Result<usize, Error> {
        Ok(self.numbers()?.last().map_or(1, |last| last + 1))
    }

    fn numbers(&self) -> Result<Vec<usize>, Error> {
        let names = atomic::names(&*self.io, &self.folder, Kind::Folder)?;
        let mut numbers: Vec<usize> = names.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// All submissions, the first one first. One that died before it had a record submitted
    /// nothing.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn list(&self) -> Result<Vec<Submission>, Error> {
        let mut submissions = Vec::new();
        for number in self.numbers()? {
            let path = self.folder(number);
            submissions.extend(read_record(&path)?.map(|record| Submission { number, path, record }));
        }
        Ok(submissions)
    }

    /// Where the program of this name lies.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Keeps a program, so that what happens to its file elsewhere changes nothing here. What
    /// lies at its place and is not it is replaced.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn keep_program(&self, bytes: &[u8]) -> Result<Program, Error> {
        let program = Program::of(bytes);
        let path = self.program(&program.name);
        if file_digest(&path).map_err(Error::read(&path))?.as_ref() != Some(&program.sha256) {
            atomic::create_folder(&*self.io, &self.folder.join("bin"))?;
            atomic::write(&*self.io, &path, bytes)?;
        }
        make_executable(&path).map_err(Error::write(&path))?;
        Ok(program)
    }

    /// The program that the jobs of a record run, once its file is known to be that program.
    ///
    /// # Errors
    /// The file is gone, or holds something else.
    pub fn kept_program(&self, record: &Record) -> Result<Program, Error> {
        let path = self.program(&record.program);
        let there = file_digest(&path).map_err(Error::read(&path))?.map(Program::of_digest);
        there.filter(|program| record.runs(program)).ok_or_else(|| {
            let reason = "it is not the program that the queued jobs of this sweep were submitted with; cancel them \
                          with `scancel`, and submit again";
            Error::Malformed { path, reason: reason.to_owned() }
        })
    }

    /// Makes a submission's folder, with one for the logs of each array, and its record.
    ///
    /// # Errors
    /// There is such a folder already, or the disk refuses.
    pub fn create(&self, number: usize, record: Record) -> Result<Submission, Error> {
        let submission = Submission { number, path: self.folder(number), record };
        fs::create_dir(&submission.path).map_err(Error::write(&submission.path))?;
        for array in 0..submission.record.arrays.len() {
            atomic::create_folder(&*self.io, &submission.logs(array))?;
        }
        Ok(submission)
    }
}

impl Submission {
    /// The sweep as it was submitted.
    #[must_use]
    pub fn spec(&self) -> PathBuf {
        self.path.join("spec.toml")
    }

    /// The script of an array.
    #[must_use]
    pub fn script(&self, array: usize) -> PathBuf {
        self.path.join(format!("array-{array}.sh"))
    }

    /// The trials of an array's tasks: a line a task, of positions in the plan and ids.
    #[must_use]
    pub fn tasks(&self, array: usize) -> PathBuf {
        self.path.join(format!("tasks-{array}.txt"))
    }

    /// The folder of an array's logs.
    #[must_use]
    pub fn logs(&self, array: usize) -> PathBuf {
        self.path.join(format!("logs-{array}"))
    }

    /// What a task said.
    #[must_use]
    pub fn log(&self, array: usize, job: u64, task: usize) -> PathBuf {
        self.logs(array).join(format!("{job}_{task}.log"))
    }

    /// The script of the analysis.
    #[must_use]
    pub fn analysis_script(&self) -> PathBuf {
        self.path.join("analysis.sh")
    }

    /// What the analysis said.
    #[must_use]
    pub fn analysis_log(&self) -> PathBuf {
        self.path.join("analysis.log")
    }

    /// Writes one of the submission's files.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(path: &Path, text: &str) -> Result<(), Error> {
        atomic::write(&Disk, path, text.as_bytes())
    }

    /// Writes the record, whole or not at all.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn save(&self) -> Result<(), Error> {
        let path = self.path.join(RECORD);
        let text =
            serde_json::to_string_pretty(&self.record).map_err(|error| Error::write(&path)(error.into()))?;
        atomic::write(&Disk, &path, (text + "\n").as_bytes())
    }

    /// The ids of the trials of each task of an array.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn trials(&self, array: usize) -> Result<Vec<Vec<String>>, Error> {
        let path = self.tasks(array);
        let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
        let ids = |line: &str| line.split_ascii_whitespace().skip(1).map(str::to_owned).collect();
        Ok(text.lines().map(ids).collect())
    }

    /// Removes the folder of a submission of which nothing was submitted.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remove(&self) -> Result<(), Error> {
        fs::remove_dir_all(&self.path).map_err(Error::write(&self.path))
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
    // It becomes the path of what jobs run.
    checked(&record.program)?;
    Ok(Some(record))
}

/// SHA-256 of the file at `path` in hexadecimal digits; `None` where there is no regular file.
fn file_digest(path: &Path) -> io::Result<Option<String>> {
    let is_file = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        facts => facts?.is_file(),
    };
    if !is_file {
        return Ok(None);
    }
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut hash = Sha256::new();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(Some(hex(&hash.finalize())));
        }
        hash.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Other systems run what is called so.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the other one")]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submissions() -> (tempfile::TempDir, Submissions) {
        let results = tempfile::tempdir().unwrap();
        let store = Store::open(&results.path().join("depth"), "name = \"depth\"\n").unwrap();
        fs::create_dir(&store.submissions().folder).unwrap();
        (results, store.submissions())
    }

    fn record() -> Record {
        let arrays = vec!["drsae-depth-1-0".to_owned()];
        let program = Program::of(b"abc");
        Record::new(program, 1, arrays, "drsae-depth-1-analysis".to_owned())
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
        assert_eq!((submissions.next().unwrap(), submissions.list().unwrap()), (1, Vec::new()));
        let first = submissions.create(1, record()).unwrap();
        assert_eq!((submissions.next().unwrap(), submissions.list().unwrap()), (2, Vec::new()));
        first.save().unwrap();
        assert_eq!(submissions.list().unwrap(), [first]);
        assert!(submissions.create(1, record()).is_err(), "its number is taken");
    }

    #[test]
    fn a_damaged_or_newer_record_is_named() {
        let (_results, submissions) = submissions();
        let submission = submissions.create(1, Record { format: FORMAT + 1, ..record() }).unwrap();
        submission.save().unwrap();
        let told = || submissions.list().unwrap_err().to_string();
        assert!(told().ends_with("slurm/1/record.json: a newer drsae wrote it; use that one"), "{}", told());
        fs::write(submission.path.join(RECORD), "{\"format\"").unwrap();
        assert!(told().contains("scancel"), "{}", told());
        let climbing =
            Submission { record: Record { program: "../../up".to_owned(), ..record() }, ..submission };
        climbing.save().unwrap();
        assert!(told().contains("cannot name a folder"), "{}", told());
    }

    #[test]
    fn a_kept_program_is_named_by_its_content() {
        let (_results, submissions) = submissions();
        for _ in 0..2 {
            // FIPS 180-4, the example message "abc".
            let program = submissions.keep_program(b"abc").unwrap();
            assert_eq!(program.name, "drsae-ba7816bf8f01");
            assert_eq!(program.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }
        assert_eq!(fs::read(submissions.program("drsae-ba7816bf8f01")).unwrap(), b"abc");
    }

    #[test]
    fn what_lies_at_a_programs_place_and_is_not_it_is_replaced() {
        let (_results, submissions) = submissions();
        let path = submissions.program("drsae-ba7816bf8f01");
        submissions.keep_program(b"abc").unwrap();
        // As long as the program, and shorter.
        for other in ["cba", ""] {
            fs::write(&path, other).unwrap();
            submissions.keep_program(b"abc").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"abc");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_at_a_programs_place_is_replaced_and_not_followed() {
        let (results, submissions) = submissions();
        let (path, outside) = (submissions.program("drsae-ba7816bf8f01"), results.path().join("outside"));
        submissions.keep_program(b"abc").unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&outside, "abc").unwrap();
        std::os::unix::fs::symlink(&outside, &path).unwrap();
        let mode = fs::metadata(&outside).unwrap().permissions();
        submissions.keep_program(b"abc").unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        assert_eq!(fs::metadata(&outside).unwrap().permissions(), mode);
    }

    #[test]
    fn the_program_of_queued_jobs_is_known_by_all_of_its_hash() {
        let (_results, submissions) = submissions();
        let record = record();
        let program = submissions.keep_program(b"abc").unwrap();
        assert_eq!(submissions.kept_program(&record).unwrap(), program);
        let before = Record { sha256: String::new(), ..record.clone() };
        assert_eq!(submissions.kept_program(&before).unwrap(), program);
        let collides = Record { sha256: format!("ba7816bf8f01{}", "0".repeat(52)), ..record.clone() };
        fs::write(submissions.program(&program.name), "cba").unwrap();
        for record in [record.clone(), before, collides.clone()] {
            let told = submissions.kept_program(&record).unwrap_err().to_string();
            assert!(told.contains("drsae-ba7816bf8f01: it is not the program"), "{told}");
        }
        submissions.keep_program(b"abc").unwrap();
        assert!(submissions.kept_program(&collides).is_err());
        fs::remove_file(submissions.program(&program.name)).unwrap();
        assert!(submissions.kept_program(&record).is_err());
    }

    #[test]
    fn a_line_of_tasks_gives_ids() {
        let (_results, submissions) = submissions();
        let submission = submissions.create(1, record()).unwrap();
        Submission::write(&submission.tasks(0), "0-1 a b\n7 c\n").unwrap();
        assert_eq!(submission.trials(0).unwrap(), [vec!["a", "b"], vec!["c"]]);
    }
}
