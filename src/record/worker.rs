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
    /// The head is read, and the body that it announced still on its way; only where one is to come.
    Body,
    /// Running the handler.
    App,
    /// Handing the response to the kernel; blocked whenever its buffers are full.
    Send,
    /// gunicorn's lingering close (26.0 and later): up to 2 s for the peer to close.
    Linger,
    /// Gone.
    Dead,
}

impl WorkerState {
    /// Whether a slot in this state holds a connection.
    pub fn holds(self) -> bool {
        match self {
            WorkerState::Reading
            | WorkerState::Body
            | WorkerState::App
            | WorkerState::Send
            | WorkerState::Linger => true,
            WorkerState::Booting | WorkerState::Idle | WorkerState::Dead => false,
        }
    }
}

/// A change of state of a worker's slot, sent up the report pipe by the worker (or by the master, for `Dead`).
///
/// A slot is a place for one connection, numbered from 0: a sync worker has one, a thread pool one per thread, a hub as many as there are
/// connections (the lowest free number is taken).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkerReport {
    /// gunicorn's `age`: 1 for the first worker ever spawned.
    pub worker: u32,
    /// Process id.
    pub pid: u32,
    /// The slot; `None` is the process of a worker with several. `Dead` ends all slots, whichever it names.
    pub slot: Option<u32>,
    /// When the state was entered.
    pub at: Timestamp,
    /// The state entered.
    pub state: WorkerState,
    /// When the connection was taken from the accept queue, where that was earlier than the slot took it up.
    pub accepted_at: Option<Timestamp>,
    /// The request being served; known from `Body` or `App` on.
    pub request_id: Option<u64>,
    /// Body bytes that the kernel has accepted for this request so far.
    pub sent_bytes: u64,
    /// Time spent waiting in `recv` for this request so far.
    pub recv_blocked: Span,
    /// Time spent inside `send` for this request so far.
    pub send_blocked: Span,
    /// Bytes that the process holds for this connection beyond what the kernel took: a transport's buffer.
    pub buffered_bytes: u64,
}

impl WorkerReport {
    /// A slot that entered a state and has nothing else to tell.
    pub fn bare(
        worker: u32,
        pid: u32,
        slot: Option<u32>,
        at: Timestamp,
        state: WorkerState,
    ) -> Self {
        WorkerReport {
            worker,
            pid,
            slot,
            at,
            state,
            accepted_at: None,
            request_id: None,
            sent_bytes: 0,
            recv_blocked: Span::ZERO,
            send_blocked: Span::ZERO,
            buffered_bytes: 0,
        }
    }

    /// The end of a worker's process, and so of all its slots.
    pub fn gone(worker: u32, pid: u32, at: Timestamp) -> WorkerReport {
        WorkerReport::bare(worker, pid, None, at, WorkerState::Dead)
    }
}

/// A stretch of one state of one slot of a worker: one row of `workers.csv`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WorkerInterval {
    /// gunicorn's `age`.
    pub worker: u32,
    /// Process id.
    pub pid: u32,
    /// The slot, from 0; empty for the process of a worker with several.
    pub slot: Option<u32>,
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
    /// The largest sample of the process's resident memory in it, where the row is the process's or that of its only slot.
    pub rss_bytes: Option<u64>,
    /// The most bytes that the process held for the slot beyond what the kernel took; in the row of a process, for all its slots.
    pub buffered_bytes: Option<u64>,
}

impl WorkerInterval {
    /// Whether a slot held a connection in it; what the process of a worker with several slots does is no hold.
    pub fn is_hold(&self) -> bool {
        self.slot.is_some() && self.state.holds()
    }
}
