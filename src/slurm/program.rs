//! `slurm/bin/`: copies of the program that jobs run, named by their hash.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::hash::{sha256, sha256_of_reader};
use crate::store::Error;
use crate::store::atomic;
use crate::store::io::Io;

/// A program in `slurm/bin/`, identified by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// File name: `drsae-` and the first 12 hex digits of the SHA-256.
    pub name: String,
    /// SHA-256, 64 hex digits.
    pub sha256: String,
}

impl Program {
    /// The program with this content.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_digest(sha256(bytes))
    }

    fn of_digest(sha256: String) -> Self {
        Self { name: format!("drsae-{}", &sha256[..12]), sha256 }
    }

    /// The content of the running program, even if a build has replaced its file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn running() -> io::Result<Vec<u8>> {
        fs::read("/proc/self/exe").or_else(|_| fs::read(std::env::current_exe()?))
    }

    /// Writes a program into the folder `bin` and makes it executable. Replaces a file of its name with other content.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn store(io: &dyn Io, bin: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let program = Self::of(bytes);
        let path = bin.join(&program.name);
        if Self::read(&path)?.as_ref() != Some(&program) {
            atomic::create_folder(io, bin)?;
            atomic::write(io, &path, bytes)?;
        }
        make_executable(&path).map_err(Error::write(&path))?;
        Ok(program)
    }

    /// The program in a file, by its content; `None` if there is no regular file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let is_file = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            metadata => metadata.map_err(Error::read(path))?.is_file(),
        };
        if !is_file {
            return Ok(None);
        }
        let digest = File::open(path).and_then(sha256_of_reader).map_err(Error::read(path))?;
        Ok(Some(Self::of_digest(digest)))
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the other one")]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}
