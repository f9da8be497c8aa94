//! A JSON file: as the result of a trial, and as the claim of one.

use std::path::{Component, Path};
use std::sync::OnceLock;

use drsae::store::Claims;

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
    tiny.put("trials/trial-0/claim.json", input);
    // Whether it is ours or another's, it is decided, and what is ours is released.
    drop(claims().claim(&tiny.trial()).expect("the disk works"));
    sealed.is_ok()
}

fn is_plain(name: &str) -> bool {
    Path::new(name).components().eq([Component::Normal(name.as_ref())])
}

/// One for all inputs, since each has a thread.
fn claims() -> &'static Claims {
    static CLAIMS: OnceLock<Claims> = OnceLock::new();
    CLAIMS.get_or_init(|| Claims::start().expect("a thread"))
}
