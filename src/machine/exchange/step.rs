//! What an exchange asks of its driver, and what it is told.

use super::log::{LogLine, OsError};
use crate::machine::pipe::Spill;
use crate::time::{Span, Timestamp};

/// The next thing to do. Every step but `Wait`, `Log`, `Note`, `CloseUpstream` and `Finish` is answered by an `on_…` call before
/// `next` is asked again.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Start to connect: answer `on_connected`, `on_connect_pending` or `on_connect_failed`.
    Connect,
    /// Write request bytes upstream: answer `on_upstream_written` or `on_upstream_write_failed`.
    WriteUpstream {
        /// Bytes of the request that are left.
        max: u64,
    },
    /// Read from upstream: answer `on_upstream_read`, or `on_head` once the head is complete.
    ReadUpstream {
        /// At most so many bytes.
        max: u64,
    },
    /// Write pieces of `outgoing()` to the client, from its front: answer `on_client_written` or `on_client_write_failed`.
    WriteDownstream {
        /// All that is queued.
        max: u64,
    },
    /// Move bytes to the temp file: answer `on_spilled`.
    Spill(Spill),
    /// Make an error page (head and body) for this status: answer `on_error_page`.
    ErrorPage {
        /// 502, 504 and so on.
        status: u16,
    },
    /// Close the connection to the upstream.
    CloseUpstream,
    /// Write a line to the error log.
    Log(LogLine),
    /// Something worth an event happened.
    Note(Note),
    /// Sleep until one of these, then call the `on_…` that fits.
    Wait(Wait),
    /// It is over.
    Finish(Finished),
}

/// Said once per exchange each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// The temp file is about to be written for the first time.
    SpillStarted,
    /// Upstream is readable and not read, for lack of buffer space.
    UpstreamBlocked,
}

/// Whether to watch the upstream for data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadWait {
    /// No.
    No,
    /// Until it is readable.
    Readable,
    /// It is already readable and waits; wake up only if *more* arrives, as an edge-triggered epoll does.
    MoreArrives,
}

/// What to sleep on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wait {
    /// Upstream data or end: `on_upstream_readable`.
    pub upstream_read: ReadWait,
    /// The upstream accepts bytes again, or a pending connect ended: `on_upstream_writable`, or the connect's result.
    pub upstream_write: bool,
    /// The client's socket accepts bytes again: `on_client_writable`.
    pub client_write: bool,
    /// The client closed or half-closed (EPOLLRDHUP): `on_client_closed`.
    pub client_closed: bool,
    /// The earliest timer: `on_timer`. I/O goes first if both are due.
    pub deadline: Option<Timestamp>,
}

/// What came of reading from upstream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadResult {
    /// Bytes. In the header phase raw bytes, afterwards body bytes without chunked framing.
    Bytes {
        /// How many.
        n: u64,
        /// Whether the read filled all the space it was offered; if not, the socket is drained.
        filled: bool,
        /// Whether the chunked framing says that the body ended.
        last: bool,
    },
    /// Nothing there.
    WouldBlock,
    /// The upstream closed.
    Closed,
    /// The connection broke.
    Failed(OsError),
}

/// A complete response head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResponseHeadInfo {
    /// Status, passed on to the client.
    pub status: u16,
    /// Bytes of the upstream's head.
    pub upstream_head: u64,
    /// Body bytes already read (without chunked framing).
    pub preread: u64,
    /// Body bytes to come in all, if known; 0 for none.
    pub length: Option<u64>,
    /// Whether the upstream's body is chunked, and if so whether it is already over.
    pub upstream_chunked: Option<bool>,
    /// Bytes of the head that the client will get.
    pub downstream_head: u64,
    /// Whether the client gets chunks.
    pub downstream_chunked: bool,
    /// Whether the client's connection may be kept if all goes well.
    pub keep_alive: bool,
    /// `X-Accel-Buffering`, by which the application overrules `proxy_buffering`; the field itself is not passed on.
    pub accel_buffering: Option<bool>,
}

/// Why an exchange ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The whole response is in the client's socket.
    Completed,
    /// The client closed, half-closed or reset.
    ClientClosed,
    /// The proxy refused the request itself (4xx).
    Refused,
    /// The connection to the upstream failed.
    ConnectFailed,
    /// `proxy_connect_timeout`.
    ConnectTimeout,
    /// `proxy_send_timeout`.
    SendRequestTimeout,
    /// `proxy_read_timeout`.
    ReadTimeout,
    /// `send_timeout`.
    SendTimeout,
    /// The upstream closed or reset too early.
    UpstreamClosed,
    /// The upstream's head was too big or no HTTP.
    InvalidHead,
    /// The driver stopped it.
    Stopped,
}

/// The result of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finished {
    /// The status in the access log.
    pub status: u16,
    /// Why it ended.
    pub ending: Ending,
    /// Whether the client's connection can take another request.
    pub keep_alive: bool,
    /// Whether to close with a reset (`reset_timedout_connection`).
    pub reset: bool,
    /// Body bytes read from upstream and kept.
    pub body_read: u64,
    /// Body bytes handed to the client's socket.
    pub body_sent: u64,
    /// All bytes handed to the client's socket.
    pub bytes_sent: u64,
    /// Bytes that went through the temp file.
    pub spilled: u64,
    /// Most body bytes held at once, in memory and file.
    pub peak_buffered: u64,
    /// The longest time between two reads of the response (its end counts as one); `None` if there were not two.
    pub longest_silence: Option<Span>,
    /// When the connection to the upstream was established.
    pub upstream_connected_at: Option<Timestamp>,
    /// When its head was complete.
    pub upstream_header_at: Option<Timestamp>,
    /// When it was closed.
    pub upstream_released_at: Option<Timestamp>,
    /// `$upstream_response_time`; `None` if no upstream was contacted.
    pub upstream_response_time: Option<Span>,
}
