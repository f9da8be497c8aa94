//! Signals. The first SIGINT or SIGTERM stops the sweep at a safe point, the second at once. SIGHUP, sent when a
//! terminal closes, stops the sweep at a safe point.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The last signal that was received.
pub struct Signals {
    received: Arc<AtomicUsize>,
}

impl Signals {
    /// Sets `stop` on SIGHUP, SIGINT or SIGTERM; exits on a later SIGINT or SIGTERM.
    pub fn listen(stop: &Arc<AtomicBool>) -> io::Result<Self> {
        let received = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))?;
        }
        // SIGHUP never exits at once: the kernel and the shell may both send one for one closed terminal.
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup()) {
            flag::register_usize(signal, Arc::clone(&received), signal.unsigned_abs() as usize)?;
            flag::register(signal, Arc::clone(stop))?;
        }
        Ok(Self { received })
    }

    /// The exit code of a program that a signal ended: 128 + signal.
    pub fn exit_code(&self) -> Option<u8> {
        match self.received.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(128 + signal as u8),
        }
    }
}

/// Makes a write beyond the file size limit return an error instead of killing the program.
pub fn fail_oversized_writes() -> io::Result<()> {
    #[cfg(unix)]
    flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    Ok(())
}

/// SIGHUP, unless it is ignored, as `nohup` does.
#[cfg(target_os = "linux")]
fn hangup() -> Option<i32> {
    use signal_hook::consts::SIGHUP;

    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let ignored = u64::from_str_radix(ignored.trim(), 16).ok()?;
    (ignored & (1 << (SIGHUP - 1)) == 0).then_some(SIGHUP)
}

/// Treats SIGHUP as ignored if its disposition is unknown.
#[cfg(not(target_os = "linux"))]
fn hangup() -> Option<i32> {
    None
}
