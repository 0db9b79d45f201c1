//! One request through the proxy: nginx's upstream module as decisions.
//!
//! [`Exchange`] is told what happened (`on_…`) and asked what to do ([`Exchange::next`]), until it says [`Step::Finish`]. It owns every
//! timer, every status and every line of the error log; sockets, files and bytes belong to the driver, which may be the
//! proxy of a lab run or a simulation. What comes before it, the request's head, and what comes after it is the connection's business
//! ([`crate::machine::downstream`]).
//!
//! The life of one: read the request's body, connect, send the request, read the header, pump the body, flush what is left to the
//! client (`ngx_http_writer`), finish; bodies in either direction go through a [`crate::machine::pipe`]. Without
//! `proxy_request_buffering` the request's body is read and sent while everything else goes on. An attempt that fails before the head is
//! there may be followed by another one (`proxy_next_upstream`).

mod attempts;
mod client;
mod conduct;
mod delay;
mod events;
mod log;
mod request;
mod step;

#[cfg(test)]
mod attempt_tests;
#[cfg(test)]
mod tests;

pub use log::{FailedCall, Level, LogLine, OsError};
pub use request::CONTINUE;
pub use step::{
    Attempt, BodyRead, Declined, Ending, Finished, Note, ReadResult, ReadWait, Release,
    RequestHeadInfo, ResponseHeadInfo, Step, Wait,
};

use std::sync::Arc;

use smallvec::SmallVec;

use attempts::Attempts;
use client::ClientSide;

use super::http::Framing;
use super::pipe::{Ledger, Outgoing, Pipe};
use super::proxy_config::ProxyConfig;
use super::rate_limit::RateLimit;
use super::timers::Timer;
use crate::time::{Span, Timestamp};
use request::Request;

/// One request's life from a complete head to the last byte of the response in the client's socket.
#[derive(Debug)]
pub struct Exchange {
    config: Arc<ProxyConfig>,
    attempts: Attempts,
    phase: Phase,
    /// What is to be done first; rarely more than one.
    todo: SmallVec<[Step; 1]>,
    timers: Timers,
    request: Request,
    /// Length of the head of the upstream's request, for when it has to be sent again.
    request_head: u32,
    upstream: UpstreamSide,
    client: ClientSide,
    /// Whether a pump is under way; an event that nginx's handlers return from at once does not begin one.
    pumping: bool,
    action: &'static str,
    facts: Facts,
}

#[derive(Debug)]
enum Phase {
    /// The request's body is being read, and the upstream has to wait for the last byte of it.
    ReadBody,
    Create,
    Connect {
        begun: bool,
    },
    /// The request is being sent, or all of it is; of the response's head so many bytes have come.
    Header {
        len: u64,
    },
    Body(Pipe),
    Page {
        status: u16,
        keep_alive: bool,
    },
    Flush(Pipe),
    FlushPage(Outgoing),
    Over,
}

#[derive(Debug, Default)]
struct Timers {
    upstream_write: Timer,
    upstream_read: Timer,
    client_read: Timer,
    client_write: Timer,
}

#[derive(Debug, Default)]
struct UpstreamSide {
    open: bool,
    /// Its end was read: no more events come.
    ended: bool,
    readable: bool,
    writable: bool,
    /// `proxy_limit_rate`; boxed, because few have one.
    limit: Option<Box<RateLimit>>,
    /// nginx's `delayed`: it pauses for the limit's sake, and the read timer counts the pause.
    delayed: bool,
}

/// What will be in [`Finished`], gathered on the way.
#[derive(Debug)]
struct Facts {
    status: u16,
    ending: Ending,
    keep_alive: bool,
    reset: bool,
    started_at: Timestamp,
    connected_at: Option<Timestamp>,
    header_at: Option<Timestamp>,
    released_at: Option<Timestamp>,
    contacted: bool,
    last_read_at: Timestamp,
    /// The longest time between two reads of the response, its head included.
    longest_silence: Option<Span>,
    noted_spill: bool,
    noted_block: bool,
    peak: u64,
    ledger: Ledger,
    bytes_sent: u64,
    /// Whether `100 Continue` was sent, which is no answer.
    continued: bool,
    request_body: u64,
    request_spilled: u64,
    noted_body_spill: bool,
    /// The request's body did not come to its end.
    unread: bool,
    /// Whether the client would send another request.
    wants_keep_alive: bool,
    /// Bytes of the next request that were read with this one's body.
    beyond: u32,
}

/// How the client gets a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PassedOn {
    /// How it ends.
    pub framing: Framing,
    /// Whether the connection may be kept for that.
    pub may_keep: bool,
}

/// How a client that speaks HTTP/1.`version` gets the body of a response with this status (`ngx_http_chunked_header_filter`): a length is
/// passed on; without one HTTP/1.1 gets chunks and HTTP/1.0 the end of the connection. A body behind a status below 200 gets neither: it
/// is sent as it comes, and the connection goes on.
pub fn passed_on(upstream: Framing, status: u16, version: u8) -> PassedOn {
    let (framing, may_keep) = match upstream {
        Framing::None | Framing::Length(_) => (upstream, true),
        Framing::Chunked | Framing::UntilClose if status < 200 => (Framing::UntilClose, true),
        Framing::Chunked | Framing::UntilClose if version >= 1 => (Framing::Chunked, true),
        Framing::Chunked | Framing::UntilClose => (Framing::UntilClose, false),
    };
    PassedOn { framing, may_keep }
}
