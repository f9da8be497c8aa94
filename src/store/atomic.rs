//! Atomic writes of files.

use std::ffi::OsStr;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Error;
use super::io::{Disk, Io, Kind, NewFile, not_regular, uninterrupted};

/// A temporary file of this age belongs to no living writer.
const FORGOTTEN: Duration = Duration::from_hours(1);

/// Prefix and suffix of the names of temporary files, with 16 hex digits in between.
const PREFIX: &str = ".drsae-";
const SUFFIX: &str = ".unfinished";

/// Replaces the file at `path` by `contents`.
pub(crate) fn write(io: &dyn Io, path: &Path, contents: &[u8]) -> Result<(), Error> {
    write_with(io, path, |out| out.write_all(contents).map_err(Error::write(path)))
}

/// Replaces the file at `path` by what `fill` writes; if `fill` fails, the old file stays.
pub(super) fn write_with(
    io: &dyn Io,
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let unfinished = Unfinished::create(io, path, fill)?;
    // The content is synced before the rename: a power cut must not leave a truncated file under the name.
    unfinished.sync()?.persist()?;
    sync_folder(io, folder_of(path))
}

/// As [`write`], but without a sync: after a power cut the file may be torn.
pub(super) fn write_unsynced(io: &dyn Io, path: &Path, contents: &[u8]) -> Result<(), Error> {
    Unfinished::create(io, path, |out| out.write_all(contents).map_err(Error::write(path)))?.persist()
}

/// As [`write`], but without a sync of the folder: the caller syncs it.
pub(super) fn write_contents_synced(io: &dyn Io, path: &Path, contents: &[u8]) -> Result<(), Error> {
    Unfinished::create(io, path, |out| out.write_all(contents).map_err(Error::write(path)))?.sync()?.persist()
}

/// Creates the file at `path` with `contents`, whole from the first moment on; `false` if there is one with
/// other contents.
pub(super) fn create_once(io: &dyn Io, path: &Path, contents: &[u8]) -> Result<bool, Error> {
    let fill = |out: &mut dyn Write| out.write_all(contents).map_err(Error::write(path));
    let unfinished = Unfinished::create(io, path, fill)?.sync()?;
    match uninterrupted(|| io.hard_link(&unfinished.temporary, path)) {
        Ok(()) => {}
        // A file server may have created the link and lost its answer, so the contents are compared.
        Err(_) if holds(io, path, contents) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) if has_no_links(&error) => return create_in_place(io, path, contents),
        Err(error) => return Err(Error::write(path)(error)),
    }
    drop(unfinished);
    sync_folder(io, folder_of(path))?;
    Ok(true)
}

/// [`create_once`] on a file system without hard links, where a kill may leave a truncated file.
fn create_in_place(io: &dyn Io, path: &Path, contents: &[u8]) -> Result<bool, Error> {
    let mut file = match uninterrupted(|| io.create_new(path)) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        created => created.map_err(Error::write(path))?,
    };
    if let Err(error) = file.write_all(contents).and_then(|()| uninterrupted(|| file.sync())) {
        drop(file);
        remove(io, path)?;
        return Err(Error::write(path)(error));
    }
    Ok(true)
}

fn has_no_links(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported | ErrorKind::TooManyLinks)
}

fn holds(io: &dyn Io, path: &Path, contents: &[u8]) -> bool {
    uninterrupted(|| io.read(path, contents.len() as u64)).is_ok_and(|there| there == contents)
}

/// Writes a file anywhere, and creates the folders above it, without a sync.
///
/// # Errors
/// I/O fails.
pub fn place(path: &Path, contents: &[u8]) -> Result<(), Error> {
    create_folder(&Disk, folder_of(path))?;
    write_unsynced(&Disk, path, contents)
}

/// A temporary file in the folder of its target; removed when dropped before it is renamed.
struct Unfinished<'a> {
    io: &'a dyn Io,
    temporary: PathBuf,
    path: &'a Path,
    file: Box<dyn NewFile>,
    persisted: bool,
}

impl<'a> Unfinished<'a> {
    /// The file for `path` with what `fill` writes.
    fn create(
        io: &'a dyn Io,
        path: &'a Path,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let (temporary, file) = create_temporary(io, folder_of(path)).map_err(Error::write(path))?;
        let mut unfinished = Self { io, temporary, path, file, persisted: false };
        let mut out = BufWriter::new(&mut unfinished.file);
        fill(&mut out)?;
        out.flush().map_err(Error::write(path))?;
        drop(out);
        Ok(unfinished)
    }

    /// Syncs the content to disk.
    fn sync(mut self) -> Result<Self, Error> {
        uninterrupted(|| self.file.sync()).map_err(Error::write(self.path))?;
        Ok(self)
    }

    /// Renames the file to its target.
    fn persist(mut self) -> Result<(), Error> {
        uninterrupted(|| self.io.rename(&self.temporary, self.path)).map_err(Error::write(self.path))?;
        self.persisted = true;
        Ok(())
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.persisted {
            // A file that cannot be removed now is removed when it is old, or with its folder.
            let _ = self.io.remove_file(&self.temporary);
        }
    }
}

/// A new file with a name that no other process uses.
fn create_temporary(io: &dyn Io, folder: &Path) -> io::Result<(PathBuf, Box<dyn NewFile>)> {
    let path = folder.join(format!("{PREFIX}{:016x}{SUFFIX}", io.random()));
    let file = uninterrupted(|| io.create_new(&path))?;
    Ok((path, file))
}

/// Returns true if the name is that of a temporary file of this program.
pub fn is_unfinished(name: &OsStr) -> bool {
    let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    digits.is_some_and(is_token)
}

/// Returns true if the text is 16 hex digits, the form of the program's random numbers.
pub(super) fn is_token(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The time on the clock of the file system, which may be a server's: the clocks of the hosts that write there may
/// differ by any amount.
pub(super) fn clock(io: &dyn Io, folder: &Path) -> io::Result<SystemTime> {
    let (path, mut file) = create_temporary(io, folder)?;
    let time =
        file.write_all(b"\n").and_then(|()| uninterrupted(|| file.sync())).and_then(|()| file.modified());
    drop(file);
    let _ = io.remove_file(&path);
    time
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs the names in `folder` to disk.
pub(super) fn sync_folder(io: &dyn Io, folder: &Path) -> Result<(), Error> {
    uninterrupted(|| io.sync_folder(folder)).map_err(Error::write(folder))
}

/// Creates `folder` and those above it.
pub(crate) fn create_folder(io: &dyn Io, folder: &Path) -> Result<(), Error> {
    match create(io, folder) {
        Err(error) if error.kind() == ErrorKind::NotFound && folder_of(folder) != folder => {
            create_folder(io, folder_of(folder))?;
            create(io, folder).map_err(Error::write(folder))?;
        }
        created => created.map_err(Error::write(folder))?,
    }
    sync_folder(io, folder_of(folder))
}

/// Creates `folder` in an existing parent: a folder that the user removes during a sweep is not created again.
pub(crate) fn create_subfolder(io: &dyn Io, folder: &Path) -> Result<(), Error> {
    create(io, folder)
        .map_err(|error| vanished(io, folder_of(folder)).unwrap_or_else(|| Error::write(folder)(error)))
}

/// Creates a folder unless it exists.
fn create(io: &dyn Io, folder: &Path) -> io::Result<()> {
    match uninterrupted(|| io.create_folder(folder)) {
        // A symbolic link would lead to another folder.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let kind = uninterrupted(|| io.stat(folder))?.kind;
            if kind == Kind::Folder { Ok(()) } else { Err(not_regular()) }
        }
        created => created,
    }
}

/// The error for a `folder` that was removed, or whose parent was; `None` if it exists.
pub(super) fn vanished(io: &dyn Io, folder: &Path) -> Option<Error> {
    let is_gone = |folder: &&Path| !folder.as_os_str().is_empty() && !exists(io, folder);
    let path = folder.ancestors().take_while(is_gone).last()?.to_owned();
    Some(Error::Vanished { path })
}

/// Returns true if `path` exists, or if that cannot be determined.
pub(super) fn exists(io: &dyn Io, path: &Path) -> bool {
    uninterrupted(|| io.stat(path)).map_or_else(|error| error.kind() != ErrorKind::NotFound, |_| true)
}

/// The content of a file; `None` if there is none.
pub(crate) fn read(io: &dyn Io, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    match uninterrupted(|| io.read(path, limit)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::read(path)),
    }
}

/// The sorted names of the entries of one kind in `folder`; empty if there is no folder.
pub(crate) fn names(io: &dyn Io, folder: &Path, kind: Kind) -> Result<Vec<String>, Error> {
    let entries = match uninterrupted(|| io.list(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::read(folder))?,
    };
    let of_kind = entries.into_iter().filter(|entry| entry.kind == kind);
    let mut names: Vec<String> = of_kind.filter_map(|entry| entry.name.into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

/// Removes the file at `path`, if there is one.
pub(super) fn remove(io: &dyn Io, path: &Path) -> Result<(), Error> {
    match uninterrupted(|| io.remove_file(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::write(path)(error)),
        _ => Ok(()),
    }
}

/// Removes old temporary files of killed writers from `folder`. Ages are by the clock of the file system; a younger
/// file may belong to a living writer.
pub(super) fn remove_forgotten(io: &dyn Io, folder: &Path) -> Result<(), Error> {
    let files = names(io, folder, Kind::File)?;
    let paths: Vec<_> =
        files.iter().filter(|name| is_unfinished(OsStr::new(name))).map(|name| folder.join(name)).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let now = clock(io, folder).map_err(Error::write(folder))?;
    for path in paths {
        let modified = uninterrupted(|| io.stat(&path)).map(|facts| facts.modified);
        let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
        if age.is_some_and(|age| age > FORGOTTEN) {
            remove(io, &path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::io::simulated::World;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write(&Disk, &path, b"first").unwrap();
        write(&Disk, &path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write(&Disk, &path, b"whole").unwrap();
        let failed = write_with(&Disk, &path, |out| {
            out.write_all(b"ha").map_err(Error::write(&path))?;
            Err(Error::Name { name: "stop".to_owned() })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[test]
    fn a_file_is_created_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sweep.toml");
        assert!(create_once(&Disk, &path, b"first").unwrap());
        assert!(!create_once(&Disk, &path, b"second").unwrap());
        assert!(create_once(&Disk, &path, b"first").unwrap(), "the same contents count as created");
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["sweep.toml"]);
    }

    #[test]
    fn of_many_that_create_a_file_one_does() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = folder.path().join(format!("{round}"));
            let create =
                |contents: usize| create_once(&Disk, &path, contents.to_string().as_bytes()).unwrap();
            let created = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|at| scope.spawn(move || create(at))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).filter(|created| *created).count()
            });
            assert_eq!(created, 1);
        }
    }

    #[test]
    fn a_file_system_without_hard_links_will_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sweep.toml");
        assert!(create_in_place(&Disk, &path, b"first").unwrap());
        assert!(!create_in_place(&Disk, &path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("result.json");
        let error = write(&Disk, &path, b"").unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write {}", path.display()));
    }

    /// The names of the user's own files end so too.
    #[test]
    fn only_forgotten_files_of_the_program_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - FORGOTTEN - Duration::from_mins(1);
        let ours = ".drsae-0123456789abcdef.unfinished";
        let young = ".drsae-0123456789abcdee.unfinished";
        let others = ["thesis.unfinished", ".drsae-x.unfinished", ".drsae-0123456789abcdef.unfinished.md"];
        for name in others.into_iter().chain([ours, young]) {
            fs::write(folder.path().join(name), "text").unwrap();
            let time = if name == young { SystemTime::now() } else { old };
            Disk.touch(&folder.path().join(name), time).unwrap();
        }
        remove_forgotten(&Disk, folder.path()).unwrap();
        let mut left = others.to_vec();
        left.push(young);
        left.sort_unstable();
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn a_clock_that_is_ahead_removes_no_file_of_a_living_writer() {
        let (world, folder) = (World::new(0), Path::new("/results"));
        let writer = world.process(0, 0);
        create_folder(&writer, folder).unwrap();
        let (path, _file) = create_temporary(&writer, folder).unwrap();
        for skew in [7200, -7200, 86_400] {
            remove_forgotten(&world.process(1, skew), folder).unwrap();
            assert!(exists(&writer, &path), "{skew}");
        }
        world.advance(FORGOTTEN + Duration::from_mins(1));
        remove_forgotten(&world.process(1, 0), folder).unwrap();
        assert!(!exists(&writer, &path));
    }
}
