//! What a connection asks of its driver, and what it is told.

use super::judge::Refusal;
use crate::machine::exchange::{self, Finished, LogLine, OsError, RequestHeadInfo, Wait};

/// The next thing to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Read a request's head: answer `on_received`, and keep the bytes.
    Receive {
        /// At most so many bytes.
        max: u64,
    },
    /// Judge what was kept, as [`super::judge`] does: answer `on_judged`.
    Judge,
    /// Say whether the client's address has room for another request, which counts from now on if so: answer `on_admitted`.
    Admit,
    /// A step of the exchange, neither `Wait` nor `Finish`; to be answered to [`super::Downstream::exchange`].
    Exchange(exchange::Step),
    /// Say whether the client has sent anything that was not read yet, or closed: answer `on_peeked`.
    Peek,
    /// `shutdown(SHUT_WR)`.
    ShutdownWrite,
    /// Read more of the chunked body of a request that was refused, as an exchange reads one, and throw it away: answer `on_body_discarded`.
    DiscardBody {
        /// At most so many bytes.
        max: u64,
    },
    /// Read and throw away: answer `on_received`.
    Discard {
        /// At most so many bytes.
        max: u64,
    },
    /// Write a line to the error log.
    Log(LogLine),
    /// A request is over: the access log's line, and its report.
    Finish(Box<Finished>),
    /// Sleep until one of these, then call the `on_…` that fits.
    Wait(Wait),
    /// Close the connection: the last step.
    Close {
        /// With a reset.
        reset: bool,
    },
}

/// What came of `Receive` or `Discard`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// Bytes.
    Bytes {
        /// How many.
        n: u64,
        /// Whether as many as were asked for, so that there may be more.
        filled: bool,
    },
    /// Nothing there.
    WouldBlock,
    /// The client closed.
    Closed,
    /// The connection broke.
    Failed(OsError),
}

/// What the bytes of a head amount to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judged {
    /// No whole head.
    More {
        /// Whether the request line is whole.
        line: bool,
    },
    /// A head.
    Head(RequestHeadInfo),
    /// Nothing that is served.
    Refused(Refusal),
}
