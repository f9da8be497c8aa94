//! Signals. The first SIGINT or SIGTERM stops the sweep at a safe point, the second at once. SIGHUP, sent when a
//! terminal closes, stops the sweep at a safe point. One that comes between two stages of a command stops the second.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The last signal that the process has received since it first listened; 0 for none.
static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// The last signal that was received.
pub struct Signals {
    received: Arc<AtomicUsize>,
}

impl Signals {
    /// Sets `stop` on SIGHUP, SIGINT or SIGTERM, and at once if an earlier stage of the command has received one; exits on
    /// a later SIGINT or SIGTERM.
    pub fn listen(stop: &Arc<AtomicBool>) -> io::Result<Self> {
        let received = Arc::clone(RECEIVED.get_or_init(Arc::default));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))?;
        }
        // SIGHUP never exits at once: the kernel and the shell may both send one for one closed terminal.
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup()) {
            flag::register_usize(signal, Arc::clone(&received), signal.unsigned_abs() as usize)?;
            flag::register(signal, Arc::clone(stop))?;
        }
        let signals = Self { received };
        if signals.exit_code().is_some() {
            stop.store(true, Ordering::Relaxed);
        }
        Ok(signals)
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_signal_between_two_stages_stops_the_second() {
        let stages = [(); 2].map(|()| Arc::<AtomicBool>::default());
        assert_eq!(Signals::listen(&stages[0]).unwrap().exit_code(), None);
        signal_hook::low_level::raise(SIGTERM).unwrap();
        let signals = Signals::listen(&stages[1]).unwrap();
        assert!(stages[1].load(Ordering::Relaxed));
        assert_eq!(signals.exit_code(), Some(143));
    }
}
