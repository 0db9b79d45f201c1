//! What an exchange asks of its driver, and what it is told.

use super::log::{LogLine, OsError};
use crate::machine::peers::Life;
use crate::machine::pipe::{BodyBytes, RequestBody, Spill};
use crate::time::{Span, Timestamp};

/// The next thing to do. Every step but `Continue`, `Wait`, `Log`, `Note`, `CloseUpstream` and `Finish` is answered by an `on_…` call before
/// `next` is asked again.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// Write `100 Continue` to the client, in one call whose result does not matter.
    Continue,
    /// Read the request's body from the client: answer `on_body_read`.
    ReadBody {
        /// At most so many bytes.
        max: u64,
    },
    /// Move bytes of the request's body to its temp file: answer `on_body_spilled`.
    SpillBody(Spill),
    /// Make the request for the upstream: answer `on_request_created`.
    CreateRequest {
        /// Bytes of its body, which are announced; `None` if it has none.
        body: Option<u64>,
    },
    /// Choose a peer: answer `on_choice`, and for a fresh connection start to connect and answer `on_connected`, `on_connect_pending`,
    /// `on_connect_failed` or, where the event loop has no slot for it, `on_no_slot`. The request is then sent from its beginning, and what was read of a response is forgotten.
    Connect,
    /// Write pieces of the request upstream, from the front of `request_outgoing()` or if there is none of the request's head: answer
    /// `on_upstream_written` or `on_upstream_write_failed`.
    WriteUpstream {
        /// Bytes that wait for it.
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
        /// So many bytes of memory behind it may be written in the same call: nginx would in its next one.
        ahead: u64,
    },
    /// Move bytes to the temp file: answer `on_spilled`.
    Spill(Spill),
    /// Make an error page (head and body) for this status: answer `on_error_page`.
    ErrorPage {
        /// 502, 504 and so on.
        status: u16,
        /// Whether the connection may live on after it, as its head says.
        keep_alive: bool,
    },
    /// Let go of the connection to the upstream.
    CloseUpstream(Release),
    /// Write a line to the error log.
    Log(LogLine),
    /// Something worth an event happened.
    Note(Note),
    /// Sleep until one of these, then call the `on_…` that fits.
    Wait(Wait),
    /// It is over. Boxed, because every step would be as large as the report of the last one.
    Finish(Box<Finished>),
}

/// What becomes of the connection to a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Release {
    /// The peer, from 0.
    pub peer: u32,
    /// Whether it has failed the request.
    pub failed: bool,
    /// Its life, if it is to be kept, should there be room; otherwise it is closed.
    pub keep: Option<Life>,
}

/// An attempt that came to nothing and was followed by another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The peer that was asked, from 0.
    pub peer: Option<u32>,
    /// Whether over a connection that was kept.
    pub reused: bool,
    /// When the connection was there.
    pub connected_at: Option<Timestamp>,
    /// When it was given up.
    pub released_at: Timestamp,
    /// What the client would have got: 502, 504, or the peer's own status.
    pub status: u16,
    /// Why it ended.
    pub ending: Ending,
}

/// Said once per exchange each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// The temp file of the request's body is about to be written for the first time.
    BodySpillStarted,
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
    /// The client has sent something, or closed: `on_client_readable`.
    pub client_read: bool,
    /// The client's socket accepts bytes again: `on_client_writable`.
    pub client_write: bool,
    /// The client closed or half-closed (EPOLLRDHUP): `on_client_closed`.
    pub client_closed: bool,
    /// The earliest timer: `on_timer`. I/O goes first if both are due.
    pub deadline: Option<Timestamp>,
}

/// A complete request head, and what is known with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestHeadInfo {
    /// Bytes of the client's head.
    pub len: u64,
    /// How the body is delimited.
    pub body: RequestBody,
    /// What of it came together with the head.
    pub preread: BodyBytes,
    /// That is no chunked body.
    pub malformed: bool,
    /// Whether the client waits for `100 Continue` (HTTP/1.1 only).
    pub expects_continue: bool,
    /// Whether the client would send another request on the connection.
    pub keep_alive: bool,
    /// Whether it may be repeated after it was sent (not POST, PATCH or LOCK).
    pub idempotent: bool,
}

/// A request that the proxy answers itself, with an error page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declined {
    /// The page's status.
    pub status: u16,
    /// Whether the client would send another request on the connection.
    pub keep_alive: bool,
    /// Whether there is more of the request than was looked at.
    pub unread: bool,
    /// Bytes that came behind the request: of the next one.
    pub beyond: u64,
}

/// What came of reading the request's body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyRead {
    /// Bytes; `filled` if as many as were asked for, so that there may be more.
    Bytes {
        /// How many, and what they are.
        bytes: BodyBytes,
        /// Whether the socket may have more.
        filled: bool,
    },
    /// They are no chunked body.
    Malformed,
    /// Nothing there.
    WouldBlock,
    /// The client closed.
    Closed,
    /// The connection broke.
    Failed(OsError),
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
    /// Whether the upstream will keep the connection.
    pub upstream_keep_alive: bool,
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
    /// `client_header_timeout`.
    HeaderTimeout,
    /// `client_body_timeout`.
    BodyTimeout,
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
    /// `worker_shutdown_timeout`: the event loop has quit, and waits no longer.
    ShutdownTimeout,
    /// The upstream closed or reset too early.
    UpstreamClosed,
    /// The upstream's head was too big or no HTTP.
    InvalidHead,
    /// Of an attempt only: the upstream answered with a status after which another peer is asked.
    UpstreamStatus,
    /// The driver stopped it.
    Stopped,
}

/// The result of an exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    /// The status in the access log.
    pub status: u16,
    /// Why it ended.
    pub ending: Ending,
    /// Whether the client's connection can take another request.
    pub keep_alive: bool,
    /// Whether to close with a reset (`reset_timedout_connection`).
    pub reset: bool,
    /// Bytes of the request's body that the client sent.
    pub request_body: u64,
    /// Of these, bytes that went through a temp file.
    pub request_spilled: u64,
    /// The request's body did not come to its end: more of it may be on the way.
    pub unread: bool,
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
    /// The peer that was asked last; `None` if none was alive, or asked.
    pub peer: Option<u32>,
    /// Whether over a connection that was kept.
    pub reused: bool,
    /// The attempts before.
    pub earlier: Vec<Attempt>,
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

impl Finished {
    /// Of a request that was never answered: its client was too slow with it, or left.
    pub(in crate::machine) fn unanswered(status: u16, ending: Ending) -> Finished {
        Finished {
            status,
            ending,
            keep_alive: false,
            reset: false,
            request_body: 0,
            request_spilled: 0,
            unread: false,
            body_read: 0,
            body_sent: 0,
            bytes_sent: 0,
            spilled: 0,
            peak_buffered: 0,
            peer: None,
            reused: false,
            earlier: Vec::new(),
            longest_silence: None,
            upstream_connected_at: None,
            upstream_header_at: None,
            upstream_released_at: None,
            upstream_response_time: None,
        }
    }
}
