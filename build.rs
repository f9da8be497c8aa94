//! Tells the program which commit, and which compiler, it was built from.

use std::path::Path;
use std::process::Command;

/// For what cannot be known: no git, or no repository, as in a published package.
const UNKNOWN: &str = "unknown";

fn main() {
    let tracked = run("git", &["ls-files", "--error-unmatch", "Cargo.toml"]).is_some();
    let commit = run("git", &["rev-parse", "HEAD"]).filter(|_| tracked);
    // Without the lock, asking for the status would rewrite the index that is watched below.
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
    let dirty = run("git", &status).filter(|_| tracked).map(|changes| (!changes.is_empty()).to_string());
    let rustc = std::env::var("RUSTC").ok().and_then(|rustc| run(&rustc, &["--version"]));
    set("DRSAE_GIT_COMMIT", commit.as_deref());
    set("DRSAE_GIT_DIRTY", dirty.as_deref());
    set("DRSAE_RUSTC", rustc.as_deref());
    watch(tracked);
}

/// Paths that change with a commit, a staged change or an edited source, and so invalidate the recorded facts.
fn watch(tracked: bool) {
    for path in ["build.rs", "src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    // Asked of git, because in a worktree these do not lie in `.git`.
    for name in ["HEAD", "logs/HEAD", "index"].into_iter().filter(|_| tracked) {
        let path = run("git", &["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

fn set(name: &str, value: Option<&str>) {
    println!("cargo:rustc-env={name}={}", value.unwrap_or(UNKNOWN));
}

/// What a command prints; nothing where it fails or is not there.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
