//! What the worker asks of its driver, and what the driver answers.

use super::Payload;
use crate::machine::arbiter::Level;
use crate::time::{Span, Timestamp};

/// What the worker is doing, for reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Forked, not yet in its loop.
    Booting,
    /// Waiting for a connection: the only state that beats.
    Idle,
    /// Reading the request, its body included.
    Reading,
    /// In the handler.
    App,
    /// Handing the response to the kernel.
    Send,
    /// In the lingering close.
    Linger,
}

/// A change of state, or progress within `Send`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The state entered.
    pub state: State,
    /// The request being served; known from `App` on.
    pub request_id: Option<u64>,
    /// Body bytes that the kernel has accepted so far.
    pub sent_bytes: u64,
    /// Time inside `send` so far.
    pub send_blocked: Span,
}

/// One line of the access log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// `%(r)s`
    pub request_line: String,
    /// `%(s)s`
    pub status: u16,
    /// `%(b)s`: counted before each `sendall`, so it may be more than was sent.
    pub bytes: u64,
    /// `%(L)s`: from the parsed head to the last `sendall`, the linger left out.
    pub elapsed: Span,
    /// `%(f)s`
    pub referer: Option<String>,
    /// `%(a)s`
    pub agent: Option<String>,
}

/// What the driver must do next; behind the arrow, the answers that make sense. `Interrupted` is an answer to everything that blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Touch the heartbeat file. → `Done`
    Beat,
    /// One accept on the non-blocking listener. → `Accepted`, `Empty`, `Failed`
    Accept,
    /// Compare the parent's pid. → `Done`, `Orphaned`
    CheckParent,
    /// Wait until the listener is readable or a signal arrives. → `Done`
    Select {
        /// At most so long.
        timeout: Span,
    },
    /// Blocking receive. → `Received`, `Eof`, `Failed`
    Recv {
        /// So many bytes at most.
        max: usize,
    },
    /// Wait without CPU, as a query does. → `Done`
    Wait(Span),
    /// Use so much CPU, as a template does. → `Done`
    Burn(Span),
    /// `sendall` on the blocking socket. → `Sent`, `Failed`
    Send(Payload),
    /// One `send` that never blocks, its result ignored: error pages. → `Done`
    SendNow(Payload),
    /// `shutdown(SHUT_WR)`. → `Done`, `Failed`
    ShutdownWrite,
    /// Receive and discard until then. → `Received`, `Eof`, `TimedOut`, `Failed`
    LingerRecv {
        /// The end of the linger.
        until: Timestamp,
    },
    /// Close the connection. → `Done`
    Close,
    /// Sleep in a signal handler: not interruptible. → `Done`
    HandlerSleep(Span),
    /// Tell the state. → `Done`
    Report(Report),
    /// Write a log line. → `Done`
    Log(Level, String),
    /// Write an access log line. → `Done`
    Access(Box<Access>),
    /// End the process with this code. Repeated if resumed.
    Exit(i32),
}

/// A signal that unwinds what the worker is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interrupt {
    /// SIGABRT: the arbiter's `timeout`.
    Abort,
    /// SIGQUIT or SIGINT.
    Quit,
}

/// Why a socket call failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// EPIPE, ECONNRESET or ENOTCONN: the client is gone.
    Gone,
    /// Anything else, in the system's words.
    Other(String),
}

/// What came of an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<'a> {
    /// It is done.
    Done,
    /// A connection was taken.
    Accepted,
    /// No connection is waiting (EAGAIN, ECONNABORTED).
    Empty,
    /// These bytes arrived.
    Received(&'a [u8]),
    /// The client has closed its side.
    Eof,
    /// The linger's time is over.
    TimedOut,
    /// The parent is another process than before.
    Orphaned,
    /// All of it is in the kernel.
    Sent,
    /// The call failed.
    Failed {
        /// How.
        failure: Failure,
        /// Bytes that the kernel had accepted (sends only).
        sent: u64,
    },
    /// A signal unwound the call.
    Interrupted {
        /// Which.
        by: Interrupt,
        /// Bytes that the kernel had accepted (sends only).
        sent: u64,
    },
}
