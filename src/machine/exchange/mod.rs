//! One request through the proxy: nginx's upstream module as decisions.
//!
//! [`Exchange`] is told what happened (`on_…`) and asked what to do ([`Exchange::next`]), until it says [`Step::Finish`]. It owns every
//! timer, every status and every line of the error log; sockets, files and bytes belong to the driver, which may be the
//! proxy of a lab run or a simulation. [`Intake`] is the part before it: reading the client's request.
//!
//! The life of one: connect, send request, read header, pump the body ([`crate::machine::pipe`]), flush what is left to the
//! client (`ngx_http_writer`), finish. An attempt that fails before the head is there may be followed by
//! another one (`proxy_next_upstream`). Request bodies are read in full before the upstream is contacted (`proxy_request_buffering on`).

mod attempts;
mod conduct;
mod delay;
mod events;
mod intake;
mod log;
mod step;

#[cfg(test)]
mod attempt_tests;
#[cfg(test)]
mod tests;

pub use intake::{Intake, IntakeWait, Refusal};
pub use log::{Level, LogLine, OsError};
pub use step::{
    Attempt, Ending, Finished, Note, Outbound, ReadResult, ReadWait, Release, ResponseHeadInfo,
    Step, Wait,
};

use std::collections::VecDeque;
use std::sync::Arc;

use attempts::Attempts;

use super::http::Framing;
use super::pipe::{Ledger, Outgoing, Pipe};
use super::proxy_config::ProxyConfig;
use super::rate_limit::RateLimit;
use super::timers::Timer;
use crate::time::{Span, Timestamp};

/// One request's life from a complete request to the last byte in the client's socket.
#[derive(Debug)]
pub struct Exchange {
    config: Arc<ProxyConfig>,
    /// Bytes of the request.
    request: u64,
    attempts: Attempts,
    phase: Phase,
    todo: VecDeque<Step>,
    timers: Timers,
    upstream: UpstreamSide,
    client: ClientSide,
    /// Whether a pump is under way; an event that nginx's handlers return from at once does not begin one.
    pumping: bool,
    action: &'static str,
    facts: Facts,
}

#[derive(Debug)]
enum Phase {
    Connect { begun: bool },
    SendRequest { left: u64 },
    ReadHeader { len: u64 },
    Body(Pipe),
    Page { status: u16 },
    Flush(Pipe),
    FlushPage(Outgoing),
    Over,
}

#[derive(Debug, Default)]
struct Timers {
    upstream_write: Timer,
    upstream_read: Timer,
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

#[derive(Debug)]
struct ClientSide {
    writable: bool,
    watch_close: bool,
    /// `limit_rate`.
    limit: Option<Box<RateLimit>>,
    /// It pauses for the limit's sake, and the write timer counts the pause.
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
}

/// How the client gets the body: a length is passed on; without one HTTP/1.1 gets chunks and HTTP/1.0 the end of the connection.
pub fn downstream_framing(upstream: Framing, client_version: u8) -> Framing {
    match upstream {
        Framing::None | Framing::Length(_) => upstream,
        Framing::Chunked | Framing::UntilClose if client_version >= 1 => Framing::Chunked,
        Framing::Chunked | Framing::UntilClose => Framing::UntilClose,
    }
}
