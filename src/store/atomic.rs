//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use super::Error;
use super::file::UNFINISHED;

/// No file takes this long to write.
const FORGOTTEN: Duration = Duration::from_hours(1);

/// Replaces the file at `path` by `contents`.
pub(super) fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    write_with(path, |out| out.write_all(contents).map_err(Error::write(path)))
}

/// As [`write`], but without waiting for the disk: after a power cut the file may be torn.
pub(super) fn write_unsynced(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let unfinished = unfinished(path, |out| out.write_all(contents).map_err(Error::write(path)))?;
    unfinished.persist(path).map_err(|error| Error::write(path)(error.error))?;
    Ok(())
}

/// Puts a file anywhere, with the folders above it, without waiting for the disk.
///
/// # Errors
/// The disk refuses.
pub fn place(path: &Path, contents: &[u8]) -> Result<(), Error> {
    create_folder(folder_of(path))?;
    write_unsynced(path, contents)
}

/// Replaces the file at `path` by what `fill` writes; where `fill` fails, the old file stays.
pub(super) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let unfinished = unfinished(path, fill)?;
    // On disk before the name is: a power cut must not leave the name with half the bytes.
    unfinished.as_file().sync_all().map_err(Error::write(path))?;
    unfinished.persist(path).map_err(|error| Error::write(path)(error.error))?;
    sync_folder(folder_of(path)).map_err(Error::write(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// A file beside `path` with what `fill` writes; gone again where that fails.
fn unfinished(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<NamedTempFile, Error> {
    // Created as any other file is, so that the umask decides who may read the results.
    let mut unfinished = tempfile::Builder::new()
        .prefix(".")
        .suffix(UNFINISHED)
        .make_in(folder_of(path), |temporary| File::create_new(temporary))
        .map_err(Error::write(path))?;
    let mut out = BufWriter::new(unfinished.as_file_mut());
    fill(&mut out)?;
    out.flush().map_err(Error::write(path))?;
    drop(out);
    Ok(unfinished)
}

/// Creates `folder` and those above it.
pub(super) fn create_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::write(folder))
}

/// Creates `folder` in one that must be there: what was removed while a sweep ran is not
/// made anew behind its back.
pub(super) fn create_subfolder(folder: &Path) -> Result<(), Error> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(vanished(folder_of(folder)).unwrap_or_else(|| Error::write(folder)(error))),
        Ok(()) => Ok(()),
    }
}

/// The error that says so where `folder`, or one above it, is no longer there.
pub(super) fn vanished(folder: &Path) -> Option<Error> {
    let gone = |folder: &&Path| !folder.as_os_str().is_empty() && matches!(folder.try_exists(), Ok(false));
    let path = folder.ancestors().take_while(gone).last()?.to_owned();
    Some(Error::Vanished { path })
}

/// Removes the file at `path`, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::write(path)(error)),
        _ => Ok(()),
    }
}

/// Removes what a killed writer left in `folder`, which has no other writer.
pub(super) fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    for path in unfinished_in(folder)? {
        remove(&path)?;
    }
    Ok(())
}

/// Removes what a killed writer left in `folder` long ago; what is younger may belong to
/// another writer that lives.
pub(super) fn remove_forgotten(folder: &Path) -> Result<(), Error> {
    for path in unfinished_in(folder)? {
        let age = fs::metadata(&path).and_then(|data| data.modified()).map(|time| time.elapsed());
        if matches!(age, Ok(Ok(age)) if age > FORGOTTEN) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn unfinished_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::read(folder))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(Error::read(folder)));
    paths
        .filter(|path| path.as_ref().map_or(true, |path| path.to_string_lossy().ends_with(UNFINISHED)))
        .collect()
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems cannot open a folder as a file and keep renames in order by themselves.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the other one")]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write(&path, b"whole").unwrap();
        let failed = write_with(&path, |out| {
            out.write_all(b"ha").map_err(Error::write(&path))?;
            Err(Error::Name { name: "stop".to_owned() })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("result.json");
        let error = write(&path, b"").unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write {}", path.display()));
    }

    #[test]
    fn leftovers_of_a_killed_writer_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".abc.unfinished"), b"ha").unwrap();
        fs::write(folder.path().join("epochs.csv"), b"whole").unwrap();
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(names(folder.path()), ["epochs.csv"]);
    }
}
