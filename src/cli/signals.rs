//! SIGINT and SIGTERM: the first ends the sweep at a safe point, the second at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The signal that asked the program to end, once one has.
pub struct Signals {
    received: Arc<AtomicUsize>,
}

impl Signals {
    /// Sets `stop` when SIGINT or SIGTERM comes; when another comes after, exits.
    pub fn listen(stop: &Arc<AtomicBool>) -> io::Result<Self> {
        let received = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop))?;
            flag::register_usize(signal, Arc::clone(&received), signal.unsigned_abs() as usize)?;
            flag::register(signal, Arc::clone(stop))?;
        }
        Ok(Self { received })
    }

    /// The exit code that a shell expects of a program that the signal ended, 128 + signal.
    pub fn exit_code(&self) -> Option<u8> {
        match self.received.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(128 + signal as u8),
        }
    }
}
