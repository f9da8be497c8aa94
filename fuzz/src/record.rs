//! A JSON file: as the result of a trial, and as the lease of one.

use std::path::{Component, Path};
use std::sync::LazyLock;

use drsae::store::Leases;
use drsae::store::io::Disk;

use super::sweep::Tiny;

/// Reads the file in both ways.
pub fn run(input: &[u8]) -> bool {
    let tiny = Tiny::new();
    tiny.put("trials/trial-0/result.json", input);
    let sealed = tiny.trial().sealed();
    match &sealed {
        Ok(Some(sealed)) => assert!(sealed.files.keys().all(|name| is_plain(name)), "{:?}", sealed.files),
        Ok(None) => panic!("there is a result"),
        Err(error) => assert!(error.to_string().contains("result.json"), "{error}"),
    }
    tiny.put("running/trial-0/lease-1.json", input);
    // Acquiring the next lease must succeed or fail without an error; it is released at once.
    drop(tiny.store().acquire(&tiny.trial(), &LEASES).expect("the disk works"));
    sealed.is_ok()
}

fn is_plain(name: &str) -> bool {
    Path::new(name).components().eq([Component::Normal(name.as_ref())])
}

/// One for all inputs, since each has a thread.
static LEASES: LazyLock<Leases> = LazyLock::new(|| Leases::start(Disk::shared()).expect("a thread"));
