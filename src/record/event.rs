//! Things that happened: one row of `events.csv` each.

use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, as_us};

/// Who observed an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A client.
    Client,
    /// The proxy.
    Proxy,
    /// The backend's master.
    Master,
    /// A worker of the backend.
    Worker,
    /// The lab itself.
    Lab,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The stack is up; clients begin.
    ClientsStarted,
    /// Nothing new starts from here on.
    DrainStarted,
    /// Something of this machine kept clients from their requests (ports, descriptors, a full queue); the text says what, and
    /// how often.
    ClientProblem,
    /// The user or a signal cut the run short.
    Interrupted,
    /// An act of the scenario was performed; the text says which, and why not if it could not be.
    Act,
    /// The backend's master has ended before the run: by an act, or because its workers do not boot; the text is its exit code.
    MasterExited,
    /// A line of the proxy's error log.
    ProxyError,
    /// A timer fired; the text names the nginx directive, a colon, and the log line.
    TimerFired,
    /// A response began to spill into a temp file.
    SpillStarted,
    /// A temp file could not be opened or written, as with a full disk; the request was ended.
    TempFileFailed,
    /// The proxy stopped reading from upstream for lack of buffer space.
    UpstreamBlocked,
    /// A line of the master's log.
    MasterLog,
    /// A worker was forked.
    WorkerSpawned,
    /// The arbiter found a stale heartbeat and sent SIGABRT.
    WorkerTimeout,
    /// A worker ended; the text is its exit status.
    WorkerExited,
    /// A line of a worker's log.
    WorkerLog,
    /// Reports were lost because a queue was full; the text says how many and where.
    ReportsDropped,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// Who saw it.
    pub source: Source,
    /// What it was.
    pub kind: EventKind,
    /// The request concerned.
    pub request_id: Option<u64>,
    /// The worker concerned (its age).
    pub worker: Option<u32>,
    /// In words: the log line, the exit status.
    pub text: String,
}
