//! What a task of a worker asks of its driver, and what the driver answers.

use super::Payload;
use crate::machine::arbiter::Level;
use crate::machine::sickness::Sickness;
use crate::time::{Span, Timestamp};

/// A task of a worker: what runs by itself and waits by itself. 0 is the main one: the process (sync), its main thread (gthread), its loop
/// (gevent, asgi). gthread's pool threads are 1 and up; a loop's accepting side is 1, and each connection has one from 2 on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TaskId(pub u32);

impl TaskId {
    /// The main one.
    pub const MAIN: TaskId = TaskId(0);
}

/// A connection, as the driver numbers those that it accepts for a worker.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConnId(pub u32);

/// What a slot is doing, or the process if it has several slots; for reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Forked, not yet in its loop.
    Booting,
    /// Waiting for a connection; a process of several slots: serving.
    Idle,
    /// Waiting for the request's head, or reading it.
    Reading,
    /// The head is read, the body is not.
    Body,
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
    /// Whose state it is; `None` is the process of a class with several slots.
    pub slot: Option<u32>,
    /// The request being served; known from `Body` or `App` on.
    pub request_id: Option<u64>,
    /// When the connection left the accept queue, if that was before the slot took it up.
    pub accepted_at: Option<Timestamp>,
    /// Body bytes that the kernel has accepted so far.
    pub sent_bytes: u64,
    /// Time inside `recv` so far.
    pub recv_blocked: Span,
    /// Time inside `send` so far.
    pub send_blocked: Span,
    /// Bytes of this response that the process keeps: the application's object and the transport's copy (asgi, uvicorn).
    pub buffered_bytes: u64,
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

/// An action, and the connection that it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The connection that the task has in hand; none for what is about no connection.
    pub conn: Option<ConnId>,
    /// What to do.
    pub action: Action,
}

/// What the driver must do next; behind the arrow, the answers that make sense. `Interrupted` is an answer to everything that blocks.
///
/// A task that blocks holds up nobody else, with two exceptions: in a loop (gevent, asgi) `Burn`, `Block` and everything that does not
/// block hold up all tasks of the process; in threads `Burn` shares the interpreter's lock in slices and `BurnLocked` keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Let all tasks of the loop that can go on do so first. → `Done`
    Yield,
    /// Make so many calls that let go of the interpreter's lock and are back at once, `ioctl`s and their like: another thread may have it by then, if
    /// one waits for it. → `Done`
    Brief(u32),
    /// Touch the heartbeat file. → `Done`
    Beat,
    /// One accept on the non-blocking listener. → `Accepted`, `Empty`, `Failed`
    Accept,
    /// Wait until the listener is readable, without end. → `Done`
    AwaitAcceptable,
    /// Compare the parent's pid. → `Done`, `Orphaned`
    CheckParent,
    /// Wait until the listener is readable or a signal arrives. → `Done`
    Select {
        /// At most so long.
        timeout: Span,
    },
    /// Wait until the listener is readable, one of these connections is, the task is woken, or a signal arrives. → `Polled`
    Poll {
        /// At most so long.
        timeout: Span,
        /// Whether the listener counts.
        listener: bool,
        /// Connections without a task.
        conns: Vec<ConnId>,
    },
    /// Wait until the task is woken. → `Done`
    Park,
    /// Receive; blocks the task. → `Received`, `Eof`, `TimedOut`, `Failed`
    Recv {
        /// So many bytes at most.
        max: usize,
        /// Until then; `None` waits for ever.
        until: Option<Timestamp>,
    },
    /// Wait until there is something to receive (an end counts). → `Done`, `TimedOut`
    AwaitReadable {
        /// Until then.
        until: Timestamp,
    },
    /// Wait without CPU, as a query does through a driver that yields. → `Done`
    Wait(Span),
    /// Wait without CPU and without yielding, as a query does through a driver in C. → `Done`
    Block(Span),
    /// Use so much CPU, as a template does. → `Done`
    Burn(Span),
    /// The same in one call that never lets go of the interpreter's lock. → `Done`
    BurnLocked(Span),
    /// `sendall`. → `Sent`, `Failed`
    Send(Payload),
    /// Hand bytes to the transport: what the kernel does not take is kept and sent later. Never blocks. → `Written`, `Failed`
    Write(Payload),
    /// Send more of what the transport keeps, as soon as there is room. → `Written`, `Failed`
    Drain,
    /// One `send` that never blocks, its result ignored: error pages. → `Done`
    SendNow(Payload),
    /// `shutdown(SHUT_WR)`. → `Done`, `Failed`
    ShutdownWrite,
    /// Receive and discard until then. → `Received`, `Eof`, `TimedOut`, `Failed`
    LingerRecv {
        /// The end of the linger.
        until: Timestamp,
    },
    /// Close the connection; what the transport keeps is dropped. → `Done`
    Close,
    /// `listen` again, which changes the backlog for all that share the listener. → `Done`
    Listen {
        /// What is asked for.
        backlog: u32,
    },
    /// Close this process's copy of the listener. → `Done`
    CloseListener,
    /// Open so many descriptors and forget them. → `Done`
    Leak(u32),
    /// Be sick of this, for good where it is for good. → `Done`
    Suffer(Sickness),
    /// Sleep in a signal handler: not interruptible. → `Done`
    HandlerSleep(Span),
    /// Tell the state. → `Done`
    Report(Report),
    /// Write a log line. → `Done`
    Log(Level, String),
    /// Write an access log line. → `Done`
    Access(Box<Access>),
    /// The task is over; its number may be given to another. Repeated if resumed.
    Finished,
    /// End the process with this code, as `_exit` does. Repeated if resumed.
    Exit(i32),
}

impl Action {
    /// Whether a signal that is due unwinds this call before it begins.
    pub fn may_block(&self) -> bool {
        matches!(
            self,
            Action::Accept
                | Action::AwaitAcceptable
                | Action::Select { .. }
                | Action::Poll { .. }
                | Action::Recv { .. }
                | Action::AwaitReadable { .. }
                | Action::LingerRecv { .. }
                | Action::Wait(_)
                | Action::Block(_)
                | Action::Burn(_)
                | Action::Send(_)
        )
    }
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
    Accepted(ConnId),
    /// No connection is waiting (EAGAIN, ECONNABORTED).
    Empty,
    /// What [`Action::Poll`] found.
    Polled {
        /// The listener is readable.
        listener: bool,
        /// So are these connections.
        conns: Vec<ConnId>,
    },
    /// These bytes arrived.
    Received(&'a [u8]),
    /// The client has closed its side.
    Eof,
    /// The time that was given is over.
    TimedOut,
    /// The parent is another process than before.
    Orphaned,
    /// All of it is in the kernel.
    Sent,
    /// The transport keeps so many bytes now.
    Written {
        /// Bytes.
        left: u64,
    },
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
