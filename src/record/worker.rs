//! What a worker is doing: reports on the way up, intervals in `workers.csv`.

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp, as_us, as_us_opt};

/// What a worker is doing. `Send` is the state that slow clients turn into a hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// Forked, not yet in its loop.
    Booting,
    /// Waiting for a connection.
    Idle,
    /// Accepted a connection, reading the request.
    Reading,
    /// Running the handler.
    App,
    /// Handing the response to the kernel; blocked whenever its buffers are full.
    Send,
    /// gunicorn's lingering close (26.0 and later): up to 2 s for the peer to close.
    Linger,
    /// Gone.
    Dead,
}

/// A worker's change of state, sent up the report pipe by the worker (or by the master, for `Dead`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkerReport {
    /// gunicorn's `age`: 1 for the first worker ever spawned.
    pub worker: u32,
    /// Process id.
    pub pid: u32,
    /// When the state was entered.
    pub at: Timestamp,
    /// The state entered.
    pub state: WorkerState,
    /// The request being served; known from `App` on.
    pub request_id: Option<u64>,
    /// Body bytes that the kernel has accepted for this request so far.
    pub sent_bytes: u64,
    /// Time spent inside `send` for this request so far.
    pub send_blocked: Span,
}

/// A stretch of one state of one worker: one row of `workers.csv`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkerInterval {
    /// gunicorn's `age`.
    pub worker: u32,
    /// Process id.
    pub pid: u32,
    /// The state.
    pub state: WorkerState,
    /// When it was entered.
    #[serde(rename = "from_us", with = "as_us")]
    pub from: Timestamp,
    /// When it was left; empty if the run ended first.
    #[serde(rename = "to_us", with = "as_us_opt")]
    pub to: Option<Timestamp>,
    /// The request being served.
    pub request_id: Option<u64>,
    /// Its client's group.
    pub group: Option<String>,
}
