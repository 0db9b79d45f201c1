//! One client's connection at the proxy: nginx's `ngx_http_request.c` as decisions.
//!
//! A [`Downstream`] reads heads, has an [`Exchange`] answer each, keeps the connection for the next request or ends it as nginx does: at once, after
//! hearing out a client that is still sending (`lingering_close`), or with a reset. Like the exchange it is told what happened (`on_…`)
//! and asked what to do ([`Downstream::next`]), until it says [`Step::Close`]; bytes and sockets are the driver's.
//!
//! Not here: TLS, HTTP/2, pipelining beyond what was read with a request, `keepalive_time`, `keepalive_min_timeout`.

mod admission;
mod connection;
mod glimpse;
mod intake;
mod judge;
mod linger;
mod step;

#[cfg(test)]
mod tests;

pub use glimpse::{Glimpse, glimpse};
pub use judge::{Granted, HeadVerdict, Refusal, judge};
pub use step::{Judged, Received, Step};

use std::sync::Arc;

use super::exchange::{Exchange, Finished, LogLine, RequestHeadInfo};
use super::proxy_config::ProxyConfig;
use crate::time::Timestamp;
use intake::Intake;
use linger::{Linger, Unheard};

/// nginx `client_header_buffer_size`: heads are read into it first.
pub const HEADER_BUFFER: u64 = 1024;
/// nginx `large_client_header_buffers`: so many for heads that do not fit.
pub const LARGE_HEADER_BUFFERS: u64 = 4;
/// And their size: no line of a head may be longer.
pub const LARGE_HEADER_BUFFER: u64 = 8192;
/// What is read at once from a client that is heard out (`NGX_HTTP_DISCARD_BUFFER_SIZE`, `NGX_HTTP_LINGERING_BUFFER_SIZE`).
pub const DISCARD_BUFFER: u64 = 4096;

/// A client's connection, from the accept to the close.
#[derive(Debug)]
pub struct Downstream {
    config: Arc<ProxyConfig>,
    /// The peers as the error log names them.
    names: Arc<[String]>,
    /// The accept, or the first byte of a further request.
    accepted_at: Timestamp,
    /// Requests so far, the one in hand included (`c->requests`).
    requests: u32,
    /// Whether its event loop quits: no further request is waited for.
    exiting: bool,
    /// Whether the request in hand counts for `limit_conn`.
    counted: bool,
    /// What is to be said first.
    line: Option<Box<LogLine>>,
    /// What is left of a body that was refused before it was read.
    refused: Option<Unheard>,
    /// Bytes that the client's socket has taken since it last took less than it was offered.
    taken_whole: u64,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Request(Intake),
    /// The head is there, and it is not known whether its client may have another request under way.
    Admitting(Box<(RequestHeadInfo, u64)>),
    Exchange(Box<Exchange>),
    /// The exchange is over, or all of a body that was refused has been heard, and it is not known whether the client is still sending.
    Peeking(Box<Finished>),
    Lingering(Box<Linger>),
    /// A body that was refused has been heard out, and the connection goes on; so many bytes of the next request are there.
    Heard(Box<Finished>, u64),
    Over {
        finished: Option<Box<Finished>>,
        reset: bool,
    },
}
