//! `SHA256SUMS`: checksums of the merged tables, of their plan and of the tests under conditions, in the format of `sha256sum`.
//!
//! A merge writes the checksums to [`NEW_SUMS`] before it renames the first table into place, and renames that file to
//! `SHA256SUMS` after the last. A table whose checksum is in neither file was changed by another program.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::Table;
use crate::hash::{hex, sha256};
use crate::store::{Error, Store, atomic, file};

/// Name of the file.
pub const SUMS: &str = "SHA256SUMS";

/// Name of the list of a merge in progress.
pub const NEW_SUMS: &str = "SHA256SUMS.new";

/// Checksums by name of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums(BTreeMap<String, String>);

impl Sums {
    /// Adds the checksum of a file.
    pub fn insert(&mut self, name: &str, content: &[u8]) {
        self.0.insert(name.to_owned(), sha256(content));
    }

    /// The checksum of a file, if it is listed.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text of the file, sorted by name.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().flat_map(|(name, checksum)| [checksum, "  ", name, "\n"]).collect()
    }

    /// Parses the output of [`text`](Self::text), and rejects any other text.
    fn read(text: &str) -> Option<Self> {
        let entry = |line: &str| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned()));
        let sums = Self(text.lines().map(entry).collect::<Option<_>>()?);
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_sum = |sum: &String| sum.len() == 64 && sum.bytes().all(is_digit);
        (sums.text() == text && sums.0.values().all(is_sum)).then_some(sums)
    }
}

impl Store {
    /// Path of the checksums.
    #[must_use]
    pub fn sums_file(&self) -> PathBuf {
        self.root.join(SUMS)
    }

    /// The checksums that the last merge wrote; `None` if there are none.
    ///
    /// # Errors
    /// The file is malformed, or I/O fails.
    pub fn sums(&self) -> Result<Option<Sums>, Error> {
        self.read_sums(SUMS)
    }

    /// Returns true if a merge has announced its checksums and did not end: tables may be older than `trials.csv`.
    ///
    /// # Errors
    /// The announcement is malformed, or I/O fails.
    pub fn has_unfinished_merge(&self) -> Result<bool, Error> {
        Ok(self.announced_sums()?.is_some())
    }

    /// The checksums that an unfinished merge has announced.
    pub(super) fn announced_sums(&self) -> Result<Option<Sums>, Error> {
        self.read_sums(NEW_SUMS)
    }

    fn read_sums(&self, name: &str) -> Result<Option<Sums>, Error> {
        let path = self.root.join(name);
        let Some(text) = self.read(&path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&text);
        let reason = "it is not a list of checksums, sorted by name; restore it".to_owned();
        Sums::read(&text).map(Some).ok_or(Error::Malformed { path, reason })
    }

    /// Announces the checksums of tables that are about to be renamed into place, and that of their plan.
    pub(super) fn announce_sums(&self, tables: [(Table, String); 4]) -> Result<Sums, Error> {
        let mut sums = Sums(tables.map(|(table, sum)| (table.file().to_owned(), sum)).into());
        for (name, path) in [("plan.csv", self.plan_csv()), (file::CONDITIONS, self.conditions_csv())] {
            if let Some(text) = self.read(&path)? {
                sums.insert(name, &text);
            }
        }
        atomic::write(self.io(), &self.root.join(NEW_SUMS), sums.text().as_bytes())?;
        Ok(sums)
    }

    /// Writes the checksums of tables that are in place, while the merge that announced them goes on.
    pub(super) fn list_sums(&self, sums: &Sums) -> Result<(), Error> {
        atomic::write(self.io(), &self.sums_file(), sums.text().as_bytes())
    }

    /// Writes the checksums of tables that are in place, and ends the merge.
    pub(super) fn write_sums(&self, sums: &Sums) -> Result<(), Error> {
        self.list_sums(sums)?;
        atomic::remove(self.io(), &self.root.join(NEW_SUMS))
    }
}

/// A writer that computes the checksum of its output.
pub(super) struct Summing<'o> {
    out: &'o mut dyn Write,
    sum: Sha256,
}

impl<'o> Summing<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out, sum: Sha256::new() }
    }

    pub(super) fn finish(self) -> String {
        hex(&self.sum.finalize())
    }
}

impl Write for Summing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_sha256sum_and_read_back() {
        let mut sums = Sums::default();
        sums.insert("b", b"abc");
        sums.insert("a", b"");
        // printf abc >b; : >a; sha256sum a b
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
                    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n";
        assert_eq!(sums.text(), text);
        assert_eq!(Sums::read(text), Some(sums));
        for damaged in [
            &text[1..].replace("  b", " b"),
            &text[..text.len() - 1],
            &text.replace("  a", "  c"),
            &text.replace("e3b0", "e3T0"),
            &text.replace("e3b0", "e30"),
        ] {
            assert_eq!(Sums::read(damaged), None, "{damaged}");
        }
    }
}
