//! Temporary files of downloads.
//!
//! A process that is killed leaves its file behind. Each process locks its file, so the next download can
//! identify and remove files whose process has ended.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::data::known::Known;

/// Prefix and suffix of the names; between them are the file's name, a hyphen and random letters. The suffix is that of
/// the target, so that both are read in the same way.
const PREFIX: &str = ".drsae-partial-";
const SUFFIX: &str = ".gz";
const RANDOM: usize = 6;

/// Maximum time from the creation of a file to its lock.
const UNLOCKED: Duration = Duration::from_mins(1);

/// A hidden file in the folder of the target, removed when dropped.
pub fn create(file: Known, folder: &Path) -> io::Result<NamedTempFile> {
    let prefix = format!("{PREFIX}{}-", file.name);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM);
    // Data folders are shared, so the permissions follow the user's umask, as for any other file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let partial = builder.tempfile_in(folder)?;
    // On a file system without locks, the file of a killed process remains.
    let _ = partial.as_file().try_lock();
    Ok(partial)
}

/// Removes the files of killed processes from a folder, as far as possible.
pub fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(is_abandoned) {
        let _ = fs::remove_file(entry.path());
    }
}

fn is_abandoned(entry: &DirEntry) -> bool {
    let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
    let named = entry.file_name().to_str().is_some_and(is_partial);
    is_file && named && is_old(entry) && is_unlocked(&entry.path())
}

fn is_partial(name: &str) -> bool {
    let middle = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    let Some((file, random)) = middle.and_then(|middle| middle.rsplit_once('-')) else { return false };
    !file.is_empty() && random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_old(entry: &DirEntry) -> bool {
    let modified = entry.metadata().and_then(|about| about.modified());
    modified.is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age > UNLOCKED))
}

/// Returns true if its writer has ended.
fn is_unlocked(path: &Path) -> bool {
    File::options().write(true).open(path).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::known::Digest;

    const FILE: Known = Known { set: "known", name: "known-file", length: 1, digest: Digest::Content("") };

    fn age(path: &Path) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - 2 * UNLOCKED).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_of_ended_processes_are_removed_and_those_of_running_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let running = create(FILE, folder.path()).unwrap();
        age(running.path());
        let (left, path) = create(FILE, folder.path()).unwrap().keep().unwrap();
        drop(left);
        remove_abandoned(folder.path());
        assert!(path.exists(), "it is not old enough to have its lock");
        age(&path);
        remove_abandoned(folder.path());
        assert_eq!(names(folder.path()), [running.path().file_name().unwrap().to_str().unwrap()]);
    }

    #[test]
    fn files_of_the_user_stay() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ".drsae-partial-.gz",
            ".drsae-partial-known-file-abcdef",
            ".drsae-partial-known-file-abcde.gz",
            ".drsae-partial-notes.gz",
            ".known-file-abcdef.gz",
            "drsae-partial-known-file-abcdef.gz",
            "known-file.gz",
        ];
        for file in files {
            fs::write(folder.path().join(file), "mine").unwrap();
            age(&folder.path().join(file));
        }
        fs::create_dir(folder.path().join(".drsae-partial-known-file-folder.gz")).unwrap();
        remove_abandoned(folder.path());
        assert_eq!(names(folder.path()).len(), files.len() + 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("mine");
        fs::write(&target, "mine").unwrap();
        age(&target);
        std::os::unix::fs::symlink(&target, folder.path().join(".drsae-partial-known-file-abcdef.gz"))
            .unwrap();
        remove_abandoned(folder.path());
        assert_eq!(names(folder.path()).len(), 2);
    }
}
