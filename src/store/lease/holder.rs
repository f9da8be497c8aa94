//! The process that holds a lease, as recorded in the lease file.

use std::fmt;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::store::io::{Io, Process};

/// The process that holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of its host.
    pub host: String,
    /// Process id there.
    pub pid: u32,
    /// Time at which it acquired the lease, by the clock of its host: RFC 3339, UTC.
    pub since: String,
    /// Unique token of the lease: 16 hex digits.
    pub(super) token: String,
    /// Start time of the process in the kernel's ticks; absent if the system hides it.
    started: Option<u64>,
    /// Boot and pid namespace in which `pid` names one process; absent if the system hides it.
    processes: Option<String>,
}

impl Holder {
    /// This process with a new token.
    pub(super) fn new(io: &dyn Io) -> Self {
        let Process { host, pid, started, namespace } = io.process();
        let now = Timestamp::try_from(io.now()).unwrap_or_default();
        Self {
            host,
            pid,
            since: now.round(Unit::Second).unwrap_or(now).to_string(),
            token: format!("{:016x}", io.random()),
            started,
            processes: namespace,
        }
    }

    /// The process.
    pub(super) fn process(&self) -> Process {
        Process {
            host: self.host.clone(),
            pid: self.pid,
            started: self.started,
            namespace: self.processes.clone(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {} on host {}, since {}", self.pid, self.host, self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lease_snapshot() {
        let holder = Holder {
            host: "node7".to_owned(),
            pid: 4711,
            since: "2013-01-16T12:00:00Z".to_owned(),
            token: "00112233445566ff".to_owned(),
            started: Some(450_309),
            processes: None,
        };
        insta::assert_snapshot!(serde_json::to_string_pretty(&holder).unwrap(), @r#"
        {
          "host": "node7",
          "pid": 4711,
          "since": "2013-01-16T12:00:00Z",
          "token": "00112233445566ff",
          "started": 450309,
          "processes": null
        }
        "#);
        assert_eq!(holder.to_string(), "process 4711 on host node7, since 2013-01-16T12:00:00Z");
    }
}
